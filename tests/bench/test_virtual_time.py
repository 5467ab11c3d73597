"""Virtual time and the virtual worker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest

from bench.virtual_time import LoopClock, VirtualWorker, run_virtually
from voice.workers.client import CancelledRequest, EngineSpec
from voice.workers.engine import Reply
from voice.workers.protocol import Arrays

LOG: list[str] = []


class Slow:
    """Takes real time; yields checkpoints in between."""

    def warm_up(self) -> None:
        LOG.clear()

    def handle(self, method: str, data: dict[str, Any], arrays: Arrays) -> Iterator[Reply | None]:
        LOG.append(data["tag"])
        time.sleep(0.02)
        yield None
        time.sleep(0.02)
        yield Reply(data)


def create(options: dict[str, Any]) -> Slow:
    return Slow()


@pytest.fixture
def spec(monkeypatch: pytest.MonkeyPatch) -> EngineSpec:
    import sys
    from types import ModuleType

    module = ModuleType("virtual_time_engine")
    module.create = create  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "virtual_time_engine", module)
    return EngineSpec("slow", "virtual_time_engine:create")


def test_when_an_hour_is_slept_then_it_passes_at_once() -> None:
    async def main() -> int:
        await asyncio.sleep(3_600)
        return LoopClock().now_ms()

    began_s = time.monotonic()
    assert run_virtually(main()) == pytest.approx(3_600_000, abs=1)
    assert time.monotonic() - began_s < 1


def test_when_everything_waits_for_nothing_then_it_is_told_instead_of_hanging() -> None:
    async def main() -> None:
        await asyncio.Event().wait()

    with pytest.raises(RuntimeError, match="stands still"):
        run_virtually(main())


def test_when_an_engine_works_then_virtual_time_passes_as_long_as_it_took(spec: EngineSpec) -> None:
    async def main() -> tuple[int, float]:
        worker = VirtualWorker("w", [spec])
        await worker.start()
        await asyncio.gather(*(worker.call("slow", "go", {"tag": str(number)}) for number in range(3)))
        return LoopClock().now_ms(), worker.cpu_s

    took_ms, cpu_s = run_virtually(main())
    assert 120 <= took_ms < 400
    assert cpu_s < 0.12


def test_when_an_urgent_request_comes_then_a_coalescing_one_ends_at_its_checkpoint(spec: EngineSpec) -> None:
    async def main() -> int:
        worker = VirtualWorker("w", [spec])
        await worker.start()
        partial = asyncio.create_task(worker.call("slow", "go", {"tag": "partial"}, coalesce="a"))
        await asyncio.sleep(0.01)
        final = asyncio.create_task(worker.call("slow", "go", {"tag": "final"}, priority=9))
        with pytest.raises(CancelledRequest):
            await partial
        await final
        return LoopClock().now_ms()

    assert 60 <= run_virtually(main()) < 200
    assert LOG == ["partial", "final"]


def test_when_a_newer_request_coalesces_then_the_waiting_one_is_never_served(spec: EngineSpec) -> None:
    async def main() -> None:
        worker = VirtualWorker("w", [spec])
        await worker.start()
        first = asyncio.create_task(worker.call("slow", "go", {"tag": "first"}))
        await asyncio.sleep(0.001)
        older = asyncio.create_task(worker.call("slow", "go", {"tag": "older"}, coalesce="a"))
        await asyncio.sleep(0.001)
        newer = asyncio.create_task(worker.call("slow", "go", {"tag": "newer"}, coalesce="a"))
        with pytest.raises(CancelledRequest):
            await older
        await asyncio.gather(first, newer)

    run_virtually(main())
    assert LOG == ["first", "newer"]


def test_when_two_are_served_side_by_side_then_a_final_does_not_wait_and_live_words_take_one_place(
    spec: EngineSpec,
) -> None:
    took_ms: dict[str, int] = {}

    async def main() -> None:
        worker = VirtualWorker("w", [EngineSpec(spec.name, spec.factory, at_once=2)])
        await worker.start()
        clock = LoopClock()

        async def ask(tag: str, *, final: bool) -> None:
            priority, coalesce = (10, None) if final else (0, tag)
            await worker.call("slow", "x", {"tag": tag}, priority=priority, coalesce=coalesce)
            took_ms[tag] = clock.now_ms()

        async with asyncio.TaskGroup() as group:
            for tag in ("live", "later"):
                group.create_task(ask(tag, final=False))
            group.create_task(ask("final", final=True))

    run_virtually(main())
    assert took_ms["final"] < 75
    assert took_ms["live"] < 75
    assert took_ms["later"] >= 75
