"""Calls of a day counted in the database: by every process that shares it, over restarts. Everything here blocks.

A number stands there as a mark under the master key, so that the table tells nobody who was called.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.dialects import postgresql, sqlite

from calls.call_caps import Cap
from records import database, schema
from records.keys import MasterKey

_TABLE = schema.outbound_counts


class CountTable:
    """Counts and caps; its methods may be called from any thread."""

    def __init__(self, engine: sa.Engine, master: MasterKey) -> None:
        """Use an open, migrated database.

        Args:
            engine: Of the call log.
            master: Makes the marks; processes that share counts share the key.
        """
        self._engine = engine
        self._writes = engine.execution_options(writes=True)
        self._master = master
        self._cleaned = date.min

    def reached(self, day: date, caps: Sequence[Cap]) -> Cap | None:
        """Return the first cap that leaves no room for another call.

        Raises:
            CallCentreError: `database.*`.
        """
        try:
            with self._engine.connect() as connection:
                for cap in caps:
                    query = sa.select(_TABLE.c.calls).where(*self._where(day, cap))
                    if (connection.execute(query).scalar_one_or_none() or 0) >= cap.most:
                        return cap
        except exc.DBAPIError as error:
            raise database.explain(error, self._engine.url) from error
        return None

    def take(self, day: date, caps: Sequence[Cap]) -> Cap | None:
        """Count one call under every cap in one transaction; return the first cap without room, and count nothing.

        A count goes up only while it is below its cap, in one statement, so that of two processes that want the last
        call one waits for the other and is then refused. All take the rows in the same order: nobody waits in a ring.

        Raises:
            CallCentreError: `database.*`.
        """
        try:
            with self._writes.connect() as connection, connection.begin() as transaction:
                self._forget_before(connection, day)
                for cap in caps:
                    if not self._count(connection, day, cap):
                        transaction.rollback()
                        return cap
        except exc.DBAPIError as error:
            raise database.explain(error, self._engine.url) from error
        self._cleaned = day
        return None

    def _count(self, connection: sa.Connection, day: date, cap: Cap) -> bool:
        if cap.most < 1:
            return False
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        row = {"day": day.isoformat(), "kind": cap.kind, "mark": self._mark(cap), "calls": 1}
        statement = (
            insert(_TABLE)
            .values(row)
            .on_conflict_do_update(
                index_elements=[_TABLE.c.day, _TABLE.c.kind, _TABLE.c.mark],
                set_={"calls": _TABLE.c.calls + 1},
                where=_TABLE.c.calls < cap.most,
            )
            .returning(_TABLE.c.calls)
        )
        return connection.execute(statement).one_or_none() is not None

    def _forget_before(self, connection: sa.Connection, day: date) -> None:
        """Delete earlier days with the first call of a new one."""
        if day != self._cleaned:
            connection.execute(sa.delete(_TABLE).where(_TABLE.c.day < day.isoformat()))

    def _where(self, day: date, cap: Cap) -> tuple[sa.ColumnElement[bool], ...]:
        return (_TABLE.c.day == day.isoformat(), _TABLE.c.kind == cap.kind, _TABLE.c.mark == self._mark(cap))

    def _mark(self, cap: Cap) -> str:
        return self._master.mark(cap.name, f"outbound {cap.kind}")
