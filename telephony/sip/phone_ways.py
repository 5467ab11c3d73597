"""Where a phone is called: through its proxy, on its connection, back through its translator, or at its Contact.

Who can reach it depends on the way. A datagram to a Contact that leads to the phone may come from any process of ours.
A translator lets back in only the address that the phone spoke to, so that only a process that listens there is heard.
A connection belongs to the one process that has it; where the Contact leads to the phone, another process may open one
of its own. A proxy of ours that the phone registered through finds it for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from calls.phones import PhoneBinding
from telephony.rtp.dtls_terms import SrtpWish
from telephony.sip.message import DEFAULT_PORTS, RELIABLE_TRANSPORTS, Flow, Transport
from telephony.sip.name_addr import NameAddr, parse_sip_name_addr
from telephony.sip.path import route_of
from telephony.sip.registrar_rules import Host
from telephony.sip.uri import SipUri

_TRANSPORTS: dict[str, Transport] = {"udp": "udp", "tcp": "tcp", "tls": "tls"}


@dataclass(frozen=True, slots=True)
class PhoneWay:
    """How to call one place of a phone."""

    target: SipUri
    """Request-URI: the Contact as it was registered (RFC 3261 section 16.5)."""
    flow: Flow
    """Where the INVITE goes; with a route to its first proxy, which may have a name instead of an address."""
    q: int
    srtp: SrtpWish = False
    """The call is encrypted, or not placed."""
    route: tuple[NameAddr, ...] = ()
    """Proxies that the INVITE visits first (RFC 3327)."""
    behind: Flow | None = None
    """Where the last of these proxies sees the phone; None without a route."""
    binding: PhoneBinding | None = None
    """What it was made of, as it stood; None without a route."""


def way_to(binding: PhoneBinding, host: Host, *, is_open: bool) -> PhoneWay | None:
    """Return how this process reaches a binding, None when it cannot.

    Args:
        binding: Where the phone is.
        host: This process.
        is_open: The connection that the binding names is open here.

    Raises:
        SipSyntaxError: When the stored Contact or path was damaged.
    """
    _, uri = parse_sip_name_addr(binding.contact)
    transport = _TRANSPORTS.get(binding.transport, "udp")
    route = route_of(binding.path)
    if route:
        first = route[0].uri
        assert isinstance(first, SipUri), "no other is stored or read"
        behind = Flow(binding.host, binding.port, transport)
        return PhoneWay(uri, direct_flow(first, "udp"), binding.q, route=route, behind=behind, binding=binding)
    is_stream = transport in RELIABLE_TRANSPORTS
    if is_stream and is_open and binding.owner == host.owner:
        flow = Flow(binding.host, binding.port, transport, binding.connection, uri.host)
    elif not binding.behind_nat:
        flow = direct_flow(uri, transport)
    elif not is_stream and binding.route == host.route:
        flow = Flow(binding.host, binding.port)
    else:
        return None
    return PhoneWay(uri, flow, binding.q)


def direct_flow(uri: SipUri, registered_on: Transport) -> Flow:
    """Return where a URI leads that names the own address of a phone or proxy.

    Over UDP it equals what the network tells of undelivered datagrams, so that a phone that is gone is known at once.
    """
    transport = uri.transport or registered_on
    named = "" if transport == "udp" else uri.host
    return Flow(uri.host, uri.port or DEFAULT_PORTS[transport], transport, server_name=named)
