"""Calls of a day counted in the database: caps hold between threads and processes, over restarts, without numbers."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from calls.call_caps import Cap
from calls.errors import CallCentreError
from records import database, schema
from records.call_counts import CountTable
from records.keys import MasterKey
from records.store import EventStore

TODAY = date(2026, 11, 22)
NUMBER = "+34600123456"
KEY = bytes(range(32))


def caps(number: str = NUMBER, *, of_number: int = 2, of_trunk: int = 3, of_day: int = 4) -> list[Cap]:
    return [Cap("number", number, of_number), Cap("trunk", "carrier", of_trunk), Cap("day", "", of_day)]


@pytest.fixture
def table(store: EventStore, master: MasterKey) -> CountTable:
    return CountTable(store.engine, master)


def kinds(found: list[Cap | None]) -> list[str]:
    return [cap.kind if cap is not None else "taken" for cap in found]


def test_when_calls_are_taken_then_the_first_cap_without_room_is_named_and_the_next_day_begins_anew(
    table: CountTable,
) -> None:
    asked = [NUMBER, NUMBER, NUMBER, "+34600000001", "+34600000002"]
    assert kinds([table.take(TODAY, caps(number)) for number in asked]) == [
        *("taken", "taken", "number", "taken", "trunk"),
    ]
    assert table.take(TODAY, [Cap("number", "sip:bob@pbx", 2), Cap("day", "", 4)]) is None
    assert kinds([table.take(TODAY, [Cap("number", "sip:eve@pbx", 2), Cap("day", "", 4)])]) == ["day"]
    assert table.take(TODAY + timedelta(days=1), caps()) is None


def test_when_one_cap_denies_a_call_then_none_counts_it(table: CountTable) -> None:
    for _ in range(5):
        table.take(TODAY, caps(of_number=1))
    assert kinds([table.take(TODAY, caps(f"+3460000000{n}", of_trunk=3)) for n in range(3)]) == [
        *("taken", "taken", "trunk"),
    ]


def test_when_somebody_only_asks_then_nothing_is_counted(table: CountTable) -> None:
    for _ in range(5):
        assert table.reached(TODAY, caps(of_number=1)) is None
    table.take(TODAY, caps(of_number=1))
    assert kinds([table.reached(TODAY, caps(of_number=1))]) == ["number"]
    assert kinds([table.reached(TODAY, caps(of_number=0)), table.take(TODAY, caps(of_number=0))]) == ["number"] * 2


def test_when_the_process_starts_anew_then_the_day_goes_on(url: str, master: MasterKey) -> None:
    for expected in ("taken", "taken", "number"):
        store = EventStore(url, master)
        assert kinds([CountTable(store.engine, master).take(TODAY, caps())]) == [expected]
        store.close()


def test_when_the_table_is_read_then_it_holds_no_number_and_another_key_marks_otherwise(
    table: CountTable, store: EventStore, master: MasterKey
) -> None:
    table.take(TODAY, caps())
    with store.engine.connect() as connection:
        rows = connection.execute(sa.select(schema.outbound_counts)).all()
    assert len(rows) == 3
    for row in rows:
        assert len(row.mark) == 64
        assert "600123456" not in str(row)
        assert "carrier" not in str(row)
    assert master.mark(NUMBER, "a") == MasterKey(KEY).mark(NUMBER, "a")
    assert len({master.mark(NUMBER, "a"), master.mark(NUMBER, "b"), MasterKey(bytes(32)).mark(NUMBER, "a")}) == 3


def test_when_a_new_day_begins_then_the_old_ones_are_deleted(table: CountTable, store: EventStore) -> None:
    for day in range(3):
        table.take(TODAY + timedelta(days=day), caps())
        with store.engine.connect() as connection:
            days = set(connection.execute(sa.select(schema.outbound_counts.c.day)).scalars())
        assert days == {(TODAY + timedelta(days=day)).isoformat()}


def test_when_many_threads_want_the_last_calls_then_no_cap_is_passed(table: CountTable) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: table.take(TODAY, caps(f"+3460000{n % 3}", of_trunk=7, of_day=9)), range(40)))
    assert kinds(found).count("taken") == 6  # three numbers, twice each
    assert table.take(TODAY, caps("+34611", of_trunk=7, of_day=9)) is None
    assert kinds([table.take(TODAY, caps("+34612", of_trunk=7, of_day=9))]) == ["trunk"]


def _take_many(url: str, tries: int) -> int:
    master = MasterKey(KEY)
    store = EventStore(url, master)
    table = CountTable(store.engine, master)
    taken = sum(table.take(TODAY, caps(of_number=25, of_trunk=100, of_day=100)) is None for _ in range(tries))
    store.close()
    return taken


def test_when_processes_share_a_database_then_together_they_stay_below_the_cap(url: str) -> None:
    EventStore(url, MasterKey(KEY)).close()
    with ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("spawn")) as pool:
        taken = [job.result() for job in [pool.submit(_take_many, url, 20) for _ in range(3)]]
    assert sum(taken) == 25


def test_when_the_database_is_gone_then_the_sentence_says_so_and_nothing_is_allowed(
    tmp_path: Path, master: MasterKey
) -> None:
    EventStore(database.default_url(tmp_path), master).close()
    reader = EventStore(f"sqlite:///file:{tmp_path}/{database.FILE_NAME}?mode=ro&uri=true", master)
    with pytest.raises(CallCentreError, match="cannot be written"):
        CountTable(reader.engine, master).take(TODAY, caps())
    reader.close()
