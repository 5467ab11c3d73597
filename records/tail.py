"""Facts of calls that other processes have, as they come: so that the pages of one process show the calls of all."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import exc

from calls.events import Event
from records import database, schema
from records.recovery import LOOKED_BACK
from records.rows import utc_text
from records.store import EventStore

ENDED_FOR = timedelta(minutes=1)
"""How long a call that ended is still looked at; its last facts come with its end."""


class NeighbourTail:
    """Follows the calls of all other processes. A look is one query, and one more for each call with something new."""

    def __init__(self, store: EventStore) -> None:
        """Nothing was seen yet."""
        self._store = store
        self._seen: dict[str, int] | None = None
        """Call -> the last number that was seen."""
        self._unwatched: dict[str, int] | None = None
        """The same before the last look that nobody wanted: whoever came during it has seen nothing of it."""

    def look(self, now_utc: datetime, *, wanted: bool = True) -> list[Event]:
        """Return what was appended since the last look, in order within a call; the first one only notes where all are.

        After looks that nobody wanted the last of them is told too; a page knows by the number what it has already.

        Args:
            now_utc: The time.
            wanted: False: nobody watches, so that only the numbers are noted.

        Raises:
            CallCentreError: `database.*`; the next look goes on where the last good one was.
        """
        before = self._seen if self._unwatched is None else self._unwatched
        now_seen = self._heads(now_utc)
        events: list[Event] = []
        if before is not None and wanted:
            for call, last in now_seen.items():
                if (first := before.get(call, 0)) < last:
                    events += self._store.read("call", call, after=first, limit=last - first)
        self._unwatched = None if wanted else self._seen
        self._seen = now_seen
        return events

    def _heads(self, now_utc: datetime) -> dict[str, int]:
        table = schema.streams
        query = sa.select(table.c.stream_id, table.c.last_seq).where(
            table.c.kind == "call",
            table.c.owner != self._store.owner,
            table.c.opened_at_utc >= utc_text(now_utc - LOOKED_BACK),
            sa.or_(table.c.closed_at_utc.is_(None), table.c.closed_at_utc >= utc_text(now_utc - ENDED_FOR)),
        )
        try:
            with self._store.engine.connect() as connection:
                return {row.stream_id: row.last_seq for row in connection.execute(query)}
        except exc.DBAPIError as error:
            raise database.explain(error, self._store.engine.url) from error
