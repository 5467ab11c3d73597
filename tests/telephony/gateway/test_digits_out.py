"""Keys that we press: a real phone reads them from our media, a peer without telephone-event gets them by INFO."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from calls.ports import DigitHeard, LegEvent
from tests.telephony.baresip import EchoHouse, eventually, phone
from tests.telephony.gateway.test_gateway import connect, pair


@pytest.mark.peer
async def test_when_we_press_keys_towards_a_phone_then_it_reads_each_once(house: EchoHouse, tmp_path: Path) -> None:
    async with phone(tmp_path, dial=house.uri) as alice:
        await eventually(lambda: len(house.legs) == 1)
        await asyncio.sleep(0.3)
        house.legs[0].send_digits("59#")
        await asyncio.sleep(1.5)
        await house.legs[0].hang_up()
        await eventually(lambda: house.gateway.open_calls == 0)
    read = [line for line in alice.log.splitlines() if "DTMF" in line.upper() or "event" in line]
    assert [digit for digit in "59#" if any(f"'{digit}'" in line for line in read)] == list("59#"), alice.log


async def test_when_the_peer_takes_no_keys_in_media_then_they_go_by_info_in_order() -> None:
    near, far, parties = pair()
    async with parties:
        leg, far_leg = await connect(near, far)
        heard: list[LegEvent] = []
        far_leg.on_event(heard.append)
        leg.send_digits("1a*", 120)
        await eventually(lambda: len(heard) == 3)
        assert heard == [DigitHeard(digit=digit, duration_ms=120) for digit in "1A*"]
        with pytest.raises(ValueError, match="0123456789"):
            leg.send_digits("1x")
