"""What the four transaction machines share: a table of (state, event) -> (state, actions) and the doing of the actions.

The tables themselves, with their drawings, are in `transaction_server` and `transaction_client`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from telephony.sip.message import Flow, SipRequest, SipResponse
from telephony.sip.timers import Timer, TimerSet


class State(Enum):
    """States of all four machines; no machine has all of them."""

    CALLING = "calling"
    TRYING = "trying"
    PROCEEDING = "proceeding"
    COMPLETED = "completed"
    CONFIRMED = "confirmed"
    ACCEPTED = "accepted"
    TERMINATED = "terminated"


class Happening(Enum):
    """What can happen to a transaction besides its timers."""

    REQUEST = "the same request came again"
    ACK = "an ACK with the transaction's branch came"
    SEND_1XX = "the user sends a provisional response"
    SEND_2XX = "the user sends a success response"
    SEND_REFUSAL = "the user sends a 3xx to 6xx"
    GOT_1XX = "a provisional response came"
    GOT_2XX = "a success response came"
    GOT_REFUSAL = "a 3xx to 6xx came"
    TRANSPORT_FAILED = "the transport could not send"
    STREAM_LOST = "the stream is gone on which the request was sent; there is a way to open another"


Event = Happening | Timer


class Do(Enum):
    """Actions without an argument."""

    SEND = auto()
    """Send the message at hand and remember it."""
    RESEND = auto()
    """Send the remembered message again, if there is one."""
    PASS_UP = auto()
    """Give the message at hand to the user."""
    ACKNOWLEDGE = auto()
    """Send the ACK for the refusal at hand."""
    TIMED_OUT = auto()
    """Tell the user that nobody answered."""
    UNREACHABLE = auto()
    """Tell the user that the transport failed."""
    STOP = auto()
    """Stop every timer."""
    SLOW_DOWN = auto()
    """Retransmit at the longest interval from now on (timer E in Proceeding)."""


@dataclass(frozen=True, slots=True)
class Start:
    """Start a timer."""

    timer: Timer


@dataclass(frozen=True, slots=True)
class Again:
    """Start a repeating timer again, doubled."""

    timer: Timer


Action = Do | Start | Again
Table = Mapping[tuple[State, Event], tuple[State, tuple[Action, ...]]]


class IllegalStepError(RuntimeError):
    """Our own code asked for something that the table does not have; a peer cannot cause it."""


@dataclass(frozen=True, slots=True)
class Transmit:
    """Send these bytes there."""

    message: SipRequest | SipResponse
    flow: Flow


@dataclass(frozen=True, slots=True)
class PassUp:
    """The user of the transaction shall see this message."""

    message: SipRequest | SipResponse


@dataclass(frozen=True, slots=True)
class Failed:
    """The transaction failed."""

    timed_out: bool
    """True: nobody answered; False: the transport could not send."""


TransactionOutput = Transmit | PassUp | Failed


class Transaction:
    """One transaction: `step` with what happened, `expire` when time passed."""

    table: Table
    start_state: State
    repeating: Timer | None = None
    """The timer that SLOW_DOWN speaks of."""

    def __init__(self, request: SipRequest, flow: Flow, *, reliable: bool) -> None:
        """Begin; a client's request is sent by `begin`.

        Args:
            request: The request that made the transaction.
            flow: Where this side's messages go.
            reliable: True on TCP and TLS.
        """
        self.request = request
        self.flow = flow
        self.has_moved = False
        """True when the request was sent again on a second stream."""
        self.armed_ms: int | None = None
        """When its layer looks at it next."""
        self.state = self.start_state
        self._timers = TimerSet(reliable=reliable)
        self._last_sent: SipRequest | SipResponse | None = None

    @property
    def terminated(self) -> bool:
        """True when nothing more will happen."""
        return self.state is State.TERMINATED

    def allows(self, event: Event) -> bool:
        """True when the table has a row for the event in the present state."""
        return (self.state, event) in self.table

    def next_deadline_ms(self) -> int | None:
        """Return when `expire` shall be called."""
        return self._timers.next_deadline_ms()

    def expire(self, now_ms: int) -> list[TransactionOutput]:
        """Fire every timer that is due."""
        outputs: list[TransactionOutput] = []
        while (timer := self._timers.pop_due(now_ms)) is not None:
            outputs += self.step(timer, None, now_ms)
        return outputs

    def step(self, event: Event, message: SipRequest | SipResponse | None, now_ms: int) -> list[TransactionOutput]:
        """Take one row of the table.

        Raises:
            IllegalStepError: When there is no such row.
        """
        row = self.table.get((self.state, event))
        if row is None:
            raise IllegalStepError(f"{type(self).__name__} has no {event.name} in {self.state.name}")
        self.state, actions = row
        outputs: list[TransactionOutput] = []
        for action in actions:
            outputs += self._perform(action, message, now_ms)
        if self.terminated:
            self._timers.stop_all()
        return outputs

    def _perform(
        self, action: Action, message: SipRequest | SipResponse | None, now_ms: int
    ) -> list[TransactionOutput]:
        if isinstance(action, Start):
            self._timers.start(action.timer, now_ms)
            return []
        if isinstance(action, Again):
            self._timers.restart(action.timer, now_ms)
            return []
        if action is Do.SEND:
            self._last_sent = message
        if action in (Do.SEND, Do.RESEND):
            return [Transmit(self._last_sent, self.flow)] if self._last_sent is not None else []
        if action is Do.PASS_UP:
            return [PassUp(message)] if message is not None else []
        if action is Do.ACKNOWLEDGE:
            return [Transmit(self._acknowledgement(message), self.flow)]
        if action is Do.STOP:
            self._timers.stop_all()
        if action is Do.SLOW_DOWN and self.repeating is not None:
            self._timers.restart(self.repeating, now_ms, at_longest=True)
        if action in (Do.TIMED_OUT, Do.UNREACHABLE):
            return [Failed(timed_out=action is Do.TIMED_OUT)]
        return []

    def _acknowledgement(self, response: SipRequest | SipResponse | None) -> SipRequest:
        raise IllegalStepError(f"{type(self).__name__} cannot acknowledge {type(response).__name__}")
