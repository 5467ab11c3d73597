"""Each row of the four transaction tables, every illegal step, and the timers in real lengths."""

from __future__ import annotations

import itertools

import pytest

from telephony.sip.headers import Headers
from telephony.sip.message import Flow, SipRequest, SipResponse
from telephony.sip.timers import FIRST_MS, TIMEOUT_MS, Timer
from telephony.sip.transaction import (
    Event,
    Failed,
    Happening,
    IllegalStepError,
    PassUp,
    State,
    Transaction,
    TransactionOutput,
    Transmit,
)
from telephony.sip.transaction_client import InviteClientTransaction, OtherClientTransaction
from telephony.sip.transaction_layer import TransactionFailed, TransactionLayer
from telephony.sip.transaction_server import InviteServerTransaction, OtherServerTransaction
from tests.telephony.sip.ua_bench import Bench, request

FLOW = Flow("192.0.2.7", 5062)
FIELDS = Headers(
    [
        ("Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx"),
        ("From", "<sip:a@x>;tag=1"),
        ("To", "<sip:b@y>"),
        ("Call-ID", "c"),
        ("CSeq", "7 INVITE"),
        ("Route", "<sip:p1;lr>"),
    ]
)
REQUEST = SipRequest("INVITE", "sip:b@y", FIELDS)
RESPONSES = {
    "1XX": SipResponse(180, "Ringing", FIELDS),
    "2XX": SipResponse(200, "OK", FIELDS),
    "REFUSAL": SipResponse(486, "Busy Here", FIELDS.replaced("To", ["<sip:b@y>;tag=2"])),
}
MACHINES: dict[str, type[Transaction]] = {
    "invite server": InviteServerTransaction,
    "other server": OtherServerTransaction,
    "invite client": InviteClientTransaction,
    "other client": OtherClientTransaction,
}

# state --event--> state: what comes out (s: sent, r: sent again, u: passed up, a: ACK, t: timed out, x: unreachable)
ROWS = {
    "invite server": """
        PROCEEDING --REQUEST--> PROCEEDING: r
        PROCEEDING --SEND_1XX--> PROCEEDING: s
        PROCEEDING --SEND_2XX--> ACCEPTED: s
        PROCEEDING --SEND_REFUSAL--> COMPLETED: s
        PROCEEDING --ACK--> PROCEEDING:
        PROCEEDING --TRANSPORT_FAILED--> PROCEEDING: x
        COMPLETED --REQUEST--> COMPLETED: r
        COMPLETED --ACK--> CONFIRMED:
        COMPLETED --TRANSPORT_FAILED--> COMPLETED: x
        COMPLETED --G--> COMPLETED: r
        COMPLETED --H--> TERMINATED: t
        CONFIRMED --REQUEST--> CONFIRMED:
        CONFIRMED --ACK--> CONFIRMED:
        CONFIRMED --TRANSPORT_FAILED--> CONFIRMED:
        CONFIRMED --I--> TERMINATED:
        ACCEPTED --REQUEST--> ACCEPTED:
        ACCEPTED --SEND_2XX--> ACCEPTED: s
        ACCEPTED --ACK--> ACCEPTED: u
        ACCEPTED --TRANSPORT_FAILED--> ACCEPTED: x
        ACCEPTED --L--> TERMINATED:
    """,
    "other server": """
        TRYING --REQUEST--> TRYING:
        TRYING --SEND_1XX--> PROCEEDING: s
        TRYING --SEND_2XX--> COMPLETED: s
        TRYING --SEND_REFUSAL--> COMPLETED: s
        TRYING --TRANSPORT_FAILED--> TRYING: x
        PROCEEDING --REQUEST--> PROCEEDING: r
        PROCEEDING --SEND_1XX--> PROCEEDING: s
        PROCEEDING --SEND_2XX--> COMPLETED: s
        PROCEEDING --SEND_REFUSAL--> COMPLETED: s
        PROCEEDING --TRANSPORT_FAILED--> PROCEEDING: x
        COMPLETED --REQUEST--> COMPLETED: r
        COMPLETED --TRANSPORT_FAILED--> COMPLETED: x
        COMPLETED --J--> TERMINATED:
    """,
    "invite client": """
        CALLING --GOT_1XX--> PROCEEDING: u
        CALLING --GOT_2XX--> ACCEPTED: u
        CALLING --GOT_REFUSAL--> COMPLETED: ua
        CALLING --TRANSPORT_FAILED--> TERMINATED: x
        CALLING --STREAM_LOST--> CALLING: r
        CALLING --A--> CALLING: r
        CALLING --B--> TERMINATED: t
        PROCEEDING --GOT_1XX--> PROCEEDING: u
        PROCEEDING --GOT_2XX--> ACCEPTED: u
        PROCEEDING --GOT_REFUSAL--> COMPLETED: ua
        PROCEEDING --TRANSPORT_FAILED--> TERMINATED: x
        PROCEEDING --C--> TERMINATED: t
        COMPLETED --GOT_1XX--> COMPLETED:
        COMPLETED --GOT_2XX--> COMPLETED:
        COMPLETED --GOT_REFUSAL--> COMPLETED: a
        COMPLETED --TRANSPORT_FAILED--> TERMINATED:
        COMPLETED --D--> TERMINATED:
        ACCEPTED --GOT_1XX--> ACCEPTED:
        ACCEPTED --GOT_2XX--> ACCEPTED: u
        ACCEPTED --GOT_REFUSAL--> ACCEPTED:
        ACCEPTED --TRANSPORT_FAILED--> ACCEPTED:
        ACCEPTED --M--> TERMINATED:
    """,
    "other client": """
        TRYING --GOT_1XX--> PROCEEDING: u
        TRYING --GOT_2XX--> COMPLETED: u
        TRYING --GOT_REFUSAL--> COMPLETED: u
        TRYING --TRANSPORT_FAILED--> TERMINATED: x
        TRYING --STREAM_LOST--> TRYING: r
        TRYING --E--> TRYING: r
        TRYING --F--> TERMINATED: t
        PROCEEDING --GOT_1XX--> PROCEEDING: u
        PROCEEDING --GOT_2XX--> COMPLETED: u
        PROCEEDING --GOT_REFUSAL--> COMPLETED: u
        PROCEEDING --TRANSPORT_FAILED--> TERMINATED: x
        PROCEEDING --E--> PROCEEDING: r
        PROCEEDING --F--> TERMINATED: t
        COMPLETED --GOT_1XX--> COMPLETED:
        COMPLETED --GOT_2XX--> COMPLETED:
        COMPLETED --GOT_REFUSAL--> COMPLETED:
        COMPLETED --TRANSPORT_FAILED--> TERMINATED:
        COMPLETED --K--> TERMINATED:
    """,
}

# How to bring a fresh machine into each state.
ROADS: dict[str, dict[State, list[Event]]] = {
    "invite server": {
        State.PROCEEDING: [],
        State.COMPLETED: [Happening.SEND_REFUSAL],
        State.CONFIRMED: [Happening.SEND_REFUSAL, Happening.ACK],
        State.ACCEPTED: [Happening.SEND_2XX],
        State.TERMINATED: [Happening.SEND_2XX, Timer.L],
    },
    "other server": {
        State.TRYING: [],
        State.PROCEEDING: [Happening.SEND_1XX],
        State.COMPLETED: [Happening.SEND_2XX],
        State.TERMINATED: [Happening.SEND_2XX, Timer.J],
    },
    "invite client": {
        State.CALLING: [],
        State.PROCEEDING: [Happening.GOT_1XX],
        State.COMPLETED: [Happening.GOT_REFUSAL],
        State.ACCEPTED: [Happening.GOT_2XX],
        State.TERMINATED: [Timer.B],
    },
    "other client": {
        State.TRYING: [],
        State.PROCEEDING: [Happening.GOT_1XX],
        State.COMPLETED: [Happening.GOT_2XX],
        State.TERMINATED: [Timer.F],
    },
}
EVENTS: dict[str, Event] = {**{item.name: item for item in Happening}, **{item.name: item for item in Timer}}


def parsed_rows() -> list[tuple[str, State, Event, State, str]]:
    rows = []
    for machine, text in ROWS.items():
        for line in filter(None, map(str.strip, text.splitlines())):
            step, _, outputs = line.partition(":")
            start, event, end = step.replace("-->", "--").split("--")
            rows.append((machine, State[start.strip()], EVENTS[event.strip()], State[end.strip()], outputs.strip()))
    return rows


def message_for(event: Event) -> SipRequest | SipResponse | None:
    _, _, kind = event.name.partition("_")
    return RESPONSES.get(kind)


def brought_to(machine: str, state: State) -> Transaction:
    transaction = MACHINES[machine](REQUEST, FLOW, reliable=False)
    if isinstance(transaction, InviteClientTransaction | OtherClientTransaction):
        transaction.begin(0)
    for event in ROADS[machine][state]:
        transaction.step(event, message_for(event), 0)
    assert transaction.state is state
    return transaction


def letters(outputs: list[TransactionOutput], event: Event) -> str:
    text = ""
    for output in outputs:
        if isinstance(output, PassUp):
            text += "u"
        elif isinstance(output, Failed):
            text += "t" if output.timed_out else "x"
        elif isinstance(output.message, SipRequest) and output.message.method == "ACK":
            text += "a"
        else:
            text += "s" if event.name.startswith("SEND") else "r"
    return text


@pytest.mark.parametrize(("machine", "start", "event", "end", "outputs"), parsed_rows(), ids=str)
def test_when_a_step_is_in_the_table_then_it_leads_there_and_says_that(
    machine: str, start: State, event: Event, end: State, outputs: str
) -> None:
    transaction = brought_to(machine, start)
    if start is State.PROCEEDING and machine == "invite server":
        transaction.step(Happening.SEND_1XX, RESPONSES["1XX"], 0)
    message = REQUEST if event is Happening.ACK else message_for(event)
    said = transaction.step(event, message, 0)
    assert transaction.state is end
    assert letters(said, event) == outputs


@pytest.mark.parametrize("machine", MACHINES)
def test_when_a_step_is_not_in_the_table_then_it_is_illegal(machine: str) -> None:
    legal = {(start, event) for name, start, event, _, _ in parsed_rows() if name == machine}
    assert set(MACHINES[machine].table) == legal
    for state, event in itertools.product(ROADS[machine], EVENTS.values()):
        if (state, event) not in legal:
            transaction = brought_to(machine, state)
            with pytest.raises(IllegalStepError):
                transaction.step(event, message_for(event), 0)
            assert transaction.state is state


def sending_times(transaction: Transaction, until_ms: int) -> tuple[list[int], list[int]]:
    """Run the timers; return when something was sent and when it failed."""
    sent: list[int] = []
    failed: list[int] = []
    while (due_ms := transaction.next_deadline_ms()) is not None and due_ms <= until_ms:
        for output in transaction.expire(due_ms):
            (sent if isinstance(output, Transmit) else failed).append(due_ms)
    return sent, failed


def test_when_an_invite_is_not_answered_then_it_is_sent_seven_times_in_32_seconds() -> None:
    client = InviteClientTransaction(REQUEST, FLOW, reliable=False)
    assert client.begin(0) == [Transmit(REQUEST, FLOW)]
    sent, failed = sending_times(client, 60_000)
    assert sent == [500, 1500, 3500, 7500, 15_500, 31_500]
    assert failed == [32_000]
    assert client.terminated


def test_when_another_request_is_not_answered_then_it_is_sent_every_four_seconds_at_last() -> None:
    client = OtherClientTransaction(REQUEST, FLOW, reliable=False)
    client.begin(0)
    sent, failed = sending_times(client, 60_000)
    assert sent == [500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]
    assert failed == [32_000]


def test_when_the_peer_is_trying_then_the_request_is_repeated_every_four_seconds() -> None:
    client = OtherClientTransaction(REQUEST, FLOW, reliable=False)
    client.begin(0)
    client.receive(RESPONSES["1XX"], 100)
    assert sending_times(client, 9_000)[0] == [500, 4500, 8500]


def test_when_a_refusal_is_not_acknowledged_then_it_is_repeated_until_timer_h() -> None:
    server = InviteServerTransaction(REQUEST, FLOW, reliable=False)
    server.respond(RESPONSES["REFUSAL"], 0)
    sent, failed = sending_times(server, 60_000)
    assert sent == [500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]
    assert failed == [32_000]


def test_when_the_transport_is_reliable_then_nothing_is_repeated_and_nothing_lingers() -> None:
    client = OtherClientTransaction(REQUEST, FLOW, reliable=True)
    client.begin(0)
    assert client.next_deadline_ms() == 32_000
    client.receive(RESPONSES["2XX"], 10)
    assert client.expire(10) == []
    assert client.terminated
    server = InviteServerTransaction(REQUEST, FLOW, reliable=True)
    server.respond(RESPONSES["REFUSAL"], 0)
    server.step(Happening.ACK, REQUEST, 5)
    server.expire(5)
    assert server.terminated


@pytest.mark.parametrize(
    ("machine", "lingering"),
    [
        ("invite client", State.COMPLETED),
        ("invite server", State.CONFIRMED),
        ("other client", State.COMPLETED),
        ("other server", State.COMPLETED),
    ],
)
@pytest.mark.parametrize("reliable", [True, False])
def test_when_the_transport_is_reliable_then_timers_d_i_j_and_k_are_zero(
    machine: str, lingering: State, reliable: bool
) -> None:
    transaction = MACHINES[machine](REQUEST, FLOW, reliable=reliable)
    for event in ROADS[machine][lingering]:
        transaction.step(event, REQUEST if event is Happening.ACK else message_for(event), 0)
    assert transaction.state is lingering
    transaction.expire(0)
    assert transaction.terminated is reliable


@pytest.mark.parametrize(("machine", "timer"), [("invite client", Timer.M), ("invite server", Timer.L)])
@pytest.mark.parametrize("reliable", [True, False])
def test_when_an_invite_is_accepted_then_the_transaction_stays_32_seconds_on_any_transport(
    machine: str, timer: Timer, reliable: bool
) -> None:
    transaction = MACHINES[machine](REQUEST, FLOW, reliable=reliable)
    for event in ROADS[machine][State.ACCEPTED]:
        transaction.step(event, message_for(event), 0)
    assert transaction.next_deadline_ms() == TIMEOUT_MS == FIRST_MS[timer]
    transaction.expire(TIMEOUT_MS)
    assert transaction.terminated


def test_when_a_stream_breaks_before_any_response_then_the_request_goes_out_once_more_and_then_fails() -> None:
    layer = TransactionLayer()
    stream = Flow("192.0.2.7", 5060, "tcp", 3)
    layer.begin_client(REQUEST, stream, "owner", 0, reliable=True)
    anew = Flow("192.0.2.7", 5060, "tcp")
    assert layer.flow_lost(stream, 10) == [Transmit(REQUEST, anew)]
    assert layer.flow_lost(stream, 11) == []
    assert layer.flow_lost(anew, 20) == [TransactionFailed("owner", REQUEST, timed_out=False)]
    assert layer.open_count == 0


def test_when_a_refusal_is_acknowledged_then_the_ack_has_the_invites_branch_and_the_answers_tag() -> None:
    client = InviteClientTransaction(REQUEST, FLOW, reliable=False)
    client.begin(0)
    ack = client.receive(RESPONSES["REFUSAL"], 10)[-1]
    assert isinstance(ack, Transmit)
    assert isinstance(ack.message, SipRequest)
    assert (ack.message.method, ack.message.uri) == ("ACK", "sip:b@y")
    assert ack.message.headers.all("Via") == FIELDS.all("Via")
    assert ack.message.headers.all("Route") == ["<sip:p1;lr>"]
    assert ack.message.headers.get("To") == "<sip:b@y>;tag=2"
    assert ack.message.headers.get("CSeq") == "7 ACK"


def test_when_a_request_is_repeated_very_often_then_the_list_of_deadlines_does_not_grow() -> None:
    bench = Bench()
    for _ in range(500):
        bench.receive(request("OPTIONS"))
        bench.now_ms += 1
    assert len(bench.agent._wire.layer._deadlines) == 1
    bench.wait(32_000)
    assert bench.agent.open_transactions == 0
