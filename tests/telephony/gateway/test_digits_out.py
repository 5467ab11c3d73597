"""Keys between us and a real phone, both ways, with events at 8 kHz beside Opus too; by INFO where media takes none."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from calls.ports import DigitHeard, LegEvent
from telephony.sip_settings import SipSettings
from tests.telephony.baresip import EchoHouse, PhoneLine, phone
from tests.telephony.gateway.test_gateway import connect, pair
from tests.waiting import eventually


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


@pytest.mark.peer
async def test_when_a_phone_with_opus_presses_keys_then_each_is_heard_once_with_its_length(tmp_path: Path) -> None:
    house = EchoHouse(SipSettings(listen="127.0.0.1:0", codecs=("OPUS",)))
    await house.gateway.start()
    line = PhoneLine(
        codec="opus/48000/1",
        rate_hz=48_000,
        modules=("opus",),
        settings=("opus_stereo no",),
        says=np.zeros(48_000 * 6, np.int16),
    )
    try:
        async with phone(tmp_path, dial=house.uri, line=line) as alice:
            await eventually(lambda: len(house.legs) == 1)
            await asyncio.sleep(0.4)
            for digit in "5#":
                await alice.command("sndcode", digit)
                await asyncio.sleep(0.6)
                await alice.command("sndcode", "")  # the key is let go
                await asyncio.sleep(0.15)
            await eventually(lambda: len(house.events) == 2)
            assert house.legs[0].codec == "OPUS"
            await house.legs[0].hang_up()
            await eventually(lambda: house.gateway.open_calls == 0)
    finally:
        await house.close()
    pressed = [event for event in house.events if isinstance(event, DigitHeard)]
    assert "".join(event.digit for event in pressed) == "5#", alice.log
    lengths_ms = [event.duration_ms for event in pressed]
    assert all(130 <= length_ms <= 2_000 for length_ms in lengths_ms), f"{lengths_ms}: read by the wrong clock, 100"


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
