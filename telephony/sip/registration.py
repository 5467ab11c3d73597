"""How we stay registered at a carrier or a PBX: one table (RFC 3261 section 10.2, back-off of RFC 5626 section 4.5).

::

    IDLE --START: locate--> LOCATING --LOCATED: send--> ASKING --ACCEPTED: up, schedule--> REGISTERED
                               ^ |                      | ^  |                                | ^
                               | '--NOWHERE: down, wait | '--' AGAIN: send                    | |
                               |          v             |      NEXT: next server, send        | |
                               '--DUE-- WAITING <-------'                             DUE: send | ACCEPTED: schedule
                                          ^           REFUSED: down, wait                     v |
                                          '---------------------------------------------- RENEWING
    LOST: REGISTERED or RENEWING, the stream broke: locate --> LOCATING
    STOP: where a binding may stand: leave --> LEAVING --any end--> OVER; elsewhere OVER at once
"""

from __future__ import annotations

from enum import Enum, auto


class RegistrationState(Enum):
    """Where a registration stands."""

    IDLE = "not begun"
    LOCATING = "the servers are looked up"
    ASKING = "a REGISTER is on its way, and no binding stands"
    REGISTERED = "the binding stands"
    RENEWING = "the binding stands and is asked for again"
    WAITING = "it failed; a pause runs"
    LEAVING = "the binding is being removed"
    OVER = "done"


class RegistrationEvent(Enum):
    """What can happen to it."""

    START = "we want to be registered"
    LOCATED = "the servers are known"
    NOWHERE = "there is no server"
    ACCEPTED = "200"
    AGAIN = "401, 407 or 423: ask the same server again, better"
    NEXT = "this server fails, and there is another one"
    REFUSED = "a refusal, or the last server failed"
    DUE = "the time for it has come"
    LOST = "the stream broke that the binding hangs on"
    STOP = "we do not want to be registered any more"


class RegistrationAct(Enum):
    """What is to be done."""

    LOCATE = auto()
    SEND = auto()
    NEXT_SERVER = auto()
    SCHEDULE = auto()
    """Wake before the binding ends."""
    BACK_OFF = auto()
    LEAVE = auto()
    """Send a REGISTER that removes the binding."""
    TELL_UP = auto()
    TELL_DOWN = auto()
    TELL_OVER = auto()


_S, _E, _A = RegistrationState, RegistrationEvent, RegistrationAct
_FAILED = (_S.WAITING, (_A.TELL_DOWN, _A.BACK_OFF))
REGISTRATION: dict[
    tuple[RegistrationState, RegistrationEvent], tuple[RegistrationState, tuple[RegistrationAct, ...]]
] = {
    (_S.IDLE, _E.START): (_S.LOCATING, (_A.LOCATE,)),
    (_S.IDLE, _E.STOP): (_S.OVER, ()),
    (_S.LOCATING, _E.LOCATED): (_S.ASKING, (_A.SEND,)),
    (_S.LOCATING, _E.NOWHERE): _FAILED,
    (_S.LOCATING, _E.STOP): (_S.OVER, ()),
    (_S.ASKING, _E.ACCEPTED): (_S.REGISTERED, (_A.TELL_UP, _A.SCHEDULE)),
    (_S.ASKING, _E.AGAIN): (_S.ASKING, (_A.SEND,)),
    (_S.ASKING, _E.NEXT): (_S.ASKING, (_A.NEXT_SERVER, _A.SEND)),
    (_S.ASKING, _E.REFUSED): _FAILED,
    (_S.ASKING, _E.STOP): (_S.LEAVING, (_A.LEAVE,)),
    (_S.REGISTERED, _E.DUE): (_S.RENEWING, (_A.SEND,)),
    (_S.REGISTERED, _E.STOP): (_S.LEAVING, (_A.LEAVE,)),
    (_S.REGISTERED, _E.LOST): (_S.LOCATING, (_A.LOCATE,)),
    (_S.RENEWING, _E.LOST): (_S.LOCATING, (_A.LOCATE,)),
    (_S.RENEWING, _E.ACCEPTED): (_S.REGISTERED, (_A.SCHEDULE,)),
    (_S.RENEWING, _E.AGAIN): (_S.RENEWING, (_A.SEND,)),
    (_S.RENEWING, _E.NEXT): (_S.RENEWING, (_A.NEXT_SERVER, _A.SEND)),
    (_S.RENEWING, _E.REFUSED): _FAILED,
    (_S.RENEWING, _E.STOP): (_S.LEAVING, (_A.LEAVE,)),
    (_S.WAITING, _E.DUE): (_S.LOCATING, (_A.LOCATE,)),
    (_S.WAITING, _E.STOP): (_S.OVER, ()),
    (_S.LEAVING, _E.AGAIN): (_S.LEAVING, (_A.LEAVE,)),
    (_S.LEAVING, _E.ACCEPTED): (_S.OVER, (_A.TELL_OVER,)),
    (_S.LEAVING, _E.NEXT): (_S.OVER, (_A.TELL_OVER,)),
    (_S.LEAVING, _E.REFUSED): (_S.OVER, (_A.TELL_OVER,)),
    (_S.LEAVING, _E.STOP): (_S.LEAVING, ()),
}

BASE_WAIT_MS = 30_000
"""Pause after the first failure; it doubles each time. Source: RFC 5626 section 4.5, base-time, all flows failed."""
LONGEST_WAIT_MS = 1_800_000
"""Source: RFC 5626 section 4.5, max-time."""
DENIED_WAIT_MS = 300_000
"""Shortest pause after a refusal that speaks of us (wrong password, unknown user): carriers ban who asks more often."""


def back_off_ms(failures: int, random_share: float, *, denied: bool, retry_after_ms: int = 0) -> int:
    """Return how long to wait before the next try.

    Args:
        failures: In a row, this one included.
        random_share: 0 to 1: spreads the phones of a whole town that come back after a power cut.
        denied: True when the server said no, rather than nothing.
        retry_after_ms: What the server asked for.
    """
    longest = min(LONGEST_WAIT_MS, BASE_WAIT_MS << min(failures - 1, 10))
    spread = round(longest * (0.5 + random_share / 2))
    return max(spread, DENIED_WAIT_MS if denied else 0, retry_after_ms)


def renew_in_ms(expires_s: int) -> int:
    """Return when a binding is renewed: at half its life, or 40 s before the end of a long one.

    Source: a transaction takes up to 32 s (64 * T1); 40 s leave time for the next server.
    """
    return max(expires_s * 500, (expires_s - 40) * 1_000)
