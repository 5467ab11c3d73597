"""What a REGISTER asks for, read before anything is changed (RFC 3261 section 10.3 steps 6 and 7)."""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass

from telephony.sip.checked_request import CheckedRequest
from telephony.sip.grammar import SipSyntaxError, is_ip_address, param, readable
from telephony.sip.message import DEFAULT_PORTS, Flow
from telephony.sip.name_addr import NameAddr, parse_sip_name_addr
from telephony.sip.path import read_path
from telephony.sip.refusal import Refusal
from telephony.sip.uri import SipUri

MAX_CONTACT_CHARS = 500
"""A longer Contact is refused; those in use have under 250, with the URN of the device."""
MALFORMED_S = 3600
"""A time that is none counts as an hour. Source: RFC 3261 sections 20.19 and 20.10."""
_USER_AGENT_CHARS = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterLimits:
    """What a registrar grants."""

    min_s: int = 60
    """Shorter ones are refused with 423: each renewal is a write."""
    max_s: int = 3_600
    """Longer ones are shortened. Source: RFC 3261 section 10.2.1.1 proposes an hour."""
    contacts: int = 5
    """Places of one phone: a desk phone, a soft phone, a mobile, and two that went without saying so."""


@dataclass(frozen=True, slots=True)
class WishedPlace:
    """One Contact."""

    place: str
    contact: str
    q: int
    expires_s: int
    """0: away with it."""
    behind_nat: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterWish:
    """A REGISTER that is well formed."""

    phone: str
    places: tuple[WishedPlace, ...]
    """Empty with `everything` unset: the phone only asks what stands."""
    everything: bool
    """`Contact: *`: away with all."""
    call_id: str
    cseq: int
    source: Flow
    """Where it came from; with a path where the proxy says that it did."""
    user_agent: str
    is_outbound: bool
    """The phone keeps its flow by RFC 5626 and wants to hear that we do too."""
    path: tuple[str, ...] = ()
    """What calls to the phone visit first (`path`)."""


def read_wish(
    checked: CheckedRequest, phone: str, source: Flow, limits: RegisterLimits, origin: Flow | None = None
) -> RegisterWish | Refusal:
    """Read what is asked for, or say why it cannot be granted at all.

    Args:
        checked: The REGISTER.
        phone: Who proved to be it.
        source: Who sent it to us.
        limits: What is granted.
        origin: Where it comes from as a proxy of ours says who sent it; None: it came from nobody who is believed, and
            its Path is not read.

    Raises:
        SipSyntaxError: When a list of the request cannot be cut.
    """
    headers = checked.headers
    path = read_path(headers) if origin is not None else ()
    if isinstance(path, Refusal):
        return path
    if path and origin is not None:
        source = Flow(origin.host, origin.port, origin.transport)
    values = headers.split("Contact")
    general = _seconds(headers.get("Expires"), limits.max_s)
    everything = "*" in values
    if everything and (len(values) > 1 or headers.get("Expires") is None or general != 0):
        return Refusal(400, reason="Bad Request: Contact * wants Expires 0 and nothing beside it")
    places: dict[str, WishedPlace] = {}
    outbound = False
    for value in () if everything else values:
        if len(value) > MAX_CONTACT_CHARS or not value.isprintable():
            return Refusal(400, reason="Bad Request: a Contact is too long or no text")
        try:
            address, uri = parse_sip_name_addr(value)
        except SipSyntaxError:
            return Refusal(400, reason="Bad Request: a Contact is no SIP address")
        expires_s = min(_seconds(param(address.params, "expires"), general), limits.max_s)
        if 0 < expires_s < limits.min_s:
            return Refusal(423, (("Min-Expires", str(limits.min_s)),))
        wished = WishedPlace(
            place=_place(address, uri),
            contact=str(NameAddr(uri, "", tuple(item for item in address.params if item[0] not in ("expires", "q")))),
            q=_thousandths(param(address.params, "q")),
            expires_s=expires_s,
            behind_nat=not _is_host(uri.host, source.host),
        )
        places[wished.place] = wished
        outbound = outbound or "" not in (_device(address), param(address.params, "reg-id") or "")
    if sum(1 for item in places.values() if item.expires_s) > limits.contacts:
        return Refusal(403, reason="Too Many Contacts")
    return RegisterWish(
        phone=phone,
        places=tuple(places.values()),
        everything=everything,
        call_id=_mark(checked.call_id),
        cseq=checked.cseq,
        source=source,
        user_agent=readable(headers.get("User-Agent") or "")[:_USER_AGENT_CHARS],
        # With a proxy between there is no flow of the phone's own to us. Source: RFC 5626 section 6.
        is_outbound=outbound and "outbound" in headers.tokens("Supported") and len(headers.split("Via")) == 1,
        path=path,
    )


def _is_host(named: str, real: str) -> bool:
    """True when a Contact names the address that the REGISTER came from; a name may lead anywhere."""
    return is_ip_address(named) and ipaddress.ip_address(named) == ipaddress.ip_address(real.partition("%")[0])


def _device(address: NameAddr) -> str:
    return param(address.params, "+sip.instance") or ""


def _place(address: NameAddr, uri: SipUri) -> str:
    """Name the place: by the device, which keeps its name when its address changes, else by the address.

    Source: RFC 5626 section 6: a device's contact replaces its former one with the same reg-id.
    """
    device = _device(address)
    if device:
        key = ("device", device, param(address.params, "reg-id") or "")
    else:
        transport = uri.transport or "udp"
        port = uri.port or DEFAULT_PORTS[transport]
        key = ("address", f"{uri.user}@{uri.host.lower()}:{port}", transport)
    return _mark(*key)


def _mark(*parts: str) -> str:
    """Return 64 letters that stand for texts of any length and any bytes."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def _seconds(text: str | None, default: int) -> int:
    if text is None:
        return default
    plain = text.strip()
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) <= 10 else MALFORMED_S


def _thousandths(text: str | None) -> int:
    """Return a preference; what is none is the highest. Source: RFC 3261 section 20.10, qvalue of section 25.1."""
    try:
        value = float(text) if text is not None and len(text) <= 5 else 1.0
    except ValueError:
        return 1_000
    return round(value * 1_000) if 0 <= value <= 1 else 1_000
