"""A trunk to kamailio, which demands digest: registered, renewed after 423, called through, left at the end."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from dataclasses import replace
from pathlib import Path

import pytest

from calls.errors import CallCentreError
from calls.ports import CallOffer
from telephony.number_plan import NumberPlan, PrefixRule
from telephony.outbound import Outbound, OutboundRules
from telephony.sip_settings import SipSettings
from telephony.trunks import Trunk, parse_server
from tests.telephony.baresip import EchoHouse, phone, tone_share
from tests.telephony.kamailio_peer import carrier
from tests.waiting import eventually

pytestmark = pytest.mark.peer
SECRET = "s3cret"


def _house(port: int, password: str = SECRET, *, expires_s: int = 120) -> EchoHouse:
    trunk = Trunk(
        name="carrier",
        server=parse_server(f"127.0.0.1:{port}"),
        user="user1",
        password=password,
        register=True,
        expires_s=expires_s,
        numbers=NumberPlan(rules_out=(PrefixRule("+34", "+34"),)),
    )
    house = EchoHouse(SipSettings(listen="127.0.0.1:0", trunks=(trunk,)))
    house.gateway.guard_calls(Outbound(OutboundRules(), {"carrier": trunk.numbers}))
    return house


async def test_when_a_carrier_demands_digest_then_we_register_call_out_hang_up_and_leave(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    (tmp_path / "k").mkdir()
    (tmp_path / "p").mkdir()
    async with phone(tmp_path / "p", answers=True) as alice, carrier(tmp_path / "k", phone_port=alice.sip_port) as far:
        house = _house(far.port)
        await house.gateway.start()
        try:
            await eventually(lambda: house.gateway.trunks.registered("carrier"))
            leg = await house.gateway.call_out("+34600123456")
            house.follow(leg)
            await asyncio.sleep(2.0)
            await leg.hang_up()
            await eventually(lambda: house.gateway.open_calls == 0)
        finally:
            await house.close()
        assert not house.gateway.trunks.registered("carrier")
    assert tone_share(alice.decoded()) > 0.8, alice.log
    assert SECRET not in caplog.text


async def test_when_the_connection_to_the_registrar_is_cut_then_we_register_over_a_new_one(tmp_path: Path) -> None:
    async with carrier(tmp_path) as far:
        trunk = replace(
            Trunk(name="carrier", server=parse_server(f"sip:127.0.0.1:{far.port};transport=tcp")),
            user="user1",
            password=SECRET,
            register=True,
        )
        house = EchoHouse(SipSettings(listen="127.0.0.1:0", trunks=(trunk,)))
        await house.gateway.start()
        try:
            await eventually(lambda: house.gateway.trunks.registered("carrier"))
            (first,) = house.gateway.connections_in_use()
            house.gateway._bound._pool.abort_all()
            await eventually(lambda: house.gateway.connections_in_use() - {first} != set())
            assert house.gateway.trunks.registered("carrier")
        finally:
            await house.close()


async def test_when_the_registrar_wants_longer_bindings_then_we_ask_for_as_long(tmp_path: Path) -> None:
    async with carrier(tmp_path, min_expires_s=900) as far:
        house = _house(far.port, expires_s=60)
        await house.gateway.start()
        try:
            await eventually(lambda: house.gateway.trunks.registered("carrier"))
        finally:
            await house.close()


async def test_when_the_password_is_wrong_then_we_are_not_registered_and_a_call_is_refused(tmp_path: Path) -> None:
    async with carrier(tmp_path) as far:
        house = _house(far.port, "wrong")
        await house.gateway.start()
        try:
            await eventually(lambda: house.gateway.trunks.last_status("carrier") == 401)
            with pytest.raises(CallCentreError) as refused:
                await house.gateway.call_out("+34600123456")
            assert refused.value.code == "call.refused"
        finally:
            await house.close()


async def test_when_there_is_no_trunk_then_no_call_is_placed() -> None:
    house = EchoHouse()
    house.gateway.guard_calls(Outbound(OutboundRules(), {}))
    await house.gateway.start()
    try:
        with pytest.raises(CallCentreError) as refused:
            await house.gateway.call_out("+34600123456")
        assert refused.value.code == "call.denied"
    finally:
        await house.close()


async def test_when_the_rules_let_a_number_through_then_it_is_called_over_the_trunk_and_others_are_not(
    tmp_path: Path,
) -> None:
    (tmp_path / "k").mkdir()
    (tmp_path / "p").mkdir()
    async with phone(tmp_path / "p", answers=True) as alice, carrier(tmp_path / "k", phone_port=alice.sip_port) as far:
        house = _house(far.port)
        house.gateway.guard_calls(Outbound(OutboundRules(calls_per_number=1), {"carrier": NumberPlan()}))
        await house.gateway.start()
        try:
            for target in ("+34803123456", "+442079460000", "112", f"sip:alice@127.0.0.1:{alice.sip_port}"):
                with pytest.raises(CallCentreError) as denied:
                    await house.gateway.call_out(target)
                assert denied.value.code == "call.denied"
            with pytest.raises(CallCentreError, match="special price"):
                await house.gateway.call_out("+34803123456")
            with pytest.raises(CallCentreError, match="addresses outside"):
                await house.gateway.place_call(f"sip:alice@127.0.0.1:{alice.sip_port}")
            leg = await house.gateway.call_out("600 123 456", "callback")
            await leg.hang_up()
            with pytest.raises(CallCentreError, match="often enough"):
                await house.gateway.call_out("+34600123456")
            await eventually(lambda: house.gateway.open_calls == 0)
        finally:
            await house.close()


async def test_when_a_trunk_wants_srtp_but_its_keys_would_show_then_the_call_is_not_placed() -> None:
    trunk = Trunk(name="carrier", server=parse_server("192.0.2.1:5060"), srtp=True)
    house = EchoHouse(SipSettings(listen="127.0.0.1:0", trunks=(trunk,)))
    house.gateway.guard_calls(Outbound(OutboundRules(), {"carrier": trunk.numbers}))
    await house.gateway.start()
    try:
        with pytest.raises(CallCentreError, match="keys_in_clear") as refused:
            await house.gateway.call_out("+34600123456")
        assert refused.value.code == "call.not_trusted"
        assert house.gateway.open_calls == 0
    finally:
        await house.close()


async def test_when_nobody_gave_rules_then_nothing_is_called_out() -> None:
    house = EchoHouse()
    with pytest.raises(CallCentreError) as denied:
        await house.gateway.call_out("+34600123456")
    assert denied.value.code == "call.denied"


async def test_when_a_call_comes_from_a_trunk_then_its_numbers_are_read_and_its_caller_believed(tmp_path: Path) -> None:
    trunk = Trunk(
        name="pbx",
        server=parse_server("pbx.example"),
        networks=(ipaddress.ip_network("127.0.0.1"),),
        trust_identity=True,
        numbers=NumberPlan(rules_in=(PrefixRule("9", ""),)),
    )
    house, near = EchoHouse(SipSettings(listen="127.0.0.1:0", trunks=(trunk,))), EchoHouse()
    offers: list[CallOffer] = []
    house.gateway.admit = offers.append
    await house.gateway.start()
    await near.gateway.start()
    try:
        port = house.gateway.listen_address[1]
        leg = await near.gateway.place_call(f"sip:9910000000@127.0.0.1:{port}", caller="9600123456")
        await leg.hang_up()
        await eventually(lambda: house.gateway.open_calls == 0)
        leg = await near.gateway.place_call(f"sip:slow@127.0.0.1:{port}", caller="alice")
        await leg.hang_up()
        await eventually(lambda: house.gateway.open_calls == 0)
    finally:
        await near.close()
        await house.close()
    assert [(item.caller, item.called, item.trunk) for item in offers] == [
        ("+34600123456", "+34910000000", "pbx"),
        ("alice", "slow", "pbx"),
    ]
