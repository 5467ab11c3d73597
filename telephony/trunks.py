"""A trunk: the line to a carrier or a PBX, how we prove who we are there, and how it writes numbers."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Literal

from calls.errors import CallCentreError
from telephony.number_plan import NumberPlan
from telephony.rtp.dtls_terms import SrtpWish
from telephony.sip.accounts import Account, password_hashes
from telephony.sip.digest_client import Credentials
from telephony.sip.grammar import SipSyntaxError, is_ip_address
from telephony.sip.registration_signals import StartRegistration
from telephony.sip.uri import SipUri, parse_uri

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk:
    """One section `[telephony.sip.trunks.NAME]`, checked."""

    name: str
    server: SipUri
    """Domain or address of the carrier; servers are found by NAPTR and SRV when it is a name without a port."""
    user: str = ""
    """Our user name there, also of the digest; empty: the carrier knows us by our address."""
    password: str = field(default="", repr=False)
    realm: str = ""
    """Only this realm gets an answer; empty: whichever asks."""
    register: bool = False
    expires_s: int = 3600
    q: str = ""
    keep_alive_ms: int = 0
    caller: str = ""
    """Our number in E.164, which callees see; empty: the user name."""
    networks: tuple[Network, ...] = ()
    """Where the carrier's calls come from."""
    trust_identity: bool = False
    """Believe what comes from there about who calls (P-Asserted-Identity, RFC 3325)."""
    must_prove: bool = False
    """Its calls are challenged: user and password are asked of it too."""
    numbers: NumberPlan = field(default_factory=NumberPlan)
    srtp: SrtpWish = False
    """Calls that we place over it are encrypted, or not placed."""
    keys_in_clear: bool = False
    """Keys for SRTP and fingerprints may stand in signalling that is not encrypted: the way there is private (RFC 4568
    section 7)."""
    kind: Literal["carrier", "proxy"] = "carrier"
    """`proxy`: one of our own in front of several gateways; it is believed when it says where a call comes from."""
    busy_status: int = 486
    """What a carrier is answered when there is no room. Never 503: it would leave out the gateway for all calls."""
    max_calls: int = 0
    """Calls in over it at a time, in this process; 0: no limit of its own."""

    @property
    def credentials(self) -> Credentials | None:
        """What challenges are answered with."""
        return Credentials(self.user, self.password, self.realm) if self.user and self.password else None

    @property
    def caller_dialled(self) -> str:
        """User part of our From."""
        return self.numbers.write(self.caller) if self.caller else self.user

    def target(self, number: str) -> SipUri:
        """Return what is called for a number in E.164."""
        server = self.server
        return SipUri(server.scheme, self.numbers.write(number), server.host, server.port, server.params)

    @property
    def sources(self) -> tuple[Network, ...]:
        """Where the carrier's calls come from: its networks, and its server when that is an address."""
        if not is_ip_address(self.server.host):
            return self.networks
        return (*self.networks, ipaddress.ip_network(self.server.host))

    def knows(self, host: str) -> bool:
        """True when the carrier's calls come from this address."""
        address = ipaddress.ip_address(host.partition("%")[0])
        return any(address in network for network in self.sources)

    def account(self, realm: str) -> Account | None:
        """Return whom its calls must prove to come from, None when its address is enough."""
        if not self.must_prove:
            return None
        return Account(self.name, self.user, password_hashes(self.user, realm, self.password), is_phone=False)

    def registration(self) -> StartRegistration:
        """Return the order to register there."""
        return StartRegistration(
            name=self.name,
            registrar=self.server,
            user=self.user,
            credentials=Credentials(self.user, self.password, self.realm),
            expires_s=self.expires_s,
            q=self.q,
            keep_alive_ms=self.keep_alive_ms,
        )


def parse_server(text: str) -> SipUri:
    """Return the URI of a carrier from `host`, `host:port` or a whole `sip:` or `sips:` URI.

    Raises:
        CallCentreError: `config.bad_trunk`.
    """
    try:
        uri = parse_uri(text if text.startswith(("sip:", "sips:")) else f"sip:{text}")
    except SipSyntaxError as error:
        raise _bad_server(text) from error
    if not isinstance(uri, SipUri) or uri.user or uri.headers:
        raise _bad_server(text)
    return uri


def _bad_server(text: str) -> CallCentreError:
    return CallCentreError(
        "config.bad_trunk",
        f'{text!r} is no server of a trunk; write it like "sip.example.net", "192.0.2.1:5060" or '
        '"sip:sip.example.net;transport=tcp".',
        fault="operator",
    )
