"""Spoken values against our own list: at least 25 rows a slot and language, all of them right."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import get_args

import pytest

from calls.ids import Language
from voice.dialog.slots import SLOT_TYPES, parse, parse_keys, say_value, speaks_card_number

TODAY = date(2026, 3, 11)
NOVEMBER = date(2026, 11, 22)
LANGUAGES: tuple[Language, ...] = get_args(Language)


def rows(name: str) -> list[tuple[str, str, str]]:
    found = []
    for line in (Path(__file__).parent / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            slot, text, value = (part.strip() for part in line.split("|"))
            found.append((slot, text, value))
    return found


ALL = [(language, *row) for language in LANGUAGES for row in rows(f"slots_{language}")]
LATER = [(language, *row) for language in LANGUAGES for row in rows(f"slots_november_{language}")]


def misread(spoken: list[tuple[Language, str, str, str]], today: date) -> list[tuple[Language, str, str, str, str]]:
    """Return the rows that are read otherwise than they say, with what was read."""
    read = [(*row, parsed.value if (parsed := parse(row[1], row[2], row[0], today)) else "") for row in spoken]
    return [row for row in read if row[3] != row[4]]


def test_when_a_value_is_spoken_then_its_normal_form_is_found() -> None:
    assert misread(ALL, TODAY) == []


def test_when_a_value_is_spoken_late_in_the_year_then_its_normal_form_is_found() -> None:
    assert LATER
    assert misread(LATER, NOVEMBER) == []


def test_when_the_own_list_is_counted_then_each_slot_has_25_rows_a_language() -> None:
    counted = Counter((language, slot) for language, slot, _, _ in ALL)
    assert {key: n for key, n in counted.items() if n < 25} == {}
    assert {slot for _, slot in counted} == set(SLOT_TYPES) - {"moment"}  # counted in test_moments.py


KEYS = [
    ("account_number", "40718236", "40718236"),
    ("account_number", "4071823", ""),
    ("phone", "612345678", "+34612345678"),
    ("date", "0512", "2026-12-05"),
    ("date", "14031990", "1990-03-14"),
    ("date", "3113", ""),
    ("time", "2130", "21:30"),
    ("time", "2575", ""),
    ("money", "64*15", "64.15 EUR"),
    ("money", "64", "64.00 EUR"),
    ("money", "*", ""),
    ("postcode", "28013", "28013"),
    ("yes_no", "1", "true"),
    ("yes_no", "2", "false"),
    ("name", "123", ""),
]


@pytest.mark.parametrize(("slot", "keys", "value"), KEYS)
def test_when_a_value_is_typed_then_its_normal_form_is_found(slot: str, keys: str, value: str) -> None:
    parsed = parse_keys(slot, keys, "es", TODAY)
    assert (parsed.value if parsed else "") == value


SPOKEN = [
    ("account_number", "40718236", "en", "4 0 7 1, 8 2 3 6"),
    ("phone", "+34612345678", "es", "6 1 2, 3 4 5, 6 7 8"),
    ("phone", "+12125550147", "en", "2 1 2, 5 5 5, 0 1 4 7"),
    ("date", "2026-12-04", "en", "Friday, December 4"),
    ("date", "2026-12-04", "es", "viernes 4 de diciembre"),
    ("time", "18:30", "es", "las 6:30 de la tarde"),
    ("time", "13:00", "es", "la 1 de la tarde"),
    ("time", "09:15", "en", "9:15 in the morning"),
    ("money", "64.15 EUR", "es", "64 euros con 15 céntimos"),
    ("money", "1.00 USD", "en", "1 dollar"),
    ("email", "pepe_74@hotmail.com", "es", "pepe guion bajo 7 4 arroba hotmail punto com"),
]


@pytest.mark.parametrize(("slot", "value", "language", "spoken"), SPOKEN)
def test_when_a_value_is_read_back_then_it_is_written_as_people_say_it(
    slot: str, value: str, language: Language, spoken: str
) -> None:
    assert say_value(slot, value, language) == spoken


@pytest.mark.parametrize(
    ("text", "language", "is_card"),
    [
        ("four one one one, one one one one, one one one one, one one one one", "en", True),
        ("my card number is four five three two", "en", True),
        ("mi tarjeta es cuatro cinco tres dos", "es", True),
        ("4111 1111 1111 1111", "es", True),
        ("can I pay by card", "en", False),
        ("six one two, three four five, six seven eight", "en", False),
        ("¿puedo pagar con tarjeta?", "es", False),
    ],
)
def test_when_a_card_number_is_dictated_then_it_is_noticed(text: str, language: Language, is_card: bool) -> None:
    assert speaks_card_number(text, language) is is_card
