"""Session timers of RFC 4028 in virtual time: each row, both roles, both refreshers, 422, refreshes, ends."""

from __future__ import annotations

import itertools

import pytest

from telephony.sip.headers import Headers
from telephony.sip.message import SipRequest, SipResponse
from telephony.sip.session_timer import (
    SESSION_TIMER,
    SessionTimer,
    TimerAct,
    TimerEvent,
    TimerSettings,
    TimerState,
    min_se,
    session_expires,
)
from telephony.sip.signals import AnswerCall, CallArrived, CallOver, MediaAgreed
from tests.telephony.sip.test_incoming_calls import statuses
from tests.telephony.sip.test_outgoing_calls import dial, methods, reply
from tests.telephony.sip.ua_bench import OFFER, Bench, request, tag_of

ANSWER = OFFER.replace("0 8 101", "0 101")

# state --event--> state: acts (r refresh, e end)
ROWS = """
    OFF --AGREED_OURS--> OURS:
    OFF --AGREED_THEIRS--> THEIRS:
    OFF --AGREED_NONE--> OFF:
    OURS --AGREED_OURS--> OURS:
    OURS --AGREED_THEIRS--> THEIRS:
    OURS --AGREED_NONE--> OFF:
    OURS --DUE--> ASKING: r
    OURS --EXPIRED--> OFF: e
    ASKING --AGREED_OURS--> OURS:
    ASKING --AGREED_THEIRS--> THEIRS:
    ASKING --AGREED_NONE--> OFF:
    ASKING --NOT_NOW--> OURS:
    ASKING --LOST--> OFF: e
    ASKING --EXPIRED--> OFF: e
    THEIRS --AGREED_OURS--> OURS:
    THEIRS --AGREED_THEIRS--> THEIRS:
    THEIRS --AGREED_NONE--> OFF:
    THEIRS --EXPIRED--> OFF: e
"""
LETTERS = {"r": TimerAct.REFRESH, "e": TimerAct.END}


def test_when_the_table_is_read_then_it_is_row_for_row_the_one_written_here() -> None:
    expected = {}
    for line in filter(None, map(str.strip, ROWS.splitlines())):
        step, _, acts = line.partition(":")
        start, event, end = (word.strip() for word in step.replace("-->", "--").split("--"))
        key = (TimerState[start], TimerEvent[event])
        expected[key] = (TimerState[end], tuple(LETTERS[letter] for letter in acts.strip()))
    assert expected == SESSION_TIMER
    illegal = set(itertools.product(TimerState, TimerEvent)) - set(SESSION_TIMER)
    assert len(illegal) == len(TimerState) * len(TimerEvent) - 18
    for state, happening in illegal:
        timer = SessionTimer(TimerSettings())
        timer.state = state
        with pytest.raises(KeyError):
            timer._step(happening)
        assert timer.state is state


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("1800", (1800, "")),
        ("90;refresher=uac", (90, "uac")),
        (" 90 ; Refresher = UAS ", (90, "uas")),
        ("90;x=y;refresher=uas", (90, "uas")),
        ("90;refresher=nobody", (90, "")),
        ("0", (None, "")),
        ("", (None, "")),
        ("soon", (None, "")),
        ("9999999999999", (None, "")),
        ("-5", (None, "")),
    ],
)
def test_when_an_interval_is_read_then_nonsense_counts_as_none(value: str, read: tuple[int | None, str]) -> None:
    assert session_expires(Headers([("x", value)])) == read
    assert min_se(Headers([("Min-SE", value)])) == (read[0] if value.strip() != "0" else 0)


# What the request says: Supported, Session-Expires -> what our 2xx says, who refreshes (RFC 4028 section 9, table 2)
@pytest.mark.parametrize(
    ("fields", "expires", "required", "state"),
    [
        ((), "", "", TimerState.OFF),
        ((("Supported", "timer"),), "1800;refresher=uas", "timer", TimerState.OURS),
        ((("Session-Expires", "600"),), "600;refresher=uas", "", TimerState.OURS),
        ((("Session-Expires", "600;refresher=uac"),), "600;refresher=uas", "", TimerState.OURS),
        ((("Supported", "timer"), ("Session-Expires", "600")), "600;refresher=uas", "timer", TimerState.OURS),
        (
            (("Supported", "timer"), ("x", "600;refresher=uac")),
            "600;refresher=uac",
            "timer",
            TimerState.THEIRS,
        ),
        (
            (("Supported", "timer"), ("x", "600;refresher=uas")),
            "600;refresher=uas",
            "timer",
            TimerState.OURS,
        ),
        ((("Supported", "timer"), ("x", "7200")), "1800;refresher=uas", "timer", TimerState.OURS),
        (
            (("Supported", "timer"), ("x", "7200"), ("Min-SE", "3600")),
            "3600;refresher=uas",
            "timer",
            TimerState.OURS,
        ),
    ],
)
def test_when_a_request_asks_for_a_timer_then_our_2xx_settles_it(
    fields: tuple[tuple[str, str], ...], expires: str, required: str, state: TimerState
) -> None:
    timer = SessionTimer(TimerSettings())
    answered = dict(timer.answer_request(Headers(fields), 0))
    assert (answered.get("Session-Expires", ""), answered.get("Require", ""), timer.state) == (expires, required, state)


def incoming(bench: Bench, *extra: str) -> tuple[str, str, SipRequest | SipResponse]:
    """Bring a call to where both talk; return its session, our tag and our 200."""
    bench.receive(request("INVITE", body=OFFER, extra=extra))
    (arrived,) = [news for news in bench.take_news() if isinstance(news, CallArrived)]
    (answer,) = bench.give(AnswerCall(arrived.session_id, 20_000))
    bench.receive(request("ACK", branch="z9hG4bKack", to_tag=tag_of(answer)))
    bench.take_news()
    return arrived.session_id, tag_of(answer), answer


def test_when_the_interval_is_too_small_then_422_names_ours() -> None:
    bench = Bench()
    sent = bench.receive(request("INVITE", branch="z9hG4bKsmall", body=OFFER, extra=("x: 60", "Supported: timer")))
    assert statuses(sent) == [422]
    assert sent[-1].headers.get("Min-SE") == "90"
    assert bench.agent.open_sessions == 0
    bench = Bench()
    _, tag, _ = incoming(bench, "Session-Expires: 60")
    small = request("UPDATE", branch="z9hG4bKu", cseq=2, to_tag=tag, extra=("Supported: timer", "Session-Expires: 60"))
    assert bench.statuses(small) == [422]


def test_when_we_refresh_then_update_goes_out_at_half_of_the_interval_and_the_call_stays_for_hours() -> None:
    bench = Bench()
    incoming(bench, "Supported: timer", "Allow: INVITE, ACK, BYE, UPDATE")
    for number in range(1, 9):
        sent = bench.wait(900_000)
        update = next(message for message in reversed(sent) if isinstance(message, SipRequest))
        assert (update.method, update.headers.get("CSeq")) == ("UPDATE", f"{number} UPDATE")
        assert update.headers.get("Session-Expires") == "1800;refresher=uac"
        assert not update.body
        bench.receive(reply(update, 200, extra=("Session-Expires: 1800;refresher=uac", "Require: timer")))
    assert bench.take_news() == []
    assert bench.agent.open_sessions == 1


def test_when_the_peer_takes_no_update_then_the_refresh_is_a_reinvite_with_the_same_description() -> None:
    bench = Bench()
    _, _, answer = incoming(bench, "Supported: timer", "Allow: INVITE, ACK, BYE")
    sent = bench.wait(900_000)
    invite = next(message for message in sent if isinstance(message, SipRequest))
    assert (invite.method, invite.body) == ("INVITE", answer.body)
    sent = bench.receive(reply(invite, 200, body=ANSWER, extra=("Session-Expires: 1800;refresher=uac",)))
    assert methods(sent) == ["ACK"]
    assert not any(isinstance(news, MediaAgreed) for news in bench.take_news())


def test_when_nobody_answers_our_refresh_then_bye_and_the_end() -> None:
    bench = Bench()
    session, _, _ = incoming(bench, "Supported: timer", "Allow: INVITE, ACK, BYE, UPDATE")
    sent = bench.wait(900_000 + 32_000)
    assert methods(sent)[-1] == "BYE"
    assert bench.take_news() == [CallOver(session, "timeout")]


def test_when_our_refresh_is_refused_then_others_follow_and_the_end_comes_with_the_interval() -> None:
    bench = Bench()
    session, _, _ = incoming(bench, "Supported: timer", "Allow: INVITE, ACK, BYE, UPDATE")
    refused = set()
    for _ in range(1_800):
        for message in bench.wait(1_000):
            number = message.headers.get("CSeq")
            if isinstance(message, SipRequest) and message.method == "UPDATE" and number not in refused:
                refused.add(number)
                bench.receive(reply(message, 488))
    assert len(refused) > 3
    assert bench.take_news() == [CallOver(session, "session_expired")]


def test_when_the_peer_refreshes_then_we_wait_and_without_it_bye_comes_shortly_before_the_end() -> None:
    bench = Bench()
    session, tag, answer = incoming(bench, "Supported: timer", "Session-Expires: 90;refresher=uac")
    assert answer.headers.get("Session-Expires") == "90;refresher=uac"
    for number in range(2, 6):
        assert bench.wait(50_000) == []
        refresh = request(
            "UPDATE",
            branch=f"z9hG4bK{number}",
            cseq=number,
            to_tag=tag,
            extra=("Supported: timer", "Session-Expires: 90;refresher=uac"),
        )
        (ok,) = bench.receive(refresh)
        assert ok.headers.get("Session-Expires") == "90;refresher=uac"
    assert methods(bench.wait(59_999)) == []
    assert methods(bench.wait(1)) == ["BYE"]
    assert bench.take_news() == [CallOver(session, "session_expired")]


def test_when_we_call_then_we_ask_for_a_timer_and_follow_what_the_callee_settles() -> None:
    bench = Bench()
    invite = dial(bench)
    assert invite.headers.get("Session-Expires") == "1800"
    assert "timer" in invite.headers.tokens("Supported")
    settled = ("Session-Expires: 600;refresher=uas", "Require: timer")
    bench.receive(reply(invite, 200, body=ANSWER, extra=settled))
    assert methods(bench.wait(600_000 - 32_000 - 1)) == []
    assert methods(bench.wait(1)) == ["BYE"]
    assert bench.take_news()[-1] == CallOver("out", "session_expired")


def test_when_the_callee_leaves_the_refresh_to_us_then_we_do_it() -> None:
    bench = Bench()
    settled = ("Session-Expires: 600;refresher=uac", "Require: timer", "Allow: UPDATE")
    bench.receive(reply(dial(bench), 200, body=ANSWER, extra=settled))
    sent = bench.wait(300_000)
    assert methods(sent) == ["UPDATE"]
    assert sent[0].headers.get("Session-Expires") == "600;refresher=uac"


def test_when_the_callee_knows_no_timers_then_there_is_none() -> None:
    bench = Bench()
    bench.receive(reply(dial(bench), 200, body=ANSWER))
    assert methods(bench.wait(10_000_000)) == []
    assert bench.agent.open_sessions == 1


def test_when_the_callee_wants_a_longer_interval_then_the_call_is_asked_for_anew() -> None:
    bench = Bench()
    bench.agent._wire.settings = type(bench.agent._wire.settings)(
        local_port=5060, session_timer=TimerSettings(interval_s=100)
    )
    first = dial(bench)
    sent = bench.receive(reply(first, 422, extra=("Min-SE: 900",)))
    assert methods(sent) == ["ACK", "INVITE"]
    second = sent[1]
    assert isinstance(second, SipRequest)
    assert (second.headers.get("CSeq"), second.headers.get("Call-ID")) == ("2 INVITE", first.headers.get("Call-ID"))
    assert (second.headers.get("Session-Expires"), second.headers.get("Min-SE")) == ("900", "900")
    assert methods(bench.receive(reply(second, 200, body=ANSWER))) == ["ACK"]
    bench.wait(70_000)
    assert methods(bench.receive(reply(second, 422, extra=("Min-SE: 900",)))) == []


def test_when_422_asks_for_nothing_more_then_the_call_is_refused() -> None:
    bench = Bench()
    assert methods(bench.receive(reply(dial(bench), 422, extra=("Min-SE: 100",)))) == ["ACK"]
    assert bench.take_news() == [CallOver("out", "refused", 422, "x")]
