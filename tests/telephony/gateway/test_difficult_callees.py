"""sipp as a callee that is difficult: it asks for patience, or is two phones at once."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from tests.telephony.gateway.test_gateway import Party, running
from tests.telephony.gateway.test_sipp import SCENARIOS, sipp_errors, until_bound
from tests.telephony.sip_fakes import free_rtp_port, free_udp_port

pytestmark = pytest.mark.peer


async def callee(scenario: str, folder: Path) -> tuple[asyncio.subprocess.Process, str]:
    """Start sipp as a callee; return it and its address."""
    program = shutil.which("sipp")
    if program is None:
        pytest.skip("sipp is not installed (apt-get install sip-tester)")
    port = free_udp_port()
    process = await asyncio.create_subprocess_exec(
        *(program, "-sf", str(SCENARIOS / f"{scenario}.xml"), "-i", "127.0.0.1", "-p", str(port), "-m", "1"),
        *("-mp", str(free_rtp_port()), "-timeout", "15s", "-nostdin", "-trace_err"),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    await until_bound(port)
    return process, f"sip:callee@127.0.0.1:{port}"


async def finished(process: asyncio.subprocess.Process, folder: Path) -> None:
    """Wait for sipp, which checks every step itself."""
    output, _ = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 0, output.decode(errors="replace")[-1500:] + sipp_errors(folder)


async def test_when_our_hold_meets_491_then_it_comes_again_after_the_random_wait(tmp_path: Path) -> None:
    party = Party()
    async with running(party):
        process, uri = await callee("glare", tmp_path)
        leg = await party.gateway.place_call(uri)
        (media,) = party.media.legs
        leg.hold()
        for _ in range(250):
            if media.directions[-1] == "sendonly":
                break
            await asyncio.sleep(0.02)
        assert media.directions == ["sendrecv", "sendonly"]
        await leg.hang_up()
        await finished(process, tmp_path)


async def test_when_an_invite_reaches_two_phones_then_who_answers_first_is_talked_to_and_the_other_ended(
    tmp_path: Path,
) -> None:
    party = Party()
    async with running(party):
        process, uri = await callee("forks", tmp_path)
        leg = await party.gateway.place_call(uri)
        await asyncio.sleep(0.5)
        await leg.hang_up()
        await finished(process, tmp_path)
