"""Word error rate after a normalisation that treats spellings of the same words alike, in English and Spanish.

Case, punctuation, accents of Spanish and hesitations ("uh", "eh") do not count. Numbers become their digits one by one,
however they were written: `123`, `one two three` and `one hundred twenty-three` are the same three tokens.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from calls.ids import Language

_HESITATIONS: dict[Language, frozenset[str]] = {
    "en": frozenset({"um", "uh", "uhm", "hm", "hmm", "mm", "mmm", "mhm", "er", "erm", "ah"}),
    "es": frozenset({"eh", "em", "hm", "hmm", "mm", "mmm", "mhm", "ah"}),
}
"""Source: the hesitations that OpenAI's published English evaluation also drops; Spanish by analogy."""


def _counted(words: str, first: int, step: int) -> dict[str, int]:
    return {word: first + step * place for place, word in enumerate(words.split())}


_UNITS: dict[Language, dict[str, int]] = {
    "en": _counted(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen",
        0,
        1,
    ),
    "es": _counted(
        "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis "
        "diecisiete dieciocho diecinueve veinte veintiuno veintidos veintitres veinticuatro veinticinco veintiseis "
        "veintisiete veintiocho veintinueve",
        0,
        1,
    )
    | {"un": 1, "una": 1, "veintiun": 21, "veintiuna": 21},
}
_TENS: dict[Language, dict[str, int]] = {
    "en": _counted("twenty thirty forty fifty sixty seventy eighty ninety", 20, 10),
    "es": _counted("treinta cuarenta cincuenta sesenta setenta ochenta noventa", 30, 10),
}
_HUNDREDS: dict[Language, dict[str, int]] = {
    "en": {"hundred": 100},
    "es": {"cien": 100}
    | _counted(
        "ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos",
        100,
        100,
    )
    | _counted(
        "doscientas trescientas cuatrocientas quinientas seiscientas setecientas ochocientas novecientas", 200, 100
    ),
}
_SCALES: dict[Language, dict[str, int]] = {
    "en": {"thousand": 1000, "million": 1_000_000},
    "es": {"mil": 1000, "millon": 1_000_000, "millones": 1_000_000},
}
_TOKEN = re.compile(r"[^\W_]+")


def normalise(text: str, language: Language) -> list[str]:
    """Return the words of `text` that count, numbers as single digits."""
    plain = text.lower().replace("\N{REPLACEMENT CHARACTER}", "'")
    plain = re.sub(r"\[[^\]]*\]|\([^)]*\)|<[^>]*>", " ", plain)
    plain = re.sub(r"(?<=\w)['\N{RIGHT SINGLE QUOTATION MARK}`](?=\w)", "", plain)
    plain = re.sub(r"(?<=\d)[.,](?=\d{3}\b)", "", plain)
    decomposed = unicodedata.normalize("NFKD", plain)
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    plain = re.sub(r"(?<=\d)(?=[a-z])|(?<=[a-z])(?=\d)", " ", plain)
    tokens = [token for token in _TOKEN.findall(plain) if token not in _HESITATIONS[language]]
    return _digits(tokens, language)


@dataclass
class _Number:
    """A number being read word by word."""

    total: int = 0
    group: int = 0
    last: str = ""

    def take(self, token: str, language: Language) -> bool:
        """Add `token` when the number can go on with it."""
        units, tens, hundreds, scales = _UNITS[language], _TENS[language], _HUNDREDS[language], _SCALES[language]
        if token in units:
            value = units[token]
            fits = self.last in ("", "hundred", "scale") or (self.last == "tens" and 0 < value < 10)
            if not fits:
                return False
            self.group, self.last = self.group + value, "unit" if value else "zero"
        elif token in tens:
            if self.last not in ("", "hundred", "scale"):
                return False
            self.group, self.last = self.group + tens[token], "tens"
        elif token in hundreds:
            if language == "en":
                if self.last != "unit":
                    return False
                self.group *= 100
            elif self.last not in ("", "scale"):
                return False
            else:
                self.group += hundreds[token]
            self.last = "hundred"
        elif token in scales:
            if self.last in ("", "scale", "zero") and (language, self.last, token) != ("es", "", "mil"):
                return False
            self.total, self.group, self.last = self.total + max(1, self.group) * scales[token], 0, "scale"
        else:
            return False
        return True


def _digits(tokens: Sequence[str], language: Language) -> list[str]:
    """Replace numbers in words or figures by their digits, one token each."""
    joiner = "and" if language == "en" else "y"
    out: list[str] = []
    index = 0
    while index < len(tokens):
        token = tokens[index]
        if token.isdecimal():
            out += list(token)
            index += 1
            continue
        number = _Number()
        if not number.take(token, language):
            out.append(token)
            index += 1
            continue
        index += 1
        while index < len(tokens):
            if number.take(tokens[index], language):
                index += 1
                continue
            joins = number.last == "tens" if language == "es" else number.last in ("hundred", "scale")
            if joins and tokens[index] == joiner and index + 1 < len(tokens):
                probe = _Number(number.total, number.group, number.last)
                if probe.take(tokens[index + 1], language):
                    number = probe
                    index += 2
                    continue
            break
        out += list(str(number.total + number.group))
    return out


@dataclass(frozen=True)
class Errors:
    """Edits between what was said and what was recognised."""

    substitutions: int
    deletions: int
    insertions: int
    words: int
    """Words of the reference."""

    @property
    def edits(self) -> int:
        """All three kinds together."""
        return self.substitutions + self.deletions + self.insertions


def count_errors(reference: Sequence[str], hypothesis: Sequence[str]) -> Errors:
    """Return the fewest word edits that turn `reference` into `hypothesis` (Levenshtein)."""
    # Each cell: (edits, substitutions, deletions, insertions) of the best way to get there.
    row: list[tuple[int, int, int, int]] = [(column, 0, 0, column) for column in range(len(hypothesis) + 1)]
    for said in reference:
        above = row
        row = [(above[0][0] + 1, 0, above[0][2] + 1, 0)]
        for column, heard in enumerate(hypothesis):
            edits, subs, dels, ins = above[column]
            same = said == heard
            best = (edits + (not same), subs + (not same), dels, ins)
            edits, subs, dels, ins = above[column + 1]
            best = min(best, (edits + 1, subs, dels + 1, ins))
            edits, subs, dels, ins = row[column]
            best = min(best, (edits + 1, subs, dels, ins + 1))
            row.append(best)
    _, substitutions, deletions, insertions = row[-1]
    return Errors(substitutions, deletions, insertions, len(reference))


def word_error_rate(errors: Sequence[Errors]) -> float:
    """Return all edits over all reference words; 0 without words."""
    words = sum(each.words for each in errors)
    return sum(each.edits for each in errors) / words if words else 0.0
