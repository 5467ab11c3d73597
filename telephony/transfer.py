"""Where a transfer stands, as tables of their own; SIP carries it by REFER and NOTIFY (RFC 3515).

A peer asks us to call somebody (`REFEREE`: we are the referee, it is told how far we are)::

    ASKED --ACCEPT: 202, tell 100--> ACTIVE --PROGRESS: tell--> ACTIVE --FINAL: tell, last--> OVER
      '------REFUSE: refuse----------> OVER <--UNWANTED--'

We ask a peer to call somebody (`REFERRER`)::

    SENT --ACCEPTED--> WAITING --PROGRESS: report--> WAITING
      |                   '--SUCCEEDED, FAILED, ENDED, TIMED_OUT: report, last--> OVER
      '--REFUSED, TIMED_OUT (and news that overtakes the 202): report-------------^
"""

from __future__ import annotations

from enum import Enum, auto


class RefereeState(Enum):
    """A transfer that a peer asked for."""

    ASKED = "not decided"
    ACTIVE = "we are calling the target"
    OVER = "the peer knows how it ended, or does not want to"


class RefereeEvent(Enum):
    """What can happen to it."""

    ACCEPT = "we do it"
    REFUSE = "we do not"
    PROGRESS = "the target rings"
    FINAL = "the target answered or refused"
    UNWANTED = "the peer does not want to hear more"


class RefereeAct(Enum):
    """What is to be sent."""

    ACCEPT = auto()
    REFUSE = auto()
    TELL = auto()
    TELL_LAST = auto()


class ReferrerState(Enum):
    """A transfer that we asked for."""

    SENT = "the peer has not agreed yet"
    WAITING = "the peer is calling the target"
    OVER = "we know how it ended"


class ReferrerEvent(Enum):
    """What can happen to it."""

    ACCEPTED = "the peer does it"
    REFUSED = "the peer does not"
    PROGRESS = "the target is being called"
    SUCCEEDED = "the target answered"
    FAILED = "the target refused, or was not reached"
    ENDED = "the peer stopped telling without saying how it ended"
    TIMED_OUT = "nothing was heard for too long"


class ReferrerAct(Enum):
    """What is to be told."""

    REPORT = auto()
    REPORT_LAST = auto()


_ES, _EE, _EA = RefereeState, RefereeEvent, RefereeAct
REFEREE: dict[tuple[RefereeState, RefereeEvent], tuple[RefereeState, tuple[RefereeAct, ...]]] = {
    (_ES.ASKED, _EE.ACCEPT): (_ES.ACTIVE, (_EA.ACCEPT, _EA.TELL)),
    (_ES.ASKED, _EE.REFUSE): (_ES.OVER, (_EA.REFUSE,)),
    (_ES.ACTIVE, _EE.PROGRESS): (_ES.ACTIVE, (_EA.TELL,)),
    (_ES.ACTIVE, _EE.FINAL): (_ES.OVER, (_EA.TELL_LAST,)),
    (_ES.ACTIVE, _EE.UNWANTED): (_ES.OVER, ()),
}

_RS, _RE, _RA = ReferrerState, ReferrerEvent, ReferrerAct
REFERRER: dict[tuple[ReferrerState, ReferrerEvent], tuple[ReferrerState, tuple[ReferrerAct, ...]]] = {
    (_RS.SENT, _RE.ACCEPTED): (_RS.WAITING, ()),
    (_RS.SENT, _RE.PROGRESS): (_RS.WAITING, (_RA.REPORT,)),
    (_RS.WAITING, _RE.ACCEPTED): (_RS.WAITING, ()),
    (_RS.WAITING, _RE.PROGRESS): (_RS.WAITING, (_RA.REPORT,)),
    **{
        (state, event): (_RS.OVER, (_RA.REPORT_LAST,))
        for state in (_RS.SENT, _RS.WAITING)
        for event in (_RE.REFUSED, _RE.SUCCEEDED, _RE.FAILED, _RE.ENDED, _RE.TIMED_OUT)
    },
}

WAIT_MS = 180_000
"""How long we wait for news of a transfer that we asked for: a target may ring for three minutes (timer C of RFC 3261
section 16.6)."""
