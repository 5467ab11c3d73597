"""sipp, a call generator with scenarios of our own, calls the gateway on loopback."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from calls.ports import DigitHeard, LegEnded, PeerHeld
from tests.telephony.sipp_peer import Desk, callee, outcome, run, run_sipp

pytestmark = pytest.mark.peer


async def test_when_sipp_calls_with_a_digit_hold_and_resume_then_every_step_is_answered(
    desk: Desk, tmp_path: Path
) -> None:
    code, output = await run_sipp("caller", "bot", desk.address, tmp_path)
    assert code == 0, output
    assert desk.events == [
        DigitHeard(digit="5", duration_ms=120),
        PeerHeld(held=True),
        PeerHeld(held=False),
        LegEnded(reason="hung_up"),
    ]
    (media,) = desk.media.legs
    assert media.directions == ["sendrecv", "recvonly", "sendrecv"]
    assert [connection[2:] for connection in media.connections] == [("PCMA", 8, 101)] * 3
    assert desk.calls[0].offer.caller == "caller"
    assert desk.calls[0].offer.caller_name == "Caller"


async def test_when_twenty_calls_come_at_once_then_each_is_served(desk: Desk, tmp_path: Path) -> None:
    code, output = await run_sipp("caller", "bot", desk.address, tmp_path, calls=20)
    assert code == 0, output
    assert len(desk.legs) == 20
    assert desk.gateway.open_calls == 0


async def test_when_sipp_offers_nothing_then_our_offer_is_taken_and_our_bye_answered(
    desk: Desk, tmp_path: Path
) -> None:
    code, output = await run_sipp("late_offer", "brief", desk.address, tmp_path)
    assert code == 0, output
    assert desk.media.legs[0].codec == "PCMA"


async def test_when_sipp_gives_up_then_487_follows_and_the_service_hears_of_it(desk: Desk, tmp_path: Path) -> None:
    code, output = await run_sipp("gives_up", "slow", desk.address, tmp_path)
    assert code == 0, output
    assert desk.cancelled == 1
    assert not desk.media.legs


async def test_when_we_call_sipp_then_it_answers_and_our_bye_is_confirmed(desk: Desk, tmp_path: Path) -> None:
    process, port = await callee("uas", tmp_path)
    leg = await desk.gateway.place_call(f"sip:service@127.0.0.1:{port}", caller="warmline")
    assert leg.codec == "PCMU"
    await asyncio.sleep(0.1)
    await leg.hang_up()
    code, output = await outcome(process, tmp_path)
    assert code == 0, output
    await asyncio.sleep(0.05)
    assert desk.gateway.open_calls == 0


async def test_when_sipsak_asks_for_our_options_then_it_gets_200(desk: Desk, tmp_path: Path) -> None:
    code, output = await run("sipsak", "-v", "-s", f"sip:bot@{desk.address}", folder=tmp_path)
    assert code == 0, output
    assert "SIP/2.0 200" in output
