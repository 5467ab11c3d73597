"""The life of a call leg in SIP as one table, for both sides.

A call that comes in::

    RINGING --ANSWER--> ANSWERED --ACK--> TALKING --BYE-----------------------> ENDED
     |                   |  | '--HANG_UP--> LEAVING --ACK, NO_ACK--> ENDING      ^
     |                   |  '--NO_ACK: BYE--------------------------> ENDING     |
     |                   '--BYE--------------------------------------------------|
     '--REJECT, HANG_UP, CANCEL, BYE, EXPIRED------------------------------------'

A call that talks ends by BYE from either side, also when the peer turns out to be LOST (RFC 3261 section 14.1, RFC
4028 section 10): BYE is sent and the end told at once.

A call that we place::

    CALLING --1xx--> PROCEEDING --2xx: ACK--> TALKING --HANG_UP: BYE--> ENDING --BYE_DONE, BYE--> ENDED
     |  | '--2xx: ACK--------------------------^                         ^                        ^
     |  |                 '--HANG_UP, EXPIRED: CANCEL--> CANCELLING -2xx-'                        |
     |  '--HANG_UP--> GIVING_UP --1xx: CANCEL------------^   '--refusal, failure, EXPIRED---------|
     '--refusal, failure--------------------------------------------------------------------------'

No BYE leaves before the ACK of our 200 came or was given up (RFC 3261 section 15), and no CANCEL before a provisional
response (section 9.1): that is what LEAVING and GIVING_UP are for.
"""

from __future__ import annotations

from enum import Enum, auto


class SessionState(Enum):
    """Where a call leg stands."""

    RINGING = "ringing"
    ANSWERED = "answered"
    LEAVING = "leaving"
    CALLING = "calling"
    PROCEEDING = "proceeding"
    GIVING_UP = "giving up"
    CANCELLING = "cancelling"
    TALKING = "talking"
    ENDING = "ending"
    ENDED = "ended"


class SessionEvent(Enum):
    """What can happen to it."""

    ANSWER = "we answer"
    REJECT = "we refuse"
    HANG_UP = "we end it"
    CANCEL = "the caller gave up"
    BYE = "the peer ended it"
    ACK = "the peer confirmed our 200"
    BAD_ACK = "the peer confirmed with an answer that we cannot use"
    NO_ACK = "a 200 of ours was never confirmed"
    EXPIRED = "it took too long"
    GOT_1XX = "a provisional response came"
    GOT_2XX = "the callee answered"
    GOT_BAD_2XX = "the callee answered with media that we cannot use"
    GOT_REFUSAL = "the callee refused"
    FAILED = "the INVITE reached nobody"
    LOST = "the peer does not know the call any more, or gives no sign of life"
    BYE_DONE = "our BYE was answered or given up"


class SessionAct(Enum):
    """What the table asks the session to do."""

    SEND_ANSWER = auto()
    SEND_REFUSAL = auto()
    SEND_TERMINATED = auto()
    """Answer the INVITE with 487."""
    SEND_UNAVAILABLE = auto()
    """Answer the INVITE with 480."""
    SEND_ACK = auto()
    SEND_BYE = auto()
    SEND_CANCEL = auto()
    ABANDON = auto()
    """Destroy the INVITE's transaction, to which no final response came (RFC 3261 section 9.1)."""
    CONFIRM = auto()
    """Tell that the call stands."""
    REPORT = auto()
    """Tell, once, that the call is over."""


_S, _E, _A = SessionState, SessionEvent, SessionAct

SESSION: dict[tuple[SessionState, SessionEvent], tuple[SessionState, tuple[SessionAct, ...]]] = {
    (_S.RINGING, _E.ANSWER): (_S.ANSWERED, (_A.SEND_ANSWER,)),
    (_S.RINGING, _E.REJECT): (_S.ENDED, (_A.SEND_REFUSAL, _A.REPORT)),
    (_S.RINGING, _E.HANG_UP): (_S.ENDED, (_A.SEND_UNAVAILABLE, _A.REPORT)),
    (_S.RINGING, _E.CANCEL): (_S.ENDED, (_A.SEND_TERMINATED, _A.REPORT)),
    (_S.RINGING, _E.BYE): (_S.ENDED, (_A.SEND_TERMINATED, _A.REPORT)),
    (_S.RINGING, _E.EXPIRED): (_S.ENDED, (_A.SEND_UNAVAILABLE, _A.REPORT)),
    (_S.ANSWERED, _E.ACK): (_S.TALKING, (_A.CONFIRM,)),
    (_S.ANSWERED, _E.BAD_ACK): (_S.ENDING, (_A.SEND_BYE, _A.REPORT)),
    (_S.ANSWERED, _E.NO_ACK): (_S.ENDING, (_A.SEND_BYE, _A.REPORT)),
    (_S.ANSWERED, _E.HANG_UP): (_S.LEAVING, ()),
    (_S.ANSWERED, _E.BYE): (_S.ENDED, (_A.REPORT,)),
    (_S.ANSWERED, _E.CANCEL): (_S.ANSWERED, ()),
    (_S.LEAVING, _E.ACK): (_S.ENDING, (_A.SEND_BYE,)),
    (_S.LEAVING, _E.BAD_ACK): (_S.ENDING, (_A.SEND_BYE,)),
    (_S.LEAVING, _E.NO_ACK): (_S.ENDING, (_A.SEND_BYE,)),
    (_S.LEAVING, _E.HANG_UP): (_S.LEAVING, ()),
    (_S.LEAVING, _E.BYE): (_S.ENDED, (_A.REPORT,)),
    (_S.LEAVING, _E.CANCEL): (_S.LEAVING, ()),
    (_S.CALLING, _E.GOT_1XX): (_S.PROCEEDING, ()),
    (_S.CALLING, _E.GOT_2XX): (_S.TALKING, (_A.SEND_ACK, _A.CONFIRM)),
    (_S.CALLING, _E.GOT_BAD_2XX): (_S.ENDING, (_A.SEND_ACK, _A.SEND_BYE, _A.REPORT)),
    (_S.CALLING, _E.GOT_REFUSAL): (_S.ENDED, (_A.REPORT,)),
    (_S.CALLING, _E.FAILED): (_S.ENDED, (_A.REPORT,)),
    (_S.CALLING, _E.HANG_UP): (_S.GIVING_UP, ()),
    (_S.CALLING, _E.EXPIRED): (_S.GIVING_UP, ()),
    (_S.PROCEEDING, _E.GOT_1XX): (_S.PROCEEDING, ()),
    (_S.PROCEEDING, _E.GOT_2XX): (_S.TALKING, (_A.SEND_ACK, _A.CONFIRM)),
    (_S.PROCEEDING, _E.GOT_BAD_2XX): (_S.ENDING, (_A.SEND_ACK, _A.SEND_BYE, _A.REPORT)),
    (_S.PROCEEDING, _E.GOT_REFUSAL): (_S.ENDED, (_A.REPORT,)),
    (_S.PROCEEDING, _E.FAILED): (_S.ENDED, (_A.REPORT,)),
    (_S.PROCEEDING, _E.HANG_UP): (_S.CANCELLING, (_A.SEND_CANCEL,)),
    (_S.PROCEEDING, _E.EXPIRED): (_S.CANCELLING, (_A.SEND_CANCEL,)),
    (_S.GIVING_UP, _E.GOT_1XX): (_S.CANCELLING, (_A.SEND_CANCEL,)),
    (_S.GIVING_UP, _E.GOT_2XX): (_S.ENDING, (_A.SEND_ACK, _A.SEND_BYE)),
    (_S.GIVING_UP, _E.GOT_BAD_2XX): (_S.ENDING, (_A.SEND_ACK, _A.SEND_BYE)),
    (_S.GIVING_UP, _E.GOT_REFUSAL): (_S.ENDED, (_A.REPORT,)),
    (_S.GIVING_UP, _E.FAILED): (_S.ENDED, (_A.REPORT,)),
    (_S.GIVING_UP, _E.HANG_UP): (_S.GIVING_UP, ()),
    (_S.CANCELLING, _E.GOT_1XX): (_S.CANCELLING, ()),
    (_S.CANCELLING, _E.GOT_2XX): (_S.ENDING, (_A.SEND_ACK, _A.SEND_BYE)),
    (_S.CANCELLING, _E.GOT_BAD_2XX): (_S.ENDING, (_A.SEND_ACK, _A.SEND_BYE)),
    (_S.CANCELLING, _E.GOT_REFUSAL): (_S.ENDED, (_A.REPORT,)),
    (_S.CANCELLING, _E.FAILED): (_S.ENDED, (_A.REPORT,)),
    (_S.CANCELLING, _E.EXPIRED): (_S.ENDED, (_A.ABANDON, _A.REPORT)),
    (_S.CANCELLING, _E.HANG_UP): (_S.CANCELLING, ()),
    (_S.TALKING, _E.BYE): (_S.ENDED, (_A.REPORT,)),
    (_S.TALKING, _E.HANG_UP): (_S.ENDING, (_A.SEND_BYE,)),
    (_S.TALKING, _E.ACK): (_S.TALKING, ()),
    (_S.TALKING, _E.BAD_ACK): (_S.ENDING, (_A.SEND_BYE, _A.REPORT)),
    (_S.TALKING, _E.NO_ACK): (_S.ENDING, (_A.SEND_BYE, _A.REPORT)),
    (_S.TALKING, _E.LOST): (_S.ENDING, (_A.SEND_BYE, _A.REPORT)),
    (_S.TALKING, _E.CANCEL): (_S.TALKING, ()),
    (_S.TALKING, _E.GOT_2XX): (_S.TALKING, (_A.SEND_ACK,)),
    (_S.TALKING, _E.GOT_BAD_2XX): (_S.TALKING, (_A.SEND_ACK,)),
    (_S.ENDING, _E.BYE): (_S.ENDED, (_A.REPORT,)),
    (_S.ENDING, _E.BYE_DONE): (_S.ENDED, (_A.REPORT,)),
    (_S.ENDING, _E.HANG_UP): (_S.ENDING, ()),
    (_S.ENDING, _E.ACK): (_S.ENDING, ()),
    (_S.ENDING, _E.BAD_ACK): (_S.ENDING, ()),
    (_S.ENDING, _E.NO_ACK): (_S.ENDING, ()),
    (_S.ENDING, _E.CANCEL): (_S.ENDING, ()),
    (_S.ENDING, _E.GOT_2XX): (_S.ENDING, (_A.SEND_ACK,)),
    (_S.ENDING, _E.GOT_BAD_2XX): (_S.ENDING, (_A.SEND_ACK,)),
    (_S.ENDED, _E.HANG_UP): (_S.ENDED, ()),
    (_S.ENDED, _E.CANCEL): (_S.ENDED, ()),
    (_S.ENDED, _E.BYE): (_S.ENDED, ()),
    (_S.ENDED, _E.BYE_DONE): (_S.ENDED, ()),
    (_S.ENDED, _E.GOT_2XX): (_S.ENDED, (_A.SEND_ACK,)),
    (_S.ENDED, _E.GOT_BAD_2XX): (_S.ENDED, (_A.SEND_ACK,)),
    (_S.ENDED, _E.FAILED): (_S.ENDED, ()),
}
