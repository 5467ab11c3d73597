"""Each row of the session table, and that everything else is illegal."""

from __future__ import annotations

import itertools
from collections import deque

import pytest

from telephony.sip.session import Session
from telephony.sip.session_states import SESSION, SessionAct, SessionEvent, SessionState
from telephony.sip.transaction import IllegalStepError
from telephony.sip.wire import UserAgentSettings, Wire

# state --event--> state: acts
# (a answer, r refusal, t 487, u 480, k ACK, b BYE, c CANCEL, d abandon, o confirm, R report)
ROWS = """
    RINGING --ANSWER--> ANSWERED: a
    RINGING --REJECT--> ENDED: rR
    RINGING --HANG_UP--> ENDED: uR
    RINGING --CANCEL--> ENDED: tR
    RINGING --BYE--> ENDED: tR
    RINGING --EXPIRED--> ENDED: uR
    ANSWERED --ACK--> TALKING: o
    ANSWERED --BAD_ACK--> ENDING: bR
    ANSWERED --NO_ACK--> ENDING: bR
    ANSWERED --HANG_UP--> LEAVING:
    ANSWERED --BYE--> ENDED: R
    ANSWERED --CANCEL--> ANSWERED:
    LEAVING --ACK--> ENDING: b
    LEAVING --BAD_ACK--> ENDING: b
    LEAVING --NO_ACK--> ENDING: b
    LEAVING --HANG_UP--> LEAVING:
    LEAVING --BYE--> ENDED: R
    LEAVING --CANCEL--> LEAVING:
    CALLING --GOT_1XX--> PROCEEDING:
    CALLING --GOT_2XX--> TALKING: ko
    CALLING --GOT_BAD_2XX--> ENDING: kbR
    CALLING --GOT_REFUSAL--> ENDED: R
    CALLING --FAILED--> ENDED: R
    CALLING --HANG_UP--> GIVING_UP:
    CALLING --EXPIRED--> GIVING_UP:
    PROCEEDING --GOT_1XX--> PROCEEDING:
    PROCEEDING --GOT_2XX--> TALKING: ko
    PROCEEDING --GOT_BAD_2XX--> ENDING: kbR
    PROCEEDING --GOT_REFUSAL--> ENDED: R
    PROCEEDING --FAILED--> ENDED: R
    PROCEEDING --HANG_UP--> CANCELLING: c
    PROCEEDING --EXPIRED--> CANCELLING: c
    GIVING_UP --GOT_1XX--> CANCELLING: c
    GIVING_UP --GOT_2XX--> ENDING: kb
    GIVING_UP --GOT_BAD_2XX--> ENDING: kb
    GIVING_UP --GOT_REFUSAL--> ENDED: R
    GIVING_UP --FAILED--> ENDED: R
    GIVING_UP --HANG_UP--> GIVING_UP:
    CANCELLING --GOT_1XX--> CANCELLING:
    CANCELLING --GOT_2XX--> ENDING: kb
    CANCELLING --GOT_BAD_2XX--> ENDING: kb
    CANCELLING --GOT_REFUSAL--> ENDED: R
    CANCELLING --FAILED--> ENDED: R
    CANCELLING --EXPIRED--> ENDED: dR
    CANCELLING --HANG_UP--> CANCELLING:
    TALKING --BYE--> ENDED: R
    TALKING --HANG_UP--> ENDING: b
    TALKING --ACK--> TALKING:
    TALKING --BAD_ACK--> ENDING: bR
    TALKING --NO_ACK--> ENDING: bR
    TALKING --LOST--> ENDING: bR
    TALKING --CANCEL--> TALKING:
    TALKING --GOT_2XX--> TALKING: k
    TALKING --GOT_BAD_2XX--> TALKING: k
    ENDING --BYE--> ENDED: R
    ENDING --BYE_DONE--> ENDED: R
    ENDING --HANG_UP--> ENDING:
    ENDING --ACK--> ENDING:
    ENDING --BAD_ACK--> ENDING:
    ENDING --NO_ACK--> ENDING:
    ENDING --CANCEL--> ENDING:
    ENDING --GOT_2XX--> ENDING: k
    ENDING --GOT_BAD_2XX--> ENDING: k
    ENDED --HANG_UP--> ENDED:
    ENDED --CANCEL--> ENDED:
    ENDED --BYE--> ENDED:
    ENDED --BYE_DONE--> ENDED:
    ENDED --GOT_2XX--> ENDED: k
    ENDED --GOT_BAD_2XX--> ENDED: k
    ENDED --FAILED--> ENDED:
"""

LETTERS = {
    "a": SessionAct.SEND_ANSWER,
    "r": SessionAct.SEND_REFUSAL,
    "t": SessionAct.SEND_TERMINATED,
    "u": SessionAct.SEND_UNAVAILABLE,
    "k": SessionAct.SEND_ACK,
    "b": SessionAct.SEND_BYE,
    "c": SessionAct.SEND_CANCEL,
    "d": SessionAct.ABANDON,
    "o": SessionAct.CONFIRM,
    "R": SessionAct.REPORT,
}


def test_when_the_table_is_read_then_it_is_row_for_row_the_one_written_here() -> None:
    expected = {}
    for line in filter(None, map(str.strip, ROWS.splitlines())):
        step, _, acts = line.partition(":")
        start, event, end = (word.strip() for word in step.replace("-->", "--").split("--"))
        key = (SessionState[start], SessionEvent[event])
        expected[key] = (SessionState[end], tuple(LETTERS[letter] for letter in acts.strip()))
    assert expected == SESSION


def test_when_a_step_is_not_in_the_table_then_it_is_illegal_and_changes_nothing() -> None:
    wire = Wire(UserAgentSettings(local_port=5060), lambda: "token")
    for state, event in itertools.product(SessionState, SessionEvent):
        if (state, event) not in SESSION:
            session = Session("session", wire, "192.0.2.1", state)
            with pytest.raises(IllegalStepError):
                session._take(event, 0)
            assert session.state is state
    assert wire.take_outputs() == ()


def test_when_a_call_begins_then_every_state_can_end_and_only_ended_is_final() -> None:
    for state in SessionState:
        reached, waiting = {state}, deque([state])
        while waiting:
            now = waiting.popleft()
            for (start, _), (end, _) in SESSION.items():
                if start is now and end not in reached:
                    reached.add(end)
                    waiting.append(end)
        assert SessionState.ENDED in reached
    assert {end for (start, _), (end, _) in SESSION.items() if start is SessionState.ENDED} == {SessionState.ENDED}


def test_when_a_bye_is_sent_then_never_before_our_answer_was_confirmed_or_given_up() -> None:
    for (start, event), (_, acts) in SESSION.items():
        if SessionAct.SEND_BYE in acts:
            assert start not in (SessionState.RINGING, SessionState.CANCELLING) or SessionAct.SEND_ACK in acts
            if start in (SessionState.ANSWERED, SessionState.LEAVING):
                assert event in (SessionEvent.ACK, SessionEvent.BAD_ACK, SessionEvent.NO_ACK)


def test_when_a_cancel_is_sent_then_a_provisional_response_came_before() -> None:
    for (start, event), (_, acts) in SESSION.items():
        if SessionAct.SEND_CANCEL in acts:
            assert start is SessionState.PROCEEDING or event is SessionEvent.GOT_1XX


def test_when_we_hang_up_then_every_state_knows_what_to_do() -> None:
    assert all((state, SessionEvent.HANG_UP) in SESSION for state in SessionState)
    cancellable = set(SessionState) - {
        SessionState.CALLING,
        SessionState.PROCEEDING,
        SessionState.GIVING_UP,
        SessionState.CANCELLING,
    }
    assert all((state, SessionEvent.CANCEL) in SESSION for state in cancellable)
    assert len(list(itertools.product(SessionState, SessionEvent))) > len(SESSION)
