"""Work that goes on beside: nothing is forgotten, nothing fails in silence."""

from __future__ import annotations

import asyncio

import pytest

from telephony.net.background import Background


async def test_when_work_starts_more_work_then_both_are_waited_for() -> None:
    background, done = Background("it failed"), list[str]()

    async def second() -> None:
        await asyncio.sleep(0)
        done.append("second")

    async def first() -> None:
        background.start(second())
        done.append("first")

    background.start(first())
    await background.finish()
    assert done == ["first", "second"]


async def test_when_work_is_stopped_then_its_end_is_waited_for() -> None:
    background, cleaned = Background("it failed"), list[str]()

    async def work() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            await asyncio.sleep(0)
            cleaned.append("cleaned")

    background.start(work())
    await asyncio.sleep(0)
    await background.cancel()
    assert cleaned == ["cleaned"]


async def test_when_work_fails_then_the_log_says_so_and_the_rest_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    background, done = Background("a phone could not be looked after"), list[str]()

    async def fail() -> None:
        raise ValueError("broken")

    async def work() -> None:
        await asyncio.sleep(0)
        done.append("done")

    background.start(fail())
    background.start(work())
    await background.finish()
    assert done == ["done"]
    assert [(one.message, one.exc_info is not None) for one in caplog.records] == [
        ("a phone could not be looked after", True)
    ]


async def test_when_work_is_over_already_then_waiting_for_it_ends() -> None:
    background = Background("it failed")
    background.start(asyncio.sleep(0))
    for _ in range(3):
        await asyncio.sleep(0)
    await asyncio.wait_for(background.finish(), 5)
    await asyncio.wait_for(background.cancel(), 5)
