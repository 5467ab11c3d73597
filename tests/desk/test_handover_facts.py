"""What a handover leaves in the log, and what is owed to a caller whose call is lost with its process."""

from __future__ import annotations

import pytest

from calls.events import (
    CallAnswered,
    CallbackBooked,
    CallOffered,
    EventBody,
    HandoverCompleted,
    HandoverFailed,
    HandoverStarted,
)
from calls.handover_events import (
    AgentReleased,
    CallerPutOnHold,
    ConsultAnswered,
    ConsultCompleted,
    ConsultStarted,
    HandoverAccepted,
    HandoverTarget,
)
from desk.handover_facts import owed_after_loss, read
from desk.handover_states import HandoverState

OFFERED = CallOffered(transport="sip", caller="+34600123456", caller_name="", called="bot", peer_call_id="x")
ANSWERED = CallAnswered(language="en", flow="main")
QUEUED = HandoverStarted(target="support", how="queue")
ACCEPTED = HandoverAccepted(agent="ana")
JOINED = HandoverCompleted(how="queue")
LATER = CallbackBooked(number="+34600123456", language="en", matter="")


def test_when_a_call_was_lost_while_the_caller_waited_then_they_are_called_back() -> None:
    owed = owed_after_loss([OFFERED, ANSWERED, QUEUED])
    assert owed == [HandoverFailed(reason="process_lost"), LATER]


@pytest.mark.parametrize("so_far", [[ACCEPTED], [ACCEPTED, JOINED], [ACCEPTED, JOINED, CallerPutOnHold(reason="hold")]])
def test_when_an_agent_had_the_caller_then_the_agent_is_free_and_the_caller_is_called_back(
    so_far: list[EventBody],
) -> None:
    owed = owed_after_loss([OFFERED, ANSWERED, QUEUED, *so_far])
    assert owed == [AgentReleased(agent="ana", reason="line_lost"), HandoverFailed(reason="process_lost"), LATER]


def test_when_nobody_was_wanted_or_the_talk_with_them_was_over_then_nothing_is_owed() -> None:
    assert owed_after_loss([OFFERED, ANSWERED]) == []
    over: list[EventBody] = [OFFERED, ANSWERED, QUEUED, ACCEPTED, JOINED, AgentReleased(agent="ana", reason="hung_up")]
    assert owed_after_loss(over) == []


def test_when_the_number_is_withheld_then_nobody_can_be_called_back_and_the_log_says_that_it_failed() -> None:
    hidden = CallOffered(transport="sip", caller="", caller_name="", called="bot", peer_call_id="x")
    assert owed_after_loss([hidden, ANSWERED, QUEUED]) == [HandoverFailed(reason="process_lost")]


def test_when_a_consult_is_completed_then_the_log_says_who_has_the_caller() -> None:
    second = HandoverTarget(kind="agent", name="luis")
    consult: list[EventBody] = [CallerPutOnHold(reason="consult"), ConsultStarted(target=second), ConsultAnswered()]
    seen = read([QUEUED, ACCEPTED, JOINED, *consult])
    assert (seen.state, seen.agent, seen.second, seen.held) == (HandoverState.CONSULTING, "ana", second, True)
    seen = read([QUEUED, ACCEPTED, JOINED, *consult, ConsultCompleted(reason="completed")])
    assert (seen.agent, seen.second) == ("luis", None)
