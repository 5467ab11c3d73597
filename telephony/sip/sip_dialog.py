"""A SIP dialog: two tags, two counters, the peer's target and the route to it (RFC 3261 section 12)."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, replace

from telephony.sip.checked_request import CheckedRequest, CheckedResponse
from telephony.sip.grammar import is_ip_address
from telephony.sip.headers import Fields, Headers
from telephony.sip.message import DEFAULT_PORTS, RELIABLE_TRANSPORTS, Flow, SipRequest
from telephony.sip.name_addr import NameAddr
from telephony.sip.uri import SipUri

DialogKey = tuple[str, str, str]
"""Call-ID, our tag, the peer's tag (empty for peers of RFC 2543)."""


@dataclass(slots=True)
class SipDialog:
    """One dialog, the same for the side that called and the side that was called."""

    call_id: str
    local: NameAddr
    """Our From or To, with our tag."""
    remote: NameAddr
    remote_target: SipUri
    route_set: tuple[NameAddr, ...]
    """In the order in which our requests visit them."""
    local_cseq: int
    remote_cseq: int
    flow: Flow
    """Where the peer's messages came from, used when the next hop has a name instead of an address."""

    @property
    def key(self) -> DialogKey:
        """Name of the dialog in our tables."""
        return (self.call_id, self.local.tag or "", self.remote.tag or "")

    def takes_cseq(self, checked: CheckedRequest) -> bool:
        """Note the number of a request within the dialog; False when it is older than one seen before."""
        if checked.cseq < self.remote_cseq:
            return False
        self.remote_cseq = checked.cseq
        return True

    def refresh_target(self, contact: NameAddr | None) -> None:
        """Follow the peer's new Contact (re-INVITE, UPDATE and their 2xx)."""
        if contact is not None and isinstance(contact.uri, SipUri):
            self.remote_target = contact.uri

    def next_cseq(self) -> int:
        """Count one request of ours."""
        self.local_cseq += 1
        return self.local_cseq

    def make_request(
        self, method: str, cseq: int, via: str, fields: tuple[tuple[str, str], ...] = (), body: bytes = b""
    ) -> SipRequest:
        """Make a request within the dialog, along the route set, strict routers included (section 12.2.1.1)."""
        target, routes = along(self.route_set, self.remote_target)
        headers = Headers(
            [
                ("Via", via),
                ("Max-Forwards", "70"),
                *routes,
                ("From", str(self.local)),
                ("To", str(self.remote)),
                ("Call-ID", self.call_id),
                ("CSeq", f"{cseq} {method}"),
                *fields,
            ]
        )
        return SipRequest(method, target, headers, body)

    def next_flow(self) -> Flow:
        """Return where a request of ours goes: the next hop's address, else where the peer's messages come from.

        A peer behind a network address translator names a private address that cannot be reached; then the way its
        messages came is the way back. The dialog's stream serves as long as it is open and the next hop is who it leads
        to (RFC 5626 section 5.3, RFC 5923); else one is opened to the next hop.
        """
        hop = self.route_set[0].uri if self.route_set else self.remote_target
        flow = self.flow
        if not isinstance(hop, SipUri):
            return flow
        transport = hop.transport or flow.transport
        port = hop.port or DEFAULT_PORTS[transport]
        if not is_ip_address(hop.host):
            is_stream = transport in RELIABLE_TRANSPORTS and transport == flow.transport
            return Flow(hop.host, port, transport, flow.connection, hop.host) if is_stream else flow
        if self._cannot_reach(hop.host):
            return replace(flow, port=port) if flow.transport in RELIABLE_TRANSPORTS else flow
        if hop.host == flow.host and transport == flow.transport:
            return Flow(hop.host, port, transport, flow.connection, flow.server_name)
        return Flow(hop.host, port, transport)

    def _cannot_reach(self, hop_host: str) -> bool:
        """True when the next hop's address is of another family than the peer's or private where the peer is public."""
        hop, peer = ipaddress.ip_address(hop_host), ipaddress.ip_address(self.flow.host)
        if hop.version != peer.version:
            return True
        may_be_hidden = not self.route_set or self.flow.transport in RELIABLE_TRANSPORTS
        return may_be_hidden and hop.is_private and not peer.is_private


def along(route_set: tuple[NameAddr, ...], target: SipUri) -> tuple[str, Fields]:
    """Return Request-URI and Route fields of a request to a target along a route (RFC 3261 section 12.2.1.1)."""
    uri, routes = str(target), [str(route) for route in route_set]
    first = route_set[0].uri if route_set else None
    if isinstance(first, SipUri) and not first.is_loose_router:
        uri, routes = str(first.without("method")), [*routes[1:], f"<{target}>"]
    return uri, tuple(("Route", route) for route in routes)


def dialog_of_callee(checked: CheckedRequest, tag: str, source: Flow) -> SipDialog:
    """Make the dialog of a call that comes in (section 12.1.1)."""
    contact = checked.contact.uri if checked.contact else checked.sender.uri
    target = contact if isinstance(contact, SipUri) else SipUri("sip", "", source.host, source.port)
    return SipDialog(
        call_id=checked.call_id,
        local=checked.recipient.with_tag(tag),
        remote=checked.sender,
        remote_target=target,
        route_set=checked.record_route,
        local_cseq=0,
        remote_cseq=checked.cseq,
        flow=source,
    )


def dialog_of_caller(
    request: SipRequest, local: NameAddr, target: SipUri, checked: CheckedResponse, flow: Flow
) -> SipDialog:
    """Make the dialog of a call that we placed, from a response with a To tag (section 12.1.2)."""
    contact = checked.contact.uri if checked.contact else None
    return SipDialog(
        call_id=request.headers.get("Call-ID") or "",
        local=local,
        remote=checked.recipient,
        remote_target=contact if isinstance(contact, SipUri) else target,
        route_set=tuple(reversed(checked.record_route)),
        local_cseq=checked.cseq,
        remote_cseq=0,
        flow=flow,
    )
