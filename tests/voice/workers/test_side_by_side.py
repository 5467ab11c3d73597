"""An engine that serves several requests at once: finals use what is free, live words never take the last thread."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.waiting import eventually
from voice.workers.client import CancelledRequest, EngineSpec, Reply, Worker
from voice.workers.local import LocalWorker

pytestmark = pytest.mark.realtime

FACTORY = "worker_engines:create"


@pytest.fixture(autouse=True)
def engines_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    here = str(Path(__file__).parent)
    monkeypatch.syspath_prepend(here)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([here, str(Path(__file__).parents[3])]))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


class Stage:
    """A worker that serves two at once, and its toy, at whose gate requests stop until it opens."""

    def __init__(self, worker: Worker) -> None:
        import worker_engines  # type: ignore[import-not-found]

        self.worker = worker
        self.toy = worker_engines.LAST[0]

    def ask(self, tag: str, *, final: bool) -> asyncio.Task[Reply]:
        priority, coalesce = (10, None) if final else (0, tag)
        request = self.worker.call("toy", "gate", {"tag": tag}, priority=priority, coalesce=coalesce)
        return asyncio.create_task(request)

    async def inside(self, *tags: str) -> None:
        """Wait until these, and no others, have begun."""
        await eventually(lambda: set(self.toy.inside) >= set(tags))
        assert sorted(self.toy.inside) == sorted(tags)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    worker = LocalWorker("w", [EngineSpec("toy", FACTORY, at_once=2)])
    await worker.start()
    made = Stage(worker)
    yield made
    made.toy.gate.set()
    await worker.stop()


async def test_when_two_finals_come_then_neither_waits_for_the_other(stage: Stage) -> None:
    finals = [stage.ask("one", final=True), stage.ask("two", final=True)]
    await stage.inside("one", "two")
    stage.toy.gate.set()
    assert [(await final).data["tag"] for final in finals] == ["one", "two"]


async def test_when_live_words_of_many_wait_then_a_final_still_begins_at_once(stage: Stage) -> None:
    partials = [stage.ask("first", final=False), stage.ask("second", final=False)]
    await stage.inside("first")
    await asyncio.sleep(0.05)
    final = stage.ask("final", final=True)
    await stage.inside("first", "final")
    stage.toy.gate.set()
    await asyncio.gather(final, *partials)
    assert stage.toy.inside == ["first", "final", "second"]


async def test_when_a_final_finds_a_thread_free_then_live_words_go_on(stage: Stage) -> None:
    partial = stage.ask("live", final=False)
    await stage.inside("live")
    final = stage.ask("final", final=True)
    await stage.inside("live", "final")
    stage.toy.gate.set()
    await final
    assert (await partial).data["tag"] == "live"


async def test_when_more_finals_wait_than_threads_are_free_then_live_words_give_way(stage: Stage) -> None:
    stage.toy.gates["live"] = threading.Event()
    partial = stage.ask("live", final=False)
    await stage.inside("live")
    finals = [stage.ask("one", final=True), stage.ask("two", final=True)]
    await stage.inside("live", "one")  # "two" waits: both were asked for in the same moment
    stage.toy.gates["live"].set()
    with pytest.raises(CancelledRequest):
        await partial
    stage.toy.gate.set()
    await asyncio.gather(*finals)


async def test_when_a_worker_stops_then_every_thread_of_its_engine_ends(stage: Stage) -> None:
    waiting = [stage.ask(tag, final=True) for tag in ("one", "two", "three")]
    await stage.inside("one", "two")
    stage.toy.gate.set()
    await stage.worker.stop()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert len(results) == 3


async def test_when_a_process_hosts_an_engine_then_it_serves_as_many_at_once_as_it_was_told() -> None:
    worker = Worker("w", [EngineSpec("toy", FACTORY, at_once=2)], niceness=0)
    await worker.start()
    slow = asyncio.create_task(worker.call("toy", "sleep", {"sleep_s": 0.5}))
    await asyncio.sleep(0.05)
    await worker.call("toy", "echo", {})
    assert not slow.done()
    await slow
    await worker.stop()
