"""kamailio with the configuration that is delivered (deploy/kamailio.cfg), in front of gateways under test."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from telephony.net.tls_contexts import TlsSettings
from tests.ports import free_port
from tests.waiting import eventually

CONFIG = Path(__file__).parents[2] / "deploy" / "kamailio.cfg"
HOST = "127.0.0.2"
"""Another address than that of gateways and callers, so that each can tell who speaks."""

ENDS_S = 3.0
"""How long it may take to end by itself; mostly it needs 0.1 s."""


@dataclass
class Edge:
    """One running proxy."""

    port: int
    control: str
    tls_port: int = 0
    log: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Where callers send to."""
        return f"{HOST}:{self.port}"

    async def states(self) -> dict[int, str]:
        """Return what the proxy thinks of its gateways: port -> `A` active, `I` inactive."""
        process = await asyncio.create_subprocess_exec(
            *("kamcmd", "-s", self.control, "dispatcher.list"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said = (await process.communicate())[0].decode()
        found = re.findall(r"URI: sip:[\d.]+:(\d+)\S*\s+FLAGS: (\w+)", said)
        return {int(port): flags[0] for port, flags in found}

    async def until(self, port: int, state: str, most_s: float = 10.0) -> None:
        """Wait until it thinks so of a gateway."""
        loop = asyncio.get_running_loop()
        until_s = loop.time() + most_s
        while (states := await self.states()).get(port) != state:
            assert loop.time() < until_s, f"{port} is not {state} after {most_s} s: {states}"
            await asyncio.sleep(0.1)


@asynccontextmanager
async def edge(
    folder: Path,
    gateways: Sequence[int],
    *,
    sources: str = "127.0.0.0 8",
    tcp: bool = False,
    tls: TlsSettings | None = None,
) -> AsyncIterator[Edge]:
    """Run it in front of gateways on these ports of 127.0.0.1 until the block ends; skips when it is not installed."""
    program = shutil.which("kamailio")
    if program is None or shutil.which("kamcmd") is None:
        pytest.skip("kamailio is not installed (apt-get install kamailio)")
    _write_lists(folder, gateways, sources)
    with tempfile.TemporaryDirectory(prefix="wl-k-") as short:  # a socket's path must be short
        made = Edge(free_port(), f"unix:{short}/ctl")
        defines = [
            f"LISTEN=udp:{made.address}",
            f'DISPATCHER_LIST="{folder}/gateways.list"',
            f'ADDRESS_LIST="{folder}/sources.list"',
            f'CONTROL="{made.control}"',
        ]
        if tcp:
            defines += ["WITH_TCP", f"LISTEN_TCP=tcp:{made.address}"]
        if tls is not None:
            made.tls_port = free_port()
            defines += ["WITH_TLS", f"LISTEN_TLS=tls:{HOST}:{made.tls_port}"]
            defines += [f'TLS_CERTIFICATE="{tls.certificate}"', f'TLS_KEY="{tls.key}"']
        process = await asyncio.create_subprocess_exec(
            *(program, "-DD", "-E", "-f", str(CONFIG), "-m", "32", "-M", "8", "-Y", str(folder), "-w", str(folder)),
            *(word for define in defines for word in ("-A", define)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        reading = asyncio.create_task(_read(process, made.log))
        try:
            control = Path(made.control.removeprefix("unix:"))
            await eventually(lambda: process.returncode is not None or control.exists())
            assert process.returncode is None, "\n".join(made.log[-10:])
            for port in (*([made.port] if tcp else []), *([made.tls_port] if tls is not None else [])):
                await eventually(lambda port=port: _takes_connections(port))  # type: ignore[misc]
            yield made
        except BaseException as error:
            error.add_note("What the proxy said:\n" + "\n".join(made.log[-30:]))
            raise
        finally:
            await _end(process)
            await reading


async def _end(process: asyncio.subprocess.Process) -> None:
    """End it with all its processes; one that was told to end while they start would wait for them for a minute."""
    if process.returncode is None:
        process.terminate()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(ENDS_S):
            await process.wait()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # the leader of a session of its own
    await process.wait()


def _takes_connections(port: int) -> bool:
    """True once the process for connections is there; it starts after those for datagrams."""
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def _write_lists(folder: Path, gateways: Sequence[int], sources: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "gateways.list").write_text("".join(f"1 sip:127.0.0.1:{port}\n" for port in gateways))
    (folder / "sources.list").write_text(f"1 {sources}\n")


async def _read(process: asyncio.subprocess.Process, lines: list[str]) -> None:
    assert process.stdout is not None
    async for line in process.stdout:
        lines += [line.decode(errors="replace").rstrip()]  # at once: who fails wants to read what came before
