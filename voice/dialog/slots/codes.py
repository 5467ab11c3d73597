"""Account numbers and postcodes: a fixed count of digits."""

from __future__ import annotations

from calls.ids import Language
from voice.dialog.slots.numbers import spoken_digits
from voice.dialog.slots.types import Parsed

ACCOUNT_DIGITS = 8
POSTCODE_DIGITS = 5
"""Source: data/dialog/README.md of the project's shared data."""


def parse_account_number(text: str, language: Language) -> Parsed | None:
    """Return the 8 digits of an account number."""
    return _fixed(text, language, ACCOUNT_DIGITS)


def parse_postcode(text: str, language: Language) -> Parsed | None:
    """Return the 5 digits of a postcode (Spain, Mexico, United States)."""
    return _fixed(text, language, POSTCODE_DIGITS)


def _fixed(text: str, language: Language, length: int) -> Parsed | None:
    digits = spoken_digits(text, language, (length,))
    if digits is None:
        return None
    return Parsed(digits, 0.9, needs_confirmation=False)
