"""How far each nonce of a phone was used, counted in the database by every process that shares it.

Nothing here is secret: a nonce travels in the clear, and stands here without its seal. Everything here blocks.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.dialects import postgresql, sqlite

from calls.nonces import NONCE_MS, NonceUse
from records import database, schema

_TABLE = schema.nonce_counts
_NOW_MS = {
    "postgresql": "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
    "sqlite": "SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
}
"""The database's clock: those of two machines are never compared. Source: 2440587.5 is 1970-01-01 in Julian days."""


class NonceTable:
    """Counts of nonces; its methods may be called from any thread."""

    def __init__(self, engine: sa.Engine) -> None:
        """Use an open, migrated database."""
        self._engine = engine
        self._writes = engine.execution_options(writes=True)

    def now_ms(self) -> int:
        """Return the database's time, after forgetting what is too old.

        Raises:
            CallCentreError: `database.*`.
        """
        try:
            with self._writes.begin() as connection:
                now_ms = _now_ms(connection)
                old = sa.select(_TABLE.c.nonce).where(_TABLE.c.issued_ms <= now_ms - NONCE_MS)
                # Processes do this side by side: what another one deletes is left to it, or they would wait in a ring.
                old = old.with_for_update(skip_locked=True)
                connection.execute(sa.delete(_TABLE).where(_TABLE.c.nonce.in_(old)))
                return now_ms
        except exc.DBAPIError as error:
            raise database.explain(error, self._engine.url) from error

    def take(self, use: NonceUse) -> bool:
        """Count one use; False when its nonce is too old, or was used with this count or a higher one.

        A count only goes up, in one statement, so that of two processes that see the same answer one has it. The age is
        looked at in the same transaction: what was forgotten is too old.

        Raises:
            CallCentreError: `database.*`; nothing was counted.
        """
        try:
            with self._writes.begin() as connection:
                if _now_ms(connection) - use.issued_ms >= NONCE_MS:
                    return False
                insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
                row = {"nonce": use.nonce, "issued_ms": use.issued_ms, "used": use.count}
                statement = (
                    insert(_TABLE)
                    .values(row)
                    .on_conflict_do_update(
                        index_elements=[_TABLE.c.nonce],
                        set_={"used": use.count},
                        where=_TABLE.c.used < use.count,
                    )
                    .returning(_TABLE.c.used)
                )
                return connection.execute(statement).one_or_none() is not None
        except exc.DBAPIError as error:
            raise database.explain(error, self._engine.url) from error


def _now_ms(connection: sa.Connection) -> int:
    return int(connection.execute(sa.text(_NOW_MS[connection.dialect.name])).scalar_one())
