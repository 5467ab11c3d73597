"""kamailio as a carrier: a registrar and proxy that demands digest."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.waiting import eventually

CONFIG = Path(__file__).parent / "kamailio" / "registrar.cfg"


@dataclass
class Carrier:
    """One running kamailio and what passed it."""

    port: int
    log: list[str] = field(default_factory=list)


@asynccontextmanager
async def carrier(folder: Path, *, phone_port: int = 9, min_expires_s: int = 60) -> AsyncIterator[Carrier]:
    """Run a kamailio until the block ends; skips when it is not installed."""
    program = shutil.which("kamailio")
    if program is None:
        pytest.skip("kamailio is not installed (apt-get install kamailio)")
    made = Carrier(free_port())
    text = CONFIG.read_text()
    for name, value in (("PORT", made.port), ("PHONE_PORT", phone_port), ("MIN_EXPIRES", min_expires_s)):
        text = text.replace(f"@{name}@", str(value))
    (folder / "kamailio.cfg").write_text(text)
    process = await asyncio.create_subprocess_exec(
        *(program, "-DD", "-f", str(folder / "kamailio.cfg"), "-m", "32", "-M", "8"),
        *("-Y", str(folder), "-w", str(folder)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    reading = asyncio.create_task(_read(process, made.log))
    try:
        await eventually(lambda: _is_bound(made.port))
        yield made
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        await reading


async def _read(process: asyncio.subprocess.Process, lines: list[str]) -> None:
    assert process.stdout is not None
    lines.extend([line.decode(errors="replace").rstrip() async for line in process.stdout])


def _is_bound(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
        return False
