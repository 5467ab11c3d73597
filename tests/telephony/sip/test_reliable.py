"""Reliable provisional responses, early media and forks, from both sides (RFC 3262, RFC 3960, RFC 6228)."""

from __future__ import annotations

import itertools

import pytest

from telephony.sdp.session_description import parse_sdp
from telephony.sip.headers import Headers
from telephony.sip.message import SipRequest, SipResponse
from telephony.sip.reliable import (
    RELIABLE,
    ReliableEvent,
    ReliableReceiver,
    ReliableSender,
    ReliableState,
    parse_rack,
    parse_rseq,
)
from telephony.sip.signals import (
    AnswerCall,
    BeginEarlyMedia,
    CallConfirmed,
    CallOver,
    CallRinging,
    HangUpCall,
    MediaAgreed,
    RingCall,
)
from telephony.sip.transaction import IllegalStepError
from tests.telephony.sip.test_incoming_calls import arrive, statuses
from tests.telephony.sip.test_outgoing_calls import dial, methods, reply
from tests.telephony.sip.ua_bench import OFFER, Bench, request, tag_of

ANSWER = OFFER.replace("0 8 101", "0 101")
ROWS = """
    IDLE --SEND--> WAITING
    IDLE --FINAL--> IDLE
    WAITING --PRACK--> IDLE
    WAITING --REPEAT--> WAITING
    WAITING --FINAL--> IDLE
    WAITING --GIVE_UP--> LOST
    LOST --FINAL--> LOST
"""


def test_when_the_table_is_read_then_it_is_row_for_row_the_one_written_here() -> None:
    expected = {}
    for line in filter(None, map(str.strip, ROWS.splitlines())):
        start, event, end = (word.strip() for word in line.replace("-->", "--").split("--"))
        expected[ReliableState[start], ReliableEvent[event]] = ReliableState[end]
    assert expected == RELIABLE
    for state, happening in itertools.product(ReliableState, ReliableEvent):
        if (state, happening) not in RELIABLE:
            sender = ReliableSender(1, 0)
            sender.state = state
            with pytest.raises(IllegalStepError):
                sender._step(happening)


@pytest.mark.parametrize("text", [None, "", "1", "1 2", "a 1 INVITE", "1 b INVITE", "-1 1 INVITE", "99999999999 1 X"])
def test_when_rack_is_malformed_then_there_is_none(text: str | None) -> None:
    assert parse_rack(text) is None


def test_when_rseq_stands_without_require_or_on_a_final_response_then_no_prack_is_owed() -> None:
    fields = [("Require", "100rel"), ("RSeq", "7")]
    assert parse_rseq(SipResponse(183, "x", Headers(fields))) == 7
    assert parse_rseq(SipResponse(200, "x", Headers(fields))) is None
    assert parse_rseq(SipResponse(100, "x", Headers(fields))) is None
    assert parse_rseq(SipResponse(183, "x", Headers(fields[1:]))) is None
    assert parse_rseq(SipResponse(183, "x", Headers([fields[0], ("RSeq", "x")]))) is None


def test_when_numbers_skip_or_come_again_then_they_are_not_confirmed() -> None:
    receiver = ReliableReceiver()
    assert [receiver.takes(number) for number in (5, 5, 7, 6, 7, 6)] == [True, False, False, True, True, False]


# As the side that is called


def prack(bench: Bench, response: SipRequest | SipResponse, number: int = 2, body: str = "") -> bytes:
    rack = f"RAck: {response.headers.get('RSeq')} 1 INVITE"
    return request("PRACK", branch=f"z9hG4bKp{number}", cseq=number, to_tag=tag_of(response), extra=(rack,), body=body)


def test_when_the_caller_requires_100rel_then_180_is_repeated_until_its_prack() -> None:
    bench = Bench()
    session = arrive(bench, extra=("Require: 100rel",))  # type: ignore[arg-type]
    (ringing,) = bench.give(RingCall(session))
    assert ringing.headers.get("Require") == "100rel"
    assert statuses(bench.wait(500 + 1_000 + 2_000)) == [180, 180, 180]
    assert bench.statuses(prack(bench, ringing)) == [200]
    assert bench.wait(10_000) == []
    assert bench.statuses(prack(bench, ringing, 3)) == [481]


def test_when_nobody_confirms_our_180_then_the_call_is_refused_with_504_after_32_seconds() -> None:
    bench = Bench()
    bench.agent._wire.settings = type(bench.agent._wire.settings)(local_port=5060, answer_ms=60_000)
    session = arrive(bench, extra=("Require: 100rel",))  # type: ignore[arg-type]
    bench.give(RingCall(session))
    assert statuses(bench.wait(31_999)) == [180] * 6
    assert statuses(bench.wait(1)) == [504]
    assert bench.take_news() == [CallOver(session, "timeout")]


def test_when_the_caller_only_supports_100rel_then_180_is_plain_and_183_with_media_reliable() -> None:
    bench = Bench()
    session = arrive(bench, extra=("Supported: 100rel",))  # type: ignore[arg-type]
    (ringing,) = bench.give(RingCall(session))
    assert ringing.headers.get("Require") is None
    (early,) = bench.give(BeginEarlyMedia(session, 20_000))
    assert (statuses([early]), early.headers.get("Require")) == ([183], "100rel")
    assert parse_sdp(early.body).media[0].port == 20_000
    (agreed,) = bench.take_news()
    assert isinstance(agreed, MediaAgreed)
    assert bench.give(AnswerCall(session, 20_000)) == []
    ok, answer = bench.receive(prack(bench, early))
    assert statuses([ok, answer]) == [200, 200]
    assert (ok.headers.get("CSeq"), answer.headers.get("CSeq")) == ("2 PRACK", "1 INVITE")
    assert not answer.body
    bench.receive(request("ACK", branch="z9hG4bKack", to_tag=tag_of(answer)))
    assert bench.take_news() == [CallConfirmed(session)]


def test_when_the_caller_knows_no_100rel_then_183_shows_the_answer_that_the_200_gives() -> None:
    bench = Bench()
    session = arrive(bench)
    (early,) = bench.give(BeginEarlyMedia(session, 20_000))
    assert (statuses([early]), early.headers.get("Require")) == ([183], None)
    (answer,) = bench.give(AnswerCall(session, 20_000))
    assert answer.body == early.body
    assert len([news for news in bench.take_news() if isinstance(news, MediaAgreed)]) == 1


def test_when_early_media_was_confirmed_then_update_may_change_it_before_the_answer() -> None:
    bench = Bench()
    session = arrive(bench, extra=("Supported: 100rel",))  # type: ignore[arg-type]
    (early,) = bench.give(BeginEarlyMedia(session, 20_000))
    bench.receive(prack(bench, early))
    bench.take_news()
    moved = request("UPDATE", branch="z9hG4bKu", cseq=3, to_tag=tag_of(early), body=OFFER.replace("40000", "40100"))
    assert bench.statuses(moved) == [200]
    (agreed,) = bench.take_news()
    assert isinstance(agreed, MediaAgreed)
    assert agreed.agreement.remote_port == 40_100


def test_when_the_invite_has_no_offer_then_ours_is_in_the_reliable_183_and_the_answer_in_its_prack() -> None:
    bench = Bench()
    session = arrive(bench, body="", extra=("Supported: 100rel",))  # type: ignore[arg-type]
    (early,) = bench.give(BeginEarlyMedia(session, 20_000))
    assert parse_sdp(early.body).media[0].formats == ("0", "8", "101")
    assert bench.statuses(prack(bench, early, body=ANSWER)) == [200]
    (agreed,) = bench.take_news()
    assert isinstance(agreed, MediaAgreed)
    (answer,) = bench.give(AnswerCall(session, 20_000))
    assert (statuses([answer]), answer.body) == ([200], b"")


def test_when_the_prack_brings_no_answer_that_we_can_use_then_the_call_is_refused() -> None:
    bench = Bench()
    session = arrive(bench, body="", extra=("Supported: 100rel",))  # type: ignore[arg-type]
    (early,) = bench.give(BeginEarlyMedia(session, 20_000))
    assert bench.statuses(prack(bench, early, body=ANSWER.replace("0 101", "18"))) == [200, 488]
    assert bench.take_news() == [CallOver(session, "bad_answer")]


def test_when_two_responses_are_due_then_the_second_waits_for_the_prack_of_the_first() -> None:
    bench = Bench()
    session = arrive(bench, extra=("Require: 100rel",))  # type: ignore[arg-type]
    (ringing,) = bench.give(RingCall(session))
    assert bench.give(BeginEarlyMedia(session, 20_000)) == []
    ok, early = bench.receive(prack(bench, ringing))
    assert statuses([ok, early]) == [200, 183]
    assert int(early.headers.get("RSeq") or 0) == int(ringing.headers.get("RSeq") or 0) + 1


def test_when_a_call_with_an_open_180_is_answered_or_left_then_nothing_is_repeated_any_more() -> None:
    for order in (AnswerCall, HangUpCall):
        bench = Bench()
        session = arrive(bench, extra=("Require: 100rel",))  # type: ignore[arg-type]
        bench.give(RingCall(session))
        bench.give(AnswerCall(session, 20_000) if order is AnswerCall else HangUpCall(session))
        assert 180 not in statuses(bench.wait(40_000))


# As the side that calls

RELIABLY = ("Require: 100rel", "RSeq: 70")


def test_when_a_reliable_183_brings_media_then_prack_goes_out_and_it_is_heard_before_the_answer() -> None:
    bench = Bench()
    invite = dial(bench)
    (confirm,) = bench.receive(reply(invite, 183, body=ANSWER, extra=RELIABLY))
    assert isinstance(confirm, SipRequest)
    assert (confirm.method, confirm.uri) == ("PRACK", "sip:bob@192.0.2.7:5066")
    assert (confirm.headers.get("RAck"), confirm.headers.get("CSeq")) == ("70 1 INVITE", "2 PRACK")
    (agreed,) = bench.take_news()
    assert isinstance(agreed, MediaAgreed)
    assert methods(bench.receive(reply(invite, 183, body=ANSWER, extra=RELIABLY))) == []
    assert methods(bench.receive(reply(invite, 180, extra=("Require: 100rel", "RSeq: 72")))) == []
    assert methods(bench.receive(reply(invite, 180, extra=("Require: 100rel", "RSeq: 71")))) == ["PRACK"]
    assert bench.take_news() == [CallRinging("out")]
    (ack,) = bench.receive(reply(invite, 200))
    assert isinstance(ack, SipRequest)
    assert ack.headers.get("CSeq") == "1 ACK"
    assert bench.take_news() == [CallConfirmed("out")]
    (bye,) = bench.give(HangUpCall("out"))
    assert bye.headers.get("CSeq") == "4 BYE"


def test_when_an_unreliable_183_brings_media_then_it_is_heard_and_the_200_decides() -> None:
    bench = Bench()
    invite = dial(bench)
    assert methods(bench.receive(reply(invite, 183, body=ANSWER))) == []
    (early,) = bench.take_news()
    assert isinstance(early, MediaAgreed)
    bench.receive(reply(invite, 200, body=ANSWER.replace("40000", "40008")))
    agreed, confirmed = bench.take_news()
    assert isinstance(agreed, MediaAgreed)
    assert agreed.agreement.remote_port == 40_008
    assert confirmed == CallConfirmed("out")


def test_when_several_phones_ring_then_the_first_with_media_is_heard_and_who_answers_is_talked_to() -> None:
    bench = Bench()
    invite = dial(bench)
    bench.receive(reply(invite, 183, tag="one", body=ANSWER))
    bench.receive(reply(invite, 183, tag="two", body=ANSWER.replace("40000", "40002")))
    bench.receive(reply(invite, 180, tag="three"))
    heard = [news.agreement.remote_port for news in bench.take_news() if isinstance(news, MediaAgreed)]
    assert heard == [40_000]
    bench.receive(reply(invite, 200, tag="two", body=ANSWER.replace("40000", "40002")))
    heard = [news.agreement.remote_port for news in bench.take_news() if isinstance(news, MediaAgreed)]
    assert heard == [40_002]
    late = bench.receive(reply(invite, 200, tag="one", body=ANSWER))
    assert methods(late) == ["ACK", "BYE"]
    assert "tag=one" in (late[1].headers.get("To") or "")
    own_tag = (invite.headers.get("From") or "").partition("tag=")[2]
    stray = request("BYE", call_id=invite.headers.get("Call-ID") or "", from_tag="one", to_tag=own_tag)
    assert bench.statuses(stray) == [481]
    bench.give(HangUpCall("out"))
    bench.wait(200_000)
    assert (bench.agent.open_sessions, bench.agent._by_dialog) == (0, {})


def test_when_199_comes_then_it_changes_nothing() -> None:
    bench = Bench()
    invite = dial(bench)
    bench.receive(reply(invite, 180, tag="one"))
    bench.take_news()
    assert bench.receive(reply(invite, 199, tag="one")) == []
    assert bench.take_news() == []
    bench.receive(reply(invite, 200, tag="two", body=ANSWER))
    assert CallConfirmed("out") in bench.take_news()


def test_when_the_callee_updates_its_early_media_then_the_new_address_is_told() -> None:
    bench = Bench()
    invite = dial(bench)
    bench.receive(reply(invite, 183, tag="one", body=ANSWER, extra=RELIABLY))
    bench.take_news()
    own_tag = (invite.headers.get("From") or "").partition("tag=")[2]
    update = request(
        "UPDATE",
        call_id=invite.headers.get("Call-ID") or "",
        from_tag="one",
        to_tag=own_tag,
        body=OFFER.replace("40000", "40100"),
    )
    assert bench.statuses(update) == [200]
    (agreed,) = bench.take_news()
    assert isinstance(agreed, MediaAgreed)
    assert agreed.agreement.remote_port == 40_100


def test_when_we_cancel_a_call_with_early_media_then_everything_ends() -> None:
    bench = Bench()
    invite = dial(bench)
    bench.receive(reply(invite, 183, tag="one", body=ANSWER, extra=RELIABLY))
    assert methods(bench.give(HangUpCall("out"))) == ["CANCEL"]
    bench.receive(reply(invite, 487, tag="one"))
    bench.wait(200_000)
    assert (bench.agent.open_sessions, bench.agent.open_transactions, bench.agent._by_dialog) == (0, 0, {})
