"""The desk's pen: facts of queues and agents, and the table of who waits, written in order by one thread of work.

The streams belong to nobody between two writes, so that several processes on one database may write the same queue.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from datetime import datetime

from calls.errors import CallCentreError
from calls.events import Event, EventBody, NewEvent, StreamKind
from calls.ports import Clock
from records.store import EventStore
from service.desk.desk_tables import DeskTables, WaitingRow

logger = logging.getLogger(__name__)

WAITING_MAX = 10_000
"""Writes in memory while the database is away: hours of a busy desk. Then the oldest are dropped."""
AT_ONCE = 200
"""Most facts in one commit."""
TRIES = 5
"""How often a stream that another process is writing is tried again. Source: a write holds it for milliseconds."""
RETRY_FIRST_S, RETRY_LAST_S = 0.05, 5.0
SOURCE = "desk"

_Job = NewEvent | Callable[[], object]


class DeskLog:
    """Create, `start`, note things from the loop, `stop`."""

    def __init__(
        self,
        store: EventStore,
        tables: DeskTables,
        clock: Clock,
        on_event: Callable[[Event], None] = lambda _event: None,
    ) -> None:
        """Write to `store` and `tables`; nothing is written before `start`. `on_event` hears of each fact kept."""
        self._on_event = on_event
        self._store, self._tables, self._clock = store, tables, clock
        self._jobs: deque[_Job] = deque(maxlen=WAITING_MAX)
        self._news = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._work: asyncio.Task[None] | None = None
        self._closing = False

    def start(self) -> None:
        """Begin to write."""
        self._work = asyncio.get_running_loop().create_task(self._run(), name="desk-log")

    async def stop(self) -> None:
        """Write what waits, once, and end. Idempotent."""
        work, self._work = self._work, None
        if work is None:
            return
        self._closing = True
        self._news.set()
        await work

    async def settled(self) -> None:
        """Return when everything noted so far is written."""
        await self._idle.wait()

    def note(self, kind: StreamKind, stream_id: str, body: EventBody) -> None:
        """Write one fact of a queue or an agent; returns at once."""
        self._add(self._entry(kind, stream_id, body, self._clock.now_utc()))

    def waits(self, row: WaitingRow) -> None:
        """Keep that a contact waits."""
        self._add(lambda: self._tables.put_waiting(row))

    def waits_no_more(self, contact_id: str) -> None:
        """Forget that a contact waits."""
        self._add(lambda: self._tables.drop_waiting(contact_id))

    def do(self, write: Callable[[], object]) -> None:
        """Write something else of the desk, in its turn; runs in a thread."""
        self._add(write)

    def _entry(self, kind: StreamKind, stream_id: str, body: EventBody, at_utc: datetime) -> NewEvent:
        return NewEvent(stream_kind=kind, stream_id=stream_id, body=body, t_ms=None, source=SOURCE, at_utc=at_utc)

    def _add(self, job: _Job) -> None:
        if len(self._jobs) == WAITING_MAX:
            logger.error("the desk's log is full: its oldest entry is lost")
        self._jobs.append(job)
        self._idle.clear()
        self._news.set()

    async def _run(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            while self._jobs:
                await self._write(self._next())
            self._idle.set()
            if self._closing:
                return

    def _next(self) -> list[_Job]:
        """Take facts that stand next to each other together, anything else by itself."""
        batch = [self._jobs.popleft()]
        while isinstance(batch[0], NewEvent) and self._jobs and len(batch) < AT_ONCE:
            if not isinstance(self._jobs[0], NewEvent):
                break
            batch.append(self._jobs.popleft())
        return batch

    async def _write(self, batch: list[_Job]) -> None:
        wait_s, tries = RETRY_FIRST_S, 0
        while True:
            try:
                events = await asyncio.to_thread(self._commit, batch)
            except CallCentreError as error:
                tries += 1
                away = error.code.startswith("database.")
                if self._closing or not (away or (error.code == "stream.conflict" and tries < TRIES)):
                    logger.error("%d entries of the desk's log were not written (%s)", len(batch), error.code)
                    return
            else:
                for event in events:
                    self._on_event(event)
                return
            await asyncio.sleep(wait_s)
            wait_s = min(RETRY_LAST_S, wait_s * 2)

    def _commit(self, batch: list[_Job]) -> list[Event]:
        events: list[Event] = []
        facts = [job for job in batch if isinstance(job, NewEvent)]
        if facts:
            events = self._store.append(facts)
            for kind, stream_id in {(fact.stream_kind, fact.stream_id) for fact in facts}:
                if kind != "call":  # a call has one writer for life
                    self._store.release(kind, stream_id)
        for job in batch:
            if not isinstance(job, NewEvent):
                job()
        return events
