"""Several processes on one PostgreSQL: a lost one's calls are ended by one that runs, by exactly one, exactly once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import wave
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from calls.errors import CallCentreError
from calls.events import CallAnswered, CallEnded, CallOffered, EventBody, NewEvent, RecordingStarted, RecordingStopped
from records import schema
from records.keys import MasterKey
from records.leases import LOST_AFTER_MS, OwnerSeen
from records.recovery import Caretaker, recover
from records.spill import SpillFile, spill_of, spill_path
from records.store import EventStore
from records.tail import NeighbourTail
from records.wav_file import header
from tests.postgres_server import PostgresServer, postgres_server

pytestmark = pytest.mark.peer

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
OFFERED = CallOffered(transport="sip", caller="+34600123456", caller_name="", called="bot", peer_call_id="x")
ANSWERED = CallAnswered(language="es", flow="main")
LOST = CallEnded(result="failed", reason="process_lost")
CALLS = 40


@dataclass
class SetClock:
    at_ms: int = 0

    def now_ms(self) -> int:
        return self.at_ms

    def now_utc(self) -> datetime:
        return NOW


def fact(body: EventBody, call: str) -> NewEvent:
    return NewEvent(stream_kind="call", stream_id=call, body=body, at_utc=NOW, t_ms=0, source="call")


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with postgres_server() as made:
        if made is None:
            pytest.skip("needs a PostgreSQL server (apt-get install postgresql)")
        yield made


class Folder:
    """One data folder and database, with as many stores on it as are asked for."""

    def __init__(self, path: Path, url: str) -> None:
        self.path, self.url = path, url
        self.recordings = path / "recordings"
        self.recordings.mkdir()
        self.stores: list[EventStore] = []

    def store(self, owner: str | None = None) -> EventStore:
        made = EventStore.open_dir(self.path, url=self.url, owner=owner)
        self.stores.append(made)
        return made

    def caretaker(self, store: EventStore, clock: SetClock | None = None) -> Caretaker:
        return Caretaker(store, self.recordings, clock or SetClock())

    def elsewhere(self, owner: str) -> None:
        """Let it seem that a process runs on another machine."""
        table = schema.owners
        with self.stores[0].engine.begin() as connection:
            connection.execute(sa.update(table).where(table.c.owner == owner).values(host="elsewhere/-/0"))


@pytest.fixture
def folder(server: PostgresServer, tmp_path: Path) -> Iterator[Folder]:
    made = Folder(tmp_path, server.new_database())
    yield made
    for store in made.stores:
        store.close()


KILLED = """
import sys
from pathlib import Path
from datetime import UTC, datetime
from calls.events import NewEvent
from records.spill import SpillFile, spill_path
from records.store import EventStore
from tests.records.test_neighbours import ANSWERED, CALLS, OFFERED, fact
from calls.events import RecordingStarted
data = Path(sys.argv[1])
store = EventStore.open_dir(data, url=sys.argv[2])
store.renew(datetime.now(UTC))
for number in range(CALLS):
    store.append([fact(OFFERED, f"c{number}")])
store.append([fact(ANSWERED, "c1"), fact(RecordingStarted(file="c1.wav", rate_hz=8000), "c1")])
SpillFile(spill_path(data, store), store.master).add([fact(ANSWERED, "c0"), fact(OFFERED, "new")])
print(store.owner, flush=True)
sys.stdin.read()
"""


def killed(folder: Folder) -> str:
    """Let a process begin calls and kill it; return its name."""
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(folder.path), folder.url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert process.stdout is not None
    assert process.stdin is not None
    name = process.stdout.readline().decode().strip()
    watching = folder.caretaker(folder.store())
    assert watching.look().calls_ended == (), "while it lives it keeps its calls"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdin.close()
    process.stdout.close()
    return name


def bodies(store: EventStore, call: str) -> list[EventBody]:
    return [event.body for event in store.read("call", call)]


def test_when_a_neighbour_is_killed_then_of_several_that_look_at_once_one_ends_all_of_its_calls(folder: Folder) -> None:
    (folder.recordings / "c1.wav").write_bytes(header(8000, 0) + b"\x05\x00\x06\x00" * 4000)
    name = killed(folder)
    assert spill_of(folder.path, name).exists()
    stores = [folder.store() for _ in range(4)]
    start = threading.Barrier(len(stores))

    def look(store: EventStore) -> tuple[str, ...]:
        start.wait()
        return folder.caretaker(store).look().calls_ended

    with ThreadPoolExecutor(len(stores)) as pool:
        ended = list(pool.map(look, stores))
    assert sorted(len(calls) for calls in ended) == [0, 0, 0, CALLS + 1]
    names = [f"c{number}" for number in range(CALLS)]
    for call in names:
        assert bodies(stores[0], call).count(LOST) == 1
        assert bodies(stores[0], call)[-1] == LOST
    assert bodies(stores[0], "c0") == [OFFERED, ANSWERED, LOST], "what had waited in its file comes before the end"
    assert bodies(stores[0], "new") == [OFFERED, LOST], "so does a call that was in the file alone"
    assert bodies(stores[0], "c1")[-2:] == [RecordingStopped(reason="error", duration_ms=500), LOST]
    with wave.open(str(folder.recordings / "c1.wav")) as file:
        assert file.getnframes() == 4000
    assert not spill_of(folder.path, name).exists()
    assert [folder.caretaker(store).look().calls_ended for store in stores] == [()] * 4


def test_when_a_neighbour_is_killed_then_a_start_beside_others_that_look_ends_each_call_once(folder: Folder) -> None:
    killed(folder)
    stores = [folder.store() for _ in range(3)]
    start = threading.Barrier(len(stores))

    def work(number: int) -> tuple[str, ...]:
        store = stores[number]
        start.wait()
        if number == 0:
            return recover(store, folder.recordings, SetClock()).calls_ended
        return folder.caretaker(store).look().calls_ended

    with ThreadPoolExecutor(len(stores)) as pool:
        ended = [call for calls in pool.map(work, range(len(stores))) for call in calls]
    assert sorted(ended) == sorted([*(f"c{number}" for number in range(CALLS)), "new"])
    for number in range(CALLS):
        assert bodies(stores[0], f"c{number}").count(LOST) == 1


def test_when_a_process_on_another_machine_renews_no_more_then_it_is_lost_after_a_minute_and_cannot_come_back(
    folder: Folder,
) -> None:
    far, near = folder.store("far"), folder.store("near")
    far.append([fact(OFFERED, "c1")])
    folder.elsewhere("far")
    clock = SetClock()
    caretaker = folder.caretaker(near, clock)
    assert recover(near, folder.recordings, clock).calls_ended == (), "a start cannot know yet"
    assert caretaker.look().calls_ended == ()
    clock.at_ms = LOST_AFTER_MS - 1
    far.renew(datetime.now(UTC))
    assert caretaker.look().calls_ended == ()
    clock.at_ms += LOST_AFTER_MS - 1
    assert caretaker.look().calls_ended == ()
    clock.at_ms += 1
    assert caretaker.look().calls_ended == ("c1",)
    far.renew(datetime.now(UTC))
    with pytest.raises(CallCentreError) as refused:
        far.append([fact(ANSWERED, "c1")])
    assert refused.value.code == "stream.conflict"
    assert bodies(near, "c1") == [OFFERED, LOST]


def test_when_it_renews_in_the_moment_in_which_it_is_taken_for_lost_then_it_keeps_its_calls(folder: Folder) -> None:
    far, near = folder.store("far"), folder.store("near")
    far.append([fact(OFFERED, "c1")])
    folder.elsewhere("far")
    (seen,) = near.open_owners(NOW)
    assert seen == OwnerSeen(owner="far", renewed=seen.renewed, gone=None)
    far.renew(datetime.now(UTC))
    assert near.take_over_all(seen, NOW) == []
    far.append([fact(ANSWERED, "c1")])
    assert bodies(near, "c1") == [OFFERED, ANSWERED]


def test_when_a_process_starts_beside_one_that_records_then_it_leaves_that_file_and_that_spill_alone(
    folder: Folder,
) -> None:
    running, starting = folder.store(), folder.store()
    running.append([fact(OFFERED, "c1"), fact(RecordingStarted(file="c1.wav", rate_hz=8000), "c1")])
    half_written = header(8000, 0) + b"\x05\x00\x06\x00" * 100 + b"\x07"
    (folder.recordings / "c1.wav").write_bytes(half_written)
    (folder.recordings / "old.wav").write_bytes(half_written)
    waiting = SpillFile(spill_path(folder.path, running), running.master)
    waiting.add([fact(ANSWERED, "c1")])
    done = recover(starting, folder.recordings, SetClock())
    assert (done.recordings_repaired, done.facts_written, done.calls_ended) == (("old.wav",), 0, ())
    assert (folder.recordings / "c1.wav").read_bytes() == half_written
    assert list(waiting.entries()) == [fact(ANSWERED, "c1")]
    assert spill_path(folder.path, running) != spill_path(folder.path, starting)


def test_when_others_append_then_the_tail_gives_each_fact_once_and_none_of_its_own(folder: Folder) -> None:
    far, near = folder.store("far"), folder.store("near")
    far.append([fact(OFFERED, "old")])
    tail = NeighbourTail(near)
    assert tail.look(NOW) == [], "what was there before is in the snapshot of a page"
    far.append([fact(ANSWERED, "old"), fact(OFFERED, "new"), fact(ANSWERED, "new")])
    near.append([fact(OFFERED, "own")])
    seen = [(event.stream_id, event.seq) for event in tail.look(NOW)]
    assert sorted(seen) == [("new", 1), ("new", 2), ("old", 2)]
    assert tail.look(NOW) == []
    far.append([fact(LOST, "new")])
    assert tail.look(NOW, wanted=False) == []
    far.append([fact(LOST, "old")])
    seen = [(event.stream_id, event.seq) for event in tail.look(NOW)]
    assert sorted(seen) == [("new", 3), ("old", 3)], "whoever came during the look that nobody wanted has not seen it"
    assert tail.look(NOW) == []


def test_when_several_processes_make_the_master_key_at_once_then_they_have_the_same(tmp_path: Path) -> None:
    start = threading.Barrier(8)

    def make(_: int) -> bytes:
        start.wait()
        MasterKey.load_or_create(tmp_path / "master.key")
        return (tmp_path / "master.key").read_bytes()

    for round_ in range(20):
        (tmp_path / "master.key").unlink(missing_ok=True)
        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(make, range(8)))) == 1, round_
    assert [path.name for path in tmp_path.iterdir()] == ["master.key"]
