"""What is kept of who did what: facts in streams that nobody can change, one stream a process that writes."""

from __future__ import annotations

import logging
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any

import sqlalchemy as sa

from calls.codec import to_json
from calls.errors import CallCentreError
from calls.events import NewEvent
from calls.ports import Clock
from calls.staff_events import LookedAt, StaffBody, StaffLooked, StaffSignInRefused
from records import schema
from records.rows import event_of, utc_text
from records.store import EventStore

logger = logging.getLogger(__name__)

SAME_LOOK_MS = 600_000
"""The same member at the same thing within this time is one fact. Source: our choice; a page asks for a recording in
many pieces, and for a call again whenever it connects."""
LOOKS_KEPT = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage:
    """Some facts, newest first."""

    facts: list[dict[str, Any]]
    before: int | None
    """Ask with this for older ones; None when there are none."""


class Audit:
    """Writes and reads the facts; its methods block and may be called from any thread."""

    def __init__(self, store: EventStore, clock: Clock) -> None:
        """Write through the store of this process."""
        self._store = store
        self._clock = clock
        self._looks: OrderedDict[tuple[str, str, str], int] = OrderedDict()
        self._lock = Lock()

    def write(self, *bodies: StaffBody) -> None:
        """Write facts down.

        Raises:
            CallCentreError: `database.*`.
        """
        at = self._clock.now_utc()
        self._store.append(
            [
                NewEvent(
                    stream_kind="staff", stream_id=self._store.owner, body=body, at_utc=at, t_ms=None, source="service"
                )
                for body in bodies
            ]
        )

    def looked(self, member: str, what: LookedAt, thing_id: str) -> None:
        """Write down that a member read something, unless it was just written.

        Raises:
            CallCentreError: `database.*`; who cannot be written down does not see it.
        """
        self._write_once((member, what, thing_id), StaffLooked(member=member, what=what, thing_id=thing_id))

    def refused(self, member: str, address: str) -> None:
        """Write down that somebody guesses too often; what goes on is one fact in ten minutes.

        Raises:
            CallCentreError: `database.*`.
        """
        body = StaffSignInRefused(member=member, address=address, reason="too_many")
        self._write_once(("refused", member, address), body)

    def _write_once(self, key: tuple[str, str, str], body: StaffBody) -> None:
        now_ms = self._clock.now_ms()
        with self._lock:
            last_ms = self._looks.get(key)
            if last_ms is not None and now_ms - last_ms < SAME_LOOK_MS:
                return
        self.write(body)
        with self._lock:
            self._looks[key] = now_ms
            self._looks.move_to_end(key)
            while len(self._looks) > LOOKS_KEPT:
                self._looks.popitem(last=False)

    def read(self, *, before: int | None = None, since_utc: datetime | None = None, limit: int = 100) -> AuditPage:
        """Return facts, newest first."""
        table = schema.events
        query = sa.select(table).where(table.c.stream_kind == "staff")
        if before is not None:
            query = query.where(table.c.position < before)
        if since_utc is not None:
            query = query.where(table.c.at_utc >= utc_text(since_utc))
        with self._store.engine.connect() as connection:
            rows = connection.execute(query.order_by(table.c.position.desc()).limit(limit + 1)).all()
            keys = self._store.stored_keys(connection, {row.subject for row in rows})
        facts: list[dict[str, Any]] = []
        for row in rows[:limit]:
            try:
                event = event_of(row, keys.get(row.subject))
            except CallCentreError as error:
                logger.warning("a fact about staff cannot be read (%s)", error.code)
                continue
            facts.append({"at_utc": event.at_utc.isoformat(), "body": to_json(event.body)})
        return AuditPage(facts=facts, before=rows[limit - 1].position if len(rows) > limit else None)
