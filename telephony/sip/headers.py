"""Header fields in order, found by name in any case and in compact form (RFC 3261 section 7.3)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from telephony.sip.grammar import SipSyntaxError, split_outside

Fields = tuple[tuple[str, str], ...]
"""Names and values in order, to be put into a message."""

COMPACT_FORMS = {
    "a": "accept-contact",
    "b": "referred-by",
    "c": "content-type",
    "d": "request-disposition",
    "e": "content-encoding",
    "f": "from",
    "i": "call-id",
    "j": "reject-contact",
    "k": "supported",
    "l": "content-length",
    "m": "contact",
    "n": "identity-info",
    "o": "event",
    "r": "refer-to",
    "s": "subject",
    "t": "to",
    "u": "allow-events",
    "v": "via",
    "x": "session-expires",
    "y": "identity",
}
"""Source: IANA registry of SIP header fields."""

_LINE_BREAKS = re.compile(r"[\r\n]+")


def canonical(name: str) -> str:
    """Return the name by which a header is found: lower case, compact forms written out."""
    lowered = name.strip().lower()
    return COMPACT_FORMS.get(lowered, lowered)


class Headers:
    """An immutable list of header fields; names keep the spelling that they came with."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        """Keep the fields in order; line breaks inside values become blanks, so that no field can be smuggled in."""
        self._fields = tuple((name, _LINE_BREAKS.sub(" ", value)) for name, value in fields)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._fields)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self._fields == other._fields

    def __hash__(self) -> int:
        return hash(self._fields)

    def __repr__(self) -> str:
        return f"Headers({[name for name, _ in self._fields]})"

    def all(self, name: str) -> list[str]:
        """Return the value of every field of that name, in order, unsplit."""
        wanted = canonical(name)
        return [value for key, value in self._fields if canonical(key) == wanted]

    def get(self, name: str) -> str | None:
        """Return the first value, None when the field is missing."""
        values = self.all(name)
        return values[0] if values else None

    def split(self, name: str) -> list[str]:
        """Return every element of a comma-separated field, over all its lines; empty elements are left out.

        Raises:
            SipSyntaxError: When a quoted string or an angle bracket is not closed.
        """
        elements = [part.strip() for value in self.all(name) for part in split_outside(value, ",")]
        return [element for element in elements if element]

    def tokens(self, name: str) -> set[str]:
        """Return the elements of a list of tokens in lower case; nothing when it is malformed."""
        try:
            return {element.lower() for element in self.split(name)}
        except SipSyntaxError:
            return set()

    def replaced(self, name: str, values: Iterable[str]) -> Headers:
        """Return the headers with all fields of that name replaced, at the place of the first or at the end."""
        wanted = canonical(name)
        fields: list[tuple[str, str]] = []
        fresh = [(name, value) for value in values]
        for key, value in self._fields:
            if canonical(key) != wanted:
                fields.append((key, value))
            elif fresh:
                fields.extend(fresh)
                fresh = []
        return Headers([*fields, *fresh])

    def plus(self, *fields: tuple[str, str]) -> Headers:
        """Return the headers with these fields appended."""
        return Headers([*self._fields, *fields])
