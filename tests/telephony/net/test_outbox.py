"""Datagrams leave after the callback in which they were made, in their order."""

from __future__ import annotations

import asyncio

import numpy as np

from bench.virtual_time import VirtualLoop, run_virtually
from telephony.net.outbox import EVERY_S, MOST_HOLD_S, Beat, Outbox


async def test_when_datagrams_are_put_in_then_they_leave_together_after_the_callback() -> None:
    outbox, sent = Outbox(), list[tuple[bytes, str]]()
    outbox.put(lambda data, address: sent.append((data, address)), b"one", "there")
    outbox.put(lambda data, address: sent.append((data, address)), b"two", "elsewhere")
    assert sent == []
    await asyncio.sleep(0)
    assert sent == [(b"one", "there"), (b"two", "elsewhere")]
    await asyncio.sleep(0)
    assert len(sent) == 2


async def test_when_it_is_flushed_then_what_waits_leaves_at_once_and_only_once() -> None:
    outbox, sent = Outbox(), list[bytes]()
    outbox.put(lambda data, _: sent.append(data), b"farewell", None)
    outbox.flush()
    assert sent == [b"farewell"]
    await asyncio.sleep(0)
    outbox.put(lambda data, _: sent.append(data), b"next", None)
    await asyncio.sleep(0)
    assert sent == [b"farewell", b"next"]


def test_when_there_is_a_beat_then_what_is_ready_early_waits_for_it_and_leaves_once() -> None:
    async def case() -> None:
        outbox, sent, loop = Outbox(Beat()), list[tuple[float, bytes]](), asyncio.get_running_loop()
        for number, pause_s in enumerate((0.015, 0.025, 0.015)):
            for _ in range(2):
                outbox.put(lambda data, _: sent.append((loop.time(), data)), b"%d" % number, None)
            await asyncio.sleep(pause_s)
        await asyncio.sleep(0.015)
        assert [data for _, data in sent] == [b"0", b"0", b"1", b"1", b"2", b"2"]
        assert sent[2][0] - sent[0][0] >= EVERY_S - 0.001, "not before its time"

    run_virtually(case())


def test_when_the_loop_is_held_up_past_the_beat_then_a_look_sends_what_waits_and_nothing_leaves_twice() -> None:
    async def case() -> None:
        outbox, sent, loop = Outbox(Beat()), list[bytes](), asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)

        def put(data: bytes) -> None:
            outbox.put(lambda data, _: sent.append(data), data, None)

        put(b"first")
        await asyncio.sleep(0.014)
        put(b"early")
        await asyncio.sleep(0)
        outbox.look()
        assert sent == [b"first"], "its beat has not come"
        loop.work(0.007)  # the loop takes packets of others meanwhile
        outbox.look()
        assert sent == [b"first", b"early"]
        put(b"late")
        await asyncio.sleep(0.03)
        assert sent == [b"first", b"early", b"late"]

    run_virtually(case())


def test_when_the_next_tick_begins_before_the_beat_came_then_what_waited_leaves_first() -> None:
    async def case() -> None:
        outbox, sent, loop = Outbox(Beat()), list[bytes](), asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        for data, pause_s in ((b"a", 0.014), (b"b", 0.0)):
            outbox.put(lambda data, _: sent.append(data), data, None)
            await asyncio.sleep(pause_s)
        loop.work(0.009)  # work that lasts until after the beat
        outbox.put(lambda data, _: sent.append(data), b"c", None)
        assert sent == [b"a", b"b"]
        await asyncio.sleep(0.03)
        assert sent == [b"a", b"b", b"c"]

    run_virtually(case())


def spacings_of(ready_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the milliseconds between things that are ready at these times when they leave, and how long each waits."""
    beat = Beat()
    left = np.array([beat.leaves_s(float(at)) for at in ready_s])
    return np.diff(left) * 1000, (left - ready_s) * 1000


def test_when_ticks_end_at_uneven_times_then_packets_leave_evenly_and_wait_little() -> None:
    random = np.random.default_rng(5)
    lateness_s = random.gamma(2.0, 0.001, 20_000) + 0.006  # 8 ms of work, one tick in a hundred 5 ms more
    ready = np.arange(20_000) * EVERY_S + lateness_s
    plain = np.diff(ready) * 1000
    spaced, waited = spacings_of(ready)
    assert np.percentile(plain, 99) > 25
    assert np.percentile(spaced, 99) < 22
    assert waited.min() >= 0
    assert waited.max() <= MOST_HOLD_S * 1000 + 1e-6
    assert abs(spaced.mean() - 20) < 0.01, "nothing drifts"


def test_when_ticks_are_punctual_then_nothing_waits_longer_than_a_moment() -> None:
    spaced, waited = spacings_of(np.arange(5_000) * EVERY_S + np.random.default_rng(6).uniform(0, 0.0003, 5_000))
    assert np.percentile(waited, 99) < 0.4
    assert np.percentile(spaced, 99) < 20.3


def test_when_packets_come_beside_the_beat_or_after_a_long_rest_then_they_leave_at_once() -> None:
    beat = Beat()
    assert beat.leaves_s(1.0) == 1.0
    assert beat.leaves_s(1.005) == 1.005, "beside the beat"
    assert abs(beat.leaves_s(1.018) - 1.02) < 0.001
    assert beat.leaves_s(9.0) == 9.0
    assert abs(beat.leaves_s(9.015) - 9.02) < 0.001
