"""Changes of a session that we ask for: each row, holds and resumes, glare and its waits, refusals, the end."""

from __future__ import annotations

import itertools

import pytest

from telephony.sdp.session_description import parse_sdp
from telephony.sip.message import SipRequest, SipResponse
from telephony.sip.session_change import (
    CHANGE,
    MAX_TRIES,
    OTHER_WAIT_MS,
    OWNER_WAIT_MS,
    ChangeAct,
    ChangeEvent,
    ChangeState,
    back_off_ms,
)
from telephony.sip.signals import (
    AnswerCall,
    CallArrived,
    CallOver,
    DirectMedia,
    HangUpCall,
    MediaAgreed,
    MediaChangeRefused,
)
from tests.telephony.sip.test_incoming_calls import arrive, statuses, talk
from tests.telephony.sip.test_outgoing_calls import dial, reply
from tests.telephony.sip.ua_bench import OFFER, Bench, request, tag_of

# state --event--> state: acts (s send, w wait, t tell refused, e end)
ROWS = """
    IDLE --WISH--> DUE:
    DUE --WISH--> DUE:
    DUE --FREE--> SENT: s
    SENT --WISH--> AGAIN:
    SENT --DONE--> IDLE:
    SENT --GLARE--> BACKING_OFF: w
    SENT --REFUSED--> IDLE: t
    SENT --GONE--> IDLE: e
    AGAIN --WISH--> AGAIN:
    AGAIN --DONE--> DUE:
    AGAIN --GLARE--> BACKING_OFF: w
    AGAIN --REFUSED--> DUE:
    AGAIN --GONE--> IDLE: e
    BACKING_OFF --WISH--> BACKING_OFF:
    BACKING_OFF --TIMER--> DUE:
"""
LETTERS = {"s": ChangeAct.SEND, "w": ChangeAct.WAIT, "t": ChangeAct.TELL_REFUSED, "e": ChangeAct.END}
ANSWER = OFFER.replace("0 8 101", "0 101")


def test_when_the_table_is_read_then_it_is_row_for_row_the_one_written_here() -> None:
    expected = {}
    for line in filter(None, map(str.strip, ROWS.splitlines())):
        step, _, acts = line.partition(":")
        start, event, end = (word.strip() for word in step.replace("-->", "--").split("--"))
        key = (ChangeState[start], ChangeEvent[event])
        expected[key] = (ChangeState[end], tuple(LETTERS[letter] for letter in acts.strip()))
    assert expected == CHANGE


def test_when_both_asked_at_once_then_the_waits_lie_within_their_bounds_and_never_meet() -> None:
    own = {back_off_ms(owner=True, random=number) for number in range(5_000)}
    other = {back_off_ms(owner=False, random=number) for number in range(5_000)}
    assert (min(own), max(own)) == OWNER_WAIT_MS
    assert (min(other), max(other)) == OTHER_WAIT_MS
    assert all(wait % 10 == 0 for wait in own | other)


def asked(sent: list[SipRequest | SipResponse]) -> SipRequest:
    """Return the one request among what was sent."""
    (found,) = [message for message in sent if isinstance(message, SipRequest) and message.method != "ACK"]
    return found


def direction_of(message: SipRequest | SipResponse) -> str:
    return parse_sdp(message.body).media[0].direction("none")


@pytest.mark.parametrize(("ours", "theirs"), [("sendonly", "recvonly"), ("inactive", "inactive")])
def test_when_we_hold_and_resume_then_each_reinvite_is_acknowledged_and_told(ours: str, theirs: str) -> None:
    bench = Bench()
    session, tag = talk(bench)
    bench.take_news()
    invite = asked(bench.give(DirectMedia(session, ours)))  # type: ignore[arg-type]
    assert (invite.method, direction_of(invite)) == ("INVITE", ours)
    assert f"tag={tag}" in (invite.headers.get("From") or "")
    (ack,) = bench.receive(reply(invite, 200, body=ANSWER + f"a={theirs}\n"))
    assert isinstance(ack, SipRequest)
    assert (ack.method, ack.headers.get("CSeq")) == ("ACK", "1 ACK")
    (agreed,) = bench.take_news()
    assert isinstance(agreed, MediaAgreed)
    assert (agreed.agreement.direction, agreed.agreement.held_by_peer) == (ours, False)
    (again,) = bench.receive(reply(invite, 200, body=ANSWER + f"a={theirs}\n"))
    assert isinstance(again, SipRequest)
    assert again.method == "ACK"
    resume = asked(bench.give(DirectMedia(session, "sendrecv")))
    assert (direction_of(resume), resume.headers.get("CSeq")) == ("sendrecv", "2 INVITE")
    bench.receive(reply(resume, 200, body=ANSWER))
    (agreed,) = bench.take_news()
    assert isinstance(agreed, MediaAgreed)
    assert agreed.agreement.direction == "sendrecv"


def test_when_we_hold_a_peer_that_we_called_then_the_invite_goes_to_its_contact() -> None:
    bench = Bench()
    first = dial(bench)
    bench.receive(reply(first, 200, body=ANSWER))
    invite = asked(bench.give(DirectMedia("out", "sendonly")))
    assert (invite.uri, invite.headers.get("CSeq")) == ("sip:bob@192.0.2.7:5066", "2 INVITE")
    assert invite.headers.get("Call-ID") == first.headers.get("Call-ID")


def test_when_we_hold_before_the_ack_came_then_the_reinvite_waits_for_it() -> None:
    bench = Bench()
    session = arrive(bench)
    (answer,) = bench.give(AnswerCall(session, 20_000))
    assert bench.give(DirectMedia(session, "sendonly")) == []
    ack = request("ACK", branch="z9hG4bKack", to_tag=tag_of(answer))
    assert direction_of(asked(bench.receive(ack))) == "sendonly"


def test_when_the_wish_changes_while_a_reinvite_is_on_its_way_then_another_follows() -> None:
    bench = Bench()
    session, _ = talk(bench)
    hold = asked(bench.give(DirectMedia(session, "sendonly")))
    assert bench.give(DirectMedia(session, "sendrecv")) == []
    resume = asked(bench.receive(reply(hold, 200, body=ANSWER + "a=recvonly\n")))
    assert direction_of(resume) == "sendrecv"


def test_when_the_peer_refuses_the_hold_then_the_call_goes_on_as_it_was() -> None:
    bench = Bench()
    session, tag = talk(bench)
    hold = asked(bench.give(DirectMedia(session, "sendonly")))
    bench.take_news()
    bench.receive(reply(hold, 488))
    assert bench.take_news() == [MediaChangeRefused(session, 488)]
    answers = bench.receive(request("INVITE", branch="z9hG4bKr", cseq=2, to_tag=tag, body=OFFER))
    assert statuses(answers) == [200]
    assert direction_of(answers[0]) == "sendrecv"


def test_when_both_ask_at_once_then_491_goes_out_and_ours_comes_again_after_a_random_wait() -> None:
    bench = Bench()
    session, tag = talk(bench)
    hold = asked(bench.give(DirectMedia(session, "sendonly")))
    theirs = request("INVITE", branch="z9hG4bKg", cseq=2, to_tag=tag, body=OFFER)
    assert bench.statuses(theirs) == [491]
    bench.receive(reply(hold, 491))
    again = [message for message in bench.wait(OTHER_WAIT_MS[1]) if isinstance(message, SipRequest)]
    second = next(message for message in again if message.method == "INVITE")
    assert (direction_of(second), second.headers.get("CSeq")) == ("sendonly", "2 INVITE")


def test_when_we_made_the_call_id_then_our_wait_after_491_is_the_longer_one() -> None:
    bench = Bench()
    bench.receive(reply(dial(bench), 200, body=ANSWER))
    hold = asked(bench.give(DirectMedia("out", "sendonly")))
    bench.receive(reply(hold, 491))
    assert not any(isinstance(sent, SipRequest) and sent.method == "INVITE" for sent in bench.wait(2_099))
    assert any(isinstance(sent, SipRequest) and sent.method == "INVITE" for sent in bench.wait(1_901))


def test_when_the_peer_answers_491_without_end_then_we_give_up_and_the_call_goes_on() -> None:
    bench = Bench()
    session, _ = talk(bench)
    bench.take_news()
    bench.give(DirectMedia(session, "sendonly"))
    refused = set()
    for _ in range(10):
        for message in [item for item in bench.sent if isinstance(item, SipRequest) and item.method == "INVITE"]:
            if message.headers.get("CSeq") not in refused:
                refused.add(message.headers.get("CSeq"))
                bench.receive(reply(message, 491))
        bench.wait(2_000)
    assert len(refused) == MAX_TRIES
    assert bench.take_news() == [MediaChangeRefused(session, 491)]


def test_when_the_peer_is_busy_for_a_moment_then_we_ask_again_when_it_said() -> None:
    bench = Bench()
    session, _ = talk(bench)
    hold = asked(bench.give(DirectMedia(session, "sendonly")))
    bench.receive(reply(hold, 500, extra=("Retry-After: 3",)))
    assert not any(isinstance(sent, SipRequest) and sent.method == "INVITE" for sent in bench.wait(2_999))
    assert any(isinstance(sent, SipRequest) and sent.method == "INVITE" for sent in bench.wait(1))


@pytest.mark.parametrize("status", [481, 408])
def test_when_the_peer_does_not_know_the_call_any_more_then_bye_and_the_end(status: int) -> None:
    bench = Bench()
    session, _ = talk(bench)
    hold = asked(bench.give(DirectMedia(session, "sendonly")))
    bench.take_news()
    sent = bench.receive(reply(hold, status))
    assert [message.method for message in sent if isinstance(message, SipRequest)] == ["ACK", "BYE"]
    assert bench.take_news() == [CallOver(session, "timeout")]


def test_when_nobody_answers_our_reinvite_then_bye_after_32_seconds() -> None:
    bench = Bench()
    session, _ = talk(bench)
    bench.give(DirectMedia(session, "sendonly"))
    bench.take_news()
    sent = bench.wait(32_000)
    assert [message.method for message in sent if isinstance(message, SipRequest)][-1] == "BYE"
    assert bench.take_news() == [CallOver(session, "timeout")]


def test_when_the_answer_to_our_reinvite_cannot_be_used_then_it_is_acknowledged_and_the_call_ends() -> None:
    bench = Bench()
    session, _ = talk(bench)
    hold = asked(bench.give(DirectMedia(session, "sendonly")))
    bench.take_news()
    sent = bench.receive(reply(hold, 200, body=ANSWER.replace("0 101", "18")))
    assert [message.method for message in sent if isinstance(message, SipRequest)] == ["ACK", "BYE"]
    assert bench.take_news() == [CallOver(session, "bad_answer")]


def test_when_we_hang_up_with_a_reinvite_on_its_way_then_its_late_answer_is_acknowledged() -> None:
    bench = Bench()
    session, _ = talk(bench)
    hold = asked(bench.give(DirectMedia(session, "sendonly")))
    bye = asked(bench.give(HangUpCall(session)))
    assert bye.method == "BYE"
    (ack,) = bench.receive(reply(hold, 200, body=ANSWER))
    assert isinstance(ack, SipRequest)
    assert ack.method == "ACK"
    bench.receive(reply(bye, 200))
    bench.wait(70_000)
    assert (bench.agent.open_sessions, bench.agent.open_transactions) == (0, 0)


def test_when_update_meets_an_offer_of_ours_then_491_and_without_offer_200() -> None:
    bench = Bench()
    session, tag = talk(bench)
    bench.give(DirectMedia(session, "sendonly"))
    assert bench.statuses(request("UPDATE", branch="z9hG4bKu", cseq=2, to_tag=tag, body=OFFER)) == [491]
    assert bench.statuses(request("UPDATE", branch="z9hG4bKv", cseq=3, to_tag=tag)) == [200]


def test_when_the_peer_holds_and_takes_back_then_it_is_told() -> None:
    bench = Bench()
    _, tag = talk(bench)
    bench.take_news()
    held = []
    for number, way in enumerate(["sendonly", "sendrecv", "inactive", "recvonly"], start=2):
        (answer,) = bench.receive(
            request("INVITE", branch=f"z9hG4bK{number}h", cseq=number, to_tag=tag, body=OFFER + f"a={way}\n")
        )
        bench.receive(request("ACK", branch=f"z9hG4bK{number}k", cseq=number, to_tag=tag))
        (agreed,) = bench.take_news()
        assert isinstance(agreed, MediaAgreed)
        held.append((direction_of(answer), agreed.agreement.held_by_peer))
    assert held == [("recvonly", True), ("sendrecv", False), ("inactive", True), ("sendonly", False)]


def test_when_two_of_our_agents_change_the_session_at_once_then_both_changes_come_through() -> None:
    for seed in itertools.count(1):
        near, far = Bench(), Bench()
        if seed > 3:
            break
        far.now_ms = near.now_ms
        invite = dial(near)
        far.receive(_bytes(invite))
        (arrived,) = [news for news in far.take_news() if isinstance(news, CallArrived)]
        _carry(near, far, far.give(AnswerCall(arrived.session_id, 31_000)), to_near=True)
        to_far = near.give(DirectMedia("out", "sendonly"))
        to_near = far.give(DirectMedia(arrived.session_id, "inactive"))
        _carry(near, far, to_far, to_near=False)
        _carry(near, far, to_near, to_near=True)
        for _ in range(500):
            _carry(near, far, near.wait(20), to_near=False)
            _carry(near, far, far.wait(20), to_near=True)
        ways = [
            [news.agreement.direction for news in bench.take_news() if isinstance(news, MediaAgreed)][-1]
            for bench in (near, far)
        ]
        assert ways == ["inactive", "inactive"]


def _bytes(message: SipRequest | SipResponse) -> bytes:
    from telephony.sip.message import serialise

    return serialise(message)


def _carry(near: Bench, far: Bench, sent: list[SipRequest | SipResponse], *, to_near: bool) -> None:
    """Carry messages, and what they cause, until nothing moves."""
    waiting = [(message, to_near) for message in sent]
    while waiting:
        message, towards_near = waiting.pop(0)
        receiver = near if towards_near else far
        waiting += [(next_one, not towards_near) for next_one in receiver.receive(_bytes(message))]


def test_when_a_change_of_ours_is_tried_but_never_answered_then_the_call_ends_after_timer_c() -> None:
    bench = Bench()
    session, _ = talk(bench)
    ours = asked(bench.give(DirectMedia(session, "sendonly")))
    bench.receive(reply(ours, 100))
    bench.wait(199_000)
    assert bench.agent.open_sessions == 1
    (bye,) = bench.wait(1_500)[:1]
    assert isinstance(bye, SipRequest)
    assert bye.method == "BYE"
    bench.wait(40_000)
    assert (bench.agent.open_sessions, bench.agent.open_transactions) == (0, 0)
