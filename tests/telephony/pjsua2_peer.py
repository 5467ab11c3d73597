"""PJSIP, an independent SIP and media stack, as a phone in a process of its own: what tests with that peer share."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import platform
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calls.audio import Samples
from tests.ports import free_ports
from tests.telephony.baresip import write_wav
from tests.telephony.likeness import heard_s, unique_sound
from tests.waiting import eventually

DRIVER = Path(__file__).parent / "pjsua2" / "driver.py"
HAS_WHEEL = sys.version_info < (3, 13) and (sys.platform, platform.machine()) == ("linux", "x86_64")
"""Where pyproject.toml asks for pjsua2-python: it has no wheels for others; there the tests are not collected."""
WAITS_S = 8.0
WAV_HEADER, FILE_HZ = 44, 16_000
"""Of what the driver records; the lengths in the header come last."""

News = dict[str, Any]


class Peer:
    """One running phone."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path, says: Samples) -> None:
        self.folder = folder
        self.says = says
        """What it plays from the beginning of its life, over and over, at 8000 Hz."""
        self.news: list[News] = []
        self._process = process
        self._more = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    @property
    def uri(self) -> str:
        """Where it can be called."""
        address = next(item["address"] for item in self.news if item["event"] == "ready")
        return f"sip:phone@{address}"

    def tell(self, do: str, **details: Any) -> None:
        """Give one order; see the driver for their names."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **details}).encode() + b"\n")

    async def until(self, event: str, count: int = 1, *, most_s: float = WAITS_S, **wanted: Any) -> News:
        """Return the news of that kind with these details once `count` of them came; fails after `most_s`."""
        deadline = asyncio.get_running_loop().time() + most_s
        while len(found := self.all_of(event, **wanted)) < count:
            left_s = deadline - asyncio.get_running_loop().time()
            self._more.clear()
            try:
                await asyncio.wait_for(self._more.wait(), max(0.01, left_s))
            except TimeoutError:
                pytest.fail(f"pjsua2 did not say {event} {wanted} in {most_s} s, only {self.news}\n{self.log()}")
        return found[count - 1]

    def all_of(self, event: str, **wanted: Any) -> list[News]:
        """Return all news of that kind with these details."""
        return [
            item
            for item in self.news
            if item["event"] == event and all(item.get(key) == value for key, value in wanted.items())
        ]

    def heard(self, call: int = 0) -> tuple[Samples, int]:
        """Return what it heard in one call and the rate; complete once the phone is gone.

        Not by the file's header: PJSIP writes it last, and not whole if it has to be killed.
        """
        path = self.folder / f"heard{call}.wav"
        data = path.read_bytes()[WAV_HEADER:] if path.exists() else b""
        return np.frombuffer(data[: len(data) & ~1], dtype="<i2").astype(np.int16), FILE_HZ

    def heard_so_far_s(self, call: int = 0, of: Peer | None = None) -> float:
        """Return for how long it heard, up to now, what another says or, when nobody is named, itself."""
        return heard_s((of or self).says, *self.heard(call))

    async def until_heard(self, seconds: float, call: int = 0, of: Peer | None = None) -> None:
        """Wait until it heard for so long what another says or, when nobody is named, itself.

        A fixed time would ask that neither side ever waits for the processor: after a stall of its clock PJSIP plays
        what came meanwhile first, up to half a second late.
        """
        await eventually(lambda: self.heard_so_far_s(call, of) >= seconds, f"hearing {seconds} s", every_s=0.3)

    def log(self) -> str:
        """Return the end of the library's log."""
        path = self.folder / "pjsip.log"
        return path.read_text(errors="replace")[-6000:] if path.exists() else ""

    async def close(self) -> None:
        """End it; what it heard is on disk then."""
        if self._process.returncode is None:
            self.tell("quit")
            try:
                await asyncio.wait_for(self._process.wait(), WAITS_S)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        await self._reading

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            if line.startswith(b"{"):
                self.news.append(json.loads(line))
            self._more.set()


@asynccontextmanager
async def pjsua2(folder: Path, *, seed: int = 1, **config: Any) -> AsyncIterator[Peer]:
    """Run a phone until the block ends; skips when the library is not installed.

    Args:
        folder: For its files.
        seed: Chooses what it says.
        config: See the driver.
    """
    if importlib.util.find_spec("pjsua2") is None:
        pytest.skip("pjsua2-python is not installed (make test)")
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    says = unique_sound(seed)
    write_wav(folder / "says.wav", says, 8_000)
    config = {"folder": str(folder), "says": str(folder / "says.wav"), "rtp_port": free_ports(4), **config}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(DRIVER), json.dumps(config)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    peer = Peer(process, folder, says)
    try:
        await peer.until("ready")
        yield peer
    finally:
        await peer.close()
