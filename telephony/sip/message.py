"""SIP requests and responses as values, and how they are written (RFC 3261 section 7)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from telephony.sip.headers import Headers

SIP_VERSION = "SIP/2.0"

REASON_PHRASES = {
    100: "Trying",
    180: "Ringing",
    183: "Session Progress",
    200: "OK",
    202: "Accepted",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    408: "Request Timeout",
    415: "Unsupported Media Type",
    416: "Unsupported URI Scheme",
    420: "Bad Extension",
    421: "Extension Required",
    422: "Session Interval Too Small",
    423: "Interval Too Brief",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    482: "Loop Detected",
    483: "Too Many Hops",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    489: "Bad Event",
    491: "Request Pending",
    500: "Server Internal Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    504: "Server Time-out",
    505: "Version Not Supported",
    513: "Message Too Large",
    603: "Decline",
}
"""Source: RFC 3261 section 21 and the IANA registry of response codes."""


Transport = Literal["udp", "tcp", "tls"]
"""What carries messages; Via writes it in capitals, URIs as it stands here."""
RELIABLE_TRANSPORTS: frozenset[Transport] = frozenset({"tcp", "tls"})
"""Streams: nothing is lost, so that nothing is sent again."""
DEFAULT_PORTS: dict[Transport, int] = {"udp": 5060, "tcp": 5060, "tls": 5061}
"""Source: RFC 3261 section 18.2.1, 19.1.2."""


@dataclass(frozen=True, slots=True)
class Flow:
    """Where a message came from or shall go."""

    host: str
    """IP address literal. Where a stream shall be opened it may be a name."""
    port: int
    transport: Transport = "udp"
    connection: int = 0
    """Number of the open stream that is taken as long as it is open; else one is opened to `host` and `port`. 0: none,
    or datagrams."""
    server_name: str = ""
    """Whom the certificate of a TLS peer must name when we open the stream; empty: the host."""

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
