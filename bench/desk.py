"""How long until agents see on their pages what happens: a real service with busy calls, and a page for each agent.

The service is whole (store, log, feeds, queue, web server); what calls give is written to its log and feed as their
runners do: a turn each 4 s and partial words four times a second. Contacts wait in the queue and are taken by the
agents' pages, which are a process of their own. Each page has the desk's socket and the live feed of one call.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.desk_watchers import SENT
from bench.report import Result, progress
from calls.errors import CallCentreError
from calls.events import CallAnswered, CallOffered, TurnEnded
from calls.ids import CallId, TurnId
from desk.acd_messages import ContactArrived
from service.config import load_config
from service.desk.listener import QuietListener
from service.house import House
from service.ids import new_call_id
from service.serve import Service

TOKEN = "bench"  # noqa: S105 -- of a service that lives for seconds
_TURN_EVERY_S = 4.0
"""Source: a talk at its usual pace; the caller's and the bot's turns together."""
_WORDS_EVERY_S = 0.25
"""Source: partial words of both sides of a lively call, as the runner gives them."""
_WARM_S = 2.0
"""From when all pages are open until what is measured begins."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this bench."""
    parser.add_argument("--agents", type=int, default=50, help="agents with a page each")
    parser.add_argument("--calls", type=int, default=50, help="calls that go on at a time")
    parser.add_argument("--seconds", type=float, default=20.0, help="length of the measurement")
    parser.add_argument("--url", default="", help="SQLAlchemy URL; empty: a new SQLite file")


def run(arguments: argparse.Namespace) -> Result:
    """Measure."""
    with tempfile.TemporaryDirectory() as folder:
        seen, offered = asyncio.run(_measure(Path(folder), arguments))
    all_ms = [*seen["facts_ms"], *seen["signals_ms"], *seen["desk_ms"]]
    result = Result(n=len(all_ms))
    result.put("agents", arguments.agents)
    result.put("calls", arguments.calls)
    result.percentile("event_to_screen_p95_ms", all_ms, 95)
    for name in ("facts", "signals", "desk"):
        for percent in (50, 95, 99):
            result.percentile(f"{name}_p{percent}_ms", seen[f"{name}_ms"], percent)
    result.put("dropped", seen["missing"] + seen["restarts"] + offered - seen["offers"])
    result.put("offers", offered)
    return result


@dataclass
class _Offers:
    """What the desk offered to the pages."""

    count: int = 0
    go_on: bool = True
    """Contacts come again; not while the last offers are on their way, since each has to be seen."""


class _Talk(QuietListener):
    """A contact that talks for some seconds with whoever takes it, and comes again."""

    def __init__(self, house: House, name: str, offers: _Offers) -> None:
        self._house, self._name, self._offers = house, name, offers

    def offered(self, agent: str, reservation_id: str, for_ms: int) -> None:
        """Count it."""
        del agent, reservation_id, for_ms
        self._offers.count += 1

    def connect(self, agent: str, reservation_id: str) -> None:
        """Talk."""
        del reservation_id
        self._house.tasks.start("talk", self._talk(agent))

    async def _talk(self, agent: str) -> None:
        await asyncio.sleep(random.uniform(3.0, 9.0))
        self._house.desk.work_over(agent, self._name)
        if self._offers.go_on:
            self.arrive()

    def arrive(self) -> None:
        """Wait in the queue."""
        contact = ContactArrived(contact_id=self._name, kind="call", queue="fast", language="en")
        self._house.desk.arrive(contact, self)


async def _measure(folder: Path, arguments: argparse.Namespace) -> tuple[dict[str, Any], int]:
    file = folder / "warmline.toml"
    file.write_text(
        f'data_dir = "{folder / "data"}"\ndatabase_url = "{arguments.url}"\n'
        f'[service]\nlisten = "127.0.0.1:0"\nstaff_token = "{TOKEN}"\n[telephony.sip]\nenabled = false\n'
        '[speech]\nrender_ahead = false\nvoice_en = "espeak"\nvoice_es = "espeak"\n'
        '[[desk.queue]]\nname = "fast"\nwrap_up_s = 0\n'
    )
    service = Service(load_config(file, {}).config)
    progress("starting the service")
    await service.start()
    try:
        return await _watched(service, arguments)
    finally:
        await service.stop()


async def _watched(service: Service, arguments: argparse.Namespace) -> tuple[dict[str, Any], int]:
    house = service.house
    house.desk.lines_needed = False  # the pages of the bench have no sound
    calls = [new_call_id(house.clock) for _ in range(arguments.calls)]
    for call_id in calls:
        offered = CallOffered(
            transport="sip", caller="+34600000000", caller_name="", called="bot", peer_call_id=call_id
        )
        house.writer.append("call", call_id, offered, t_ms=None, source="bench")
        await house.writer.append("call", call_id, CallAnswered(language="en", flow="main"), t_ms=0, source="bench")
    watchers = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.desk_watchers"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**28,
    )
    assert watchers.stdin is not None
    what = {"url": service.base_url, "token": TOKEN, "agents": arguments.agents, "calls": calls}
    watchers.stdin.write(json.dumps(what).encode() + b"\n")
    await watchers.stdin.drain()
    async with asyncio.timeout(60):
        while house.desk.working("fast") < arguments.agents:
            await asyncio.sleep(0.1)
    await asyncio.sleep(_WARM_S)
    watchers.stdin.write(b"begin\n")
    await watchers.stdin.drain()
    progress(f"{arguments.agents} pages watch {arguments.calls} calls")
    offers = _Offers()
    for number in range(arguments.agents):
        _Talk(house, f"contact{number}", offers).arrive()
    end_s = time.monotonic() + arguments.seconds
    talks = [house.tasks.start("call", _call(house, call_id, end_s)) for call_id in calls]
    await asyncio.wait(talks)
    offers.go_on = False
    await asyncio.sleep(1.0)
    reading = asyncio.create_task(watchers.communicate())
    await service.close_pages()
    output, _ = await asyncio.wait_for(reading, 60)
    if watchers.returncode != 0:
        raise CallCentreError("bench.watchers", "The pages of the bench failed; see above.", fault="us")
    seen: dict[str, Any] = json.loads(output)
    return seen, offers.count


async def _call(house: House, call_id: CallId, end_s: float) -> None:
    """Give what a call gives."""
    await asyncio.sleep(random.random() * _TURN_EVERY_S)
    revision, next_turn_s = 0, time.monotonic()
    while time.monotonic() < end_s:
        revision += 1
        words = {"utterance_id": "u1", "revision": revision, "committed": "why is my bill", "tentative": "so high"}
        house.live.signal(call_id, "hypothesis", {**words, SENT: time.time()})
        if time.monotonic() >= next_turn_s:
            next_turn_s += _TURN_EVERY_S
            turn = TurnEnded(
                turn_id=TurnId(f"t{revision}"),
                speaker="caller",
                text="I would like to know why my bill is so much higher than it was last month",
                language="en",
                start_ms=revision * 250,
                end_ms=revision * 250 + 200,
                utterance_ids=(),
                interrupted=False,
            )
            house.writer.append("call", call_id, turn, t_ms=revision * 250, source="bench")
        await asyncio.sleep(_WORDS_EVERY_S)
