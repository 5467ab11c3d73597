"""Every row of the handover's table, the rows it does not have, and its promises."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk import handover
from desk.handover import (
    BriefOver,
    CallerGone,
    CallFailed,
    HandoverLimits,
    HandoverMachine,
    HandoverState,
    PersonAnswered,
    PersonGone,
    PersonRings,
    ReferRefused,
    ReferTaken,
    Tick,
    Wanted,
    Withdrawn,
)

SAMPLES: dict[str, handover.Input] = {
    "Wanted": Wanted(),
    "Wanted(refer)": Wanted("refer"),
    "PersonRings": PersonRings(),
    "PersonAnswered": PersonAnswered(),
    "CallFailed": CallFailed("busy"),
    "BriefOver": BriefOver(4_000, whole=True),
    "PersonGone(hung up)": PersonGone(hung_up=True),
    "PersonGone(broke)": PersonGone(hung_up=False),
    "ReferTaken": ReferTaken(),
    "ReferRefused": ReferRefused(),
    "Withdrawn": Withdrawn(),
    "CallerGone": CallerGone(),
    "Tick": Tick(),
}
WAYS: dict[HandoverState, tuple[str, ...]] = {
    HandoverState.IDLE: (),
    HandoverState.REFERRING: ("Wanted(refer)",),
    HandoverState.CALLING: ("Wanted",),
    HandoverState.RINGING: ("Wanted", "PersonRings"),
    HandoverState.BRIEFING: ("Wanted", "PersonRings", "PersonAnswered"),
    HandoverState.TOGETHER: ("Wanted", "PersonAnswered", "BriefOver"),
    HandoverState.OVER: ("CallerGone",),
}
ROWS = {
    "idle --Wanted--> calling: Started CallPerson",
    "idle --Wanted(refer)--> referring: Started AskLine",
    "idle --CallerGone--> over: LetGo",
    "referring --ReferTaken--> over: Completed",
    "referring --ReferRefused--> calling: Started CallPerson",
    "referring --CallerGone--> over: LetGo Cancelled",
    "calling --PersonRings--> ringing: NoteRinging",
    "calling --PersonAnswered--> briefing: Brief",
    "calling --CallFailed--> idle: LetGo Failed",
    "calling --Withdrawn--> idle: LetGo Cancelled",
    "calling --CallerGone--> over: LetGo Cancelled",
    "calling --Tick--> idle: LetGo Failed",
    "ringing --PersonAnswered--> briefing: Brief",
    "ringing --CallFailed--> idle: LetGo Failed",
    "ringing --Withdrawn--> idle: LetGo Cancelled",
    "ringing --CallerGone--> over: LetGo Cancelled",
    "ringing --Tick--> idle: LetGo Failed",
    "briefing --BriefOver--> together: Join",
    "briefing --PersonGone(hung up)--> idle: LetGo Failed",
    "briefing --PersonGone(broke)--> idle: LetGo Failed",
    "briefing --Withdrawn--> idle: LetGo Cancelled",
    "briefing --CallerGone--> over: LetGo Cancelled",
    "briefing --Tick--> together: Join",
    "together --PersonGone(hung up)--> idle: LetGo PersonDone",
    "together --PersonGone(broke)--> idle: LetGo PersonLost",
    "together --CallerGone--> over: LetGo",
}


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("state", HandoverState)
def test_each_state_and_input_does_what_its_row_says_or_nothing(state: HandoverState, name: str) -> None:
    machine = HandoverMachine()
    for step in WAYS[state]:
        machine.step(SAMPLES[step], 0)
    assert machine.state is state
    done = machine.step(SAMPLES[name], 10**6)
    row = f"{state.value} --{name}--> {machine.state.value}: {' '.join(type(c).__name__ for c in done)}".strip()
    expected = [r for r in ROWS if r.startswith(f"{state.value} --{name}-->")]
    if expected:
        assert row == expected[0]
    else:
        assert done == []
        assert machine.state is state


def test_when_nobody_answers_in_time_then_that_is_the_reason() -> None:
    machine = HandoverMachine(HandoverLimits(ring_ms=20_000))
    machine.step(Wanted(), 1_000)
    machine.step(PersonRings(), 2_000)
    assert machine.next_deadline_ms() == 21_000
    assert machine.step(Tick(), 20_999) == []
    assert machine.step(Tick(), 21_000) == [handover.LetGo(), handover.Failed("no_answer")]


def test_when_an_attempt_failed_then_another_may_follow() -> None:
    machine = HandoverMachine()
    for event in (Wanted(), CallFailed("busy"), Wanted(), PersonAnswered(), BriefOver(1, whole=True)):
        machine.step(event, 0)
    assert machine.state is HandoverState.TOGETHER


@given(st.lists(st.tuples(st.sampled_from(list(SAMPLES.values())), st.integers(0, 40_000)), max_size=50))
def test_whatever_happens_nobody_is_joined_unbriefed_and_nobody_is_left_ringing(
    steps: list[tuple[handover.Input, int]],
) -> None:
    machine, now_ms = HandoverMachine(), 0
    called = briefed = False
    for event, gap_ms in steps:
        now_ms += gap_ms
        for command in machine.step(event, now_ms):
            match command:
                case handover.CallPerson():
                    assert not called, "one person at a time"
                    called = True
                case handover.Brief():
                    assert called
                    briefed = True
                case handover.Join():
                    assert briefed
                case handover.LetGo():
                    called = briefed = False
        waiting = machine.state in (HandoverState.CALLING, HandoverState.RINGING, HandoverState.BRIEFING)
        assert (machine.next_deadline_ms() is not None) == waiting
        assert called == (waiting or machine.state is HandoverState.TOGETHER)
