"""Every row of the call machine's table, the rows it does not have, and its promise against dead air."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls import commands, machine
from calls.machine import (
    Admitted,
    AnswerFailed,
    BotHeard,
    BotSilent,
    Broken,
    CallerBack,
    CallerGone,
    CallerHeld,
    CallerSpeaks,
    CallerStopped,
    CallerTurnEnded,
    CallInput,
    CallLimits,
    CallMachine,
    CallState,
    EndWanted,
    MediaOpen,
    NothingOwed,
    Outcome,
    PersonJoined,
    PersonLeft,
    PersonLost,
    Refused,
    ShutdownWanted,
    Tick,
)

SAMPLES: dict[type, CallInput] = {
    Admitted: Admitted(),
    Refused: Refused(486, "Busy Here", "overload"),
    MediaOpen: MediaOpen(),
    AnswerFailed: AnswerFailed("no_common_codec"),
    CallerGone: CallerGone("caller_hung_up"),
    CallerTurnEnded: CallerTurnEnded(),
    CallerSpeaks: CallerSpeaks(),
    CallerStopped: CallerStopped(),
    BotHeard: BotHeard(filler=False),
    BotSilent: BotSilent(),
    NothingOwed: NothingOwed(),
    CallerHeld: CallerHeld(),
    CallerBack: CallerBack(),
    PersonJoined: PersonJoined(),
    PersonLeft: PersonLeft(),
    PersonLost: PersonLost(),
    Outcome: Outcome("escalated"),
    EndWanted: EndWanted("bot_hung_up"),
    ShutdownWanted: ShutdownWanted(),
    Broken: Broken(),
    Tick: Tick(),
}
WAY: list[tuple[CallState, CallInput]] = [
    (CallState.OFFERED, Admitted(ring_ms=100)),
    (CallState.RINGING, Tick()),
    (CallState.ANSWERING, MediaOpen()),
    (CallState.TALKING, EndWanted("bot_hung_up")),
]
ASIDE: dict[CallState, CallInput] = {CallState.HELD: CallerHeld(), CallState.WITH_PERSON: PersonJoined()}
"""States beside the way, and how to get there from TALKING."""


def machine_in(state: CallState) -> CallMachine:
    call = CallMachine()
    for step, (_, event) in enumerate(WAY):
        if call.state is state:
            return call
        if call.state is CallState.TALKING and state in ASIDE:
            call.step(ASIDE[state], step * 100 - 300)
            break
        call.step(event, step * 100 - 300)
    if state is CallState.ENDED:
        call.step(CallerGone("caller_hung_up"), 100)
    assert call.state is state
    return call


ROWS = {
    "offered --Admitted--> answering: Ring Answer",
    "offered --Refused--> ended: Reject Finish",
    "offered --CallerGone--> ended: Finish",
    "offered --ShutdownWanted--> ended: Reject Finish",
    "offered --Broken--> ended: Reject Finish",
    "ringing --CallerGone--> ended: Finish",
    "ringing --ShutdownWanted--> ended: Reject Finish",
    "ringing --Broken--> ended: Reject Finish",
    "ringing --Tick--> answering: Answer",
    "answering --MediaOpen--> talking: Begin",
    "answering --AnswerFailed--> ended: Finish",
    "answering --CallerGone--> ended: Finish",
    "answering --Broken--> ended: Drop Finish",
    "answering --Tick--> ended: Drop Finish",
    "talking --CallerGone--> ended: Finish",
    "talking --CallerTurnEnded--> talking:",
    "talking --CallerSpeaks--> talking:",
    "talking --CallerStopped--> talking:",
    "talking --BotHeard--> talking:",
    "talking --BotSilent--> talking:",
    "talking --NothingOwed--> talking:",
    "talking --Outcome--> talking:",
    "talking --EndWanted--> closing:",
    "talking --ShutdownWanted--> closing: SayGoodbye",
    "talking --Broken--> ended: Drop Finish",
    "talking --Tick--> closing: SayGoodbye",
    "talking --CallerHeld--> held:",
    "talking --PersonJoined--> with_person:",
    "held --CallerGone--> ended: Finish",
    "held --CallerBack--> talking:",
    "held --CallerTurnEnded--> held:",
    "held --CallerSpeaks--> held:",
    "held --NothingOwed--> held:",
    "held --BotSilent--> held:",
    "held --PersonJoined--> with_person:",
    "held --Outcome--> held:",
    "held --ShutdownWanted--> ended: Drop Finish",
    "held --Broken--> ended: Drop Finish",
    "held --Tick--> ended: Drop Finish",
    "with_person --CallerGone--> ended: Finish",
    "with_person --PersonLeft--> closing: SayGoodbye",
    "with_person --PersonLost--> talking:",
    "with_person --BotHeard--> with_person:",
    "with_person --BotSilent--> with_person:",
    "with_person --Outcome--> with_person:",
    "with_person --ShutdownWanted--> closing: SayGoodbye",
    "with_person --Broken--> ended: Drop Finish",
    "with_person --Tick--> closing: SayGoodbye",
    "closing --CallerGone--> ended: Finish",
    "closing --Outcome--> closing:",
    "closing --BotHeard--> closing:",
    "closing --BotSilent--> ended: Drop Finish",
    "closing --Broken--> ended: Drop Finish",
    "closing --Tick--> ended: Drop Finish",
}


@pytest.mark.parametrize("state", CallState)
@pytest.mark.parametrize("kind", list(SAMPLES))
def test_each_state_and_input_does_what_its_row_says_or_nothing(state: CallState, kind: type) -> None:
    call = machine_in(state)
    late_ms = 10**9 if kind is Tick else 200
    done = call.step(SAMPLES[kind], late_ms)
    row = f"{state.value} --{kind.__name__}--> {call.state.value}: {' '.join(type(c).__name__ for c in done)}".strip()
    expected = [r for r in ROWS if r.startswith(f"{state.value} --{kind.__name__}-->")]
    if expected:
        assert row == expected[0]
    else:
        assert done == []
        assert call.state is state


def test_when_the_bot_stays_silent_the_caller_hears_a_filler_then_an_apology() -> None:
    limits = CallLimits()
    call = machine_in(CallState.TALKING)
    call.step(BotHeard(filler=False), 200)
    call.step(BotSilent(), 1_000)
    call.step(CallerTurnEnded(), 5_000)
    assert call.next_deadline_ms() == 5_000 + limits.filler_after_ms
    assert call.step(Tick(), 7_500) == [commands.Fill(1)]
    call.step(BotHeard(filler=True), 7_600)
    call.step(BotSilent(), 8_600)
    assert call.step(Tick(), 13_600) == [commands.Fill(2)]
    assert call.step(Tick(), 18_600) == [commands.GiveUpAnswering()]


def test_when_recognition_hangs_after_the_caller_stopped_the_caller_hears_a_filler() -> None:
    call = machine_in(CallState.TALKING)
    call.step(BotHeard(filler=False), 200)
    call.step(BotSilent(), 1_000)
    call.step(CallerSpeaks(), 3_000)
    call.step(CallerStopped(), 5_000)
    assert call.step(Tick(), 5_000 + CallLimits().filler_after_pause_ms) == [commands.Fill(1)]


def test_when_the_caller_coughs_over_the_bot_no_filler_follows_the_question() -> None:
    call = machine_in(CallState.TALKING)
    call.step(BotHeard(filler=False), 200)
    call.step(CallerSpeaks(), 1_000)
    call.step(CallerStopped(), 1_500)
    call.step(BotSilent(), 2_000)
    assert call.step(Tick(), 9_000) == []


def test_when_the_bot_yielded_and_recognition_hangs_the_caller_hears_a_filler() -> None:
    call = machine_in(CallState.TALKING)
    call.step(BotHeard(filler=False), 200)
    call.step(CallerSpeaks(), 1_000)
    call.step(BotSilent(), 1_500)
    call.step(CallerStopped(), 2_000)
    assert call.step(Tick(), 2_000 + CallLimits().filler_after_pause_ms) == [commands.Fill(1)]


def test_when_the_answer_is_heard_no_filler_follows() -> None:
    call = machine_in(CallState.TALKING)
    call.step(CallerTurnEnded(), 5_000)
    call.step(BotHeard(filler=False), 5_700)
    call.step(BotSilent(), 9_000)
    assert call.step(Tick(), 60_000) == []


def test_when_a_callback_was_booked_the_result_says_so() -> None:
    call = machine_in(CallState.TALKING)
    call.step(Outcome("escalated"), 1)
    call.step(Outcome("callback"), 2)
    call.step(Outcome("completed"), 3)
    (finish,) = call.step(CallerGone("caller_hung_up"), 4)
    assert isinstance(finish, commands.Finish)
    assert finish.ended.result == "callback"


def test_when_the_caller_holds_us_for_longer_than_the_limit_then_the_call_ends_and_says_why() -> None:
    call = CallMachine(CallLimits(hold_ms=60_000))
    for event in (Admitted(), MediaOpen(), CallerTurnEnded(), CallerHeld()):
        call.step(event, 1_000)
    assert call.next_deadline_ms() == 61_000
    assert call.step(Tick(), 60_999) == []
    drop, finish = call.step(Tick(), 61_000)
    assert isinstance(drop, commands.Drop)
    assert isinstance(finish, commands.Finish)
    assert finish.ended.reason == "held_too_long"


def test_when_the_caller_holds_us_then_no_filler_is_said_and_afterwards_the_bot_owes_a_word() -> None:
    call = machine_in(CallState.TALKING)
    call.step(CallerTurnEnded(), 1_000)
    call.step(CallerHeld(), 1_500)
    assert call.step(Tick(), 100_000) == []
    call.step(CallerBack(), 200_000)
    assert call.step(Tick(), 200_000 + CallLimits().filler_after_ms) == [commands.Fill(1)]


def test_when_a_person_has_the_caller_then_the_bot_fills_no_silence_until_the_person_is_lost() -> None:
    call = machine_in(CallState.TALKING)
    call.step(PersonJoined(), 1_000)
    call.step(CallerTurnEnded(), 2_000)
    assert call.step(Tick(), 60_000) == []
    call.step(PersonLost(), 70_000)
    assert call.step(Tick(), 70_000 + CallLimits().filler_after_ms) == [commands.Fill(1)]


@given(st.lists(st.tuples(st.sampled_from(list(SAMPLES.values())), st.integers(0, 40_000)), max_size=60))
def test_whatever_happens_the_end_comes_once_and_a_deadline_exists_until_then(
    steps: list[tuple[CallInput, int]],
) -> None:
    call = CallMachine()
    now_ms = 0
    finishes = 0
    for event, gap_ms in steps:
        now_ms += gap_ms
        done = call.step(event, now_ms)
        finishes += sum(isinstance(command, commands.Finish) for command in done)
        if done and isinstance(done[-1], commands.Finish):
            assert call.state is CallState.ENDED
        if call.state not in (CallState.OFFERED, CallState.ENDED):
            assert call.next_deadline_ms() is not None
    assert finishes == (1 if call.state is machine.CallState.ENDED else 0)


@given(st.lists(st.sampled_from([BotHeard(filler=True), BotSilent(), Tick()]), max_size=40), st.integers(100, 3_000))
def test_when_a_turn_is_owed_an_answer_silence_never_outlasts_the_guard(events: list[CallInput], gap_ms: int) -> None:
    call = machine_in(CallState.TALKING)
    call.step(CallerTurnEnded(), 1_000)
    now_ms, silent_since_ms, audible = 1_000, 1_000, False
    limit_ms = CallLimits().filler_again_ms
    for event in events:
        now_ms += gap_ms
        due = call.next_deadline_ms()
        if due is not None and due <= now_ms and call.step(Tick(), due):
            silent_since_ms = due
        call.step(event, now_ms)
        if isinstance(event, BotHeard):
            audible = True
        elif isinstance(event, BotSilent):
            silent_since_ms, audible = now_ms, False
        if not audible and call.state is CallState.TALKING:
            due = call.next_deadline_ms()
            assert due is not None
            assert due - silent_since_ms <= limit_ms + gap_ms
