"""The small words of SIP's grammar: tokens, quoted strings, parameters, hosts (RFC 3261 section 25)."""

from __future__ import annotations

import ipaddress
import re
import string
from collections.abc import Iterable

Params = tuple[tuple[str, str | None], ...]
"""Parameters in order; names in lower case, None for a parameter without a value, quotes removed."""

_TOKEN_CHARS = frozenset(string.ascii_letters + string.digits + "-.!%*_+`'~")
_HOST_NAME = re.compile(r"(?=.*[A-Za-z0-9])[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_.])?\Z")
MAX_PORT = 65_535
MAX_READABLE_CHARS = 256
"""Longest text of a peer that is told further; Call-IDs and names in use are under a hundred."""


class SipSyntaxError(ValueError):
    """A part of a message does not follow the grammar; the text says which, without quoting the peer's bytes."""


def is_token(text: str) -> bool:
    """True for a non-empty RFC 3261 `token`."""
    return bool(text) and _TOKEN_CHARS.issuperset(text)


def parse_number(text: str, what: str, maximum: int) -> int:
    """Return a plain decimal number.

    Raises:
        SipSyntaxError: When it has anything but ASCII digits or is above `maximum`.
    """
    stripped = text.strip(" \t")
    if not stripped or not stripped.isascii() or not stripped.isdigit() or len(stripped) > 20:
        raise SipSyntaxError(f"{what} is not a number in range")
    value = int(stripped)
    if value > maximum:
        raise SipSyntaxError(f"{what} is too large")
    return value


def split_outside(text: str, separator: str, *, angles: bool = True) -> list[str]:
    """Split at `separator` where it stands outside quoted strings and, with `angles`, outside `<...>`.

    Raises:
        SipSyntaxError: When a quoted string or an angle bracket is never closed.
    """
    parts: list[str] = []
    start = 0
    quoted = escaped = False
    depth = 0
    for index, char in enumerate(text):
        if quoted:
            if escaped:
                escaped = False
            elif char == "\\":
                escaped = True
            elif char == '"':
                quoted = False
        elif char == '"':
            quoted = True
        elif char == "<" and angles:
            depth = 1
        elif char == ">" and angles:
            depth = 0
        elif char == separator and not depth:
            parts.append(text[start:index])
            start = index + 1
    if quoted or depth:
        raise SipSyntaxError("a quoted string or angle bracket is not closed")
    parts.append(text[start:])
    return parts


def unquote(text: str) -> str:
    """Return the inside of a quoted string with its escapes resolved; other text comes back stripped."""
    stripped = text.strip()
    if len(stripped) < 2 or stripped[0] != '"' or stripped[-1] != '"':
        return stripped
    return re.sub(r"\\(.)", r"\1", stripped[1:-1], flags=re.DOTALL)


def quote(text: str) -> str:
    """Return `text` as a quoted string; line breaks become blanks so that no header can be smuggled in."""
    clean = re.sub(r"[\r\n\x00]+", " ", text)
    return '"' + clean.replace("\\", "\\\\").replace('"', '\\"') + '"'


def parse_params(parts: Iterable[str], what: str) -> Params:
    """Parse `name` or `name=value` pieces; later duplicates are kept, lookups take the first.

    Raises:
        SipSyntaxError: When a piece is empty or its name is not a token.
    """
    params: list[tuple[str, str | None]] = []
    for part in parts:
        name, equals, value = part.partition("=")
        name = name.strip()
        if not is_token(name):
            raise SipSyntaxError(f"a parameter of {what} has no proper name")
        params.append((name.lower(), unquote(value) if equals else None))
    return tuple(params)


def readable(text: str) -> str:
    """Return a peer's text as others may store and show it: real Unicode, no control characters, bounded.

    Bytes that were not UTF-8 are read as Latin-1, which is what old phones write in display names.
    """
    raw = text.encode("utf-8", "surrogateescape")
    try:
        decoded = raw.decode("utf-8")
    except UnicodeDecodeError:
        decoded = raw.decode("latin-1")
    return "".join(char for char in decoded if char.isprintable())[:MAX_READABLE_CHARS]


def format_params(params: Params) -> str:
    """Write parameters as `;name=value`; values that are neither token nor host are quoted."""
    text = ""
    for name, value in params:
        text += f";{name}"
        if value is not None:
            plain = is_token(value) or _is_host_like(value)
            text += f"={value if plain else quote(value)}"
    return text


def param(params: Params, name: str) -> str | None:
    """Return the value of the first parameter of that name: None when missing, `""` when it has no value."""
    for key, value in params:
        if key == name:
            return "" if value is None else value
    return None


def parse_host_port(text: str, what: str) -> tuple[str, int | None]:
    """Split `host[:port]`; IPv6 references lose their brackets, blanks around the colon are allowed.

    Three colons in an IPv6 reference are read as two: RFC 3261's own grammar made people write that (RFC 5118
    section 4.10).

    Raises:
        SipSyntaxError: When the host is neither a name nor an address, or the port is out of range.
    """
    text = text.strip()
    if text.startswith("["):
        inside, bracket, rest = text[1:].partition("]")
        if not bracket:
            raise SipSyntaxError(f"the address of {what} has no closing bracket")
        host = inside.replace(":::", "::")
        try:
            ipaddress.IPv6Address(host)
        except ValueError:
            raise SipSyntaxError(f"the address of {what} is not an IPv6 address") from None
    else:
        host, colon, port_text = text.partition(":")
        rest = colon + port_text
        host = host.strip()
        if not _HOST_NAME.match(host):
            raise SipSyntaxError(f"the host of {what} is not a name or an address")
    rest = rest.strip()
    if not rest:
        return host, None
    if not rest.startswith(":"):
        raise SipSyntaxError(f"something follows the host of {what}")
    return host, parse_number(rest[1:], f"the port of {what}", MAX_PORT)


def format_host(host: str) -> str:
    """Write a host for a URI or Via: IPv6 addresses in brackets."""
    return f"[{host}]" if ":" in host else host


def is_ip_address(host: str) -> bool:
    """True for an IPv4 or IPv6 literal (without brackets)."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_host_like(value: str) -> bool:
    return bool(value) and all(char in _TOKEN_CHARS or char in "[]:" for char in value)
