"""No bytes, in no order, at no time, raise out of the parser or the user agent."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from telephony.sdp.session_description import SdpError, parse_sdp
from telephony.sip.checked_request import check_request
from telephony.sip.grammar import SipSyntaxError
from telephony.sip.message import SipRequest, SipResponse, serialise
from telephony.sip.name_addr import parse_name_addr
from telephony.sip.parse_message import MalformedRequestError, NotSipError, parse_message
from telephony.sip.signals import (
    AnswerCall,
    AskTransfer,
    BeginEarlyMedia,
    CallArrived,
    DecideTransfer,
    DirectMedia,
    HangUpCall,
    PlaceCall,
    RejectCall,
    ReportTransfer,
    RingCall,
    SendDigit,
    TransferAsked,
    UserAgentOrder,
)
from telephony.sip.uri import SipUri, parse_uri
from telephony.sip.via import parse_via
from tests.telephony.sip.ua_bench import OFFER, PEER, Bench, request, tag_of

METHODS = ["INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "INFO", "UPDATE", "REGISTER", "PRACK", "REFER", "NOTIFY", "X"]
SAMPLES = [request("INVITE", body=OFFER), request("BYE", to_tag="x"), request("ACK"), request("OPTIONS")]


def mutated(data: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    """Replace stretches of a message."""
    for at, length, new in edits:
        start = at % (len(data) + 1)
        data = data[:start] + new + data[start + length :]
    return data


EDITS = st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 40), st.binary(max_size=12)), min_size=1, max_size=6)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400) | st.builds(mutated, st.sampled_from(SAMPLES), EDITS))
def test_when_any_bytes_come_then_parsing_ends_in_a_message_or_in_one_of_two_errors(data: bytes) -> None:
    try:
        message = parse_message(data)
        if isinstance(message, SipRequest):
            check_request(message)
    except (NotSipError, MalformedRequestError):
        return
    assert parse_message(serialise(message)).body == message.body


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=120))
def test_when_any_text_stands_in_a_field_then_it_is_read_or_a_syntax_error(text: str) -> None:
    parsers: tuple[Callable[[str], object], ...] = (parse_name_addr, parse_uri, parse_via)
    for parse in parsers:
        try:
            value = parse(text)
        except SipSyntaxError:
            continue
        assert parse(str(value)) is not None


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300) | st.builds(mutated, st.just(OFFER.encode()), EDITS))
def test_when_any_bytes_stand_for_a_session_description_then_it_is_read_or_an_sdp_error(data: bytes) -> None:
    try:
        parse_sdp(data)
    except SdpError:
        return


EXTRA = [
    "Subject: nothing",
    "Supported: 100rel, timer",
    "Require: 100rel",
    "Session-Expires: 90;refresher=uac",
    "Session-Expires: 1",
    "Refer-To: <sip:c@192.0.2.9>",
    "Refer-To: <sip:c@192.0.2.9?Replaces=x%3Bto-tag%3D1%3Bfrom-tag%3D2>",
    "Replaces: c1;to-tag=tok3;from-tag=alice",
    "RAck: 1 1 INVITE",
    "Event: refer",
    "Allow: UPDATE",
]
requests = st.builds(
    lambda method, branch, cseq, call, to, tag, sdp, extra: (
        "request",
        method,
        branch,
        cseq,
        call,
        to,
        tag,
        sdp,
        extra,
    ),
    st.sampled_from(METHODS),
    st.sampled_from(["z9hG4bK1", "z9hG4bK2", "z9hG4bK3", "old"]),
    st.integers(1, 4),
    st.sampled_from(["c1", "c2"]),
    st.sampled_from(["", "ours", "wrong"]),
    st.sampled_from(["alice", ""]),
    st.sampled_from(["", OFFER, OFFER + "a=sendonly\n", OFFER.replace("0 8 101", "18"), "v=0\nx"]),
    st.lists(st.sampled_from(EXTRA), max_size=3).map(tuple),
)
STATUSES = [100, 180, 183, 199, 200, 202, 302, 401, 408, 422, 481, 487, 488, 491, 500, 503]
RELIABLY = ["", "Require: 100rel\r\nRSeq: 7\r\n", "Min-SE: 3600\r\n", "Retry-After: 2\r\n"]
responses = st.tuples(
    st.just("response"), st.sampled_from(STATUSES), st.booleans(), st.sampled_from(RELIABLY), st.sampled_from("tu")
)
ORDERS = [
    "ring",
    "early",
    "answer",
    "reject",
    "hang_up",
    "place",
    "hold",
    "resume",
    "digit",
    "refer",
    "refer_to",
    "accept",
    "decline",
    "report",
]
orders = st.tuples(st.just("order"), st.sampled_from(ORDERS))
waits = st.tuples(st.just("wait"), st.sampled_from([1, 500, 5_000, 33_000, 70_000]))
garbage = st.tuples(st.just("bytes"), st.builds(mutated, st.sampled_from(SAMPLES), EDITS))
STEPS = st.lists(requests | responses | orders | waits | garbage, max_size=25)


class Chaos:
    """Turns the steps that were drawn into datagrams and orders that refer to what was sent before."""

    def __init__(self) -> None:
        self.bench = Bench()
        self.sessions: list[str] = ["unknown"]
        self.tag = "ours"
        self.asked: SipRequest | None = None
        self.placed = 0
        self.transfer = 1

    def take(self, step: tuple[object, ...]) -> None:
        kind = step[0]
        if kind == "request":
            _, method, branch, cseq, call, to_tag, tag, sdp, extra = step
            own = self.tag if to_tag == "ours" else str(to_tag)
            data = request(
                str(method),
                branch=str(branch),
                cseq=int(str(cseq)),
                call_id=str(call),
                to_tag=own,
                from_tag=str(tag),
                body=str(sdp),
                extra=extra if isinstance(extra, tuple) else (),
            )
            self.bench.receive(data)
        elif kind == "response" and self.asked is not None:
            kept = [(name, value) for name, value in self.asked.headers if name in ("Via", "From", "Call-ID", "CSeq")]
            body = (b"Content-Type: application/sdp\r\n\r\n" + OFFER.encode()) if step[2] else b"\r\n"
            head = "".join(f"{name}: {value}\r\n" for name, value in kept)
            self.bench.receive(f"SIP/2.0 {step[1]} x\r\n{head}{step[3]}To: <sip:b@x>;tag={step[4]}\r\n".encode() + body)
        elif kind == "order":
            self.order(str(step[1]))
        elif kind == "wait":
            self.bench.wait(int(str(step[1])))
        elif kind == "bytes" and isinstance(step[1], bytes):
            self.bench.receive(step[1])
        self.look()

    def order(self, name: str) -> None:
        session = self.sessions[-1]
        if name == "place":
            self.placed += 1
            session = f"out{self.placed}"
            self.sessions.append(session)
            self.bench.give(PlaceCall(session, SipUri("sip", "b", "192.0.2.7"), PEER, "192.0.2.1", 30_000, "a"))
        else:
            orders_by_name: dict[str, UserAgentOrder] = {
                "ring": RingCall(session),
                "early": BeginEarlyMedia(session, 20_000),
                "hold": DirectMedia(session, "sendonly"),
                "resume": DirectMedia(session, "sendrecv"),
                "digit": SendDigit(session, "5", 100),
                "refer": AskTransfer(session, SipUri("sip", "c", "192.0.2.9")),
                "refer_to": AskTransfer(session, SipUri("sip", "c", "192.0.2.9"), self.sessions[0]),
                "accept": DecideTransfer(session, self.transfer, 202),
                "decline": DecideTransfer(session, self.transfer, 603),
                "report": ReportTransfer(session, self.transfer, 200),
                "answer": AnswerCall(session, 20_000),
                "reject": RejectCall(session, 486),
                "hang_up": HangUpCall(session),
            }
            self.bench.give(orders_by_name[name])

    def look(self) -> None:
        for news in self.bench.take_news():
            if isinstance(news, TransferAsked):
                self.transfer = news.transfer_id
            if isinstance(news, CallArrived):
                self.sessions.append(news.session_id)
                told = news.caller + news.caller_name + news.called + news.call_id
                assert told.isprintable()
                assert told.encode()  # no half characters that would break a database later
        for message in self.bench.sent:
            if isinstance(message, SipRequest) and message.method != "ACK":
                self.asked = message
            elif isinstance(message, SipResponse) and tag_of(message):
                self.tag = tag_of(message)


@settings(max_examples=400, deadline=None)
@given(STEPS)
def test_when_any_messages_come_in_any_order_then_nothing_raises_and_everything_ends(
    steps: list[tuple[object, ...]],
) -> None:
    chaos = Chaos()
    for step in steps:
        chaos.take(step)
    for session in chaos.sessions:
        chaos.bench.give(HangUpCall(session))
    chaos.bench.wait(200_000)
    assert (chaos.bench.agent.open_sessions, chaos.bench.agent.open_transactions) == (0, 0)
    assert chaos.bench.agent.next_deadline_ms() is None
