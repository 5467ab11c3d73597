"""When we may ask the peer to change the session, and what follows from its answer (RFC 3261 section 14.1).

::

          WISH          FREE: send           WISH
    IDLE ------> DUE --------------> SENT ---------> AGAIN     (wished anew while a request is on its way)
     ^  ^         ^ '--WISH--> DUE    | |             | |
     |  '---------+--DONE, REFUSED: tell              | |
     |            '------------------ | --DONE, REFUSED |
     |            ^--TIMER-- BACKING_OFF <--GLARE: wait-'
     '--GONE: end---------------------'---------------------'

A 491 is waited out for a random time, so that two sides that asked at once do not do so again.
"""

from __future__ import annotations

from enum import Enum, auto


class ChangeState(Enum):
    """Where a wish of ours stands."""

    IDLE = "nothing is wished"
    DUE = "a wish waits until a request may be sent"
    SENT = "a request is on its way"
    AGAIN = "a request is on its way and the wish changed since"
    BACKING_OFF = "the peer asked at the same time; a random wait runs"


class ChangeEvent(Enum):
    """What can happen."""

    WISH = "we want another direction, or a refresh"
    FREE = "a request may be sent now"
    DONE = "the peer agreed"
    GLARE = "the peer asked at the same time (491), or wants to be asked later"
    REFUSED = "the peer refused; the session is as it was"
    GONE = "the peer does not know the call any more, or does not answer"
    TIMER = "the random wait is over"


class ChangeAct(Enum):
    """What the table asks the session to do."""

    SEND = auto()
    WAIT = auto()
    """Start the random wait."""
    TELL_REFUSED = auto()
    END = auto()
    """Send BYE."""


_S, _E, _A = ChangeState, ChangeEvent, ChangeAct
CHANGE: dict[tuple[ChangeState, ChangeEvent], tuple[ChangeState, tuple[ChangeAct, ...]]] = {
    (_S.IDLE, _E.WISH): (_S.DUE, ()),
    (_S.DUE, _E.WISH): (_S.DUE, ()),
    (_S.DUE, _E.FREE): (_S.SENT, (_A.SEND,)),
    (_S.SENT, _E.WISH): (_S.AGAIN, ()),
    (_S.SENT, _E.DONE): (_S.IDLE, ()),
    (_S.SENT, _E.GLARE): (_S.BACKING_OFF, (_A.WAIT,)),
    (_S.SENT, _E.REFUSED): (_S.IDLE, (_A.TELL_REFUSED,)),
    (_S.SENT, _E.GONE): (_S.IDLE, (_A.END,)),
    (_S.AGAIN, _E.WISH): (_S.AGAIN, ()),
    (_S.AGAIN, _E.DONE): (_S.DUE, ()),
    (_S.AGAIN, _E.GLARE): (_S.BACKING_OFF, (_A.WAIT,)),
    (_S.AGAIN, _E.REFUSED): (_S.DUE, ()),
    (_S.AGAIN, _E.GONE): (_S.IDLE, (_A.END,)),
    (_S.BACKING_OFF, _E.WISH): (_S.BACKING_OFF, ()),
    (_S.BACKING_OFF, _E.TIMER): (_S.DUE, ()),
}

OWNER_WAIT_MS = (2_100, 4_000)
"""Bounds of the random wait for who made the Call-ID. Source: RFC 3261 section 14.1."""
OTHER_WAIT_MS = (0, 2_000)
"""Bounds for the other side. Source: as above."""
WAIT_STEP_MS = 10
"""Source: as above, in units of 10 ms."""
MAX_TRIES = 5
"""After this many refusals for the moment a change is given up. Two patient sides meet the same 491 again with a chance
of a few percent each time."""


def back_off_ms(*, owner: bool, random: int) -> int:
    """Return the wait after a 491.

    Args:
        owner: We made the Call-ID.
        random: Any number, evenly distributed.
    """
    least_ms, most_ms = OWNER_WAIT_MS if owner else OTHER_WAIT_MS
    return least_ms + random % ((most_ms - least_ms) // WAIT_STEP_MS + 1) * WAIT_STEP_MS
