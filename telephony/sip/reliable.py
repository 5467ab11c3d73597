"""Provisional responses that are sent until they are confirmed (RFC 3262).

As the side that answers (`ReliableSender`)::

    IDLE --SEND--> WAITING --PRACK--> IDLE
                    |  ^ '-REPEAT-'
                    |--FINAL--> IDLE        (a final response went out: section 3, nothing is repeated any more)
                    '--GIVE_UP--> LOST      (64 * T1 passed: the INVITE is refused with 504)

As the side that asks, `ReliableReceiver` confirms each response once and in order (section 4).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from telephony.sip.grammar import SipSyntaxError, parse_number
from telephony.sip.message import SipResponse
from telephony.sip.timers import T1_MS, TIMEOUT_MS
from telephony.sip.transaction import IllegalStepError

TAG = "100rel"
_MAX_NUMBER = 2**32 - 1
"""Source: RFC 3262 section 7.1, 7.2."""
_MAX_FIRST = 2**31 - 1
"""Source: RFC 3262 section 3, so that the numbers cannot wrap."""


class ReliableState(Enum):
    """Whether a reliable response waits for its PRACK."""

    IDLE = "none waits"
    WAITING = "one waits"
    LOST = "one was never confirmed"


class ReliableEvent(Enum):
    """What can happen."""

    SEND = "we send one"
    PRACK = "its PRACK came"
    REPEAT = "it is time to send it again"
    FINAL = "the final response went out"
    GIVE_UP = "64 * T1 passed"


_S, _E = ReliableState, ReliableEvent
RELIABLE: dict[tuple[ReliableState, ReliableEvent], ReliableState] = {
    (_S.IDLE, _E.SEND): _S.WAITING,
    (_S.IDLE, _E.FINAL): _S.IDLE,
    (_S.WAITING, _E.PRACK): _S.IDLE,
    (_S.WAITING, _E.REPEAT): _S.WAITING,
    (_S.WAITING, _E.FINAL): _S.IDLE,
    (_S.WAITING, _E.GIVE_UP): _S.LOST,
    (_S.LOST, _E.FINAL): _S.LOST,
}


@dataclass(frozen=True, slots=True)
class RAck:
    """Which response a PRACK confirms (section 7.2)."""

    rseq: int
    cseq: int
    method: str


def parse_rack(value: str | None) -> RAck | None:
    """Read an RAck field, None when it is missing or malformed."""
    words = (value or "").split()
    if len(words) != 3:
        return None
    try:
        return RAck(parse_number(words[0], "RAck", _MAX_NUMBER), parse_number(words[1], "RAck", _MAX_NUMBER), words[2])
    except SipSyntaxError:
        return None


def parse_rseq(response: SipResponse) -> int | None:
    """Return the number of a response that asks for PRACK, None when it does not."""
    value = response.headers.get("RSeq")
    if TAG not in response.headers.tokens("Require") or value is None or not 100 < response.status < 200:
        return None
    try:
        return parse_number(value.strip(), "RSeq", _MAX_NUMBER) or None
    except SipSyntaxError:
        return None


class ReliableSender:
    """The reliable responses of one INVITE that we answer; at most one waits at a time."""

    def __init__(self, cseq: int, random: int) -> None:
        """Begin; `random` chooses the first number."""
        self.state = ReliableState.IDLE
        self._cseq = cseq
        self._rseq = 1 + random % _MAX_FIRST
        self._response: SipResponse | None = None
        self._interval_ms = T1_MS
        self._next_ms = 0
        self._give_up_ms = 0
        self.holds_description = False
        """The response that waits holds a session description: no 2xx before its PRACK (section 3)."""

    @property
    def is_waiting(self) -> bool:
        """True while a response waits for its PRACK."""
        return self.state is ReliableState.WAITING

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """The fields of the next reliable response."""
        return (("Require", TAG), ("RSeq", str(self._rseq)))

    def sent(self, response: SipResponse, now_ms: int) -> None:
        """Note that a response with `fields` was sent."""
        self._step(ReliableEvent.SEND)
        self._response = response
        self.holds_description = bool(response.body)
        self._interval_ms = T1_MS
        self._next_ms = now_ms + T1_MS
        self._give_up_ms = now_ms + TIMEOUT_MS

    def take_prack(self, rack: RAck | None) -> bool:
        """Take a PRACK; False when it matches nothing that waits (the answer is 481)."""
        if not self.is_waiting or rack != RAck(self._rseq, self._cseq, "INVITE"):
            return False
        self._step(ReliableEvent.PRACK)
        self._rseq += 1
        return True

    def finish(self) -> None:
        """Note that the final response went out."""
        self._step(ReliableEvent.FINAL)

    def next_deadline_ms(self) -> int | None:
        """Return when `expire` shall be called."""
        return min(self._next_ms, self._give_up_ms) if self.is_waiting else None

    def expire(self, now_ms: int) -> SipResponse | None:
        """Return the response to send again now; after 64 * T1 the state is `LOST`."""
        if not self.is_waiting:
            return None
        if now_ms >= self._give_up_ms:
            self._step(ReliableEvent.GIVE_UP)
            return None
        if now_ms < self._next_ms:
            return None
        self._step(ReliableEvent.REPEAT)
        self._interval_ms *= 2
        self._next_ms = now_ms + self._interval_ms
        return self._response

    def _step(self, event: ReliableEvent) -> None:
        row = RELIABLE.get((self.state, event))
        if row is None:
            raise IllegalStepError(f"no {event.name} in {self.state.name}")
        self.state = row


class ReliableReceiver:
    """The reliable responses that one callee sends us."""

    def __init__(self) -> None:
        """Begin with none seen."""
        self._last: int | None = None

    def takes(self, rseq: int) -> bool:
        """True for the first response and for each that follows the last one; repeated and later ones are not taken."""
        if self._last is not None and rseq != self._last + 1:
            return False
        self._last = rseq
        return True
