"""Sections of the configuration about carriers, PBXs and what may be called."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from calls.errors import CallCentreError
from service.config_section import Section
from service.config_values import SrtpValue, network, secret_of
from telephony.number_plan import NumberPlan, PrefixRule
from telephony.outbound import OutboundRules
from telephony.sip.grammar import is_ip_address
from telephony.sip.uri import SipUri
from telephony.trunks import Trunk, parse_server

_RULE = re.compile(r"\s*(?P<begins>\+?[0-9]*)\s*->\s*(?P<becomes>\+?[0-9]*)\s*\Z")


class TrunkSection(Section):
    """A line to a carrier or a PBX; the name of its table is its name."""

    server: str
    """Domain or address, e.g. "sip.example.net" or "192.0.2.1:5060"; a name without a port is looked up by SRV."""
    transport: Literal["", "udp", "tcp", "tls"] = ""
    """Empty: what the DNS says, else UDP."""
    user: str = ""
    """Our user name there; empty: the carrier knows us by our address."""
    password: SecretStr = SecretStr("")
    password_file: str = ""
    """File with the password instead, e.g. a container's secret."""
    realm: str = ""
    """Only this realm gets an answer; empty: whichever asks."""
    registers: bool = Field(default=False, alias="register", strict=True)
    """Register there, so that calls come to where we are."""
    expires_s: int = Field(default=3600, ge=60, le=86_400, strict=True)
    q: str = ""
    """Preference among several registered places, "0.0" to "1.0"."""
    keep_alive_s: int = Field(default=0, ge=0, le=3600, strict=True)
    """Behind a translator that forgets us: send something over UDP so often, e.g. 25."""
    caller: str = ""
    """Our number with + and prefix, which callees see."""
    addresses: tuple[str, ...] = ()
    """Addresses and networks that the carrier's calls come from, e.g. "192.0.2.0/28"."""
    kind: Literal["carrier", "proxy"] = "carrier"
    """"proxy": a SIP proxy of our own in front of several processes (deploy/kamailio.cfg), known by `server` and
    `addresses`. What it says about where a call comes from is believed, and it hears 503 when there is no room here."""
    busy_status: Literal[486, 480] = 486
    """What the carrier is answered when there is no room; it would leave us out for all calls on 503."""
    max_calls: int = Field(default=0, ge=0, strict=True)
    """Calls in from there at a time, in this process; 0: as many as there is room for."""
    trust_identity: bool = Field(default=False, strict=True)
    """Believe what the carrier says about who calls (P-Asserted-Identity and its kin), when it comes from there."""
    srtp: SrtpValue = False
    """Encrypt calls that go out over it, or do not place them: true with keys in the signalling (SDES), "dtls" by
    DTLS-SRTP. What comes in encrypted is always taken so, either way."""
    keys_in_clear: bool = Field(default=False, strict=True)
    """The keys of SRTP, or the fingerprints of DTLS-SRTP, may travel without TLS, e.g. within a VPN."""
    takes_refer: bool = Field(default=False, strict=True)
    """The line connects its callers to people by itself when it is asked (REFER), which frees our lines; else, and when
    it fails, we call the people and stay between. People then hear no brief."""
    must_prove: bool = Field(default=False, strict=True)
    """Its calls in are asked for `user` and `password` too, e.g. of a PBX behind an address that others share."""
    country: str = Field(default="ES", pattern=r"^[A-Z]{2}$")
    """Whose national numbers come without a prefix."""
    numbers_in: tuple[str, ...] = ()
    """How the carrier's numbers are read, e.g. "9 -> " takes a leading 9 away; the first that fits is used."""
    numbers_out: tuple[str, ...] = ()
    """How it wants them dialled, e.g. "+ -> 00", or "+34 -> " for national numbers."""

    @field_validator("addresses")
    @classmethod
    def _are_networks(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            network(value)
        return values

    @field_validator("numbers_in", "numbers_out")
    @classmethod
    def _are_rules(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            _rule(value)
        return values

    @field_validator("server")
    @classmethod
    def _is_server(cls, value: str) -> str:
        try:
            parse_server(value)
        except CallCentreError as error:
            raise ValueError(error.message) from error
        return value

    @field_validator("q")
    @classmethod
    def _is_preference(cls, value: str) -> str:
        if value and not re.fullmatch(r"0(\.[0-9]{1,3})?|1(\.0{1,3})?", value):
            raise ValueError('must be from "0.0" to "1.0"')
        return value

    @field_validator("caller")
    @classmethod
    def _is_number(cls, value: str) -> str:
        if value and not re.fullmatch(r"\+[0-9]{4,15}", value):
            raise ValueError('must be a number with + and prefix, for example "+34910000000"')
        return value

    @model_validator(mode="after")
    def _can_prove_itself(self) -> TrunkSection:
        if self.must_prove and not (self.user and (self.password_file or self.password.get_secret_value())):
            raise ValueError("must_prove = true needs user and password, which its calls are asked for")
        if self.registers and not self.user:
            raise ValueError("register = true needs user, the name to register")
        if self.password.get_secret_value() and self.password_file:
            raise ValueError("password and password_file are both there; leave one out")
        over_tls = self.transport == "tls" or self.server.startswith("sips:") or "transport=tls" in self.server
        if self.srtp and not (over_tls or self.keys_in_clear):
            raise ValueError('srtp needs transport = "tls", or keys_in_clear = true where the way is private')
        return self

    @model_validator(mode="after")
    def _proxy_is_known_by_address(self) -> TrunkSection:
        if self.kind == "proxy" and not self.addresses and not is_ip_address(parse_server(self.server).host):
            raise ValueError('a proxy of our own is known by its address: write it as server, or into "addresses"')
        if self.kind == "proxy" and self.trust_identity:
            raise ValueError("a proxy vouches for nobody: trust_identity belongs to the carriers behind it")
        return self

    def trunk(self, name: str) -> Trunk:
        """Return what the gateway is told.

        Raises:
            CallCentreError: `config.unreadable` when the password's file cannot be read.
        """
        server = parse_server(self.server)
        if self.transport:
            params = (*server.without("transport").params, ("transport", self.transport))
            server = SipUri(server.scheme, "", server.host, server.port, params)
        return Trunk(
            name=name,
            server=server,
            user=self.user,
            password=secret_of(self.password, self.password_file, f"the trunk {name}"),
            realm=self.realm,
            register=self.registers,
            expires_s=self.expires_s,
            q=self.q,
            keep_alive_ms=self.keep_alive_s * 1_000,
            caller=self.caller,
            networks=tuple(network(value) for value in self.addresses),
            kind=self.kind,
            busy_status=self.busy_status,
            max_calls=self.max_calls,
            trust_identity=self.trust_identity,
            must_prove=self.must_prove,
            numbers=self.number_plan(),
            srtp=self.srtp,
            keys_in_clear=self.keys_in_clear,
        )

    def number_plan(self) -> NumberPlan:
        """Return how the carrier writes numbers."""
        incoming, outgoing = (tuple(_rule(value) for value in rules) for rules in (self.numbers_in, self.numbers_out))
        return NumberPlan(self.country, incoming, outgoing)


class OutboundSection(Section):
    """What may be called: by us, by transfers and by callbacks."""

    countries: tuple[str, ...] = ()
    """ISO codes of the countries that may be called; empty: `dialog.country` alone."""
    premium: bool = Field(default=False, strict=True)
    """True: numbers with a special price too."""
    trunk: str = ""
    """The line that calls go over; empty: the only one."""
    emergency_trunk: str = ""
    """The line for emergency numbers; empty: they are refused aloud."""
    addresses: tuple[str, ...] = ()
    """Hosts of sip: addresses that may be called directly, e.g. the PBX of the house."""
    calls_per_number: int = Field(default=5, ge=0, strict=True)
    """A day."""
    calls_per_trunk: int = Field(default=500, ge=0, strict=True)
    """A day."""
    calls_per_day: int = Field(default=1000, ge=0, strict=True)

    def rules(self, country: str) -> OutboundRules:
        """Return what the check is told."""
        return OutboundRules(
            country=country,
            countries=self.countries,
            premium=self.premium,
            trunk=self.trunk,
            emergency_trunk=self.emergency_trunk,
            addresses=self.addresses,
            calls_per_number=self.calls_per_number,
            calls_per_trunk=self.calls_per_trunk,
            calls_per_day=self.calls_per_day,
        )


def _rule(value: str) -> PrefixRule:
    found = _RULE.match(value)
    if found is None:
        raise ValueError(f'{value!r} is no rule for numbers, for example "+34 -> 0034"')
    return PrefixRule(found["begins"], found["becomes"])
