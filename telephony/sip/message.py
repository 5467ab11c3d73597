"""SIP requests and responses as values, and how they are written (RFC 3261 section 7)."""

from __future__ import annotations

from dataclasses import dataclass, field

from telephony.sip.headers import Headers

SIP_VERSION = "SIP/2.0"

REASON_PHRASES = {
    100: "Trying",
    180: "Ringing",
    183: "Session Progress",
    200: "OK",
    202: "Accepted",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    408: "Request Timeout",
    415: "Unsupported Media Type",
    416: "Unsupported URI Scheme",
    420: "Bad Extension",
    422: "Session Interval Too Small",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    482: "Loop Detected",
    483: "Too Many Hops",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    491: "Request Pending",
    500: "Server Internal Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    505: "Version Not Supported",
    513: "Message Too Large",
    603: "Decline",
}
"""Source: RFC 3261 section 21 and the IANA registry of response codes."""


@dataclass(frozen=True, slots=True)
class Flow:
    """Where a message came from or shall go."""

    host: str
    """IP address literal."""
    port: int
    transport: str = "UDP"

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class SipRequest:
    """A request; header values are as they came, unfolded."""

    method: str
    uri: str
    headers: Headers
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class SipResponse:
    """A response; the reason phrase may be empty."""

    status: int
    reason: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""

    @property
    def is_provisional(self) -> bool:
        """True for 1xx."""
        return self.status < 200

    @property
    def is_success(self) -> bool:
        """True for 2xx."""
        return 200 <= self.status < 300


SipMessage = SipRequest | SipResponse


def serialise(message: SipMessage) -> bytes:
    """Write a message; Content-Length is set from the body, and bytes that were not UTF-8 come out as they came in."""
    if isinstance(message, SipRequest):
        start = f"{message.method} {message.uri} {SIP_VERSION}"
    else:
        start = f"{SIP_VERSION} {message.status} {message.reason}"
    headers = message.headers.replaced("Content-Length", [str(len(message.body))])
    lines = [start, *(f"{name}: {value}" for name, value in headers)]
    head = "\r\n".join(lines) + "\r\n\r\n"
    return head.encode("utf-8", "surrogateescape") + message.body
