"""We hold real peers and take them back, and listen to what passes in each direction."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from calls.audio import FRAME_MS, AudioFrame
from calls.ports import PeerHeld
from telephony.sip_leg import SipLeg
from tests.telephony.baresip import TONE_HZ, EchoHouse, phone
from tests.telephony.media_fakes import level_of, tone
from tests.telephony.sipp_peer import callee, outcome
from tests.waiting import eventually

pytestmark = pytest.mark.peer

MUSIC_HZ = 650
"""Whole periods in 20 ms, so that frames join without a seam."""


def has_tone(frames: list[AudioFrame], frequency_hz: float) -> bool:
    """True when the frames, joined, hold a loud tone."""
    samples = np.concatenate([frame.samples for frame in frames])
    return level_of(frequency_hz, samples, frames[0].rate_hz) > 1_000


async def converse(leg: SipLeg, seconds: float) -> list[AudioFrame]:
    """Write music for some time and return what was heard meanwhile."""
    loop = asyncio.get_running_loop()
    due_s = loop.time()
    heard = []
    for tick in range(round(seconds * 1000 / FRAME_MS)):
        frame = leg.read(tick * FRAME_MS)
        if frame is not None:
            heard.append(frame)
        leg.write(AudioFrame(tone(MUSIC_HZ, 1, leg.rate_hz), leg.rate_hz, tick * FRAME_MS))
        due_s += FRAME_MS / 1000
        await asyncio.sleep(max(0.0, due_s - loop.time()))
    return heard


async def test_when_we_hold_a_phone_then_we_do_not_hear_it_until_we_resume(
    house: EchoHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house, "_echo", lambda leg: asyncio.sleep(0))
    async with phone(tmp_path, dial=house.uri) as alice:
        await eventually(lambda: len(house.legs) == 1)
        leg = house.legs[0]
        before = await converse(leg, 1.0)
        leg.hold()
        await asyncio.sleep(0.2)
        during = await converse(leg, 1.0)
        leg.resume()
        await asyncio.sleep(0.2)
        after = await converse(leg, 1.0)
        assert [event for event in house.events if not isinstance(event, PeerHeld)] == []
        await leg.hang_up()
        await eventually(lambda: house.gateway.open_calls == 0)
    assert has_tone(before[10:], TONE_HZ), alice.log
    assert during == []
    assert has_tone(after[10:], TONE_HZ), alice.log


async def test_when_we_hold_a_callee_then_it_goes_on_hearing_us_and_we_hear_it_again_after_we_resume(
    house: EchoHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process, port = await callee("is_held", tmp_path, "-rtp_echo")
    leg = await house.gateway.place_call(f"sip:held@127.0.0.1:{port}")
    before = await converse(leg, 1.0)
    leg.hold()
    await asyncio.sleep(0.1)
    sent_before = leg.media.quality().sent  # type: ignore[attr-defined]
    during = await converse(leg, 1.0)
    sent = leg.media.quality().sent - sent_before  # type: ignore[attr-defined]
    leg.resume()
    await asyncio.sleep(0.1)
    after = await converse(leg, 1.0)
    await leg.hang_up()
    code, output = await outcome(process, tmp_path)
    assert code == 0, output
    assert has_tone(before[10:], MUSIC_HZ)
    assert (during, sent) == ([], 50)
    assert has_tone(after[10:], MUSIC_HZ)
