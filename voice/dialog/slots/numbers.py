"""Number words, numerals, "double five" and corrections, in both languages: digits one by one and whole amounts."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Literal

from calls.ids import Language
from voice.dialog.slots.number_words import Kind, Token, tokens
from voice.dialog.text import word_list


def read_cardinal(found: list[Token], i: int, *, hundreds: bool = True) -> tuple[int, str, int] | None:
    """Read one number as people say it from token `i`; return its value, its digits and the next index.

    "twenty five" is 25, "six hundred and twelve" 612, "quince mil seis" 15006; a comma ends it. With `hundreds`
    False, "six hundred twelve" is read as 600 and then 12.
    """
    start = i
    total = 0
    group = 0
    seen = False
    last: Kind | None = None
    digits = ""
    while i < len(found):
        token = found[i]
        if token.kind == "numeral":
            if seen and not (last in ("hundred", "thousand") and len(token.digits) < (3 if last == "hundred" else 4)):
                break
            if not hundreds and seen:
                break
            group += token.value
            digits = token.digits if not seen else ""
            seen, last = True, "numeral"
        elif token.kind == "unit" or (
            token.kind == "maybe"
            and seen
            and last == "ten"
            and token.value < 10
            and token.text not in ("for", "to", "un", "una")
        ):
            if seen and last not in ("ten", "hundred", "thousand"):
                break
            if not hundreds and last in ("hundred", "thousand"):
                break
            group += token.value
            seen, last = True, "unit"
        elif token.kind in ("teen", "ten"):
            if seen and (last not in ("hundred", "thousand") or not hundreds):
                break
            group += token.value
            seen, last = True, token.kind
        elif token.kind == "hundred":
            if (
                token.value == 100
                and seen
                and last in ("unit", "teen", "numeral")
                and token.text not in ("cien", "ciento")
                and 0 < group < 100
            ):
                group *= 100
            elif seen and last != "thousand":
                break
            elif token.text in ("hundred", "hundreds") and not seen:
                group += 100
            else:
                group += token.value
            seen, last, digits = True, "hundred", ""
        elif token.kind == "thousand":
            if total or (seen and last == "thousand"):
                break
            total, group = max(group, 1) * 1000, 0
            seen, last, digits = True, "thousand", ""
        elif token.kind == "and":
            follows = found[i + 1].kind if i + 1 < len(found) else "word"
            if not (
                seen
                and (
                    (last == "ten" and follows == "unit")
                    or (last in ("hundred", "thousand") and hundreds and follows in ("unit", "teen", "ten", "numeral"))
                )
            ):
                break
            if last in ("hundred", "thousand") and token.text in ("y", "i"):
                break
        else:
            break
        i += 1
    if not seen or i == start:
        return None
    while i > start and found[i - 1].kind == "and":
        i -= 1
    value = total + group
    return value, digits if digits and not total and int(digits) == value else str(value), i


def read_digits(
    found: list[Token], *, hundreds: bool, maybes: Literal["none", "inside", "all"]
) -> Iterator[str | None]:
    """Yield the digits of each number in order, and None at each correction."""
    usable = [_counts(found, i, maybes) for i in range(len(found))]
    i = 0
    while i < len(found):
        token = found[i]
        if token.kind == "mark":
            yield None
            i += 1
        elif token.kind == "times" and i + 1 < len(found):
            following = (
                read_cardinal(found, i + 1, hundreds=False) if found[i + 1].kind not in ("zero", "maybe") else None
            )
            if (
                found[i + 1].kind == "zero"
                or (found[i + 1].kind == "maybe" and usable[i + 1])
                or (
                    following is not None
                    and found[i + 1].kind in ("unit", "numeral")
                    and len(found[i + 1].digits or "1") == 1
                )
            ):
                yield str(found[i + 1].value) * token.value
                i += 2
            else:
                i += 1
        elif (
            token.kind in ("unit", "teen")
            and i + 1 < len(found)
            and found[i + 1].kind == "plural"
            and 2 <= token.value <= 8
        ):
            yield str(found[i + 1].value) * token.value
            i += 2
        elif token.kind == "zero":
            yield "0"
            i += 1
        elif token.kind == "maybe" and usable[i]:
            yield str(token.value)
            i += 1
        else:
            read = read_cardinal(found, i, hundreds=hundreds)
            if read is None:
                i += 1
            else:
                yield read[1]
                i = read[2]


_NUMBERS: frozenset[Kind] = frozenset({"unit", "teen", "ten", "hundred", "thousand", "zero", "numeral", "times"})


def _counts(found: list[Token], i: int, maybes: Literal["none", "inside", "all"]) -> bool:
    """Return whether a word that may be a digit ("for", "to", "un") is one at place `i`."""
    if found[i].kind != "maybe" or maybes == "none":
        return False
    before = next((t.kind for t in reversed(found[:i]) if t.kind != "comma"), "word")
    after = next((t.kind for t in found[i + 1 :] if t.kind != "comma"), "word")
    number_before = before in _NUMBERS or before == "maybe"
    number_after = after in _NUMBERS or after == "maybe"
    if maybes == "inside":
        return number_before and number_after
    return number_before or number_after


def spoken_digits(text: str, language: Language, lengths: Collection[int]) -> str | None:
    """Return the digits of `text` when they can be read as a number of one of `lengths`, after corrections.

    Readings are tried from the most literal to the most generous; the first of a fitting length wins. When all
    numbers together do not fit, stretches between other words are tried ("I'm there till six, so my number is …").
    """
    found = tokens(text, language)
    variants = [found]
    without_pronouns = _without_pronouns(found)
    if without_pronouns != found:
        variants.append(without_pronouns)
    for variant in variants:
        digits = _fitting(variant, lengths)
        if digits is not None:
            return digits
    for variant in variants:
        for stretch in _stretches(variant):
            digits = _fitting(stretch, lengths)
            if digits is not None:
                return digits
    return None


def _fitting(found: list[Token], lengths: Collection[int]) -> str | None:
    for maybes in _MAYBES:
        for hundreds in (True, False):
            digits = _corrected(list(read_digits(found, hundreds=hundreds, maybes=maybes)), lengths)
            if digits is not None:
                return digits
    return None


_MAYBES: tuple[Literal["none", "inside", "all"], ...] = ("none", "inside", "all")


_BEFORE_A_DIGIT = frozenset(
    word_list("is its are was uh um er with then and number account zip code postcode dial on at ok okay yes yeah so")
)


def _without_pronouns(found: list[Token]) -> list[Token]:
    """Return the tokens with "one" as a word where it stands for a thing: "my husband's one, three four …"."""
    changed = list(found)
    for i, token in enumerate(found):
        if token.text != "one" or not i or found[i - 1].kind != "word" or found[i - 1].text in _BEFORE_A_DIGIT:
            continue
        if i + 1 == len(found) or found[i + 1].kind in ("comma", "word", "mark"):
            changed[i] = Token("one", "word")
    return changed


def _stretches(found: list[Token]) -> Iterator[list[Token]]:
    """Yield runs of tokens between words that are no numbers, and joined runs: longer ones first, later ones first."""
    runs: list[tuple[int, int]] = []
    start: int | None = None
    for i, token in enumerate(found):
        number = token.kind in _NUMBERS or token.kind in ("plural", "maybe", "mark")
        if number and start is None:
            start = i
        if token.kind == "word" and start is not None:
            runs.append((start, i))
            start = None
    if start is not None:
        runs.append((start, len(found)))
    for size in range(len(runs), 0, -1):
        for first in range(len(runs) - size, -1, -1):
            yield found[runs[first][0] : runs[first + size - 1][1]]


def loose_digits(text: str, language: Language) -> str:
    """Return all digits of `text` in a row, corrections not applied."""
    found = tokens(text, language)
    return "".join(group or "" for group in read_digits(found, hundreds=True, maybes="inside"))


def _corrected(groups: list[str | None], lengths: Collection[int]) -> str | None:
    """Apply corrections: what follows one replaces the end of what came before, up to a fitting length."""
    parts: list[str] = [""]
    for group in groups:
        if group is None:
            if parts[-1]:
                parts.append("")
        else:
            parts[-1] += group
    if not parts[-1]:
        parts.pop()
    if not parts:
        return None
    value = parts[0]
    for tail in parts[1:]:
        value = _replace_end(value, tail, lengths)
    if len(value) in lengths:
        return value
    for length in lengths:
        begun = len(value) - length
        if begun >= _RESTART_DIGITS and value[:begun] == value[begun : 2 * begun]:
            return value[begun:]
    return None


_RESTART_DIGITS = 2
"""Digits said twice from which a caller is taken to have begun anew. Source: own list in the tests."""


def _replace_end(value: str, tail: str, lengths: Collection[int]) -> str:
    if len(tail) in lengths:
        return tail
    longest = max(lengths)
    if len(tail) > longest:
        return tail[-longest:] if longest in lengths else tail
    if len(value) + len(tail) in lengths and len(value) not in lengths:
        shared = _overlap(value, tail)
        return (
            value[: len(value) - shared] + tail
            if shared and len(value) - shared + len(tail) in lengths
            else value + tail
        )
    for length in sorted(lengths, key=lambda n: (n != len(value), -n)):
        keep = length - len(tail)
        if 0 <= keep <= len(value):
            return value[:keep] + tail
    return value[: max(0, len(value) - len(tail))] + tail


def _overlap(value: str, tail: str) -> int:
    """Return how many digits at the end of `value` the correction says again with its first ones."""
    for size in range(min(len(value), len(tail)), 1, -1):
        if sum(a == b for a, b in zip(value[-size:], tail[:size], strict=True)) >= size - 1 and size >= 2:
            return size
    return 0
