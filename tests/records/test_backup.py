"""Backup, restore, retention and erasure with recordings."""

from __future__ import annotations

import os
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from calls.errors import CallCentreError
from calls.events import CallEnded, CallOffered, EventBody, NewEvent, RecordingStarted
from records.backup import create_backup, restore_backup
from records.erasure import erase_person
from records.keys import ERASED
from records.retention import apply_retention
from records.store import EventStore
from records.wav_file import header

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ENDED = CallEnded(result="completed", reason="caller_hung_up")


def keep_call(store: EventStore, data: Path, call: str, at: datetime = NOW, *, ends: bool = True) -> None:
    bodies: list[EventBody] = [
        CallOffered(transport="sip", caller="+34600123456", caller_name="Ana", called="bot", peer_call_id="x"),
        RecordingStarted(file=f"{call}.wav", rate_hz=8000),
    ]
    if ends:
        bodies.append(ENDED)
    store.append(
        [NewEvent(stream_kind="call", stream_id=call, body=body, at_utc=at, t_ms=0, source="call") for body in bodies]
    )
    path = data / "recordings" / f"{call}.wav"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(header(8000, 400) + bytes(400))


def caller(store: EventStore, call: str) -> str:
    body = store.read("call", call)[0].body
    assert isinstance(body, CallOffered)
    return body.caller


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    store = EventStore.open_dir(folder)
    keep_call(store, folder, "c1")
    keep_call(store, folder, "c2")
    store.close()
    return folder


@pytest.mark.parametrize("name", ["backup.tar", "backup.tar.gz"])
def test_when_a_backup_is_restored_elsewhere_then_everything_is_there(data: Path, tmp_path: Path, name: str) -> None:
    report = create_backup(data, tmp_path / name)
    assert report.recordings == 2
    assert report.file.stat().st_mode & 0o777 == 0o600
    restore_backup(tmp_path / name, tmp_path / "new")
    store = EventStore.open_dir(tmp_path / "new")
    assert caller(store, "c1") == "+34600123456"
    assert [info.stream_id for info in store.streams("call")] == ["c1", "c2"]
    store.close()
    before, after = (folder / "recordings" / "c1.wav" for folder in (data, tmp_path / "new"))
    assert after.read_bytes() == before.read_bytes()
    assert sorted(path.name for path in (tmp_path / "new").iterdir() if path.name.startswith(".")) == []


def test_when_a_backup_is_made_while_facts_are_written_then_it_is_whole(data: Path, tmp_path: Path) -> None:
    store = EventStore.open_dir(data)
    keep_call(store, data, "c3", ends=False)
    create_backup(data, tmp_path / "b.tar")
    keep_call(store, data, "c4")
    store.close()
    restore_backup(tmp_path / "b.tar", tmp_path / "new")
    restored = EventStore.open_dir(tmp_path / "new")
    assert [info.stream_id for info in restored.streams("call")] == ["c1", "c2", "c3"]
    restored.close()


def test_when_something_is_there_then_restore_refuses_unless_told(data: Path, tmp_path: Path) -> None:
    create_backup(data, tmp_path / "b.tar")
    store = EventStore.open_dir(data)
    keep_call(store, data, "c3")
    store.close()
    with pytest.raises(CallCentreError, match="already") as caught:
        restore_backup(tmp_path / "b.tar", data)
    assert caught.value.code == "restore.exists"
    restore_backup(tmp_path / "b.tar", data, overwrite=True)
    store = EventStore.open_dir(data)
    assert [info.stream_id for info in store.streams("call")] == ["c1", "c2"]
    assert caller(store, "c2") == "+34600123456"
    store.close()
    assert not (data / "recordings" / "c3.wav").exists()


def test_when_the_service_runs_then_restore_is_refused_and_nothing_changes(data: Path, tmp_path: Path) -> None:
    create_backup(data, tmp_path / "b.tar")
    store = EventStore.open_dir(data)
    store.be_alone(data)
    with pytest.raises(CallCentreError) as caught:
        restore_backup(tmp_path / "b.tar", data, overwrite=True)
    assert caught.value.code == "database.in_use"
    assert caller(store, "c1") == "+34600123456"
    store.close()


def test_when_somebody_was_erased_since_then_restoring_does_not_bring_them_back(data: Path, tmp_path: Path) -> None:
    create_backup(data, tmp_path / "b.tar")
    store = EventStore.open_dir(data)
    done = erase_person(store, ["call:c1"], NOW, data_dir=data, recordings=data / "recordings")
    assert done.subjects == ("call:c1",)
    assert done.recordings == ("c1.wav",)
    store.close()
    restore_backup(tmp_path / "b.tar", data, overwrite=True)
    store = EventStore.open_dir(data)
    assert caller(store, "c1") == ERASED
    assert caller(store, "c2") == "+34600123456"
    assert not (data / "recordings" / "c1.wav").exists()
    assert (data / "recordings" / "c2.wav").exists()
    store.close()


def test_when_the_backup_has_no_key_then_it_fits_only_where_the_key_is(data: Path, tmp_path: Path) -> None:
    create_backup(data, tmp_path / "b.tar", with_key=False)
    with tarfile.open(tmp_path / "b.tar") as tar:
        assert "master.key" not in tar.getnames()
    with pytest.raises(CallCentreError, match="holds no key") as caught:
        restore_backup(tmp_path / "b.tar", tmp_path / "new")
    assert caught.value.code == "key.missing"
    restore_backup(tmp_path / "b.tar", data, overwrite=True)
    store = EventStore.open_dir(data)
    assert caller(store, "c1") == "+34600123456"
    store.close()


def test_when_the_file_is_damaged_then_nothing_is_touched(data: Path, tmp_path: Path) -> None:
    whole = create_backup(data, tmp_path / "b.tar").file.read_bytes()
    damaged = bytearray(whole)
    damaged[5000] ^= 0xFF  # inside the database
    for content in (whole[: len(whole) // 3], b"no tar at all", bytes(damaged)):
        (tmp_path / "bad.tar").write_bytes(content)
        with pytest.raises(CallCentreError) as caught:
            restore_backup(tmp_path / "bad.tar", tmp_path / "new")
        assert caught.value.code == "restore.unreadable"
        assert not any((tmp_path / "new").iterdir())


def test_when_a_tar_holds_paths_that_leave_the_folder_then_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "evil").write_text("x")
    with tarfile.open(tmp_path / "evil.tar", "w") as tar:
        tar.add(tmp_path / "evil", "recordings/../../evil.wav")
    with pytest.raises(CallCentreError, match="none of ours"):
        restore_backup(tmp_path / "evil.tar", tmp_path / "new")


def test_when_the_backup_file_is_there_already_then_it_is_not_overwritten(data: Path, tmp_path: Path) -> None:
    (tmp_path / "b.tar").write_text("precious")
    with pytest.raises(CallCentreError) as caught:
        create_backup(data, tmp_path / "b.tar")
    assert caught.value.code == "backup.exists"
    assert (tmp_path / "b.tar").read_text() == "precious"


def test_when_there_is_no_database_then_the_sentence_names_pg_dump(tmp_path: Path) -> None:
    with pytest.raises(CallCentreError, match="pg_dump"):
        create_backup(tmp_path, tmp_path / "b.tar")


def test_when_calls_are_older_than_the_rule_then_they_lose_words_and_recording(tmp_path: Path) -> None:
    store = EventStore.open_dir(tmp_path)
    keep_call(store, tmp_path, "old", NOW - timedelta(days=91))
    keep_call(store, tmp_path, "new", NOW - timedelta(days=89))
    orphan = tmp_path / "recordings" / "orphan.wav"
    orphan.write_bytes(b"x")
    past = (NOW - timedelta(days=100)).timestamp()
    os.utime(orphan, (past, past))
    for call in ("old", "new"):
        os.utime(tmp_path / "recordings" / f"{call}.wav", (NOW.timestamp(), NOW.timestamp()))
    done = apply_retention(store, tmp_path / "recordings", days=90, now_utc=NOW)
    assert (done.subjects, done.recordings) == (1, 2)
    assert caller(store, "old") == ERASED
    assert caller(store, "new") == "+34600123456"
    assert [path.name for path in (tmp_path / "recordings").iterdir()] == ["new.wav"]
    assert apply_retention(store, tmp_path / "recordings", days=90, now_utc=NOW).subjects == 0
    store.close()


def test_when_many_calls_are_old_then_all_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("records.retention.AT_ONCE", 3)
    store = EventStore.open_dir(tmp_path)
    for n in range(8):
        keep_call(store, tmp_path, f"c{n}", NOW - timedelta(days=200))
    done = apply_retention(store, tmp_path / "recordings", days=90, now_utc=NOW)
    assert (done.subjects, done.recordings) == (8, 8)
    store.close()


def test_when_messages_came_with_files_then_they_are_in_the_backup_and_private_when_brought_back(
    data: Path, tmp_path: Path
) -> None:
    name = f"01/{'0123456789abcdef' * 2}/01.jpg"
    (data / "attachments" / name).parent.mkdir(parents=True)
    (data / "attachments" / name).write_bytes(b"photo")
    (data / "attachments" / "stray.txt").write_text("none of ours")

    create_backup(data, tmp_path / "b.tar")
    restore_backup(tmp_path / "b.tar", tmp_path / "new")

    files = [path for path in (tmp_path / "new" / "attachments").rglob("*") if path.is_file()]
    assert [path.read_bytes() for path in files] == [b"photo"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "new" / "attachments").rglob("*"))
    with pytest.raises(CallCentreError, match="attachments"):
        restore_backup(tmp_path / "b.tar", tmp_path / "new")
