"""Who calls, as far as the peer may be believed (RFC 3325, RFC 3323, RFC 5806, RFC 7044).

Anybody can write anything into a header. Of a peer that is not trusted only From is read. A trusted one, whose operator
vouches for it, is believed in this order: P-Asserted-Identity, Remote-Party-ID, P-Preferred-Identity, From.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from telephony.sip.checked_request import CheckedRequest
from telephony.sip.grammar import SipSyntaxError, param, readable
from telephony.sip.headers import Headers
from telephony.sip.name_addr import NameAddr, parse_name_addr
from telephony.sip.uri import SipUri

_ANONYMOUS_HOST = "anonymous.invalid"
"""Source: RFC 3323 section 4.1.1.3."""
_HIDING = frozenset({"id", "user", "header"})
"""Privacy values under which the caller is not to be shown. Source: RFC 3323 section 4.2, RFC 3325 section 9.3."""
_INDEX = re.compile(r"\d+(?:\.\d+)*", re.ASCII)
_MAX_ENTRIES = 20
"""More entries of a history are not read: that call has been around the world."""


@dataclass(frozen=True, slots=True)
class CallerIdentity:
    """Who calls."""

    number: str
    """User part or number; empty when withheld."""
    name: str
    withheld: bool
    """The caller does not want to be known, or the peer's network says so."""
    asserted: bool
    """A trusted peer vouches for the number."""
    diverted_from: str
    """Who was called first, when the call was diverted to us; empty when it was not or nobody vouches for it."""


def read_identity(checked: CheckedRequest, *, trusted: bool) -> CallerIdentity:
    """Read who calls from an INVITE; `trusted` says that its sender may vouch for others."""
    headers = checked.headers
    vouched = _vouched(headers) if trusted else None
    party = vouched or checked.sender
    hidden = _is_anonymous(checked.sender) and vouched is None
    if trusted:
        hidden = hidden or _wants_privacy(headers, party)
    number = readable(party.uri.user_text)
    return CallerIdentity(
        number="" if hidden else number,
        name="" if hidden else readable(party.display_name),
        withheld=hidden,
        asserted=vouched is not None,
        diverted_from=_diverted_from(headers) if trusted else "",
    )


def _vouched(headers: Headers) -> NameAddr | None:
    for name in ("P-Asserted-Identity", "Remote-Party-ID", "P-Preferred-Identity"):
        for party in _parties(headers, name):
            role = param(party.params, "party")
            if party.uri.user_text and (role or "calling").lower() == "calling" and not _is_anonymous(party):
                return party
    return None


def _parties(headers: Headers, name: str) -> list[NameAddr]:
    """Return the parties of a list header; nothing when it is malformed."""
    try:
        return [parse_name_addr(value) for value in headers.split(name)[:_MAX_ENTRIES]]
    except SipSyntaxError:
        return []


def _is_anonymous(party: NameAddr) -> bool:
    host = party.uri.host.lower() if isinstance(party.uri, SipUri) else ""
    return party.uri.user_text.lower() == "anonymous" or host == _ANONYMOUS_HOST


def _wants_privacy(headers: Headers, party: NameAddr) -> bool:
    values = {token.strip().lower() for value in headers.all("Privacy") for token in re.split(r"[;,]", value)}
    own = (param(party.params, "privacy") or "off").lower()
    return bool(values & _HIDING) or own not in ("off", "none")


def _diverted_from(headers: Headers) -> str:
    """Return the first called party: the last Diversion, else the first History-Info when there are several."""
    diversions = _parties(headers, "Diversion")
    if diversions:
        return readable(diversions[-1].uri.user_text)
    indexed = [
        (tuple(int(part) for part in index.split(".")), entry)
        for entry in _parties(headers, "History-Info")
        if _INDEX.fullmatch(index := param(entry.params, "index") or "") and len(index) < 40
    ]
    if len(indexed) < 2:
        return ""
    return readable(min(indexed, key=lambda item: item[0])[1].uri.user_text)
