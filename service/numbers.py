"""Telephone numbers as operators write them and as carriers present them, compared in one form (E.164)."""

from __future__ import annotations

import phonenumbers

from calls.errors import CallCentreError

REGIONS = ("ES", "GB", "US", "IE", "MX")
"""Countries whose national numbers are understood without a prefix: those of our two languages, Spain first."""


def readings(text: str) -> tuple[str, ...]:
    """Return every number in E.164 that `text` can mean, likeliest first: `600 123 456`, `0034600123456`, `+44 …`."""
    plain = "".join(sign for sign in text if sign.isdigit() or sign == "+")
    if plain.startswith("00"):
        plain = "+" + plain[2:]
    found: list[str] = []
    for region in REGIONS:
        try:
            number = phonenumbers.parse(plain, region)
        except phonenumbers.NumberParseException:
            continue
        whole = plain.startswith("+")  # new ranges come sooner than tables of them
        if phonenumbers.is_valid_number(number) or (whole and phonenumbers.is_possible_number(number)):
            found.append(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return tuple(dict.fromkeys(found))


def one_number(text: str) -> str:
    """Return the one number that `text` means.

    Raises:
        CallCentreError: `number.unknown` when it is none, `number.unclear` when it could be several.
    """
    found = readings(text)
    if not found:
        raise CallCentreError(
            "number.unknown",
            f"{text!r} is no telephone number. Write it with + and the country's prefix, like +34600123456.",
            fault="user",
        )
    if len(found) > 1:
        raise CallCentreError(
            "number.unclear",
            f"{text!r} could be {' or '.join(found)}. Write it with + and the country's prefix.",
            fault="user",
        )
    return found[0]


def shown(number: str) -> str:
    """Return a number in E.164 as people write it: `+34 600 12 34 56`."""
    return phonenumbers.format_number(phonenumbers.parse(number), phonenumbers.PhoneNumberFormat.INTERNATIONAL)
