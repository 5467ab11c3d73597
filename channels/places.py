"""How far each reader of something endless has come, and which process reads: mailboxes, hooks that tell of facts.

One row a reader, beside the log. A place is moved on only after what was read is written down or told, so a crash reads
again what may have been read before, and whoever takes it knows it by its name. Everything here blocks; asyncio code
calls it in a thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

metadata = sa.MetaData()

places = sa.Table(
    "channel_places",
    metadata,
    sa.Column("reader", sa.String(96), primary_key=True),  # `mailbox:NAME` or `hook:NAME`
    sa.Column("epoch", sa.BigInteger, nullable=False),  # UIDVALIDITY of a mailbox; else 0. -1: never read
    sa.Column("reached", sa.BigInteger, nullable=False),  # the last UID, or the last position in the log
    sa.Column("moved_at_utc", sa.String(32), nullable=False),
    sa.Column("owner", sa.String(64)),  # the process that reads; null for nobody
    sa.Column("until_utc", sa.String(32)),  # until when, unless it says so again
)

LEASE = timedelta(seconds=60)
"""How long a process that says nothing any more still counts as the reader. Source: as a lost owner of calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """How far a reader has come."""

    epoch: int
    reached: int
    moved_at: datetime

    @property
    def is_new(self) -> bool:
        """True when nothing was ever read."""
        return self.epoch < 0


class Places:
    """The table; its methods may be called from any thread."""

    def __init__(self, engine: sa.Engine, owner: str) -> None:
        """`owner` is the name of this process as a writer of the log."""
        self._engine = engine.execution_options(writes=True)
        self._owner = owner

    def take(self, reader: str, now: datetime) -> Place | None:
        """Become, or stay, the one that reads, and return how far it has come; None while another process reads."""
        with self._engine.begin() as connection:
            self._make(connection, reader, now)
            free = sa.or_(places.c.owner.is_(None), places.c.owner == self._owner, places.c.until_utc < _text(now))
            taken = connection.execute(
                sa.update(places)
                .where(places.c.reader == reader, free)
                .values(owner=self._owner, until_utc=_text(now + LEASE))
            )
            if taken.rowcount != 1:
                return None
            row = connection.execute(sa.select(places).where(places.c.reader == reader)).one()
        return Place(epoch=row.epoch, reached=row.reached, moved_at=datetime.fromisoformat(row.moved_at_utc))

    def move(self, reader: str, epoch: int, reached: int, now: datetime) -> bool:
        """Note how far this process has read, and that it goes on; False when another one reads meanwhile."""
        with self._engine.begin() as connection:
            moved = connection.execute(
                sa.update(places)
                .where(places.c.reader == reader, places.c.owner == self._owner)
                .values(epoch=epoch, reached=reached, moved_at_utc=_text(now), until_utc=_text(now + LEASE))
            )
        return bool(moved.rowcount == 1)

    def leave(self, reader: str) -> None:
        """Let another process read."""
        with self._engine.begin() as connection:
            connection.execute(
                sa.update(places)
                .where(places.c.reader == reader, places.c.owner == self._owner)
                .values(owner=None, until_utc=None)
            )

    def _make(self, connection: sa.Connection, reader: str, now: datetime) -> None:
        if connection.execute(sa.select(places.c.reader).where(places.c.reader == reader)).one_or_none() is not None:
            return
        row: dict[str, Any] = {"reader": reader, "epoch": -1, "reached": 0, "moved_at_utc": _text(now)}
        try:
            with connection.begin_nested():
                connection.execute(sa.insert(places).values(row))
        except exc.IntegrityError:
            pass  # another process was quicker


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
