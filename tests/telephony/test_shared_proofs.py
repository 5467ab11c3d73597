"""Proofs counted with other processes: the clock that the user agent is told, and a database that is slow or away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from calls.errors import CallCentreError
from calls.nonces import NonceUse
from telephony import shared_proofs
from telephony.shared_proofs import SharedProofs
from telephony.sip.signals import SharedClock
from tests.telephony.memory_nonces import CLOCK_AHEAD_MS, MemoryNonces
from tests.waiting import eventually


@asynccontextmanager
async def proofs(nonces: MemoryNonces) -> AsyncIterator[tuple[SharedProofs, list[SharedClock]]]:
    told: list[SharedClock] = []
    made = SharedProofs(nonces, told.append)
    await made.start()
    try:
        yield made, told
    finally:
        await made.stop()


async def use_of(nonces: MemoryNonces, count: int = 1) -> NonceUse:
    return NonceUse("s1-tok", await nonces.now_ms(), count)


async def test_when_it_starts_then_the_shared_clock_is_told_at_once_and_a_use_counts_once() -> None:
    nonces = MemoryNonces()
    async with proofs(nonces) as (made, told):
        (clock,) = told
        assert clock.shared_ms is not None
        assert clock.shared_ms > CLOCK_AHEAD_MS
        judged: list[bool] = []
        for count in (1, 1, 2):
            made.judge(await use_of(nonces, count), judged.append)
        await eventually(lambda: len(judged) == 3)
        assert judged == [True, False, True]


async def test_when_the_database_goes_then_nothing_is_believed_and_the_clock_is_taken_back_until_it_is_there_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shared_proofs, "ASK_EVERY_S", 0.02)
    nonces = MemoryNonces()
    use = await use_of(nonces)
    async with proofs(nonces) as (made, told):
        nonces.is_broken = True
        with pytest.raises(CallCentreError):
            await made.take(use)
        assert told[-1] == SharedClock(None)
        judged: list[bool] = []
        made.judge(use, judged.append)
        await eventually(lambda: judged == [False])
        nonces.is_broken = False
        await eventually(lambda: told[-1].shared_ms is not None)
        assert await made.take(use)


async def test_when_the_database_is_slow_then_nobody_waits_for_it_longer_than_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Slow(MemoryNonces):
        async def take(self, use: NonceUse) -> bool:
            await asyncio.sleep(60)
            return True

    monkeypatch.setattr(shared_proofs, "ANSWER_S", 0.02)
    nonces = Slow()
    async with proofs(nonces) as (made, told):
        with pytest.raises(CallCentreError, match="longer than") as error:
            await made.take(await use_of(nonces))
        assert (error.value.code, told[-1]) == ("database.slow", SharedClock(None))


async def test_when_a_call_is_refused_then_its_proof_serves_the_next_process_and_is_used_up_soon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shared_proofs, "SPEND_AFTER_S", 0.05)
    nonces = MemoryNonces()
    async with proofs(nonces) as (made, _), proofs(nonces) as (other, _):
        made.spend_later(None)
        made.spend_later(await use_of(nonces, 1))
        assert await other.take(await use_of(nonces, 1))
        made.spend_later(await use_of(nonces, 2))
        await eventually(lambda: nonces.used == {"s1-tok": 2})
        assert not await other.take(await use_of(nonces, 2))


async def test_when_nothing_is_shared_then_no_clock_is_told_and_nothing_is_good() -> None:
    told: list[SharedClock] = []
    made = SharedProofs(None, told.append)
    await made.start()
    assert (made.seal_key, told) == (None, [])
    assert not await made.take(NonceUse("s1-tok", 1, 1))
    await made.stop()
