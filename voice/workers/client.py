"""The service's side of a worker: starts the process, sends requests, restarts it when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
import os
import socket
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy.typing as npt

from calls.errors import CallCentreError
from voice.workers.engine import CancelledRequest, EngineSpec, Reply
from voice.workers.protocol import Decoder, Message, encode
from voice.workers.safe_errors import loggable_line

__all__ = ["CancelledRequest", "EngineSpec", "Reply", "Worker"]

logger = logging.getLogger(__name__)

_READ_BYTES = 256 * 1024
_FIRST_BACKOFF_S = 0.25
_LONGEST_BACKOFF_S = 10.0
_STOP_GRACE_S = 3.0
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
_NO_ARRAYS: Mapping[str, npt.NDArray[Any]] = {}


def _error_of(data: dict[str, Any]) -> CallCentreError:
    if data.get("code") == "worker.cancelled":
        return CancelledRequest(data["message"])
    return CallCentreError(data["code"], data["message"], fault=data["fault"], retryable=data["retryable"])


class Worker:
    """One process hosting one or more engines.

    Requests are stateless. Higher priority is served first, then order of arrival. A request with a `coalesce` key
    replaces a waiting one with the same key, and gives way at its next checkpoint to a more urgent one. When the
    process dies, everything under way fails with `worker.lost` and the process is started again after 0.25 s, 0.5 s …
    10 s; requests made meanwhile fail at once with `worker.lost` too.
    """

    def __init__(self, name: str, engines: Sequence[EngineSpec], *, niceness: int = 5, threads: int = 1) -> None:
        """Describe the worker; nothing runs before `start`.

        Args:
            name: For logs and errors.
            engines: What it loads, in this order.
            niceness: Added to the process's nice value; 0 leaves it.
            threads: Threads that numeric libraries use for one request (OpenMP, OpenBLAS, MKL).
        """
        self.name = name
        self._engines = tuple(engines)
        self._niceness = niceness
        self._threads = threads
        self._ids = itertools.count(1)
        self._pending: dict[int, asyncio.Queue[Message | CallCentreError]] = {}
        self._process: asyncio.subprocess.Process | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._ready = False
        self._stopping = False
        self.restarts = 0
        """How often the process had to be started again; a metric."""

    @property
    def is_ready(self) -> bool:
        """True while requests can be served."""
        return self._ready

    @property
    def pid(self) -> int | None:
        """Process id while there is a process."""
        return self._process.pid if self._process else None

    @property
    def waiting(self) -> int:
        """Requests sent and not answered yet; a metric."""
        return len(self._pending)

    async def start(self) -> None:
        """Start the process and wait until every engine is loaded and warmed up.

        Raises:
            CallCentreError: what the engine that failed says.
        """
        self._stopping = False
        started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._keeper = asyncio.create_task(self._keep(started), name=f"worker-{self.name}")
        try:
            await started
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End the process; what is under way fails with `worker.lost`. Idempotent."""
        self._stopping = True
        if self._writer is not None:
            self._writer.close()
        if self._keeper is not None:
            keeper, self._keeper = self._keeper, None
            if self._process is None:  # it waits to start the process again
                keeper.cancel()
            done, _ = await asyncio.wait({keeper}, timeout=_STOP_GRACE_S)
            if not done:
                keeper.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await keeper
        self._fail_pending()

    async def call(
        self,
        engine: str,
        method: str,
        data: dict[str, Any],
        arrays: Mapping[str, npt.NDArray[Any]] = _NO_ARRAYS,
        *,
        priority: int = 0,
        coalesce: str | None = None,
    ) -> Reply:
        """Return the engine's one reply. Cancelling the task cancels the request.

        Raises:
            CancelledRequest: a request with the same `coalesce` key, or a more urgent one, took its place.
            CallCentreError: `worker.lost`, `worker.busy`, `engine.failed` or what the engine says.
        """
        replies = self.stream(engine, method, data, arrays, priority=priority, coalesce=coalesce)
        async with contextlib.aclosing(replies):
            async for reply in replies:
                return reply
        raise CallCentreError("engine.no_reply", f"The engine {engine!r} gave no reply to {method!r}.", fault="us")

    async def stream(
        self,
        engine: str,
        method: str,
        data: dict[str, Any],
        arrays: Mapping[str, npt.NDArray[Any]] = _NO_ARRAYS,
        *,
        priority: int = 0,
        coalesce: str | None = None,
    ) -> AsyncGenerator[Reply, None]:
        """Yield the engine's replies as they come; closing the iterator cancels the request at its next piece.

        Raises:
            CancelledRequest, CallCentreError: as `call`.
        """
        if not self._ready:
            raise self._lost()
        request_id = next(self._ids)
        head = {"engine": engine, "method": method, "priority": priority, "coalesce": coalesce, "data": data}
        request = Message("request", request_id, head, arrays)
        inbox: asyncio.Queue[Message | CallCentreError] = asyncio.Queue()
        self._pending[request_id] = inbox
        settled = False
        try:
            await self._post(request)
            while True:
                message = await inbox.get()
                if isinstance(message, CallCentreError):
                    settled = True
                    raise message
                if message.kind == "end":
                    settled = True
                    return
                if message.kind == "error":
                    settled = True
                    raise _error_of(message.data)
                yield Reply(message.data, message.arrays)
        finally:
            del self._pending[request_id]
            if not settled and self._ready:
                self._post_cancel(request_id)

    def _post_cancel(self, request_id: int) -> None:
        if self._writer is not None:
            self._writer.write(encode(Message("cancel", request_id)))

    async def _post(self, message: Message) -> None:
        if self._writer is None:
            raise self._lost()
        self._writer.write(encode(message))
        with contextlib.suppress(ConnectionError):  # the keeper sees the end as well and fails the request
            await self._writer.drain()

    def _deliver(self, message: Message) -> None:
        inbox = self._pending.get(message.id)
        if inbox is not None:
            inbox.put_nowait(message)

    def _fail_pending(self) -> None:
        for inbox in self._pending.values():
            inbox.put_nowait(self._lost())

    def _lost(self) -> CallCentreError:
        sentence = f"The worker {self.name!r} is not running at the moment; it is started again by itself."
        return CallCentreError("worker.lost", sentence, fault="us", retryable=True)

    def _is_stopping(self) -> bool:
        return self._stopping

    async def _keep(self, started: asyncio.Future[None]) -> None:
        """Run the process again and again until `stop`; settle `started` by its first life."""
        backoff_s = _FIRST_BACKOFF_S
        while not self._is_stopping():
            was_ready = False
            try:
                was_ready = await self._live(started)
            except CallCentreError as error:
                if not started.done():
                    started.set_exception(error)
                    return
                logger.error("worker %s failed: %s", self.name, error.code)
            if not started.done():
                sentence = f"The worker {self.name!r} ended before it was ready. Its error output is in the log."
                started.set_exception(CallCentreError("worker.start_failed", sentence, fault="operator"))
                return
            if self._is_stopping():
                return
            backoff_s = _FIRST_BACKOFF_S if was_ready else min(backoff_s * 2, _LONGEST_BACKOFF_S)
            logger.warning("worker %s ended; started again in %.2f s", self.name, backoff_s)
            await asyncio.sleep(backoff_s)
            self.restarts += 1

    async def _live(self, started: asyncio.Future[None]) -> bool:
        """Run one process from birth to death; return whether it had become ready."""
        ours, theirs = socket.socketpair()
        environment = os.environ | dict.fromkeys(_THREAD_VARIABLES, str(self._threads))
        specs = [asdict(spec) for spec in self._engines]
        arguments = ["--fd", str(theirs.fileno()), "--niceness", str(self._niceness), "--engines", json.dumps(specs)]
        with theirs:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "voice.workers.host",
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                pass_fds=[theirs.fileno()],
                env=environment,
            )
        self._process = process
        was_ready = False
        reader, self._writer = await asyncio.open_connection(sock=ours)
        errors = asyncio.create_task(self._log_errors(process), name=f"worker-{self.name}-stderr")
        try:
            decoder = Decoder()
            while data := await self._read(reader):
                for message in decoder.feed(data):
                    if message.kind == "ready":
                        was_ready = self._ready = True
                        if not started.done():
                            started.set_result(None)
                    elif message.kind == "failed":
                        raise _error_of(message.data)
                    else:
                        self._deliver(message)
        finally:
            self._ready = False
            self._fail_pending()
            self._writer.close()
            self._writer = None
            await self._reap(process)
            await errors
            self._process = None
        return was_ready

    @staticmethod
    async def _read(reader: asyncio.StreamReader) -> bytes:
        try:
            return await reader.read(_READ_BYTES)
        except ConnectionError:
            return b""

    @staticmethod
    async def _reap(process: asyncio.subprocess.Process) -> None:
        """Wait for the process, which ends by itself once the socket is closed; kill it if it does not."""
        try:
            async with asyncio.timeout(_STOP_GRACE_S / 2):
                await process.wait()
        except (TimeoutError, asyncio.CancelledError):
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _log_errors(self, process: asyncio.subprocess.Process) -> None:
        """Log the worker's error stream: whole lines while no caller's words can be in it, then only what is safe."""
        assert process.stderr is not None
        withheld = 0
        while True:
            try:
                raw = await process.stderr.readline()
            except ValueError:  # a line beyond the reader's limit
                withheld += 1
                continue
            if not raw:
                break
            line = raw.decode(errors="replace").rstrip()
            shown = loggable_line(line) if self._ready else line
            if shown:
                logger.warning("worker %s: %s", self.name, shown)
            else:
                withheld += 1
        if withheld:
            logger.info("worker %s: %d lines of its error stream were withheld", self.name, withheld)
