"""Uses of nonces counted in the database: each once among threads, processes and hosts, and forgotten in time."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from calls.errors import CallCentreError
from calls.nonces import NONCE_MS, NonceUse
from records import database, schema
from records.keys import MasterKey
from records.nonce_counts import NonceTable
from records.store import EventStore

KEY = bytes(range(32))
MOST = 0xFFFFFFFF
"""Source: RFC 7616 section 3.4: eight hexadecimal digits."""


@pytest.fixture
def table(store: EventStore) -> NonceTable:
    return NonceTable(store.engine)


def stored(store: EventStore) -> dict[str, int]:
    with store.engine.connect() as connection:
        rows = connection.execute(sa.select(schema.nonce_counts.c.nonce, schema.nonce_counts.c.used))
        return {row.nonce: row.used for row in rows}


def test_when_a_use_is_taken_then_it_and_all_lower_ones_are_spent_for_every_process(
    table: NonceTable, store: EventStore, url: str, master: MasterKey
) -> None:
    now_ms = table.now_ms()
    other_store = EventStore(url, master)
    other = NonceTable(other_store.engine)
    uses = [(table, 2), (other, 2), (other, 1), (other, 3), (table, 3), (table, MOST), (other, MOST)]
    assert [at.take(NonceUse("s1-tok", now_ms, count)) for at, count in uses] == [
        *(True, False, False, True, False, True, False),
    ]
    assert other.take(NonceUse("s1-another", now_ms, 1))
    assert stored(store) == {"s1-tok": MOST, "s1-another": 1}
    other_store.close()


def test_when_a_nonce_is_too_old_then_it_serves_no_more_and_is_forgotten(table: NonceTable, store: EventStore) -> None:
    now_ms = table.now_ms()
    assert table.take(NonceUse("old", now_ms - NONCE_MS + 1_500, 1))
    assert table.take(NonceUse("young", now_ms, 1))
    assert not table.take(NonceUse("too old", now_ms - NONCE_MS, 1))
    with store.engine.execution_options(writes=True).begin() as connection:
        where = schema.nonce_counts.c.nonce == "old"
        connection.execute(sa.update(schema.nonce_counts).where(where).values(issued_ms=now_ms - NONCE_MS))
    table.now_ms()
    assert stored(store) == {"young": 1}


def test_when_the_time_is_asked_then_it_is_that_of_the_database_in_milliseconds(table: NonceTable) -> None:
    year_2026_ms, year_2100_ms = 1_767_000_000_000, 4_102_444_800_000
    first = table.now_ms()
    assert year_2026_ms < first < year_2100_ms
    assert 0 <= table.now_ms() - first < 10_000


def test_when_many_threads_have_the_same_answer_then_one_of_them_counts_it(table: NonceTable) -> None:
    now_ms = table.now_ms()
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda n: table.take(NonceUse("s1-tok", now_ms, n // 8)), range(8, 48)))
    assert sum(taken) <= 5
    assert not table.take(NonceUse("s1-tok", now_ms, 5))
    assert table.take(NonceUse("s1-tok", now_ms, 6))


def _take_all(url: str, issued_ms: int) -> list[bool]:
    store = EventStore(url, MasterKey(KEY))
    table = NonceTable(store.engine)
    taken = []
    for number in range(20):
        table.now_ms()
        taken.append(table.take(NonceUse(f"s1-{number}", issued_ms, 1)))
    store.close()
    return taken


def test_when_processes_hear_the_same_answers_then_each_counts_once_among_them(table: NonceTable, url: str) -> None:
    now_ms = table.now_ms()
    with ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("spawn")) as pool:
        taken = [job.result() for job in [pool.submit(_take_all, url, now_ms) for _ in range(3)]]
    assert [sum(one) for one in zip(*taken, strict=True)] == [1] * 20


def test_when_the_database_cannot_be_written_then_the_sentence_says_so(tmp_path: Path, master: MasterKey) -> None:
    EventStore(database.default_url(tmp_path), master).close()
    reader = EventStore(f"sqlite:///file:{tmp_path}/{database.FILE_NAME}?mode=ro&uri=true", master)
    table = NonceTable(reader.engine)
    with pytest.raises(CallCentreError, match="cannot be written"):
        table.take(NonceUse("s1-tok", 1 << 50, 1))
    reader.close()
