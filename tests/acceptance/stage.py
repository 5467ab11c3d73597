"""Plays the calls that the session's tests need in the background, two at a time, over as few services as will do."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import threading
import traceback
from collections import deque
from pathlib import Path

from tests.acceptance.scenarios import ON_ASKING, ON_MAIN, Houses, LeftOutError, Played, build_houses, make_voices

LAST = "reloaded"
"""It changes an article and the dial plan under the others' feet."""
AT_ONCE = 2
"""Calls at a time: recognition alone takes half of two cores a call."""
LONGEST_S = 900.0


class Stage:
    """A thread with an event loop of its own; tests wait for what they need."""

    def __init__(self, folder: Path, wanted: set[str]) -> None:
        """Start to play the scenarios named in `wanted`."""
        self.played: dict[str, concurrent.futures.Future[Played]] = {
            name: concurrent.futures.Future() for name in (*ON_MAIN, *ON_ASKING) if name in wanted
        }
        self.folder = folder
        self.up: concurrent.futures.Future[Houses] = concurrent.futures.Future()
        self.exit_code: int | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="stage", daemon=True)
        self._thread.start()

    def houses(self) -> Houses:
        """Return the services once the main one is up."""
        return self.up.result(LONGEST_S)

    def result(self, name: str) -> Played:
        """Return a scenario that was played, or raise what went wrong in it."""
        future = self.played[name]
        error = future.exception(LONGEST_S)
        if isinstance(error, LeftOutError):
            raise LeftOutError(str(error))
        if error is not None:  # raised anew, since several tests may wait for it
            raise AssertionError("the call could not be played:\n" + "".join(traceback.format_exception(error)))
        return future.result()

    def all_over(self) -> Houses:
        """Return the services when every scenario is over, well or not."""
        concurrent.futures.wait(self.played.values(), LONGEST_S)
        return self.houses()

    def close(self) -> None:
        """Stop the services."""
        if self._loop is not None and self._stop is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(180)

    async def _run(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        houses: Houses | None = None
        try:
            houses = build_houses(self.folder)
            await asyncio.gather(houses.main.start(), asyncio.to_thread(make_voices))
            self.up.set_result(houses)
            await self._play(houses)
            await self._stop.wait()
        except BaseException as error:  # noqa: BLE001 -- raised again in the tests that wait for it
            if not self.up.done():
                self.up.set_exception(error)
            for future in self.played.values():
                if not future.done():
                    future.set_exception(error)
        finally:
            for service in (houses.main, houses.asking) if houses is not None else ():
                if service.process is not None and service.process.returncode is None:
                    with contextlib.suppress(AssertionError):
                        await service.stop()

    async def _play(self, houses: Houses) -> None:
        """Two callers take what is next; the calls of the asking service come first once it is up."""
        jobs: deque[tuple[str, ...]] = deque((name,) for name in ON_MAIN if name in self.played and name != LAST)
        asking = tuple(name for name in ON_ASKING if name in self.played)

        async def work() -> None:
            while jobs:
                for name in jobs.popleft():
                    await self._play_one(name, houses)

        async def prepare() -> None:
            try:
                await houses.asking.start()
            except Exception as error:  # noqa: BLE001 -- raised again in the tests that wait for it
                for name in asking:
                    self.played[name].set_exception(error)
            else:
                jobs.appendleft(asking)

        preparing = asyncio.create_task(prepare()) if asking else None
        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
        if preparing is not None:
            await preparing
        if LAST in self.played:
            jobs.append((LAST,))
        await asyncio.gather(*(work() for _ in range(AT_ONCE)))

    async def _play_one(self, name: str, houses: Houses) -> None:
        try:
            self.played[name].set_result(await {**ON_MAIN, **ON_ASKING}[name](houses))
        except Exception as error:  # noqa: BLE001 -- raised again in the test that waits for it
            self.played[name].set_exception(error)
