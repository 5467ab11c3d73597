"""How one carrier writes telephone numbers, and E.164 in between (ITU-T E.164: + and at most 15 digits)."""

from __future__ import annotations

import re
from dataclasses import dataclass

import phonenumbers

_NUMBER = re.compile(r"\+?[0-9]{1,20}\Z")
_BLANKS = re.compile(r"[\s().\-/]")


@dataclass(frozen=True, slots=True)
class PrefixRule:
    """A number that begins so begins otherwise afterwards."""

    begins: str
    becomes: str


@dataclass(frozen=True, slots=True)
class NumberPlan:
    """One trunk's way of writing numbers."""

    country: str = "ES"
    """ISO 3166 code of the country whose national numbers come without a prefix."""
    rules_in: tuple[PrefixRule, ...] = ()
    """For numbers from the carrier; the first that fits is used."""
    rules_out: tuple[PrefixRule, ...] = ()
    """For numbers in E.164 on their way to the carrier."""

    def read(self, text: str) -> str:
        """Return a number in E.164; what is none (an extension, a name) comes back as it is."""
        plain = _BLANKS.sub("", text)
        if not _NUMBER.match(plain):
            return text
        plain = _apply(self.rules_in, plain)
        if plain.startswith("00"):
            plain = "+" + plain[2:]
        try:
            number = phonenumbers.parse(plain, self.country)
        except phonenumbers.NumberParseException:
            return plain
        whole = plain.startswith("+")  # new ranges come sooner than tables of them
        if phonenumbers.is_valid_number(number) or (whole and phonenumbers.is_possible_number(number)):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        return plain

    def write(self, number: str) -> str:
        """Return a number in E.164 as this carrier wants it dialled."""
        return _apply(self.rules_out, number)


def _apply(rules: tuple[PrefixRule, ...], number: str) -> str:
    for rule in rules:
        if number.startswith(rule.begins):
            return rule.becomes + number.removeprefix(rule.begins)
    return number
