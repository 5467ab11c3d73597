"""One door to all slot types: from words, from keys, and back to words."""

from __future__ import annotations

import re
from datetime import date, datetime, time

from stdnum import luhn

from calls.ids import Language
from voice.dialog.slots.codes import ACCOUNT_DIGITS, POSTCODE_DIGITS, parse_account_number, parse_postcode
from voice.dialog.slots.dates import date_from_keys, parse_date, say_date
from voice.dialog.slots.email import parse_email, say_email, spell_email
from voice.dialog.slots.moments import is_difference, moment_from_keys, parse_moment, say_moment
from voice.dialog.slots.money import money_from_keys, parse_money, say_money
from voice.dialog.slots.names import parse_name
from voice.dialog.slots.numbers import loose_digits
from voice.dialog.slots.phone import parse_phone
from voice.dialog.slots.times import parse_time, say_time, time_from_keys
from voice.dialog.slots.types import Parsed
from voice.dialog.slots.yes_no import parse_yes_no
from voice.dialog.text import plain

SLOT_TYPES = ("account_number", "date", "email", "moment", "money", "name", "phone", "postcode", "time", "yes_no")

FIXED_KEY_LENGTHS = {"account_number": ACCOUNT_DIGITS, "postcode": POSTCODE_DIGITS, "time": 4, "moment": 4}
"""Slots whose entry by keys is finished after so many digits, without `#`."""

SPOKEN_LENGTHS = {"account_number": ACCOUNT_DIGITS, "postcode": POSTCODE_DIGITS}
"""Slots whose value has so many digits, however it is said."""

KEYLESS = frozenset({"email", "name"})
"""Types that the keys of a telephone cannot give."""

_CARD_LENGTHS = range(13, 20)
"""Source: ISO/IEC 7812-1, primary account numbers."""
_CARD_WORDS = re.compile(
    r"\b(?:card number|number (?:of|on) (?:my|the) (?:\w+ )?card|credit card is|debit card is|"
    r"my card is|my visa is|visa number|mastercard number|cvv is|security code is|"
    r"numero de (?:la |mi )?(?:\w+ )?tarjeta|mi tarjeta es|la tarjeta es|mi visa es|"
    r"tarjeta de credito es|el cvv es)\b"
)
_CARD_BEGUN_DIGITS = 4
"""Digits after "my card number is" from which the caller is taken to be dictating it. Source: a card's first group."""


def parse(
    slot: str, text: str, language: Language, today: date, *, country: str = "", now: datetime | None = None
) -> Parsed | None:
    """Return the value of type `slot` that `text` speaks of, after corrections; None when there is none.

    Args:
        slot: One of `SLOT_TYPES`.
        text: What was heard, recogniser errors included.
        language: Language of the text.
        today: What "tomorrow" is counted from.
        country: ISO 3166 code for phone numbers without prefix; empty for the language's own rule.
        now: What "two hours ago" is counted from, on the wall clock; None for the end of `today`.
    """
    match slot:
        case "account_number":
            return parse_account_number(text, language)
        case "postcode":
            return parse_postcode(text, language)
        case "phone":
            return parse_phone(text, language, country)
        case "date":
            return parse_date(text, language, today)
        case "time":
            return _time(text, language, now)
        case "moment":
            return parse_moment(text, language, now or datetime.combine(today, time.max))
        case "money":
            return parse_money(text, language)
        case "email":
            return parse_email(text, language)
        case "name":
            return parse_name(text, language)
        case "yes_no":
            return parse_yes_no(text, language)
        case _:
            return None


def _time(text: str, language: Language, now: datetime | None) -> Parsed | None:
    """Return a time of day; a distance from now ("two hours ago") is one only where now is known."""
    if not is_difference(text):
        return parse_time(text, language)
    began = parse_moment(text, language, now) if now is not None else None
    return Parsed(began.value[-5:], 0.9, needs_confirmation=False) if began is not None and "T" in began.value else None


def parse_keys(
    slot: str, keys: str, language: Language, today: date, *, country: str = "", now: datetime | None = None
) -> Parsed | None:
    """Return the value that was typed on the phone's keys (`*` is the decimal point of an amount)."""
    match slot:
        case "account_number" | "postcode":
            length = ACCOUNT_DIGITS if slot == "account_number" else POSTCODE_DIGITS
            return Parsed(keys, 1.0, needs_confirmation=False) if keys.isdigit() and len(keys) == length else None
        case "phone":
            return parse_phone(" ".join(keys), language, country) if keys.isdigit() else None
        case "date":
            return date_from_keys(keys, today)
        case "time":
            return time_from_keys(keys)
        case "moment":
            return moment_from_keys(keys, now or datetime.combine(today, time.max))
        case "money":
            return money_from_keys(keys)
        case "yes_no":
            value = {"1": "true", "2": "false"}.get(keys)
            return Parsed(value, 1.0, needs_confirmation=False) if value else None
        case _:
            return None


def say_value(slot: str, value: str, language: Language) -> str:
    """Write a normal form as it should be spoken."""
    if not value:
        return ""
    match slot:
        case "account_number":
            return f"{' '.join(value[:4])}, {' '.join(value[4:])}"
        case "postcode":
            return " ".join(value)
        case "phone":
            return _say_phone(value)
        case "date":
            return say_date(value, language)
        case "time":
            return say_time(value, language)
        case "moment":
            return say_moment(value, language)
        case "money":
            return say_money(value, language)
        case "email":
            return say_email(value, language)
        case _:
            return value


def spell_value(slot: str, value: str, language: Language) -> str:
    """Write what of a normal form is easily misheard letter by letter; empty where nothing is."""
    return spell_email(value, language) if slot == "email" else ""


def _say_phone(value: str) -> str:
    """Group the digits of a number by threes, without the prefix of the country."""
    digits = re.sub(r"^\+(?:34|52|1)(?=\d{9,10}$)", "", value).lstrip("+")
    groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    if len(groups) > 1 and len(groups[-1]) == 1:
        groups[-2:] = [groups[-2] + groups[-1]]
    return ", ".join(" ".join(group) for group in groups)


def speaks_card_number(text: str, language: Language) -> bool:
    """Return whether the caller dictates a payment card: a valid number, or the start of one that was announced."""
    digits = loose_digits(text, language)
    if len(digits) in _CARD_LENGTHS and luhn.is_valid(digits):
        return True
    return len(digits) >= _CARD_BEGUN_DIGITS and bool(_CARD_WORDS.search(plain(text)))
