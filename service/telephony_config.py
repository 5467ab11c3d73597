"""Sections of the configuration about the lines into the house: SIP and web pages."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, SecretStr, StrictInt, field_validator, model_validator

from service.config_section import Section
from service.config_values import checked_address, is_host_name, nearest, network
from service.phone_config import PhoneSection, check_phones
from service.trunk_config import OutboundSection, TrunkSection
from telephony.sip.grammar import is_ip_address


class SipSection(Section):
    """The SIP line."""

    enabled: bool = Field(default=True, strict=True)
    listen: str = "127.0.0.1:5060"
    """Address of the signalling over UDP and TCP; several with commas, e.g. "0.0.0.0:5060, [::]:5060" for IPv6 too."""
    tls_listen: str = ""
    """The same over TLS, usually port 5061; empty: nobody can connect over TLS. Needs `tls_certificate`."""
    tls_certificate: str = ""
    """PEM file with the line's certificate and the chain behind it; read again when it changes."""
    tls_key: str = ""
    """PEM file with its key; empty: the key stands in `tls_certificate`."""
    tls_ca: str = ""
    """PEM file of issuers that peers' certificates are held against; empty: those of the system."""
    tls_verify_clients: bool = Field(default=False, strict=True)
    """True: who connects over TLS must show a certificate of `tls_ca`, e.g. a carrier's."""
    dns_servers: tuple[str, ...] = ()
    """DNS servers that know the carriers' names, "host" or "host:port"; empty: those of the system."""
    advertise: str = ""
    """IP address that phones shall send to when it differs from `listen` (behind NAT); empty: found by itself."""
    rtp_ports: tuple[StrictInt, StrictInt] = (30000, 30999)
    """First and last UDP port of the media; RTP takes the even ones."""
    accept_unknown: bool = Field(default=False, strict=True)
    """Take calls from public addresses that are no trunk's, up to a rate; else they get no reply. Loopback and private
    networks are always served."""
    phones: dict[str, PhoneSection] = Field(default_factory=dict)
    """Phones of agents that register here, by name: tables `[telephony.sip.phones.NAME]`."""
    realm: str = Field(default="warmline", pattern=r"^[A-Za-z0-9._-]{1,64}$")
    """What phones are asked their password for; hashes (`ha1_...`) are made with it."""
    digest_algorithms: tuple[Literal["SHA-256", "MD5"], ...] = Field(default=("MD5",), min_length=1)
    """What phones are asked for, the most wanted first. Many of today, Debian's baresip among them, give up when they
    see SHA-256 at all, even with MD5 beside it; ["SHA-256", "MD5"] where all yours can choose."""
    domains: tuple[str, ...] = ()
    """Names by which phones outside call us, e.g. "sip.example.com"; addresses of ours always are."""
    phones_from: tuple[str, ...] = ()
    """Public networks that phones may register from, e.g. "0.0.0.0/0" for everywhere; private ones always may."""
    phones_min_expires_s: int = Field(default=60, ge=1, le=86_400, strict=True)
    """A phone that wants to be registered for less is told to ask for this."""
    phones_max_expires_s: int = Field(default=3_600, ge=60, le=86_400, strict=True)
    """A phone that wants more gets this."""
    places_per_phone: int = Field(default=5, ge=1, le=20, strict=True)
    """Where one phone may be registered at once; a further place takes the one that was renewed longest ago."""
    trunks: dict[str, TrunkSection] = Field(default_factory=dict)
    """Lines to carriers and PBXs by name: tables `[telephony.sip.trunks.NAME]`."""
    codecs: tuple[Literal["OPUS", "G722", "PCMU", "PCMA"], ...] = Field(
        default=("OPUS", "G722", "PCMU", "PCMA"), min_length=1
    )
    """Codecs of the telephone line, most wanted first. OPUS and G722 carry twice the band and are understood better; of
    PCMU and PCMA the peer's order decides."""

    @field_validator("advertise")
    @classmethod
    def _stands_in_sdp(cls, host: str) -> str:
        if host and not is_ip_address(host):
            raise ValueError(f"{host!r} is no IP address, for example 203.0.113.5")
        return host

    @property
    def addresses(self) -> tuple[str, ...]:
        """Each address of `listen`."""
        return tuple(item.strip() for item in self.listen.split(","))

    @property
    def tls_addresses(self) -> tuple[str, ...]:
        """Each address of `tls_listen`."""
        return tuple(item.strip() for item in self.tls_listen.split(",") if item)

    @field_validator("listen", "tls_listen")
    @classmethod
    def _each_is_an_address(cls, value: str) -> str:
        for item in value.split(",") if value else ():
            checked_address(item.strip())
        return value

    @field_validator("phones_from")
    @classmethod
    def _are_networks(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            network(value)
        return values

    @field_validator("domains")
    @classmethod
    def _are_names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if not is_host_name(name):
                raise ValueError(f'{name!r} is no name like "sip.example.com", without sip: and port')
        return names

    @model_validator(mode="after")
    def _phones_can_be_asked(self) -> SipSection:
        check_phones(self.phones, self.digest_algorithms)
        if self.phones_min_expires_s > self.phones_max_expires_s:
            raise ValueError("phones_min_expires_s is more than phones_max_expires_s")
        if (self.phones_from or self.domains) and not self.phones:
            raise ValueError("phones_from and domains are for phones, and there is no [telephony.sip.phones.NAME]")
        return self

    @field_validator("rtp_ports")
    @classmethod
    def _range(cls, ports: tuple[int, int]) -> tuple[int, int]:
        first, last = ports
        if not 1024 <= first < last <= 65535:
            raise ValueError("must be the first and the last of a range from 1024 to 65535, for example [30000, 30999]")
        return ports


class WebRtcSection(Section):
    """The line from web pages."""

    ice_addresses: tuple[str, ...] = ()
    """Local addresses that browsers may send to; empty: all of this machine, or loopback if `listen` is."""
    ice_servers: tuple[str, ...] = ()
    """STUN servers, e.g. "stun:stun.example.org:3478"; nobody is asked who is not named."""
    turn_servers: tuple[str, ...] = ()
    """Relays for pages whose network lets nothing else through, e.g. "turn:turn.example.org:3478?transport=udp"."""
    turn_secret: SecretStr = SecretStr("")
    """What the relays know as `static-auth-secret`, with `use-auth-secret`; pages get credentials that expire."""
    turn_credentials_s: int = Field(default=3600, ge=60, strict=True)
    """How long these credentials open the relay."""
    opus_rate_hz: Literal[16000, 48000] = 16000
    """Band of a page's sound: 16000 is wideband, all that the bot says; 48000 is the full band, a quarter dearer."""
    max_calls: int = Field(default=20, ge=1, strict=True)
    """Calls from pages at once, whoever makes them, so that they cannot take all lines from the telephone."""

    @model_validator(mode="after")
    def _relay_has_a_secret(self) -> WebRtcSection:
        if self.turn_servers and not self.turn_secret.get_secret_value():
            raise ValueError("turn_servers needs turn_secret, the relays' static-auth-secret")
        return self

    @field_validator("ice_addresses")
    @classmethod
    def _ip_addresses(cls, addresses: tuple[str, ...]) -> tuple[str, ...]:
        for address in addresses:
            if not is_ip_address(address):
                raise ValueError(f"{address!r} is no IP address of this machine")
        return addresses

    @field_validator("ice_servers", "turn_servers")
    @classmethod
    def _stun(cls, servers: tuple[str, ...]) -> tuple[str, ...]:
        for server in servers:
            if not re.fullmatch(r"(stun|stuns|turn|turns):[^\s/@:]+(:\d+)?(\?transport=(udp|tcp))?", server):
                raise ValueError(f'{server!r} is no server like "stun:stun.example.org:3478"')
        return servers


class TelephonySection(Section):
    """Lines into the house."""

    sip: SipSection = SipSection()
    outbound: OutboundSection = OutboundSection()
    webrtc: WebRtcSection = WebRtcSection()
    max_calls: int = Field(default=40, ge=1, strict=True)
    """Legs with media at a time, callers and whoever is called for them; one call more hears busy."""
    max_talking: int = Field(default=0, ge=0, strict=True)
    """Calls that the bot listens and speaks to at a time; 0: eight for each core of the machine."""
    media_lost_after_s: int = Field(default=30, ge=2, strict=True)
    """A caller whose packets stop for so long is gone."""

    hold_at_most_s: int = Field(default=900, ge=10, strict=True)
    """A caller whose side holds us for longer is let go."""

    @model_validator(mode="after")
    def _named_trunks_exist(self) -> TelephonySection:
        for key in ("trunk", "emergency_trunk"):
            name = getattr(self.outbound, key)
            if name and name not in self.sip.trunks:
                raise ValueError(f"outbound.{key} names no trunk{nearest(name, self.sip.trunks)}")
        return self

    @model_validator(mode="after")
    def _ports_for_all(self) -> TelephonySection:
        first, last = self.sip.rtp_ports
        pairs = (last + 1) // 2 - (first + 1) // 2
        if self.sip.enabled and pairs < self.max_calls:
            raise ValueError(
                f"max_calls = {self.max_calls} needs as many pairs of ports, and sip.rtp_ports has {pairs}; "
                "widen the range or allow fewer calls"
            )
        return self
