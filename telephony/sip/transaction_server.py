"""Server transactions: INVITE (RFC 3261 section 17.2.1 with RFC 6026) and all others (section 17.2.2).

INVITE::

                     INVITE: resend 1xx
                     SEND_1XX: send
                       .--.
                       |  v
        SEND_REFUSAL  PROCEEDING  SEND_2XX
       .--------------'         '--------------.
       v                                       v
    COMPLETED  G, INVITE: resend            ACCEPTED  SEND_2XX: send (again)
       | ACK      | H: timed out               | L
       v          |                            |
    CONFIRMED     |                            |
       | I        v                            |
       '----> TERMINATED <---------------------'

Others::

    TRYING -SEND_1XX-> PROCEEDING (request again: resend) -any final-> COMPLETED (request again: resend) -J-> TERMINATED
       '----------------------------any final------------------------^

A transport that cannot send is reported and changes nothing (RFC 6026 section 8.8): the peer asks again.
"""

from __future__ import annotations

from telephony.sip.message import SipResponse
from telephony.sip.timers import Timer
from telephony.sip.transaction import (
    Again,
    Do,
    Event,
    Happening,
    Start,
    State,
    Table,
    Transaction,
    TransactionOutput,
)

INVITE_SERVER: Table = {
    (State.PROCEEDING, Happening.REQUEST): (State.PROCEEDING, (Do.RESEND,)),
    (State.PROCEEDING, Happening.SEND_1XX): (State.PROCEEDING, (Do.SEND,)),
    (State.PROCEEDING, Happening.SEND_2XX): (State.ACCEPTED, (Do.SEND, Start(Timer.L))),
    (State.PROCEEDING, Happening.SEND_REFUSAL): (
        State.COMPLETED,
        (Do.SEND, Start(Timer.G), Start(Timer.H)),
    ),
    (State.PROCEEDING, Happening.ACK): (State.PROCEEDING, ()),
    (State.PROCEEDING, Happening.TRANSPORT_FAILED): (State.PROCEEDING, (Do.UNREACHABLE,)),
    (State.COMPLETED, Happening.REQUEST): (State.COMPLETED, (Do.RESEND,)),
    (State.COMPLETED, Happening.ACK): (State.CONFIRMED, (Do.STOP, Start(Timer.I))),
    (State.COMPLETED, Happening.TRANSPORT_FAILED): (State.COMPLETED, (Do.UNREACHABLE,)),
    (State.COMPLETED, Timer.G): (State.COMPLETED, (Do.RESEND, Again(Timer.G))),
    (State.COMPLETED, Timer.H): (State.TERMINATED, (Do.TIMED_OUT,)),
    (State.CONFIRMED, Happening.REQUEST): (State.CONFIRMED, ()),
    (State.CONFIRMED, Happening.ACK): (State.CONFIRMED, ()),
    (State.CONFIRMED, Happening.TRANSPORT_FAILED): (State.CONFIRMED, ()),
    (State.CONFIRMED, Timer.I): (State.TERMINATED, ()),
    (State.ACCEPTED, Happening.REQUEST): (State.ACCEPTED, ()),
    (State.ACCEPTED, Happening.SEND_2XX): (State.ACCEPTED, (Do.SEND,)),
    (State.ACCEPTED, Happening.ACK): (State.ACCEPTED, (Do.PASS_UP,)),
    (State.ACCEPTED, Happening.TRANSPORT_FAILED): (State.ACCEPTED, (Do.UNREACHABLE,)),
    (State.ACCEPTED, Timer.L): (State.TERMINATED, ()),
}

_FINISH = (Do.SEND, Start(Timer.J))
OTHER_SERVER: Table = {
    (State.TRYING, Happening.REQUEST): (State.TRYING, ()),
    (State.TRYING, Happening.SEND_1XX): (State.PROCEEDING, (Do.SEND,)),
    (State.TRYING, Happening.SEND_2XX): (State.COMPLETED, _FINISH),
    (State.TRYING, Happening.SEND_REFUSAL): (State.COMPLETED, _FINISH),
    (State.TRYING, Happening.TRANSPORT_FAILED): (State.TRYING, (Do.UNREACHABLE,)),
    (State.PROCEEDING, Happening.REQUEST): (State.PROCEEDING, (Do.RESEND,)),
    (State.PROCEEDING, Happening.SEND_1XX): (State.PROCEEDING, (Do.SEND,)),
    (State.PROCEEDING, Happening.SEND_2XX): (State.COMPLETED, _FINISH),
    (State.PROCEEDING, Happening.SEND_REFUSAL): (State.COMPLETED, _FINISH),
    (State.PROCEEDING, Happening.TRANSPORT_FAILED): (State.PROCEEDING, (Do.UNREACHABLE,)),
    (State.COMPLETED, Happening.REQUEST): (State.COMPLETED, (Do.RESEND,)),
    (State.COMPLETED, Happening.TRANSPORT_FAILED): (State.COMPLETED, (Do.UNREACHABLE,)),
    (State.COMPLETED, Timer.J): (State.TERMINATED, ()),
}


def send_event(response: SipResponse) -> Event:
    """Name the event of sending this response."""
    if response.is_provisional:
        return Happening.SEND_1XX
    return Happening.SEND_2XX if response.is_success else Happening.SEND_REFUSAL


class ServerTransaction(Transaction):
    """A transaction that a peer began."""

    def respond(self, response: SipResponse, now_ms: int) -> list[TransactionOutput]:
        """Send a response.

        Raises:
            IllegalStepError: When the transaction has its final response already.
        """
        return self.step(send_event(response), response, now_ms)

    def can_respond(self, response: SipResponse) -> bool:
        """True when `respond` is legal now."""
        return self.allows(send_event(response))


class InviteServerTransaction(ServerTransaction):
    """The server side of an INVITE."""

    table = INVITE_SERVER
    start_state = State.PROCEEDING


class OtherServerTransaction(ServerTransaction):
    """The server side of any other request but ACK."""

    table = OTHER_SERVER
    start_state = State.TRYING
