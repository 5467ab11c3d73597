"""What holds personal data is for its owner alone: the files of a store, and those that an older version left."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from calls.events import CallEnded, NewEvent
from records.backup import create_backup, restore_backup
from records.erasure import erase_person
from records.private import close_to_others
from records.store import EventStore

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    """Let others read everything that nobody thinks of."""
    before = os.umask(0)
    yield
    os.umask(before)


def seen_by_others(folder: Path) -> list[str]:
    return [path.name for path in (folder, *folder.rglob("*")) if path.stat().st_mode & 0o077]


def fill(data: Path) -> None:
    """Keep one call in a folder, with its write-ahead log still there."""
    store = EventStore.open_dir(data)
    body = CallEnded(result="completed", reason="caller_hung_up")
    store.append([NewEvent(stream_kind="call", stream_id="c", body=body, at_utc=NOW, t_ms=0, source="call")])
    assert (data / "warmline.sqlite3-wal").exists()
    assert seen_by_others(data) == []
    erase_person(store, ["call:c"], NOW, data_dir=data, recordings=data / "recordings")
    store.close()


def test_when_a_store_is_used_then_nobody_else_reads_its_files_nor_a_backup(tmp_path: Path) -> None:
    fill(tmp_path / "data")
    assert (tmp_path / "data" / "erased.jsonl").exists()
    assert seen_by_others(tmp_path / "data") == []
    create_backup(tmp_path / "data", tmp_path / "backup.tar")
    restore_backup(tmp_path / "backup.tar", tmp_path / "again")
    assert seen_by_others(tmp_path / "again") == []
    assert not (tmp_path / "backup.tar").stat().st_mode & 0o077


def test_when_an_older_version_left_files_open_then_they_are_closed_and_those_of_others_are_not(tmp_path: Path) -> None:
    data = tmp_path / "data"
    fill(data)
    (data / "recordings").mkdir()
    (data / "recordings" / "c.wav").write_bytes(b"RIFF")
    for path in (data, *data.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    close_to_others(data)
    assert seen_by_others(data) == []
    data.chmod(0o755)
    (data / "of-somebody-else.txt").touch(0o644)
    (data / "warmline.sqlite3").chmod(0o644)
    close_to_others(data)
    assert sorted(seen_by_others(data)) == ["data", "of-somebody-else.txt"]
