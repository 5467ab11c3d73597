"""Who waits, and which calls back are owed, in the database: what a restart has to know. Everything here blocks."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeVar

import sqlalchemy as sa
from sqlalchemy import exc

from calls.customer_events import ContactKind
from calls.ids import Language
from records import database
from records.rows import utc_text, utc_time
from records.store import EventStore

metadata = sa.MetaData()

_WAITING = sa.Table(
    "desk_waiting",
    metadata,
    sa.Column("contact_id", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("queue", sa.String(64), nullable=False),
    sa.Column("language", sa.String(8), nullable=False),
    sa.Column("skills", sa.Text, nullable=False),  # JSON
    sa.Column("vip", sa.Boolean, nullable=False),
    sa.Column("since_utc", sa.String(32), nullable=False),
    sa.Column("owner", sa.String(64), nullable=False),  # the process in which it waits
)
_CALLBACKS = sa.Table(
    "desk_callbacks",
    metadata,
    sa.Column("callback_id", sa.String(64), primary_key=True),
    sa.Column("call_id", sa.String(64), nullable=False),  # whose log has the number, under its own key
    sa.Column("queue", sa.String(64), nullable=False),
    sa.Column("language", sa.String(8), nullable=False),
    sa.Column("skills", sa.Text, nullable=False),  # JSON
    sa.Column("vip", sa.Boolean, nullable=False),
    sa.Column("since_utc", sa.String(32), nullable=False),  # when the caller began to wait
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("not_before_utc", sa.String(32), nullable=False),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("owner", sa.String(64)),  # the process that has it in its queue
)

CallbackState = Literal["owed", "done", "given_up", "cancelled"]
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRow:
    """A contact that waited."""

    contact_id: str
    kind: ContactKind
    queue: str
    language: Language
    skills: tuple[str, ...]
    vip: bool
    since_utc: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """A call back that was promised in the queue."""

    callback_id: str
    call_id: str
    queue: str
    language: Language
    skills: tuple[str, ...]
    vip: bool
    since_utc: datetime
    attempts: int
    not_before_utc: datetime
    state: CallbackState = "owed"


_AT_ONCE = 500
"""Names in one statement."""


class DeskTables:
    """Both tables; its methods may be called from any thread."""

    def __init__(self, store: EventStore) -> None:
        """Use the database of the call log."""
        self._store = store
        self._engine = store.engine
        self._writes = store.engine.execution_options(writes=True)

    def put_waiting(self, row: WaitingRow) -> None:
        """Keep that a contact waits; the newest word counts."""
        values = {
            "kind": row.kind,
            "queue": row.queue,
            "language": row.language,
            "skills": json.dumps(row.skills),
            "vip": row.vip,
            "since_utc": utc_text(row.since_utc),
            "owner": self._store.owner,
        }

        def put(connection: sa.Connection) -> None:
            changed = connection.execute(
                sa.update(_WAITING).where(_WAITING.c.contact_id == row.contact_id).values(values)
            )
            if changed.rowcount == 0:
                connection.execute(sa.insert(_WAITING).values(contact_id=row.contact_id, **values))

        self._write(put)

    def drop_waiting(self, contact_id: str) -> None:
        """Forget that a contact waits."""
        self._write(lambda c: c.execute(sa.delete(_WAITING).where(_WAITING.c.contact_id == contact_id)))

    def left_behind(self) -> list[WaitingRow]:
        """Return, oldest first, and forget what waited in processes that are no more."""

        def take(connection: sa.Connection) -> list[Any]:
            rows = list(connection.execute(sa.select(_WAITING).order_by(_WAITING.c.since_utc)))
            dead = {owner for owner in {row.owner for row in rows} if self._store.is_dead(owner)}
            gone = [row for row in rows if row.owner in dead]
            for row in gone:
                connection.execute(sa.delete(_WAITING).where(_WAITING.c.contact_id == row.contact_id))
            return gone

        return [
            WaitingRow(
                contact_id=row.contact_id,
                kind=row.kind,
                queue=row.queue,
                language=row.language,
                skills=tuple(json.loads(row.skills)),
                vip=row.vip,
                since_utc=utc_time(row.since_utc),
            )
            for row in self._write(take)
        ]

    def owe(self, callback: Callback) -> None:
        """Keep a promise to call back."""
        values = {
            "callback_id": callback.callback_id,
            "call_id": callback.call_id,
            "queue": callback.queue,
            "language": callback.language,
            "skills": json.dumps(callback.skills),
            "vip": callback.vip,
            "since_utc": utc_text(callback.since_utc),
            "attempts": callback.attempts,
            "not_before_utc": utc_text(callback.not_before_utc),
            "state": callback.state,
            "owner": self._store.owner,
        }
        self._write(lambda c: c.execute(sa.insert(_CALLBACKS).values(values)))

    def tried(self, callback_id: str, attempts: int, not_before_utc: datetime, state: CallbackState) -> None:
        """Keep what became of an attempt."""
        change = (
            sa.update(_CALLBACKS)
            .where(_CALLBACKS.c.callback_id == callback_id)
            .values(attempts=attempts, not_before_utc=utc_text(not_before_utc), state=state)
        )
        self._write(lambda c: c.execute(change))

    def owed(self) -> list[Callback]:
        """Return the calls back that this process has to make, oldest first, those of dead processes included."""

        def take(connection: sa.Connection) -> list[Any]:
            query = sa.select(_CALLBACKS).where(_CALLBACKS.c.state == "owed").order_by(_CALLBACKS.c.since_utc)
            rows = list(connection.execute(query))
            dead = {owner for owner in {row.owner for row in rows} if self._store.is_dead(owner)}
            for row in rows:
                if row.owner in dead:
                    connection.execute(
                        sa.update(_CALLBACKS)
                        .where(_CALLBACKS.c.callback_id == row.callback_id)
                        .values(owner=self._store.owner)
                    )
            return [row for row in rows if row.owner in dead or row.owner == self._store.owner]

        return [
            Callback(
                callback_id=row.callback_id,
                call_id=row.call_id,
                queue=row.queue,
                language=row.language,
                skills=tuple(json.loads(row.skills)),
                vip=row.vip,
                since_utc=utc_time(row.since_utc),
                attempts=row.attempts,
                not_before_utc=utc_time(row.not_before_utc),
                state=row.state,
            )
            for row in self._write(take)
        ]

    def calls_back(self, connection: sa.Connection, subjects: Sequence[str]) -> list[str]:
        """Return the names under which calls back of these subjects wait."""
        names = [name.partition(":")[2] for name in subjects if name.startswith("call:")]
        found: list[str] = []
        for start in range(0, len(names), _AT_ONCE):
            some = names[start : start + _AT_ONCE]
            query = sa.select(_CALLBACKS.c.callback_id).where(_CALLBACKS.c.call_id.in_(some))
            found += connection.execute(query).scalars()
        return found

    def clean(self, connection: sa.Connection, subjects: Sequence[str]) -> None:
        """Forget who waits and who is to be called back among subjects that are erased, in that transaction."""
        names = [name.partition(":")[2] for name in subjects if name.startswith(("call:", "conversation:"))]
        for start in range(0, len(names), _AT_ONCE):
            some = names[start : start + _AT_ONCE]
            connection.execute(sa.delete(_WAITING).where(_WAITING.c.contact_id.in_(some)))
            connection.execute(sa.delete(_CALLBACKS).where(_CALLBACKS.c.call_id.in_(some)))

    def _write(self, do: Callable[[sa.Connection], Answer]) -> Answer:
        try:
            with self._writes.begin() as connection:
                return do(connection)
        except exc.DBAPIError as error:
            raise database.explain(error, self._engine.url) from error
