"""Where phones are registered, kept in the database for every process that shares it. Everything here blocks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from calls.phones import Bindings, PhoneBinding
from records import database, schema
from records.rows import utc_text, utc_time
from records.store import EventStore

_TABLE = schema.phone_bindings
_TIMES = ("registered", "expires")


class BindingTable:
    """The bindings of all phones; its methods may be called from any thread."""

    def __init__(self, store: EventStore) -> None:
        """Use the database of the call log, which knows its processes."""
        self._store = store
        self._engine = store.engine
        self._writes = store.engine.execution_options(writes=True)

    def of(self, phone: str) -> Bindings:
        """Return the bindings of one phone, those that ran out too.

        Raises:
            CallCentreError: `database.*`.
        """
        try:
            with self._engine.connect() as connection:
                return self._read(connection, _TABLE.c.phone == phone)
        except exc.DBAPIError as error:
            raise database.explain(error, self._engine.url) from error

    def change(self, phone: str, decide: Callable[[Bindings], Bindings]) -> Bindings:
        """Replace a phone's bindings by what `decide` makes of them, in one transaction, one after the other.

        SQLite lets one process write at a time; PostgreSQL has a lock for each phone, held until the end.

        Raises:
            CallCentreError: `database.*`; nothing was changed.
        """
        try:
            with self._writes.begin() as connection:
                if connection.dialect.name == "postgresql":
                    lock = sa.func.pg_advisory_xact_lock(sa.func.hashtext("phone_bindings"), sa.func.hashtext(phone))
                    connection.execute(sa.select(lock))
                current = self._read(connection, _TABLE.c.phone == phone)
                wanted = decide(current)
                if wanted != current:
                    self._write(connection, current, wanted)
                return wanted
        except exc.DBAPIError as error:
            raise database.explain(error, self._engine.url) from error

    def orphans(self, now: datetime) -> Bindings:
        """Delete what ran out, and return the bindings whose process lives no more.

        Raises:
            CallCentreError: `database.*`.
        """
        try:
            with self._writes.begin() as connection:
                connection.execute(sa.delete(_TABLE).where(_TABLE.c.expires_at_utc <= utc_text(now)))
                standing = self._read(connection, sa.true())
            dead = {owner for owner in {item.owner for item in standing} if self._store.is_dead(owner)}
        except exc.DBAPIError as error:
            raise database.explain(error, self._engine.url) from error
        return tuple(item for item in standing if item.owner in dead)

    def _read(self, connection: sa.Connection, where: sa.ColumnElement[bool]) -> Bindings:
        query = sa.select(_TABLE).where(where).order_by(_TABLE.c.phone, _TABLE.c.registered_at_utc, _TABLE.c.place)
        return tuple(_binding_of(row) for row in connection.execute(query))

    def _write(self, connection: sa.Connection, current: Bindings, wanted: Bindings) -> None:
        gone = [item for item in current if item not in wanted]
        made = [item for item in wanted if item not in current]
        for item in gone:
            connection.execute(sa.delete(_TABLE).where(_TABLE.c.phone == item.phone, _TABLE.c.place == item.place))
        if made:
            connection.execute(sa.insert(_TABLE), [_row_of(item) for item in made])


def _row_of(item: PhoneBinding) -> dict[str, Any]:
    columns = [column.name for column in _TABLE.columns]
    row = {name: getattr(item, name) for name in columns if not name.endswith("_at_utc")}
    row["path"] = "\n".join(item.path)
    return row | {f"{name}_at_utc": utc_text(getattr(item, f"{name}_utc")) for name in _TIMES}


def _binding_of(row: Any) -> PhoneBinding:
    stored: dict[str, Any] = dict(row._mapping)  # noqa: SLF001 -- SQLAlchemy's public name of it
    for name in _TIMES:
        stored[f"{name}_utc"] = utc_time(stored.pop(f"{name}_at_utc"))
    stored["path"] = tuple(stored["path"].splitlines())
    return PhoneBinding(**stored)
