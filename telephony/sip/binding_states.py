"""The life of one binding of a phone: one table (RFC 3261 section 10.3 step 7, RFC 5626 section 6).

::

    ABSENT --BIND: add--> BOUND --BIND: renew--> BOUND
      |  ^                 | |
      |  |                 | '--LATE: refuse the whole request--> BOUND
      |  '-----remove------'
      |      UNBIND, EXPIRED, LOST, CROWDED
      '--UNBIND: nothing--> ABSENT

A binding that is asked for by a Call-ID that it knows, with a number that is not higher than the one before, is LATE.
"""

from __future__ import annotations

from enum import Enum, auto


class BindingState(Enum):
    """Whether it stands."""

    ABSENT = "no such place is known"
    BOUND = "the phone is reached there"


class BindingEvent(Enum):
    """What can happen to it."""

    BIND = "a REGISTER wants it"
    UNBIND = "a REGISTER does not want it any more"
    LATE = "a REGISTER that is older than the last one comes late"
    EXPIRED = "its time is over"
    LOST = "the connection broke that was the only way to it, ours or, as 430 says, a proxy's"
    CROWDED = "the phone has too many places, and this is the oldest"


class BindingAct(Enum):
    """What is to be done."""

    ADD = auto()
    RENEW = auto()
    REMOVE = auto()
    REFUSE = auto()


_S, _E, _A = BindingState, BindingEvent, BindingAct
BINDING: dict[tuple[BindingState, BindingEvent], tuple[BindingState, BindingAct | None]] = {
    (_S.ABSENT, _E.BIND): (_S.BOUND, _A.ADD),
    (_S.ABSENT, _E.UNBIND): (_S.ABSENT, None),
    (_S.BOUND, _E.BIND): (_S.BOUND, _A.RENEW),
    (_S.BOUND, _E.UNBIND): (_S.ABSENT, _A.REMOVE),
    (_S.BOUND, _E.LATE): (_S.BOUND, _A.REFUSE),
    (_S.BOUND, _E.EXPIRED): (_S.ABSENT, _A.REMOVE),
    (_S.BOUND, _E.LOST): (_S.ABSENT, _A.REMOVE),
    (_S.BOUND, _E.CROWDED): (_S.ABSENT, _A.REMOVE),
}
