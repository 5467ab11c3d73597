"""The user agent on streams: where responses and requests go, what Via and Contact say, what a lost stream means."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telephony.sip.framing import FramedMessage, StreamFramer
from telephony.sip.message import Flow, SipRequest, SipResponse, Transport
from telephony.sip.name_addr import parse_name_addr
from telephony.sip.signals import (
    AnswerCall,
    CallArrived,
    DatagramReceived,
    FlowLost,
    HangUpCall,
    PlaceCall,
    SendFailed,
)
from telephony.sip.sip_dialog import SipDialog
from telephony.sip.uri import SipUri, parse_uri
from telephony.sip.wire import MAX_DATAGRAM_BYTES
from tests.telephony.sip.ua_bench import LOCAL_HOST, OFFER, Bench, lines, request, tag_of

ALICE = "sip:alice@192.0.2.7:5062;transport=tcp"
STREAM = Flow("192.0.2.7", 50_123, "tcp", 9)


def over_tcp(data: bytes, port: int = 5062) -> bytes:
    """Return the peer's message with the Via and Contact of a stream."""
    via = f"SIP/2.0/TCP 192.0.2.7:{port}".encode()
    contact = f"Contact: <sip:alice@192.0.2.7:{port};transport=tcp>".encode()
    return data.replace(b"SIP/2.0/UDP 192.0.2.7:5062", via).replace(b"Contact: <sip:alice@192.0.2.7:5062>", contact)


def answered(bench: Bench, source: Flow = STREAM, extra: tuple[str, ...] = ()) -> SipResponse:
    """Bring a call in over the stream and answer it; return the 200."""
    bench.receive(over_tcp(request("INVITE", body=OFFER, extra=extra)), source)
    (arrived,) = [item for item in bench.take_news() if isinstance(item, CallArrived)]
    (ok,) = bench.give(AnswerCall(arrived.session_id, 30_000))
    assert isinstance(ok, SipResponse)
    bench.receive(over_tcp(request("ACK", branch="z9hG4bKack", to_tag=tag_of(ok))), source)
    bench.session_id = arrived.session_id  # type: ignore[attr-defined]
    return ok


def hang_up(bench: Bench) -> SipRequest:
    (bye,) = bench.give(HangUpCall(bench.session_id))  # type: ignore[attr-defined]
    assert isinstance(bye, SipRequest)
    return bye


def test_when_a_request_comes_on_a_stream_then_its_responses_take_that_and_else_the_port_of_its_via() -> None:
    bench = Bench()
    answered(bench)
    assert set(bench.flows) == {Flow("192.0.2.7", 5062, "tcp", 9, "192.0.2.7")}
    (trying, ok) = bench.sent
    for response in (trying, ok):
        assert "received=192.0.2.7" in (response.headers.get("Via") or "")
        assert "rport=50123" in (response.headers.get("Via") or "")


def test_when_a_call_stands_on_a_stream_then_our_requests_take_it_and_else_the_contact() -> None:
    bench = Bench()
    ok = answered(bench)
    assert ok.headers.get("Contact") == "<sip:192.0.2.1:5060;transport=tcp>"
    bye = hang_up(bench)
    assert (bye.headers.get("Via") or "").startswith("SIP/2.0/TCP 192.0.2.1:5060;branch=z9hG4bK")
    flow = bench.flows[-1]
    assert (flow.host, flow.port, flow.transport, flow.connection) == ("192.0.2.7", 5062, "tcp", 9)
    assert bench.agent.next_deadline_ms() is not None
    assert bench.wait(31_000) == []


def test_when_the_peer_comes_back_on_another_stream_then_our_requests_take_that() -> None:
    bench = Bench()
    ok = answered(bench)
    again = Flow("192.0.2.7", 50_200, "tcp", 12)
    options = over_tcp(request("OPTIONS", branch="z9hG4bKo", cseq=2, to_tag=tag_of(ok)))
    assert [item.status for item in bench.receive(options, again) if isinstance(item, SipResponse)] == [200]
    assert bench.agent.connections_in_use == {12}
    hang_up(bench)
    assert bench.flows[-1].connection == 12


def test_when_the_stream_breaks_before_the_bye_is_answered_then_it_goes_out_once_more_on_a_new_one() -> None:
    bench = Bench()
    answered(bench)
    bye = hang_up(bench)
    lost = bench.flows[-1]
    assert bench.give(FlowLost(lost)) == [bye]
    assert bench.flows[-1].connection == 0
    assert bench.give(FlowLost(bench.flows[-1])) == []
    assert bench.agent.open_sessions == 0


@pytest.mark.parametrize(
    ("route", "target", "flow"),
    [
        ("<sip:192.0.2.7;lr;transport=tcp>", ALICE, Flow("192.0.2.7", 5060, "tcp", 9)),
        ("<sip:192.0.2.7:5070;lr>", ALICE, Flow("192.0.2.7", 5070, "tcp", 9)),
        ("<sip:192.0.2.7;transport=tcp>", "sip:192.0.2.7;transport=tcp", Flow("192.0.2.7", 5060, "tcp", 9)),
        ("<sip:192.0.2.20;lr;transport=tcp>", ALICE, Flow("192.0.2.20", 5060, "tcp")),
        ("<sip:192.0.2.20;transport=tcp>", "sip:192.0.2.20;transport=tcp", Flow("192.0.2.20", 5060, "tcp")),
        (
            "<sip:edge.example.com;lr;transport=tcp>",
            ALICE,
            Flow("edge.example.com", 5060, "tcp", 9, "edge.example.com"),
        ),
        ("<sip:[2001:db8::1];lr;transport=tcp>", ALICE, Flow("192.0.2.7", 5060, "tcp", 9)),
        ("<sip:192.0.2.20;lr;transport=udp>", ALICE, Flow("192.0.2.20", 5060)),
        ("<sip:192.0.2.20;lr;transport=tls>", ALICE, Flow("192.0.2.20", 5061, "tls")),
    ],
)
def test_when_there_is_a_route_then_loose_and_strict_routers_get_what_they_want(
    route: str, target: str, flow: Flow
) -> None:
    bench = Bench()
    answered(bench, extra=(f"Record-Route: {route}",))
    bye = hang_up(bench)
    assert bye.uri == target
    assert bye.headers.all("Route")[-1] == (route if ";lr" in route else f"<{ALICE}>")
    assert (bye.headers.get("Via") or "").startswith(f"SIP/2.0/{flow.transport.upper()} ")
    assert bench.flows[-1] == flow


@pytest.mark.parametrize(
    ("contact", "source", "flow"),
    [
        ("10.0.0.3:5062", Flow("8.8.4.9", 50_123, "tcp", 9), Flow("8.8.4.9", 5062, "tcp", 9)),
        ("8.8.4.9:5062", Flow("8.8.4.9", 50_123, "tcp", 9), Flow("8.8.4.9", 5062, "tcp", 9)),
        ("8.8.4.8:5062", Flow("8.8.4.9", 50_123, "tcp", 9), Flow("8.8.4.8", 5062, "tcp")),
        ("10.0.0.3:5062", Flow("8.8.4.9", 50_123), Flow("8.8.4.9", 50_123)),
        ("8.8.4.8:5062", Flow("8.8.4.9", 50_123), Flow("8.8.4.8", 5062)),
    ],
)
def test_when_a_peer_names_where_it_is_then_we_go_there_unless_it_hides_behind_a_translator(
    contact: str, source: Flow, flow: Flow
) -> None:
    host = contact.partition(":")[0]
    dialog = SipDialog(
        call_id="c",
        local=parse_name_addr("<sip:us@x>;tag=1"),
        remote=parse_name_addr("<sip:them@y>;tag=2"),
        remote_target=SipUri("sip", "them", host, 5062),
        route_set=(),
        local_cseq=0,
        remote_cseq=0,
        flow=source,
    )
    assert dialog.next_flow() == flow


def placed(transport: Transport, uri: str = "sip:bob@192.0.2.7", caller_name: str = "") -> tuple[Bench, SipRequest]:
    bench = Bench()
    target = parse_uri(uri)
    assert isinstance(target, SipUri)
    flow = Flow("192.0.2.7", 5060, transport, 0 if transport == "udp" else 4)
    (invite,) = bench.give(PlaceCall("out", target, flow, LOCAL_HOST, 30_000, "warmline", caller_name))
    assert isinstance(invite, SipRequest)
    return bench, invite


@pytest.mark.parametrize(
    ("transport", "uri", "via", "contact"),
    [
        ("udp", "sip:bob@x", "SIP/2.0/UDP 192.0.2.1:5060;", "<sip:192.0.2.1:5060>"),
        ("tcp", "sip:bob@x", "SIP/2.0/TCP 192.0.2.1:5060;", "<sip:192.0.2.1:5060;transport=tcp>"),
        ("tls", "sip:bob@x", "SIP/2.0/TLS 192.0.2.1;", "<sip:192.0.2.1;transport=tls>"),
        ("tls", "sips:bob@x", "SIP/2.0/TLS 192.0.2.1;", "<sips:192.0.2.1>"),
    ],
)
def test_when_we_call_then_via_and_contact_name_the_transport(
    transport: Transport, uri: str, via: str, contact: str
) -> None:
    _, invite = placed(transport, uri)
    assert (invite.headers.get("Via") or "").startswith(via)
    assert invite.headers.get("Contact") == contact
    assert invite.uri == uri


def test_when_a_request_on_a_stream_is_not_answered_then_it_is_not_repeated_and_fails_after_32_seconds() -> None:
    bench, _ = placed("tcp")
    assert bench.wait(31_999) == []
    bench.wait(1)
    assert bench.take_news()


def test_when_an_invite_is_too_long_for_a_datagram_then_it_takes_tcp_its_cancel_too_and_else_the_datagram() -> None:
    bench, invite = placed("udp", caller_name="x" * MAX_DATAGRAM_BYTES)
    assert (invite.headers.get("Via") or "").startswith("SIP/2.0/TCP ")
    assert bench.flows[-1] == Flow("192.0.2.7", 5060, "tcp")
    trying = lines(
        "SIP/2.0 100 Trying",
        *(f"{name}: {invite.headers.get(name)}" for name in ("Via", "From", "To", "Call-ID", "CSeq")),
    )
    bench.receive(trying, Flow("192.0.2.7", 5060, "tcp", 3))
    (cancel,) = bench.give(HangUpCall("out"))
    assert isinstance(cancel, SipRequest)
    assert (cancel.method, cancel.headers.get("Via")) == ("CANCEL", invite.headers.get("Via"))
    assert bench.flows[-1].transport == "tcp"


def test_when_there_is_no_stream_for_a_long_request_then_the_datagram_is_sent_and_repeated() -> None:
    bench, invite = placed("udp", caller_name="x" * MAX_DATAGRAM_BYTES)
    (again,) = bench.give(SendFailed(bench.flows[-1]))
    assert isinstance(again, SipRequest)
    assert (again.headers.get("Via") or "").replace("UDP", "TCP") == invite.headers.get("Via")
    assert bench.flows[-1] == Flow("192.0.2.7", 5060)
    assert len(bench.wait(1_500)) == 2
    bench.give(SendFailed(bench.flows[-1]))
    assert bench.agent.open_transactions == 0


SAMPLES = [
    over_tcp(request("INVITE", body=OFFER)),
    over_tcp(request("OPTIONS", branch="z9hG4bK2")),
    over_tcp(request("BYE", branch="z9hG4bK3", to_tag="x")),
    lines("SIP/2.0 200 OK", "Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKq", "CSeq: 1 INVITE"),
    b"\r\n\r\n",
]
EDITS = st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 20), st.binary(max_size=8)), max_size=3)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(SAMPLES), min_size=1, max_size=5), EDITS, st.integers(1, 200))
def test_when_any_stream_comes_in_any_pieces_then_the_user_agent_does_not_raise_and_ends_all(
    pieces: list[bytes], edits: list[tuple[int, int, bytes]], size: int
) -> None:
    data = b"".join(pieces)
    for at, length, new in edits:
        start = at % (len(data) + 1)
        data = data[:start] + new + data[start + length :]
    bench, framer = Bench(), StreamFramer(opened_by_us=False)
    for start in range(0, len(data), size):
        for frame in framer.feed(data[start : start + size]):
            if isinstance(frame, FramedMessage):
                bench.give(DatagramReceived(frame.data, STREAM, LOCAL_HOST))
    bench.wait(200_000)
    assert bench.agent.open_transactions == 0
    assert bench.agent.open_sessions == 0
