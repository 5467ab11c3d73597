"""Each row of the hunt for a server that works, and the memory of those that do not."""

from __future__ import annotations

import pytest

from telephony.sip.failover import AVOIDED_MS, MAX_AVOIDED, AvoidedServers, HuntState, TargetHunt
from telephony.sip.message import Flow
from telephony.sip.signals import EndCause

FIRST, SECOND, THIRD = (Flow(f"192.0.2.{number}", 5060) for number in (1, 2, 3))


@pytest.mark.parametrize(
    ("cause", "status", "goes_on"),
    [
        ("no_response", 0, True),
        ("transport_error", 0, True),
        ("refused", 503, True),
        ("refused", 486, False),
        ("refused", 500, False),
        ("refused", 408, False),
        ("timeout", 0, False),
        ("bad_answer", 0, False),
        ("local", 0, False),
        ("cancelled", 0, False),
    ],
)
def test_when_a_server_fails_then_the_next_is_tried_only_if_it_was_the_servers_fault(
    cause: EndCause, status: int, goes_on: bool
) -> None:
    hunt = TargetHunt([FIRST, SECOND])
    assert (hunt.target, hunt.has_next, hunt.state) == (FIRST, True, HuntState.TRYING)
    assert hunt.failed(cause, status) is goes_on
    assert hunt.state is (HuntState.TRYING if goes_on else HuntState.GIVEN_UP)
    assert hunt.target == (SECOND if goes_on else FIRST)


def test_when_no_server_is_left_then_the_hunt_is_given_up() -> None:
    hunt = TargetHunt([FIRST])
    assert not hunt.has_next
    assert hunt.failed("no_response")
    assert hunt.state is HuntState.GIVEN_UP


def test_when_a_server_answers_then_the_hunt_is_over() -> None:
    hunt = TargetHunt([FIRST, SECOND])
    hunt.succeeded()
    assert hunt.state is HuntState.REACHED


def test_when_a_server_failed_lately_then_it_is_tried_last_until_it_works_or_time_passes() -> None:
    avoided = AvoidedServers()
    targets = [FIRST, SECOND, THIRD]
    avoided.note(FIRST, 1_000)
    assert avoided.order(targets, 1_000) == [SECOND, THIRD, FIRST]
    assert avoided.order(targets, 1_000 + AVOIDED_MS) == targets
    avoided.forgive(FIRST)
    assert avoided.order(targets, 1_000) == targets


def test_when_very_many_servers_fail_then_the_oldest_failure_is_forgotten() -> None:
    avoided = AvoidedServers()
    avoided.note(FIRST, 0)
    for number in range(MAX_AVOIDED):
        avoided.note(Flow("192.0.2.9", 1 + number), 0)
    assert avoided.order([FIRST, SECOND], 1) == [FIRST, SECOND]
