"""From names to servers: every way through the drawing of `telephony.sip.locate`, and the order by weight."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.sip.locate import (
    MAX_TARGETS,
    Addresses,
    Locator,
    LocatorState,
    Naptr,
    Question,
    Records,
    Srv,
    order_by_weight,
)
from telephony.sip.message import Flow
from telephony.sip.uri import SipUri, parse_uri

UDP, TCP, TLS = "_sip._udp.example.com", "_sip._tcp.example.com", "_sips._tcp.example.com"


def locator(text: str, *, has_services: bool = True) -> Locator:
    uri = parse_uri(text)
    assert isinstance(uri, SipUri)
    return Locator(uri, transports=("udp", "tcp", "tls"), draw=lambda highest: highest, has_services=has_services)


def asked(found: Locator) -> set[tuple[str, str]]:
    return {(question.kind, question.name) for question in found.questions}


def run(found: Locator, zone: dict[tuple[str, str], Records]) -> list[str]:
    """Answer from a zone until it is located; return the targets as text."""
    for _ in range(4):
        if found.state is LocatorState.LOCATED:
            break
        known = {(q.kind, q.name): q for q in found.questions}
        found.answer({known[key]: records for key, records in zone.items() if key in known})
    assert found.state is LocatorState.LOCATED
    assert found.questions == ()
    return [f"{flow.transport} {flow} {flow.server_name}".strip() for flow in found.targets]


ONE = Addresses(("192.0.2.1",))


@pytest.mark.parametrize(
    ("uri", "target"),
    [
        ("sip:a@192.0.2.9", "udp 192.0.2.9:5060"),
        ("sip:a@192.0.2.9:5080", "udp 192.0.2.9:5080"),
        ("sip:a@192.0.2.9;transport=TCP", "tcp 192.0.2.9:5060"),
        ("sip:a@[2001:db8::1];transport=tls", "tls [2001:db8::1]:5061"),
        ("sips:a@[2001:db8::1]:7061", "tls [2001:db8::1]:7061"),
    ],
)
def test_when_the_host_is_an_address_then_nobody_is_asked(uri: str, target: str) -> None:
    found = locator(uri)
    assert found.questions == ()
    assert run(found, {}) == [target]


@pytest.mark.parametrize(
    ("uri", "target"),
    [
        ("sip:a@example.com:5080", "udp 192.0.2.1:5080"),
        ("sip:a@Example.COM.:5080;transport=tcp", "tcp 192.0.2.1:5080"),
        ("sips:a@example.com:5071", "tls 192.0.2.1:5071 example.com"),
    ],
)
def test_when_a_name_has_a_port_then_only_its_addresses_are_asked_for(uri: str, target: str) -> None:
    found = locator(uri)
    assert asked(found) == {("ADDRESS", "example.com")}
    assert run(found, {("ADDRESS", "example.com"): ONE}) == [target]


def test_when_a_name_is_of_this_machine_then_no_service_is_asked_for() -> None:
    assert asked(locator("sip:a@localhost", has_services=False)) == {("ADDRESS", "localhost")}


@pytest.mark.parametrize(
    ("uri", "questions"),
    [
        ("sip:a@example.com", {("SRV", UDP), ("SRV", TCP), ("SRV", TLS), ("NAPTR", "example.com")}),
        ("sip:a@example.com;transport=tcp", {("SRV", TCP)}),
        ("sip:a@example.com;transport=tls", {("SRV", TLS)}),
        ("sips:a@example.com", {("SRV", TLS)}),
    ],
)
def test_when_a_name_stands_alone_then_its_services_are_asked_for(uri: str, questions: set[tuple[str, str]]) -> None:
    assert asked(locator(uri)) == questions


def test_when_there_are_services_then_the_first_transport_with_any_gives_the_servers_in_order() -> None:
    zone: dict[tuple[str, str], Records] = {
        ("SRV", TCP): (Srv(20, 0, 5070, "second.example.com"), Srv(10, 5, 5060, "first.example.com")),
        ("SRV", TLS): (Srv(1, 0, 5061, "secure.example.com"),),
        ("ADDRESS", "first.example.com"): Addresses(("192.0.2.1", "2001:db8::1")),
        ("ADDRESS", "second.example.com"): Addresses(("192.0.2.2",)),
    }
    assert run(locator("sip:a@example.com"), zone) == [
        "tcp 192.0.2.1:5060",
        "tcp [2001:db8::1]:5060",
        "tcp 192.0.2.2:5070",
    ]


def test_when_a_service_is_over_tls_then_the_certificate_must_name_the_domain_and_not_the_server() -> None:
    zone: dict[tuple[str, str], Records] = {
        ("SRV", TLS): (Srv(1, 0, 5061, "edge.elsewhere.net"),),
        ("ADDRESS", "edge.elsewhere.net"): ONE,
    }
    found = locator("sips:a@example.com")
    run(found, zone)
    assert found.targets == (Flow("192.0.2.1", 5061, "tls", server_name="example.com"),)


def test_when_there_are_no_services_then_the_name_itself_is_the_server() -> None:
    assert run(locator("sip:a@example.com"), {("ADDRESS", "example.com"): ONE}) == ["udp 192.0.2.1:5060"]
    assert run(locator("sips:a@example.com"), {("ADDRESS", "example.com"): ONE}) == ["tls 192.0.2.1:5061 example.com"]


def test_when_the_service_is_decidedly_not_there_or_no_address_is_known_then_there_is_no_target() -> None:
    assert run(locator("sip:a@example.com;transport=udp"), {("SRV", UDP): (Srv(0, 0, 0, ""),)}) == []
    assert run(locator("sip:a@example.com"), {}) == []


def test_when_naptr_names_services_then_they_are_asked_for_in_its_order() -> None:
    zone: dict[tuple[str, str], Records] = {
        ("NAPTR", "example.com"): (
            Naptr(20, 1, "S", "SIP+D2U", UDP),
            Naptr(10, 2, "s", "SIP+D2T", "_sip._tcp.hosted.net"),
            Naptr(10, 1, "u", "E2U+sip", "x"),
        ),
        ("SRV", UDP): (Srv(0, 0, 5060, "u.example.com"),),
        ("SRV", "_sip._tcp.hosted.net"): (Srv(0, 0, 5062, "t.hosted.net"),),
        ("ADDRESS", "t.hosted.net"): ONE,
        ("ADDRESS", "u.example.com"): ONE,
    }
    found = locator("sip:a@example.com")
    assert run(found, zone) == ["tcp 192.0.2.1:5062"]


def test_when_naptr_names_only_what_we_cannot_then_the_usual_services_hold() -> None:
    zone: dict[tuple[str, str], Records] = {
        ("NAPTR", "example.com"): (Naptr(1, 1, "s", "SIP+D2S", "_sip._sctp.example.com"),),
        ("SRV", UDP): (Srv(0, 0, 5060, "u.example.com"),),
        ("ADDRESS", "u.example.com"): ONE,
    }
    assert run(locator("sip:a@example.com"), zone) == ["udp 192.0.2.1:5060"]


def test_when_a_zone_names_very_many_servers_then_few_are_tried() -> None:
    zone: dict[tuple[str, str], Records] = {
        ("SRV", UDP): tuple(Srv(0, 0, 5060 + n, "many.example.com") for n in range(100)),
        ("ADDRESS", "many.example.com"): Addresses(tuple(f"192.0.2.{n}" for n in range(100))),
    }
    found = locator("sip:a@example.com")
    found.answer({Question("SRV", UDP): zone["SRV", UDP]})
    assert len(found.questions) == 1
    assert len(run(found, zone)) == MAX_TARGETS


def test_when_records_have_weights_then_each_comes_first_as_often_as_its_weight_says() -> None:
    records = [Srv(1, 60, 1, "a"), Srv(1, 30, 2, "b"), Srv(1, 10, 3, "c"), Srv(2, 100, 4, "later"), Srv(1, 0, 5, "d")]
    numbers = random.Random(7)
    firsts = Counter(
        order_by_weight(records, lambda highest: numbers.randint(0, highest))[0].host for _ in range(4_000)
    )
    assert firsts["later"] == 0
    assert 0.55 < firsts["a"] / 4_000 < 0.65
    assert 0.25 < firsts["b"] / 4_000 < 0.35
    assert 0.05 < firsts["c"] / 4_000 < 0.15
    assert 0 < firsts["d"] / 4_000 < 0.03


@given(
    st.lists(st.builds(Srv, st.integers(0, 3), st.integers(0, 65_535), st.integers(1, 65_535), st.sampled_from("abc"))),
    st.randoms(use_true_random=False),
)
def test_when_records_are_ordered_then_none_is_lost_and_priorities_rise(
    records: list[Srv], numbers: random.Random
) -> None:
    ordered = order_by_weight(records, lambda highest: numbers.randint(0, highest))
    assert Counter(ordered) == Counter(records)
    assert [item.priority for item in ordered] == sorted(item.priority for item in records)
