"""What goes into and comes out of our registrations at carriers (`registrations`)."""

from __future__ import annotations

from dataclasses import dataclass

from telephony.sip.digest_client import Credentials
from telephony.sip.message import Flow
from telephony.sip.uri import SipUri


@dataclass(frozen=True, slots=True)
class StartRegistration:
    """Register, and stay registered."""

    name: str
    """The trunk's."""
    registrar: SipUri
    """Request-URI: the carrier's domain."""
    user: str
    """User part of the address of record and of the Contact."""
    credentials: Credentials
    expires_s: int = 3600
    """Source: RFC 3261 section 10.2.1.1 proposes an hour."""
    q: str = ""
    """Preference among several contacts, "0.0" to "1.0"; empty: none is told."""
    keep_alive_ms: int = 0
    """How often a datagram keeps a translator's door open; 0: never (streams ping by themselves)."""


@dataclass(frozen=True, slots=True)
class RegistrarLocated:
    """The servers were looked up; none: there are none."""

    name: str
    servers: tuple[Flow, ...]
    local_host: str = ""


@dataclass(frozen=True, slots=True)
class StopRegistrations:
    """Remove every binding."""


RegistrationOrder = StartRegistration | RegistrarLocated | StopRegistrations


@dataclass(frozen=True, slots=True)
class LocateRegistrar:
    """Look the servers of this URI up and say `RegistrarLocated`."""

    name: str
    registrar: SipUri


@dataclass(frozen=True, slots=True)
class RegistrationChanged:
    """We are registered now, or not any more."""

    name: str
    registered: bool
    status: int = 0
    """Of the refusal, 0 when nobody answered."""
    is_over: bool = False
    """We left, as we were told to."""
