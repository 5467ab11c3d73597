"""Spoken values to their normal form, in Spanish and English."""

from __future__ import annotations

from voice.dialog.slots.reading import (
    FIXED_KEY_LENGTHS,
    KEYLESS,
    SLOT_TYPES,
    SPOKEN_LENGTHS,
    parse,
    parse_keys,
    say_value,
    speaks_card_number,
    spell_value,
)
from voice.dialog.slots.types import Parsed

__all__ = [
    "FIXED_KEY_LENGTHS",
    "KEYLESS",
    "SLOT_TYPES",
    "SPOKEN_LENGTHS",
    "Parsed",
    "parse",
    "parse_keys",
    "say_value",
    "speaks_card_number",
    "spell_value",
]
