"""Which process reaches a phone and how: its connection, the way back through its translator, or its Contact."""

from __future__ import annotations

from dataclasses import replace

import pytest

from calls.phones import PhoneBinding
from telephony.sip.grammar import SipSyntaxError
from telephony.sip.message import Flow
from telephony.sip.phone_ways import way_to
from telephony.sip.registrar_rules import Host
from tests.phone_binding import phone_binding

HERE = Host("one", "192.0.2.1:5060")
SAME_ROUTE = Host("next", "192.0.2.1:5060")
ELSEWHERE = Host("two", "192.0.2.1:5070")
ON_UDP = phone_binding()
HIDDEN = replace(ON_UDP, host="8.8.8.8", behind_nat=True)
ON_TCP = replace(ON_UDP, contact="<sip:alice@10.1.2.3:5062;transport=tcp>", transport="tcp", connection=7)
ON_TLS = replace(ON_TCP, contact="<sip:alice@10.1.2.3>", transport="tls")
HIDDEN_TCP = replace(ON_TCP, host="8.8.8.8", behind_nat=True)
STREAM = Flow("10.1.2.3", 40_000, "tcp", 7, "10.1.2.3")
PROXIED = replace(
    HIDDEN_TCP, connection=0, path=("<sip:192.0.2.10:5060;lr;received=sip:8.8.8.8:40000>", "<sip:192.0.2.11;lr>")
)


@pytest.mark.parametrize(
    ("binding", "host", "is_open", "flow"),
    [
        (ON_UDP, HERE, False, Flow("10.1.2.3", 5062)),
        (ON_UDP, ELSEWHERE, False, Flow("10.1.2.3", 5062)),
        (HIDDEN, HERE, False, Flow("8.8.8.8", 40_000)),
        (HIDDEN, SAME_ROUTE, False, Flow("8.8.8.8", 40_000)),
        (HIDDEN, ELSEWHERE, False, None),
        (ON_TCP, HERE, True, STREAM),
        (ON_TCP, HERE, False, Flow("10.1.2.3", 5062, "tcp", server_name="10.1.2.3")),
        (ON_TCP, ELSEWHERE, True, Flow("10.1.2.3", 5062, "tcp", server_name="10.1.2.3")),
        (ON_TLS, ELSEWHERE, False, Flow("10.1.2.3", 5061, "tls", server_name="10.1.2.3")),
        (HIDDEN_TCP, HERE, True, Flow("8.8.8.8", 40_000, "tcp", 7, "10.1.2.3")),
        (HIDDEN_TCP, HERE, False, None),
        (HIDDEN_TCP, ELSEWHERE, True, None),
        (HIDDEN_TCP, SAME_ROUTE, True, None),
    ],
)
def test_when_a_process_calls_a_phone_then_it_takes_the_way_that_it_has(
    binding: PhoneBinding, host: Host, is_open: bool, flow: Flow | None
) -> None:
    way = way_to(binding, host, is_open=is_open)
    assert (way.flow if way is not None else None) == flow
    if way is not None:
        assert f"<{way.target}>" == binding.contact
        assert way.q == 300


@pytest.mark.parametrize(
    ("first", "flow"),
    [
        ("<sip:192.0.2.10:5060;lr>", Flow("192.0.2.10", 5060)),
        ("<sip:192.0.2.10;lr>", Flow("192.0.2.10", 5060)),
        ("<sip:192.0.2.10;transport=tcp;lr>", Flow("192.0.2.10", 5060, "tcp", server_name="192.0.2.10")),
        ("<sips:[2001:db8::7];lr>", Flow("2001:db8::7", 5061, "tls", server_name="2001:db8::7")),
        ("<sip:edge.example;lr>", Flow("edge.example", 5060)),
    ],
)
@pytest.mark.parametrize("host", [HERE, ELSEWHERE])
def test_when_a_phone_registered_through_a_proxy_then_every_process_calls_it_through_that(
    host: Host, first: str, flow: Flow
) -> None:
    way = way_to(replace(PROXIED, path=(first, PROXIED.path[1])), host, is_open=False)
    assert way is not None
    assert (way.flow, f"<{way.target}>") == (flow, PROXIED.contact)
    assert [str(item) for item in way.route] == [first, PROXIED.path[1]]
    assert way.behind == Flow("8.8.8.8", 40_000, "tcp")
    assert way.binding is not None, "so that it can be forgotten when the proxy has no connection to it any more"
    assert way.binding.place == PROXIED.place


@pytest.mark.parametrize(
    "damaged",
    [replace(ON_UDP, contact="<sip:"), replace(PROXIED, path=("<sip:",)), replace(PROXIED, path=("<tel:+34600>",))],
)
def test_when_what_is_stored_was_damaged_then_it_is_told(damaged: PhoneBinding) -> None:
    with pytest.raises(SipSyntaxError):
        way_to(damaged, HERE, is_open=False)
