"""Reads digits out of recognised words, spoken or written, in Spanish and English. Pure.

This is about finding secrets, not about understanding: it is generous, and it never decides what a number means.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_UNITS = {
    "cero": 0, "un": 1, "uno": 1, "una": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7,
    "ocho": 8, "nueve": 9,
    "zero": 0, "oh": 0, "o": 0, "nought": 0, "nil": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6,
    "seven": 7, "eight": 8, "nine": 9,
}  # fmt: skip
_TEENS = {
    "diez": 10, "once": 11, "doce": 12, "trece": 13, "catorce": 14, "quince": 15, "dieciseis": 16, "diecisiete": 17,
    "dieciocho": 18, "diecinueve": 19, "veintiuno": 21, "veintiun": 21, "veintiuna": 21, "veintidos": 22,
    "veintitres": 23, "veinticuatro": 24, "veinticinco": 25, "veintiseis": 26, "veintisiete": 27, "veintiocho": 28,
    "veintinueve": 29,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {
    "veinte": 20, "treinta": 30, "cuarenta": 40, "cincuenta": 50, "sesenta": 60, "setenta": 70, "ochenta": 80,
    "noventa": 90,
    "twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
    "ninety": 90,
}  # fmt: skip
_HUNDREDS = {
    "cien": 100, "ciento": 100, "doscientos": 200, "doscientas": 200, "trescientos": 300, "trescientas": 300,
    "cuatrocientos": 400, "cuatrocientas": 400, "quinientos": 500, "quinientas": 500, "seiscientos": 600,
    "seiscientas": 600, "setecientos": 700, "setecientas": 700, "ochocientos": 800, "ochocientas": 800,
    "novecientos": 900, "novecientas": 900,
}  # fmt: skip
_THOUSAND = {"mil", "thousand"}
_HUNDRED = {"hundred"}
_REPEATS = {"double": 2, "doble": 2, "triple": 3, "treble": 3, "w": 2}
"""Recognisers write "w" for "double", by itself and before its digit."""
_AND = {"y", "and"}
_ENGLISH_UNITS = {"oh", "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}


def word_set(text: str) -> frozenset[str]:
    """Return the blank-separated words of a text as a set."""
    return frozenset(text.split())


FILLERS = word_set(
    "eh em ehm mm mmm este pues bueno a ver vale coma guion espacio luego despues si "
    "uh um er erm so then dash hyphen space comma okay ok yes right y and"
)
"""Words that people say between the groups of a number; they do not end it."""

_WRITTEN = re.compile(r"^[+(]?\d[\d.,\-\u2013\u2014/()]*$")
_DOUBLED = re.compile(r"^(?=.*w\d)[\dw.,\-]+$")
_DOUBLED_DIGIT = re.compile(r"w(\d)")


@dataclass(frozen=True, slots=True)
class DigitRun:
    """Digits said one after the other."""

    digits: str
    first: int
    """Index of the first word that carries digits."""
    last: int
    """Index of the last word that carries digits."""
    groups: tuple[int, ...]
    """Where in `digits` each spoken group starts."""
    breaks: tuple[int, ...] = ()
    """Where in `digits` a filler was said: one number may end there and another begin."""


def plain(word: str) -> str:
    """Return a word in lower case, without accents and without punctuation at its ends."""
    flat = unicodedata.normalize("NFKD", word.casefold())
    return "".join(c for c in flat if not unicodedata.combining(c)).strip(".,;:!?¡¿…\"'«»“”()")


def digit_runs(words: Sequence[str]) -> tuple[DigitRun, ...]:
    """Find every stretch of digits in recognised words; fillers inside a stretch are skipped.

    Source of the number words: the usual Spanish and English numerals up to 9,999, with "oh", "double", "triple".
    """
    runs: list[DigitRun] = []
    digits, first, last, groups, breaks = "", 0, 0, [], []
    at = 0
    flat = [plain(word) for word in words]
    while at < len(flat):
        group, used = _group(flat, at)
        if group:
            if not digits:
                first = at
            elif at > last + 1:
                breaks.append(len(digits))
            groups.append(len(digits))
            digits += group
            at += used
            last = at - 1
            continue
        if digits and flat[at] not in FILLERS and flat[at]:
            runs.append(DigitRun(digits, first, last, tuple(groups), tuple(breaks)))
            digits, groups, breaks = "", [], []
        at += 1
    if digits:
        runs.append(DigitRun(digits, first, last, tuple(groups), tuple(breaks)))
    return tuple(runs)


def _group(flat: Sequence[str], at: int) -> tuple[str, int]:
    """Return the digits of the number that starts at `at`, and how many words it took; ("", 0) when there is none."""
    word = flat[at]
    if _WRITTEN.match(word) or (word and word.isdigit()):
        return "".join(c for c in unicodedata.normalize("NFKC", word) if c.isdecimal() and c.isascii()), 1
    if word == "o" and not {*flat[max(0, at - 1) : at], *flat[at + 1 : at + 2]} & _ENGLISH_UNITS:
        return "", 0  # the Spanish "or"
    if _DOUBLED.match(word):
        return re.sub(r"\D", "", _DOUBLED_DIGIT.sub(r"\1\1", word)), 1
    if word in _REPEATS and at + 1 < len(flat):
        digit = flat[at + 1] if flat[at + 1].isdigit() else str(_UNITS.get(flat[at + 1], ""))
        return (digit * _REPEATS[word], 2) if len(digit) == 1 else ("", 0)
    if "-" in word and all(part in _TENS or part in _UNITS for part in word.split("-")):
        return _joined(word.split("-")), 1
    value, used = _below_thousand(flat, at)
    if used and at + used < len(flat) and flat[at + used] in _THOUSAND and 0 < value < 100:
        rest, more = _below_thousand(flat, at + used + 1)
        return str(value * 1000 + rest), used + 1 + more
    if not used and word == "mil":
        rest, more = _below_thousand(flat, at + 1)
        return str(1000 + rest), 1 + more
    return (str(value), used) if used else ("", 0)


def _joined(parts: Sequence[str]) -> str:
    if len(parts) == 2 and parts[0] in _TENS and parts[1] in _UNITS:
        return str(_TENS[parts[0]] + _UNITS[parts[1]])
    return "".join(str(_TENS.get(part, _UNITS.get(part))) for part in parts)


def _below_thousand(flat: Sequence[str], at: int) -> tuple[int, int]:
    if at >= len(flat):
        return 0, 0
    word = flat[at]
    if word in _HUNDREDS:
        rest, used = _below_hundred(flat, at + 1)
        return _HUNDREDS[word] + rest, 1 + used
    if word in _UNITS and at + 1 < len(flat) and flat[at + 1] in _HUNDRED:
        step = 3 if at + 2 < len(flat) and flat[at + 2] in _AND else 2
        rest, used = _below_hundred(flat, at + step)
        return _UNITS[word] * 100 + rest, (step + used) if used else 2
    return _below_hundred(flat, at)


def _below_hundred(flat: Sequence[str], at: int) -> tuple[int, int]:
    if at >= len(flat):
        return 0, 0
    word = flat[at]
    if word in _UNITS:
        return _UNITS[word], 1
    if word in _TEENS:
        return _TEENS[word], 1
    if word in _TENS:
        if at + 2 < len(flat) and flat[at + 1] == "y" and _UNITS.get(flat[at + 2], 0) > 0:
            return _TENS[word] + _UNITS[flat[at + 2]], 3
        english = word not in ("veinte", "treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa")
        if english and at + 1 < len(flat) and _UNITS.get(flat[at + 1], 0) > 0:
            return _TENS[word] + _UNITS[flat[at + 1]], 2
        return _TENS[word], 1
    return 0, 0
