"""Calls that we place, against scripted answers and against our own other side."""

from __future__ import annotations

import pytest

from telephony.sdp.session_description import parse_sdp
from telephony.sip.headers import Headers
from telephony.sip.message import Flow, SipRequest, SipResponse, serialise
from telephony.sip.signals import (
    AnswerCall,
    CallArrived,
    CallConfirmed,
    CallOver,
    CallRinging,
    DatagramReceived,
    HangUpCall,
    MediaAgreed,
    PlaceCall,
    RejectCall,
    RingCall,
    SendDatagram,
    SendFailed,
    TimePassed,
    UserAgentInput,
)
from telephony.sip.uri import SipUri
from tests.telephony.sip.ua_bench import LOCAL_HOST, OFFER, PEER, Bench, request, tag_of

ORDER = PlaceCall(
    session_id="out",
    target=SipUri("sip", "bob", "192.0.2.7", 5062),
    flow=PEER,
    local_host=LOCAL_HOST,
    media_port=30_000,
    caller="warmline",
    caller_name="Lumina",
)


def dial(bench: Bench) -> SipRequest:
    (invite,) = bench.give(ORDER)
    assert isinstance(invite, SipRequest)
    return invite


def reply(sent: SipRequest, status: int, *, tag: str = "bob", body: str = "", extra: tuple[str, ...] = ()) -> bytes:
    """Write the callee's response."""
    kept = [(name, sent.headers.get(name) or "") for name in ("Via", "From", "To", "Call-ID", "CSeq")]
    if status > 100 and tag and "tag=" not in kept[2][1]:
        kept[2] = ("To", f"{kept[2][1]};tag={tag}")
    fields = [*kept, ("Contact", "<sip:bob@192.0.2.7:5066>")]
    fields += [(name, value) for name, _, value in (item.partition(": ") for item in extra)]
    if body:
        fields.append(("Content-Type", "application/sdp"))
    return serialise(SipResponse(status, "x", Headers(fields), body.replace("\n", "\r\n").encode()))


def methods(messages: list[SipRequest | SipResponse]) -> list[str]:
    return [message.method for message in messages if isinstance(message, SipRequest)]


def test_when_we_call_then_the_invite_offers_every_codec_and_names_us() -> None:
    invite = dial(Bench())
    assert invite.uri == "sip:bob@192.0.2.7:5062"
    assert (invite.headers.get("From") or "").startswith('"Lumina" <sip:warmline@192.0.2.1>;tag=')
    assert invite.headers.get("Contact") == "<sip:192.0.2.1:5060>"
    audio = parse_sdp(invite.body).media[0]
    assert (audio.port, audio.formats) == (30_000, ("0", "8", "101"))


def test_when_the_callee_answers_then_ack_follows_at_its_contact_and_media_is_agreed() -> None:
    bench = Bench()
    invite = dial(bench)
    bench.receive(reply(invite, 100))
    bench.receive(reply(invite, 180))
    assert bench.take_news() == [CallRinging("out")]
    answer = reply(invite, 200, body=OFFER.replace("0 8 101", "8 101"))
    (ack,) = bench.receive(answer)
    assert isinstance(ack, SipRequest)
    assert (ack.method, ack.uri, ack.headers.get("CSeq")) == ("ACK", "sip:bob@192.0.2.7:5066", "1 ACK")
    assert bench.flows[-1] == Flow("192.0.2.7", 5066)
    agreed, confirmed = bench.take_news()
    assert isinstance(agreed, MediaAgreed)
    assert (agreed.agreement.codec, agreed.agreement.direction) == ("PCMA", "sendrecv")
    assert confirmed == CallConfirmed("out")
    assert methods(bench.receive(answer)) == ["ACK"]
    (bye,) = bench.give(HangUpCall("out"))
    assert isinstance(bye, SipRequest)
    assert bye.headers.get("CSeq") == "2 BYE"
    bench.receive(reply(bye, 200))
    assert bench.take_news() == [CallOver("out", "local")]
    bench.wait(70_000)
    assert (bench.agent.open_sessions, bench.agent.open_transactions) == (0, 0)


def test_when_the_answer_came_over_proxies_then_ack_and_bye_take_them_in_reverse() -> None:
    bench = Bench()
    invite = dial(bench)
    routes = ("Record-Route: <sip:192.0.2.21;lr>", "Record-Route: <sip:192.0.2.20;lr>")
    (ack,) = bench.receive(reply(invite, 200, body=OFFER, extra=routes))
    assert ack.headers.all("Route") == ["<sip:192.0.2.20;lr>", "<sip:192.0.2.21;lr>"]
    assert bench.flows[-1] == Flow("192.0.2.20", 5060)


def test_when_the_callee_hangs_up_then_200_and_the_end_is_told() -> None:
    bench = Bench()
    invite = dial(bench)
    bench.receive(reply(invite, 200, body=OFFER))
    bench.take_news()
    own_tag = (invite.headers.get("From") or "").partition("tag=")[2]
    bye = request("BYE", call_id=invite.headers.get("Call-ID") or "", from_tag="bob", to_tag=own_tag)
    assert bench.statuses(bye) == [200]
    assert bench.take_news() == [CallOver("out", "hung_up")]


@pytest.mark.parametrize("status", [302, 404, 486, 503, 603])
def test_when_the_callee_refuses_then_it_is_acknowledged_and_told(status: int) -> None:
    bench = Bench()
    invite = dial(bench)
    assert methods(bench.receive(reply(invite, status))) == ["ACK"]
    assert bench.take_news() == [CallOver("out", "refused", status, "x")]
    assert methods(bench.receive(reply(invite, status))) == ["ACK"]
    bench.wait(70_000)
    assert bench.agent.open_sessions == 0


def test_when_nobody_is_there_then_the_end_is_told_after_32_seconds() -> None:
    bench = Bench()
    dial(bench)
    bench.wait(31_999)
    assert bench.take_news() == []
    bench.wait(1)
    assert bench.take_news() == [CallOver("out", "no_response")]


def test_when_nothing_comes_back_in_the_time_we_give_it_then_a_late_answer_is_ended_again() -> None:
    bench = Bench(reach_ms=8_000)
    invite = dial(bench)
    bench.wait(7_999)
    assert bench.take_news() == []
    bench.wait(1)
    assert bench.take_news() == [CallOver("out", "no_response")]
    assert methods(bench.receive(reply(invite, 200, body=OFFER))) == ["ACK", "BYE"]
    bench.wait(70_000)
    assert bench.take_news() == []
    assert (bench.agent.open_sessions, bench.agent.open_transactions) == (0, 0)


@pytest.mark.parametrize("status", [100, 180])
def test_when_anything_came_back_then_the_time_to_reach_the_server_no_longer_counts(status: int) -> None:
    bench = Bench(reach_ms=8_000)
    invite = dial(bench)
    bench.receive(reply(invite, status))
    bench.take_news()
    bench.wait(59_999)
    assert bench.take_news() == []


def test_when_the_network_refuses_the_datagram_then_the_end_is_told_at_once() -> None:
    bench = Bench()
    dial(bench)
    bench.give(SendFailed(PEER))
    assert bench.take_news() == [CallOver("out", "transport_error")]


def test_when_we_give_up_before_any_answer_then_cancel_waits_for_a_provisional_one() -> None:
    bench = Bench()
    invite = dial(bench)
    assert bench.give(HangUpCall("out")) == []
    (cancel,) = bench.receive(reply(invite, 100))
    assert isinstance(cancel, SipRequest)
    assert cancel.method == "CANCEL"
    assert cancel.headers.all("Via") == invite.headers.all("Via")
    bench.receive(reply(cancel, 200))
    assert methods(bench.receive(reply(invite, 487))) == ["ACK"]
    assert bench.take_news() == [CallOver("out", "local")]


def test_when_the_callee_answers_while_we_cancel_then_ack_and_bye() -> None:
    bench = Bench()
    invite = dial(bench)
    bench.receive(reply(invite, 180))
    bench.take_news()
    assert methods(bench.give(HangUpCall("out"))) == ["CANCEL"]
    assert methods(bench.receive(reply(invite, 200, body=OFFER))) == ["ACK", "BYE"]
    assert bench.take_news() == []


def test_when_it_rings_too_long_then_cancel_and_the_end_is_a_timeout() -> None:
    bench = Bench()
    invite = dial(bench)
    bench.receive(reply(invite, 180))
    bench.take_news()
    assert methods(bench.wait(60_000))[:1] == ["CANCEL"]
    bench.receive(reply(invite, 487))
    assert bench.take_news() == [CallOver("out", "timeout")]


def test_when_the_cancel_changes_nothing_then_the_call_is_over_after_32_seconds() -> None:
    bench = Bench()
    invite = dial(bench)
    bench.receive(reply(invite, 180))
    bench.take_news()
    bench.give(HangUpCall("out"))
    bench.wait(32_000)
    assert bench.take_news() == [CallOver("out", "local")]


@pytest.mark.parametrize("body", ["", "v=0\nrubbish", OFFER.replace("0 8 101", "18"), OFFER.replace("40000", "0")])
def test_when_the_answer_has_no_usable_sound_then_ack_and_bye(body: str) -> None:
    bench = Bench()
    invite = dial(bench)
    assert methods(bench.receive(reply(invite, 200, body=body))) == ["ACK", "BYE"]
    assert bench.take_news() == [CallOver("out", "bad_answer")]


def test_when_two_phones_answer_then_the_second_is_confirmed_and_ended() -> None:
    bench = Bench()
    invite = dial(bench)
    bench.receive(reply(invite, 200, tag="first", body=OFFER))
    bench.take_news()
    sent = bench.receive(reply(invite, 200, tag="second", body=OFFER))
    assert methods(sent) == ["ACK", "BYE"]
    assert all("tag=second" in (message.headers.get("To") or "") for message in sent)
    assert bench.take_news() == []
    assert methods(bench.give(HangUpCall("out"))) == ["BYE"]


def test_when_a_response_belongs_to_nothing_then_it_is_dropped() -> None:
    bench = Bench()
    invite = dial(bench)
    strange = reply(invite, 200, body=OFFER).replace(b"branch=z9hG4bK", b"branch=z9hG4bKother")
    assert bench.receive(strange) == []
    assert bench.take_news() == []


class Pair:
    """Two user agents on a wire that loses what the pattern says."""

    def __init__(self, lost: frozenset[int]) -> None:
        self.near, self.far = Bench(), Bench()
        self._lost = lost
        self._count = 0

    def give(self, near: bool, event: UserAgentInput) -> None:
        bench = self.near if near else self.far
        for output in bench.agent.step(event, bench.now_ms):
            if not isinstance(output, SendDatagram):
                bench.news.append(output)
                continue
            self._count += 1
            if self._count not in self._lost:
                source = Flow("192.0.2.1" if near else "192.0.2.7", 5060)
                self.give(not near, DatagramReceived(output.data, source, "192.0.2.7" if near else "192.0.2.1"))

    def wait(self, ms: int) -> None:
        end_ms = self.near.now_ms + ms
        while True:
            due = [(bench.agent.next_deadline_ms(), bench is self.near) for bench in (self.near, self.far)]
            soonest = min(((at, side) for at, side in due if at is not None), default=None)
            if soonest is None or soonest[0] > end_ms:
                break
            self.near.now_ms = self.far.now_ms = max(self.near.now_ms, soonest[0])
            self.give(soonest[1], TimePassed())
        self.near.now_ms = self.far.now_ms = end_ms


LOSSES = [frozenset(range(first, last)) for first in range(1, 12) for last in (first, first + 1, first + 3)]


@pytest.mark.parametrize("lost", LOSSES, ids=lambda lost: "lost-" + "-".join(map(str, sorted(lost))))
def test_when_our_two_sides_call_each_other_over_a_bad_wire_then_the_call_stands_and_ends(lost: frozenset[int]) -> None:
    pair = Pair(lost)
    order = PlaceCall("out", SipUri("sip", "bob", "192.0.2.7"), Flow("192.0.2.7", 5060), "192.0.2.1", 30_000, "a")
    pair.give(True, order)
    pair.wait(5_000)
    (arrived,) = [news for news in pair.far.take_news() if isinstance(news, CallArrived)]
    pair.give(False, RingCall(arrived.session_id))
    pair.give(False, AnswerCall(arrived.session_id, 20_000))
    pair.wait(10_000)
    assert CallConfirmed("out") in pair.near.news
    assert CallConfirmed(arrived.session_id) in pair.far.news
    pair.give(True, HangUpCall("out"))
    pair.wait(10_000)
    assert CallOver("out", "local") in pair.near.news
    assert CallOver(arrived.session_id, "hung_up") in pair.far.news
    pair.wait(70_000)
    for bench in (pair.near, pair.far):
        assert (bench.agent.open_sessions, bench.agent.open_transactions) == (0, 0)


def test_when_the_far_side_rejects_then_the_near_side_hears_the_status() -> None:
    pair = Pair(frozenset())
    order = PlaceCall("out", SipUri("sip", "bob", "192.0.2.7"), Flow("192.0.2.7", 5060), "192.0.2.1", 30_000, "a")
    pair.give(True, order)
    (arrived,) = pair.far.take_news()
    assert isinstance(arrived, CallArrived)
    pair.give(False, RejectCall(arrived.session_id, 486, "Busy"))
    assert pair.near.take_news() == [CallOver("out", "refused", 486, "Busy")]
    assert tag_of(SipResponse(200, "", Headers([("To", "<sip:x>;tag=y")]))) == "y"


def test_when_the_callee_offers_anew_before_it_answered_then_500_asks_it_to_wait() -> None:
    bench = Bench()
    invite = dial(bench)
    bench.receive(reply(invite, 180))
    names = {"call_id": invite.headers.get("Call-ID") or "", "from_tag": "bob"}
    own_tag = (invite.headers.get("From") or "").partition("tag=")[2]
    again = request("INVITE", branch="z9hG4bKagain", to_tag=own_tag, body=OFFER, **names)  # type: ignore[arg-type]
    (refusal,) = bench.receive(again)
    assert isinstance(refusal, SipResponse)
    assert (refusal.status, refusal.headers.get("Retry-After")) == (500, "1")


def test_when_a_mistake_of_ours_breaks_the_serving_of_a_request_then_it_is_answered_with_500_and_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench()

    def fail(*_: object) -> None:
        raise RuntimeError("a mistake")

    monkeypatch.setattr(bench.agent, "_on_new_call", fail)
    with pytest.raises(RuntimeError):
        bench.receive(request("INVITE", body=OFFER))
    assert [message.status for message in bench.wait(1_000)[:1] if isinstance(message, SipResponse)] == [500]
    bench.wait(40_000)
    assert bench.agent.open_transactions == 0
