"""Erasing a person: their keys are destroyed, their recordings deleted; the streams stay whole. ADR 0002."""

from __future__ import annotations

import json
import logging
import os
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from calls.conversation_events import MessageReceived, MessageSent
from calls.errors import CallCentreError
from calls.events import NewEvent, PersonErased, RecordingStarted, StreamKind
from records import schema
from records.attachments import attachments_beside, delete_files
from records.private import private_file
from records.rows import utc_text
from records.store import EventStore

logger = logging.getLogger(__name__)

JOURNAL_NAME = "erased.jsonl"
"""Beside the database, outside of backups: what was erased, so that restoring an old backup does not bring it back."""

_FORGET_TRIES = 3
"""How often the write-ahead log is emptied, if a reader is in the way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """What an erasure did."""

    subjects: tuple[str, ...]
    """Subjects whose key was destroyed now."""
    recordings: tuple[str, ...]
    """Names of the recordings that were deleted."""


def erase_subjects(store: EventStore, names: Iterable[str], now_utc: datetime) -> tuple[str, ...]:
    """Destroy the keys of subjects (`call:ID`) and of everything linked to persons (`customer:ID`).

    Returns the subjects whose key existed until now. A name without a key gets a destroyed one, so that facts which
    are still on their way are not kept either.
    """
    wanted = sorted(set(names))
    table = schema.keys
    with store.engine.execution_options(writes=True).begin() as connection:
        alive = table.c.wrapped.is_not(None)
        mine = sa.or_(table.c.subject.in_(wanted), table.c.person.in_(wanted))
        subjects = tuple(connection.execute(sa.select(table.c.subject).where(alive, mine)).scalars())
        known = set(connection.execute(sa.select(table.c.subject).where(table.c.subject.in_(wanted))).scalars())
        destroyed = {"wrapped": None, "destroyed_at_utc": utc_text(now_utc)}
        connection.execute(sa.update(table).where(table.c.subject.in_(subjects)).values(**destroyed))
        for name in wanted:
            if name not in known:
                connection.execute(sa.insert(table).values(subject=name, created_at_utc=utc_text(now_utc), **destroyed))
        for clean in store.cleaners:
            clean(connection, sorted({*subjects, *wanted}))
    _forget_pages(store)
    return subjects


def erase_person(
    store: EventStore, names: Sequence[str], now_utc: datetime, *, data_dir: Path, recordings: Path
) -> Erasure:
    """Erase subjects or persons with their recordings, and note it in the journal that outlives backups."""
    private_file(data_dir / JOURNAL_NAME)
    with (data_dir / JOURNAL_NAME).open("a", encoding="utf-8") as journal:
        for name in names:
            journal.write(json.dumps({"subject": name, "at_utc": utc_text(now_utc)}) + "\n")
        journal.flush()
        os.fsync(journal.fileno())
    return erase_streams(store, names, now_utc, recordings=recordings)


def note_erasure(store: EventStore, calls: Sequence[str], erasure: Erasure, now_utc: datetime) -> str:
    """Write the fact that a person was erased, in a stream of its own; return the name of the stream.

    It says which calls and how many recordings, and nothing from which the person could be told.
    """
    stream_id = f"erasure-{uuid.uuid4().hex[:12]}"
    body = PersonErased(calls=tuple(calls), recordings=len(erasure.recordings))
    fact = NewEvent(stream_kind="customer", stream_id=stream_id, body=body, at_utc=now_utc, t_ms=None, source="service")
    store.append([fact])
    store.release("customer", stream_id)
    return stream_id


def erase_streams(store: EventStore, names: Sequence[str], now_utc: datetime, *, recordings: Path) -> Erasure:
    """Erase subjects or persons with their recordings, without a note."""
    files: list[str] = []
    attached: list[str] = []
    for kind, stream_id in _streams_of(store, names):
        for event in store.read(kind, stream_id):
            if isinstance(event.body, RecordingStarted):
                files.append(event.body.file)
            elif isinstance(event.body, MessageReceived | MessageSent):
                attached += [each.file for each in event.body.attachments]
    subjects = erase_subjects(store, names, now_utc)
    deleted = []
    for file in files:
        path = recordings / Path(file).name
        if path.exists():
            path.unlink()
            deleted.append(path.name)
    delete_files(attachments_beside(recordings), attached)
    logger.info("erased %d subjects and %d recordings", len(subjects), len(deleted))
    return Erasure(subjects=subjects, recordings=tuple(deleted))


def erase_again(store: EventStore, journal: Path, *, recordings: Path) -> Erasure:
    """Repeat every erasure of the journal that does not hold, as on a database that was brought back.

    Raises:
        CallCentreError: `erasure.journal` when the journal cannot be read.
    """
    if not journal.exists():
        return Erasure(subjects=(), recordings=())
    lines = journal.read_text(encoding="utf-8").splitlines()
    try:
        notes = [json.loads(line) for line in lines if line.strip()]
        names = [str(note["subject"]) for note in notes]
        last_utc = max((datetime.fromisoformat(note["at_utc"]) for note in notes), default=None)
    except (ValueError, KeyError, TypeError) as error:
        raise CallCentreError(
            "erasure.journal",
            f"The journal of erasures {journal} is damaged. Without it a restored backup would bring erased people "
            "back: mend or restore it.",
            fault="operator",
        ) from error
    if last_utc is None:
        return Erasure(subjects=(), recordings=())
    due = _not_destroyed(store, names)
    if not due:
        return Erasure(subjects=(), recordings=())
    return erase_streams(store, due, last_utc, recordings=recordings)


def _not_destroyed(store: EventStore, names: Sequence[str]) -> list[str]:
    """Return those names that the database does not know as destroyed: alive, or not heard of yet."""
    table = schema.keys
    with store.engine.connect() as connection:
        query = sa.select(table.c.subject).where(table.c.destroyed_at_utc.is_not(None))
        done = set(connection.execute(query).scalars())
    return [name for name in dict.fromkeys(names) if name not in done]


def _streams_of(store: EventStore, names: Sequence[str]) -> list[tuple[StreamKind, str]]:
    with store.engine.connect() as connection:
        linked = connection.execute(sa.select(schema.keys.c.subject).where(schema.keys.c.person.in_(names))).scalars()
        subjects = {*names, *linked}
        query = sa.select(schema.streams).where(schema.streams.c.subject.in_(subjects))
        return [(row.kind, row.stream_id) for row in connection.execute(query)]


def _forget_pages(store: EventStore) -> None:
    """Overwrite the old pages: SQLite's write-ahead log still holds them. PostgreSQL's are vacuumed by the server."""
    if store.engine.dialect.name != "sqlite":
        return
    with store.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        for _ in range(_FORGET_TRIES):  # a reader of a running service holds it up, each try for at most 5 s
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
            if not busy:
                break
        else:
            logger.warning("the erased keys leave the write-ahead log with its next checkpoint; a reader holds it")
        connection.exec_driver_sql("BEGIN")
