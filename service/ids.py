"""New names: sortable by time, unguessable enough to be unique, short enough to read out."""

from __future__ import annotations

import secrets

from calls.ids import CallId
from calls.ports import Clock

_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
_REFERENCE = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Letters and digits that are not mistaken for one another when spoken or written down."""


def new_call_id(clock: Clock) -> CallId:
    """Return a name of a call, see `new_id`."""
    return CallId(new_id(clock))


def new_id(clock: Clock) -> str:
    """Return a name like `01jd8m2k4c-7f3k9q`: milliseconds since 1970 and 30 random bits."""
    number = int(clock.now_utc().timestamp() * 1000)
    stamp = ""
    for _ in range(10):
        number, digit = divmod(number, 32)
        stamp = _CROCKFORD[digit] + stamp
    return stamp + "-" + "".join(secrets.choice(_CROCKFORD) for _ in range(6))


def new_reference(_flow: str) -> str:
    """Return a reference number that a caller can write down: six signs."""
    return "".join(secrets.choice(_REFERENCE) for _ in range(6))
