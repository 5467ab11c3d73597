"""The soak, short: every move comes, nothing is left; and what is left is seen."""

from __future__ import annotations

import argparse
import asyncio
import socket

import pytest

from bench import soak
from bench.census import leaks, take_census
from bench.soak_moves import MOVES


@pytest.mark.realtime
def test_when_sixty_calls_of_every_manner_are_over_then_nothing_is_left() -> None:
    parser = argparse.ArgumentParser()
    soak.add_arguments(parser)
    result = soak.run(parser.parse_args(["--calls", "60", "--seed", "7"]))
    assert result.failures == []
    carried = result.figures["carried_by_carrier"]
    assert isinstance(carried, int)
    assert carried >= 2, "calls over the trunk were proven by digest"


@pytest.mark.parametrize("calls", [60, 1000])
def test_when_an_order_is_made_then_every_move_is_in_it_and_a_seed_repeats_it(calls: int) -> None:
    order = soak.schedule(calls, 3)
    assert len(order) == calls
    assert set(order) == set(MOVES)
    assert order == soak.schedule(calls, 3)
    assert order != soak.schedule(calls, 4)


class _Forgotten:
    """Something of a call that nobody lets go of."""

    def __init__(self) -> None:
        self.me = self


async def test_when_something_stays_behind_then_the_census_names_it() -> None:
    async def for_ever() -> None:
        await asyncio.Event().wait()

    before = take_census({"legs": 0})
    task = asyncio.get_running_loop().create_task(for_ever())
    await asyncio.sleep(0)
    kept = [_Forgotten() for _ in range(40)]
    with socket.socket() as left_open:
        found = "; ".join(leaks(before, take_census({"legs": 1}), 40))
    task.cancel()
    assert kept
    assert left_open.fileno() == -1
    assert "1 more of legs (0 before)" in found
    assert "for_ever" in found
    assert "1 more of file socket" in found
    assert "40 more objects of type _Forgotten" in found
    del kept


async def test_when_nothing_happened_then_nothing_leaked() -> None:
    before = take_census({"legs": 0})
    assert leaks(before, take_census({"legs": 0}), 10) == []
