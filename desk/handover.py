"""Bringing humans into a call, as a pure machine: looked for, briefed, joined, and whatever they do with it then.

Nothing is announced that does not follow, and the caller is never left alone: each way ends with a human, with the bot
(which offers to call back), or with the end of the call.

    IDLE --Wanted--> CALLING --PersonRings--> RINGING --PersonAnswered--> BRIEFING --BriefOver--> TOGETHER
                     CALLING, RINGING --CallFailed, Tick--> IDLE (told)          `-PersonGone-> IDLE (told)
    IDLE --Wanted(refer)--> REFERRING --ReferTaken--> OVER
                                       `-ReferRefused-> CALLING
    IDLE --Wanted(queue)--> QUEUED --Offered--> OFFERED --Accepted--> JOINING --LineIn--> TOGETHER
                              ^ `-QueueOver, Tick-> IDLE (told)          `-LineMissing, Tick-> QUEUED, the 2nd time IDLE
                              `--OfferOver-- OFFERED                     QUEUED, OFFERED --Overflowed--> CALLING
    on the way --Withdrawn--> IDLE (what rings is stopped); any --CallerGone--> OVER

    TOGETHER --Hold--> ON_HOLD --Resume--> TOGETHER
    TOGETHER, ON_HOLD --Consult--> REACHING --SecondAnswered--> CONSULTING --Merge--> CONFERENCE
             REACHING --SecondFailed, DropSecond, Tick--> TOGETHER     |        CONFERENCE --SecondGone--> TOGETHER
             CONSULTING --DropSecond, SecondGone--> TOGETHER <---------'- Complete, and the agent gone: the second
                                                                          person has the caller (CONFERENCE as well)
    TOGETHER, ON_HOLD --Transfer--> CALLING or QUEUED;  --BackToBot--> IDLE;  --HangUp, PersonGone--> IDLE (it ends)
    TOGETHER, ON_HOLD, REACHING, CONSULTING --LineBroke--> RESTORING --LineBack--> where it was
                                            RESTORING --Tick--> QUEUED, or TOGETHER with the second person

"Told" means that the bot is given the caller back and says that nobody was reached. Time is an argument. What it takes
and gives stands in `desk/handover_messages.py`; each change of state is a fact (`desk/handover_facts.py`), so that the
state can be read from the log.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, get_args

from calls.handover_events import ConsultEnd, HandoverTarget, ReleaseReason
from desk.handover_messages import (
    Accepted,
    AskLine,
    BackToBot,
    Brief,
    BriefOver,
    BringIn,
    CallerGone,
    CallFailed,
    CallPerson,
    CallSecond,
    Cancelled,
    Command,
    Complete,
    Completed,
    Consult,
    DropSecond,
    Enqueue,
    Failed,
    Failure,
    GiveToBot,
    GoOn,
    HangUp,
    Hold,
    HoldCaller,
    Input,
    Join,
    JoinAll,
    LeaveQueue,
    LetGo,
    LetSecondGo,
    LetSecondIn,
    LineBack,
    LineBroke,
    LineIn,
    LineMissing,
    Merge,
    Mute,
    NoteOffered,
    NoteOfferOver,
    NoteRinging,
    Offered,
    OfferOver,
    Overflowed,
    PersonAnswered,
    PersonDone,
    PersonGone,
    PersonLost,
    PersonRings,
    Promote,
    QueueOver,
    ReferRefused,
    ReferTaken,
    Released,
    Requeue,
    Resume,
    SecondAnswered,
    SecondFailed,
    SecondGone,
    SetMute,
    Started,
    TakeBack,
    TellCaller,
    Tick,
    TooLate,
    Transfer,
    Wanted,
    Wish,
    Withdrawn,
)
from desk.handover_states import ON_THE_WAY, WITH_PERSON, HandoverLimits, HandoverState

_S = HandoverState
_LIVING = tuple(state for state in _S if state is not _S.OVER)
_NOT_WAITING = tuple(state for state in _S if state not in (_S.QUEUED, _S.OFFERED))

_Row = Callable[["HandoverMachine", Input, int], list[Command]]


class HandoverMachine:
    """One call's way to humans and back; begins anew after each attempt."""

    def __init__(self, limits: HandoverLimits | None = None) -> None:
        """Start in IDLE."""
        self.state = HandoverState.IDLE
        self.agent = ""
        """Who has the caller, or is about to; empty for nobody, or somebody on a phone who is not signed in."""
        self.second: HandoverTarget | None = None
        """The second person, reached or there."""
        self.muted = False
        self.held = False
        """Whether the caller hears music."""
        self.back = HandoverState.TOGETHER
        """Of RESTORING: where it goes on when the line is back."""
        self._limits = limits or HandoverLimits()
        self._deadline_ms: int | None = None
        self._queue = HandoverTarget(kind="queue", name="")
        self._wait_until_ms = 0
        self._joins = 0

    def next_deadline_ms(self) -> int | None:
        """Return when `step(Tick(), now_ms)` is due, or None."""
        return self._deadline_ms

    def step(self, event: Input, now_ms: int) -> list[Command]:
        """Take one input; one that means nothing in the present state is ignored (late news of a dead leg)."""
        row = self._ROWS.get((self.state, type(event)))
        return row(self, event, now_ms) if row is not None else []

    def allows(self) -> frozenset[type[Wish]]:
        """Return what the agent may want now."""
        wishes: tuple[type[Wish], ...] = get_args(Wish)
        return frozenset(wish for wish in wishes if (self.state, wish) in self._ROWS)

    def _go(self, state: HandoverState, deadline_ms: int | None = None) -> None:
        self.state, self._deadline_ms = state, deadline_ms
        if state in (_S.IDLE, _S.OVER):
            self.agent, self.second, self.muted, self.held = "", None, False, False

    def _is_due(self, now_ms: int) -> bool:
        return self._deadline_ms is not None and now_ms >= self._deadline_ms

    # The way to somebody on a phone

    def _wanted(self, event: Input, now_ms: int) -> list[Command]:
        assert isinstance(event, Wanted)
        if event.how == "refer":
            self._go(_S.REFERRING)
            return [Started("refer"), AskLine()]
        if event.how == "queue":
            self._queue = HandoverTarget(kind="queue", name=event.queue)
            return self._enqueue(self._queue, now_ms)
        return self._call(event, now_ms)

    def _call(self, _event: Input, now_ms: int) -> list[Command]:
        self._go(_S.CALLING, now_ms + self._limits.ring_ms)
        self.agent = ""
        return [Started("bridge"), CallPerson()]

    def _rings(self, _event: Input, _now_ms: int) -> list[Command]:
        self.state = _S.RINGING
        return [NoteRinging()]

    def _answered(self, _event: Input, now_ms: int) -> list[Command]:
        self._go(_S.BRIEFING, now_ms + self._limits.brief_ms)
        return [Brief()]

    def _failed(self, event: Input, _now_ms: int) -> list[Command]:
        assert isinstance(event, CallFailed)
        return self._give_up(event.why)

    def _rang_too_long(self, _event: Input, now_ms: int) -> list[Command]:
        return self._give_up("no_answer") if self._is_due(now_ms) else []

    def _give_up(self, why: Failure) -> list[Command]:
        self._go(_S.IDLE)
        return [LetGo(), Failed(why)]

    def _briefed(self, event: Input, _now_ms: int) -> list[Command]:
        assert isinstance(event, BriefOver)
        self._go(_S.TOGETHER)
        return [Join(event)]

    def _brief_too_long(self, _event: Input, now_ms: int) -> list[Command]:
        if not self._is_due(now_ms):
            return []
        self._go(_S.TOGETHER)
        return [Join(None)]

    def _left_early(self, event: Input, _now_ms: int) -> list[Command]:
        assert isinstance(event, PersonGone)
        return self._give_up("agent_left" if event.hung_up else "line_broke")

    def _taken(self, _event: Input, _now_ms: int) -> list[Command]:
        self._go(_S.OVER)
        return [Completed()]

    def _withdrawn(self, _event: Input, _now_ms: int) -> list[Command]:
        self._go(_S.IDLE)
        return [LetGo(), Cancelled("caller_withdrew")]

    # The way through the queue

    def _enqueue(self, target: HandoverTarget, now_ms: int, *, first: bool = False) -> list[Command]:
        self._wait_until_ms = now_ms + self._limits.wait_ms
        self._joins = 0
        self._go(_S.QUEUED, self._wait_until_ms)
        return [Started("queue", target), Enqueue(target, first)]

    def _offered(self, event: Input, _now_ms: int) -> list[Command]:
        assert isinstance(event, Offered)
        self.state, self.agent = _S.OFFERED, event.agent
        return [NoteOffered(event.agent, event.for_ms)]

    def _offer_over(self, event: Input, _now_ms: int) -> list[Command]:
        assert isinstance(event, OfferOver)
        if event.agent != self.agent:
            return []
        self.state, self.agent = _S.QUEUED, ""
        return [NoteOfferOver(event.agent, event.why)]

    def _accepted(self, event: Input, now_ms: int) -> list[Command]:
        assert isinstance(event, Accepted)
        self._go(_S.JOINING, now_ms + self._limits.join_ms)
        self.agent = event.agent
        return [BringIn(event.agent)]

    def _accepted_too_late(self, event: Input, _now_ms: int) -> list[Command]:
        assert isinstance(event, Accepted)
        return [TooLate(event.agent)] if event.agent != self.agent else []

    def _offered_too_late(self, _event: Input, _now_ms: int) -> list[Command]:
        return [LeaveQueue("withdrawn")]

    def _line_in(self, _event: Input, _now_ms: int) -> list[Command]:
        self._go(_S.TOGETHER)
        return [Join(None, self.agent)]

    def _line_missing(self, _event: Input, _now_ms: int) -> list[Command]:
        agent, self.agent = self.agent, ""
        self._joins += 1
        if self._joins < self._limits.joins:
            self._go(_S.QUEUED, self._wait_until_ms)
            return [LetGo(), Requeue(agent)]
        self._go(_S.IDLE)
        return [LetGo(), Released(agent, "join_failed"), Failed("line_broke")]

    def _line_too_late(self, event: Input, now_ms: int) -> list[Command]:
        return self._line_missing(event, now_ms) if self._is_due(now_ms) else []

    def _queue_over(self, event: Input, _now_ms: int) -> list[Command]:
        assert isinstance(event, QueueOver)
        self._go(_S.IDLE)
        return [Failed(event.why)]

    def _waited_too_long(self, _event: Input, now_ms: int) -> list[Command]:
        if not self._is_due(now_ms):
            return []
        self._go(_S.IDLE)
        return [LeaveQueue("overflow"), Failed("no_answer")]

    def _withdrawn_queued(self, _event: Input, _now_ms: int) -> list[Command]:
        self._go(_S.IDLE)
        return [LeaveQueue("withdrawn"), Cancelled("caller_withdrew")]

    def _withdrawn_joining(self, _event: Input, _now_ms: int) -> list[Command]:
        agent = self.agent
        self._go(_S.IDLE)
        return [LetGo(), Released(agent, "caller_withdrew"), Cancelled("caller_withdrew")]

    # With a human

    def _left(self, event: Input, now_ms: int) -> list[Command]:
        assert isinstance(event, PersonGone)
        if not event.hung_up and self.agent:
            return self._look_again(now_ms)
        end: Command = PersonDone() if event.hung_up else PersonLost()
        return [*self._part("hung_up" if event.hung_up else "line_lost"), end]

    def _part(self, why: ReleaseReason) -> list[Command]:
        """Let the human go; the caller stays, and hears no music."""
        commands: list[Command] = [LetGo(), Released(self.agent, why)]
        if self.held:
            commands.append(TakeBack())
        self._go(_S.IDLE)
        return commands

    def _look_again(self, now_ms: int) -> list[Command]:
        """The agent is lost: the caller goes to the head of the queue."""
        return [*self._part("line_lost"), GoOn("lost"), *self._enqueue(self._queue, now_ms, first=True)]

    def _hung_up(self, _event: Input, _now_ms: int) -> list[Command]:
        return [*self._part("hung_up"), PersonDone()]

    def _to_bot(self, event: Input, _now_ms: int) -> list[Command]:
        assert isinstance(event, BackToBot)
        agent = self.agent
        return [*self._part("to_bot"), GiveToBot(event.instruction, agent)]

    def _transfer(self, event: Input, now_ms: int) -> list[Command]:
        assert isinstance(event, Transfer)
        parted = [*self._part("transferred"), GoOn("transferred")]
        if event.target.kind == "number":
            self._go(_S.CALLING, now_ms + self._limits.ring_ms)
            return [*parted, Started("bridge", event.target), CallPerson()]
        return [*parted, *self._enqueue(event.target, now_ms)]

    def _mute(self, event: Input, _now_ms: int) -> list[Command]:
        assert isinstance(event, Mute)
        if event.on == self.muted:
            return []
        self.muted = event.on
        return [SetMute(event.on)]

    def _hold(self, _event: Input, now_ms: int) -> list[Command]:
        self._go(_S.ON_HOLD, now_ms + self._limits.hold_word_ms)
        self.held = True
        return [HoldCaller("hold")]

    def _resume(self, _event: Input, _now_ms: int) -> list[Command]:
        self._go(_S.TOGETHER)
        self.held = False
        return [TakeBack()]

    def _still_held(self, _event: Input, now_ms: int) -> list[Command]:
        if not self._is_due(now_ms):
            return []
        self._deadline_ms = now_ms + self._limits.hold_word_ms
        return [TellCaller("still_held")]

    # A second person

    def _consult(self, event: Input, now_ms: int) -> list[Command]:
        assert isinstance(event, Consult)
        hold: list[Command] = [] if self.held else [HoldCaller("consult")]
        self._go(_S.REACHING, now_ms + self._limits.ring_ms)
        self.held, self.second = True, event.target
        return [*hold, CallSecond(event.target)]

    def _second_there(self, _event: Input, now_ms: int) -> list[Command]:
        self._go(_S.CONSULTING, now_ms + self._limits.hold_word_ms)
        return [LetSecondIn()]

    def _without_second(self, why: ConsultEnd) -> list[Command]:
        """The agent is with the caller again."""
        commands: list[Command] = [LetSecondGo(why)]
        if self.held:
            commands.append(TakeBack())
        self._go(_S.TOGETHER)
        self.second, self.held = None, False
        return commands

    def _second_failed(self, event: Input, _now_ms: int) -> list[Command]:
        assert isinstance(event, SecondFailed)
        return self._without_second(event.why)

    def _second_rang_too_long(self, _event: Input, now_ms: int) -> list[Command]:
        return self._without_second("no_answer") if self._is_due(now_ms) else []

    def _second_dropped(self, _event: Input, _now_ms: int) -> list[Command]:
        return self._without_second("dropped")

    def _second_left(self, _event: Input, _now_ms: int) -> list[Command]:
        return self._without_second("left")

    def _merge(self, _event: Input, _now_ms: int) -> list[Command]:
        self._go(_S.CONFERENCE)
        self.held = False
        return [JoinAll(), TakeBack()]

    def _promote(self, promote: Promote) -> list[Command]:
        """The second person takes the agent's place."""
        assert self.second is not None
        back: list[Command] = [TakeBack()] if self.held else []
        self._go(_S.TOGETHER)
        self.agent = self.second.name if self.second.kind == "agent" else ""
        self.second, self.held, self.muted = None, False, False
        return [promote, *back]

    def _complete(self, _event: Input, _now_ms: int) -> list[Command]:
        return self._promote(Promote("completed"))

    def _left_with_second(self, event: Input, _now_ms: int) -> list[Command]:
        broke = isinstance(event, LineBroke) or (isinstance(event, PersonGone) and not event.hung_up)
        return self._promote(Promote("line_lost" if broke else "agent_left"))

    def _left_reaching(self, event: Input, now_ms: int) -> list[Command]:
        """The human leaves before the second person is there."""
        assert isinstance(event, PersonGone)
        end: list[Command] = [LetSecondGo("agent_left" if event.hung_up else "agent_line_lost")]
        self.second = None
        return [*end, *self._look_again(now_ms)] if self.agent else [*end, *self._part("line_lost"), PersonLost()]

    # A line that breaks

    def _line_broke(self, _event: Input, now_ms: int) -> list[Command]:
        commands: list[Command] = []
        if self.state is _S.REACHING:
            commands.append(LetSecondGo("agent_line_lost"))
            self.second, self.back = None, _S.ON_HOLD
        else:
            self.back = self.state
        if not self.held:
            commands.append(HoldCaller("line_lost"))
            self.held = True
        self._go(_S.RESTORING, now_ms + self._limits.restore_ms)
        return [*commands, TellCaller("line_lost")]

    def _line_back(self, _event: Input, now_ms: int) -> list[Command]:
        if self.back is _S.TOGETHER:
            self._go(_S.TOGETHER)
            self.held = False
            return [TellCaller("line_back"), TakeBack()]
        self._go(self.back, now_ms + self._limits.hold_word_ms)
        return [TellCaller("line_back")]

    def _line_lost(self, _event: Input, now_ms: int) -> list[Command]:
        if self.second is not None:
            return self._promote(Promote("line_lost"))
        return self._look_again(now_ms)

    def _restored_too_late(self, event: Input, now_ms: int) -> list[Command]:
        return self._line_lost(event, now_ms) if self._is_due(now_ms) else []

    def _hung_up_restoring(self, event: Input, now_ms: int) -> list[Command]:
        return self._promote(Promote("agent_left")) if self.second is not None else self._hung_up(event, now_ms)

    def _second_left_restoring(self, _event: Input, _now_ms: int) -> list[Command]:
        if self.second is None:
            return []
        self.second, self.back = None, _S.ON_HOLD
        return [LetSecondGo("left")]

    # The caller

    def _caller_gone(self, _event: Input, _now_ms: int) -> list[Command]:
        state, agent, second = self.state, self.agent, self.second
        self._go(_S.OVER)
        commands: list[Command] = []
        if state in (_S.QUEUED, _S.OFFERED):
            commands.append(LeaveQueue("abandoned"))
        if second is not None:
            commands.append(LetSecondGo("caller_gone"))
        commands.append(LetGo())
        if state in WITH_PERSON or state is _S.JOINING:
            commands.append(Released(agent, "caller_gone"))
        if state in ON_THE_WAY:
            commands.append(Cancelled("caller_gone"))
        return commands

    _ROWS: ClassVar[dict[tuple[HandoverState, type[Input]], _Row]] = {
        (_S.IDLE, Wanted): _wanted,
        (_S.REFERRING, ReferTaken): _taken,
        (_S.REFERRING, ReferRefused): _call,
        (_S.CALLING, PersonRings): _rings,
        (_S.CALLING, PersonAnswered): _answered,
        (_S.CALLING, CallFailed): _failed,
        (_S.CALLING, Withdrawn): _withdrawn,
        (_S.CALLING, Tick): _rang_too_long,
        (_S.RINGING, PersonAnswered): _answered,
        (_S.RINGING, CallFailed): _failed,
        (_S.RINGING, Withdrawn): _withdrawn,
        (_S.RINGING, Tick): _rang_too_long,
        (_S.BRIEFING, BriefOver): _briefed,
        (_S.BRIEFING, PersonGone): _left_early,
        (_S.BRIEFING, Withdrawn): _withdrawn,
        (_S.BRIEFING, Tick): _brief_too_long,
        (_S.QUEUED, Offered): _offered,
        (_S.QUEUED, Accepted): _accepted,
        (_S.QUEUED, QueueOver): _queue_over,
        (_S.QUEUED, Overflowed): _call,
        (_S.QUEUED, Withdrawn): _withdrawn_queued,
        (_S.QUEUED, Tick): _waited_too_long,
        (_S.OFFERED, Offered): _offered,
        (_S.OFFERED, OfferOver): _offer_over,
        (_S.OFFERED, Accepted): _accepted,
        (_S.OFFERED, QueueOver): _queue_over,
        (_S.OFFERED, Overflowed): _call,
        (_S.OFFERED, Withdrawn): _withdrawn_queued,
        (_S.OFFERED, Tick): _waited_too_long,
        (_S.JOINING, LineIn): _line_in,
        (_S.JOINING, LineMissing): _line_missing,
        (_S.JOINING, PersonGone): _line_missing,
        (_S.JOINING, Withdrawn): _withdrawn_joining,
        (_S.JOINING, Tick): _line_too_late,
        (_S.TOGETHER, PersonGone): _left,
        (_S.TOGETHER, LineBroke): _line_broke,
        (_S.TOGETHER, Hold): _hold,
        (_S.TOGETHER, Consult): _consult,
        (_S.TOGETHER, Transfer): _transfer,
        (_S.TOGETHER, BackToBot): _to_bot,
        (_S.TOGETHER, HangUp): _hung_up,
        (_S.ON_HOLD, PersonGone): _left,
        (_S.ON_HOLD, LineBroke): _line_broke,
        (_S.ON_HOLD, Resume): _resume,
        (_S.ON_HOLD, Consult): _consult,
        (_S.ON_HOLD, Transfer): _transfer,
        (_S.ON_HOLD, BackToBot): _to_bot,
        (_S.ON_HOLD, HangUp): _hung_up,
        (_S.ON_HOLD, Tick): _still_held,
        (_S.REACHING, SecondAnswered): _second_there,
        (_S.REACHING, SecondFailed): _second_failed,
        (_S.REACHING, DropSecond): _second_dropped,
        (_S.REACHING, PersonGone): _left_reaching,
        (_S.REACHING, LineBroke): _line_broke,
        (_S.REACHING, Tick): _second_rang_too_long,
        (_S.CONSULTING, Complete): _complete,
        (_S.CONSULTING, Merge): _merge,
        (_S.CONSULTING, DropSecond): _second_dropped,
        (_S.CONSULTING, SecondGone): _second_left,
        (_S.CONSULTING, PersonGone): _left_with_second,
        (_S.CONSULTING, LineBroke): _line_broke,
        (_S.CONSULTING, Tick): _still_held,
        (_S.CONFERENCE, Complete): _complete,
        (_S.CONFERENCE, HangUp): _complete,
        (_S.CONFERENCE, DropSecond): _second_dropped,
        (_S.CONFERENCE, SecondGone): _second_left,
        (_S.CONFERENCE, PersonGone): _left_with_second,
        (_S.CONFERENCE, LineBroke): _left_with_second,
        (_S.RESTORING, LineBack): _line_back,
        (_S.RESTORING, PersonGone): _line_lost,
        (_S.RESTORING, HangUp): _hung_up_restoring,
        (_S.RESTORING, SecondGone): _second_left_restoring,
        (_S.RESTORING, Tick): _restored_too_late,
        **dict.fromkeys(
            [(s, Mute) for s in (_S.TOGETHER, _S.ON_HOLD, _S.REACHING, _S.CONSULTING, _S.CONFERENCE)], _mute
        ),
        **dict.fromkeys([(s, CallerGone) for s in _LIVING], _caller_gone),
        **dict.fromkeys([(s, Accepted) for s in _NOT_WAITING], _accepted_too_late),
        **dict.fromkeys([(s, Offered) for s in _NOT_WAITING], _offered_too_late),
    }
    """The whole machine, one row an arrow. What has no row is ignored."""
