"""Finds a card number that came in several inputs, keyed or said, with pauses and questions between them. Pure.

What belongs together is known only with the last input, when the earlier ones stand in the log already, perhaps as the
answer to a question ("your account number?" 4676 9739). So this names all that belongs together; `records.withdrawal`
takes it out of what was written, and `knows` keeps it out of what is written from then on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from records.card_numbers import MOST_DIGITS, card_prefix, is_date, is_phone, luhn
from records.spoken_digits import digit_runs

CARD_DIGITS = (13, MOST_DIGITS)
"""Digits of the numbers that are put together. Source: ISO/IEC 7812-1; shorter ones are as long as a phone number."""
WITHIN_MS = 60_000
"""How long a number may take from its first input to its last. Source: our choice."""
MOST_INPUTS = 8
"""How many stretches of digits are put together: four inputs, broken by a word or two."""
LEAST_KNOWN = 3
"""Digits of the shortest stretch that is taken out of other texts; two are in every time and price."""
SAYS_AGAIN = 2
"""So many digits apart, two stretches of the same length are one that was corrected."""
_USUAL = (15, 16)
"""Digits of nearly all cards, which are believed also where no question, or several, asked for the parts: a phone and
an account number in a row pass the test digit one time in ten."""


@dataclass(frozen=True, slots=True)
class DigitsGiven:
    """Digits that came without a break."""

    digits: str
    start_ms: int
    end_ms: int
    asked: str = ""
    """What the caller was asked for; empty: nothing."""
    spoken: bool = False
    source: str = ""
    """The turn they were said in."""


class SplitCards:
    """Keeps watch over the digits that one caller gives."""

    def __init__(self) -> None:
        """Start with nothing given."""
        self._given: list[DigitsGiven] = []
        self._cards: set[str] = set()

    def take(self, given: DigitsGiven) -> tuple[DigitsGiven, ...]:
        """Take the next digits; return those that are a card number together, these among them, else nothing."""
        self._given = [each for each in self._given if given.end_ms - each.start_ms <= WITHIN_MS][1 - MOST_INPUTS :]
        self._given.append(given)
        numbers = [each for each in self._given if len(each.digits) >= LEAST_KNOWN]
        for given_then in (self._given, numbers):  # "one moment" between two halves is no digit of them
            for first in range(len(given_then)):
                together = given_then[first:]
                if together[-1] is given and is_split_card(together):
                    self._cards.add("".join(each.digits for each in together))
                    return tuple(together)  # they stay: what is a whole number by chance may go on
        return ()

    def take_back(self, source: str) -> None:
        """Forget what was said in a turn that comes again with more words."""
        self._given = [each for each in self._given if each.source != source]

    def knows(self, digits: str) -> bool:
        """Tell whether digits are a part of a card number that was found, or hold one."""
        if len(digits) < LEAST_KNOWN:
            return False
        return any(digits in card or card in digits for card in self._cards)

    def masks(self, words: Sequence[str]) -> set[int]:
        """Return which words carry digits of a card number that was found."""
        if not self._cards:
            return set()
        found: set[int] = set()
        for run in digit_runs(words):
            if self.knows(run.digits):
                found.update(range(run.first, run.last + 1))
        return found


def is_split_card(given: Sequence[DigitsGiven]) -> bool:
    """Tell whether stretches of digits are one card number: length, issuer, test digit, and no likelier reading."""
    digits = "".join(each.digits for each in given)
    if not CARD_DIGITS[0] <= len(digits) <= CARD_DIGITS[1] or not card_prefix(digits) or not luhn(digits):
        return False
    if len(given) == 1:
        return True
    if len(given) == 2 and _apart(given[0].digits, given[1].digits) <= SAYS_AGAIN:
        return False
    if len({each.asked for each in given if each.asked}) == 1:
        return True
    return len(digits) in _USUAL and not any(is_phone(each.digits) or is_date(each.digits) for each in given)


def _apart(one: str, other: str) -> int:
    """Return in how many places two stretches differ; those of different lengths in all."""
    if len(one) != len(other):
        return max(len(one), len(other))
    return sum(a != b for a, b in zip(one, other, strict=True))
