"""All interleavings of a handover: a breadth-first walk to every state that the machine can be in, by every input.

What the commands mean in the world is kept beside the machine: who rings, who is in the queue, who hears whom. In each
place that is reached, the promises hold.
"""

from __future__ import annotations

from collections import deque
from copy import copy, deepcopy
from dataclasses import dataclass, field
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from calls.events import CallEnded, EventBody, HandoverAnswered
from calls.handover_events import HandoverTarget
from calls.ids import LegId
from desk import handover_messages as m
from desk.handover import HandoverMachine
from desk.handover_facts import HandoverSeen, fact
from desk.handover_states import ON_THE_WAY, WITH_PERSON, HandoverLimits, HandoverState
from tests.desk.test_handover import SAMPLES

COLLEAGUE = HandoverTarget(kind="agent", name="luis")
INPUTS: dict[str, m.Input] = {
    **SAMPLES,
    "Consult(agent)": m.Consult(COLLEAGUE),
    "Transfer(agent)": m.Transfer(COLLEAGUE),
    "Mute(off)": m.Mute(False),
}
LONG_MS = 10**8


@dataclass
class World:
    """What the commands so far have made of the world."""

    ringing: bool = False
    """Somebody on a phone is being called, or is there and not joined."""
    queued: bool = False
    joining: str | None = None
    """An agent who was announced to the caller and is not there yet."""
    joined: str | None = None
    """Who is with the caller; empty for somebody on a phone."""
    second: HandoverTarget | None = None
    second_in: bool = False
    held: bool = False
    owed: str = ""
    """What the caller was told, while nothing has followed."""
    seen: HandoverSeen = field(default_factory=HandoverSeen)
    said: list[str] = field(default_factory=list)

    def do(self, command: m.Command, agent: str) -> None:
        self.said.append(type(command).__name__)
        body: EventBody | None = fact(command, agent=agent, usual="usual")
        if isinstance(command, m.Brief):
            body = HandoverAnswered(leg_id=LegId("l"))
        if body is not None:
            self.seen.take(body)
        match command:
            case m.CallPerson():
                assert not self.ringing, "one person at a time"
                assert self.joined is None
                self.ringing, self.queued = True, False
            case m.Enqueue():
                assert not self.queued
                assert self.joined is None, "who waits has nobody"
                self.queued = True
            case m.LeaveQueue():
                self.queued = False
            case m.BringIn(to):
                assert self.queued
                assert self.owed == ""
                self.queued, self.joining, self.owed = False, to, "connecting"
            case m.Requeue(to):
                assert to == self.joining or self.joining is None
                self.queued, self.joining, self.owed = True, None, ""
            case m.Join(_, by):
                assert self.joined is None, "never two bridges"
                assert self.ringing or self.joining == by != ""
                self.ringing, self.joining, self.joined, self.owed = False, None, by, ""
            case m.LetGo():
                self.ringing = False
            case m.Released(who, why):
                assert who in (self.joined, self.joining)
                assert self.joined is not None or why in ("join_failed", "caller_gone", "caller_withdrew")
                self.joined = self.joining = None
                if why == "caller_gone":
                    self.held, self.owed = False, ""  # nobody listens any more
                self.owed = "" if self.owed == "connecting" else self.owed
            case m.Failed():
                self.queued = False
                self.owed = ""
            case m.Cancelled():
                self.owed = ""
            case m.GoOn():
                self.owed = "another"
            case m.Started():
                self.owed = ""
            case m.PersonDone() | m.PersonLost() | m.GiveToBot():
                assert self.joined is None
                self.owed = ""
            case _:
                self._do_second(command)

    def _do_second(self, command: m.Command) -> None:
        match command:
            case m.HoldCaller():
                assert not self.held
                self.held = True
            case m.TakeBack():
                assert self.held
                self.held = False
                self.owed = "" if self.owed == "line_lost" else self.owed
            case m.TellCaller("line_lost"):
                self.owed = "line_lost"
            case m.TellCaller("line_back"):
                self.owed = ""
            case m.TellCaller():
                assert self.held
            case m.CallSecond(target):
                assert self.second is None
                assert self.held
                self.second = target
            case m.LetSecondIn():
                assert self.second is not None
                assert self.held, "they talk in private"
                self.second_in = True
            case m.LetSecondGo():
                assert self.second is not None, "nobody is let go twice"
                self.second, self.second_in = None, False
            case m.JoinAll():
                assert self.second_in
            case m.Promote():
                assert self.second is not None
                assert self.second_in, "the caller is never given to a phone that rings"
                self.joined = self.second.name if self.second.kind == "agent" else ""
                self.second, self.second_in, self.owed = None, False, ""


@dataclass
class Place:
    """A machine and its world."""

    machine: HandoverMachine = field(default_factory=HandoverMachine)
    world: World = field(default_factory=World)
    now_ms: int = 0

    def key(self) -> tuple[object, ...]:
        machine, world = self.machine, self.world
        inner = (machine.state, machine.agent, machine.second, machine.held, machine.muted, machine.back)
        counts = (machine._joins, machine._queue, machine.next_deadline_ms() is None)
        outer = (world.ringing, world.queued, world.joining, world.joined, world.second, world.second_in, world.held)
        return (*inner, *counts, *outer, world.owed, world.seen.state)

    def after(self, event: m.Input) -> Place:
        place = Place(copy(self.machine), copy(self.world), self.now_ms)  # shallow: what they hold never changes
        place.world.said, place.world.seen = [], copy(self.world.seen)
        place.now_ms += LONG_MS if isinstance(event, m.Tick) else 1
        place.take(event)
        return place

    def take(self, event: m.Input) -> None:
        agent = self.machine.agent
        commands = self.machine.step(event, self.now_ms)
        for command in commands:
            self.world.do(command, self.machine.agent or agent)
        if isinstance(event, m.CallerGone):
            self.world.seen.take(CallEnded(result="abandoned", reason="caller_hung_up"))
        self.check()

    def check(self) -> None:
        machine, world = self.machine, self.world
        state = machine.state
        assert world.queued == (state in (HandoverState.QUEUED, HandoverState.OFFERED))
        assert world.ringing == (state in (HandoverState.CALLING, HandoverState.RINGING, HandoverState.BRIEFING))
        assert (world.joined is not None) == (state in WITH_PERSON)
        assert (world.joining is not None) == (state is HandoverState.JOINING)
        assert world.joined in (None, machine.agent)
        assert world.held == machine.held
        assert world.second == machine.second
        assert world.second_in == (world.second is not None and state is not HandoverState.REACHING)
        if state in (HandoverState.IDLE, HandoverState.OVER, HandoverState.TOGETHER):
            assert world.owed == "", "an announcement without a result"
            assert world.second is None
            assert not world.held
        assert (world.owed == "line_lost") == (state is HandoverState.RESTORING)
        waiting = ON_THE_WAY - {HandoverState.REFERRING} | {
            HandoverState.RESTORING,
            HandoverState.ON_HOLD,
            HandoverState.REACHING,
            HandoverState.CONSULTING,
        }
        assert (machine.next_deadline_ms() is not None) == (state in waiting), "who waits hears something in the end"
        seen = world.seen
        assert (seen.state, seen.held, seen.muted) == (state, machine.held, machine.muted), "the log tells the state"
        assert seen.second == machine.second
        assert seen.agent == machine.agent
        if state is HandoverState.RESTORING:
            assert seen.back is machine.back


@cache
def all_places() -> list[Place]:
    begin = Place()
    found, waiting = {begin.key(): begin}, deque([begin])
    while waiting:
        place = waiting.popleft()
        for event in INPUTS.values():
            then = place.after(event)
            if then.key() not in found:
                found[then.key()] = then
                waiting.append(then)
    return list(found.values())


def test_in_every_place_that_any_interleaving_reaches_the_promises_hold() -> None:
    places = all_places()
    assert {place.machine.state for place in places} == set(HandoverState)
    assert len(places) > 150


def test_from_every_place_the_caller_ends_with_the_bot_when_every_human_is_lost_and_nobody_else_comes() -> None:
    losses = (m.PersonGone(hung_up=False), m.SecondGone(), m.ReferRefused(), m.Tick())
    for place in map(deepcopy, all_places()):
        for event in losses * 12:
            if place.machine.state in (HandoverState.IDLE, HandoverState.OVER):
                break
            place.now_ms += LONG_MS
            place.take(event)
        assert place.machine.state in (HandoverState.IDLE, HandoverState.OVER), place.machine.state


def test_whenever_the_caller_hangs_up_nobody_rings_and_no_agent_is_left_with_an_offer() -> None:
    for place in all_places():
        gone = place.after(m.CallerGone())
        world = gone.world
        assert gone.machine.state is HandoverState.OVER
        assert not world.ringing
        assert not world.queued
        assert (world.joined, world.joining, world.second) == (None, None, None)
        late = gone.after(m.Accepted("ana"))
        assert late.world.said == ["TooLate"]
        assert gone.after(m.Offered("ana", 20_000)).world.said == ["LeaveQueue"]


def test_a_tick_before_its_time_does_nothing() -> None:
    for place in all_places():
        due_ms = place.machine.next_deadline_ms()
        before = place.key()
        if due_ms is not None:
            place.now_ms = due_ms - 1
        place.take(m.Tick())
        assert place.key() == before


@given(st.lists(st.tuples(st.sampled_from(sorted(INPUTS)), st.integers(0, 40_000)), max_size=60))
@settings(max_examples=300, deadline=None)
def test_whatever_happens_at_whatever_times_the_promises_hold(steps: list[tuple[str, int]]) -> None:
    place = Place(HandoverMachine(HandoverLimits(wait_ms=90_000)))
    for name, gap_ms in steps:
        place.now_ms += gap_ms
        place.take(INPUTS[name])


def test_an_agent_may_want_what_has_a_row_and_nothing_else() -> None:
    machine = HandoverMachine()
    assert machine.allows() == frozenset()
    for event in (m.Wanted("queue"), m.Accepted("ana"), m.LineIn()):
        machine.step(event, 0)
    assert machine.allows() == {m.Mute, m.Hold, m.Consult, m.Transfer, m.BackToBot, m.HangUp}
    machine.step(m.Consult(COLLEAGUE), 0)
    assert machine.allows() == {m.Mute, m.DropSecond}
    machine.step(m.SecondAnswered(), 0)
    assert machine.allows() == {m.Mute, m.Complete, m.Merge, m.DropSecond}
