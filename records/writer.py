"""Writes facts from the event loop: one thread, commits in groups, keeps calls going when the database does not."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from calls.errors import CallCentreError
from calls.events import Event, EventBody, NewEvent, StreamKind
from calls.ports import Clock
from records.spill import SpillFile, replay
from records.store import EventStore

logger = logging.getLogger(__name__)

GROUP_S = 0.005
"""How long the first fact of a group waits for others. The commit itself takes about 1 ms for one call and 3 ms when
forty calls have a fact at the same moment, so a fact is usually kept within 10 ms. Source: `python -m bench log`."""
GROUP_MAX = 512
"""Most facts in one ordinary commit."""
WAITING_MAX = 20_000
"""Facts in memory while the database is away, about 20 MB: ten minutes of forty busy calls. Then facts are refused."""
RETRY_FIRST_S, RETRY_LAST_S = 0.25, 5.0
"""First and longest wait between two tries while the database is away; doubled each time."""
RENEW_S = 10.0
"""How often this process says that it is alive; see `records.leases.LOST_AFTER_MS`."""

Listener = Callable[[Event], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class WriterHealth:
    """How the log is doing, for `/readyz`, metrics and the pages."""

    waiting: int
    """Facts that are not in the database yet."""
    refused: int
    """Facts lost because too many waited."""
    trouble: CallCentreError | None
    """Why the database cannot be written at the moment."""


@dataclass(slots=True, eq=False)
class _Item:
    entry: NewEvent
    future: asyncio.Future[Event]
    spilled: bool = False


class LogWriter:
    """The asyncio side of the call log. Create, `start`, `append` from the loop, `stop`."""

    def __init__(
        self, store: EventStore, clock: Clock, *, spill: SpillFile | None = None, waiting_max: int = WAITING_MAX
    ) -> None:
        """Write to `store`; facts that cannot be written wait in memory and, over a crash, in `spill`."""
        self._store, self._clock, self._spill, self._waiting_max = store, clock, spill, waiting_max
        self._items: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listeners: list[Listener] = []
        self._open: set[asyncio.Future[Event]] = set()
        self._refused = 0
        self._trouble: CallCentreError | None = None
        self._stopping = threading.Event()

    async def start(self) -> None:
        """Write what an earlier process left in the spill file, then start the writer thread.

        Raises:
            CallCentreError: `database.*` when the database cannot be written right now.
        """
        self._loop = asyncio.get_running_loop()
        now_utc = self._clock.now_utc()
        await asyncio.to_thread(self._store.renew, now_utc)
        if self._spill is not None and self._spill.exists:
            count = await asyncio.to_thread(replay, self._spill, self._store, now_utc)
            logger.warning("%d facts that an earlier process could not write are in the call log now", count)
        self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """Write what waits and end the thread; what cannot be written stays in the spill file for the next start."""
        if self._thread is None:
            return
        self._stopping.set()
        self._items.put(None)
        await asyncio.to_thread(self._thread.join)
        self._thread = None
        await asyncio.sleep(0)  # lets the last deliveries run

    def append(
        self,
        kind: StreamKind,
        stream_id: str,
        body: EventBody,
        *,
        t_ms: int | None,
        source: str,
        at_utc: datetime | None = None,
    ) -> asyncio.Future[Event]:
        """Append a fact; returns at once. The future gives the event with its number once it is committed.

        The future may be dropped. It fails with CallCentreError `log.overflow` (too many wait), `log.deferred` (the
        program stopped first; written at the next start), `log.stopped` or `stream.conflict`.
        """
        loop = self._loop
        assert loop is not None, "start() first"
        future: asyncio.Future[Event] = loop.create_future()
        future.add_done_callback(_seen)
        if self._thread is None or self._stopping.is_set():
            future.set_exception(_error("log.stopped", "The call log is closed; a fact came too late."))
            return future
        if len(self._open) >= self._waiting_max:
            if self._refused == 0:
                logger.error("the call log is full: more than %d facts wait for the database", self._waiting_max)
            self._refused += 1
            future.set_exception(_error("log.overflow", "Too many facts wait for the database; one was lost."))
            return future
        self._open.add(future)
        entry = NewEvent(
            stream_kind=kind,
            stream_id=stream_id,
            body=body,
            at_utc=at_utc if at_utc is not None else self._clock.now_utc(),
            t_ms=t_ms,
            source=source,
        )
        self._items.put(_Item(entry, future))
        return future

    async def flush(self) -> None:
        """Return when everything that was appended so far is committed, or was given up."""
        waiting = list(self._open)
        if waiting:
            await asyncio.wait(waiting)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` on the loop with each committed event, in order; returns what ends it."""
        self._listeners.append(listener)

        def end() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return end

    @property
    def health(self) -> WriterHealth:
        """How the log is doing."""
        return WriterHealth(waiting=len(self._open), refused=self._refused, trouble=self._trouble)

    # Everything below runs in the writer thread, except `_deliver` and `_settle`.

    def _run(self) -> None:
        renewed = time.monotonic()
        running = True
        while running:
            batch, running = self._gather(RENEW_S, GROUP_S)
            if batch:
                self._write(batch)
            if time.monotonic() - renewed >= RENEW_S:
                renewed = time.monotonic()
                self._renew()

    def _gather(self, wait_s: float, group_s: float) -> tuple[list[_Item], bool]:
        """Wait for a fact, then for its company; the flag is False when the writer shall stop."""
        batch: list[_Item] = []
        until = time.monotonic() + wait_s
        while len(batch) < GROUP_MAX:
            try:
                item = self._items.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                break
            if item is None:
                return batch, False
            if not batch:
                until = time.monotonic() + group_s
            batch.append(item)
        return batch, True

    def _write(self, batch: list[_Item]) -> None:
        """Write a group, trying for as long as the database is away; new facts join the group meanwhile."""
        wait_s = RETRY_FIRST_S
        while True:
            try:
                self._commit(batch)
            except CallCentreError as error:
                if not error.code.startswith("database."):
                    self._settle_error(batch, error)
                    break
                self._note_trouble(error, batch)
            else:
                break
            if self._stopping.is_set():
                self._give_up(batch)
                return
            self._stopping.wait(wait_s)
            wait_s = min(RETRY_LAST_S, wait_s * 2)
            batch.extend(self._take_all())

    def _commit(self, batch: list[_Item]) -> None:
        try:
            events = self._store.append([item.entry for item in batch])
        except CallCentreError as error:
            streams = {(item.entry.stream_kind, item.entry.stream_id) for item in batch}
            if error.code.startswith("database.") or len(streams) == 1:
                raise
            for stream in streams:  # one stream's conflict is not the others' fault
                self._commit_alone([item for item in batch if (item.entry.stream_kind, item.entry.stream_id) == stream])
            return
        if self._trouble is not None:
            logger.warning("the call log can be written again; %d facts had waited", len(batch))
            if self._spill:
                self._spill.clear()
            self._trouble = None
        self._call(self._deliver, [item.future for item in batch], events)

    def _commit_alone(self, items: list[_Item]) -> None:
        try:
            self._commit(items)
        except CallCentreError as error:
            self._settle_error(items, error)

    def _take_all(self) -> list[_Item]:
        items: list[_Item] = []
        while True:
            try:
                item = self._items.get_nowait()
            except queue.Empty:
                return items
            if item is None:
                self._items.put(None)
                return items
            items.append(item)

    def _note_trouble(self, error: CallCentreError, batch: Sequence[_Item]) -> None:
        if self._trouble is None:
            logger.error("the call log cannot be written (%s); calls go on and facts wait", error.code)
        fresh = [item for item in batch if not item.spilled]
        if self._spill and fresh:
            self._keep_in(self._spill, fresh)
        self._trouble = error  # Told last: whoever reads of the trouble finds the facts kept.

    def _keep_in(self, spill: SpillFile, items: Sequence[_Item]) -> None:
        try:
            spill.add([item.entry for item in items])
        except OSError as error:
            logger.error("facts cannot be kept in a file either (%s); they wait in memory", error.strerror)
            return
        for item in items:
            item.spilled = True

    def _give_up(self, batch: Sequence[_Item]) -> None:
        kept = all(item.spilled for item in batch)
        logger.error("stopped with %d unwritten facts, %s", len(batch), "kept for the next start" if kept else "lost")
        self._settle_error(batch, _error("log.deferred", "The program stopped before the database came back."))

    def _renew(self) -> None:
        try:
            self._store.renew(self._clock.now_utc())
        except CallCentreError as error:
            logger.warning("could not renew the ownership of streams (%s)", error.code)

    def _settle_error(self, items: Sequence[_Item], error: CallCentreError) -> None:
        logger.error("%d facts were not written (%s)", len(items), error.code)
        self._call(self._settle, [item.future for item in items], error)

    def _call(self, function: Callable[..., None], *args: object) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(function, *args)

    def _deliver(self, futures: Sequence[asyncio.Future[Event]], events: Sequence[Event]) -> None:
        for future, event in zip(futures, events, strict=True):
            self._open.discard(future)
            if not future.done():
                future.set_result(event)
            for listener in tuple(self._listeners):
                try:
                    listener(event)
                except Exception:
                    logger.exception("a listener of the call log failed at %s", event.body.type)

    def _settle(self, futures: Sequence[asyncio.Future[Event]], error: CallCentreError) -> None:
        for future in futures:
            self._open.discard(future)
            if not future.done():
                future.set_exception(error)


def _seen(future: asyncio.Future[Event]) -> None:
    """Look at the outcome, so that dropped futures make no noise; the writer has logged it."""
    if not future.cancelled():
        future.exception()


def _error(code: str, message: str) -> CallCentreError:
    return CallCentreError(code, message, fault="operator", retryable=False)
