"""A request whose fields were all read: what the layers above the parser work with (RFC 3261 section 8.1.1)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from telephony.sip.bodies import may_be_ignored
from telephony.sip.grammar import SipSyntaxError, is_token, parse_number
from telephony.sip.headers import Headers
from telephony.sip.message import SipRequest, SipResponse
from telephony.sip.name_addr import NameAddr, parse_name_addr
from telephony.sip.parse_message import MalformedRequestError
from telephony.sip.uri import Uri, parse_uri
from telephony.sip.via import Via, parse_via

MAX_CSEQ = 2**31 - 1
"""Source: RFC 3261 section 8.1.1.5."""
MAX_MAX_FORWARDS = 255
"""Source: RFC 3261 section 20.22."""
_SINGLE = ("From", "To", "Call-ID", "CSeq", "Max-Forwards", "Content-Type")

_UNSERVED_METHODS = ("REGISTER", "SUBSCRIBE", "PUBLISH", "MESSAGE")
KNOWN_METHODS = frozenset(
    ("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "INFO", "UPDATE", "PRACK", "REFER", "NOTIFY", *_UNSERVED_METHODS)
)
"""Methods of the IANA registry: refused with 405 where we do not do them, all others with 501."""


@dataclass(frozen=True, slots=True)
class CheckedRequest:
    """A request with its fields read once."""

    request: SipRequest
    uri: Uri
    via: Via
    """The top Via."""
    sender: NameAddr
    """From."""
    recipient: NameAddr
    """To."""
    call_id: str
    cseq: int
    contact: NameAddr | None
    """The first contact; None when there is none or it is `*`."""
    record_route: tuple[NameAddr, ...]
    required: tuple[str, ...]
    """Option tags of Require."""

    @property
    def method(self) -> str:
        """The method, case as it came: methods are case-sensitive."""
        return self.request.method

    @property
    def headers(self) -> Headers:
        """The fields."""
        return self.request.headers

    @property
    def body(self) -> bytes:
        """The body, as long as Content-Length said; empty when the peer lets us ignore it and we know nothing of it."""
        return self.request.body


def check_request(request: SipRequest) -> CheckedRequest:
    """Read every field that a user agent depends on.

    Raises:
        MalformedRequestError: With status 400 when a field is missing, doubled or malformed.
    """
    headers = request.headers
    try:
        for name in _SINGLE:
            if len(headers.all(name)) > 1:
                raise SipSyntaxError(f"{name} is there twice")
        vias = headers.split("Via")
        via = parse_via(_required(vias[0] if vias else None, "Via"))
        cseq, method = parse_cseq(_required(headers.get("CSeq"), "CSeq"))
        if method != request.method and request.method in KNOWN_METHODS:
            raise SipSyntaxError("CSeq names another method")
        forwards = headers.get("Max-Forwards")
        if forwards is not None:
            parse_number(forwards, "Max-Forwards", MAX_MAX_FORWARDS)
        uri = parse_uri(request.uri)
        if getattr(uri, "headers", ""):
            raise SipSyntaxError("the Request-URI carries headers")
        contacts = [parse_name_addr(value) for value in headers.split("Contact") if value != "*"]
        call_id = _required(headers.get("Call-ID"), "Call-ID")
        if request.body and may_be_ignored(headers, request.body):
            request = replace(request, body=b"")
        return CheckedRequest(
            request=request,
            uri=uri,
            via=via,
            sender=parse_name_addr(_required(headers.get("From"), "From")),
            recipient=parse_name_addr(_required(headers.get("To"), "To")),
            call_id=call_id,
            cseq=cseq,
            contact=contacts[0] if contacts else None,
            record_route=parse_routes(headers, "Record-Route"),
            required=tuple(headers.split("Require")),
        )
    except SipSyntaxError as error:
        raise MalformedRequestError(400, f"Bad Request: {error}", request) from None


def parse_cseq(value: str) -> tuple[int, str]:
    """Return number and method.

    Raises:
        SipSyntaxError: When it is not `number method`, or the number is above 2**31 - 1.
    """
    words = value.split()
    if len(words) != 2 or not is_token(words[1]):
        raise SipSyntaxError("CSeq is not a number and a method")
    return parse_number(words[0], "CSeq", MAX_CSEQ), words[1]


def parse_routes(headers: Headers, name: str) -> tuple[NameAddr, ...]:
    """Return the entries of Route or Record-Route in order.

    Raises:
        SipSyntaxError: When one is malformed.
    """
    return tuple(parse_name_addr(value) for value in headers.split(name))


@dataclass(frozen=True, slots=True)
class CheckedResponse:
    """A response with the fields that find its transaction and dialog."""

    response: SipResponse
    via: Via
    cseq: int
    method: str
    recipient: NameAddr
    contact: NameAddr | None
    record_route: tuple[NameAddr, ...]


def check_response(response: SipResponse) -> CheckedResponse:
    """Read the fields of a response.

    Raises:
        SipSyntaxError: When one is missing or malformed; such a response is dropped (RFC 3261 section 8.1.3.1).
    """
    headers = response.headers
    vias = headers.split("Via")
    if len(vias) != 1:
        raise SipSyntaxError("a response to us has exactly one Via")
    cseq, method = parse_cseq(_required(headers.get("CSeq"), "CSeq"))
    contacts = [value for value in headers.split("Contact") if value != "*"]
    return CheckedResponse(
        response=response,
        via=parse_via(vias[0]),
        cseq=cseq,
        method=method,
        recipient=parse_name_addr(_required(headers.get("To"), "To")),
        contact=parse_name_addr(contacts[0]) if contacts else None,
        record_route=parse_routes(headers, "Record-Route"),
    )


def _required(value: str | None, name: str) -> str:
    if not value:
        raise SipSyntaxError(f"{name} is missing")
    return value
