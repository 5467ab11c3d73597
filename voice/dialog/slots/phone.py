"""Phone numbers as spoken, to E.164."""

from __future__ import annotations

import re

import phonenumbers

from calls.ids import Language
from voice.dialog.slots.numbers import loose_digits, spoken_digits
from voice.dialog.slots.types import Parsed
from voice.dialog.text import plain

_COUNTRIES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("MX", re.compile(r"\b(?:mexic\w+|mejic\w+)\b")),
    ("ES", re.compile(r"\b(?:spain|spanish|espan\w+)\b")),
    (
        "US",
        re.compile(
            r"\b(?:american|us number|states|estados unidos|estadounidense|gring\w+|miami|new york|"
            r"nueva york|los angeles|houston|chicago|texas|california|florida|area code)\b"
        ),
    ),
)
_PLUS = re.compile(r"\b(?:plus|mas|prefix|prefijo|country code|codigo de pais|lada internacional)\b|\+")
_SIGN = re.compile(
    r"(?:\+|\bplus\b|\bm[a\u00e1]s\b|\b00|\b(?:zero|oh|cero)[, ]+(?:zero|oh|cero)\b|\b(?:double zero|double oh|"
    r"doble cero)\b)[ ,]*",
    re.IGNORECASE,
)
"""How an international number begins: "+", "plus", "más", 00."""
_E164_LENGTHS = tuple(range(15, 9, -1))
"""Digits of a number with its country. Source: ITU-T E.164, at most 15."""
_CODES = {"34": "ES", "52": "MX", "1": "US"}
_LENGTHS = {"ES": 9, "MX": 10, "US": 10}
_COUNTRY_LENGTHS = (9, 10)
_INTERNATIONAL_LENGTHS = (11, 12)


def parse_phone(text: str, language: Language, country: str = "") -> Parsed | None:
    """Return the number in E.164.

    Without a prefix, 9 digits are Spanish, 10 are Mexican in Spanish and US in English (unless `country` or the words
    name another). Source: data/dialog/README.md of the project's shared data.
    """
    speech = plain(text)
    named = next((code for code, pattern in _COUNTRIES if pattern.search(speech)), "")
    hint = named or country
    says_prefix = bool(_PLUS.search(text.lower() if "+" in text else speech)) or bool(named)
    lengths = (
        (*_INTERNATIONAL_LENGTHS, *_COUNTRY_LENGTHS)
        if says_prefix
        else (*_COUNTRY_LENGTHS, *_INTERNATIONAL_LENGTHS, 13)
    )
    abroad = _international(text, language)
    if abroad is not None:
        return abroad
    best: Parsed | None = None
    for length in dict.fromkeys(lengths):
        digits = spoken_digits(text, language, (length,))
        if digits is None:
            continue
        for candidate in _as_numbers(digits, language, hint):
            valid = phonenumbers.is_valid_number(candidate)
            if not valid and not phonenumbers.is_possible_number(candidate):
                continue
            value = phonenumbers.format_number(candidate, phonenumbers.PhoneNumberFormat.E164)
            parsed = Parsed(value, 0.9 if valid else 0.5, needs_confirmation=not valid)
            if valid:
                return parsed
            best = best or parsed
    return best


def _international(text: str, language: Language) -> Parsed | None:
    """Return a number that was said with "plus" or 00 and its country's code, of any country."""
    sign = _SIGN.search(text)
    if sign is None or loose_digits(text[: sign.start()], language):
        return None
    if not loose_digits(" ".join(text[sign.end() :].split()[:1]), language):
        return None
    digits = spoken_digits(text[sign.end() :], language, _E164_LENGTHS)
    if digits is None:
        return None
    try:
        number = phonenumbers.parse(f"+{digits.removeprefix('00')}")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    value = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return Parsed(value, 0.9, needs_confirmation=False)


def _as_numbers(digits: str, language: Language, hint: str) -> list[phonenumbers.PhoneNumber]:
    """Return the readings of `digits`, likeliest first."""
    readings: list[str] = []
    stripped = digits.removeprefix("00")
    for code, region in _CODES.items():
        if stripped.startswith(code) and len(stripped) - len(code) == _LENGTHS[region]:
            readings.append(f"+{stripped}")
    if len(digits) == 9:
        readings.append(f"+34{digits}")
    if len(digits) == 10:
        region = hint if hint in ("MX", "US") else ("MX" if language == "es" else "US")
        readings.append(f"+{'52' if region == 'MX' else '1'}{digits}")
    if len(digits) == 13 and digits.startswith("521"):
        readings.append(f"+52{digits[3:]}")
    numbers = []
    for reading in readings:
        try:
            numbers.append(phonenumbers.parse(reading))
        except phonenumbers.NumberParseException:
            continue
    return numbers
