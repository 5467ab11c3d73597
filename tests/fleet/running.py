"""Several real services on one PostgreSQL and one data folder behind the kamailio that is delivered."""

from __future__ import annotations

import asyncio
import csv
import json
import re
import shutil
import signal
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from websockets.asyncio.client import connect

from records import schema
from records.store import EventStore
from tests.acceptance.running import TOKEN, RunningService
from tests.ports import free_port, free_ports
from tests.service_process import LIGHT, ROOT
from tests.telephony.kamailio_edge import HOST, Edge
from tests.telephony.sipp_peer import SCENARIOS, manners

CALLER, SMALL, CROWD = "127.0.0.3", "127.0.0.4", "127.0.0.6"
"""Where calls come from: nobody's trunk, a trunk with room for one call, and who takes all lines."""
TALKING = 8
"""Calls that the bot of one process talks to at a time."""
LIVES_S = 600
"""A sipp that nobody ends goes by itself after so long: two restarts under its calls take minutes on a slow machine."""
PATIENCE_S = 60


def make_fleet(folder: Path, url: str, size: int) -> list[RunningService]:
    """Write the configurations of processes that share folder and database.

    Everything is what a real one has, but the small English recogniser instead of the large one, a voice without
    weights and one article: a start then takes 5 s instead of 15 on two idle cores.
    """
    for language in ("es", "en"):
        (folder / "articles" / language).mkdir(parents=True)
        article = ROOT / "knowledge" / "lumina" / language / "bill-explained.md"
        shutil.copy(article, folder / "articles" / language)
    shared = (
        f'[telephony]\nmax_talking = {TALKING}\n[telephony.sip.trunks.edge]\nserver = "{HOST}"\nkind = "proxy"\n'
        f'[telephony.sip.trunks.small]\nserver = "{SMALL}"\nmax_calls = 1\nbusy_status = 480\n'
        f'[speech]\nvoice_en = "espeak"\nvoice_es = "espeak"\nrender_ahead = false\n'
        f'[models]\nwhisper = "{LIGHT}"\n'
        f'[dial_plan]\nlanguage = "en"\n[knowledge]\ndir = "{folder / "articles"}"\n'
    )
    fleet = []
    for number in range(size):
        service = RunningService(folder / f"p{number}", shared)
        own = f'data_dir = "{service.data_dir}"\n'
        written = (
            service.config.read_text().replace(own, "").replace("[service]\n", f"[service]\ndrain_s = {PATIENCE_S}\n")
        )
        service.config.write_text(f'data_dir = "{folder}/data"\ndatabase_url = "{url}"\n{written}')
        fleet.append(service)
    return fleet


@dataclass(frozen=True)
class CallRow:
    """A call as the database has it."""

    call_id: str
    pid: int
    """Process that writes it, or wrote it last."""
    facts: tuple[dict[str, Any], ...]
    """Bodies in order, personal fields sealed."""

    @property
    def ends(self) -> list[tuple[str, str]]:
        """Result and reason of each end."""
        return [(body["result"], body["reason"]) for body in self.facts if body["type"] == "call_ended"]

    def has(self, kind: str) -> bool:
        """Whether there is such a fact."""
        return any(body["type"] == kind for body in self.facts)


class Log:
    """Looks into the database beside the services, without being one of them."""

    def __init__(self, folder: Path, url: str) -> None:
        self._store = EventStore.open_dir(folder / "data", url=url)
        self._seen: set[str] = set()

    def new(self) -> list[CallRow]:
        """Return the calls that began since `mark`, oldest first."""
        streams, events, owners = schema.streams, schema.events, schema.owners
        with self._store.engine.connect() as connection:
            rows = connection.execute(
                sa.select(streams.c.stream_id, owners.c.process)
                .select_from(streams.outerjoin(owners, owners.c.owner == streams.c.owner))
                .where(streams.c.kind == "call", streams.c.stream_id.not_in(self._seen))
                .order_by(streams.c.opened_at_utc)
            ).all()
            facts = connection.execute(
                sa.select(events.c.stream_id, events.c.body)
                .where(events.c.stream_kind == "call", events.c.stream_id.in_([row.stream_id for row in rows]))
                .order_by(events.c.seq)
            ).all()
        bodies: dict[str, list[dict[str, Any]]] = {row.stream_id: [] for row in rows}
        for fact in facts:
            bodies[fact.stream_id].append(fact.body if isinstance(fact.body, dict) else json.loads(fact.body))
        return [
            CallRow(row.stream_id, int(row.process.partition("/")[0]), tuple(bodies[row.stream_id])) for row in rows
        ]

    def mark(self) -> None:
        """Look only at what begins from now on."""
        self._seen |= {call.call_id for call in self.new()}

    def by_process(self) -> Counter[int]:
        """Return how many new calls each process has."""
        return Counter(call.pid for call in self.new())

    async def until(self, what: str, condition: Any, most_s: float = 30.0) -> list[CallRow]:
        """Wait until `condition` holds for the new calls; return them."""
        loop = asyncio.get_running_loop()
        until_s = loop.time() + most_s
        while not condition(calls := await asyncio.to_thread(self.new)):
            assert loop.time() < until_s, f"not within {most_s} s: {what}; {calls}"
            await asyncio.sleep(0.1)
        return calls

    async def all_ended(self, most_s: float = 30.0) -> list[CallRow]:
        """Wait until every new call has its end; return them."""
        return await self.until("all calls have ended", lambda calls: all(call.ends for call in calls), most_s)

    def close(self) -> None:
        self._store.close()


@dataclass
class Placed:
    """What sipp did."""

    code: int
    said: str
    good: int
    bad: int
    slowest_ms: int
    """The longest time to an answer."""


class Sipp:
    """sipp at work; `wait` for its end."""

    def __init__(self, folder: Path, process: asyncio.subprocess.Process) -> None:
        self.folder = folder
        self._process = process

    @classmethod
    async def start(
        cls, folder: Path, address: str, calls: int, *more: str, host: str = CALLER, scenario: str = "through_proxy"
    ) -> Sipp:
        """Begin to call."""
        await asyncio.to_thread(folder.mkdir, parents=True)
        command = ("-sf", str(SCENARIOS / f"{scenario}.xml"), "-s", "bot", "-i", host, "-mi", host)
        ports = ("-p", str(free_port()), "-mp", str(free_ports(4)))
        traces = ("-trace_stat", "-stf", "stat.csv", "-trace_rtt", "-rtt_freq", "1", "-trace_err", "-nostdin")
        limits = ("-m", str(calls), "-l", str(calls), "-timeout", f"{LIVES_S}s")
        process = await asyncio.create_subprocess_exec(
            *("sipp", *command, *ports, *limits, *traces, *manners(scenario), *more, address),
            cwd=folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        return cls(folder, process)

    async def wait(self) -> Placed:
        """Return what came of it."""
        said, _ = await self._process.communicate()
        errors = "".join(path.read_text(errors="replace") for path in self.folder.glob("*errors.log"))
        with (self.folder / "stat.csv").open() as file:
            last = list(csv.DictReader(file, delimiter=";"))[-1]
        times = [
            float(line.split(";")[1])
            for path in self.folder.glob("*_rtt.csv")
            for line in path.read_text().splitlines()[1:]
        ]
        return Placed(
            code=self._process.returncode or 0,
            said=said.decode(errors="replace")[-1_500:] + errors[-1_500:],
            good=int(last["SuccessfulCall(C)"]),
            bad=int(last["FailedCall(C)"]),
            slowest_ms=round(max(times, default=0)),
        )

    async def finish(self) -> Placed:
        """Begin no more calls, and return what came of those that were begun."""
        self._process.send_signal(signal.SIGUSR1)
        return await self.wait()

    async def stop(self) -> None:
        """Go away without a word."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.communicate()


async def until_calls(service: RunningService, calls: int, most_s: float = 60.0) -> None:
    """Wait until a process has so many calls."""
    loop = asyncio.get_running_loop()
    until_s = loop.time() + most_s
    while (now := (await service.get("/readyz")).json()["calls"]) != calls:
        assert loop.time() < until_s, f"{now} calls after {most_s} s, not {calls}"
        await asyncio.sleep(0.1)


async def until_gone(service: RunningService, most_s: float = 60.0) -> int:
    """Wait until a process that was told to stop has ended; return its exit code."""
    async with asyncio.timeout(most_s):
        code = await service.running.wait()
    await service._close_client()
    return code


async def metric(service: RunningService, reason: str) -> int:
    """Return how many calls a process refused for a reason."""
    text = (await service.get("/metrics")).text
    found = re.search(rf'warmline_calls_total{{reason="{reason}",result="rejected",transport="sip"}} ([\d.]+)', text)
    return round(float(found[1])) if found else 0


async def until_active(edge: Edge, services: Sequence[RunningService]) -> None:
    """Wait until the proxy sends calls to all of these."""
    for service in services:
        await edge.until(service.sip_port, "A")


@asynccontextmanager
async def watching(service: RunningService) -> AsyncIterator[list[dict[str, Any]]]:
    """Follow the live feed of a process as the staff's page does; the list grows until the block ends."""
    messages: list[dict[str, Any]] = []
    url = f"ws://127.0.0.1:{service.web_port}/api/live"
    async with connect(url, additional_headers={"authorization": f"Bearer {TOKEN}"}, proxy=None) as socket:
        messages.append(json.loads(await socket.recv()))

        async def read() -> None:
            async for text in socket:
                messages[len(messages) :] = [json.loads(text)]

        reading = asyncio.create_task(read())
        yield messages
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
