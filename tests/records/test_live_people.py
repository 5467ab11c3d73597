"""The people of a call in the live view: they say what the machine of the handover goes on from."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from calls import handover_events as h
from calls.events import (
    CallEnded,
    HandoverAnswered,
    HandoverCancelled,
    HandoverCompleted,
    HandoverFailed,
    HandoverRinging,
    HandoverStarted,
)
from calls.ids import LegId
from desk.handover_facts import read
from records.folds.live_people import LiveHandover, LivePeople, people_step

NAMES = st.sampled_from(["ana", "ben"])
BODIES: st.SearchStrategy[Any] = st.one_of(
    st.builds(HandoverStarted, target=NAMES, how=st.sampled_from(["bridge", "refer", "queue"])),
    st.builds(HandoverRinging),
    st.just(HandoverAnswered(leg_id=LegId("leg-2"))),
    st.just(HandoverCompleted(how="queue")),
    st.just(HandoverFailed(reason="busy")),
    st.just(HandoverCancelled(reason="caller_withdrew")),
    st.builds(h.HandoverOffered, agent=NAMES, for_ms=st.just(20_000)),
    st.builds(h.HandoverOfferEnded, agent=NAMES, reason=st.just("declined")),
    st.builds(h.HandoverAccepted, agent=NAMES),
    st.builds(h.AgentReleased, agent=NAMES, reason=st.sampled_from(["hung_up", "line_lost"])),
    st.builds(h.CallerPutOnHold, reason=st.sampled_from(["hold", "consult"])),
    st.builds(h.CallerTakenBack),
    st.builds(h.ConsultStarted, target=st.builds(h.HandoverTarget, kind=st.just("agent"), name=NAMES)),
    st.builds(h.ConsultAnswered),
    st.builds(h.ConferenceFormed),
    st.builds(h.ConsultEnded, reason=st.just("busy")),
    st.builds(h.ConsultCompleted, reason=st.just("completed")),
    st.builds(h.AgentLineLost, agent=NAMES),
    st.builds(h.AgentLineBack, agent=NAMES),
    st.builds(h.AgentMuted, on=st.booleans()),
)
IDLE = {"", "failed", "cancelled", "to_bot", "released"}
"""The live view keeps how it came out; for the machine nobody is looked for."""


def over(bodies: list[Any]) -> tuple[LiveHandover, LivePeople]:
    handover: LiveHandover = ""
    people = LivePeople()
    for body in bodies:
        handover, people = people_step(handover, people, body)
    return handover, people


@settings(max_examples=300, deadline=None)
@given(bodies=st.lists(BODIES, max_size=12))
def test_when_any_facts_are_folded_then_pages_and_machine_agree_who_has_the_caller(bodies: list[Any]) -> None:
    if any(
        isinstance(b, h.AgentLineLost) and not isinstance(a, HandoverCompleted) for a, b in pairwise([None, *bodies])
    ):
        return  # a line is lost in a talk alone
    handover, people = over(bodies)
    seen = read(bodies)
    shown = "idle" if handover in IDLE else {"connected": "together"}.get(handover, handover)
    assert (shown, people.muted, people.held) == (seen.state.value, seen.muted, seen.held)
    if shown != "idle":
        assert people.agent == seen.agent


def test_when_supervisors_come_and_go_then_those_who_are_there_are_shown_until_the_end() -> None:
    bodies = [
        h.SupervisionChanged(supervisor="sue", mode="listen", announced=True),
        h.SupervisionChanged(supervisor="max", mode="whisper", announced=False),
        h.SupervisionChanged(supervisor="sue", mode="barge", announced=True),
    ]
    shown = [(one.supervisor, one.mode) for one in over(bodies)[1].supervisors]
    assert shown == [("max", "whisper"), ("sue", "barge")]
    off = h.SupervisionChanged(supervisor="max", mode="off", announced=False)
    assert [one.supervisor for one in over([*bodies, off])[1].supervisors] == ["sue"]
    assert over([*bodies, CallEnded(result="escalated", reason="caller_hung_up")])[1].supervisors == ()
