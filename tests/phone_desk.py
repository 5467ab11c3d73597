"""A whole service whose callers are phones of another stack, and what its log says of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calls.audio import Samples
from tests.service_process import LIGHT, ServiceProcess
from tests.telephony.pjsua2_peer import Peer, pjsua2

Body = dict[str, Any]
WAIT_S = 40.0


@dataclass
class Desk:
    """A service whose callers reach people at what its dial plan says now."""

    service: ServiceProcess
    plan: Path

    def events(self) -> list[Body]:
        """Return the facts of the newest call."""
        newest = self.service.get("/api/calls?limit=1")[0]["call_id"]
        found = self.service.get(f"/api/calls/{newest}")["events"]
        return [{**event["body"], "t_ms": event["t_ms"]} for event in found]

    async def until(self, kind: str, count: int = 1, **wanted: Any) -> Body:
        """Return the fact of that kind with these values once there are so many in the newest call."""
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            events = await asyncio.to_thread(self.events)
            found = [b for b in events if b["type"] == kind and all(b.get(k) == v for k, v in wanted.items())]
            if len(found) >= count:
                return found[count - 1]
            await asyncio.sleep(0.2)
        pytest.fail(f"no {kind} {wanted} in {[b['type'] for b in events]}")

    async def reach(self, uri: str) -> None:
        """Let people be reached at `uri` from now on."""
        before = self.service.printed()[1].count("dial plan was read again")
        self.plan.write_text(f'[[number]]\ncalled = "*"\ntransfer_to = "{uri}"\n')
        deadline = time.monotonic() + WAIT_S
        while self.service.printed()[1].count("dial plan was read again") == before:
            assert time.monotonic() < deadline, "the dial plan was not read again"
            await asyncio.sleep(0.1)

    @asynccontextmanager
    async def caller(self, folder: Path, **config: Any) -> AsyncIterator[Peer]:
        """A phone that heard the greeting and asked for a person by its key; `config` is the phone's."""
        async with pjsua2(folder, seed=1, **config) as phone:
            phone.tell("call", uri=f"sip:bot@127.0.0.1:{self.service.sip_port}")
            await phone.until("state", state="CONFIRMED")
            await self.until("notice_given")
            phone.tell("press", digits="0")
            await self.until("handover_started")
            yield phone


def heard(phone: Peer, call: int = 0) -> tuple[Samples, int]:
    """Return what a phone heard and the rate; its recorder's header is right only if it had the time to end well."""
    data = (phone.folder / f"heard{call}.wav").read_bytes()[44:]
    return np.frombuffer(data[: len(data) // 2 * 2], dtype="<i2").astype(np.int16), 16_000


def started(folder: Path, **environ: str) -> Desk:
    """Start a service whose callers press keys: nobody has to be understood by it."""
    folder.mkdir(exist_ok=True)
    plan = folder / "plan.toml"
    plan.write_text('[[number]]\ncalled = "*"\n')
    service = ServiceProcess(folder, whisper=LIGHT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WARMLINE__DIAL_PLAN__FILE", str(plan))
        patch.setenv("WARMLINE__TELEPHONY__OUTBOUND__ADDRESSES", '["127.0.0.1"]')
        for name, value in environ.items():
            patch.setenv(f"WARMLINE__{name}", value)
        service.start()
    return Desk(service, plan)
