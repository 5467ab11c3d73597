"""One place of a phone as tests in several rooms need it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from calls.phones import PhoneBinding

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
_ON_UDP = PhoneBinding(
    phone="alice",
    place="p",
    contact="<sip:alice@10.1.2.3:5062;line=7>",
    q=300,
    call_id="c",
    cseq=1,
    registered_utc=NOON,
    expires_utc=NOON + timedelta(seconds=60),
    transport="udp",
    host="10.1.2.3",
    port=40_000,
    connection=0,
    behind_nat=False,
    owner="one",
    route="192.0.2.1:5060",
)


def phone_binding(**other: Any) -> PhoneBinding:
    """Return alice's phone on UDP in a private network, at noon for a minute, with what is other about it."""
    return replace(_ON_UDP, **other)
