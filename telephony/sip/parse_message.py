"""Bytes to messages: tolerant of folding, compact forms, bare line feeds and trailing octets, and bounded.

What cannot be read splits in two: `NotSipError` for bytes that nobody should answer, `MalformedRequestError` for a
request that was understood well enough to be refused with its status.
"""

from __future__ import annotations

import re

from telephony.sip.grammar import SipSyntaxError, is_token, parse_number
from telephony.sip.headers import Headers
from telephony.sip.message import SIP_VERSION, SipMessage, SipRequest, SipResponse

MAX_MESSAGE_BYTES = 65_535
"""A UDP datagram cannot be larger. Source: RFC 768."""
MAX_HEADERS = 256
"""Fields of one message; real ones have under fifty, floods have thousands."""
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_REQUEST_LINE = re.compile(r"(\S+)[ \t]+(.+?)[ \t]+(SIP/\d+\.\d+)[ \t]*\Z", re.IGNORECASE)
_STATUS_LINE = re.compile(r"SIP/(\d+)\.(\d+) (\d{3})(?: (.*))?\Z", re.IGNORECASE | re.DOTALL)


class NotSipError(ValueError):
    """These bytes are no SIP message that could be answered."""


class MalformedRequestError(ValueError):
    """A request that is refused; the text becomes the reason phrase."""

    def __init__(self, status: int, reason: str, request: SipRequest) -> None:
        """Keep what could be read of the request, so that its Via, From, To, Call-ID and CSeq can be copied."""
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.request = request


def is_keep_alive(datagram: bytes) -> bool:
    """True for what peers send to hold a NAT binding open: nothing, blank lines, zero bytes, STUN (RFC 5626, 5389)."""
    if not datagram.strip(b"\r\n\x00 \t"):
        return True
    return datagram[0] < 4 and len(datagram) >= 20 and datagram[4:8] == b"\x21\x12\xa4\x42"


def parse_message(datagram: bytes) -> SipMessage:
    """Parse one datagram.

    Raises:
        NotSipError: When it is no SIP message, or a response that cannot be used.
        MalformedRequestError: When it is a request that should be refused.
    """
    if len(datagram) > MAX_MESSAGE_BYTES:
        raise NotSipError("larger than a datagram")
    data = datagram.lstrip(b"\r\n")
    end = _BLANK_LINE.search(data)
    head, body = (data[: end.start()], data[end.end() :]) if end else (data.rstrip(b"\r\n"), b"")
    lines = re.split(r"\r?\n", head.decode("utf-8", "surrogateescape"))
    if lines[0][:4].upper() == "SIP/":
        return _parse_response(lines, body)
    return _parse_request(lines, body)


def _parse_request(lines: list[str], body: bytes) -> SipRequest:
    match = _REQUEST_LINE.match(lines[0])
    if match is None:
        raise NotSipError("no request line")
    method, uri, version = match.groups()
    if not is_token(method):
        raise NotSipError("the method is not a token")
    headers, fault = _parse_headers(lines[1:])
    request = SipRequest(method, uri, headers, body)
    if version.upper() != SIP_VERSION:
        raise MalformedRequestError(505, "Version Not Supported", request)
    if lines[0] != f"{method} {uri} {version}" or " " in uri or "\t" in uri:
        raise MalformedRequestError(400, "Bad blanks in the request line", request)
    if fault:
        raise MalformedRequestError(400, fault, request)
    try:
        return SipRequest(method, uri, headers, _cut_body(headers, body))
    except SipSyntaxError as error:
        raise MalformedRequestError(400, f"Bad Content-Length: {error}", request) from None


def _parse_response(lines: list[str], body: bytes) -> SipResponse:
    match = _STATUS_LINE.match(lines[0])
    if match is None or (match[1], match[2]) != ("2", "0") or not 100 <= int(match[3]) <= 699:
        raise NotSipError("no proper status line")
    headers, fault = _parse_headers(lines[1:])
    if fault:
        raise NotSipError(fault)
    try:
        return SipResponse(int(match[3]), match[4] or "", headers, _cut_body(headers, body))
    except SipSyntaxError as error:
        raise NotSipError(str(error)) from None


def _parse_headers(lines: list[str]) -> tuple[Headers, str]:
    """Return the fields that could be read and, if some could not, what is wrong."""
    fields: list[tuple[str, list[str]]] = []
    fault = ""
    for line in lines:
        if not line:
            continue
        if line[0] in " \t":
            if fields:
                fields[-1][1].append(line.strip())
            else:
                fault = fault or "The first header is folded"
            continue
        name, colon, value = line.partition(":")
        name = name.rstrip(" \t")
        if not colon or not is_token(name):
            fault = fault or "A header has no proper name"
        elif len(fields) >= MAX_HEADERS:
            return Headers((key, " ".join(parts)) for key, parts in fields), "Too many headers"
        else:
            fields.append((name, [value.strip()]))
    return Headers((key, " ".join(parts).strip()) for key, parts in fields), fault


def _cut_body(headers: Headers, body: bytes) -> bytes:
    """Return the body as long as Content-Length says; without the field a datagram's rest is the body.

    Raises:
        SipSyntaxError: When the length is no number, differs between fields, or is more than came.
    """
    lengths = {value.strip() for value in headers.all("Content-Length")}
    if not lengths:
        return body
    if len(lengths) > 1:
        raise SipSyntaxError("several values")
    length = parse_number(lengths.pop(), "the length", MAX_MESSAGE_BYTES)
    if length > len(body):
        raise SipSyntaxError("the body is shorter")
    return body[:length]
