"""What a process holds, counted twice: what is there afterwards and was not before has leaked."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
import sys
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_MOST_OBJECTS_PER_CALL = 0.1
"""Of one type. What belongs to a call leaks once a call, or once a call of its kind; caches grow slower."""

_LEAST_OBJECTS = 25
"""Growth of one type below it is no leak: caches of addresses, of names."""


_IDLE = {"TimerHandle": 150, "Context": 150}
"""Objects whose growth says little: the event loop keeps cancelled timers, up to half of all or a hundred."""


@dataclass(frozen=True)
class Census:
    """Counted when nothing should be going on."""

    counts: dict[str, int]
    """Tasks by name, threads, files by kind, and what the house says of itself."""
    objects: dict[str, int]
    """Objects that the garbage collector knows, by type."""
    rss_bytes: int
    """Memory in RAM, what the allocators keep for later included."""
    heap_bytes: int
    """What the C library has given out: buffers, samples, TLS, codecs."""
    python_blocks: int
    """Small objects of Python that live, whether the collector knows them or not."""


def take_census(own: Mapping[str, int]) -> Census:
    """Count; `own` is what the house says of itself, e.g. legs and transactions. Needs the running event loop."""
    for _ in range(3):
        gc.collect()
    _give_memory_back()
    counts = Counter(own)
    current = asyncio.current_task()
    for task in asyncio.all_tasks():
        if task is not current:
            counts[f"task {getattr(task.get_coro(), '__qualname__', 'unknown')}"] += 1
    counts.update(f"thread {thread.name}" for thread in threading.enumerate())
    counts.update(f"file {kind}" for kind in open_files())
    objects = Counter(type(each).__qualname__ for each in gc.get_objects())
    return Census(dict(counts), dict(objects), rss_bytes(), heap_bytes(), sys.getallocatedblocks())


def leaks(before: Census, after: Census, calls: int) -> list[str]:
    """Return what is more afterwards, as sentences; `calls` were made between."""
    found = []
    for name in sorted(after.counts.keys() | before.counts.keys()):
        was, became = before.counts.get(name, 0), after.counts.get(name, 0)
        if became > was:
            found.append(f"{became - was} more of {name} ({was} before)")
    allowed = max(_LEAST_OBJECTS, _MOST_OBJECTS_PER_CALL * calls)
    for name, became in sorted(after.objects.items()):
        grown = became - before.objects.get(name, 0)
        if grown > max(allowed, _IDLE.get(name, 0)):
            found.append(f"{grown} more objects of type {name}")
    return found


def open_files() -> list[str]:
    """Return the kind of each open file: `socket`, `pipe`, `anon_inode`, or the folder of a real one."""
    kinds = []
    for entry in Path("/proc/self/fd").iterdir():
        try:
            target = entry.readlink()
        except OSError:
            continue  # the folder itself, which is closed by now
        name = str(target)
        kinds.append(str(target.parent) if name.startswith("/") else name.partition(":")[0])
    return kinds


def rss_bytes() -> int:
    """Return the memory that this process has in RAM."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


class _MallInfo2(ctypes.Structure):
    """Source: mallinfo(3)."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            "arena",
            "ordblks",
            "smblks",
            "hblks",
            "hblkhd",
            "usmblks",
            "fsmblks",
            "uordblks",
            "fordblks",
            "keepcost",
        )
    ]


def heap_bytes() -> int:
    """Return what malloc has given out and not got back; 0 where the C library does not tell."""
    ask = getattr(ctypes.CDLL(None), "mallinfo2", None)
    if ask is None:
        return 0
    ask.restype = _MallInfo2
    told = ask()
    return int(told.uordblks + told.hblkhd)


def _give_memory_back() -> None:
    """Make the C library return what is free, so that what remains in RAM is in use."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
