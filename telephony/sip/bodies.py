"""What bodies hold: the session description (alone or in a multipart) and the digits of INFO."""

from __future__ import annotations

import re
from dataclasses import dataclass

from telephony.sip.headers import Headers

SDP_TYPE = "application/sdp"
DTMF_RELAY_TYPE = "application/dtmf-relay"
DTMF_TYPE = "application/dtmf"

_DIGITS = frozenset("0123456789*#ABCD")
_DEFAULT_DIGIT_MS = 160
"""What gateways put into dtmf-relay when nobody asked for another length."""
_KNOWN = frozenset((SDP_TYPE, DTMF_RELAY_TYPE, DTMF_TYPE, "message/sipfrag"))
_DEEPEST = 3
"""Multiparts within multiparts; real ones have two levels."""
_MOST_PARTS = 32
_FOLD = re.compile(rb"\n[ \t]+")
_HANDLING = re.compile(r";\s*handling\s*=\s*(required|optional)\b", re.IGNORECASE)
_BOUNDARY = re.compile(r"boundary\s*=\s*(?:\"([^\"]{1,70})\"|([^;\s]{1,70}))", re.IGNORECASE)


def media_type(headers: Headers) -> str:
    """Return the content type without parameters, lower case, empty when there is none."""
    return (headers.get("Content-Type") or "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class _Part:
    """One piece of a body that is no multipart itself."""

    kind: str
    """Content type without parameters, lower case."""
    disposition: str
    """Content-Disposition without parameters, lower case, empty when there is none."""
    handling: str
    """`required`, `optional`, or empty when it is not said."""
    content: bytes


def find_sdp(headers: Headers, body: bytes) -> bytes | None:
    """Return the session description of a body, None when it holds none, or something else that must be understood.

    A part without `handling` counts as one that may be left unread when it stands beside a description: the letter of
    RFC 3261 section 20.11 makes it required, and gateways that add ISUP or a location forget to say otherwise.
    """
    parts = _parts_of(headers, body)
    if any(part.kind not in _KNOWN and part.handling == "required" for part in parts) and len(parts) > 1:
        return None
    wanted = (part.content for part in parts if part.kind == SDP_TYPE and part.disposition != "early-session")
    return next(wanted, None)


def may_be_ignored(headers: Headers, body: bytes) -> bool:
    """True when nothing in a body is known here and the peer lets us leave all of it unread (RFC 5621 section 4.7)."""
    parts = _parts_of(headers, body)
    return bool(parts) and all(part.kind not in _KNOWN and part.handling == "optional" for part in parts)


def _parts_of(headers: Headers, body: bytes) -> list[_Part]:
    fields = (headers.get("Content-Type") or "", headers.get("Content-Disposition") or "")
    return _leaves(*fields, body, _DEEPEST) if body else []


def _leaves(content_type: str, disposition: str, content: bytes, depth: int) -> list[_Part]:
    """Return the pieces of a body that are no multiparts, nested ones opened (RFC 5621 section 3)."""
    kind = content_type.partition(";")[0].strip().lower()
    boundary = _BOUNDARY.search(content_type) if kind.startswith("multipart/") and depth else None
    if boundary is None:
        handling = _HANDLING.search(disposition)
        named = disposition.partition(";")[0].strip().lower()
        return [_Part(kind, named, handling[1].lower() if handling else "", content)]
    mark = re.escape((boundary[1] or boundary[2]).encode("utf-8", "surrogateescape"))
    borders = list(re.finditer(rb"^--" + mark + rb"(?:--)?[ \t]*\r?$", content, re.MULTILINE))[:_MOST_PARTS]
    parts: list[_Part] = []
    ends = [border.start() for border in borders[1:]]
    if borders and not borders[-1][0].rstrip().endswith(b"--"):
        ends.append(len(content))  # the last border is missing
    for border, end in zip(borders, ends, strict=False):
        piece = content[border.end() : end].replace(b"\r\n", b"\n").removeprefix(b"\n")
        head, _, inner = (b"\n" + piece).partition(b"\n\n")
        fields = Headers(
            (name, value.strip())
            for name, colon, value in (
                line.partition(":") for line in _FOLD.sub(b" ", head).decode("utf-8", "surrogateescape").split("\n")
            )
            if colon
        )
        kind_of = fields.get("Content-Type") or "text/plain"
        parts += _leaves(kind_of, fields.get("Content-Disposition") or "", inner.removesuffix(b"\n"), depth - 1)
    return parts


def accepts_sdp(headers: Headers) -> bool:
    """True unless an Accept header leaves session descriptions out (RFC 3261 section 20.1)."""
    if not headers.all("Accept"):
        return True
    kinds = {item.partition(";")[0].strip() for item in headers.tokens("Accept")}
    return bool(kinds & {SDP_TYPE, "application/*", "*/*"})


def parse_digit(headers: Headers, body: bytes) -> tuple[str, int] | None:
    """Return digit and duration in ms of an INFO, None when it holds none.

    Both forms in use are read: `Signal=5` with `Duration=160` (dtmf-relay), and the bare digit (dtmf).
    """
    text = body.decode("ascii", "replace").strip()
    duration_ms = _DEFAULT_DIGIT_MS
    digit = text
    if media_type(headers) == DTMF_RELAY_TYPE:
        fields = dict(re.findall(r"^\s*(\w+)\s*=\s*(\S+)\s*$", text, re.MULTILINE))
        fields = {name.lower(): value for name, value in fields.items()}
        digit = fields.get("signal", "")
        length = fields.get("duration", "")
        if length.isascii() and length.isdigit() and len(length) <= 5:
            duration_ms = int(length)
    digit = {"10": "*", "11": "#"}.get(digit, digit).upper()
    return (digit, duration_ms) if digit in _DIGITS else None
