"""Client transactions: INVITE (RFC 3261 section 17.1.1 with RFC 6026) and all others (section 17.1.2).

INVITE::

    CALLING  A: resend --1xx--> PROCEEDING  1xx: pass up; C, failed: TERMINATED
      | | |                        |   |
      | | '--refusal--.   refusal  |   | 2xx
      | |             v            |   |
      | |         COMPLETED <------'   |      COMPLETED: every refusal again is acknowledged
      | '--2xx----.   |                |
      | B,        v   | D              |
      | failed  ACCEPTED <-------------'      ACCEPTED: every 2xx is passed up (forks, lost ACKs)
      v           | M |
    TERMINATED <--'---'

Others::

    TRYING E: resend -1xx-> PROCEEDING E: resend, slowly -final-> COMPLETED -K-> TERMINATED
       |  '------------------final------------------------------^
       '-F, failed-> TERMINATED <-F, failed- PROCEEDING

A stream that breaks before any response (STREAM_LOST in CALLING and TRYING): the same request goes out on a new stream,
once; the server absorbs it if it had it already. After a response the server opens the new stream itself (RFC 3261
section 18.2.2).
"""

from __future__ import annotations

from telephony.sip.headers import Headers
from telephony.sip.message import SipRequest, SipResponse
from telephony.sip.timers import Timer
from telephony.sip.transaction import (
    Again,
    Do,
    Event,
    Happening,
    IllegalStepError,
    Start,
    State,
    Table,
    Transaction,
    TransactionOutput,
    Transmit,
)

_REFUSED = (Do.STOP, Do.PASS_UP, Do.ACKNOWLEDGE, Start(Timer.D))
_ACCEPTED = (Do.STOP, Do.PASS_UP, Start(Timer.M))
INVITE_CLIENT: Table = {
    (State.CALLING, Happening.GOT_1XX): (State.PROCEEDING, (Do.STOP, Do.PASS_UP, Start(Timer.C))),
    (State.CALLING, Happening.GOT_2XX): (State.ACCEPTED, _ACCEPTED),
    (State.CALLING, Happening.GOT_REFUSAL): (State.COMPLETED, _REFUSED),
    (State.CALLING, Happening.TRANSPORT_FAILED): (State.TERMINATED, (Do.UNREACHABLE,)),
    (State.CALLING, Happening.STREAM_LOST): (State.CALLING, (Do.RESEND,)),
    (State.CALLING, Timer.A): (State.CALLING, (Do.RESEND, Again(Timer.A))),
    (State.CALLING, Timer.B): (State.TERMINATED, (Do.TIMED_OUT,)),
    (State.PROCEEDING, Happening.GOT_1XX): (State.PROCEEDING, (Do.PASS_UP, Start(Timer.C))),
    (State.PROCEEDING, Timer.C): (State.TERMINATED, (Do.TIMED_OUT,)),
    (State.PROCEEDING, Happening.GOT_2XX): (State.ACCEPTED, _ACCEPTED),
    (State.PROCEEDING, Happening.GOT_REFUSAL): (State.COMPLETED, _REFUSED),
    (State.PROCEEDING, Happening.TRANSPORT_FAILED): (State.TERMINATED, (Do.UNREACHABLE,)),
    (State.COMPLETED, Happening.GOT_1XX): (State.COMPLETED, ()),
    (State.COMPLETED, Happening.GOT_2XX): (State.COMPLETED, ()),
    (State.COMPLETED, Happening.GOT_REFUSAL): (State.COMPLETED, (Do.ACKNOWLEDGE,)),
    (State.COMPLETED, Happening.TRANSPORT_FAILED): (State.TERMINATED, ()),
    (State.COMPLETED, Timer.D): (State.TERMINATED, ()),
    (State.ACCEPTED, Happening.GOT_1XX): (State.ACCEPTED, ()),
    (State.ACCEPTED, Happening.GOT_2XX): (State.ACCEPTED, (Do.PASS_UP,)),
    (State.ACCEPTED, Happening.GOT_REFUSAL): (State.ACCEPTED, ()),
    (State.ACCEPTED, Happening.TRANSPORT_FAILED): (State.ACCEPTED, ()),
    (State.ACCEPTED, Timer.M): (State.TERMINATED, ()),
}

_DONE = (Do.STOP, Do.PASS_UP, Start(Timer.K))
OTHER_CLIENT: Table = {
    (State.TRYING, Happening.GOT_1XX): (State.PROCEEDING, (Do.PASS_UP,)),
    (State.TRYING, Happening.GOT_2XX): (State.COMPLETED, _DONE),
    (State.TRYING, Happening.GOT_REFUSAL): (State.COMPLETED, _DONE),
    (State.TRYING, Happening.TRANSPORT_FAILED): (State.TERMINATED, (Do.UNREACHABLE,)),
    (State.TRYING, Happening.STREAM_LOST): (State.TRYING, (Do.RESEND,)),
    (State.TRYING, Timer.E): (State.TRYING, (Do.RESEND, Again(Timer.E))),
    (State.TRYING, Timer.F): (State.TERMINATED, (Do.TIMED_OUT,)),
    (State.PROCEEDING, Happening.GOT_1XX): (State.PROCEEDING, (Do.PASS_UP,)),
    (State.PROCEEDING, Happening.GOT_2XX): (State.COMPLETED, _DONE),
    (State.PROCEEDING, Happening.GOT_REFUSAL): (State.COMPLETED, _DONE),
    (State.PROCEEDING, Happening.TRANSPORT_FAILED): (State.TERMINATED, (Do.UNREACHABLE,)),
    (State.PROCEEDING, Timer.E): (State.PROCEEDING, (Do.RESEND, Do.SLOW_DOWN)),
    (State.PROCEEDING, Timer.F): (State.TERMINATED, (Do.TIMED_OUT,)),
    (State.COMPLETED, Happening.GOT_1XX): (State.COMPLETED, ()),
    (State.COMPLETED, Happening.GOT_2XX): (State.COMPLETED, ()),
    (State.COMPLETED, Happening.GOT_REFUSAL): (State.COMPLETED, ()),
    (State.COMPLETED, Happening.TRANSPORT_FAILED): (State.TERMINATED, ()),
    (State.COMPLETED, Timer.K): (State.TERMINATED, ()),
}


def received_event(response: SipResponse) -> Event:
    """Name the event of receiving this response."""
    if response.is_provisional:
        return Happening.GOT_1XX
    return Happening.GOT_2XX if response.is_success else Happening.GOT_REFUSAL


class ClientTransaction(Transaction):
    """A transaction that we began."""

    first_timers: tuple[Timer, Timer]

    def begin(self, now_ms: int) -> list[TransactionOutput]:
        """Send the request and start the timers; called once."""
        self._last_sent = self.request
        for timer in self.first_timers:
            self._timers.start(timer, now_ms)
        return [Transmit(self.request, self.flow)]

    def receive(self, response: SipResponse, now_ms: int) -> list[TransactionOutput]:
        """Take a response that belongs to this transaction; a terminated one ignores it."""
        event = received_event(response)
        return self.step(event, response, now_ms) if self.allows(event) else []


class InviteClientTransaction(ClientTransaction):
    """The client side of an INVITE."""

    table = INVITE_CLIENT
    start_state = State.CALLING
    first_timers = (Timer.A, Timer.B)

    def _acknowledgement(self, response: SipRequest | SipResponse | None) -> SipRequest:
        """Make the ACK of a refusal (RFC 3261 section 17.1.1.3): same branch, To of the response."""
        if not isinstance(response, SipResponse):
            raise IllegalStepError("only a response can be acknowledged")
        headers = self.request.headers
        number = (headers.get("CSeq") or "").split()[0]
        fields = [("Via", headers.all("Via")[0]), ("Max-Forwards", "70")]
        fields += [("Route", value) for value in headers.all("Route")]
        fields += [(name, headers.get(name) or "") for name in ("From", "Call-ID")]
        fields += [("To", response.headers.get("To") or ""), ("CSeq", f"{number} ACK")]
        return SipRequest("ACK", self.request.uri, Headers(fields))


class OtherClientTransaction(ClientTransaction):
    """The client side of any other request but ACK."""

    table = OTHER_CLIENT
    start_state = State.TRYING
    repeating = Timer.E
    first_timers = (Timer.E, Timer.F)
