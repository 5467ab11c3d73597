"""Responses made from the request that they answer (RFC 3261 section 8.2.6)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from telephony.sip.grammar import SipSyntaxError, split_outside
from telephony.sip.headers import Headers
from telephony.sip.message import REASON_PHRASES, RELIABLE_TRANSPORTS, Flow, SipRequest, SipResponse
from telephony.sip.via import Via, parse_via

_HAS_TAG = re.compile(r";\s*tag\s*=", re.IGNORECASE)


def make_response(
    request: SipRequest,
    status: int,
    source: Flow,
    *,
    reason: str = "",
    to_tag: str = "",
    fields: Iterable[tuple[str, str]] = (),
    body: bytes = b"",
) -> SipResponse:
    """Make a response: Vias, From, To, Call-ID and CSeq are copied as they came; a 100 copies Timestamp too.

    Args:
        request: What is answered; a malformed one too, as long as its top Via can be read.
        status: 100 to 699.
        source: Where the request really came from, for `received` and `rport`.
        reason: Reason phrase; the standard one when empty.
        to_tag: Added to To if it has none; a 100 gets none.
        fields: Further header fields.
        body: Its Content-Type stands among `fields`.

    Raises:
        SipSyntaxError: When the request has no readable top Via, so that there is no way back.
    """
    headers = request.headers
    vias = [via for value in headers.all("Via") for via in _split_vias(value)]
    if not vias:
        raise SipSyntaxError("there is no Via to answer to")
    vias[0] = str(top_via(headers).with_source(source.host, source.port))
    kept = [("Via", via) for via in vias]
    for name in ("From", "To", "Call-ID", "CSeq"):
        value = headers.get(name)
        if value is None:
            continue
        if name == "To" and status > 100 and to_tag and not has_tag(value):
            value = f"{value};tag={to_tag}"
        kept.append((name, value))
    if status == 100:
        kept += [("Timestamp", value) for value in headers.all("Timestamp")]
    phrase = re.sub(r"[\r\n\x00]+", " ", reason) or REASON_PHRASES.get(status, "Unknown")
    return SipResponse(status, phrase, Headers([*kept, *fields]), body)


def top_via(headers: Headers) -> Via:
    """Return the first hop, reading no further than it.

    Raises:
        SipSyntaxError: When it is missing or malformed; another version and stray parameters are forgiven.
    """
    value = headers.get("Via")
    if not value:
        raise SipSyntaxError("there is no Via to answer to")
    first = re.sub(r"^\s*SIP\s*/\s*\d+\.\d+", "SIP/2.0", _split_vias(value)[0], flags=re.IGNORECASE)
    try:
        return parse_via(first)
    except SipSyntaxError:
        return parse_via(first.partition(";")[0])


def response_flow(response: SipResponse, source: Flow | None = None) -> Flow:
    """Return where a response goes (RFC 3261 section 18.2.2, RFC 3581).

    A datagram goes to `received` and `rport` of the top Via. On a stream the response takes the connection that the
    request came in on, and when that is gone a new one to where the request came from, at the port that its sender
    listens on.

    Args:
        response: With the Via that `make_response` completed.
        source: Where the request came from; None for a datagram.

    Raises:
        SipSyntaxError: When the top Via cannot be read.
    """
    via = top_via(response.headers)
    if source is not None and source.transport in RELIABLE_TRANSPORTS:
        return Flow(source.host, via.port or via.default_port, source.transport, source.connection, via.host)
    params = dict(via.params)
    rport = params.get("rport") or ""
    port = int(rport) if rport.isascii() and rport.isdigit() else via.port or via.default_port
    return Flow(params.get("received") or via.host, port)


def has_tag(value: str) -> bool:
    """True when a To or From value carries a tag parameter of its own (not one of the URI in brackets)."""
    return bool(_HAS_TAG.search(value.rpartition(">")[2]))


def _split_vias(value: str) -> list[str]:
    try:
        parts = split_outside(value, ",", angles=False)
    except SipSyntaxError:
        parts = value.split(",")
    return [part.strip() for part in parts if part.strip()] or [value]
