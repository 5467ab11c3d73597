"""What is heard before the answer, on real sockets: sipp sends our sound back to us."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from calls.ports import IncomingCall
from telephony.gateway import SipGateway
from telephony.media_settings import MediaSettings
from telephony.net.rtp_leg import RtpMediaFactory
from telephony.sip_call import SipIncomingCall
from telephony.sip_leg import SipLeg
from telephony.sip_settings import SipSettings
from tests.ports import free_port, free_ports
from tests.telephony.gateway.test_hold import MUSIC_HZ, converse, has_tone
from tests.telephony.sip_fakes import TestClock
from tests.telephony.sipp_peer import callee, outcome, sipp, start

pytestmark = pytest.mark.peer


@pytest_asyncio.fixture
async def line() -> AsyncIterator[tuple[SipGateway, asyncio.Queue[IncomingCall]]]:
    clock = TestClock()
    first = free_ports(42)
    calls: asyncio.Queue[IncomingCall] = asyncio.Queue()
    factory = RtpMediaFactory(MediaSettings(bind_host="127.0.0.1", port_min=first, port_max=first + 40), clock)
    gateway = SipGateway(SipSettings(listen="127.0.0.1:0"), clock, factory, calls.put_nowait)
    await gateway.start()
    yield gateway, calls
    await gateway.stop()
    assert factory.open_legs == 0


async def test_when_we_play_before_we_answer_then_a_caller_with_100rel_hears_it_and_confirms(
    line: tuple[SipGateway, asyncio.Queue[IncomingCall]], tmp_path: Path
) -> None:
    gateway, calls = line
    address = f"127.0.0.1:{gateway.listen_address[1]}"
    command = sipp("early_caller", free_port(), "-m", "1", "-rtp_echo", "-s", "bot", address)
    process = await start(*command, folder=tmp_path)
    call = await asyncio.wait_for(calls.get(), 5)
    assert isinstance(call, SipIncomingCall)
    leg = await call.begin_early_media()
    heard = await converse(leg, 1.0)
    assert await call.begin_early_media() is leg
    assert await call.answer() is leg
    after = await converse(leg, 0.5)
    await leg.hang_up()
    code, output = await outcome(process, tmp_path)
    assert code == 0, output
    assert has_tone(heard[10:], MUSIC_HZ)
    assert has_tone(after[5:], MUSIC_HZ)


async def test_when_the_callee_plays_before_it_answers_then_we_hear_it_and_confirm(
    line: tuple[SipGateway, asyncio.Queue[IncomingCall]], tmp_path: Path
) -> None:
    gateway, _ = line
    process, port = await callee("early_callee", tmp_path, "-rtp_echo")
    early: asyncio.Queue[SipLeg] = asyncio.Queue()
    dialling = asyncio.create_task(gateway.place_call(f"sip:early@127.0.0.1:{port}", on_early=early.put_nowait))
    first = await asyncio.wait_for(early.get(), 5)
    heard = await converse(first, 1.0)
    assert not dialling.done()
    leg = await dialling
    assert leg is first
    after = await converse(leg, 0.5)
    await leg.hang_up()
    code, output = await outcome(process, tmp_path)
    assert code == 0, output
    assert has_tone(heard[10:], MUSIC_HZ)
    assert has_tone(after[5:], MUSIC_HZ)
