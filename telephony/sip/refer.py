"""The fields and bodies of transfers: Refer-To, Replaces, message fragments (RFC 3515, RFC 3891, RFC 3420)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from telephony.sip.grammar import SipSyntaxError, param, parse_params, split_outside
from telephony.sip.headers import Headers
from telephony.sip.message import REASON_PHRASES
from telephony.sip.name_addr import parse_name_addr
from telephony.sip.sip_dialog import DialogKey
from telephony.sip.uri import SipUri

FRAGMENT_TYPE = "message/sipfrag"
_STATUS_LINE = re.compile(rb"\s*SIP/2\.0[ \t]+(\d{3})\b")
_SAFE_IN_HEADERS = "-_.!~*'()[]/?:+$"
"""Source: RFC 3261 section 25.1, `hnv-unreserved` and `unreserved`."""


@dataclass(frozen=True, slots=True)
class ReferTo:
    """Whom a peer asks us to call."""

    target: SipUri
    """Without method and headers."""
    replaces: str
    """Value of the Replaces field that our INVITE shall carry; empty for none."""


@dataclass(frozen=True, slots=True)
class Replaces:
    """Which dialog of ours a new call takes over (RFC 3891 section 6.1)."""

    key: DialogKey
    early_only: bool


def parse_refer_to(headers: Headers) -> ReferTo:
    """Read the one Refer-To of a REFER.

    Raises:
        SipSyntaxError: When there is none, more than one, or it names no SIP URI that can be called.
    """
    values = headers.all("Refer-To")
    if len(values) != 1:
        raise SipSyntaxError("a REFER has exactly one Refer-To")
    uri = parse_name_addr(values[0]).uri
    if not isinstance(uri, SipUri):
        raise SipSyntaxError("Refer-To names no SIP URI")
    if (param(uri.params, "method") or "INVITE").upper() != "INVITE":
        raise SipSyntaxError("Refer-To asks for something else than a call")
    replaces = ""
    for item in uri.headers.split("&"):
        name, _, value = item.partition("=")
        if name.lower() == "replaces":
            replaces = unquote(value)
    if any(char in replaces for char in "\r\n"):
        raise SipSyntaxError("a header in Refer-To holds a line break")
    return ReferTo(uri.without("method"), replaces)


def parse_replaces(headers: Headers) -> Replaces | None:
    """Read the Replaces of an INVITE, seen from the side that is asked; None when there is none.

    Raises:
        SipSyntaxError: When there are several, one is malformed, or a Join stands beside it (section 3).
    """
    values = headers.all("Replaces")
    if not values:
        return None
    if len(values) > 1 or headers.all("Join"):
        raise SipSyntaxError("an INVITE replaces at most one dialog")
    call_id, *pieces = split_outside(values[0], ";")
    params = parse_params(pieces, "Replaces")
    to_tag, from_tag = param(params, "to-tag"), param(params, "from-tag")
    if not call_id.strip() or not to_tag or from_tag is None:
        raise SipSyntaxError("Replaces has no Call-ID or no tags")
    key = (call_id.strip(), to_tag, "" if from_tag == "0" else from_tag)
    return Replaces(key, param(params, "early-only") is not None)


def format_replaces(key: DialogKey) -> str:
    """Write the Replaces that makes a new call take over a dialog of ours at the peer: its tag is the to-tag there."""
    call_id, own_tag, peer_tag = key
    return f"{call_id};to-tag={peer_tag or '0'};from-tag={own_tag}"


def format_refer_to(target: SipUri, replaces: str = "") -> str:
    """Write a Refer-To."""
    bare = target.without("method")
    if not replaces:
        return f"<{bare}>"
    return f"<{bare}?Replaces={quote(replaces, safe=_SAFE_IN_HEADERS)}>"


def fragment_of(status: int) -> bytes:
    """Write what a NOTIFY tells of a call's progress: its status line."""
    return f"SIP/2.0 {status} {REASON_PHRASES.get(status, 'Unknown')}\r\n".encode()


def status_of_fragment(body: bytes) -> int | None:
    """Read the status of a fragment, None when it has none."""
    match = _STATUS_LINE.match(body)
    status = int(match[1]) if match else 0
    return status if 100 <= status <= 699 else None


def is_terminated(headers: Headers) -> bool:
    """True when a NOTIFY is the last of its subscription (RFC 6665 section 4.1.3)."""
    return (headers.get("Subscription-State") or "").partition(";")[0].strip().lower() == "terminated"


def event_id(headers: Headers) -> tuple[str, int | None]:
    """Return package and id of an Event field: `refer;id=7`."""
    name, *pieces = (headers.get("Event") or "").split(";")
    for piece in pieces:
        key, _, value = piece.partition("=")
        if key.strip().lower() == "id" and re.fullmatch(r"\d{1,10}", value.strip(), re.ASCII):
            return name.strip().lower(), int(value)
    return name.strip().lower(), None
