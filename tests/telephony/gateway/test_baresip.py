"""baresip, a real phone: it calls and is called, holds and resumes, with our RTP legs carrying its sound both ways."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from calls.ports import LegEnded, PeerHeld
from tests.telephony.baresip import EchoHouse, phone, tone_share
from tests.waiting import eventually

pytestmark = pytest.mark.peer


async def test_when_a_phone_calls_holds_and_resumes_then_its_own_tone_comes_back_and_our_bye_ends_it(
    house: EchoHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with phone(tmp_path, dial=house.uri) as alice:
        await eventually(lambda: len(house.legs) == 1)
        directions: list[str] = []
        monkeypatch.setattr(house.legs[0].media, "set_direction", directions.append)
        await asyncio.sleep(1.5)
        await alice.command("hold")
        await eventually(lambda: directions == ["recvonly"])
        await alice.command("resume")
        await eventually(lambda: directions == ["recvonly", "sendrecv"])
        await asyncio.sleep(1.0)
        assert house.events == [PeerHeld(held=True), PeerHeld(held=False)]
        await house.legs[0].hang_up()
        await eventually(lambda: house.gateway.open_calls == 0)
        assert house.events[2:] == [LegEnded(reason="local")]
    assert tone_share(alice.decoded()) > 0.8, alice.log


async def test_when_a_phone_hangs_up_then_the_leg_ends(house: EchoHouse, tmp_path: Path) -> None:
    async with phone(tmp_path, dial=house.uri) as alice:
        await eventually(lambda: len(house.legs) == 1)
        await asyncio.sleep(0.3)
        await alice.command("hangup")
        await eventually(lambda: house.events == [LegEnded(reason="hung_up")])


async def test_when_we_call_a_phone_then_it_answers_and_hears_its_tone(house: EchoHouse, tmp_path: Path) -> None:
    async with phone(tmp_path, answers=True) as alice:
        await asyncio.sleep(0.5)
        leg = await house.gateway.place_call(f"sip:alice@127.0.0.1:{alice.sip_port}", caller="bot")
        house.follow(leg)
        await asyncio.sleep(2.0)
        await leg.hang_up()
        await eventually(lambda: house.gateway.open_calls == 0)
    assert tone_share(alice.decoded()) > 0.8, alice.log


async def test_when_we_give_up_before_a_phone_answers_then_it_stops_ringing(house: EchoHouse, tmp_path: Path) -> None:
    async with phone(tmp_path) as alice:
        await asyncio.sleep(0.5)
        dialling = asyncio.create_task(house.gateway.place_call(f"sip:alice@127.0.0.1:{alice.sip_port}"))
        await asyncio.sleep(0.4)
        dialling.cancel()
        await asyncio.gather(dialling, return_exceptions=True)
        await eventually(lambda: house.gateway.open_calls == 0)
    assert house.events == []
