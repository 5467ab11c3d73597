from __future__ import annotations

import asyncio
import logging
import time

import pytest

from telephony.net.ticker import Ticker


async def test_when_it_runs_then_ticks_keep_to_absolute_deadlines() -> None:
    ticker = Ticker()
    loop = asyncio.get_running_loop()
    times: list[float] = []
    ticker.add(lambda: times.append(loop.time()))
    began = loop.time()
    ticker.start()
    await asyncio.sleep(0.61)
    ticker.stop()
    assert 25 <= len(times) <= 31
    # The last deadline is exactly 20 ms times the count after the start, however late the ones before were.
    assert times[-1] - began >= 0.020 * len(times) - 0.001
    assert not ticker.running


async def test_when_the_loop_stalls_then_each_late_tick_is_made_up_for() -> None:
    ticker = Ticker()
    count = 0

    def tick() -> None:
        nonlocal count
        count += 1
        if count == 3:
            time.sleep(0.2)

    ticker.add(tick)
    ticker.start()
    await asyncio.sleep(0.5)
    ticker.stop()
    assert 20 <= count <= 26
    assert ticker.stats().skipped == 0
    assert ticker.stats().lag_max_ms >= 150


async def test_when_the_machine_stands_still_for_long_then_the_ticks_are_skipped_and_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ticker = Ticker()
    loop = asyncio.get_running_loop()
    count = 0

    def tick() -> None:
        nonlocal count
        count += 1

    ticker.add(tick)
    ticker.start()
    await asyncio.sleep(0.05)
    real = loop.time
    monkeypatch.setattr(loop, "time", lambda: real() + 60.0)
    await asyncio.sleep(0.1)
    ticker.stop()
    assert 2990 <= ticker.stats().skipped <= 3001
    assert count < 20


async def test_when_one_listener_fails_then_the_others_go_on_and_it_is_dropped(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ticker = Ticker()
    good: list[int] = []
    bad: list[int] = []

    def fail() -> None:
        bad.append(1)
        raise RuntimeError("broken")

    ticker.add(fail)
    remove = ticker.add(lambda: good.append(1))
    ticker.start()
    with caplog.at_level(logging.ERROR):
        await asyncio.sleep(0.11)
    assert len(bad) == 1
    assert len(good) >= 3
    remove()
    remove()
    before = len(good)
    await asyncio.sleep(0.05)
    assert len(good) == before
    ticker.stop()
    assert ticker.stats().ticks >= 5
