"""A worker without a process: the same interface, engines in threads of the caller's process. For tests and tools."""

from __future__ import annotations

import asyncio
import contextlib

from calls.errors import CallCentreError
from voice.workers.client import Worker
from voice.workers.host import Host
from voice.workers.protocol import Message, encode


class LocalWorker(Worker):
    """Runs the engines in threads; frames are built all the same, so that what works here works across processes."""

    _host: Host | None = None

    async def start(self) -> None:
        """Load and warm up the engines in a thread.

        Raises:
            CallCentreError: what the engine that failed says.
        """
        loop = asyncio.get_running_loop()
        failures: list[Message] = []

        def emit(message: Message) -> None:
            encode(message)
            if message.kind == "failed":
                failures.append(message)
            elif message.kind != "ready":
                with contextlib.suppress(RuntimeError):  # the loop was closed under a request: nobody waits any more
                    loop.call_soon_threadsafe(self._deliver, message)

        self._host = Host(emit)
        if not await asyncio.to_thread(self._host.load, list(self._engines)):
            failure = failures[0].data
            raise CallCentreError(
                failure["code"], failure["message"], fault=failure["fault"], retryable=failure["retryable"]
            )
        self._ready = True

    async def stop(self) -> None:
        """End the threads; what is under way fails with `worker.lost`."""
        self._ready = False
        self._fail_pending()
        if self._host is not None:
            host, self._host = self._host, None
            await asyncio.to_thread(host.stop)

    async def _post(self, message: Message) -> None:
        if self._host is None:
            raise self._lost()
        encode(message)
        self._host.take(message)

    def _post_cancel(self, request_id: int) -> None:
        if self._host is not None:
            self._host.take(Message("cancel", request_id))
