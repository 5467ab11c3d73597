"""Tasks that cannot be forgotten: each has a name, its failure is logged and reported, all end together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

logger = logging.getLogger(__name__)


class Tasks:
    """A group of background tasks with one owner."""

    def __init__(self, owner: str, on_failure: Callable[[str, BaseException], None] | None = None) -> None:
        """`owner` goes into the logs; `on_failure(task name, error)` is called on the loop."""
        self._owner = owner
        self._on_failure = on_failure
        self._running: set[asyncio.Task[Any]] = set()

    def start(self, name: str, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run `work` until it ends or the group is closed."""
        task = asyncio.get_running_loop().create_task(work, name=f"{self._owner}:{name}")
        self._running.add(task)
        task.add_done_callback(self._done)
        return task

    async def close(self) -> None:
        """Cancel what still runs (but the caller's own task) and wait for it."""
        current = asyncio.current_task()
        rest = [task for task in self._running if task is not current]
        for task in rest:
            task.cancel()
        if rest:
            await asyncio.wait(rest, timeout=5.0)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            return
        name = task.get_name().removeprefix(f"{self._owner}:")
        logger.error("task %s failed: %s", task.get_name(), type(error).__name__, exc_info=error)
        if self._on_failure is not None:
            self._on_failure(name, error)
