"""Normal forms of what customers are found by: numbers, addresses, visitors, handles, account numbers. Pure."""

from __future__ import annotations

import re
import unicodedata

import phonenumbers

from calls.customer_events import IdentifierKind
from calls.errors import CallCentreError

REGIONS = ("ES", "GB", "US", "IE", "MX")
"""Countries whose national numbers are understood without a prefix: those of our two languages, Spain first."""

MAX_LENGTH = 254
"""Longest identifier, in characters. Source: RFC 5321 section 4.5.3.1.3 as corrected by erratum 1690."""

_EMAIL = re.compile(r"[^\s@<>(),;:\\\"\[\]]{1,64}@(?:[\w-]{1,63}\.)+[\w-]{2,63}")
_HANDLE = re.compile(r"([a-z0-9_-]{1,32}):(\S{1,200})")
_VISITOR = re.compile(r"[\w.:-]{1,64}")
_ACCOUNT = re.compile(r"[A-Z0-9]{3,32}")


def phone_readings(text: str, country: str = "") -> tuple[str, ...]:
    """Return every number in E.164 that `text` can mean, likeliest first: `600 123 456`, `0034600123456`, `+44 …`.

    Args:
        text: As people write it and carriers present it.
        country: ISO 3166 code of the country that is tried first; empty: Spain.
    """
    plain = "".join(sign for sign in text if sign.isdigit() or sign == "+")
    if plain.startswith("00"):
        plain = "+" + plain[2:]
    found: list[str] = []
    for region in dict.fromkeys((country, *REGIONS) if country else REGIONS):
        try:
            number = phonenumbers.parse(plain, region)
        except phonenumbers.NumberParseException:
            continue
        whole = plain.startswith("+")  # new ranges come sooner than tables of them
        if phonenumbers.is_valid_number(number) or (whole and phonenumbers.is_possible_number(number)):
            found.append(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return tuple(dict.fromkeys(found))


def normal(kind: IdentifierKind, text: str, country: str = "") -> str | None:
    """Return the normal form of an identifier, None when the text is none of this kind."""
    text = unicodedata.normalize("NFKC", text).strip()
    if not text or len(text) > MAX_LENGTH:
        return None
    match kind:
        case "phone":
            readings = phone_readings(text, country)
            return readings[0] if readings and not re.search(r"[^\d\s+().\-/]", text) else None
        case "email":
            text = text.removeprefix("mailto:").strip("<>").lower()
            return text if _EMAIL.fullmatch(text) else None
        case "social":
            text = text.lower().replace(":@", ":")
            return text if _HANDLE.fullmatch(text) else None
        case "chat_visitor":
            return text if _VISITOR.fullmatch(text) else None
        case "account":
            text = re.sub(r"[\s./_-]", "", text).upper()
            return text if _ACCOUNT.fullmatch(text) and any(sign.isdigit() for sign in text) else None


def normal_or_raise(kind: IdentifierKind, text: str, country: str = "") -> str:
    """Return the normal form of an identifier.

    Raises:
        CallCentreError: `identifier.invalid`; the sentence says what the kind looks like and does not repeat the text.
    """
    found = normal(kind, text, country)
    if found is None:
        raise CallCentreError("identifier.invalid", _LOOKS_LIKE[kind], fault="user")
    return found


_LOOKS_LIKE: dict[IdentifierKind, str] = {
    "phone": "That is no telephone number. Write it with + and the country's prefix, like +34600123456.",
    "email": "That is no e-mail address. Write it like name@example.com.",
    "social": "That is no handle. Write it as provider:handle, like instagram:ana.perez.",
    "chat_visitor": "That is no name of a chat visitor: up to 64 letters, digits, dots, colons and hyphens.",
    "account": "That is no account number: 3 to 32 letters and digits, with at least one digit.",
}


def guesses(text: str, country: str = "") -> tuple[tuple[IdentifierKind, str], ...]:
    """Return what identifiers a text in a search box can mean, likeliest first."""
    found: list[tuple[IdentifierKind, str]] = []
    email = normal("email", text)
    if email is not None:
        return (("email", email),)
    if normal("phone", text, country) is not None:
        found += [("phone", reading) for reading in phone_readings(text, country)]
    if ":" in text and (handle := normal("social", text)) is not None:
        found.append(("social", handle))
    account = normal("account", text)
    if account is not None:
        found.append(("account", account))
    return tuple(found)


def masked(kind: IdentifierKind, value: str) -> str:
    """Return an identifier so that only who knows it recognises it: `+34…456`, `a…@example.com`."""
    match kind:
        case "phone":
            return f"{value[:3]}…{value[-3:]}" if len(value) > 8 else "…" + value[-2:]
        case "email":
            local, _, domain = value.partition("@")
            return f"{local[:1]}…@{domain}"
        case "social":
            provider, _, handle = value.partition(":")
            return f"{provider}:{handle[:1]}…"
        case _:
            return "…" + value[-3:] if len(value) > 5 else "…" + value[-1:]
