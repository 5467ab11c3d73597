"""Who hears whom: every state, and the promises behind the table."""

from __future__ import annotations

import pytest

from desk.floor import PRIVATE, Edge, Supervision, hears
from desk.handover_states import HandoverState

APART = set(HandoverState) - {HandoverState.TOGETHER, HandoverState.CONFERENCE}


@pytest.mark.parametrize("state", HandoverState)
def test_the_caller_hears_the_bot_in_every_state_so_that_whatever_happens_can_be_told(state: HandoverState) -> None:
    assert ("bot", "caller") in hears(state)
    assert ("caller", "bot") in hears(state)


@pytest.mark.parametrize("state", sorted(APART, key=str))
def test_when_agent_and_caller_are_apart_then_neither_hears_the_other(state: HandoverState) -> None:
    between: set[Edge] = {("agent", "caller"), ("caller", "agent"), ("second", "caller"), ("caller", "second")}
    assert not between & hears(state)


@pytest.mark.parametrize("state", sorted(PRIVATE, key=str))
def test_when_a_talk_is_private_then_the_bot_does_not_disturb_it(state: HandoverState) -> None:
    assert not {("bot", "agent"), ("bot", "second")} & hears(state)


def test_when_all_three_are_together_then_each_hears_the_others() -> None:
    edges = hears(HandoverState.CONFERENCE)
    people = ("caller", "agent", "second")
    assert all((one, other) in edges for one in people for other in people if one != other)


@pytest.mark.parametrize("state", HandoverState)
@pytest.mark.parametrize(
    ("mode", "heard_by"),
    [("listen", set()), ("whisper", {"agent"}), ("barge", {"agent", "caller", "second", "bot"})],
)
def test_when_a_supervisor_is_there_then_who_hears_them_is_what_the_mode_says(
    state: HandoverState, mode: Supervision, heard_by: set[str]
) -> None:
    edges = hears(state, mode)
    assert {listener for speaker, listener in edges if speaker == "supervisor"} == heard_by
    assert ("caller", "supervisor") in edges
    assert {e for e in edges if "supervisor" not in e} == hears(state)
