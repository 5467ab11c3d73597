"""The desk's live feed: each page has its agent's offers and work, and everybody's states and queues.

A page gets a snapshot, then messages `{"kind": …}` in order. One that is too slow starts again from a fresh snapshot,
as in `service/live.py`.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import Any

QUEUE_LENGTH = 500
"""Messages a page may lag behind: minutes of a busy desk."""

Message = dict[str, Any]
RESTART = json.dumps({"kind": "restart"})


def as_text(message: Message) -> str:
    """Return a message as it goes over the sockets: made once for all pages."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


class DeskWatcher:
    """One page; read it with `get`."""

    def __init__(self, agent: str, page: str = "") -> None:
        """Belong to `agent`; empty for somebody who only looks on. `page` tells their windows apart."""
        self.agent, self.page = agent, page
        self._queue: asyncio.Queue[str] = asyncio.Queue(QUEUE_LENGTH)

    async def get(self) -> str:
        """Return the next message as text; `RESTART` when some were lost."""
        return await self._queue.get()

    def put(self, message: Message) -> None:
        """Queue a message."""
        self.put_text(as_text(message))

    def put_text(self, text: str) -> None:
        """Queue a message that is text already."""
        try:
            self._queue.put_nowait(text)
        except asyncio.QueueFull:
            while not self._queue.empty():
                self._queue.get_nowait()
            self._queue.put_nowait(RESTART)


class DeskFeed:
    """Hands messages to the pages. Lives on the event loop; never waits."""

    def __init__(self) -> None:
        """Nobody looks."""
        self._watchers: set[DeskWatcher] = set()
        self._visits: Counter[str] = Counter()

    def watch(self, agent: str = "", page: str = "") -> DeskWatcher:
        """Start looking."""
        watcher = DeskWatcher(agent, page)
        self._watchers.add(watcher)
        self._visits[agent] += 1
        return watcher

    def leave(self, watcher: DeskWatcher) -> None:
        """Stop looking; idempotent."""
        self._watchers.discard(watcher)

    def pages_of(self, agent: str) -> int:
        """Return how many pages an agent has open."""
        return sum(watcher.agent == agent for watcher in self._watchers)

    def visits_of(self, agent: str) -> int:
        """Return how often a page of an agent came until now: a page that is loaded again is another visit."""
        return self._visits[agent]

    def has_page(self, agent: str, page: str) -> bool:
        """Tell whether one window of an agent is open."""
        return any((watcher.agent, watcher.page) == (agent, page) for watcher in self._watchers)

    def tell(self, agent: str, message: Message) -> None:
        """Tell one agent's pages."""
        for watcher in self._watchers:
            if watcher.agent == agent:
                watcher.put(message)

    def tell_all(self, message: Message) -> None:
        """Tell every page."""
        if self._watchers:
            text = as_text(message)
            for watcher in self._watchers:
                watcher.put_text(text)
