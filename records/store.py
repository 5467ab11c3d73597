"""The event store: append-only streams with dense numbers, one writer a stream, personal fields encrypted.

Everything here blocks; a running service writes through `records.writer.LogWriter` and reads in a thread.
"""

from __future__ import annotations

import fcntl
import os
import threading
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from calls import codec
from calls.errors import CallCentreError
from calls.events import SCHEMA_VERSION, CallEnded, Event, EventBody, StreamKind
from records import database, schema
from records.keys import MasterKey, SubjectKey, open_body, seal_body
from records.processes import lives, this_host, this_process

OWNER_DEAD_AFTER_S = 60
"""A process on another machine that has not renewed its ownership for so long is dead. Renewed every 10 s."""


LOCK_NAME = "warmline.lock"
"""Held by the one process that writes an SQLite database."""
HEADS_KEPT = 4096
"""How many streams' last numbers are remembered; others are read again. About 1 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """A fact that has no number yet."""

    stream_kind: StreamKind
    stream_id: str
    body: EventBody
    at_utc: datetime
    """Aware."""
    t_ms: int | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamInfo:
    """One row of the list of streams."""

    kind: StreamKind
    stream_id: str
    subject: str
    last_seq: int
    owner: str | None
    opened_at_utc: datetime
    closed_at_utc: datetime | None
    """When a call ended; None while it goes on, and for streams that never close."""


@dataclass(slots=True)
class _Head:
    last_seq: int
    subject: str


class EventStore:
    """Streams of facts in a database. One object a process; its methods may be called from any thread."""

    def __init__(self, url: str, master: MasterKey, *, owner: str | None = None) -> None:
        """Open and migrate the database at `url`.

        Args:
            url: SQLAlchemy URL, e.g. `database.default_url(data_dir)`.
            master: key that wraps the subjects' keys.
            owner: name of this process as a writer; made up when None.

        Raises:
            CallCentreError: see `records.database.open_engine`; `key.wrong_master` when the key does not fit.
        """
        self.owner = owner or uuid.uuid4().hex
        self._engine = database.open_engine(url)
        self._writes = self._engine.execution_options(writes=True)
        self._master = master
        self._lock = threading.Lock()
        self._heads: dict[tuple[StreamKind, str], _Head] = {}
        self._registered = False
        self._alone = -1
        try:
            self._check_master()
        except CallCentreError:
            self.close()
            raise

    @classmethod
    def open_dir(cls, data_dir: Path, *, url: str = "", owner: str | None = None) -> EventStore:
        """Open the store of a data folder with its key file `master.key`."""
        where = url or database.default_url(data_dir)
        return cls(where, MasterKey.load_or_create(data_dir / "master.key"), owner=owner)

    @property
    def engine(self) -> sa.Engine:
        """The engine, for neighbours in this room (keys, retention, backup)."""
        return self._engine

    @property
    def master(self) -> MasterKey:
        """The master key, for neighbours in this room."""
        return self._master

    def close(self) -> None:
        """Let go of every connection, and of the data folder."""
        self._engine.dispose()
        if self._alone >= 0:
            os.close(self._alone)
            self._alone = -1

    def be_alone(self, data_dir: Path) -> bool:
        """Make sure that no other process writes an SQLite database; False where several may (PostgreSQL).

        Raises:
            CallCentreError: `database.in_use` when another Warmline runs on the folder.
        """
        if self._engine.dialect.name != "sqlite":
            return False
        if self._alone < 0:
            handle = os.open(data_dir / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                os.close(handle)
                raise CallCentreError(
                    "database.in_use",
                    f"Another Warmline is running on {data_dir}. Stop it, name another `data_dir`, or use PostgreSQL "
                    "for several processes.",
                    fault="operator",
                ) from error
            self._alone = handle
        return True

    def append(self, entries: Sequence[NewEvent]) -> list[Event]:
        """Append facts, of one or several streams, in one transaction; return them with their numbers.

        Raises:
            CallCentreError: `stream.conflict` when another process writes one of the streams; `database.*`.
        """
        if not entries:
            return []
        with self._lock:
            return self._append_alone(entries)

    def read(self, kind: StreamKind, stream_id: str, after: int = 0, limit: int | None = None) -> list[Event]:
        """Return the facts of a stream with numbers above `after`, in order; empty when there are none."""
        table = schema.events
        query = (
            sa.select(table)
            .where(table.c.stream_kind == kind, table.c.stream_id == stream_id, table.c.seq > after)
            .order_by(table.c.seq)
        )
        return self._events(query.limit(limit) if limit is not None else query)

    def read_type(self, event_type: str, since_utc: datetime, limit: int = 1000) -> list[Event]:
        """Return the newest facts of one type since a time, oldest first."""
        table = schema.events
        query = (
            sa.select(table)
            .where(table.c.type == event_type, table.c.at_utc >= utc_text(since_utc))
            .order_by(table.c.at_utc.desc(), table.c.position.desc())
            .limit(limit)
        )
        return self._events(query)[::-1]

    def streams(
        self, kind: StreamKind, *, open_only: bool = False, before_utc: datetime | None = None, limit: int = 100
    ) -> list[StreamInfo]:
        """Return streams, newest first; page on with `before_utc` = the last one's `opened_at_utc`."""
        table = schema.streams
        query = sa.select(table).where(table.c.kind == kind)
        if open_only:
            query = query.where(table.c.closed_at_utc.is_(None))
        if before_utc is not None:
            query = query.where(table.c.opened_at_utc < utc_text(before_utc))
        query = query.order_by(table.c.opened_at_utc.desc(), table.c.stream_id).limit(limit)
        with self._reading() as connection:
            return [_info(row) for row in connection.execute(query)]

    def stream(self, kind: StreamKind, stream_id: str) -> StreamInfo | None:
        """Return what is known of one stream, None if there is no such stream."""
        table = schema.streams
        query = sa.select(table).where(table.c.kind == kind, table.c.stream_id == stream_id)
        with self._reading() as connection:
            row = connection.execute(query).one_or_none()
        return _info(row) if row else None

    def link_subject(self, subject: str, person: str, now_utc: datetime) -> None:
        """Note that the subject of a stream (`call:ID`) is this person, so that erasing the person erases it too."""
        with self._writes.begin() as connection:
            self._keys_for(connection, {subject}, now_utc)
            table = schema.keys
            connection.execute(sa.update(table).where(table.c.subject == subject).values(person=person))

    def renew(self, now_utc: datetime) -> None:
        """Say that this process is alive. `LogWriter` does it every 10 s."""
        table = schema.owners
        try:
            with self._writes.begin() as connection:
                self._register(connection, now_utc)
                connection.execute(
                    sa.update(table).where(table.c.owner == self.owner).values(renewed_at_utc=utc_text(now_utc))
                )
        except exc.DBAPIError as error:
            raise database.explain(error, self._engine.url) from error
        self._registered = True

    def is_dead(self, owner: str | None, now_utc: datetime) -> bool:
        """Tell whether the process named `owner` will not write any more."""
        if owner is None:
            return True
        if owner == self.owner:
            return False
        if self._alone >= 0:
            return True
        table = schema.owners
        with self._reading() as connection:
            row = connection.execute(sa.select(table).where(table.c.owner == owner)).one_or_none()
        if row is None:
            return True
        if row.host == this_host():
            return not lives(row.process)
        return _utc(row.renewed_at_utc) < now_utc - timedelta(seconds=OWNER_DEAD_AFTER_S)

    def take_over(self, info: StreamInfo, now_utc: datetime) -> None:
        """Become the writer of a stream whose writer is dead.

        Raises:
            CallCentreError: `stream.conflict` when it lives, or another process was quicker.
        """
        if not self.is_dead(info.owner, now_utc):
            raise _conflict(info.kind, info.stream_id)
        table = schema.streams
        same = table.c.owner.is_(None) if info.owner is None else table.c.owner == info.owner
        with self._writes.begin() as connection:
            self._register(connection, now_utc)
            changed = connection.execute(
                sa.update(table)
                .where(table.c.kind == info.kind, table.c.stream_id == info.stream_id, same)
                .values(owner=self.owner)
            )
            if changed.rowcount != 1:
                raise _conflict(info.kind, info.stream_id)
        self._registered = True

    def release(self, kind: StreamKind, stream_id: str) -> None:
        """Stop being the writer of a stream, so that another process may append."""
        table = schema.streams
        with self._writes.begin() as connection:
            connection.execute(
                sa.update(table)
                .where(table.c.kind == kind, table.c.stream_id == stream_id, table.c.owner == self.owner)
                .values(owner=None)
            )
        self._heads.pop((kind, stream_id), None)

    def _reading(self) -> sa.Connection:
        try:
            return self._engine.connect()
        except exc.DBAPIError as error:
            raise database.explain(error, self._engine.url) from error

    def _events(self, query: sa.Select[Any]) -> list[Event]:
        try:
            with self._engine.connect() as connection:
                rows = connection.execute(query).all()
                keys = self._stored_keys(connection, {row.subject for row in rows})
        except exc.DBAPIError as error:
            raise database.explain(error, self._engine.url) from error
        return [_event(row, keys.get(row.subject)) for row in rows]

    def _append_alone(self, entries: Sequence[NewEvent]) -> list[Event]:
        touched = {(entry.stream_kind, entry.stream_id) for entry in entries}
        heads = {key: replace(self._heads[key]) for key in touched if key in self._heads}
        try:
            with self._writes.begin() as connection:
                self._register(connection, entries[0].at_utc)
                done = self._append(connection, entries, heads)
        except exc.IntegrityError as error:
            self._forget(entries)
            raise _conflict(entries[0].stream_kind, entries[0].stream_id) from error
        except exc.DBAPIError as error:
            self._forget(entries)
            raise database.explain(error, self._engine.url) from error
        except CallCentreError:
            self._forget(entries)
            raise
        self._registered = True
        for key in touched:
            self._heads.pop(key, None)
            self._heads[key] = heads[key]
        while len(self._heads) > HEADS_KEPT:
            self._heads.pop(next(iter(self._heads)))
        return done

    def _append(
        self, connection: sa.Connection, entries: Sequence[NewEvent], heads: dict[tuple[StreamKind, str], _Head]
    ) -> list[Event]:
        done: list[Event] = []
        by_stream: dict[tuple[StreamKind, str], list[NewEvent]] = {}
        for entry in entries:
            by_stream.setdefault((entry.stream_kind, entry.stream_id), []).append(entry)
        for key, group in by_stream.items():
            head = heads.get(key) or self._claim(connection, group[0])
            heads[key] = head
            self._advance(connection, group, head)
        subject_keys = self._keys_for(connection, {heads[key].subject for key in by_stream}, entries[0].at_utc)
        numbers = {key: heads[key].last_seq for key in by_stream}
        rows = []
        for entry in entries:
            key = (entry.stream_kind, entry.stream_id)
            heads[key].last_seq = numbers[key] = numbers[key] + 1
            event = Event(
                stream_kind=entry.stream_kind,
                stream_id=entry.stream_id,
                seq=numbers[key],
                at_utc=entry.at_utc.astimezone(UTC),
                t_ms=entry.t_ms,
                source=entry.source,
                schema_version=SCHEMA_VERSION,
                body=entry.body,
            )
            done.append(event)
            subject = heads[key].subject
            rows.append(_row(event, subject, subject_keys.get(subject)))
        connection.execute(sa.insert(schema.events), rows)
        return done

    def _claim(self, connection: sa.Connection, first: NewEvent) -> _Head:
        """Return the head of a stream that this process writes, making the stream or taking it from nobody."""
        table = schema.streams
        where = (table.c.kind == first.stream_kind) & (table.c.stream_id == first.stream_id)
        row = connection.execute(sa.select(table).where(where)).one_or_none()
        if row is None:
            subject = f"{first.stream_kind}:{first.stream_id}"
            connection.execute(
                sa.insert(table).values(
                    kind=first.stream_kind,
                    stream_id=first.stream_id,
                    subject=subject,
                    last_seq=0,
                    owner=self.owner,
                    opened_at_utc=utc_text(first.at_utc),
                )
            )
            return _Head(0, subject)
        if row.owner is None and row.closed_at_utc is None:
            connection.execute(sa.update(table).where(where, table.c.owner.is_(None)).values(owner=self.owner))
        elif row.owner != self.owner:
            raise _conflict(first.stream_kind, first.stream_id)
        return _Head(row.last_seq, row.subject)

    def _advance(self, connection: sa.Connection, group: Sequence[NewEvent], head: _Head) -> None:
        """Reserve the next numbers; this is where a second writer is found out."""
        table = schema.streams
        first = group[0]
        closing = [entry.at_utc for entry in group if isinstance(entry.body, CallEnded)]
        values: dict[str, Any] = {"last_seq": head.last_seq + len(group)}
        query = sa.update(table).where(
            table.c.kind == first.stream_kind,
            table.c.stream_id == first.stream_id,
            table.c.last_seq == head.last_seq,
            table.c.owner == self.owner,
        )
        if len(closing) > 1:
            raise _conflict(first.stream_kind, first.stream_id)
        if closing:  # a call ends once
            values["closed_at_utc"] = utc_text(closing[0])
            query = query.where(table.c.closed_at_utc.is_(None))
        changed = connection.execute(query.values(**values))
        if changed.rowcount != 1:
            raise _conflict(first.stream_kind, first.stream_id)

    def _keys_for(self, connection: sa.Connection, subjects: set[str], now_utc: datetime) -> dict[str, SubjectKey]:
        """Return the keys of subjects, making new ones; a destroyed key stays destroyed and is left out."""
        table = schema.keys
        known = set(connection.execute(sa.select(table.c.subject).where(table.c.subject.in_(subjects))).scalars())
        for subject in sorted(subjects - known):
            connection.execute(
                sa.insert(table).values(
                    subject=subject,
                    wrapped=self._master.new_subject_key(subject),
                    created_at_utc=utc_text(now_utc),
                )
            )
        return self._stored_keys(connection, subjects)

    def _stored_keys(self, connection: sa.Connection, subjects: set[str]) -> dict[str, SubjectKey]:
        table = schema.keys
        keys: dict[str, SubjectKey] = {}
        for some in _chunks(sorted(subjects), 500):
            query = sa.select(table.c.subject, table.c.wrapped).where(
                table.c.subject.in_(some), table.c.wrapped.is_not(None)
            )
            for row in connection.execute(query):
                keys[row.subject] = self._master.subject_key(row.subject, row.wrapped)
        return keys

    def _check_master(self) -> None:
        table = schema.keys
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(table).where(table.c.wrapped.is_not(None)).limit(1)).one_or_none()
        if row is not None:
            self._master.subject_key(row.subject, row.wrapped)

    def _register(self, connection: sa.Connection, now_utc: datetime) -> None:
        if self._registered:
            return
        table = schema.owners
        if connection.execute(sa.select(table.c.owner).where(table.c.owner == self.owner)).one_or_none() is None:
            connection.execute(
                sa.insert(table).values(
                    owner=self.owner, host=this_host(), process=this_process(), renewed_at_utc=utc_text(now_utc)
                )
            )

    def _forget(self, entries: Iterable[NewEvent]) -> None:
        for entry in entries:
            self._heads.pop((entry.stream_kind, entry.stream_id), None)


def utc_text(at: datetime) -> str:
    """Return an aware time as the log stores it: ISO 8601 in UTC with microseconds, sortable as text."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _place(kind: str, stream_id: str, seq: int) -> str:
    return f"{kind}/{stream_id}/{seq}"


def _row(event: Event, subject: str, key: SubjectKey | None) -> dict[str, Any]:
    return {
        "stream_kind": event.stream_kind,
        "stream_id": event.stream_id,
        "seq": event.seq,
        "at_utc": utc_text(event.at_utc),
        "t_ms": event.t_ms,
        "source": event.source,
        "schema_version": event.schema_version,
        "type": event.body.type,
        "subject": subject,
        "body": seal_body(codec.to_json(event.body), key, _place(event.stream_kind, event.stream_id, event.seq)),
    }


def _event(row: Any, key: SubjectKey | None) -> Event:
    body = open_body(row.body, key, _place(row.stream_kind, row.stream_id, row.seq))
    return Event(
        stream_kind=row.stream_kind,
        stream_id=row.stream_id,
        seq=row.seq,
        at_utc=_utc(row.at_utc),
        t_ms=row.t_ms,
        source=row.source,
        schema_version=row.schema_version,
        body=codec.body_from_json(body),
    )


def _info(row: Any) -> StreamInfo:
    return StreamInfo(
        kind=row.kind,
        stream_id=row.stream_id,
        subject=row.subject,
        last_seq=row.last_seq,
        owner=row.owner,
        opened_at_utc=_utc(row.opened_at_utc),
        closed_at_utc=_utc(row.closed_at_utc) if row.closed_at_utc else None,
    )


def _conflict(kind: str, stream_id: str) -> CallCentreError:
    return CallCentreError(
        "stream.conflict",
        f"Another process writes the stream {kind}/{stream_id}, or it has ended; nothing was appended.",
        fault="us",
    )


def _chunks(items: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    return (items[start : start + size] for start in range(0, len(items), size))
