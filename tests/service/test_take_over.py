"""Who may take the place of somebody in a running call."""

from __future__ import annotations

import pytest

from calls.ports import CallOffer
from service.take_over import host_of, may_replace_agent, may_replace_caller


def offer(remote: str, trunk: str = "", phone: str = "") -> CallOffer:
    return CallOffer(
        transport="sip",
        caller="+34600123456",
        caller_name="",
        called="bot",
        peer_call_id="x",
        remote=remote,
        trunk=trunk,
        phone=phone,
    )


@pytest.mark.parametrize(
    ("of_call", "asker", "allowed"),
    [
        (offer("192.0.2.1:5060"), offer("192.0.2.1:5080"), True),
        (offer("192.0.2.1:5060"), offer("192.0.2.2:5060"), False),
        (offer("192.0.2.1:5060", "pbx"), offer("192.0.2.9:5060", "pbx"), True),
        (offer("192.0.2.1:5060", "pbx"), offer("192.0.2.9:5060", "other"), False),
        (offer("192.0.2.1:5060"), offer("192.0.2.9:5060", "pbx"), False),
        (offer("192.0.2.1:5060"), offer("198.51.100.7:5060", phone="alice"), True),
        (offer("[2001:db8::1]:5060"), offer("[2001:db8::1]:5062"), True),
        (offer(""), offer(""), False),
    ],
    ids=[
        "same host",
        "stranger",
        "same trunk",
        "other trunk",
        "a trunk's for no trunk's",
        "a phone that proved itself",
        "v6",
        "nobody",
    ],
)
def test_when_a_call_wants_the_callers_place_then_only_the_same_side_or_a_phone_of_ours_may(
    of_call: CallOffer, asker: CallOffer, allowed: bool
) -> None:
    assert may_replace_caller(of_call, asker) is allowed


def test_when_a_call_wants_the_humans_place_then_it_comes_from_the_pbx_of_the_house() -> None:
    assert may_replace_agent(offer("192.0.2.5:5060"), ("192.0.2.5",))
    assert may_replace_agent(offer("192.0.2.9:5060", "pbx"), ())
    assert not may_replace_agent(offer("192.0.2.9:5060"), ("192.0.2.5",))
    assert may_replace_agent(offer("192.0.2.9:5060", phone="alice"), ())


def test_when_an_address_is_split_then_its_port_and_brackets_are_gone() -> None:
    assert host_of("192.0.2.1:5060") == "192.0.2.1"
    assert host_of("[::1]:5060") == "::1"
