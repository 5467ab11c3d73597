"""sipp, a call generator with scenarios of our own, calls the gateway on loopback."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from calls.ports import DigitHeard, IncomingCall, LegEnded, LegEvent, PeerHeld
from telephony.gateway import SipGateway
from telephony.sip_leg import SipLeg
from telephony.sip_settings import SipSettings
from tests.telephony.sip_fakes import EchoFactory, TestClock, free_rtp_port, free_udp_port

SCENARIOS = Path(__file__).parent.parent / "sipp"

pytestmark = pytest.mark.peer


class Desk:
    """Answers every call, except the user part `slow`, which only rings."""

    def __init__(self, settings: SipSettings | None = None) -> None:
        self.media = EchoFactory()
        self.gateway = SipGateway(settings or SipSettings(listen="127.0.0.1:0"), TestClock(), self.media, self.take)
        self.events: list[LegEvent] = []
        self.legs: list[SipLeg] = []
        self.calls: list[IncomingCall] = []
        self.cancelled = 0
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.gateway.listen_address[1]}"

    def take(self, call: IncomingCall) -> None:
        self.calls.append(call)
        call.on_cancel(self._count_cancel)
        call.ring()
        if call.offer.called != "slow":
            task = asyncio.create_task(self._answer(call))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _answer(self, call: IncomingCall) -> None:
        leg = await call.answer()
        assert isinstance(leg, SipLeg)
        self.legs.append(leg)
        leg.on_event(self.events.append)
        if call.offer.called == "brief":
            await asyncio.sleep(0.2)
            await leg.hang_up()

    def _count_cancel(self) -> None:
        self.cancelled += 1


@pytest_asyncio.fixture
async def desk() -> AsyncIterator[Desk]:
    made = Desk()
    await made.gateway.start()
    yield made
    await made.gateway.stop()
    assert all(leg.closed for leg in made.media.legs)


async def run_sipp(scenario: str, service: str, address: str, folder: Path, calls: int = 1) -> tuple[int, str]:
    """Run one scenario; return sipp's exit code (0: every call succeeded) and its output."""
    program = shutil.which("sipp")
    if program is None:
        pytest.skip("sipp is not installed (apt-get install sip-tester)")
    command = [
        *(program, "-sf", str(SCENARIOS / f"{scenario}.xml"), "-s", service, "-i", "127.0.0.1"),
        *("-p", str(free_udp_port()), "-mp", str(free_rtp_port()), "-m", str(calls), "-l", "20", "-r", "20"),
        *("-timeout", "20s", "-nostdin", "-trace_err", address),
    ]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode(errors="replace")[-1500:] + sipp_errors(folder)


async def until_bound(port: int) -> None:
    """Wait until somebody listens on a UDP port of this machine."""
    for _ in range(400):
        if f":{port:04X} " in await asyncio.to_thread(Path("/proc/net/udp").read_text):
            return
        await asyncio.sleep(0.02)
    pytest.fail("nobody listens after 8 s")


def sipp_errors(folder: Path) -> str:
    """Return what sipp found wrong."""
    return "".join(path.read_text(errors="replace") for path in folder.glob("*errors.log"))


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
    program = shutil.which("sipp")
    if program is None:
        pytest.skip("sipp is not installed (apt-get install sip-tester)")
    port = free_udp_port()
    process = await asyncio.create_subprocess_exec(
        *(program, "-sn", "uas", "-i", "127.0.0.1", "-p", str(port), "-mp", str(free_rtp_port()), "-m", "1"),
        *("-timeout", "20s", "-nostdin"),
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    await until_bound(port)
    leg = await desk.gateway.place_call(f"sip:service@127.0.0.1:{port}", caller="warmline")
    assert leg.codec == "PCMU"
    await asyncio.sleep(0.1)
    await leg.hang_up()
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode(errors="replace")[-1500:]
    await asyncio.sleep(0.05)
    assert desk.gateway.open_calls == 0


async def test_when_sipsak_asks_for_our_options_then_it_gets_200(desk: Desk) -> None:
    program = shutil.which("sipsak")
    if program is None:
        pytest.skip("sipsak is not installed (apt-get install sipsak)")
    process = await asyncio.create_subprocess_exec(
        *(program, "-v", "-s", f"sip:bot@{desk.address}"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode(errors="replace")
    assert b"SIP/2.0 200" in output
