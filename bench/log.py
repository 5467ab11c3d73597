"""How long a fact of a call waits until it is kept: many calls that write to one call log, at random and all at once.

`spread` is what calls do: each writes three facts a second at its own times. `together` is the worst: every call has a
fact in the same moment (a shutdown, a clock tick), twice a second. Facts are the turns of a transcript, whose text is
encrypted. A fact is kept when its commit is done and the event loop has heard of it.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import secrets
import tempfile
import time
from pathlib import Path

from bench.report import Result, progress
from calls.events import CallOffered, TurnEnded
from calls.ids import TurnId
from records.store import EventStore
from records.writer import LogWriter
from service.clock import SystemClock

_SPREAD_EVERY_S = 1 / 3
_TOGETHER_EVERY_S = 0.5
_TURN = TurnEnded(
    turn_id=TurnId("t1"),
    speaker="caller",
    text="I would like to know why my bill is so much higher than it was last month",
    language="en",
    start_ms=0,
    end_ms=4_000,
    utterance_ids=(),
    interrupted=False,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this bench."""
    parser.add_argument("--n", type=int, default=40, help="calls at a time")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of each of the two runs")
    parser.add_argument("--url", default="", help="SQLAlchemy URL; empty: a new SQLite file")


def run(arguments: argparse.Namespace) -> Result:
    """Measure both ways of writing."""
    with tempfile.TemporaryDirectory() as folder:
        spread_ms, together_ms = asyncio.run(_measure(Path(folder), arguments.url, arguments.n, arguments.seconds))
    result = Result(n=len(spread_ms) + len(together_ms))
    result.put("calls", arguments.n)
    for name, waits_ms in (("spread", spread_ms), ("together", together_ms)):
        for percent in (50, 95, 99):
            result.percentile(f"{name}_p{percent}_ms", waits_ms, percent)
    return result


async def _measure(folder: Path, url: str, n_calls: int, seconds: float) -> tuple[list[float], list[float]]:
    clock = SystemClock()
    store = EventStore.open_dir(folder, url=url)
    writer = LogWriter(store, clock)
    await writer.start()
    names = [f"bench-{secrets.token_hex(4)}-{number}" for number in range(n_calls)]
    offered = CallOffered(transport="sip", caller="+34600123456", caller_name="", called="bot", peer_call_id="x")
    for name in names:
        writer.append("call", name, offered, t_ms=None, source="service")
    await writer.flush()
    spread_ms: list[float] = []
    together_ms: list[float] = []

    async def write(name: str, waits_ms: list[float]) -> None:
        began_s = time.perf_counter()
        await writer.append("call", name, _TURN, t_ms=0, source="call")
        waits_ms.append((time.perf_counter() - began_s) * 1000)

    async def one_call(name: str, chance: random.Random) -> None:
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            await asyncio.sleep(chance.expovariate(1 / _SPREAD_EVERY_S))
            await write(name, spread_ms)

    progress(f"{n_calls} calls, each at its own times")
    await asyncio.gather(*(one_call(name, random.Random(number)) for number, name in enumerate(names)))
    progress(f"{n_calls} calls at the same moment")
    for _ in range(round(seconds / _TOGETHER_EVERY_S)):
        await asyncio.gather(*(write(name, together_ms) for name in names))
        await asyncio.sleep(_TOGETHER_EVERY_S)
    await writer.stop()
    store.close()
    return spread_ms, together_ms
