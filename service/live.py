"""The live feed: facts and signals of running calls to whoever watches, each watcher with a bounded queue.

A watcher gets facts in the order of the log (the snapshot at n, then n+1 …) and signals (partial words, speaking,
playout) that are never logged. A watcher that is too slow loses signals first; when even facts do not fit, it is told
to start again from a fresh snapshot.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from calls.codec import to_json
from calls.events import Event
from calls.ids import CallId

QUEUE_LENGTH = 500
"""Messages a watcher may lag behind: about 20 s of one lively call."""

Message = dict[str, Any]


class Watcher:
    """One subscription; read it with `get`."""

    def __init__(self, call_id: CallId | None) -> None:
        """Watch one call, or all with None."""
        self.call_id = call_id
        self._queue: asyncio.Queue[Message] = asyncio.Queue(QUEUE_LENGTH)

    async def get(self) -> Message:
        """Return the next message: `{"kind": "event"|"signal"|"restart", …}`."""
        return await self._queue.get()

    def put(self, message: Message) -> None:
        """Queue a message by the overflow rule."""
        if message["kind"] == "signal" and self._queue.qsize() > QUEUE_LENGTH // 2:
            return
        try:
            self._queue.put_nowait(message)
        except asyncio.QueueFull:
            while not self._queue.empty():
                self._queue.get_nowait()
            self._queue.put_nowait({"kind": "restart"})


class LiveFeed:
    """Hands facts and signals to the watchers. Lives on the event loop; never waits."""

    def __init__(self) -> None:
        """Nobody watches yet."""
        self._watchers: set[Watcher] = set()

    def watch(self, call_id: CallId | None = None) -> Watcher:
        """Start watching."""
        watcher = Watcher(call_id)
        self._watchers.add(watcher)
        return watcher

    @property
    def is_watched(self) -> bool:
        """True while anybody watches."""
        return bool(self._watchers)

    def leave(self, watcher: Watcher) -> None:
        """Stop watching; idempotent."""
        self._watchers.discard(watcher)

    def event(self, event: Event) -> None:
        """A fact was committed to the log."""
        self._send(str(event.stream_id), {"kind": "event", "event": to_json(event)})

    def signal(self, call_id: CallId, name: str, data: Mapping[str, Any]) -> None:
        """Something is being guessed."""
        if self._watchers:
            self._send(call_id, {"kind": "signal", "call_id": call_id, "name": name, "data": to_json(dict(data))})

    def _send(self, call_id: str, message: Message) -> None:
        for watcher in self._watchers:
            if watcher.call_id is None or watcher.call_id == call_id:
                watcher.put(message)
