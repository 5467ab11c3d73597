"""Reads the call log: facts of a stream or of a type, and the list of streams. Everything here blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from calls.events import Event, StreamKind
from records import database, schema
from records.keys import MasterKey, SubjectKey
from records.rows import StreamInfo, event_of, info_of, utc_text

_SCAN_AT_ONCE = 1000
"""Facts in memory while everything is looked through: about 1 MB."""


class EventReader:
    """The reading half of `records.store.EventStore`; its methods may be called from any thread."""

    def __init__(self, url: str, master: MasterKey) -> None:
        """Open and migrate the database; see `EventStore`."""
        self._engine = database.open_engine(url)
        self._master = master
        self._let_go = False
        sa.event.listen(self._engine, "checkin", self._close_late)

    def let_go(self) -> None:
        """Close every connection, those that a thread still works with as soon as it is done."""
        self._let_go = True
        self._engine.dispose()

    def _close_late(self, connection: Any, _record: Any) -> None:
        if self._let_go and connection is not None:
            connection.close()

    @property
    def engine(self) -> sa.Engine:
        """The engine, for neighbours in this room (keys, retention, backup)."""
        return self._engine

    @property
    def master(self) -> MasterKey:
        """The master key, for neighbours in this room."""
        return self._master

    def read(self, kind: StreamKind, stream_id: str, after: int = 0, limit: int | None = None) -> list[Event]:
        """Return the facts of a stream with numbers above `after`, in order; empty when there are none."""
        table = schema.events
        query = (
            sa.select(table)
            .where(table.c.stream_kind == kind, table.c.stream_id == stream_id, table.c.seq > after)
            .order_by(table.c.seq)
        )
        return self._events(query.limit(limit) if limit is not None else query)

    def read_many(
        self, kind: StreamKind, stream_ids: Sequence[str], types: Sequence[str] | None = None
    ) -> dict[str, list[Event]]:
        """Return the facts of several streams, in order, of some types or of all; streams without any are left out."""
        table = schema.events
        found: dict[str, list[Event]] = {}
        for some in _chunks(list(dict.fromkeys(stream_ids)), 500):
            query = sa.select(table).where(table.c.stream_kind == kind, table.c.stream_id.in_(some))
            if types is not None:
                query = query.where(table.c.type.in_(types))
            for event in self._events(query.order_by(table.c.stream_id, table.c.seq)):
                found.setdefault(event.stream_id, []).append(event)
        return found

    def read_after(self, position: int, types: Sequence[str], limit: int = _SCAN_AT_ONCE) -> list[tuple[int, Event]]:
        """Return facts of some types that were kept after a position, with their positions, in that order."""
        table = schema.events
        query = (
            sa.select(table)
            .where(table.c.type.in_(types), table.c.position > position)
            .order_by(table.c.position)
            .limit(limit)
        )
        rows, events = self._fetch(query)
        return [(row.position, event) for row, event in zip(rows, events, strict=True)]

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

    def scan(self, types: Sequence[str]) -> Iterator[Event]:
        """Yield every fact of some types in the order in which they were kept."""
        after = 0
        while True:
            found = self.read_after(after, types)
            yield from (event for _, event in found)
            if len(found) < _SCAN_AT_ONCE:
                return
            after = found[-1][0]

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
            return [info_of(row) for row in connection.execute(query)]

    def stream(self, kind: StreamKind, stream_id: str) -> StreamInfo | None:
        """Return what is known of one stream, None if there is no such stream."""
        table = schema.streams
        query = sa.select(table).where(table.c.kind == kind, table.c.stream_id == stream_id)
        with self._reading() as connection:
            row = connection.execute(query).one_or_none()
        return info_of(row) if row else None

    def _reading(self) -> sa.Connection:
        try:
            return self._engine.connect()
        except exc.DBAPIError as error:
            raise database.explain(error, self._engine.url) from error

    def _events(self, query: sa.Select[Any]) -> list[Event]:
        return self._fetch(query)[1]

    def _fetch(self, query: sa.Select[Any]) -> tuple[Sequence[sa.Row[Any]], list[Event]]:
        """Return the rows of facts and the facts in them, readable as far as their keys exist."""
        try:
            with self._engine.connect() as connection:
                rows = connection.execute(query).all()
                keys = self.stored_keys(connection, {row.subject for row in rows})
        except exc.DBAPIError as error:
            raise database.explain(error, self._engine.url) from error
        return rows, [event_of(row, keys.get(row.subject)) for row in rows]

    def stored_keys(self, connection: sa.Connection, subjects: set[str]) -> dict[str, SubjectKey]:
        """Return the keys of subjects that have one; a destroyed one is left out."""
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


def _chunks(items: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    return (items[start : start + size] for start in range(0, len(items), size))
