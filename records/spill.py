"""Facts that could not be written to the database yet, in a file: encrypted, one a line, in order."""

from __future__ import annotations

import base64
import dataclasses
import json
import logging
import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from calls import codec
from calls.errors import CallCentreError
from calls.events import Event, NewEvent, StreamKind
from records.keys import MasterKey
from records.rows import utc_text
from records.store import EventStore

logger = logging.getLogger(__name__)

FILE_NAME = "unwritten.events"
"""Name of the file where one process writes the database. Where several do, each has one with its own name in it."""
_PLACE = "spill"


def spill_path(data_dir: Path, store: EventStore) -> Path:
    """Return where this process keeps facts: apart from others that share the folder."""
    return data_dir / (_name_of(store.owner) if store.is_shared else FILE_NAME)


def spills_left(data_dir: Path) -> Iterator[tuple[Path, str]]:
    """Yield each file of a folder with the process that it belongs to, empty for the one without a name in it."""
    for path in sorted(data_dir.glob("unwritten*.events")):
        yield path, path.name.removeprefix("unwritten").removesuffix(".events").removeprefix(".")


def spill_of(data_dir: Path, owner: str) -> Path:
    """Return the file of another process."""
    return data_dir / _name_of(owner)


def _name_of(owner: str) -> str:
    return f"unwritten.{owner}.events"


class SpillFile:
    """Keeps facts over a crash while the database is away. Lines are sealed with the master key."""

    def __init__(self, path: Path, master: MasterKey) -> None:
        """Use the file at `path`; it exists only while something is in it."""
        self._path = path
        self._master = master

    @property
    def exists(self) -> bool:
        """Whether anything waits in the file."""
        return self._path.exists()

    def add(self, entries: Sequence[NewEvent]) -> None:
        """Append facts and make sure that they are on the disk.

        Raises:
            OSError: the file cannot be written either.
        """
        lines = [base64.b64encode(self._master.seal(_plain(entry), _PLACE)) + b"\n" for entry in entries]
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "ab") as out:
            out.writelines(lines)
            out.flush()
            os.fsync(out.fileno())

    def entries(self) -> Iterator[NewEvent]:
        """Yield what lies in the file, in order; a last line that was cut off by a crash is left out."""
        try:
            lines = self._path.open("rb")
        except FileNotFoundError:  # also when another process has just written them
            return
        with lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    return
                try:
                    plain = self._master.open(base64.b64decode(line), _PLACE)
                except (ValueError, CallCentreError):
                    logger.error("a line of %s is damaged and left out", self._path)
                    continue
                yield _entry(json.loads(plain))

    def clear(self) -> None:
        """Remove the file."""
        self._path.unlink(missing_ok=True)


def _plain(entry: NewEvent) -> bytes:
    return json.dumps(codec.to_json(entry), ensure_ascii=False).encode()


def _entry(data: dict[str, object]) -> NewEvent:
    fields = {field.name: data[field.name] for field in dataclasses.fields(NewEvent)}
    body = fields["body"]
    assert isinstance(body, dict)
    fields["body"] = codec.body_from_json(body)
    fields["at_utc"] = datetime.fromisoformat(str(fields["at_utc"]))
    return NewEvent(**fields)  # type: ignore[arg-type]


def replay(spill: SpillFile, store: EventStore, now_utc: datetime) -> int:
    """Write what an earlier process left in the file, then remove it; return how many facts were written.

    Facts that had reached the database before the crash are recognised and left out.

    Raises:
        CallCentreError: `database.*` when the database is still away; the file then stays.
    """
    by_stream: dict[tuple[StreamKind, str], list[NewEvent]] = {}
    for entry in spill.entries():
        by_stream.setdefault((entry.stream_kind, entry.stream_id), []).append(entry)
    written = 0
    for (kind, stream_id), entries in by_stream.items():
        present = {_identity(event) for event in store.read(kind, stream_id)}
        fresh = [entry for entry in entries if _identity(entry) not in present]
        info = store.stream(kind, stream_id)
        try:
            if fresh and info is not None and info.owner != store.owner:
                store.take_over(info, now_utc)
            written += len(store.append(fresh))
        except CallCentreError as error:
            if error.code.startswith("database."):
                raise
            logger.error("%d waiting facts of %s/%s were refused (%s)", len(fresh), kind, stream_id, error.code)
    spill.clear()
    return written


def _identity(fact: NewEvent | Event) -> tuple[object, ...]:
    return (utc_text(fact.at_utc), fact.t_ms, fact.source, fact.body)
