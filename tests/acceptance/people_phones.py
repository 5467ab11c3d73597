"""baresip as the phone of somebody whom the service calls, and what such a phone and a caller's can do besides talk."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np

from tests.acceptance.callers import RATE_HZ, Baresip
from tests.acceptance.running import RunningService
from tests.waiting import eventually

LOUD = 300
"""A sample of speech; between sentences there is silence."""
QUIET_S = 2.5
"""Longer than between two sentences, whose second may still be made while the first is heard."""


class Handset(Baresip):
    """A baresip that takes commands: hold, resume, hang up, and presses keys."""

    async def command(self, name: str, params: str = "") -> None:
        """Give it one command over its control port (netstring JSON)."""
        await self._command(name, params)

    async def press(self, key: str) -> None:
        """Press a key and let it go."""
        await self.command("sndcode", key)
        await asyncio.sleep(0.4)
        await self.command("sndcode", "")


class PersonsPhone(Handset):
    """One that is called, as `people` or by its number, and answers at once or rings."""

    def __init__(
        self, service: RunningService, folder: Path, port: int, *, answers: bool, by_number: bool = False
    ) -> None:
        """Be called at `port` of loopback."""
        super().__init__(service, folder)
        config, accounts = folder / "config", folder / "accounts"
        before = f"127.0.0.1:{self._sip_port}"
        config.write_text(config.read_text().replace(before, f"127.0.0.1:{port}"))
        mode = ";answermode=auto" if answers else ""
        user = self.number if by_number else "people"
        line = accounts.read_text().strip().replace(f"{self.number}@{before}", f"{user}@127.0.0.1:{port}")
        accounts.write_text(f"{line}{mode}\n")

    def register_as(self, user: str, password: str) -> None:
        """Be a phone of the house: it registers there once it runs."""
        _, _, rest = (self.folder / "accounts").read_text().partition(">")
        rest = rest.strip().replace("regint=0", f"regint=60;auth_user={user};auth_pass={password}")
        (self.folder / "accounts").write_text(f"<sip:{user}@127.0.0.1:{self.service.sip_port}>{rest}\n")

    async def wait_for_calls(self) -> None:
        """Start it without a call."""
        with (self.folder / "output.txt").open("wb") as output:
            self._process = await asyncio.create_subprocess_exec(
                *("baresip", "-4", "-f", str(self.folder), "-t", str(self.lives_s)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def vanish(self) -> None:
        """Be gone without a word, as a telephone whose plug is pulled."""
        assert self._process is not None
        self._process.kill()

    async def until_established(self, calls: int = 1) -> None:
        """Return when it has talked with the service so often."""
        await eventually(lambda: self.printed().count("Call established") >= calls, "the phone's answer", 60)

    async def until_all_is_said(self) -> None:
        """Return when it has heard words, and then nothing for so long that there are no more."""

        def silent() -> bool:
            heard = np.abs(self.heard().astype(np.int32)) if self.recordings() else np.zeros(0, np.int32)
            loud = np.flatnonzero(heard > LOUD)
            return bool(loud.size > RATE_HZ // 10 and heard.size - loud[-1] > QUIET_S * RATE_HZ)

        await eventually(silent, "the end of what the phone is told", 60, 0.2)

    def printed(self) -> str:
        """Return what it said on its terminal."""
        return (self.folder / "output.txt").read_text(errors="replace")
