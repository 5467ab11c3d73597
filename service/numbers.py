"""Telephone numbers as operators write them and as carriers present them, compared in one form (E.164)."""

from __future__ import annotations

import phonenumbers

from calls.errors import CallCentreError
from customers.identifiers import phone_readings


def readings(text: str) -> tuple[str, ...]:
    """Return every number in E.164 that `text` can mean, likeliest first: `600 123 456`, `0034600123456`, `+44 …`."""
    return phone_readings(text)


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


def same(one: str, other: str) -> bool:
    """Tell whether two texts can mean one number."""
    return not set(readings(one)).isdisjoint(readings(other))


def shown(number: str) -> str:
    """Return a number in E.164 as people write it: `+34 600 12 34 56`."""
    return phonenumbers.format_number(phonenumbers.parse(number), phonenumbers.PhoneNumberFormat.INTERNATIONAL)
