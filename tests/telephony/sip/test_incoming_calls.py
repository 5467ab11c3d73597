"""Calls that come in: answered, held, refused, cancelled, lost, repeated, merged."""

from __future__ import annotations

import pytest

from telephony.sdp.session_description import parse_sdp
from telephony.sip.message import Flow, SipRequest, SipResponse
from telephony.sip.signals import (
    AnswerCall,
    CallArrived,
    CallConfirmed,
    CallOver,
    DigitReceived,
    HangUpCall,
    MediaAgreed,
    RejectCall,
    RingCall,
)
from tests.telephony.sip.ua_bench import OFFER, PEER, Bench, lines, request, tag_of

HELD = OFFER.replace("t=0 0\n", "t=0 0\na=sendonly\n")


def arrive(bench: Bench, body: str = OFFER, **fields: str) -> str:
    """Let a call come in; return its session."""
    bench.receive(request("INVITE", body=body, **fields))  # type: ignore[arg-type]
    (arrived,) = [news for news in bench.take_news() if isinstance(news, CallArrived)]
    return arrived.session_id


def talk(bench: Bench, body: str = OFFER) -> tuple[str, str]:
    """Bring a call to where both talk; return its session and our tag."""
    session = arrive(bench, body)
    (answer,) = bench.give(AnswerCall(session, 20_000))
    bench.receive(request("ACK", branch="z9hG4bKack", to_tag=tag_of(answer)))
    return session, tag_of(answer)


def statuses(messages: list[SipRequest | SipResponse]) -> list[int]:
    return [message.status for message in messages if isinstance(message, SipResponse)]


def test_when_a_call_comes_then_100_180_200_follow_with_one_tag_and_an_answer() -> None:
    bench = Bench()
    (trying,) = bench.receive(request("INVITE", body=OFFER))
    assert statuses([trying]) == [100]
    assert tag_of(trying) == ""
    (arrived,) = bench.take_news()
    assert isinstance(arrived, CallArrived)
    assert (arrived.caller, arrived.caller_name, arrived.called) == ("alice", "Alice", "bot")
    (ringing,) = bench.give(RingCall(arrived.session_id))
    (answer,) = bench.give(AnswerCall(arrived.session_id, 20_000))
    assert statuses([ringing, answer]) == [180, 200]
    assert tag_of(ringing) == tag_of(answer) != ""
    assert answer.headers.get("Contact") == "<sip:192.0.2.1:5060>"
    audio = parse_sdp(answer.body).media[0]
    assert (audio.port, audio.formats, audio.connection) == (20_000, ("0", "101"), "192.0.2.1")
    (agreed,) = bench.take_news()
    assert isinstance(agreed, MediaAgreed)
    assert (agreed.agreement.remote_host, agreed.agreement.remote_port) == ("192.0.2.7", 40_000)
    bench.receive(request("ACK", branch="z9hG4bKack", to_tag=tag_of(answer)))
    assert bench.take_news() == [CallConfirmed(arrived.session_id)]


def test_when_an_invite_is_repeated_then_it_makes_no_second_call_and_gets_the_last_provisional_again() -> None:
    bench = Bench()
    session = arrive(bench)
    assert bench.statuses(request("INVITE", body=OFFER)) == [100]
    bench.give(RingCall(session))
    assert bench.statuses(request("INVITE", body=OFFER)) == [180]
    bench.give(AnswerCall(session, 20_000))
    assert bench.statuses(request("INVITE", body=OFFER)) == []
    assert not any(isinstance(news, CallArrived) for news in bench.news)
    assert bench.agent.open_sessions == 1


def test_when_the_ack_is_lost_then_200_is_repeated_and_after_32_seconds_bye_follows() -> None:
    bench = Bench()
    session = arrive(bench)
    bench.give(AnswerCall(session, 20_000))
    bench.take_news()
    sent = bench.wait(31_999)
    assert statuses(sent) == [200] * 10
    (bye,) = [message for message in bench.wait(1) if isinstance(message, SipRequest)]
    assert bye.method == "BYE"
    assert bench.take_news() == [CallOver(session, "no_ack")]


def test_when_the_caller_hangs_up_then_bye_is_answered_once_and_again_when_repeated() -> None:
    bench = Bench()
    session, tag = talk(bench)
    bench.take_news()
    bye = request("BYE", branch="z9hG4bKbye", cseq=2, to_tag=tag)
    assert bench.statuses(bye) == [200]
    assert bench.take_news() == [CallOver(session, "hung_up")]
    assert bench.statuses(bye) == [200]
    assert bench.take_news() == []
    assert bench.statuses(request("BYE", branch="z9hG4bKbye2", cseq=3, to_tag=tag)) == [481]


def test_when_we_hang_up_then_bye_goes_to_the_contact_and_the_end_is_told_when_it_is_answered() -> None:
    bench = Bench()
    session, tag = talk(bench)
    bench.take_news()
    (bye,) = bench.give(HangUpCall(session))
    assert isinstance(bye, SipRequest)
    assert (bye.method, bye.uri) == ("BYE", "sip:alice@192.0.2.7:5062")
    assert bye.headers.get("CSeq") == "1 BYE"
    assert tag in (bye.headers.get("From") or "")
    assert "tag=alice" in (bye.headers.get("To") or "")
    assert bench.take_news() == []
    bench.receive(answer_to(bye, 200))
    assert bench.take_news() == [CallOver(session, "local")]
    assert bench.agent.open_sessions == 0


def answer_to(sent: SipRequest, status: int) -> bytes:
    """Write the peer's response to a request of ours."""
    kept = [f"{name}: {sent.headers.get(name)}" for name in ("Via", "From", "To", "Call-ID", "CSeq")]
    return lines(f"SIP/2.0 {status} x", *kept)


def test_when_we_hang_up_before_the_ack_then_bye_waits_for_it() -> None:
    bench = Bench()
    session = arrive(bench)
    (answer,) = bench.give(AnswerCall(session, 20_000))
    assert bench.give(HangUpCall(session)) == []
    (bye,) = bench.receive(request("ACK", branch="z9hG4bKack", to_tag=tag_of(answer)))
    assert isinstance(bye, SipRequest)
    assert bye.method == "BYE"


def test_when_both_hang_up_at_once_then_both_byes_are_answered() -> None:
    bench = Bench()
    session, tag = talk(bench)
    bench.take_news()
    bench.give(HangUpCall(session))
    assert bench.statuses(request("BYE", branch="z9hG4bKbye", cseq=2, to_tag=tag)) == [200]
    assert bench.take_news() == [CallOver(session, "local")]


def test_when_a_bye_of_ours_is_never_answered_then_the_call_is_over_all_the_same() -> None:
    bench = Bench()
    session, _ = talk(bench)
    bench.take_news()
    bench.give(HangUpCall(session))
    bench.wait(32_000)
    assert bench.take_news() == [CallOver(session, "local")]
    bench.wait(40_000)
    assert (bench.agent.open_sessions, bench.agent.open_transactions) == (0, 0)
    assert bench.agent.next_deadline_ms() is None


def test_when_the_caller_cancels_then_200_and_487_follow_with_the_same_tag() -> None:
    bench = Bench()
    session = arrive(bench)
    (ringing,) = bench.give(RingCall(session))
    sent = bench.receive(request("CANCEL"))
    assert statuses(sent) == [200, 487]
    assert {tag_of(message) for message in sent} == {tag_of(ringing)}
    assert bench.take_news() == [CallOver(session, "cancelled")]
    assert bench.give(AnswerCall(session, 20_000)) == []
    assert statuses(bench.wait(600)) == [487]
    bench.receive(request("ACK", to_tag=tag_of(ringing)))
    assert bench.wait(40_000) == []


def test_when_the_cancel_comes_after_the_answer_then_the_call_goes_on() -> None:
    bench = Bench()
    session = arrive(bench)
    (answer,) = bench.give(AnswerCall(session, 20_000))
    assert bench.statuses(request("CANCEL")) == [200]
    bench.receive(request("ACK", branch="z9hG4bKack", to_tag=tag_of(answer)))
    assert bench.take_news()[-1] == CallConfirmed(session)


def test_when_a_cancel_matches_nothing_then_481() -> None:
    assert Bench().statuses(request("CANCEL", branch="z9hG4bKnone")) == [481]


def test_when_the_caller_sends_bye_while_it_rings_then_the_invite_ends_with_487() -> None:
    bench = Bench()
    session = arrive(bench)
    (ringing,) = bench.give(RingCall(session))
    bye = request("BYE", branch="z9hG4bKbye", cseq=2, to_tag=tag_of(ringing))
    assert bench.statuses(bye) == [200, 487]
    assert bench.take_news() == [CallOver(session, "cancelled")]


def test_when_a_call_is_rejected_then_status_reason_and_retry_after_are_sent_until_the_ack() -> None:
    bench = Bench()
    session = arrive(bench)
    (refused,) = bench.give(RejectCall(session, 503, "Full", 30))
    assert isinstance(refused, SipResponse)
    assert (refused.status, refused.reason, refused.headers.get("Retry-After")) == (503, "Full", "30")
    assert statuses(bench.wait(1500)) == [503, 503]
    bench.receive(request("ACK", to_tag=tag_of(refused)))
    assert bench.wait(40_000) == []


def test_when_nobody_answers_then_480_after_the_set_time() -> None:
    bench = Bench()
    session = arrive(bench)
    assert statuses(bench.wait(20_000))[:1] == [480]
    assert bench.take_news() == [CallOver(session, "timeout")]


def test_when_the_invite_has_no_offer_then_ours_is_in_the_200_and_the_answer_in_the_ack_counts() -> None:
    bench = Bench()
    session = arrive(bench, body="")
    (answer,) = bench.give(AnswerCall(session, 20_000))
    assert parse_sdp(answer.body).media[0].formats == ("0", "8", "101")
    assert bench.take_news() == []
    reply = OFFER.replace("RTP/AVP 0 8 101", "RTP/AVP 8 101")
    bench.receive(request("ACK", branch="z9hG4bKack", to_tag=tag_of(answer), body=reply))
    agreed, confirmed = bench.take_news()
    assert isinstance(agreed, MediaAgreed)
    assert agreed.agreement.codec == "PCMA"
    assert confirmed == CallConfirmed(session)


@pytest.mark.parametrize("reply", ["", OFFER.replace("0 8 101", "18"), "v=nonsense"])
def test_when_the_answer_in_the_ack_is_missing_or_bad_then_bye(reply: str) -> None:
    bench = Bench()
    session = arrive(bench, body="")
    (answer,) = bench.give(AnswerCall(session, 20_000))
    (bye,) = bench.receive(request("ACK", branch="z9hG4bKack", to_tag=tag_of(answer), body=reply))
    assert isinstance(bye, SipRequest)
    assert bye.method == "BYE"
    assert bench.take_news() == [CallOver(session, "bad_answer")]


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("sendonly", "recvonly"), ("recvonly", "sendonly"), ("inactive", "inactive"), ("sendrecv", "sendrecv")],
)
def test_when_a_call_is_held_and_resumed_then_the_answer_mirrors_the_direction(theirs: str, ours: str) -> None:
    bench = Bench()
    _, tag = talk(bench)
    bench.take_news()
    offer = OFFER.replace("o=- 1 1", "o=- 1 2") + f"a={theirs}\n"
    sent = bench.receive(request("INVITE", branch="z9hG4bKre", cseq=2, to_tag=tag, body=offer))
    assert statuses(sent) == [200]
    assert parse_sdp(sent[-1].body).media[0].direction("") == ours
    assert tag_of(sent[-1]) == tag
    agreed = [news.agreement.direction for news in bench.take_news() if isinstance(news, MediaAgreed)]
    assert agreed == ([] if ours == "sendrecv" else [ours])
    bench.receive(request("ACK", branch="z9hG4bKreack", cseq=2, to_tag=tag))
    assert bench.wait(5_000) == []


def test_when_the_same_offer_comes_again_then_our_version_stays_and_nothing_is_told() -> None:
    bench = Bench()
    session = arrive(bench)
    (answer,) = bench.give(AnswerCall(session, 20_000))
    tag = tag_of(answer)
    bench.receive(request("ACK", branch="z9hG4bKack", to_tag=tag))
    bench.take_news()
    (again,) = bench.receive(request("INVITE", branch="z9hG4bKre", cseq=2, to_tag=tag, body=OFFER))
    assert again.body == answer.body
    assert bench.take_news() == []
    (held,) = bench.receive(request("INVITE", branch="z9hG4bKre3", cseq=3, to_tag=tag, body=HELD))
    assert parse_sdp(held.body).version == "2"


def test_when_the_peer_moves_its_media_then_the_new_address_is_told() -> None:
    bench = Bench()
    _, tag = talk(bench)
    bench.take_news()
    moved = OFFER.replace("c=IN IP4 192.0.2.7", "c=IN IP4 192.0.2.8").replace("40000", "41000")
    bench.receive(request("INVITE", branch="z9hG4bKre", cseq=2, to_tag=tag, body=moved))
    (agreed,) = bench.take_news()
    assert isinstance(agreed, MediaAgreed)
    assert (agreed.agreement.remote_host, agreed.agreement.remote_port) == ("192.0.2.8", 41_000)


def test_when_a_reinvite_has_no_common_codec_then_488_and_the_call_goes_on() -> None:
    bench = Bench()
    session, tag = talk(bench)
    bench.take_news()
    offer = OFFER.replace("0 8 101", "18")
    (refused,) = bench.receive(request("INVITE", branch="z9hG4bKre", cseq=2, to_tag=tag, body=offer))
    assert isinstance(refused, SipResponse)
    assert refused.status == 488
    assert "305" in (refused.headers.get("Warning") or "")
    assert bench.take_news() == []
    (bye,) = bench.give(HangUpCall(session))
    assert isinstance(bye, SipRequest)


def test_when_a_reinvite_without_offer_comes_then_our_offer_is_answered_by_its_ack() -> None:
    bench = Bench()
    _, tag = talk(bench)
    bench.take_news()
    (answer,) = bench.receive(request("INVITE", branch="z9hG4bKre", cseq=2, to_tag=tag))
    assert parse_sdp(answer.body).media[0].formats == ("0", "8", "101")
    glare = request("INVITE", branch="z9hG4bKre3", cseq=3, to_tag=tag, body=OFFER)
    assert bench.statuses(glare) == [491]
    reply = OFFER.replace("0 8 101", "8")
    bench.receive(request("ACK", branch="z9hG4bKreack", cseq=2, to_tag=tag, body=reply))
    (agreed,) = bench.take_news()
    assert isinstance(agreed, MediaAgreed)
    assert (agreed.agreement.codec, agreed.agreement.dtmf_payload_type) == ("PCMA", None)


def test_when_the_ack_of_a_reinvite_is_lost_then_its_200_is_repeated() -> None:
    bench = Bench()
    _, tag = talk(bench)
    bench.receive(request("INVITE", branch="z9hG4bKre", cseq=2, to_tag=tag, body=HELD))
    assert statuses(bench.wait(1_600)) == [200, 200]
    bench.receive(request("ACK", branch="z9hG4bKreack", cseq=2, to_tag=tag))
    assert bench.wait(20_000) == []


def test_when_update_brings_an_offer_or_a_contact_then_200() -> None:
    bench = Bench()
    session, tag = talk(bench)
    bench.take_news()
    (answer,) = bench.receive(request("UPDATE", branch="z9hG4bKup", cseq=2, to_tag=tag, body=HELD))
    assert parse_sdp(answer.body).media[0].direction("") == "recvonly"
    assert isinstance(bench.take_news()[0], MediaAgreed)
    moved = request("UPDATE", branch="z9hG4bKup2", cseq=3, to_tag=tag).replace(
        b"Contact: <sip:alice@192.0.2.7:5062>", b"Contact: <sip:alice@192.0.2.9:5070>"
    )
    (refreshed,) = bench.receive(moved)
    assert refreshed.headers.get("Contact")
    assert refreshed.body == b""
    bench.give(HangUpCall(session))
    assert bench.flows[-1] == Flow("192.0.2.9", 5070)


def test_when_update_brings_an_offer_while_it_rings_then_500_with_retry_after() -> None:
    bench = Bench()
    session = arrive(bench)
    (ringing,) = bench.give(RingCall(session))
    early = request("UPDATE", branch="z9hG4bKup", cseq=2, to_tag=tag_of(ringing), body=HELD)
    (refused,) = bench.receive(early)
    assert isinstance(refused, SipResponse)
    assert (refused.status, refused.headers.get("Retry-After")) == (500, "1")


@pytest.mark.parametrize(
    ("kind", "body", "digit", "duration_ms"),
    [
        ("application/dtmf-relay", "Signal=5\nDuration=160\n", "5", 160),
        ("application/dtmf-relay", "Signal= *\nDuration= 90\n", "*", 90),
        ("application/dtmf-relay", "Signal=11\n", "#", 160),
        ("application/dtmf-relay", "signal=a\nduration=250", "A", 250),
        ("application/dtmf", "7", "7", 160),
    ],
)
def test_when_info_brings_a_digit_then_it_is_told(kind: str, body: str, digit: str, duration_ms: int) -> None:
    bench = Bench()
    session, tag = talk(bench)
    bench.take_news()
    info = request("INFO", branch="z9hG4bKi", cseq=2, to_tag=tag, extra=(f"Content-Type: {kind}",), body=body)
    assert bench.statuses(info) == [200]
    assert bench.take_news() == [DigitReceived(session, digit, duration_ms)]
    assert bench.statuses(info) == [200]
    assert bench.take_news() == []


def test_when_info_brings_something_else_then_415_and_an_empty_one_is_a_sign_of_life() -> None:
    bench = Bench()
    _, tag = talk(bench)
    bench.take_news()
    other = request("INFO", branch="z9hG4bKi", cseq=2, to_tag=tag, extra=("Content-Type: text/plain",), body="5 cats")
    assert bench.statuses(other) == [415]
    assert bench.statuses(request("INFO", branch="z9hG4bKi2", cseq=3, to_tag=tag)) == [200]
    assert bench.take_news() == []


def test_when_a_request_within_the_call_has_an_old_number_then_500() -> None:
    bench = Bench()
    _, tag = talk(bench)
    bench.receive(request("OPTIONS", branch="z9hG4bKo", cseq=5, to_tag=tag))
    assert bench.statuses(request("BYE", branch="z9hG4bKb", cseq=4, to_tag=tag)) == [500]
    assert bench.statuses(request("BYE", branch="z9hG4bKc", cseq=6, to_tag=tag)) == [200]


def test_when_the_call_came_over_record_routing_proxies_then_our_bye_takes_the_same_way() -> None:
    bench = Bench()
    routes = ("Record-Route: <sip:192.0.2.20;lr>, <sip:192.0.2.21:5070;lr>",)
    bench.receive(request("INVITE", body=OFFER, extra=routes))
    (arrived,) = bench.take_news()
    assert isinstance(arrived, CallArrived)
    (answer,) = bench.give(AnswerCall(arrived.session_id, 20_000))
    assert answer.headers.split("Record-Route") == ["<sip:192.0.2.20;lr>", "<sip:192.0.2.21:5070;lr>"]
    bench.receive(request("ACK", branch="z9hG4bKack", to_tag=tag_of(answer)))
    (bye,) = bench.give(HangUpCall(arrived.session_id))
    assert isinstance(bye, SipRequest)
    assert bye.uri == "sip:alice@192.0.2.7:5062"
    assert bye.headers.all("Route") == ["<sip:192.0.2.20;lr>", "<sip:192.0.2.21:5070;lr>"]
    assert bench.flows[-1] == Flow("192.0.2.20", 5060)


def test_when_the_first_router_is_strict_then_it_becomes_the_request_uri() -> None:
    bench = Bench()
    bench.receive(request("INVITE", body=OFFER, extra=("Record-Route: <sip:192.0.2.20>, <sip:192.0.2.21;lr>",)))
    (arrived,) = bench.take_news()
    assert isinstance(arrived, CallArrived)
    (answer,) = bench.give(AnswerCall(arrived.session_id, 20_000))
    bench.receive(request("ACK", branch="z9hG4bKack", to_tag=tag_of(answer)))
    (bye,) = bench.give(HangUpCall(arrived.session_id))
    assert isinstance(bye, SipRequest)
    assert bye.uri == "sip:192.0.2.20"
    assert bye.headers.all("Route") == ["<sip:192.0.2.21;lr>", "<sip:alice@192.0.2.7:5062>"]


def test_when_the_peer_is_behind_a_translator_then_our_bye_goes_the_way_its_messages_came() -> None:
    bench = Bench()
    source = Flow("8.8.4.4", 61_000)
    invite = request("INVITE", body=OFFER, sent_by="192.168.1.5:5062").replace(
        b"Contact: <sip:alice@192.0.2.7:5062>", b"Contact: <sip:alice@192.168.1.5:5062>"
    )
    bench.receive(invite, source)
    assert bench.flows[-1] == source
    (arrived,) = bench.take_news()
    assert isinstance(arrived, CallArrived)
    (answer,) = bench.give(AnswerCall(arrived.session_id, 20_000))
    assert "received=8.8.4.4" in (answer.headers.get("Via") or "")
    assert "rport=61000" in (answer.headers.get("Via") or "")
    bench.receive(request("ACK", branch="z9hG4bKack", to_tag=tag_of(answer)), source)
    bench.give(HangUpCall(arrived.session_id))
    assert bench.flows[-1] == source


def test_when_a_peer_asks_for_no_rport_then_the_answer_goes_to_the_port_of_its_via() -> None:
    bench = Bench()
    plain = request("OPTIONS", sent_by="192.0.2.7:5099").replace(b";rport", b"")
    bench.receive(plain, Flow("192.0.2.7", 40_001))
    assert bench.flows == [Flow("192.0.2.7", 5099)]


def test_when_the_same_invite_comes_by_two_ways_then_the_second_is_482() -> None:
    bench = Bench()
    arrive(bench)
    assert bench.statuses(request("INVITE", branch="z9hG4bKother", body=OFFER)) == [482]


@pytest.mark.parametrize(
    ("data", "status", "field", "text"),
    [
        (request("REGISTER"), 405, "Allow", "INVITE"),
        (request("FROBNICATE"), 501, "Allow", "INVITE"),
        (request("INVITE", body=OFFER, extra=("Require: path, timer, gruu",)), 420, "Unsupported", "path, gruu"),
        (request("INVITE", target="mailto:bot@x", body=OFFER), 416, "Server", ""),
        (request("INVITE", body="v=0\nnonsense"), 400, "Server", ""),
        (request("INVITE", body=OFFER.replace("0 8 101", "18 3")), 488, "Warning", "305"),
        (request("INVITE", body=OFFER.replace("RTP/AVP", "RTP/SAVP")), 488, "Warning", "302"),
        (request("INVITE", body=OFFER.replace("IP4 192.0.2.7", "IP6 2001:db8::7")), 488, "Warning", "301"),
        (request("INVITE", body=OFFER.replace("m=audio 40000", "m=audio 0")), 488, "Warning", "304"),
        (request("INVITE", body=OFFER.replace("m=audio", "m=video")), 488, "Warning", "304"),
        (request("INVITE", extra=("Accept: text/plain",), body=OFFER), 406, "Server", ""),
        (request("INVITE", extra=("Content-Encoding: gzip",), body=OFFER), 415, "Accept-Encoding", "identity"),
        (request("BYE", to_tag="nobody"), 481, "Server", ""),
        (request("INVITE", to_tag="nobody", body=OFFER), 481, "Server", ""),
        (request("BYE"), 481, "Server", ""),
        (request("INVITE", cseq_method="BYE", body=OFFER), 400, "Server", ""),
        (request("OPTIONS"), 200, "Accept", "application/sdp"),
    ],
)
def test_when_a_request_cannot_be_served_then_the_answer_says_why(
    data: bytes, status: int, field: str, text: str
) -> None:
    bench = Bench()
    (answer,) = bench.receive(data)
    assert isinstance(answer, SipResponse)
    assert answer.status == status
    assert text in (answer.headers.get(field) or "")
    assert tag_of(answer) != ""
    assert bench.take_news() == []


def test_when_the_offer_is_one_part_of_a_multipart_body_then_it_is_found() -> None:
    bench = Bench()
    body = f"--edge\nContent-Type: application/isup\n\nxx\n--edge\nContent-Type: application/sdp\n\n{OFFER}\n--edge--\n"
    bench.receive(request("INVITE", extra=('Content-Type: multipart/mixed; boundary="edge"',), body=body))
    (arrived,) = bench.take_news()
    assert isinstance(arrived, CallArrived)
    bench.give(AnswerCall(arrived.session_id, 20_000))
    assert isinstance(bench.take_news()[0], MediaAgreed)


ISUP = "Content-Type: application/isup\nContent-Disposition: signal;handling={}\n\nxx"
SDP_PART = f"Content-Type: application/sdp\n\n{OFFER}"


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("multipart/mixed;boundary=e", f"--e\n{ISUP.format('optional')}\n--e\n{SDP_PART}\n--e--\n", 100),
        ("multipart/mixed;boundary=e", f"--e\n{ISUP.format('required')}\n--e\n{SDP_PART}\n--e--\n", 415),
        ("multipart/mixed;boundary=e", f"--e\n{ISUP.format('optional')}\n--e\n{SDP_PART}", 100),
        (
            "multipart/mixed;boundary=e",
            f"--e\nContent-Type: multipart/alternative;boundary=f\n\n--f\n\nplain\n--f\n{SDP_PART}\n--f--\n--e--\n",
            100,
        ),
        ("multipart/mixed;boundary=e", f"--e\nContent-Type: text/x\n\n{OFFER}--e--\n", 415),
        ("multipart/mixed", f"--e\n{SDP_PART}\n--e--\n", 415),
    ],
)
def test_when_a_body_has_parts_then_ours_is_found_and_what_must_be_understood_is_415(
    kind: str, body: str, status: int
) -> None:
    bench = Bench()
    sent = bench.receive(request("INVITE", extra=(f"Content-Type: {kind}",), body=body))
    assert statuses(sent) == [status]


def test_when_all_of_a_body_may_be_ignored_then_the_call_is_one_without_an_offer() -> None:
    bench = Bench()
    fields = ("Content-Type: application/isup", "Content-Disposition: signal;handling=optional")
    bench.receive(request("INVITE", extra=fields, body="xx"))
    (arrived,) = bench.take_news()
    assert isinstance(arrived, CallArrived)
    (answer,) = bench.give(AnswerCall(arrived.session_id, 20_000))
    assert parse_sdp(answer.body).media[0].port == 20_000


@pytest.mark.parametrize(("says", "after_ms", "status"), [("3", 3_000, 487), ("600", 20_000, 480), ("x", 20_000, 480)])
def test_when_an_invitation_expires_before_anybody_answers_then_it_ends_with_487(
    says: str, after_ms: int, status: int
) -> None:
    bench = Bench()
    session = arrive(bench, extra=(f"Expires: {says}",))  # type: ignore[arg-type]
    assert bench.wait(after_ms - 1) == []
    assert statuses(bench.wait(1)) == [status]
    (over,) = bench.take_news()
    assert isinstance(over, CallOver)
    assert (over.session_id, over.cause) == (session, "cancelled" if status == 487 else "timeout")


def test_when_changes_are_never_confirmed_then_only_so_many_wait() -> None:
    bench = Bench()
    _, tag = talk(bench)
    asks = [request("INVITE", branch=f"z9hG4bKn{n}", cseq=n, to_tag=tag, body=OFFER) for n in range(2, 8)]
    assert [bench.statuses(data) for data in asks] == [[200]] * 4 + [[500]] * 2


def test_when_the_caller_is_withheld_then_name_and_number_are_empty() -> None:
    bench = Bench()
    hidden = request("INVITE", body=OFFER).replace(
        b'"Alice" <sip:alice@192.0.2.7>', b'"Anonymous" <sip:anonymous@anonymous.invalid>'
    )
    bench.receive(hidden)
    (arrived,) = bench.take_news()
    assert isinstance(arrived, CallArrived)
    assert (arrived.caller, arrived.caller_name) == ("", "")


def test_when_names_are_latin_1_or_hold_control_characters_then_what_is_told_is_clean_text() -> None:
    bench = Bench()
    invite = request("INVITE", body=OFFER, target="sip:bo%00t@192.0.2.1", call_id="c\x01" + "x" * 400)
    bench.receive(invite.replace(b'"Alice"', b'"Jos\xe9"').replace(b"sip:alice@192.0.2.7>", b"sip:al%FFice@192.0.2.7>"))
    (arrived,) = bench.take_news()
    assert isinstance(arrived, CallArrived)
    assert (arrived.caller_name, arrived.called) == ("José", "bot")
    assert len(arrived.call_id) == 256
    for text in (arrived.caller, arrived.caller_name, arrived.called, arrived.call_id):
        assert text.encode().decode() == text
        assert text.isprintable()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n",
        b"\x00\x00",
        b"\x00\x01\x00\x00\x21\x12\xa4\x42" + b"a" * 12,
        b"GET / HTTP/1.1\r\n\r\n",
        b"\xff" * 100,
        b"INVITE",
        b"SIP/2.0 200 OK\r\n\r\n",
        request("ACK", to_tag="nobody"),
        b"INVITE sip:x SIP/2.0\r\n\r\n",
        b"OPTIONS sip:x@y SIP/2.0\r\nFrom: <sip:a@b>;tag=1\r\n\r\n",
    ],
)
def test_when_garbage_or_a_keep_alive_comes_then_nothing_is_said(data: bytes) -> None:
    bench = Bench()
    assert bench.receive(data) == []
    assert bench.take_news() == []
    assert bench.agent.next_deadline_ms() is None


def test_when_every_call_is_over_then_nothing_is_left_behind() -> None:
    bench = Bench()
    for number in range(20):
        bench.receive(request("INVITE", branch=f"z9hG4bKi{number}", call_id=f"c{number}", body=OFFER))
        (arrived,) = bench.take_news()
        assert isinstance(arrived, CallArrived)
        (answer,) = bench.give(AnswerCall(arrived.session_id, 20_000 + number))
        tag = tag_of(answer)
        bench.receive(request("ACK", branch=f"z9hG4bKa{number}", call_id=f"c{number}", to_tag=tag))
        bench.receive(request("BYE", branch=f"z9hG4bKb{number}", call_id=f"c{number}", cseq=2, to_tag=tag))
        bench.take_news()
    bench.wait(60_000)
    assert (bench.agent.open_sessions, bench.agent.open_transactions) == (0, 0)
    assert PEER in bench.flows
