"""sipp as a callee that is difficult: it asks for patience, or is two phones at once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.telephony.gateway.test_gateway import Party, running
from tests.telephony.sipp_peer import callee, outcome
from tests.waiting import eventually

pytestmark = pytest.mark.peer


async def test_when_our_hold_meets_491_then_it_comes_again_after_the_random_wait(tmp_path: Path) -> None:
    party = Party()
    async with running(party):
        process, port = await callee("glare", tmp_path)
        leg = await party.gateway.place_call(f"sip:callee@127.0.0.1:{port}")
        (media,) = party.media.legs
        leg.hold()
        await eventually(lambda: media.directions == ["sendrecv", "sendonly"])
        await leg.hang_up()
        code, output = await outcome(process, tmp_path)
        assert code == 0, output


async def test_when_an_invite_reaches_two_phones_then_who_answers_first_is_talked_to_and_the_other_ended(
    tmp_path: Path,
) -> None:
    party = Party()
    async with running(party):
        process, port = await callee("forks", tmp_path)
        leg = await party.gateway.place_call(f"sip:callee@127.0.0.1:{port}")
        await asyncio.sleep(0.5)
        await leg.hang_up()
        code, output = await outcome(process, tmp_path)
        assert code == 0, output
