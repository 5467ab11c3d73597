"""Behind a proxy of ours: where a call really comes from decides who is served and who is believed."""

from __future__ import annotations

import pytest

from telephony.sip.message import Flow, SipResponse
from telephony.sip.origin import SOURCE_FIELD
from telephony.sip.signals import CallArrived
from telephony.sip.source_guard import SourceGuard
from telephony.sip.wire import UserAgentSettings
from tests.telephony.sip.ua_bench import OFFER, PEER, Bench, request

PROXY = Flow("192.0.2.10", 5060)
CARRIER = Flow("198.51.100.4", 5070)
ASSERTED = "P-Asserted-Identity: <sip:+34600@x>"


def _bench(*trusted: Flow) -> Bench:
    bench = Bench()
    bench.agent._wire.settings = UserAgentSettings(
        local_port=5060, is_proxy=lambda flow: flow.host == PROXY.host, is_trusted=lambda flow: flow in trusted
    )
    bench.agent._guard = SourceGuard(is_near=lambda address: str(address) == PROXY.host)
    return bench


def _says(*sources: str) -> tuple[str, ...]:
    return (*(f"{SOURCE_FIELD}: {source}" for source in sources), ASSERTED)


def _arrival(bench: Bench) -> CallArrived:
    (arrived,) = bench.take_news()
    assert isinstance(arrived, CallArrived)
    return arrived


def test_when_our_proxy_names_a_trusted_source_then_the_call_comes_from_there_and_is_answered_to_the_proxy() -> None:
    bench = _bench(CARRIER)
    bench.agent._guard = SourceGuard(is_near=lambda address: str(address) == CARRIER.host)
    bench.receive(request("INVITE", body=OFFER, extra=_says("sip:198.51.100.4:5070;transport=udp")), PROXY)
    arrived = _arrival(bench)
    assert (arrived.source, arrived.hop) == (CARRIER, PROXY)
    assert (arrived.caller, arrived.asserted) == ("+34600", True)
    assert {flow.host for flow in bench.flows} == {PROXY.host}


def test_when_our_proxy_names_a_stranger_then_nobody_answers_though_the_proxy_is_known() -> None:
    bench = _bench()
    bench.receive(request("INVITE", body=OFFER, extra=_says("sip:203.0.113.9:5060;transport=udp")), PROXY)
    assert (bench.sent, bench.take_news()) == ([], [])


def test_when_somebody_else_names_a_source_then_it_is_not_read() -> None:
    bench = _bench(CARRIER)
    bench.agent._guard = None
    bench.receive(request("INVITE", body=OFFER, extra=_says("sip:198.51.100.4:5070;transport=udp")), PEER)
    arrived = _arrival(bench)
    assert (arrived.source, arrived.hop) == (PEER, PEER)
    assert (arrived.caller, arrived.asserted) == ("alice", False)


def test_when_our_proxy_says_nothing_then_it_speaks_for_itself_and_vouches_for_nobody() -> None:
    bench = _bench(CARRIER)
    (pong,) = bench.receive(request("OPTIONS"), PROXY)
    assert isinstance(pong, SipResponse)
    assert pong.status == 200
    bench.receive(request("INVITE", branch="z9hG4bK2", body=OFFER, extra=_says()), PROXY)
    arrived = _arrival(bench)
    assert (arrived.source, arrived.caller, arrived.asserted) == (PROXY, "alice", False)


@pytest.mark.parametrize(
    "sources",
    [
        ("sip:198.51.100.4:5070", "sip:198.51.100.4:5070"),
        ("sip:198.51.100.4:5070", "sip:203.0.113.9:5060"),
        ("sip:carrier.example",),
        ("198.51.100.4",),
        ("tel:+34600",),
        ("sip:[::1",),
    ],
)
def test_when_the_source_is_not_clear_then_the_request_is_refused(sources: tuple[str, ...]) -> None:
    bench = _bench(CARRIER)
    assert (
        bench.statuses(
            request("INVITE", body=OFFER, extra=_says(*sources)),
        )
        == []
    )  # a stranger
    (refused,) = bench.receive(request("INVITE", body=OFFER, extra=_says(*sources)), PROXY)
    assert isinstance(refused, SipResponse)
    assert refused.status == 400
    assert bench.take_news() == []


def test_when_the_source_is_ipv6_or_has_no_port_then_it_is_read() -> None:
    told = []
    for source in ("sip:[2001:db8::4]:5070;transport=tcp", "sip:198.51.100.4", "sip:198.51.100.4;transport=tls"):
        bench = _bench()
        bench.agent._guard = None
        bench.receive(request("INVITE", body=OFFER, extra=_says(source)), PROXY)
        told.append(_arrival(bench).source)
    assert told == [
        Flow("2001:db8::4", 5070, "tcp"),
        Flow("198.51.100.4", 5060),
        Flow("198.51.100.4", 5061, "tls"),
    ]
