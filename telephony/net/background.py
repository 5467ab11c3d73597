"""Work that goes on beside: the loop keeps only weak hold of a task, and nobody else would hear that it failed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

logger = logging.getLogger(__name__)


class Background:
    """The tasks of one owner, until they end."""

    def __init__(self, complaint: str) -> None:
        """`complaint` is what the log says when one of them fails, e.g. `a phone could not be looked after`."""
        self._complaint = complaint
        self._running: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None], name: str | None = None) -> None:
        """Run `work` from the next turn of the loop on."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._done)

    async def finish(self) -> None:
        """Wait for all of it, also for what is started meanwhile."""
        while self._running:
            await asyncio.gather(*self._running, return_exceptions=True)
            # From Python 3.12 on, gathering tasks that are over returns before their callbacks took them off the list.
            await asyncio.sleep(0)

    async def cancel(self) -> None:
        """Stop all of it and wait for the end."""
        for task in self._running:
            task.cancel()
        await self.finish()

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("%s", self._complaint, exc_info=error)
