"""After kill -9: calls end, recordings are readable, waiting facts are written, refused recordings are gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import wave
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from calls.errors import CallCentreError
from calls.events import (
    CallAnswered,
    CallEnded,
    CallOffered,
    ConsentRefused,
    EventBody,
    NewEvent,
    RecordingStarted,
    RecordingStopped,
)
from records.erasure import erase_person
from records.keys import ERASED, MasterKey
from records.recovery import recover
from records.spill import FILE_NAME, SpillFile
from records.store import EventStore
from records.wav_file import HEADER_BYTES, header

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
OFFERED = CallOffered(transport="sip", caller="+34600123456", caller_name="", called="bot", peer_call_id="x")
ANSWERED = CallAnswered(language="es", flow="main")


class FixedClock:
    def now_ms(self) -> int:
        return 0

    def now_utc(self) -> datetime:
        return NOW


def fact(body: EventBody, call: str = "c1") -> NewEvent:
    return NewEvent(stream_kind="call", stream_id=call, body=body, at_utc=NOW, t_ms=0, source="call")


def died_with(tmp_path: Path, *facts: NewEvent) -> None:
    """Write facts as a process that is not there any more."""
    store = EventStore.open_dir(tmp_path, owner="dead")
    store.append(facts)
    store.close()


def killed_recording(path: Path, n_samples: int) -> None:
    """What the recorder leaves when it is killed: samples that the header does not count, and half a sample."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(header(8000, 0) + b"\x05\x00\x06\x00" * n_samples + b"\x07")


KILLED = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from calls.events import CallAnswered, CallOffered
from calls.events import NewEvent
from records.store import EventStore
data = Path(sys.argv[1])
store = EventStore.open_dir(data)
store.be_alone(data)
now = datetime.now(UTC)
def fact(body): return NewEvent(stream_kind="call", stream_id="c1", body=body, at_utc=now, t_ms=0, source="call")
store.append([fact(CallOffered(transport="sip", caller="+34600", caller_name="", called="bot", peer_call_id="x"))])
store.append([fact(CallAnswered(language="es", flow="main"))])
print("written", flush=True)
sys.stdin.read()
"""


def test_when_a_process_is_killed_in_a_call_then_the_next_start_ends_the_call_once(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stdout.readline() == b"written\n"
    store = EventStore.open_dir(tmp_path)
    with pytest.raises(CallCentreError, match="Another Warmline is running") as caught:
        recover(store, tmp_path / "recordings", FixedClock())
    assert caught.value.code == "database.in_use"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdin.close()
    process.stdout.close()
    assert recover(store, tmp_path / "recordings", FixedClock()).calls_ended == ("c1",)
    bodies = [event.body for event in store.read("call", "c1")]
    assert bodies[2:] == [CallEnded(result="failed", reason="process_lost")]
    assert recover(store, tmp_path / "recordings", FixedClock()).calls_ended == ()
    store.close()


def test_when_a_recording_was_going_on_then_it_is_repaired_and_stopped(tmp_path: Path) -> None:
    died_with(tmp_path, fact(OFFERED), fact(ANSWERED), fact(RecordingStarted(file="c1.wav", rate_hz=8000)))
    path = tmp_path / "recordings" / "c1.wav"
    killed_recording(path, 4000)
    store = EventStore.open_dir(tmp_path)
    done = recover(store, tmp_path / "recordings", FixedClock())
    assert done.recordings_repaired == ("c1.wav",)
    assert [event.body for event in store.read("call", "c1", after=3)] == [
        RecordingStopped(reason="error", duration_ms=500),
        CallEnded(result="failed", reason="process_lost"),
    ]
    with wave.open(str(path)) as file:
        assert file.getnframes() == 4000
    assert path.stat().st_size == HEADER_BYTES + 16000
    store.close()


@pytest.mark.parametrize(("last_fact_ms", "end_ms"), [(300, 500), (700, 700)])
def test_when_the_sound_or_the_facts_went_on_longer_then_the_call_ends_with_the_longer(
    tmp_path: Path, last_fact_ms: int, end_ms: int
) -> None:
    last = replace(fact(RecordingStarted(file="c1.wav", rate_hz=8000)), t_ms=last_fact_ms)
    died_with(tmp_path, fact(OFFERED), fact(ANSWERED), last)
    killed_recording(tmp_path / "recordings" / "c1.wav", 4000)
    store = EventStore.open_dir(tmp_path)
    recover(store, tmp_path / "recordings", FixedClock())
    assert [event.t_ms for event in store.read("call", "c1", after=3)] == [end_ms, end_ms]
    store.close()


def test_when_consent_was_refused_just_before_then_the_recording_is_deleted(tmp_path: Path) -> None:
    died_with(
        tmp_path,
        fact(OFFERED),
        fact(RecordingStarted(file="c1.wav", rate_hz=8000)),
        fact(ConsentRefused(subject="recording", how="words")),
    )
    killed_recording(tmp_path / "recordings" / "c1.wav", 100)
    store = EventStore.open_dir(tmp_path)
    assert recover(store, tmp_path / "recordings", FixedClock()).recordings_deleted == ("c1.wav",)
    assert not (tmp_path / "recordings" / "c1.wav").exists()
    stopped = store.read("call", "c1", after=3)[0].body
    assert isinstance(stopped, RecordingStopped)
    assert stopped.reason == "consent_refused"
    store.close()


def test_when_facts_waited_in_the_file_then_they_come_before_the_end(tmp_path: Path) -> None:
    died_with(tmp_path, fact(OFFERED), fact(OFFERED, "c2"))
    spill = SpillFile(tmp_path / FILE_NAME, MasterKey.load_or_create(tmp_path / "master.key"))
    spill.add([fact(ANSWERED), fact(ANSWERED, "c2"), fact(CallEnded(result="completed", reason="shutdown"), "c2")])
    store = EventStore.open_dir(tmp_path)
    done = recover(store, tmp_path / "recordings", FixedClock())
    assert done.facts_written == 3
    assert done.calls_ended == ("c1",)
    assert [event.body.type for event in store.read("call", "c1")] == ["call_offered", "call_answered", "call_ended"]
    last = store.read("call", "c2")[-1].body
    assert last == CallEnded(result="completed", reason="shutdown")
    store.close()


def test_when_an_older_copy_of_the_database_was_put_back_then_the_start_erases_again_and_only_once(
    tmp_path: Path,
) -> None:
    recordings = tmp_path / "recordings"
    died_with(tmp_path, fact(OFFERED), fact(OFFERED, "c2"))
    copy = (tmp_path / "warmline.sqlite3").read_bytes()
    store = EventStore.open_dir(tmp_path)
    erase_person(store, ["call:c1", "call:c3"], NOW, data_dir=tmp_path, recordings=recordings)
    store.close()
    (tmp_path / "warmline.sqlite3").write_bytes(copy)
    waiting = SpillFile(tmp_path / FILE_NAME, MasterKey.load_or_create(tmp_path / "master.key"))
    waiting.add([fact(OFFERED, "c3")])  # was on its way when it was erased
    store = EventStore.open_dir(tmp_path)
    recover(store, recordings, FixedClock())
    assert [offered_of(store, call) for call in ("c1", "c2", "c3")] == [ERASED, "+34600123456", ERASED]
    before = destroyed(store)
    recover(store, recordings, FixedClock())
    assert destroyed(store) == before
    store.close()


def destroyed(store: EventStore) -> list[object]:
    with store.engine.connect() as connection:
        return list(connection.exec_driver_sql("SELECT subject, destroyed_at_utc FROM keys ORDER BY subject").all())


def offered_of(store: EventStore, call: str) -> str:
    body = store.read("call", call)[0].body
    assert isinstance(body, CallOffered)
    return body.caller


def test_when_the_process_lives_then_its_calls_are_left_alone(tmp_path: Path) -> None:
    store = EventStore.open_dir(tmp_path, owner="me")
    store.append([fact(OFFERED)])
    other = EventStore.open_dir(tmp_path, owner="other")
    assert not other.is_dead("me")
    info = other.stream("call", "c1")
    assert info is not None
    with pytest.raises(CallCentreError):
        other.take_over(info, NOW)
    assert other.is_dead("nobody")
    assert other.is_dead(None)
    assert not other.is_dead("other")
    store.close()
    other.close()


def test_when_nothing_was_left_behind_then_nothing_is_done(tmp_path: Path) -> None:
    died_with(tmp_path, fact(OFFERED), fact(CallEnded(result="completed", reason="caller_hung_up")))
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings" / "c1.wav").write_bytes(header(8000, 8) + bytes(8))
    store = EventStore.open_dir(tmp_path)
    done = recover(store, tmp_path / "recordings", FixedClock())
    assert done.calls_ended == ()
    assert done.recordings_repaired == ()
    assert done.facts_written == 0
    store.close()
