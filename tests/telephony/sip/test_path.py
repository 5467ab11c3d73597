"""Phones behind a proxy of ours (RFC 3327): whose Path is read, how long it may be, and how a call follows it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from telephony.sip.message import Flow, SipRequest, SipResponse
from telephony.sip.origin import SOURCE_FIELD
from telephony.sip.path import MAX_PROXIES, MAX_PROXY_CHARS, route_of
from telephony.sip.signals import CallOver, HangUpCall
from telephony.sip.wire import MAX_DATAGRAM_BYTES, UserAgentSettings
from tests.telephony.sip.phone_bench import DeskPhone, PhoneBench, contacts_of
from tests.telephony.sip.test_outgoing_calls import ORDER, methods, reply
from tests.telephony.sip.ua_bench import LOCAL_HOST, OFFER, Bench, request

PROXY = Flow("10.0.0.10", 5060)
FIRST = "<sip:10.0.0.10:5060;lr;received=sip:203.0.113.9:40000%3Btransport%3Dtcp>"
SECOND = "<sip:[2001:db8::7]:5080;transport=tcp;lr>"
SEEN = f"{SOURCE_FIELD}: sip:203.0.113.9:40000;transport=tcp"
HIDDEN = "<sip:alice@10.9.9.9:5999;transport=tcp>"


def bench_behind_proxy() -> PhoneBench:
    bench = PhoneBench()
    bench.agent._wire.settings = UserAgentSettings(local_port=5060, is_proxy=lambda hop: hop.host == PROXY.host)
    return bench


def phone_behind_proxy(bench: PhoneBench) -> DeskPhone:
    return DeskPhone(bench, source=PROXY, contact=HIDDEN, call_id="reg-proxied")


def path_fields(*values: str) -> tuple[str, ...]:
    return tuple(f"Path: {value}" for value in values)


@pytest.mark.parametrize("supported", [(), ("Supported: path",)])
def test_when_a_proxy_of_ours_says_its_path_then_it_is_stored_and_told_to_the_phone(supported: tuple[str, ...]) -> None:
    bench = bench_behind_proxy()
    response = phone_behind_proxy(bench).register(extra=(SEEN, f"Path: {FIRST}, {SECOND}", *supported))
    assert (response.status, contacts_of(response)) == (200, [f"{HIDDEN};expires=600"])
    assert response.headers.all("Path") == [FIRST, SECOND]
    (binding,) = bench.store["alice"]
    assert binding.path == (FIRST, SECOND)
    assert (binding.host, binding.port, binding.transport) == ("203.0.113.9", 40_000, "tcp"), "as the proxy saw it"
    assert (binding.connection, binding.behind_nat) == (0, True)
    assert [str(item) for item in route_of(binding.path)] == [FIRST, SECOND]


def test_when_a_proxy_says_no_path_then_the_binding_leads_to_the_proxy_itself() -> None:
    bench = bench_behind_proxy()
    response = phone_behind_proxy(bench).register(extra=(SEEN,))
    (binding,) = bench.store["alice"]
    assert (binding.path, binding.host, binding.port) == ((), PROXY.host, PROXY.port)
    assert response.headers.all("Path") == []


def test_when_a_phone_moves_from_behind_the_proxy_then_its_path_goes() -> None:
    bench = bench_behind_proxy()
    phone = phone_behind_proxy(bench)
    phone.register(extra=(SEEN, f"Path: {FIRST}"))
    phone.source = Flow("10.1.2.3", 5062)
    phone.register()
    (binding,) = bench.store["alice"]
    assert (binding.path, binding.host) == ((), "10.1.2.3")


def test_when_anybody_else_says_a_path_then_it_counts_as_not_there() -> None:
    bench = bench_behind_proxy()
    response = DeskPhone(bench).register(extra=("Path: <sip:203.0.113.66;lr>", SEEN, "Supported: path"))
    assert (response.status, response.headers.all("Path")) == (200, [])
    (binding,) = bench.store["alice"]
    assert (binding.path, binding.host) == ((), "10.1.2.3")


def test_when_a_path_is_required_then_only_from_a_proxy_of_ours_it_is_granted() -> None:
    bench = bench_behind_proxy()
    required = (f"Path: {FIRST}", "Require: path")
    refused = DeskPhone(bench).register(extra=required)
    assert (refused.status, refused.headers.get("Unsupported")) == (420, "path")
    assert bench.store == {}
    assert phone_behind_proxy(bench).register(extra=(SEEN, *required)).status == 200


@pytest.mark.parametrize(
    "values",
    [
        (f"<sip:{'p' * MAX_PROXY_CHARS}.example;lr>",),
        (FIRST,) * (MAX_PROXIES + 1),
        (", ".join([FIRST] * (MAX_PROXIES + 1)),),
        ("<tel:+34600>",),
        ("<sip:>",),
        ("nonsense",),
        (FIRST, "<sip:10.0.0.11;lr\x0bx>"),
        ('<sip:10.0.0.10;lr>, "open',),
    ],
)
def test_when_a_path_is_too_long_or_none_then_the_request_is_refused_and_not_stored(
    values: tuple[str, ...],
) -> None:
    bench = bench_behind_proxy()
    response = phone_behind_proxy(bench).register(extra=(SEEN, *path_fields(*values)))
    assert response.status == 400
    assert bench.store == {}


def test_when_a_path_is_as_long_as_it_may_be_then_it_is_kept() -> None:
    bench = bench_behind_proxy()
    longest = "<sip:10.0.0.10;lr;x=>".replace("x=", "x=" + "y" * (MAX_PROXY_CHARS - 21))
    assert len(longest) == MAX_PROXY_CHARS
    assert phone_behind_proxy(bench).register(extra=(SEEN, *path_fields(*[longest] * MAX_PROXIES))).status == 200
    assert bench.store["alice"][0].path == (longest,) * MAX_PROXIES


# Calls along it

ROUTED = replace(ORDER, flow=PROXY, route=route_of((FIRST, SECOND)))


def _dial(bench: Bench) -> SipRequest:
    (invite,) = bench.give(ROUTED)
    assert isinstance(invite, SipRequest)
    return invite


def test_when_a_phone_has_a_path_then_the_invite_is_for_its_contact_along_it() -> None:
    bench = Bench()
    invite = _dial(bench)
    assert (invite.uri, invite.headers.get("To")) == ("sip:bob@192.0.2.7:5062", "<sip:bob@192.0.2.7:5062>")
    assert invite.headers.all("Route") == [FIRST, SECOND]
    assert bench.flows[-1] == PROXY


def test_when_a_call_along_a_path_is_long_then_our_proxy_still_gets_it_from_the_port_that_it_knows() -> None:
    bench = Bench()
    long = replace(ROUTED, fields=(("Subject", "x" * MAX_DATAGRAM_BYTES),))
    bench.give(long)
    assert bench.flows[-1].transport == "tcp", "to anybody else"
    bench = Bench()
    bench.agent._wire.settings = UserAgentSettings(local_port=5060, is_proxy=lambda hop: hop.host == PROXY.host)
    bench.give(long)
    assert bench.flows[-1] == PROXY


def test_when_the_first_proxy_routes_strictly_then_the_request_uri_is_its_own_and_the_contact_comes_last() -> None:
    bench = Bench()
    (invite,) = bench.give(replace(ORDER, flow=PROXY, route=route_of(("<sip:10.0.0.10:5060>", SECOND))))
    assert isinstance(invite, SipRequest)
    assert (invite.uri, invite.headers.get("To")) == ("sip:10.0.0.10:5060", "<sip:bob@192.0.2.7:5062>")
    assert invite.headers.all("Route") == [SECOND, "<sip:bob@192.0.2.7:5062>"]


def test_when_the_call_is_taken_back_then_cancel_and_ack_follow_the_route_of_the_invite() -> None:
    bench = Bench()
    invite = _dial(bench)
    bench.receive(reply(invite, 180), PROXY)
    (cancel,) = bench.give(HangUpCall("out"))
    assert isinstance(cancel, SipRequest)
    assert (cancel.method, cancel.uri, cancel.headers.all("Route")) == ("CANCEL", invite.uri, [FIRST, SECOND])
    assert cancel.headers.get("Via") == invite.headers.get("Via")
    assert bench.flows[-1] == PROXY
    bench.receive(reply(cancel, 200), PROXY)
    (ack,) = bench.receive(reply(invite, 487), PROXY)
    assert isinstance(ack, SipRequest)
    assert (ack.method, ack.headers.all("Route")) == ("ACK", [FIRST, SECOND])
    assert bench.flows[-1] == PROXY


def test_when_a_routed_call_is_refused_then_the_ack_follows_its_route() -> None:
    bench = Bench()
    invite = _dial(bench)
    (ack,) = bench.receive(reply(invite, 486), PROXY)
    assert isinstance(ack, SipRequest)
    assert (ack.method, ack.uri, ack.headers.all("Route")) == ("ACK", invite.uri, [FIRST, SECOND])
    assert [item.cause for item in bench.take_news() if isinstance(item, CallOver)] == ["refused"]


def test_when_a_routed_call_stands_then_its_dialog_follows_record_route_and_not_the_path() -> None:
    bench = Bench()
    invite = _dial(bench)
    recorded = "<sip:10.0.0.10:5060;lr;phone=yes>"
    (ack,) = bench.receive(reply(invite, 200, body=OFFER, extra=(f"Record-Route: {recorded}",)), PROXY)
    assert isinstance(ack, SipRequest)
    assert (ack.uri, ack.headers.all("Route")) == ("sip:bob@192.0.2.7:5066", [recorded])
    sent = bench.give(HangUpCall("out"))
    assert methods(sent) == ["BYE"]
    assert sent[0].headers.all("Route") == [recorded]
    assert bench.flows[-1] == PROXY


def test_when_a_call_comes_with_a_path_then_nobody_reads_it() -> None:
    (ringing, *_) = Bench().receive(request("INVITE", body=OFFER, extra=(f"Path: {FIRST}",)))
    assert isinstance(ringing, SipResponse)
    assert (ringing.status, LOCAL_HOST in (ringing.headers.get("To") or "")) == (100, True)
