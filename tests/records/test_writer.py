"""The writer: groups, listeners, and calls that go on while the database is away."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from calls.errors import CallCentreError
from calls.events import CallEnded, CallOffered, Event, NewEvent
from records import database
from records.keys import MasterKey
from records.spill import SpillFile, replay
from records.store import EventStore
from records.writer import LogWriter
from tests.waiting import eventually

pytestmark = pytest.mark.realtime

OFFERED = CallOffered(transport="sip", caller="+34600123456", caller_name="Ana", called="bot", peer_call_id="x")
ENDED = CallEnded(result="completed", reason="caller_hung_up")
MASTER = MasterKey(bytes(32))


class SteppingClock:
    """Each look at the time is a millisecond later."""

    def __init__(self) -> None:
        self._ms = 0

    def now_ms(self) -> int:
        self._ms += 1
        return self._ms

    def now_utc(self) -> datetime:
        return datetime(2026, 11, 22, tzinfo=UTC) + timedelta(milliseconds=self.now_ms())


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EventStore:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 20)
    return EventStore(database.default_url(tmp_path), MASTER)


@pytest.fixture
def spill(tmp_path: Path) -> SpillFile:
    return SpillFile(tmp_path / "unwritten.events", MASTER)


@pytest.fixture
async def writer(store: EventStore, spill: SpillFile) -> AsyncIterator[LogWriter]:
    made = LogWriter(store, SteppingClock(), spill=spill, waiting_max=50)
    await made.start()
    yield made
    await made.stop()
    store.close()


class Lock:
    """Another program that holds the database for writing."""

    def __init__(self, tmp_path: Path) -> None:
        self._connection = sqlite3.connect(tmp_path / database.FILE_NAME, isolation_level=None)
        self._connection.execute("BEGIN IMMEDIATE")

    def release(self) -> None:
        self._connection.execute("ROLLBACK")
        self._connection.close()


async def test_when_facts_are_appended_then_futures_and_listeners_get_them_in_order(writer: LogWriter) -> None:
    heard: list[Event] = []
    end = writer.listen(heard.append)
    futures = [writer.append("call", "c1", OFFERED, t_ms=None, source="call") for _ in range(20)]
    events = await asyncio.gather(*futures)
    assert [event.seq for event in events] == list(range(1, 21))
    assert heard == events
    end()
    await writer.append("call", "c1", ENDED, t_ms=0, source="call")
    assert len(heard) == 20
    assert writer.health.waiting == 0


async def test_when_a_fact_is_appended_then_it_is_committed_within_the_group_time(writer: LogWriter) -> None:
    loop = asyncio.get_running_loop()
    times = []
    for _ in range(10):
        before = loop.time()
        await writer.append("call", "c1", OFFERED, t_ms=None, source="call")
        times.append(loop.time() - before)
    assert sorted(times)[5] < 0.05  # 20 ms on a machine that does nothing else


async def test_when_a_listener_fails_then_the_others_and_the_log_go_on(writer: LogWriter) -> None:
    def broken(_: Event) -> None:
        raise RuntimeError("no")

    heard: list[Event] = []
    writer.listen(broken)
    writer.listen(heard.append)
    await writer.append("call", "c1", OFFERED, t_ms=None, source="call")
    assert len(heard) == 1


async def test_when_one_stream_conflicts_then_the_others_of_the_group_are_written(
    writer: LogWriter, store: EventStore, tmp_path: Path
) -> None:
    other = EventStore(database.default_url(tmp_path), MASTER)
    taken = NewEvent(
        stream_kind="call", stream_id="taken", body=OFFERED, at_utc=datetime.now(UTC), t_ms=None, source="x"
    )
    other.append([taken])
    bad = writer.append("call", "taken", ENDED, t_ms=0, source="call")
    good = writer.append("call", "mine", OFFERED, t_ms=None, source="call")
    assert (await good).seq == 1
    with pytest.raises(CallCentreError) as caught:
        await bad
    assert caught.value.code == "stream.conflict"
    other.close()


async def test_when_the_database_is_away_then_facts_wait_and_are_written_afterwards(
    writer: LogWriter, store: EventStore, spill: SpillFile, tmp_path: Path
) -> None:
    await writer.append("call", "c1", OFFERED, t_ms=None, source="call")
    lock = Lock(tmp_path)
    waiting = [writer.append("call", "c1", OFFERED, t_ms=n, source="call") for n in range(3)]
    await eventually(lambda: writer.health.trouble is not None)
    waiting.append(writer.append("call", "c1", ENDED, t_ms=9, source="call"))
    assert getattr(writer.health.trouble, "code", "") == "database.busy"
    lock.release()
    events = await asyncio.wait_for(asyncio.gather(*waiting), 5)
    assert [event.seq for event in events] == [2, 3, 4, 5]
    assert writer.health.trouble is None
    assert not spill.exists
    assert len(store.read("call", "c1")) == 5


async def test_when_the_disk_of_the_database_is_full_then_calls_go_on(
    writer: LogWriter, store: EventStore, spill: SpillFile
) -> None:
    await writer.append("call", "c1", OFFERED, t_ms=None, source="call")
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1")  # SQLite clamps it to the present size: full from now on
    big = CallOffered(transport="sip", caller="x" * 20_000, caller_name="", called="bot", peer_call_id="x")
    waiting = [writer.append("call", "c1", big, t_ms=None, source="call") for _ in range(5)]
    await eventually(lambda: writer.health.trouble is not None)
    assert getattr(writer.health.trouble, "code", "") == "database.full"
    assert spill.exists
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=100000")
    await asyncio.wait_for(asyncio.gather(*waiting), 10)


async def test_when_too_many_wait_then_the_newest_is_refused_and_counted(writer: LogWriter, tmp_path: Path) -> None:
    lock = Lock(tmp_path)
    waiting = [writer.append("call", "c1", OFFERED, t_ms=None, source="call") for _ in range(50)]
    late = writer.append("call", "c1", OFFERED, t_ms=None, source="call")
    with pytest.raises(CallCentreError) as caught:
        await late
    assert caught.value.code == "log.overflow"
    assert writer.health.refused == 1
    lock.release()
    assert len(await asyncio.wait_for(asyncio.gather(*waiting), 5)) == 50


async def test_when_the_program_stops_while_the_database_is_away_then_the_next_start_writes_the_facts(
    store: EventStore, spill: SpillFile, tmp_path: Path
) -> None:
    first = LogWriter(store, SteppingClock(), spill=spill)
    await first.start()
    await first.append("call", "c1", OFFERED, t_ms=None, source="call")
    lock = Lock(tmp_path)
    lost = first.append("call", "c1", ENDED, t_ms=5, source="call")
    await eventually(lambda: first.health.trouble is not None)
    await asyncio.wait_for(first.stop(), 5)
    with pytest.raises(CallCentreError) as caught:
        await lost
    assert caught.value.code == "log.deferred"
    assert b"+34600123456" not in (tmp_path / "unwritten.events").read_bytes()
    lock.release()
    second = LogWriter(store, SteppingClock(), spill=spill)
    await second.start()
    await second.stop()
    assert [event.body for event in store.read("call", "c1")] == [OFFERED, ENDED]
    assert not spill.exists
    store.close()


def test_when_spilled_facts_had_been_written_after_all_then_they_are_not_written_twice(
    store: EventStore, spill: SpillFile
) -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    entries = [
        NewEvent(stream_kind="call", stream_id="c1", body=body, at_utc=at, t_ms=None, source="call")
        for body in (OFFERED, ENDED)
    ]
    spill.add(entries)
    store.append(entries[:1])
    assert replay(spill, store, at) == 1
    assert [event.body for event in store.read("call", "c1")] == [OFFERED, ENDED]
    store.close()


def test_when_the_last_line_of_the_spill_was_cut_off_then_the_others_are_kept(spill: SpillFile, tmp_path: Path) -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    entry = NewEvent(stream_kind="call", stream_id="c1", body=OFFERED, at_utc=at, t_ms=None, source="call")
    spill.add([entry, entry])
    path = tmp_path / "unwritten.events"
    path.write_bytes(path.read_bytes()[:-20])
    assert list(spill.entries()) == [entry]


async def test_when_the_writer_is_stopped_then_a_late_fact_is_refused(store: EventStore) -> None:
    writer = LogWriter(store, SteppingClock())
    await writer.start()
    await writer.stop()
    with pytest.raises(CallCentreError) as caught:
        await writer.append("call", "c1", OFFERED, t_ms=None, source="call")
    assert caught.value.code == "log.stopped"
    store.close()


async def test_when_the_database_is_away_at_the_start_then_the_start_says_so(store: EventStore, tmp_path: Path) -> None:
    lock = Lock(tmp_path)
    with pytest.raises(CallCentreError, match="Another program holds the database"):
        await LogWriter(store, SteppingClock()).start()
    lock.release()
    store.close()
