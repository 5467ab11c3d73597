"""What bodies hold: the session description (alone or in a multipart) and the digits of INFO."""

from __future__ import annotations

import re

from telephony.sip.headers import Headers

SDP_TYPE = "application/sdp"
DTMF_RELAY_TYPE = "application/dtmf-relay"
DTMF_TYPE = "application/dtmf"

_DIGITS = frozenset("0123456789*#ABCD")
_DEFAULT_DIGIT_MS = 160
"""What gateways put into dtmf-relay when nobody asked for another length."""
_BOUNDARY = re.compile(r"boundary\s*=\s*(?:\"([^\"]{1,70})\"|([^;\s]{1,70}))", re.IGNORECASE)


def media_type(headers: Headers) -> str:
    """Return the content type without parameters, lower case, empty when there is none."""
    return (headers.get("Content-Type") or "").partition(";")[0].strip().lower()


def find_sdp(headers: Headers, body: bytes) -> bytes | None:
    """Return the session description of a body, None when it holds none."""
    kind = media_type(headers)
    if kind == SDP_TYPE:
        return body
    boundary = _BOUNDARY.search(headers.get("Content-Type") or "") if kind.startswith("multipart/") else None
    if boundary is None:
        return None
    mark = b"--" + (boundary[1] or boundary[2]).encode("utf-8", "surrogateescape")
    for part in body.split(mark)[1:]:
        head, _, content = part.replace(b"\r\n", b"\n").partition(b"\n\n")
        if re.search(rb"^content-type\s*:\s*application/sdp\b", head, re.IGNORECASE | re.MULTILINE):
            return content
    return None


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
