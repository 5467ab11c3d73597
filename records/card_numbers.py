"""Tells card numbers from phones, dates and other long numbers by length, grouping and test digit. Pure.

A recogniser mishears, loses or doubles a digit now and then, which breaks the test digit; what is left to judge by is
that hardly anything else that callers dictate has twelve digits or more, and that the exceptions have shapes.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence, Set

from records.spoken_digits import DigitRun

LEAST_DIGITS = 12
"""The shortest card number. Source: ISO/IEC 7812, Maestro has 12 to 19 digits."""
MOST_DIGITS = 19
"""The longest. Source: ISO/IEC 7812."""
WHOLE_CARD = 15
"""Digits after which a card number is over. Source: American Express has 15, Visa and Mastercard 16."""
_LEAST_PIECE = 3
"""Digits on either side of a misheard word, for both to be one number."""

_CARD_GROUPS = {(0, 4, 8, 12): (15, 17), (0, 4, 10): (14, 16), (0, 4, 8): (12, 12)}
"""How cards are embossed, and the digits that there may be in these groups when one was lost or doubled: four times
four, American Express' 4-6-5, three times four when a whole group was lost."""

_PHONES = re.compile(
    r"(0034|34)?[6-9]\d{8}"  # Spain
    r"|(001|1)?[2-9]\d\d[2-9]\d{6}"  # North America
    r"|0[1237]\d{8,9}|(0044|44)0?[1237]\d{9}"  # United Kingdom
    r"|00[1-9]\d{8,12}"  # abroad
)
"""Source: ITU-T E.164 and the national numbering plans."""
_DATES = re.compile(
    r"((0[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])(19|20)\d\d|(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01]))"
    r"(([01]?\d|2[0-3])[0-5]\d)?"
)
"""Day, month, year, perhaps with the time of day."""
_ACCOUNT = re.compile(r"\d{8}")
"""Account numbers, and the digits of a DNI."""


def luhn(digits: str) -> bool:
    """Tell whether digits pass the Luhn test (ISO/IEC 7812-1 annex B)."""
    total = 0
    for place, char in enumerate(reversed(digits)):
        value = int(char) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def card_prefix(digits: str) -> bool:
    """Visa, Mastercard, Amex, Discover, Diners, Maestro. Source: ISO/IEC 7812 issuer ranges."""
    return digits[0] in "456" or digits[:2] in ("34", "35", "36", "37", "38", "39") or "2221" <= digits[:4] <= "2720"


def looks_like_card(digits: str, groups: Sequence[int] = (0,)) -> bool:
    """Tell whether a run of digits is a card number, or holds one that starts at a spoken group."""
    n = len(digits)
    if n < 13:
        return False
    if n <= MOST_DIGITS:
        if luhn(digits) and digits[0] != "0":  # no issuer's number begins with 0, a phone abroad does
            return True
        if 14 <= n <= 16 and card_prefix(digits):
            return True
    # A card followed by its expiry date and code in one breath.
    for start in groups:
        for length in (16, 15):
            part = digits[start : start + length]
            if len(part) == length and card_prefix(part) and luhn(part):
                return True
    return False


def may_be_misheard_card(run: DigitRun, *, other_label: bool, phone_sign: bool) -> bool:
    """Tell whether digits are too many for anything else that is dictated, though no test digit fits.

    Args:
        run: The digits, with their grouping.
        other_label: They were announced as an account, a phone, a reference: only the grouping of a card counts then.
        phone_sign: They have the length of a phone, and a "+" or "plus" stands before them.
    """
    if len(run.digits) < LEAST_DIGITS or not run.digits.strip("0"):
        return False
    if phone_sign or is_phone(run.digits):
        return False
    least, most = _CARD_GROUPS.get(run.groups[:4], (1, 0))
    if least <= len(run.digits) <= most and not run.breaks:
        return not (other_label and run.groups == (0, 4, 8))
    if other_label:
        return False
    return not is_ordinary(run)


def is_phone(digits: str) -> bool:
    """Tell whether all the digits are one telephone number."""
    return _PHONES.fullmatch(digits) is not None


def is_date(digits: str) -> bool:
    """Tell whether all the digits are one date, perhaps with a time of day."""
    return _DATES.fullmatch(digits) is not None


def is_ordinary(run: DigitRun) -> bool:
    """Tell whether a long run is counting, a phone, a date, or several of these and account numbers in a row."""
    digits, half = run.digits, len(run.digits) // 2
    if is_phone(digits) or _DATES.fullmatch(digits) or _is_abroad(run) or _is_counting(run):
        return True
    if digits[:half] == digits[half:] and half < LEAST_DIGITS - 2:
        return True  # an account or a phone, repeated to be sure
    # Where every digit stands alone, groups tell nothing; words in between do.
    edges = run.groups if len(digits) >= 2 * len(run.groups) else (0, *run.breaks)
    return any(_is_ordinary_list(parts) for parts in _splits(digits, [edge for edge in edges if edge]))


def _is_ordinary_list(parts: Sequence[str]) -> bool:
    """Two numbers or more, each with a shape; eight digits have one only beside something else."""
    others = sum(bool(is_phone(part) or _DATES.fullmatch(part)) for part in parts)
    return bool(others) and all(is_phone(part) or _DATES.fullmatch(part) or _ACCOUNT.fullmatch(part) for part in parts)


def _splits(digits: str, edges: Sequence[int]) -> Iterator[tuple[str, ...]]:
    """Yield the ways to cut digits into two or three parts at `edges`."""
    for count in (1, 2):
        for cuts in itertools.combinations(edges, count):
            yield tuple(digits[begin:end] for begin, end in itertools.pairwise((0, *cuts, len(digits))))


def _is_abroad(run: DigitRun) -> bool:
    """A country's code said by itself, "fifty-two", then ten or eleven digits that are not all in pairs like it."""
    sizes = {later - earlier for earlier, later in itertools.pairwise((*run.groups, len(run.digits)))}
    alone = 2 in run.breaks or 3 in run.breaks or (len(sizes) > 1 and run.groups[1] in (2, 3))
    return len(run.digits) in (12, 13) and alone


def _is_counting(run: DigitRun) -> bool:
    """One, two, three …: people try the line like that."""
    ends = (*run.groups[1:], len(run.digits))
    values = [int(run.digits[begin:end]) for begin, end in zip(run.groups, ends, strict=True)]
    steps = {later - earlier for earlier, later in itertools.pairwise(values)}
    return len(values) >= 6 and steps in ({1}, {-1})


def joined_runs(runs: Sequence[DigitRun], flat: Sequence[str], ordinary: Set[str]) -> Iterator[DigitRun]:
    """Yield what may be a card number broken by single misheard words, "4676 97 tree 9 3161 7818", each as one run.

    Args:
        runs: The unbroken runs, in order.
        flat: All words, plain.
        ordinary: Words that part two numbers.
    """
    chain: list[DigitRun] = []
    for run in [*runs, None]:
        if run is not None and chain and _may_join(flat, chain[-1], run, ordinary):
            chain.append(run)
            continue
        if len(chain) > 1 and sum(len(part.digits) for part in chain) >= LEAST_DIGITS and card_prefix(chain[0].digits):
            yield _joined(chain)
        chain = [run] if run is not None else []


def _may_join(flat: Sequence[str], left: DigitRun, right: DigitRun, ordinary: Set[str]) -> bool:
    sizes = len(left.digits), len(right.digits)
    between = flat[left.last + 1 : right.first]
    fits = min(sizes) >= _LEAST_PIECE and max(sizes) < WHOLE_CARD
    return fits and len(between) <= 1 and not any(word in ordinary for word in between)


def _joined(chain: Sequence[DigitRun]) -> DigitRun:
    digits, groups, breaks = "", [], []
    for run in chain:
        breaks += [len(digits)] * bool(digits) + [len(digits) + at for at in run.breaks]
        groups += [len(digits) + at for at in run.groups]
        digits += run.digits
    return DigitRun(digits, chain[0].first, chain[-1].last, tuple(groups), tuple(breaks))
