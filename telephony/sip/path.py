"""Through which proxies a phone registered, and is called (RFC 3327).

A proxy in front of us knows ways to phones that we have not: a connection of its own, a door in a translator. It writes
into the REGISTER where calls shall visit it. Only a proxy of ours is believed, as with where a request comes from
(`origin`): anybody else could lead calls of an agent to himself. From others the field counts as not there, and a
REGISTER that requires it is refused with 420.

A phone need not say that it knows Path. Source: RFC 3327 section 5.3 recommends 420 then, so that a phone hears of
proxies that it does not know, and lets a registrar do without. Desk phones of today do not say it; the proxy is ours.
"""

from __future__ import annotations

from telephony.sip.grammar import SipSyntaxError
from telephony.sip.headers import Headers
from telephony.sip.name_addr import NameAddr, parse_sip_name_addr
from telephony.sip.refusal import Refusal

MAX_PROXIES = 5
"""More are refused: each is a field of every call. One is usual, two where a proxy stands between two networks."""
MAX_PROXY_CHARS = 300
"""A longer one is refused. Source: `add_path_received` of Kamailio writes under 130 with IPv6."""
_BAD_PATH = "Bad Request: Path"


def read_path(headers: Headers) -> tuple[str, ...] | Refusal:
    """Return what a REGISTER of a proxy of ours says of its way, the proxy next to us first, or why it is no way.

    Raises:
        SipSyntaxError: When the list cannot be cut.
    """
    values = headers.split("Path")
    if len(values) > MAX_PROXIES or any(len(value) > MAX_PROXY_CHARS or not value.isprintable() for value in values):
        return Refusal(400, reason=f"{_BAD_PATH} is too long")
    try:
        return tuple(str(parse_sip_name_addr(value)[0]) for value in values)
    except SipSyntaxError:
        return Refusal(400, reason=f"{_BAD_PATH} is no SIP address")


def route_of(path: tuple[str, ...]) -> tuple[NameAddr, ...]:
    """Return the route of a call along a stored path.

    Raises:
        SipSyntaxError: When it was damaged.
    """
    return tuple(parse_sip_name_addr(value)[0] for value in path)
