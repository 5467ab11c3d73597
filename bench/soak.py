"""Whether anything leaks: calls set up, held, transferred and dropped midway in random order, then everything counted.

A real house in a process of its own (SIP over UDP, TCP and TLS, a trunk with digest, WebRTC, conferences, recordings)
and callers of every manner here, `--concurrent` at a time. After the calls the clock jumps past all timers, and tasks,
sockets, ports, transactions, threads, objects and memory are held against what was there before. A leak, a call that
did not go as it should, or an error in a log ends the command with 1 and is named.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from bench.census import Census, leaks
from bench.report import Result, progress
from bench.soak_callers import Stage
from bench.soak_moves import MOVES
from calls.errors import CallCentreError

_WARM_ROUNDS = 2
"""Each move so often before the first count: what is made at first use, and kept, is no leak."""

_PARTS = 4
"""Counts in the middle show whether memory still grows."""

_MOST_HEAP_BYTES = 1_000_000
"""More given out by the C library after the last three quarters of the calls than before: a megabyte has leaked."""

_MOST_BLOCKS_PER_CALL = 5
"""The same for small objects of Python; one that a call leaves behind is some dozens of blocks."""

_LEAST_BLOCKS = 2_000
"""Less is caches and timers: measured, up and down by a thousand between two counts."""

_MOVE_S = 120.0
"""No move takes longer, or it hangs."""

_TRACED_CALLS = 60

_MOST_REFUSED = 0.05
"""Calls may come to nothing where messages get lost, as on a machine that stands still for seconds: a REFER that
overtakes an ACK is refused with 500. They must leave nothing behind either."""


@dataclass
class _Outcomes:
    """What did not go as it should, and how often."""

    refused: Counter[str] = field(default_factory=Counter)
    """Calls that came to nothing, with the reason."""
    broken: Counter[str] = field(default_factory=Counter)
    """Moves that hung or failed."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--calls", type=int, default=1000, help="calls in all")
    parser.add_argument("--concurrent", type=int, default=20, help="at a time")
    parser.add_argument("--moves", default="", help="only those whose names begin so, commas between")
    parser.add_argument("--seed", type=int, default=20, help="of the order and the pauses")


def run(args: argparse.Namespace) -> Result:
    """Make the calls and count."""
    result = Result(n=args.calls)
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_soak(args, Path(folder), result))
    result.put("seed", args.seed)
    result.put("leaks", len(result.failures))
    return result


async def _soak(args: argparse.Namespace, folder: Path, result: Result) -> None:
    stage = Stage(args.seed, folder)
    await stage.start()
    failed = _Outcomes()
    await _play(stage, [*MOVES] * _WARM_ROUNDS, args.concurrent, failed)
    first = await stage.census()
    order = schedule(args.calls, args.seed, tuple(args.moves.split(",")))
    counts = [first]
    began = time.monotonic()
    for part in range(_PARTS):
        mine = order[part * len(order) // _PARTS : (part + 1) * len(order) // _PARTS]
        await _play(stage, mine, args.concurrent, failed)
        counts.append(await stage.census())
        held = " and ".join(
            f"{each.rss_bytes / 1e6:.1f} MB (in use {each.heap_bytes / 1e6:.2f}, {each.python_blocks} blocks)"
            for each in counts[-1]
        )
        progress(f"{(part + 1) * len(order) // _PARTS} calls: house and callers hold {held}")
    result.put("seconds", time.monotonic() - began)
    result.put("carried_by_carrier", stage.carrier.answered)
    _judge(result, counts, args.calls)
    for what, times in failed.refused.items():
        progress(f"{times} times came to nothing: {what}")
    refused_share = failed.refused.total() / args.calls
    result.put("refused_share", refused_share)
    if refused_share > _MOST_REFUSED:
        result.failures.append(f"{failed.refused.total()} of {args.calls} calls came to nothing")
    result.failures += [f"{times} times: {what}" for what, times in failed.broken.items()]
    result.failures += [f"logged: {what} ({times} times)" for what, times in Counter(stage.troubles.told).items()]
    if any("memory" in failure for failure in result.failures):
        stage.trace()
        await _play(stage, schedule(_TRACED_CALLS, args.seed), args.concurrent, failed)
        await stage.census()
        for line in await stage.traced():
            progress(f"held by the house: {line}")
    await stage.stop()


def schedule(calls: int, seed: int, beginnings: tuple[str, ...] = ("",)) -> list[str]:
    """Return so many names of moves, each as often as it should come, in an order by chance."""
    weights = {name: weight for name, (_, weight) in MOVES.items() if name.startswith(beginnings)}
    whole = sum(weights.values())
    names = [name for name, weight in weights.items() for _ in range(max(1, round(weight * calls / whole)))]
    generator = random.Random(seed)
    generator.shuffle(names)
    while len(names) < calls:
        names.append(generator.choice([*weights]))
    return names[:calls]


async def _play(stage: Stage, names: list[str], concurrent: int, outcomes: _Outcomes) -> None:
    """Play moves, so many at a time, and note those that did not go as they should."""
    waiting = list(reversed(names))

    async def player() -> None:
        while waiting:
            name = waiting.pop()
            try:
                await asyncio.wait_for(MOVES[name][0](stage), _MOVE_S)
            except CallCentreError as error:
                outcomes.refused[f"{name}: {error}"] += 1
            except Exception as error:  # noqa: BLE001 - whatever it is, it is reported and fails the run
                outcomes.broken[f"{name}: {type(error).__name__} {error}"] += 1

    await asyncio.gather(*(player() for _ in range(concurrent)))


def _judge(result: Result, counts: list[tuple[Census, Census]], calls: int) -> None:
    for side, name in enumerate(("house", "callers")):
        first, middle, last = counts[0][side], counts[1][side], counts[-1][side]
        result.failures += [f"the {name} leaked: {what}" for what in leaks(first, last, calls)]
        counted = calls * (_PARTS - 1) / _PARTS
        heap, blocks = last.heap_bytes - middle.heap_bytes, last.python_blocks - middle.python_blocks
        result.put(f"{name}_rss_mb", last.rss_bytes / 1e6)
        result.put(f"{name}_rss_growth_mb", (last.rss_bytes - middle.rss_bytes) / 1e6)
        result.put(f"{name}_heap_growth_bytes", heap)
        result.put(f"{name}_blocks_per_call", blocks / counted)
        result.put(f"{name}_tasks", sum(count for key, count in last.counts.items() if key.startswith("task ")))
        result.put(f"{name}_files", sum(count for key, count in last.counts.items() if key.startswith("file ")))
        result.put(f"{name}_threads", sum(count for key, count in last.counts.items() if key.startswith("thread ")))
        result.put(f"{name}_objects_more", sum(last.objects.values()) - sum(first.objects.values()))
        if heap > _MOST_HEAP_BYTES:
            result.failures.append(f"the {name} leaked memory: {heap / 1e6:.1f} MB in the last 3/4 of the calls")
        if blocks > max(_LEAST_BLOCKS, _MOST_BLOCKS_PER_CALL * counted):
            result.failures.append(f"the {name} leaked memory: {blocks} small objects in the last 3/4 of the calls")
