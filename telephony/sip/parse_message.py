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
_MAX_NUMBER = 10**20
"""Digits that `parse_number` reads; whether that is too large is told apart from being no number."""
MAX_HEADERS = 256
"""Fields of one message; real ones have under fifty, floods have thousands."""
BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_REQUEST_LINE = re.compile(r"(\S+)[ \t]+(.+?)[ \t]+(SIP/\d+\.\d+)[ \t]*\Z", re.IGNORECASE)
_STATUS_LINE = re.compile(r"SIP/(\d+)\.(\d+) (\d{3})(?: (.*))?\Z", re.IGNORECASE | re.DOTALL)


class NotSipError(ValueError):
    """These bytes are no SIP message that could be answered."""


class TooLargeError(SipSyntaxError):
    """A body in a stream that is longer than any message may be; nobody waits for it."""


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


def parse_message(datagram: bytes, *, from_stream: bool = False) -> SipMessage:
    """Parse one datagram, or one message of a stream, which must say how long its body is (RFC 3261 section 18.3).

    Raises:
        NotSipError: When it is no SIP message, or a response that cannot be used.
        MalformedRequestError: When it is a request that should be refused.
    """
    if len(datagram) > MAX_MESSAGE_BYTES:
        raise NotSipError("larger than a datagram")
    data = datagram.lstrip(b"\r\n")
    end = BLANK_LINE.search(data)
    is_cut = from_stream and end is None  # the framer gives out the start of headers that are too long
    head, body = (data[: end.start()], data[end.end() :]) if end else (data.rstrip(b"\r\n"), b"")
    lines = re.split(r"\r?\n", head.decode("utf-8", "surrogateescape"))
    if lines[0][:4].upper() == "SIP/":
        return _parse_response(lines, body, from_stream)
    return _parse_request(lines, body, from_stream, is_cut)


def _parse_request(lines: list[str], body: bytes, from_stream: bool, is_cut: bool) -> SipRequest:
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
    if is_cut:
        raise MalformedRequestError(513, "Message Too Large", request)
    if fault:
        raise MalformedRequestError(400, fault, request)
    try:
        return SipRequest(method, uri, headers, _cut_body(headers, body, from_stream))
    except TooLargeError:
        raise MalformedRequestError(513, "Message Too Large", request) from None
    except SipSyntaxError as error:
        raise MalformedRequestError(400, f"Bad Content-Length: {error}", request) from None


def _parse_response(lines: list[str], body: bytes, from_stream: bool) -> SipResponse:
    match = _STATUS_LINE.match(lines[0])
    if match is None or (match[1], match[2]) != ("2", "0") or not 100 <= int(match[3]) <= 699:
        raise NotSipError("no proper status line")
    headers, fault = _parse_headers(lines[1:])
    if fault:
        raise NotSipError(fault)
    try:
        return SipResponse(int(match[3]), match[4] or "", headers, _cut_body(headers, body, from_stream))
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


def is_start_line(line: bytes) -> bool:
    """True when this can be the first line of a message, be it of another version."""
    text = line.decode("utf-8", "surrogateescape")
    return bool(_REQUEST_LINE.match(text) or _STATUS_LINE.match(text))


def read_length(head: bytes) -> int:
    """Return how many bytes of body follow the head of a message in a stream.

    Raises:
        SipSyntaxError: When the field is missing, doubled with different values, or no number in range.
    """
    headers, _ = _parse_headers(re.split(r"\r?\n", head.decode("utf-8", "surrogateescape"))[1:])
    length = _content_length(headers)
    if length is None:
        raise SipSyntaxError("it is missing")
    return length


def _content_length(headers: Headers) -> int | None:
    """Return the number of Content-Length, None when the field is missing.

    Raises:
        SipSyntaxError: When the length is no number, too large, or differs between fields.
    """
    lengths = {value.strip() for value in headers.all("Content-Length")}
    if not lengths:
        return None
    if len(lengths) > 1:
        raise SipSyntaxError("several values")
    return parse_number(lengths.pop(), "the length", _MAX_NUMBER)


def _cut_body(headers: Headers, body: bytes, from_stream: bool) -> bytes:
    """Return the body as long as Content-Length says; without the field a datagram's rest is the body.

    Raises:
        SipSyntaxError: When the length is no number, differs between fields, or is more than came.
    """
    length = _content_length(headers)
    if length is None:
        if from_stream:
            raise SipSyntaxError("it is missing")
        return body
    if length > len(body):
        raise TooLargeError("the body is shorter") if from_stream else SipSyntaxError("the body is shorter")
    return body[:length]
