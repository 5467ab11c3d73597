"""What the SIP gateway can be told by configuration."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from calls.errors import CallCentreError
from telephony.net.addresses import parse_listens
from telephony.net.sip_transports import TransportSettings
from telephony.net.stream_pool import StreamLimits
from telephony.net.tls_contexts import TlsSettings
from telephony.rtp.dtls_terms import Fingerprint
from telephony.sdp.codecs import CODECS
from telephony.sip.accounts import Account
from telephony.sip.digest import Algorithm
from telephony.sip.grammar import is_ip_address
from telephony.sip.message import Flow
from telephony.sip.phone_door import DoorSettings, TrunkDoor
from telephony.sip.register_wish import RegisterLimits
from telephony.sip.session_timer import TimerSettings
from telephony.sip.wire import UserAgentSettings
from telephony.trunks import Network, Trunk


@dataclass(frozen=True, slots=True, kw_only=True)
class SipSettings:
    """Section `[telephony.sip]`."""

    listen: str = "0.0.0.0:5060"
    """`host:port` of UDP and TCP; IPv6 hosts in brackets; several with commas between them, all with the same port;
    port 0 takes any free one."""
    tls_listen: str = ""
    """The same for TLS; empty: nobody can connect over TLS, though we can call out over it."""
    tls: TlsSettings = field(default_factory=TlsSettings)
    """Certificate, key and issuers."""
    dns_servers: tuple[str, ...] = ()
    """`host` or `host:port` of the DNS servers that know the carriers' names; empty: those of the system."""
    next_server_ms: int = 4_000
    """How long a server may stay mute before the next one of its name is tried. Source: an INVITE has
    then been sent four times, at 0, 0.5, 1.5 and 3.5 s (RFC 3261 section 17.1.1.2)."""
    idle_ms: int = 600_000
    """How long a connection stays open without messages when no call uses it. Source: phones send something every 2 min
    (RFC 5626 section 4.4.1); what is closed is opened again."""
    max_connections: int = 2_000
    """TCP and TLS connections at a time; as many as there may be call legs."""
    max_connections_per_peer: int = 64
    """Of one address, loopback excepted; a proxy needs a few, an office behind one address one for each phone."""
    advertise: str | None = None
    """IP address that peers are told in Contact and SDP, for a host behind a one-to-one NAT. None: the listen address,
    or the local address that faces the peer when listening on all addresses."""
    codecs: tuple[str, ...] = ("OPUS", "G722", "PCMU", "PCMA")
    """Codecs that the media legs can do, most wanted first; the names of `telephony.sdp.codecs`. Of the two laws of
    G.711 the peer's order decides."""
    user_agent: str = "Warmline"
    """Value of the Server and User-Agent headers; it names no version, since scanners look for one."""
    drain_ms: int = 2_000
    """How long `stop` waits for peers to confirm the BYE. Source: with T1 = 0.5 s it has then been sent three times, at
    0, 0.5 and 1.5 s (RFC 3261 section 17.1.2.2); a peer that is there answers within a round trip."""
    answer_ms: int = 20_000
    """How long a call that was neither answered nor rejected rings before it is refused with 480."""
    dial_ms: int = 60_000
    """How long an outgoing call may ring before it is cancelled."""
    session_timer: TimerSettings = field(default_factory=TimerSettings)
    """How often a call proves that it lives, and what a peer may ask for."""
    reach_ms: int = 32_000
    """How long the called party's server may stay mute. Source: RFC 3261 timer B; more changes nothing."""

    trunks: tuple[Trunk, ...] = ()
    """Lines to carriers and PBXs."""
    realm: str = "warmline"
    """What phones and trunks are asked their password for; part of the stored hashes."""
    digest_algorithms: tuple[Algorithm, ...] = ("MD5",)
    """What phones and trunks are asked for, the most wanted first."""
    domains: frozenset[str] = frozenset()
    """Names by which phones call us, in lower case, beside our addresses."""
    phones: tuple[Account, ...] = ()
    """Who may register here."""
    phone_networks: tuple[Network, ...] = ()
    """Public networks that phones may register from; near ones always may."""
    register_limits: RegisterLimits = field(default_factory=RegisterLimits)
    """How long phones are registered, and at how many places."""
    accept_unknown: bool = False
    """Serve strangers on public addresses too, up to a rate; False: they get no reply."""

    def check(self) -> None:
        """See what the types cannot say.

        Raises:
            CallCentreError: `config.bad_advertise`, `config.unknown_codec`.
        """
        if self.advertise and not is_ip_address(self.advertise):
            raise CallCentreError(
                "config.bad_advertise",
                "[telephony.sip] advertise must be an IP address, for example 203.0.113.5, since it stands in SDP.",
                fault="operator",
            )
        unknown = [name for name in self.codecs if name not in CODECS]
        if unknown or not self.codecs:
            raise CallCentreError(
                "config.unknown_codec",
                f"{unknown[0] if unknown else 'an empty list'} is no codec; choose from {', '.join(CODECS)}.",
                fault="operator",
            )

    @property
    def transports(self) -> TransportSettings:
        """What the transports need of it.

        Raises:
            CallCentreError: `config.bad_listen`.
        """
        return TransportSettings(
            listen=parse_listens(self.listen),
            tls_listen=parse_listens(self.tls_listen, "tls_listen"),
            tls=self.tls,
            limits=StreamLimits(self.idle_ms, self.max_connections_per_peer, self.max_connections),
            advertise=self.advertise,
        )

    def door(
        self, trunk_of: Callable[[Flow], Trunk | None], seal_key: Callable[[int], bytes] | None = None
    ) -> DoorSettings:
        """Return who may prove to be somebody here; with `seal_key` in every process that shares the phones."""
        accounts = {trunk.name: trunk.account(self.realm) for trunk in self.trunks}

        def door_of(source: Flow) -> TrunkDoor | None:
            trunk = trunk_of(source)
            return TrunkDoor(accounts.get(trunk.name)) if trunk is not None else None

        return DoorSettings(
            realm=self.realm,
            algorithms=self.digest_algorithms,
            phones=self.phones,
            trunks=tuple(account for account in accounts.values() if account is not None),
            domains=self.domains | ({self.advertise} if self.advertise else set()),
            trunk_of=door_of,
            seal_key=seal_key,
        )

    def user_agent_settings(
        self,
        local_port: int,
        local_tls_port: int,
        *,
        is_trusted: Callable[[Flow], bool],
        is_proxy: Callable[[Flow], bool],
        may_carry_keys: Callable[[Flow], bool],
        fingerprint: Fingerprint | None = None,
    ) -> UserAgentSettings:
        """Return what the user agent needs of it, beside the ports that were bound and what peers are trusted with."""
        return UserAgentSettings(
            local_port=local_port,
            local_tls_port=local_tls_port,
            codecs=self.codecs,
            user_agent=self.user_agent,
            answer_ms=self.answer_ms,
            dial_ms=self.dial_ms,
            reach_ms=self.reach_ms,
            session_timer=self.session_timer,
            random_bytes=secrets.token_bytes,
            fingerprint=fingerprint,
            is_trusted=is_trusted,
            may_carry_keys=may_carry_keys,
            is_proxy=is_proxy,
        )
