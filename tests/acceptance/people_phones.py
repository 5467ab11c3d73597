"""baresip as the phone of somebody whom the service calls, and what such a phone and a caller's can do besides talk."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.acceptance.callers import Baresip
from tests.acceptance.running import RunningService


class Handset(Baresip):
    """A baresip that takes commands: hold, resume, hang up."""

    async def command(self, name: str, params: str = "") -> None:
        """Give it one command over its control port (netstring JSON)."""
        await self._command(name, params)


class PersonsPhone(Handset):
    """One that is called, as `people`, and answers at once or rings."""

    def __init__(self, service: RunningService, folder: Path, port: int, *, answers: bool) -> None:
        """Be called at `port` of loopback."""
        super().__init__(service, folder)
        config, accounts = folder / "config", folder / "accounts"
        before = f"127.0.0.1:{self._sip_port}"
        config.write_text(config.read_text().replace(before, f"127.0.0.1:{port}"))
        mode = ";answermode=auto" if answers else ""
        line = accounts.read_text().strip().replace(f"{self.number}@{before}", f"people@127.0.0.1:{port}")
        accounts.write_text(f"{line}{mode}\n")

    async def wait_for_calls(self) -> None:
        """Start it without a call."""
        with (self.folder / "output.txt").open("wb") as output:
            self._process = await asyncio.create_subprocess_exec(
                *("baresip", "-4", "-f", str(self.folder), "-t", "280"),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def printed(self) -> str:
        """Return what it said on its terminal."""
        return (self.folder / "output.txt").read_text(errors="replace")
