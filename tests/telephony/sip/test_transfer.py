"""Transfers in and out, calls that take over others: tables, fields, and messages one by one."""

from __future__ import annotations

import itertools

import pytest

from telephony.sip.grammar import SipSyntaxError
from telephony.sip.headers import Headers
from telephony.sip.message import SipRequest, SipResponse
from telephony.sip.name_addr import parse_name_addr
from telephony.sip.refer import (
    Replaces,
    event_id,
    format_refer_to,
    format_replaces,
    fragment_of,
    is_terminated,
    parse_refer_to,
    parse_replaces,
    status_of_fragment,
)
from telephony.sip.signals import (
    AskTransfer,
    CallArrived,
    DecideTransfer,
    HangUpCall,
    ReportTransfer,
    SendDigit,
    TransferAsked,
    TransferProgress,
)
from telephony.sip.uri import SipUri
from telephony.transfer import (
    REFEREE,
    REFERRER,
    RefereeAct,
    RefereeEvent,
    RefereeState,
    ReferrerAct,
    ReferrerEvent,
    ReferrerState,
)
from tests.telephony.sip.test_incoming_calls import statuses, talk
from tests.telephony.sip.test_outgoing_calls import dial, methods, reply
from tests.telephony.sip.test_reliable import ANSWER
from tests.telephony.sip.ua_bench import OFFER, Bench, lines, request

REFEREE_ROWS = """
    ASKED --ACCEPT--> ACTIVE: at
    ASKED --REFUSE--> OVER: r
    ACTIVE --PROGRESS--> ACTIVE: t
    ACTIVE --FINAL--> OVER: l
    ACTIVE --UNWANTED--> OVER:
"""
REFERRER_ROWS = """
    SENT --ACCEPTED--> WAITING:
    SENT --PROGRESS--> WAITING: r
    SENT --REFUSED--> OVER: l
    SENT --SUCCEEDED--> OVER: l
    SENT --FAILED--> OVER: l
    SENT --ENDED--> OVER: l
    SENT --TIMED_OUT--> OVER: l
    WAITING --ACCEPTED--> WAITING:
    WAITING --PROGRESS--> WAITING: r
    WAITING --REFUSED--> OVER: l
    WAITING --SUCCEEDED--> OVER: l
    WAITING --FAILED--> OVER: l
    WAITING --ENDED--> OVER: l
    WAITING --TIMED_OUT--> OVER: l
"""


def rows(text: str) -> list[tuple[str, str, str, str]]:
    read = []
    for line in filter(None, map(str.strip, text.splitlines())):
        step, _, acts = line.partition(":")
        start, event, end = (word.strip() for word in step.replace("-->", "--").split("--"))
        read.append((start, event, end, acts.strip()))
    return read


def test_when_the_tables_are_read_then_they_are_row_for_row_the_ones_written_here() -> None:
    theirs = {"a": RefereeAct.ACCEPT, "r": RefereeAct.REFUSE, "t": RefereeAct.TELL, "l": RefereeAct.TELL_LAST}
    assert {
        (RefereeState[start], RefereeEvent[event]): (RefereeState[end], tuple(theirs[act] for act in acts))
        for start, event, end, acts in rows(REFEREE_ROWS)
    } == REFEREE
    ours = {"r": ReferrerAct.REPORT, "l": ReferrerAct.REPORT_LAST}
    assert {
        (ReferrerState[start], ReferrerEvent[event]): (ReferrerState[end], tuple(ours[act] for act in acts))
        for start, event, end, acts in rows(REFERRER_ROWS)
    } == REFERRER
    assert len(set(itertools.product(RefereeState, RefereeEvent)) - set(REFEREE)) == 10
    assert not any(start is ReferrerState.OVER for start, _ in REFERRER)


@pytest.mark.parametrize(
    ("value", "target", "replaces"),
    [
        ("<sip:carol@192.0.2.9>", "sip:carol@192.0.2.9", ""),
        ("sip:carol@192.0.2.9", "sip:carol@192.0.2.9", ""),
        ('"Carol" <sip:carol@192.0.2.9;method=INVITE;user=phone>', "sip:carol@192.0.2.9;user=phone", ""),
        (
            "<sip:carol@192.0.2.9?Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2&Subject=x>",
            "sip:carol@192.0.2.9",
            "a@b;to-tag=1;from-tag=2",
        ),
    ],
)
def test_when_refer_to_is_read_then_target_and_replaces_come_apart(value: str, target: str, replaces: str) -> None:
    wanted = parse_refer_to(Headers([("r", value)]))
    assert (str(wanted.target), wanted.replaces) == (target, replaces)


@pytest.mark.parametrize(
    "fields",
    [
        [],
        [("Refer-To", "<sip:a@b>"), ("Refer-To", "<sip:c@d>")],
        [("Refer-To", "<tel:+34600>")],
        [("Refer-To", "<http://example.org>")],
        [("Refer-To", "<sip:a@b;method=BYE>")],
        [("Refer-To", "<sip:a@b?Replaces=x%0d%0aRoute%3a%20sip%3ax>")],
        [("Refer-To", "nonsense")],
    ],
)
def test_when_refer_to_asks_for_what_we_do_not_do_then_it_is_a_syntax_error(fields: list[tuple[str, str]]) -> None:
    with pytest.raises(SipSyntaxError):
        parse_refer_to(Headers(fields))


def test_when_replaces_is_written_then_the_other_side_finds_its_dialog_by_it() -> None:
    ours = ("call@x", "ours", "theirs")
    text = format_replaces(ours)
    assert parse_replaces(Headers([("Replaces", text)])) == Replaces(("call@x", "theirs", "ours"), early_only=False)
    assert parse_replaces(Headers([("Replaces", text + ";early-only")])) == Replaces(
        ("call@x", "theirs", "ours"), early_only=True
    )
    refer_to = format_refer_to(SipUri("sip", "carol", "192.0.2.9"), text)
    assert parse_refer_to(Headers([("Refer-To", refer_to)])).replaces == text
    assert parse_name_addr(refer_to)


@pytest.mark.parametrize(
    "values", [["a;to-tag=1"], ["a;from-tag=1"], [";to-tag=1;from-tag=2"], ["a;to-tag=1;from-tag=2"] * 2]
)
def test_when_replaces_is_malformed_or_there_twice_then_400(values: list[str]) -> None:
    bench = Bench()
    extra = tuple(f"Replaces: {value}" for value in values)
    assert bench.statuses(request("INVITE", body=OFFER, extra=extra)) == [400]


def test_when_fragments_and_events_are_read_then_nonsense_counts_as_none() -> None:
    assert [status_of_fragment(fragment_of(status)) for status in (100, 180, 200, 603)] == [100, 180, 200, 603]
    assert [status_of_fragment(body) for body in (b"", b"HTTP/1.1 200 OK", b"SIP/2.0 999 x", b"SIP/2.0 20")] == [
        None
    ] * 4
    assert event_id(Headers([("o", "refer;id=7")])) == ("refer", 7)
    assert event_id(Headers([("Event", "Refer;id=x")])) == ("refer", None)
    assert is_terminated(Headers([("Subscription-State", "Terminated;reason=noresource")]))
    assert not is_terminated(Headers([("Subscription-State", "active;expires=60")]))


# A peer asks us


def ask(bench: Bench, tag: str, *, target: str = "<sip:carol@192.0.2.9>", cseq: int = 2) -> list[int]:
    extra = (f"Refer-To: {target}", "Referred-By: <sip:alice@192.0.2.7>")
    return bench.statuses(request("REFER", branch=f"z9hG4bKr{cseq}", cseq=cseq, to_tag=tag, extra=extra))


def notified(sent: list[SipRequest | SipResponse]) -> list[tuple[str, bytes]]:
    return [
        ((message.headers.get("Subscription-State") or "").partition(";")[0], message.body[:11])
        for message in sent
        if isinstance(message, SipRequest) and message.method == "NOTIFY"
    ]


def test_when_a_transfer_is_accepted_then_202_and_the_real_progress_follow() -> None:
    bench = Bench()
    session, tag = talk(bench)
    bench.take_news()
    assert ask(bench, tag) == []
    assert bench.take_news() == [
        TransferAsked(session, 2, "sip:carol@192.0.2.9", "", "<sip:alice@192.0.2.7>"),
    ]
    sent = bench.give(DecideTransfer(session, 2, 202))
    assert statuses(sent) == [202]
    assert notified(sent) == [("active", b"SIP/2.0 100")]
    first = sent[1]
    assert (first.headers.get("Event"), first.headers.get("Content-Type")) == (
        "refer;id=2",
        "message/sipfrag;version=2.0",
    )
    assert notified(bench.give(ReportTransfer(session, 2, 180))) == [("active", b"SIP/2.0 180")]
    assert notified(bench.give(ReportTransfer(session, 2, 200))) == [("terminated", b"SIP/2.0 200")]
    assert bench.give(ReportTransfer(session, 2, 486)) == []


def test_when_a_transfer_is_refused_then_its_status_goes_back_and_nothing_is_notified() -> None:
    bench = Bench()
    session, tag = talk(bench)
    ask(bench, tag)
    assert statuses(bench.give(DecideTransfer(session, 2, 603))) == [603]
    assert bench.give(ReportTransfer(session, 2, 200)) == []


def test_when_the_peer_does_not_want_notifications_then_there_are_no_more() -> None:
    bench = Bench()
    session, tag = talk(bench)
    ask(bench, tag)
    notify = bench.give(DecideTransfer(session, 2, 202))[1]
    assert isinstance(notify, SipRequest)
    bench.receive(reply(notify, 481))
    assert bench.give(ReportTransfer(session, 2, 200)) == []


@pytest.mark.parametrize("target", ["<tel:+34600>", "<sip:a@b;method=BYE>", "x y"])
def test_when_a_transfer_asks_for_nonsense_then_400(target: str) -> None:
    bench = Bench()
    _, tag = talk(bench)
    assert ask(bench, tag, target=target) == [400]


def test_when_refer_comes_without_a_call_then_403() -> None:
    assert Bench().statuses(request("REFER", extra=("Refer-To: <sip:a@b>",))) == [403]


# We ask a peer


def news_of(bench: Bench) -> list[tuple[int, bool]]:
    return [(news.status, news.is_last) for news in bench.take_news() if isinstance(news, TransferProgress)]


def notify(tag: str, cseq: int, status: int, *, state: str = "active;expires=60", event: str = "refer") -> bytes:
    head = (
        "NOTIFY sip:bot@192.0.2.1 SIP/2.0",
        f"Via: SIP/2.0/UDP 192.0.2.7:5062;branch=z9hG4bKn{cseq};rport",
        "From: <sip:alice@192.0.2.7>;tag=alice",
        f"To: <sip:bot@192.0.2.1>;tag={tag}",
        "Call-ID: call-1",
        f"CSeq: {cseq} NOTIFY",
        f"Event: {event}",
        f"Subscription-State: {state}",
        "Content-Type: message/sipfrag",
    )
    return lines(*head, body=f"SIP/2.0 {status} x\n" if status else "")


def test_when_we_transfer_a_peer_then_refer_names_the_target_and_its_news_are_told() -> None:
    bench = Bench()
    session, tag = talk(bench)
    (refer,) = bench.give(AskTransfer(session, SipUri("sip", "carol", "192.0.2.9")))
    assert isinstance(refer, SipRequest)
    assert (refer.method, refer.headers.get("Refer-To")) == ("REFER", "<sip:carol@192.0.2.9>")
    assert refer.headers.get("Referred-By") == "<sip:bot@192.0.2.1>"
    bench.receive(reply(refer, 202))
    bench.take_news()
    assert bench.statuses(notify(tag, 2, 100)) == [200]
    assert bench.statuses(notify(tag, 3, 180, event="refer;id=1")) == [200]
    assert bench.statuses(notify(tag, 4, 200, state="terminated;reason=noresource")) == [200]
    assert news_of(bench) == [(100, False), (180, False), (200, True)]
    assert bench.statuses(notify(tag, 5, 200)) == [481]


@pytest.mark.parametrize(
    ("status", "state", "told"),
    [
        (486, "terminated", (486, True)),
        (503, "active", (503, True)),
        (0, "terminated;reason=noresource", (0, True)),
        (100, "terminated", (0, True)),
    ],
)
def test_when_the_transfer_fails_then_it_is_told_once(status: int, state: str, told: tuple[int, bool]) -> None:
    bench = Bench()
    session, tag = talk(bench)
    (refer,) = bench.give(AskTransfer(session, SipUri("sip", "carol", "192.0.2.9")))
    assert isinstance(refer, SipRequest)
    bench.receive(reply(refer, 202))
    bench.receive(notify(tag, 2, status, state=state))
    bench.wait(200_000)
    assert news_of(bench) == [told]


def test_when_the_peer_refuses_or_is_silent_then_it_is_told() -> None:
    bench = Bench()
    session, _ = talk(bench)
    (refer,) = bench.give(AskTransfer(session, SipUri("sip", "carol", "192.0.2.9")))
    assert isinstance(refer, SipRequest)
    bench.receive(reply(refer, 603))
    assert news_of(bench) == [(603, True)]
    (refer,) = bench.give(AskTransfer(session, SipUri("sip", "carol", "192.0.2.9")))
    assert isinstance(refer, SipRequest)
    bench.receive(reply(refer, 202))
    bench.wait(180_000)
    assert news_of(bench) == [(408, True)]
    bench.give(AskTransfer(session, SipUri("sip", "carol", "192.0.2.9")))
    bench.wait(32_000)
    assert news_of(bench) == [(408, True)]


def test_when_a_notify_is_of_another_package_then_489() -> None:
    bench = Bench()
    _, tag = talk(bench)
    assert bench.statuses(notify(tag, 2, 200, event="presence")) == [489]


def test_when_we_transfer_attended_then_the_target_is_the_other_peer_and_its_dialog_is_named() -> None:
    bench = Bench()
    session, _ = talk(bench)
    invite = dial(bench)
    bench.receive(reply(invite, 200, body=ANSWER))
    (refer,) = bench.give(AskTransfer(session, SipUri("sip", "", "invalid"), "out"))
    assert isinstance(refer, SipRequest)
    wanted = parse_refer_to(refer.headers)
    own_tag = (invite.headers.get("From") or "").partition("tag=")[2]
    assert str(wanted.target) == "sip:bob@192.0.2.7:5066"
    assert wanted.replaces == f"{invite.headers.get('Call-ID')};to-tag=bob;from-tag={own_tag}"


# A call takes over another


def replacing(tag: str, *, extra: str = "") -> bytes:
    field = f"Replaces: call-1;to-tag={tag};from-tag=alice{extra}"
    return request("INVITE", branch="z9hG4bKnew", call_id="new", from_tag="bob", body=OFFER, extra=(field,))


def test_when_a_call_names_one_that_talks_then_it_arrives_as_its_successor() -> None:
    bench = Bench()
    session, tag = talk(bench)
    bench.take_news()
    assert bench.statuses(replacing(tag)) == [100]
    (arrived,) = bench.take_news()
    assert isinstance(arrived, CallArrived)
    assert arrived.replaces == session


def test_when_the_named_call_is_unknown_talks_or_ends_then_481_486_603() -> None:
    bench = Bench()
    session, tag = talk(bench)
    assert bench.statuses(replacing("wrong")) == [481]
    assert bench.statuses(replacing(tag, extra=";early-only").replace(b"new", b"nex")) == [486]
    bench.give(HangUpCall(session))
    assert bench.statuses(replacing(tag).replace(b"new", b"ney")) == [603]


# Digits


def test_when_a_digit_is_sent_by_info_then_it_has_the_form_that_gateways_read() -> None:
    bench = Bench()
    session, _ = talk(bench)
    (info,) = bench.give(SendDigit(session, "5", 120))
    assert (methods([info]), info.body) == (["INFO"], b"Signal=5\r\nDuration=120\r\n")
    assert info.headers.get("Content-Type") == "application/dtmf-relay"


def test_when_the_target_of_an_attended_transfer_left_meanwhile_then_nothing_is_asked() -> None:
    bench = Bench()
    session, _ = talk(bench)
    bench.take_news()
    assert bench.give(AskTransfer(session, SipUri("sip", "", "invalid"), "gone")) == []
    assert news_of(bench) == [(481, True)]


def test_when_the_call_ends_before_a_transfer_is_decided_then_its_refer_is_answered_with_487() -> None:
    bench = Bench()
    _, tag = talk(bench)
    fields = ("Refer-To: <sip:c@192.0.2.9>",)
    assert bench.receive(request("REFER", branch="z9hG4bKr", cseq=2, to_tag=tag, extra=fields)) == []
    assert statuses(bench.receive(request("BYE", branch="z9hG4bKb", cseq=3, to_tag=tag))) == [200, 487]
    bench.wait(40_000)
    assert (bench.agent.open_sessions, bench.agent.open_transactions) == (0, 0)


def test_when_a_peer_asks_for_many_transfers_at_once_then_only_some_are_considered() -> None:
    bench = Bench()
    _, tag = talk(bench)
    fields = ("Refer-To: <sip:c@192.0.2.9>",)
    asks = [request("REFER", branch=f"z9hG4bKr{n}", cseq=n, to_tag=tag, extra=fields) for n in range(2, 8)]
    assert [bench.statuses(data) for data in asks] == [[]] * 4 + [[503]] * 2
