"""A real phone that insists on SRTP: its sound comes back to it, and nobody on the way can read it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from telephony.net.rtp_leg import RtpLeg
from tests.telephony.baresip import EchoHouse, PhoneLine, phone, tone_share
from tests.waiting import eventually

pytestmark = pytest.mark.peer

LINE = PhoneLine(modules=("srtp",), account=";mediaenc=srtp-mand")


async def test_when_a_phone_insists_on_srtp_then_its_tone_comes_back_through_the_cipher(tmp_path: Path) -> None:
    house = EchoHouse()
    await house.gateway.start()
    try:
        async with phone(tmp_path, dial=house.uri, line=LINE) as alice:
            await eventually(lambda: len(house.legs) == 1)
            await asyncio.sleep(2.5)
            media = house.legs[0].media
            assert isinstance(media, RtpLeg)
            assert media.encrypted
            assert media.quality().refused <= 2, "it sends a packet in the clear before it has our key"
            assert media.quality().received > 80
            await house.legs[0].hang_up()
            await eventually(lambda: house.gateway.open_calls == 0)
    finally:
        await house.close()
    assert tone_share(alice.decoded()) > 0.8, alice.log
