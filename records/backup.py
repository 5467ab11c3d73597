"""Backup and restore: database, key, recordings and attachments in one tar file, consistent while calls go on."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import logging
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from calls.errors import CallCentreError
from records import database
from records.attachments import FILE, FOLDER, stored_files
from records.erasure import JOURNAL_NAME, erase_again
from records.keys import MasterKey
from records.private import private_folder
from records.spill import FILE_NAME as SPILL_NAME
from records.store import LOCK_NAME, EventStore

logger = logging.getLogger(__name__)

FORMAT = 1
KEY_NAME = "master.key"
RECORDINGS_NAME = "recordings"
_MANIFEST_NAME = "backup.json"
_PAGES_AT_A_TIME = 1000
"""Pages that SQLite copies before it lets writers in: 4 MB, a few ms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupReport:
    """What a backup or a restore moved."""

    file: Path
    recordings: int
    size_bytes: int


def create_backup(data_dir: Path, file: Path, *, with_key: bool = True) -> BackupReport:
    """Write a backup of a data folder to `file` (`.gz` at the end compresses it). Calls may go on meanwhile.

    Without the key the personal fields in it can be read only where the key file is. The file appears when it is whole,
    with mode 0600. The journal of erasures is left out on purpose: it belongs to the folder that one restores into.

    Raises:
        CallCentreError: `backup.no_database`, `backup.exists`, `backup.not_written`.
    """
    source = data_dir / database.FILE_NAME
    if not source.exists():
        raise CallCentreError(
            "backup.no_database",
            f"There is no database in {data_dir}. PostgreSQL is backed up with pg_dump; the key file {KEY_NAME} and "
            "the recordings are plain files beside it.",
            fault="operator",
        )
    if file.exists():
        raise CallCentreError(
            "backup.exists", f"{file} is there already. Name another file or remove it.", fault="user"
        )
    if not file.parent.is_dir():
        raise CallCentreError(
            "backup.not_written",
            f"There is no folder {file.parent} to write the backup to. Make it, or name another file.",
            fault="user",
        )
    partial = file.with_name(file.name + ".partial")
    try:
        with tempfile.TemporaryDirectory(dir=file.parent) as folder:
            copy = Path(folder) / database.FILE_NAME
            _copy_database(source, copy)
            count = _write(partial, copy, data_dir, with_key=with_key)
        partial.replace(file)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise CallCentreError(
            "backup.not_written", f"The backup {file} could not be written: {error.strerror}.", fault="operator"
        ) from error
    return BackupReport(file=file, recordings=count, size_bytes=file.stat().st_size)


def restore_backup(
    file: Path, data_dir: Path, *, overwrite: bool = False, prepare: Callable[[EventStore], None] = lambda _: None
) -> BackupReport:
    """Bring a backup back into a data folder; people who were erased there since then are erased again.

    Everything is unpacked and checked before anything present is touched. `prepare` gets the store before people are
    erased again, so that what is kept beside the facts is cleaned too.

    Raises:
        CallCentreError: `restore.unreadable` (also when there is no such file), `restore.exists` (unless `overwrite`),
            `database.in_use`, `key.*`.
    """
    if not file.is_file():
        why = "is a folder" if file.is_dir() else "does not exist"
        raise CallCentreError("restore.unreadable", f"The backup {file} {why}. Nothing was changed.", fault="user")
    private_folder(data_dir)
    present = [name for name in (database.FILE_NAME, RECORDINGS_NAME, FOLDER) if _holds_something(data_dir / name)]
    if present and not overwrite:
        raise CallCentreError(
            "restore.exists",
            f"{data_dir} holds {' and '.join(present)} already. Restore into an empty folder, or say that they shall "
            "be overwritten.",
            fault="user",
        )
    with tempfile.TemporaryDirectory(dir=data_dir, prefix=".restore-") as folder:
        fresh = Path(folder) / "new"
        fresh.mkdir()
        _unpack(file, fresh)
        if not (fresh / KEY_NAME).exists() and not (data_dir / KEY_NAME).exists():
            raise CallCentreError(
                "key.missing",
                f"The backup holds no key and {data_dir} has none. Put the {KEY_NAME} that belongs to it there first.",
                fault="operator",
            )
        with _nobody_runs(fresh, data_dir):
            _swap(fresh, data_dir, Path(folder) / "old")
    store = EventStore.open_dir(data_dir)
    prepare(store)
    try:
        erase_again(store, data_dir / JOURNAL_NAME, recordings=data_dir / RECORDINGS_NAME)
    finally:
        store.close()
    count = len(list((data_dir / RECORDINGS_NAME).glob("*"))) if (data_dir / RECORDINGS_NAME).exists() else 0
    return BackupReport(file=file, recordings=count, size_bytes=file.stat().st_size)


def _copy_database(source: Path, target: Path) -> None:
    """Copy through SQLite's own backup: a whole state, whatever is written meanwhile."""
    try:
        with (
            contextlib.closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as reader,
            contextlib.closing(sqlite3.connect(target)) as writer,
        ):
            reader.backup(writer, pages=_PAGES_AT_A_TIME)
    except sqlite3.Error as error:
        raise OSError(5, f"the database cannot be copied ({error})") from error


class _Hashing:
    """A file that is hashed while it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()

    def read(self, n: int = -1) -> bytes:
        data = self._file.read(n)
        self._digest.update(data)
        return data

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


def _write(partial: Path, copy: Path, data_dir: Path, *, with_key: bool) -> int:
    """Write the members, then their digests; return the number of recordings."""
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    mode = "w:gz" if partial.name.endswith(".gz.partial") else "w"
    digests: dict[str, str] = {}
    with os.fdopen(handle, "wb") as out:
        with tarfile.open(fileobj=out, mode=mode) as tar:  # type: ignore[call-overload]
            _add(tar, copy, database.FILE_NAME, digests)
            for name in (*((KEY_NAME,) if with_key else ()), SPILL_NAME):
                _add(tar, data_dir / name, name, digests)
            before = len(digests)
            for path in sorted((data_dir / RECORDINGS_NAME).glob("*.wav")):
                _add(tar, path, f"{RECORDINGS_NAME}/{path.name}", digests)
            count = len(digests) - before
            for name in stored_files(data_dir / FOLDER):
                _add(tar, data_dir / FOLDER / name, f"{FOLDER}/{name}", digests)
            _add_bytes(tar, _MANIFEST_NAME, json.dumps({"format": FORMAT, "sha256": digests}).encode())
        out.flush()
        os.fsync(out.fileno())
    return count


def _add(tar: tarfile.TarFile, path: Path, name: str, digests: dict[str, str]) -> None:
    """Add a file as long as it is now; one that is not there, or was deleted meanwhile, is left out."""
    try:
        with path.open("rb") as file:
            info = tar.gettarinfo(arcname=name, fileobj=file)
            reader = _Hashing(file)
            tar.addfile(info, reader)
    except FileNotFoundError:
        return
    digests[name] = reader.hexdigest()


def _add_bytes(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    info.mode = 0o600
    tar.addfile(info, io.BytesIO(data))


def _unpack(file: Path, target: Path) -> None:
    """Unpack only what a backup of ours holds, and check it."""
    allowed = {_MANIFEST_NAME, database.FILE_NAME, KEY_NAME, SPILL_NAME}
    try:
        with tarfile.open(file) as tar:
            for member in tar:
                folder, _, name = member.name.rpartition("/")
                is_recording = folder == RECORDINGS_NAME and name.endswith(".wav")
                is_attachment = FILE.fullmatch(member.name.removeprefix(f"{FOLDER}/")) and folder.startswith(
                    f"{FOLDER}/"
                )
                if not member.isfile() or not (member.name in allowed or is_recording or is_attachment):
                    raise _unreadable(file, f"it holds {member.name}, which is none of ours")
                content = tar.extractfile(member)
                assert content is not None
                _put(target / member.name, content)
        head = json.loads((target / _MANIFEST_NAME).read_text(encoding="utf-8"))
        if head["format"] != FORMAT:
            raise _unreadable(file, "it was made by a newer Warmline")
        for name, digest in head["sha256"].items():
            with (target / name).open("rb") as member_file:
                if hashlib.file_digest(member_file, "sha256").hexdigest() != digest:
                    raise _unreadable(file, f"{name} in it is damaged")
    except (OSError, tarfile.TarError, EOFError, ValueError, KeyError, TypeError) as error:
        raise _unreadable(file, str(error)) from error
    (target / _MANIFEST_NAME).unlink()


def _put(path: Path, content: IO[bytes]) -> None:
    for folder in reversed(path.parents):
        if not folder.exists():
            private_folder(folder)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        shutil.copyfileobj(content, out)


def _unreadable(file: Path, why: str) -> CallCentreError:
    return CallCentreError(
        "restore.unreadable", f"{file} cannot be restored: {why}. Nothing was changed.", fault="user"
    )


def _holds_something(path: Path) -> bool:
    return any(path.iterdir()) if path.is_dir() else path.exists()


@contextlib.contextmanager
def _nobody_runs(fresh: Path, data_dir: Path) -> Iterator[None]:
    """Hold the folder's lock while it is changed, and make sure that the restored database opens with its key."""
    key = fresh / KEY_NAME if (fresh / KEY_NAME).exists() else data_dir / KEY_NAME
    store = EventStore(database.default_url(fresh), MasterKey.load_or_create(key))
    try:
        store.be_alone(data_dir)
        yield
    finally:
        store.close()


def _swap(fresh: Path, data_dir: Path, old: Path) -> None:
    """Move the old things aside and the new ones in."""
    old.mkdir()
    wal = [database.FILE_NAME + end for end in ("-wal", "-shm")]
    for name in (database.FILE_NAME, *wal, RECORDINGS_NAME, FOLDER, SPILL_NAME):
        if (data_dir / name).exists():
            (data_dir / name).rename(old / name)
    for path in sorted(fresh.iterdir()):
        if path.name in wal or path.name == LOCK_NAME:
            continue
        if path.name == KEY_NAME and (data_dir / KEY_NAME).exists():
            (data_dir / KEY_NAME).rename(old / KEY_NAME)
        path.rename(data_dir / path.name)
