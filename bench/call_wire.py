"""Messages between the bench that makes calls and the process that takes them, on one event loop each."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any

_START_S = 60.0
"""The other process imports numpy, aiortc and av; on a busy machine that takes a while."""


class Wire:
    """One end of a pipe; needs a running event loop."""

    def __init__(self, connection: Connection) -> None:
        """Read whenever something arrives."""
        self._connection = connection
        self._arrived: asyncio.Queue[tuple[Any, ...] | None] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(connection.fileno(), self._read)

    def send(self, *message: Any) -> None:
        """Send one message."""
        self._connection.send(message)

    async def receive(self) -> tuple[Any, ...]:
        """Return the next message.

        Raises:
            EOFError: the other process ended.
        """
        message = await self._arrived.get()
        if message is None:
            raise EOFError("the other process of the bench ended")
        return message

    def close(self) -> None:
        """Stop reading."""
        self._loop.remove_reader(self._connection.fileno())
        self._connection.close()

    def _read(self) -> None:
        try:
            while self._connection.poll():
                self._arrived.put_nowait(self._connection.recv())
        except (EOFError, OSError):
            self._loop.remove_reader(self._connection.fileno())
            self._arrived.put_nowait(None)


async def start_process(
    target: Callable[..., None], *args: Any, pinned: bool = False, wait: bool = True
) -> tuple[SpawnProcess, Wire]:
    """Start `target(connection, *args)` in a fresh interpreter and wait for its first message, `("ready", …)`.

    With `pinned` it gets the last core for itself and this process keeps to the others, if there are several. Without
    `wait` the first message is left to who reads the wire.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=target, args=(theirs, *args), daemon=True)
    with _last_core() if pinned else contextlib.nullcontext():
        process.start()
    theirs.close()
    wire = Wire(ours)
    if not wait:
        return process, wire
    try:
        await asyncio.wait_for(wire.receive(), _START_S)
    except (EOFError, TimeoutError):
        print("the process that takes the calls did not start", file=sys.stderr)
        process.terminate()
        raise
    return process, wire


@contextlib.contextmanager
def _last_core() -> Iterator[None]:
    """What is started inside runs on the last core; afterwards this process runs on the others."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(cores) < 2:
        yield
        return
    os.sched_setaffinity(0, cores[-1:])
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores[:-1])
