"""The expected wait: from data, or not at all."""

from __future__ import annotations

import heapq
import random

import pytest

from desk.estimate import FORGET_MS, STEP_S, ServiceTimes, expected_wait_s


def test_when_too_little_is_known_then_nothing_is_said() -> None:
    times = ServiceTimes()
    for _ in range(2):
        times.served(60_000, 0)
    assert times.mean_ms(0) is None
    assert expected_wait_s(1, mean_ms=None, places=2, free=0) is None


def test_when_what_is_known_is_old_then_nothing_is_said() -> None:
    times = ServiceTimes()
    for _ in range(5):
        times.served(60_000, 0)
    assert times.mean_ms(FORGET_MS) == 60_000
    assert times.mean_ms(FORGET_MS + 1) is None


def test_when_nobody_serves_the_queue_then_nothing_is_said() -> None:
    assert expected_wait_s(1, mean_ms=60_000, places=0, free=0) is None


def test_when_a_place_is_free_then_the_wait_is_nothing_whatever_is_known() -> None:
    assert expected_wait_s(1, mean_ms=None, places=3, free=1) == 0
    assert expected_wait_s(2, mean_ms=None, places=3, free=1) is None


@pytest.mark.parametrize(("position", "places", "expected_s"), [(1, 1, 120), (3, 1, 360), (1, 4, 30), (4, 4, 120)])
def test_when_all_are_busy_then_the_wait_is_so_many_talks_shared_by_so_many(
    position: int, places: int, expected_s: int
) -> None:
    assert expected_wait_s(position, mean_ms=120_000, places=places, free=0) == expected_s


def test_when_estimates_are_compared_with_what_came_then_they_are_right_on_average() -> None:
    chance = random.Random(7)
    places, mean_s = 4, 180.0
    errors: list[float] = []
    for _ in range(200):  # days on which all places are busy at a moment, as those who wait find them
        position = chance.randint(1, 12)
        times = ServiceTimes()
        for _ in range(30):
            times.served(round(chance.expovariate(1 / mean_s) * 1000), 0)
        estimate_s = expected_wait_s(position, mean_ms=times.mean_ms(0), places=places, free=0)
        assert estimate_s is not None
        free_at = [chance.expovariate(1 / mean_s) for _ in range(places)]
        heapq.heapify(free_at)
        for _ in range(position - 1):
            heapq.heapreplace(free_at, free_at[0] + chance.expovariate(1 / mean_s))
        errors.append(estimate_s - free_at[0])
    assert abs(sum(errors) / len(errors) - STEP_S / 2) < 15, "beyond the rounding up, no bias"
