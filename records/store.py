"""The event store: append-only streams with dense numbers, one writer a stream, personal fields encrypted.

Everything here blocks; a running service writes through `records.writer.LogWriter` and reads in a thread.
"""

from __future__ import annotations

import fcntl
import os
import threading
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from calls.errors import CallCentreError
from calls.events import SCHEMA_VERSION, CallEnded, Event, NewEvent, StreamKind
from records import database, schema
from records.keys import MasterKey, SubjectKey
from records.leases import OwnerSeen
from records.processes import lives, this_host, this_process
from records.reader import EventReader
from records.rows import StreamInfo, conflict, info_of, row_of, utc_text
from records.withdrawal_rows import withdraw_rows

LOCK_NAME = "warmline.lock"
"""Held by the one process that writes an SQLite database."""
HEADS_KEPT = 4096
"""How many streams' last numbers are remembered; others are read again. About 1 MB."""


Also = Callable[[sa.Connection, Sequence[Event]], None]
"""Writes what is kept beside facts, in their transaction."""
Cleaner = Callable[[sa.Connection, Sequence[str]], None]
"""Removes what is kept beside the facts of some subjects, in the transaction that destroys their keys."""


@dataclass(slots=True)
class _Head:
    last_seq: int
    subject: str


_ADVANCE = (
    sa.update(schema.streams)
    .where(
        schema.streams.c.kind == sa.bindparam("a_kind"),
        schema.streams.c.stream_id == sa.bindparam("an_id"),
        schema.streams.c.last_seq == sa.bindparam("a_seq"),
        schema.streams.c.owner == sa.bindparam("an_owner"),
    )
    .values(last_seq=sa.bindparam("new_seq"))
)
"""Takes the next numbers of a stream if nobody else did. Made once and run for all streams of a commit together: forty
calls at the same moment spent two thirds of their commit on making it forty times."""

_TAKE_AND_RELEASE = (
    sa.update(schema.streams)
    .where(
        schema.streams.c.kind == sa.bindparam("a_kind"),
        schema.streams.c.stream_id == sa.bindparam("an_id"),
        schema.streams.c.closed_at_utc.is_(None),
        sa.or_(schema.streams.c.owner.is_(None), schema.streams.c.owner == sa.bindparam("an_owner")),
    )
    .values(last_seq=schema.streams.c.last_seq + sa.bindparam("n"), owner=None)
    .returning(schema.streams.c.last_seq, schema.streams.c.subject)
)
"""Takes the next numbers of a stream that nobody keeps, in one statement: writers wait for each other in turn."""

_ADVANCE_AND_CLOSE = _ADVANCE.where(schema.streams.c.closed_at_utc.is_(None)).values(
    closed_at_utc=sa.bindparam("an_end")
)
"""The same for a call that ends, which happens once."""


class EventStore(EventReader):
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
        super().__init__(url, master)
        self._writes = self._engine.execution_options(writes=True)
        self._lock = threading.Lock()
        self._heads: dict[tuple[StreamKind, str], _Head] = {}
        self._registered = False
        self._alone = -1
        self.cleaners: list[Cleaner] = []
        """Whoever keeps tables beside the facts cleans them when subjects are erased."""
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
    def is_shared(self) -> bool:
        """True when other processes may write the same database (PostgreSQL)."""
        return self._engine.dialect.name != "sqlite"

    def close(self) -> None:
        """Let go of every connection, and of the data folder."""
        self.let_go()
        if self._alone >= 0:
            os.close(self._alone)
            self._alone = -1

    def be_alone(self, data_dir: Path) -> bool:
        """Make sure that no other process writes an SQLite database; False where several may (PostgreSQL).

        Raises:
            CallCentreError: `database.in_use` when another Warmline runs on the folder.
        """
        if self.is_shared:
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

    def append(
        self, entries: Sequence[NewEvent], *, expected: Mapping[tuple[StreamKind, str], int] | None = None
    ) -> list[Event]:
        """Append facts, of one or several streams, in one transaction; return them with their numbers.

        Args:
            entries: The facts.
            expected: Stream -> the last number that whoever decided on them knew; where it is another one by now,
                nothing is appended.

        Raises:
            CallCentreError: `stream.conflict` when another process writes one of the streams, or wrote meanwhile;
                `database.*`.
        """
        return self.append_with(entries, expected=expected) if entries else []

    def append_with(
        self,
        entries: Sequence[NewEvent],
        *,
        also: Also | None = None,
        links: Mapping[str, str | None] | None = None,
        expected: Mapping[tuple[StreamKind, str], int] | None = None,
        release: bool = False,
    ) -> list[Event]:
        """Append facts as `append` does, and in the same transaction what follows of them.

        Args:
            entries: At least one fact.
            also: Writes tables that are kept beside the facts; when it fails, nothing is kept.
            links: Subject (`call:ID`) -> the person whom it is linked to, see `link_subject`; None: to nobody.
            expected: See `append`.
            release: Be the writer of the streams for this transaction alone, see `release`. No call ends by it.

        Raises:
            CallCentreError: as `append`.
        """
        with self._lock:
            done = self._append_alone(entries, also, links or {}, expected or {}, release=release)
            if release:
                self._forget(entries)
            return done

    def link_subject(self, subject: str, person: str | None, now_utc: datetime) -> None:
        """Note that the subject of a stream (`call:ID`) is this person, so that erasing the person erases it too."""
        with self._writes.begin() as connection:
            self._link(connection, {subject: person}, now_utc)

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

    def is_dead(self, owner: str | None) -> bool:
        """Tell whether the process named `owner` cannot write any more; False for one that runs on another machine."""
        if owner is None:
            return True
        if owner == self.owner:
            return False
        table = schema.owners
        with self._reading() as connection:
            row = connection.execute(sa.select(table).where(table.c.owner == owner)).one_or_none()
        return row is None or self._is_gone(row.host, row.process) is True

    def open_owners(self, since_utc: datetime) -> list[OwnerSeen]:
        """Return the other processes that write calls which were opened since then and did not end."""
        streams, owners = schema.streams, schema.owners
        query = (
            sa.select(streams.c.owner, owners.c.host, owners.c.process, owners.c.renewed_at_utc)
            .select_from(streams.outerjoin(owners, owners.c.owner == streams.c.owner))
            .where(
                streams.c.kind == "call",
                streams.c.closed_at_utc.is_(None),
                streams.c.opened_at_utc >= utc_text(since_utc),
                sa.or_(streams.c.owner.is_(None), streams.c.owner != self.owner),
            )
            .distinct()
        )
        try:
            with self._reading() as connection:
                rows = connection.execute(query).all()
        except exc.DBAPIError as error:
            raise database.explain(error, self._engine.url) from error
        return [
            OwnerSeen(owner=row.owner, renewed=row.renewed_at_utc, gone=self._is_gone(row.host, row.process))
            for row in rows
        ]

    def take_over(self, info: StreamInfo, now_utc: datetime) -> None:
        """Become the writer of a stream whose writer is dead.

        Raises:
            CallCentreError: `stream.conflict` when it lives, or another process was quicker.
        """
        if not self.is_dead(info.owner):
            raise conflict(info.kind, info.stream_id)
        table = schema.streams
        with self._writes.begin() as connection:
            self._register(connection, now_utc)
            changed = connection.execute(
                sa.update(table)
                .where(table.c.kind == info.kind, table.c.stream_id == info.stream_id, _written_by(info.owner))
                .values(owner=self.owner)
            )
            if changed.rowcount != 1:
                raise conflict(info.kind, info.stream_id)
        self._registered = True

    def take_over_all(self, lost: OwnerSeen, now_utc: datetime) -> list[StreamInfo]:
        """Become the writer of every open call of a lost process; return them, newest first.

        Nothing is returned when another process was quicker, or the lost one has renewed since it was seen: its row is
        locked first, so that one process gets all of its calls.
        """
        streams, owners = schema.streams, schema.owners
        open_calls = sa.and_(streams.c.kind == "call", streams.c.closed_at_utc.is_(None), _written_by(lost.owner))
        try:
            with self._writes.begin() as connection:
                self._register(connection, now_utc)
                same = sa.and_(owners.c.owner == lost.owner, owners.c.renewed_at_utc == lost.renewed)
                lock = sa.update(owners).where(same).values(renewed_at_utc=owners.c.renewed_at_utc)
                if lost.renewed is not None and connection.execute(lock).rowcount != 1:
                    return []
                query = sa.select(streams).where(open_calls).order_by(streams.c.opened_at_utc.desc())
                rows = connection.execute(query.with_for_update()).all()
                connection.execute(sa.update(streams).where(open_calls).values(owner=self.owner))
        except exc.DBAPIError as error:
            raise database.explain(error, self._engine.url) from error
        self._registered = True
        return [replace(info_of(row), owner=self.owner) for row in rows]

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

    def _link(self, connection: sa.Connection, links: Mapping[str, str | None], now_utc: datetime) -> None:
        self._keys_for(connection, set(links), now_utc)
        table = schema.keys
        for subject, person in links.items():
            connection.execute(sa.update(table).where(table.c.subject == subject).values(person=person))

    def _append_alone(
        self,
        entries: Sequence[NewEvent],
        also: Also | None,
        links: Mapping[str, str | None],
        expected: Mapping[tuple[StreamKind, str], int],
        *,
        release: bool,
    ) -> list[Event]:
        touched = {(entry.stream_kind, entry.stream_id) for entry in entries}
        heads = {key: replace(self._heads[key]) for key in touched if key in self._heads}
        try:
            with self._writes.begin() as connection:
                self._register(connection, entries[0].at_utc)
                done = self._append(connection, entries, heads, expected, release=release)
                if links:
                    self._link(connection, links, entries[0].at_utc)
                if also is not None:
                    also(connection, done)
        except exc.IntegrityError as error:
            self._forget(entries)
            raise conflict(entries[0].stream_kind, entries[0].stream_id) from error
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

    def _take(self, connection: sa.Connection, group: Sequence[NewEvent]) -> _Head:
        """Reserve the next numbers of a stream without becoming its writer; return where it stood."""
        first, n = group[0], len(group)
        row = {"a_kind": first.stream_kind, "an_id": first.stream_id, "an_owner": self.owner, "n": n}
        taken = connection.execute(_TAKE_AND_RELEASE, row).one_or_none()
        if taken is not None:
            return _Head(taken.last_seq - n, taken.subject)
        table, subject = schema.streams, f"{first.stream_kind}:{first.stream_id}"
        connection.execute(
            sa.insert(table).values(  # of one that another process keeps, or that ended, the key is there: a conflict
                kind=first.stream_kind,
                stream_id=first.stream_id,
                subject=subject,
                last_seq=n,
                opened_at_utc=utc_text(first.at_utc),
            )
        )
        return _Head(0, subject)

    def _append(
        self,
        connection: sa.Connection,
        entries: Sequence[NewEvent],
        heads: dict[tuple[StreamKind, str], _Head],
        expected: Mapping[tuple[StreamKind, str], int],
        *,
        release: bool,
    ) -> list[Event]:
        done: list[Event] = []
        by_stream: dict[tuple[StreamKind, str], list[NewEvent]] = {}
        for entry in entries:
            by_stream.setdefault((entry.stream_kind, entry.stream_id), []).append(entry)
        for key in sorted(by_stream):  # in one order, so that two writers of the same streams never lock each other
            if release:
                heads[key] = self._take(connection, by_stream[key])
            else:
                heads[key] = heads.get(key) or self._claim(connection, by_stream[key][0])
            if expected.get(key, heads[key].last_seq) != heads[key].last_seq:
                raise conflict(*key)
        if not release:
            self._advance(connection, by_stream, heads)
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
            rows.append(row_of(event, subject, subject_keys.get(subject)))
        connection.execute(sa.insert(schema.events), rows)
        for event in done:
            withdraw_rows(connection, event, subject_keys.get(heads[(event.stream_kind, event.stream_id)].subject))
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
            raise conflict(first.stream_kind, first.stream_id)
        return _Head(row.last_seq, row.subject)

    def _advance(
        self,
        connection: sa.Connection,
        by_stream: Mapping[tuple[StreamKind, str], Sequence[NewEvent]],
        heads: Mapping[tuple[StreamKind, str], _Head],
    ) -> None:
        """Reserve the next numbers of all streams; this is where a second writer is found out."""
        going_on: list[dict[str, Any]] = []
        closing: list[dict[str, Any]] = []
        for (kind, stream_id), group in by_stream.items():
            last_seq = heads[(kind, stream_id)].last_seq
            row = {"a_kind": kind, "an_id": stream_id, "a_seq": last_seq, "an_owner": self.owner}
            row["new_seq"] = last_seq + len(group)
            ends = [entry.at_utc for entry in group if isinstance(entry.body, CallEnded)]
            if len(ends) > 1:
                raise conflict(kind, stream_id)
            if ends:
                closing.append({**row, "an_end": utc_text(ends[0])})
            else:
                going_on.append(row)
        for statement, rows in ((_ADVANCE, going_on), (_ADVANCE_AND_CLOSE, closing)):
            if rows and connection.execute(statement, rows).rowcount != len(rows):
                raise conflict(rows[0]["a_kind"], rows[0]["an_id"])

    def _keys_for(self, connection: sa.Connection, subjects: set[str], now_utc: datetime) -> dict[str, SubjectKey]:
        """Return the keys of subjects, making new ones; a destroyed key stays destroyed and is left out."""
        table = schema.keys
        query = sa.select(table.c.subject, table.c.wrapped).where(table.c.subject.in_(subjects))
        wrapped = {row.subject: row.wrapped for row in connection.execute(query)}
        news = {subject: self._master.new_subject_key(subject) for subject in sorted(subjects - set(wrapped))}
        if news:
            stamp = utc_text(now_utc)
            rows = [{"subject": name, "wrapped": key, "created_at_utc": stamp} for name, key in news.items()]
            connection.execute(sa.insert(table), rows)
        alive = {**wrapped, **news}
        return {name: self._master.subject_key(name, key) for name, key in alive.items() if key is not None}

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

    def _is_gone(self, host: str | None, process: str | None) -> bool | None:
        """Tell whether a process that wrote is not there any more; None for one of another machine."""
        if self._alone >= 0 or host is None or process is None:
            return True
        return not lives(process) if host == this_host() else None

    def _forget(self, entries: Iterable[NewEvent]) -> None:
        for entry in entries:
            self._heads.pop((entry.stream_kind, entry.stream_id), None)


def _written_by(owner: str | None) -> sa.ColumnElement[bool]:
    column = schema.streams.c.owner
    return column.is_(None) if owner is None else column == owner
