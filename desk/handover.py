"""Bringing a human into a call, as a pure machine: called, briefed in private, joined. Nothing is announced before.

    IDLE --Wanted--> CALLING --PersonRings--> RINGING --PersonAnswered--> BRIEFING --BriefOver--> TOGETHER
                     CALLING, RINGING --CallFailed, Tick--> IDLE (told)          `-PersonGone-> IDLE (told)
    IDLE --Wanted(refer)--> REFERRING --ReferTaken--> OVER
                                       `-ReferRefused-> CALLING
    TOGETHER --PersonGone--> IDLE (the person is done, or was lost)
    CALLING, RINGING, BRIEFING --Withdrawn--> IDLE (what rings is stopped); any --CallerGone--> OVER

"Told" means that the bot is given the caller back and says that nobody was reached. Time is an argument.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, Literal

How = Literal["bridge", "refer"]
Failure = Literal["busy", "refused", "no_answer", "unreachable", "denied", "agent_left", "line_broke"]
"""As in `calls.events.HandoverFailed`."""


class HandoverState(Enum):
    """How far the human is."""

    IDLE = "idle"
    REFERRING = "referring"
    CALLING = "calling"
    RINGING = "ringing"
    BRIEFING = "briefing"
    TOGETHER = "together"
    OVER = "over"


# Inputs


@dataclass(frozen=True, slots=True)
class Wanted:
    """A human shall take over."""

    how: How = "bridge"


@dataclass(frozen=True, slots=True)
class PersonRings:
    """It rings where the human is."""


@dataclass(frozen=True, slots=True)
class PersonAnswered:
    """The human answered."""


@dataclass(frozen=True, slots=True)
class CallFailed:
    """The human was not reached."""

    why: Failure


@dataclass(frozen=True, slots=True)
class BriefOver:
    """The human heard the brief, or the part of it that could be spoken."""

    heard_ms: int
    whole: bool


@dataclass(frozen=True, slots=True)
class PersonGone:
    """The human's leg is over."""

    hung_up: bool
    """False: the line broke."""


@dataclass(frozen=True, slots=True)
class ReferTaken:
    """The caller's line has called the human by itself."""


@dataclass(frozen=True, slots=True)
class ReferRefused:
    """The caller's line would not, or did not reach anybody."""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The caller does not want to wait any more."""


@dataclass(frozen=True, slots=True)
class CallerGone:
    """The call is over."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A deadline may have passed."""


Input = (
    Wanted
    | PersonRings
    | PersonAnswered
    | CallFailed
    | BriefOver
    | PersonGone
    | ReferTaken
    | ReferRefused
    | Withdrawn
    | CallerGone
    | Tick
)

# Commands


@dataclass(frozen=True, slots=True)
class Started:
    """Write that a human is being called."""

    how: How


@dataclass(frozen=True, slots=True)
class CallPerson:
    """Place the call."""


@dataclass(frozen=True, slots=True)
class AskLine:
    """Ask the caller's line to call the human by itself (REFER)."""


@dataclass(frozen=True, slots=True)
class NoteRinging:
    """Write that it rings."""


@dataclass(frozen=True, slots=True)
class Brief:
    """Let the human in, heard by nobody, and speak the brief to them alone."""


@dataclass(frozen=True, slots=True)
class Join:
    """Let human and caller hear each other; the bot is silent from here on."""

    brief: BriefOver | None
    """None when the brief took too long."""


@dataclass(frozen=True, slots=True)
class Completed:
    """Write that the caller's line has the human."""


@dataclass(frozen=True, slots=True)
class LetGo:
    """Stop what rings, hang up on the human, take both out of the call. Harmless when there is nobody."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Write it, and give the caller back to the bot, who says so."""

    why: Failure


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Write why the human is not needed any more."""

    why: Literal["caller_gone", "caller_withdrew"]


@dataclass(frozen=True, slots=True)
class PersonDone:
    """The talk with the human is over: the call ends kindly."""


@dataclass(frozen=True, slots=True)
class PersonLost:
    """The human's line broke in the talk: the caller is back with the bot."""


Command = (
    Started
    | CallPerson
    | AskLine
    | NoteRinging
    | Brief
    | Join
    | Completed
    | LetGo
    | Failed
    | Cancelled
    | PersonDone
    | PersonLost
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverLimits:
    """Deadlines of a handover."""

    ring_ms: int = 25_000
    """How long the human may take to answer. Source: five rings of 4.5 s, and a moment to set the call up."""
    brief_ms: int = 25_000
    """How long the brief may take: it is made for 15 s, and a slow voice may need time to begin."""


class HandoverMachine:
    """One call's way to a human; begins anew after each attempt."""

    def __init__(self, limits: HandoverLimits | None = None) -> None:
        """Start in IDLE."""
        self.state = HandoverState.IDLE
        self._limits = limits or HandoverLimits()
        self._deadline_ms: int | None = None

    def next_deadline_ms(self) -> int | None:
        """Return when `step(Tick(), now_ms)` is due, or None."""
        return self._deadline_ms

    def step(self, event: Input, now_ms: int) -> list[Command]:
        """Take one input; one that means nothing in the present state is ignored (late news of a dead leg)."""
        row = self._ROWS.get((self.state, type(event)))
        return row(self, event, now_ms) if row is not None else []

    def _go(self, state: HandoverState, deadline_ms: int | None = None) -> None:
        self.state, self._deadline_ms = state, deadline_ms

    def _wanted(self, event: Input, now_ms: int) -> list[Command]:
        assert isinstance(event, Wanted)
        if event.how == "refer":
            self._go(HandoverState.REFERRING)
            return [Started("refer"), AskLine()]
        return self._call(event, now_ms)

    def _call(self, _event: Input, now_ms: int) -> list[Command]:
        self._go(HandoverState.CALLING, now_ms + self._limits.ring_ms)
        return [Started("bridge"), CallPerson()]

    def _rings(self, _event: Input, _now_ms: int) -> list[Command]:
        self.state = HandoverState.RINGING
        return [NoteRinging()]

    def _answered(self, _event: Input, now_ms: int) -> list[Command]:
        self._go(HandoverState.BRIEFING, now_ms + self._limits.brief_ms)
        return [Brief()]

    def _failed(self, event: Input, _now_ms: int) -> list[Command]:
        assert isinstance(event, CallFailed)
        return self._give_up(event.why)

    def _rang_too_long(self, _event: Input, now_ms: int) -> list[Command]:
        return self._give_up("no_answer") if self._is_due(now_ms) else []

    def _give_up(self, why: Failure) -> list[Command]:
        self._go(HandoverState.IDLE)
        return [LetGo(), Failed(why)]

    def _briefed(self, event: Input, _now_ms: int) -> list[Command]:
        assert isinstance(event, BriefOver)
        self._go(HandoverState.TOGETHER)
        return [Join(event)]

    def _brief_too_long(self, _event: Input, now_ms: int) -> list[Command]:
        if not self._is_due(now_ms):
            return []
        self._go(HandoverState.TOGETHER)
        return [Join(None)]

    def _left_early(self, event: Input, _now_ms: int) -> list[Command]:
        assert isinstance(event, PersonGone)
        return self._give_up("agent_left" if event.hung_up else "line_broke")

    def _left(self, event: Input, _now_ms: int) -> list[Command]:
        assert isinstance(event, PersonGone)
        self._go(HandoverState.IDLE)
        return [LetGo(), PersonDone() if event.hung_up else PersonLost()]

    def _taken(self, _event: Input, _now_ms: int) -> list[Command]:
        self._go(HandoverState.OVER)
        return [Completed()]

    def _withdrawn(self, _event: Input, _now_ms: int) -> list[Command]:
        self._go(HandoverState.IDLE)
        return [LetGo(), Cancelled("caller_withdrew")]

    def _caller_gone(self, _event: Input, _now_ms: int) -> list[Command]:
        on_the_way = self.state not in (HandoverState.IDLE, HandoverState.TOGETHER)
        self._go(HandoverState.OVER)
        return [LetGo(), *([Cancelled("caller_gone")] if on_the_way else [])]

    def _is_due(self, now_ms: int) -> bool:
        return self._deadline_ms is not None and now_ms >= self._deadline_ms

    _ROWS: ClassVar[dict[tuple[HandoverState, type[Input]], Callable[[HandoverMachine, Input, int], list[Command]]]] = {
        (HandoverState.IDLE, Wanted): _wanted,
        (HandoverState.IDLE, CallerGone): _caller_gone,
        (HandoverState.REFERRING, ReferTaken): _taken,
        (HandoverState.REFERRING, ReferRefused): _call,
        (HandoverState.REFERRING, CallerGone): _caller_gone,
        (HandoverState.CALLING, PersonRings): _rings,
        (HandoverState.CALLING, PersonAnswered): _answered,
        (HandoverState.CALLING, CallFailed): _failed,
        (HandoverState.CALLING, Withdrawn): _withdrawn,
        (HandoverState.CALLING, CallerGone): _caller_gone,
        (HandoverState.CALLING, Tick): _rang_too_long,
        (HandoverState.RINGING, PersonAnswered): _answered,
        (HandoverState.RINGING, CallFailed): _failed,
        (HandoverState.RINGING, Withdrawn): _withdrawn,
        (HandoverState.RINGING, CallerGone): _caller_gone,
        (HandoverState.RINGING, Tick): _rang_too_long,
        (HandoverState.BRIEFING, BriefOver): _briefed,
        (HandoverState.BRIEFING, PersonGone): _left_early,
        (HandoverState.BRIEFING, Withdrawn): _withdrawn,
        (HandoverState.BRIEFING, CallerGone): _caller_gone,
        (HandoverState.BRIEFING, Tick): _brief_too_long,
        (HandoverState.TOGETHER, PersonGone): _left,
        (HandoverState.TOGETHER, CallerGone): _caller_gone,
    }
    """The whole machine, one row an arrow. What has no row is ignored."""
