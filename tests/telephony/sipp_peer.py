"""sipp, a call generator with scenarios of our own, other programs like it, and a desk that answers them."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from calls.ports import IncomingCall, LegEvent
from telephony.gateway import SipGateway
from telephony.sip_leg import SipLeg
from telephony.sip_settings import SipSettings
from tests.ports import free_port, free_ports
from tests.telephony.sip_fakes import EchoFactory, TestClock

SCENARIOS = Path(__file__).parent / "sipp"


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


def manners(scenario: str) -> tuple[str, ...]:
    """Return how sipp takes what its scenario does not name.

    Through a proxy of several processes datagrams overtake each other: 180 may come after 200, which RFC 3261 allows.
    It is passed over there; what never comes fails the call.
    """
    return ("-default_behaviors", "all,-abortunexp", "-recv_timeout", "10000") if scenario == "through_proxy" else ()


def sipp(scenario: str, port: int, *further: str, host: str = "127.0.0.1") -> tuple[str, ...]:
    """Return the command of one scenario: `uac` and `uas` are sipp's own, the others are files of ours."""
    what = ("-sn", scenario) if scenario in ("uac", "uas") else ("-sf", str(SCENARIOS / f"{scenario}.xml"))
    return (
        *("sipp", *what, "-i", host, "-p", str(port), "-mp", str(free_ports(4))),
        *("-timeout", "20s", "-nostdin", "-trace_err", *manners(scenario), *further),
    )


async def start(*command: str, folder: Path) -> asyncio.subprocess.Process:
    """Start a program whose output is kept; skips when it is not installed."""
    program = shutil.which(command[0])
    if program is None:
        pytest.skip(f"{command[0]} is not installed (tests/install_peers.sh)")
    return await asyncio.create_subprocess_exec(
        program, *command[1:], cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )


async def outcome(process: asyncio.subprocess.Process, folder: Path) -> tuple[int, str]:
    """Wait for a program; return its exit code, for sipp 0 when every step was right, and what it said."""
    output, _ = await asyncio.wait_for(process.communicate(), 25)
    return process.returncode or 0, output.decode(errors="replace")[-1500:] + _errors(folder)


async def run(*command: str, folder: Path) -> tuple[int, str]:
    """Run a program to its end."""
    return await outcome(await start(*command, folder=folder), folder)


async def run_sipp(
    scenario: str, service: str, address: str, folder: Path, *further: str, calls: int = 1
) -> tuple[int, str]:
    """Let sipp call an address."""
    many = ("-s", service, "-m", str(calls), "-l", "20", "-r", "20")
    return await run(*sipp(scenario, free_port(), *many, *further, address), folder=folder)


async def callee(scenario: str, folder: Path, *further: str) -> tuple[asyncio.subprocess.Process, int]:
    """Start sipp as the called party of one call over UDP; return it and its port."""
    port = free_port()
    process = await start(*sipp(scenario, port, "-m", "1", *further), folder=folder)
    await until_bound(port)
    return process, port


async def until_bound(port: int) -> None:
    """Wait until somebody has bound a UDP port of this machine."""
    await _until_named("udp", f":{port:04X} ")


async def until_listening(port: int) -> None:
    """Wait until somebody accepts TCP on a port of this machine."""
    await _until_named("tcp", f":{port:04X} 00000000:0000 0A ")


async def _until_named(table: str, words: str) -> None:
    for _ in range(400):
        if words in await asyncio.to_thread(Path("/proc/net", table).read_text):
            return
        await asyncio.sleep(0.02)
    pytest.fail("nobody listens after 8 s")


def _errors(folder: Path) -> str:
    """Return what sipp found wrong."""
    return "".join(path.read_text(errors="replace") for path in folder.glob("*errors.log"))
