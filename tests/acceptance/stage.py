"""Plays the calls that the session's tests need in the background, two at a time, over as few services as will do."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import shutil
import threading
from pathlib import Path

from tests.acceptance.scenarios import ON_ASKING, ON_MAIN, Houses, Played, Scenario, build_houses

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
        return self.played[name].result(LONGEST_S)

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
            await houses.main.start()
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
        places = asyncio.Semaphore(AT_ONCE)

        async def play(name: str, scenario: Scenario) -> None:
            future = self.played[name]
            async with places:
                try:
                    future.set_result(await scenario(houses))
                except Exception as error:  # noqa: BLE001 -- raised again in the test that waits for it
                    future.set_exception(error)

        async def play_asking() -> None:
            wanted = [name for name in ON_ASKING if name in self.played]
            if not wanted:
                return
            # The same texts have the same vectors; a second start need not make them again.
            vectors = houses.main.data_dir / "cache" / "article-vectors.npz"
            target = houses.asking.data_dir / "cache" / vectors.name
            target.parent.mkdir(parents=True)
            await asyncio.to_thread(shutil.copyfile, vectors, target)
            await houses.asking.start()
            for name in wanted:
                await play(name, ON_ASKING[name])

        last = "reloaded"
        on_main = [name for name in ON_MAIN if name in self.played and name != last]
        asking = asyncio.create_task(play_asking())
        await asyncio.gather(*(play(name, ON_MAIN[name]) for name in on_main))
        if last in self.played:
            await play(last, ON_MAIN[last])
        try:
            await asking
        except Exception as error:  # noqa: BLE001 -- raised again in the tests that wait for it
            for name in ON_ASKING:
                if name in self.played and not self.played[name].done():
                    self.played[name].set_exception(error)
