"""One call's pen: asks consent, writes facts to the log, and remembers them for the brief."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from calls.errors import CallCentreError
from calls.events import Event, EventBody, SecretWithdrawn
from calls.ids import CallId
from records.split_cards import SplitCards
from records.withdrawal import withdrawal_of, withdrawn
from records.writer import LogWriter
from service.consent import Consent


class CallLog:
    """Everything of one call that is written goes through `note`."""

    def __init__(
        self,
        writer: LogWriter,
        call_id: CallId,
        consent: Consent,
        now: Callable[[], int | None],
        on_lost: Callable[[], None] = lambda: None,
    ) -> None:
        """`now()` is the call's media clock, None before the answer.

        `on_lost()` is called when another process writes the call, since this one was taken for lost.
        """
        self._writer = writer
        self._call_id = call_id
        self._consent = consent
        self._now = now
        self._on_lost = on_lost
        self._waiting: set[asyncio.Future[Event]] = set()
        self.events: list[Event] = []
        """Facts of this call as committed, in order."""

    def note(self, body: EventBody, source: str, *, t_ms: int | None = None) -> None:
        """Write one fact if it may be kept; returns at once, the order of calls is the order of the log."""
        if not self._consent.may_keep(body):
            return
        at_ms = self._now() if t_ms is None else t_ms
        future = self._writer.append("call", self._call_id, body, t_ms=at_ms, source=source)
        self._waiting.add(future)
        future.add_done_callback(self._committed)

    async def withdraw(self, cards: SplitCards, since_ms: int) -> bool:
        """Take card numbers that came in parts out of what was written since then; True when the brief held one."""
        await self.settled()
        body = withdrawal_of(self.events, cards, since_ms)
        if body is None:
            return False
        self.note(body, "call")
        await self.settled()
        return body.brief

    async def settled(self) -> None:
        """Return when everything noted so far is committed, or was given up."""
        if self._waiting:
            await asyncio.wait(set(self._waiting))

    def _committed(self, future: asyncio.Future[Event]) -> None:
        self._waiting.discard(future)
        if future.cancelled():
            return
        error = future.exception()
        if error is None:
            event = future.result()
            self.events.append(event)
            if isinstance(event.body, SecretWithdrawn):
                gone = event.body.seqs
                self.events = [replace(e, body=withdrawn(e.body)) if e.seq in gone else e for e in self.events]
        elif isinstance(error, CallCentreError) and error.code == "stream.conflict":
            self._on_lost()
