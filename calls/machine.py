"""The life of one call as a pure machine: from the first ring to exactly one `CallEnded`.

    OFFERED -Admitted-> RINGING --Tick--> ANSWERING --MediaOpen--> TALKING --EndWanted--> CLOSING --BotSilent--> ENDED
       `-Refused-> ENDED    `-CallerGone-> ENDED `-AnswerFailed-> ENDED `-CallerGone-> ENDED  `-CallerGone, Tick-> ENDED

    TALKING --CallerHeld--> HELD --CallerBack--> TALKING     TALKING, HELD --PersonJoined--> WITH_PERSON
                             `-Tick, CallerGone-> ENDED      WITH_PERSON --PersonLeft--> CLOSING
                                                                          `-PersonLost-> TALKING

While TALKING it guards against dead air: from the end of a caller's turn until the bot is heard, the caller waits at
most `filler_after_ms` for a filler and `give_up_after_ms` for an apology with the offer of a human. The guard reads
only what was really heard, so no failure of recognition, knowledge or synthesis can leave a caller in silence. A
caller who holds us hears nothing, and one who talks to a person is owed nothing by the bot: the guard rests.

Time is an argument (`now_ms`, monotonic). `step` gives the commands, `next_deadline_ms` when to call `step(Tick())`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, Literal

from calls.commands import (
    Answer,
    Begin,
    Command,
    Drop,
    Fill,
    Finish,
    GiveUpAnswering,
    Reject,
    Ring,
    SayGoodbye,
)
from calls.events import CallEnded, CallResult, EndReason


class CallState(Enum):
    """Where in its life a call is."""

    OFFERED = "offered"
    RINGING = "ringing"
    ANSWERING = "answering"
    TALKING = "talking"
    HELD = "held"
    WITH_PERSON = "with_person"
    CLOSING = "closing"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Admitted:
    """There is room for the call."""

    ring_ms: int = 0
    """How long it shall ring before it is answered."""


@dataclass(frozen=True, slots=True)
class Refused:
    """There is no room, or the dial plan does not know the number."""

    status: int
    reason: str
    end: EndReason


@dataclass(frozen=True, slots=True)
class MediaOpen:
    """The leg is answered and its media runs."""


@dataclass(frozen=True, slots=True)
class AnswerFailed:
    """The call could not be answered."""

    end: EndReason


@dataclass(frozen=True, slots=True)
class CallerGone:
    """The caller's leg is over."""

    end: EndReason


@dataclass(frozen=True, slots=True)
class CallerTurnEnded:
    """The caller finished a turn: the bot owes an answer."""


@dataclass(frozen=True, slots=True)
class CallerSpeaks:
    """The caller speaks: nothing is owed until the turn ends."""


@dataclass(frozen=True, slots=True)
class CallerStopped:
    """The caller fell silent; whether the turn is over is not known yet.

    Over the bot it may have been a noise: nothing is owed for it unless a turn ends.
    """


@dataclass(frozen=True, slots=True)
class BotHeard:
    """Audio of the bot reaches the caller."""

    filler: bool
    """A filler does not pay what is owed."""


@dataclass(frozen=True, slots=True)
class BotSilent:
    """Everything that the bot had to say was played or stopped."""


@dataclass(frozen=True, slots=True)
class NothingOwed:
    """The policy decided to wait in silence (the caller asked for time)."""


@dataclass(frozen=True, slots=True)
class CallerHeld:
    """The caller's side put us on hold."""


@dataclass(frozen=True, slots=True)
class CallerBack:
    """The caller's side took us back."""


@dataclass(frozen=True, slots=True)
class PersonJoined:
    """Caller and a human hear each other."""


@dataclass(frozen=True, slots=True)
class PersonLeft:
    """The human hung up after the talk."""


@dataclass(frozen=True, slots=True)
class PersonLost:
    """The human's line broke: the caller is back with the bot."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Something happened that decides how the call is counted when it ends."""

    result: Literal["completed", "escalated", "callback"]


@dataclass(frozen=True, slots=True)
class EndWanted:
    """The policy wants to end the call once its last words were heard."""

    end: EndReason


@dataclass(frozen=True, slots=True)
class ShutdownWanted:
    """The service stops and the time for draining is over."""


@dataclass(frozen=True, slots=True)
class Broken:
    """Something of ours failed in a way that no fallback covers."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A deadline may have passed."""


CallInput = (
    Admitted
    | Refused
    | MediaOpen
    | AnswerFailed
    | CallerGone
    | CallerTurnEnded
    | CallerSpeaks
    | CallerStopped
    | BotHeard
    | BotSilent
    | NothingOwed
    | CallerHeld
    | CallerBack
    | PersonJoined
    | PersonLeft
    | PersonLost
    | Outcome
    | EndWanted
    | ShutdownWanted
    | Broken
    | Tick
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLimits:
    """Deadlines of a call."""

    answer_ms: int = 32_000
    """Longest wait for the answer to be confirmed. Source: RFC 3261 timer H, 64*T1."""
    filler_after_ms: int = 2_500
    """Silence owed by the bot before a filler. Source: callers judge more than about 2 to 3 s as a dead line."""
    filler_after_pause_ms: int = 4_000
    """The same from the caller's last voice, before the turn is known to be over: recognition may hang. Longer than
    the longest patience with a caller who is dictating, 3 s."""
    filler_again_ms: int = 5_000
    """Silence between two fillers."""
    give_up_after_ms: int = 12_000
    """Silence owed before the apology and the offer of a human."""
    closing_ms: int = 20_000
    """Longest time for the last words."""
    hold_ms: int = 15 * 60 * 1000
    """Longest hold by the caller's side. Source: our choice; `[telephony] hold_at_most_s`."""
    maximum_ms: int = 2 * 60 * 60 * 1000
    """Longest call."""


class CallMachine:
    """Pure: feeds on inputs with their time, gives commands, owns every deadline of the call."""

    def __init__(self, limits: CallLimits | None = None) -> None:
        """Start in OFFERED."""
        self.state = CallState.OFFERED
        self._limits = limits or CallLimits()
        self._result: CallResult | None = None
        self._end: EndReason = "internal_error"
        self._answer_at_ms: int | None = None
        self._state_deadline_ms: int | None = None
        self._maximum_at_ms: int | None = None
        self._owed_since_ms: int | None = None
        self._guard_at_ms: int | None = None
        self._fillers = 0
        self._bot_audible = False

    def next_deadline_ms(self) -> int | None:
        """Return when `step(Tick(), now_ms)` is due, or None."""
        due = (self._answer_at_ms, self._state_deadline_ms, self._maximum_at_ms, self._guard_at_ms)
        return min((at for at in due if at is not None), default=None)

    def step(self, event: CallInput, now_ms: int) -> list[Command]:
        """Take one input; inputs that mean nothing in the present state are ignored (late news of a dead leg)."""
        row = self._ROWS.get((self.state, type(event)))
        return row(self, event, now_ms) if row is not None else []

    # OFFERED, RINGING, ANSWERING

    def _admit(self, event: CallInput, now_ms: int) -> list[Command]:
        assert isinstance(event, Admitted)
        if event.ring_ms > 0:
            self.state = CallState.RINGING
            self._answer_at_ms = now_ms + event.ring_ms
            return [Ring()]
        return [Ring(), *self._start_answer(now_ms)]

    def _start_answer(self, now_ms: int) -> list[Command]:
        self.state = CallState.ANSWERING
        self._answer_at_ms = None
        self._state_deadline_ms = now_ms + self._limits.answer_ms
        return [Answer()]

    def _refuse(self, event: CallInput, _now_ms: int) -> list[Command]:
        assert isinstance(event, Refused)
        return [Reject(event.status, event.reason), *self._finish("rejected", event.end)]

    def _caller_gave_up(self, event: CallInput, _now_ms: int) -> list[Command]:
        assert isinstance(event, CallerGone)
        return self._finish("abandoned", event.end)

    def _answer_failed(self, event: CallInput, _now_ms: int) -> list[Command]:
        assert isinstance(event, AnswerFailed)
        return self._finish("abandoned" if event.end == "caller_cancelled" else "failed", event.end)

    def _refuse_at_shutdown(self, _event: CallInput, _now_ms: int) -> list[Command]:
        return [Reject(503, "Service Unavailable"), *self._finish("rejected", "shutdown")]

    def _break_before_answer(self, _event: CallInput, _now_ms: int) -> list[Command]:
        return [Reject(500, "Server Internal Error"), *self._finish("failed", "internal_error")]

    def _tick_ringing(self, _event: CallInput, now_ms: int) -> list[Command]:
        if self._answer_at_ms is not None and now_ms >= self._answer_at_ms:
            return self._start_answer(now_ms)
        return []

    def _tick_answering(self, _event: CallInput, now_ms: int) -> list[Command]:
        if self._state_deadline_ms is not None and now_ms >= self._state_deadline_ms:
            return [Drop(), *self._finish("failed", "media_lost")]
        return []

    # TALKING

    def _media_open(self, _event: CallInput, now_ms: int) -> list[Command]:
        self.state = CallState.TALKING
        self._state_deadline_ms = None
        self._maximum_at_ms = now_ms + self._limits.maximum_ms
        self._owe(now_ms)
        return [Begin()]

    def _owe(self, now_ms: int) -> None:
        self._owed_since_ms = now_ms
        self._fillers = 0
        self._guard_at_ms = None if self._bot_audible else now_ms + self._limits.filler_after_ms

    def _turn_ended(self, _event: CallInput, now_ms: int) -> list[Command]:
        self._owe(now_ms)
        return []

    def _caller_stopped(self, _event: CallInput, now_ms: int) -> list[Command]:
        if self._owed_since_ms is None and not self._bot_audible:
            self._owe(now_ms)
            self._guard_at_ms = now_ms + self._limits.filler_after_pause_ms
        return []

    def _nothing_owed(self, _event: CallInput, _now_ms: int) -> list[Command]:
        self._owed_since_ms = self._guard_at_ms = None
        return []

    def _bot_heard(self, event: CallInput, _now_ms: int) -> list[Command]:
        assert isinstance(event, BotHeard)
        self._bot_audible = True
        self._guard_at_ms = None
        if not event.filler:
            self._owed_since_ms = None
        return []

    def _bot_silent(self, _event: CallInput, now_ms: int) -> list[Command]:
        self._bot_audible = False
        if self._owed_since_ms is not None:
            wait_ms = self._limits.filler_again_ms if self._fillers else self._limits.filler_after_ms
            self._guard_at_ms = now_ms + wait_ms
        return []

    def _tick_talking(self, _event: CallInput, now_ms: int) -> list[Command]:
        if self._maximum_at_ms is not None and now_ms >= self._maximum_at_ms:
            return self._close("maximum_duration", now_ms, SayGoodbye("maximum_duration"))
        if self._guard_at_ms is None or self._owed_since_ms is None or now_ms < self._guard_at_ms:
            return []
        if now_ms - self._owed_since_ms >= self._limits.give_up_after_ms:
            self._owe(now_ms)
            return [GiveUpAnswering()]
        self._fillers += 1
        self._guard_at_ms = now_ms + self._limits.filler_again_ms
        return [Fill(self._fillers)]

    # HELD, WITH_PERSON

    def _held(self, _event: CallInput, now_ms: int) -> list[Command]:
        self.state = CallState.HELD
        self._guard_at_ms = None
        self._state_deadline_ms = now_ms + self._limits.hold_ms
        return []

    def _back(self, _event: CallInput, now_ms: int) -> list[Command]:
        self.state = CallState.TALKING
        self._state_deadline_ms = None
        self._owe(now_ms)  # the bot says where they were
        return []

    def _tick_held(self, _event: CallInput, now_ms: int) -> list[Command]:
        due = [(self._state_deadline_ms, "held_too_long"), (self._maximum_at_ms, "maximum_duration")]
        for at_ms, why in due:
            if at_ms is not None and now_ms >= at_ms:  # no goodbye: who holds us hears none
                end: EndReason = "held_too_long" if why == "held_too_long" else "maximum_duration"
                return [Drop(), *self._finish(self._result or "completed", end)]
        return []

    def _owe_later(self, _event: CallInput, now_ms: int) -> list[Command]:
        self._owed_since_ms = now_ms
        return []

    def _silent_unguarded(self, _event: CallInput, _now_ms: int) -> list[Command]:
        self._bot_audible = False
        return []

    def _heard_unguarded(self, _event: CallInput, _now_ms: int) -> list[Command]:
        self._bot_audible = True
        return []

    def _shut_down_held(self, _event: CallInput, _now_ms: int) -> list[Command]:
        return [Drop(), *self._finish(self._result or "failed", "shutdown")]

    def _person_joined(self, _event: CallInput, _now_ms: int) -> list[Command]:
        self.state = CallState.WITH_PERSON
        self._owed_since_ms = self._guard_at_ms = self._state_deadline_ms = None
        return []

    def _person_left(self, _event: CallInput, now_ms: int) -> list[Command]:
        return self._close("agent_hung_up", now_ms, SayGoodbye("agent_hung_up"))

    def _person_lost(self, _event: CallInput, now_ms: int) -> list[Command]:
        self.state = CallState.TALKING
        self._owe(now_ms)
        return []

    def _tick_with_person(self, _event: CallInput, now_ms: int) -> list[Command]:
        if self._maximum_at_ms is not None and now_ms >= self._maximum_at_ms:
            return self._close("maximum_duration", now_ms, SayGoodbye("maximum_duration"))
        return []

    def _note_outcome(self, event: CallInput, _now_ms: int) -> list[Command]:
        assert isinstance(event, Outcome)
        rank = {"completed": 0, "escalated": 1, "callback": 2}
        if self._result is None or rank[event.result] >= rank.get(self._result, 0):
            self._result = event.result
        return []

    def _end_wanted(self, event: CallInput, now_ms: int) -> list[Command]:
        assert isinstance(event, EndWanted)
        return self._close(event.end, now_ms)

    def _close_at_shutdown(self, _event: CallInput, now_ms: int) -> list[Command]:
        return self._close("shutdown", now_ms, SayGoodbye("shutdown"))

    def _close(self, end: EndReason, now_ms: int, *commands: Command) -> list[Command]:
        self.state = CallState.CLOSING
        self._end = end
        self._guard_at_ms = self._maximum_at_ms = None
        self._state_deadline_ms = now_ms + self._limits.closing_ms
        if not commands and not self._bot_audible:
            # Nothing is being said: give words that are still on their way a moment to be heard.
            self._state_deadline_ms = now_ms + self._limits.filler_after_ms
        return list(commands)

    def _hung_up_talking(self, event: CallInput, _now_ms: int) -> list[Command]:
        assert isinstance(event, CallerGone)
        return self._finish(self._result or "completed", event.end)

    def _break(self, _event: CallInput, _now_ms: int) -> list[Command]:
        return [Drop(), *self._finish("failed", "internal_error")]

    # CLOSING

    def _bot_heard_closing(self, _event: CallInput, now_ms: int) -> list[Command]:
        self._bot_audible = True
        self._state_deadline_ms = now_ms + self._limits.closing_ms
        return []

    def _last_words_played(self, _event: CallInput, _now_ms: int) -> list[Command]:
        return [Drop(), *self._finish(self._closing_result(), self._end)]

    def _tick_closing(self, _event: CallInput, now_ms: int) -> list[Command]:
        if self._state_deadline_ms is not None and now_ms >= self._state_deadline_ms:
            return [Drop(), *self._finish(self._closing_result(), self._end)]
        return []

    def _gone_closing(self, _event: CallInput, _now_ms: int) -> list[Command]:
        return self._finish(self._closing_result(), self._end)

    def _closing_result(self) -> CallResult:
        if self._result is not None:
            return self._result
        return {"no_input": "abandoned", "shutdown": "failed", "internal_error": "failed"}.get(self._end, "completed")  # type: ignore[return-value]

    def _finish(self, result: CallResult, end: EndReason) -> list[Command]:
        self.state = CallState.ENDED
        self._answer_at_ms = self._state_deadline_ms = self._maximum_at_ms = self._guard_at_ms = None
        return [Finish(CallEnded(result=result, reason=end))]

    _ROWS: ClassVar[dict[tuple[CallState, type[CallInput]], Callable[[CallMachine, CallInput, int], list[Command]]]] = {
        (CallState.OFFERED, Admitted): _admit,
        (CallState.OFFERED, Refused): _refuse,
        (CallState.OFFERED, CallerGone): _caller_gave_up,
        (CallState.OFFERED, ShutdownWanted): _refuse_at_shutdown,
        (CallState.OFFERED, Broken): _break_before_answer,
        (CallState.RINGING, CallerGone): _caller_gave_up,
        (CallState.RINGING, ShutdownWanted): _refuse_at_shutdown,
        (CallState.RINGING, Broken): _break_before_answer,
        (CallState.RINGING, Tick): _tick_ringing,
        (CallState.ANSWERING, MediaOpen): _media_open,
        (CallState.ANSWERING, AnswerFailed): _answer_failed,
        (CallState.ANSWERING, CallerGone): _caller_gave_up,
        (CallState.ANSWERING, Broken): _break,
        (CallState.ANSWERING, Tick): _tick_answering,
        (CallState.TALKING, CallerGone): _hung_up_talking,
        (CallState.TALKING, CallerTurnEnded): _turn_ended,
        (CallState.TALKING, CallerSpeaks): _nothing_owed,
        (CallState.TALKING, CallerStopped): _caller_stopped,
        (CallState.TALKING, BotHeard): _bot_heard,
        (CallState.TALKING, BotSilent): _bot_silent,
        (CallState.TALKING, NothingOwed): _nothing_owed,
        (CallState.TALKING, Outcome): _note_outcome,
        (CallState.TALKING, EndWanted): _end_wanted,
        (CallState.TALKING, ShutdownWanted): _close_at_shutdown,
        (CallState.TALKING, Broken): _break,
        (CallState.TALKING, Tick): _tick_talking,
        (CallState.TALKING, CallerHeld): _held,
        (CallState.TALKING, PersonJoined): _person_joined,
        (CallState.HELD, CallerGone): _hung_up_talking,
        (CallState.HELD, CallerBack): _back,
        (CallState.HELD, CallerTurnEnded): _owe_later,
        (CallState.HELD, CallerSpeaks): _nothing_owed,
        (CallState.HELD, NothingOwed): _nothing_owed,
        (CallState.HELD, BotSilent): _silent_unguarded,
        (CallState.HELD, PersonJoined): _person_joined,
        (CallState.HELD, Outcome): _note_outcome,
        (CallState.HELD, ShutdownWanted): _shut_down_held,
        (CallState.HELD, Broken): _break,
        (CallState.HELD, Tick): _tick_held,
        (CallState.WITH_PERSON, CallerGone): _hung_up_talking,
        (CallState.WITH_PERSON, PersonLeft): _person_left,
        (CallState.WITH_PERSON, PersonLost): _person_lost,
        (CallState.WITH_PERSON, BotHeard): _heard_unguarded,
        (CallState.WITH_PERSON, BotSilent): _silent_unguarded,
        (CallState.WITH_PERSON, Outcome): _note_outcome,
        (CallState.WITH_PERSON, ShutdownWanted): _close_at_shutdown,
        (CallState.WITH_PERSON, Broken): _break,
        (CallState.WITH_PERSON, Tick): _tick_with_person,
        (CallState.CLOSING, CallerGone): _gone_closing,
        (CallState.CLOSING, Outcome): _note_outcome,
        (CallState.CLOSING, BotHeard): _bot_heard_closing,
        (CallState.CLOSING, BotSilent): _last_words_played,
        (CallState.CLOSING, Broken): _break,
        (CallState.CLOSING, Tick): _tick_closing,
    }
    """The whole machine, one row an arrow. What has no row is ignored."""
