"""Tells the company's own programs of facts: each hook follows the log, in order, and goes on where it was.

The log is the queue: nothing is lost while the other side is away, and the place is moved on only after it took a fact.
Personal fields are left out unless the hook may have them. What the other side refuses for good is passed over, so that
one fact does not keep all later ones from it. Of several processes one tells.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from calls.codec import to_json
from calls.errors import CallCentreError
from calls.events import PERSONAL_FIELDS, Event
from calls.ports import Clock
from channels.places import Place, Places
from records import schema
from records.store import EventStore
from service.channels.webhook_poster import SignedPoster, refusal
from service.channels_config import EventHookSection

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
"""How often the log is looked at. Source: our choice; a CRM need not know within less."""
BACK_OFF_S = (2.0, 10.0, 60.0, 300.0, 900.0)
SETTLED = timedelta(seconds=5)
"""How old a fact must be where several processes write: one that was given its position earlier may be kept later."""
AT_ONCE = 100
REFUSED_TRIES = 5
"""How often a fact is told that the other side refuses, since somebody may mend it, before it is passed over."""


class EventHook:
    """One program that is told. Create, `run` in a task."""

    def __init__(
        self,
        name: str,
        section: EventHookSection,
        store: EventStore,
        places: Places,
        clock: Clock,
        failed: Callable[[str], None] = lambda _part: None,
    ) -> None:
        """Tell nothing yet.

        Raises:
            CallCentreError: `config.unreadable` or `channels.bad_ca` when a file cannot be read.
        """
        self._count_failure = failed
        self.name, self._section, self._store, self._places, self._clock = name, section, store, places, clock
        self._poster = SignedPoster(name, section.url, section, clock)
        self.trouble: CallCentreError | None = None
        """Why nothing can be told at the moment."""
        self.told = 0
        self._refused = 0

    @property
    def reader(self) -> str:
        """Its name in the table of places."""
        return f"hook:{self.name}"

    async def run(self) -> None:
        """Tell for ever; facts from before the first start are not told."""
        failures = 0
        while True:
            try:
                await self._look()
                failures, self.trouble = 0, None
                await asyncio.sleep(LOOK_EVERY_S)
            except (CallCentreError, exc.DBAPIError) as error:
                self.trouble = error if isinstance(error, CallCentreError) else _no_database()
                logger.warning("the event hook %s waits (%s)", self.name, self.trouble.code)
                self._count_failure("event_hook")
                await asyncio.sleep(BACK_OFF_S[min(failures, len(BACK_OFF_S) - 1)])
                failures += 1

    async def leave(self) -> None:
        """Let another process tell."""
        await asyncio.to_thread(self._places.leave, self.reader)

    async def _look(self) -> None:
        now = self._clock.now_utc()
        place = await asyncio.to_thread(self._places.take, self.reader, now)
        if place is None:
            return
        if place.is_new:
            last = await asyncio.to_thread(self._last_position)
            await asyncio.to_thread(self._places.move, self.reader, 0, last, now)
            return
        await self._tell_from(place)

    async def _tell_from(self, place: Place) -> None:
        now = self._clock.now_utc()
        found = await asyncio.to_thread(self._store.read_after, place.reached, self._section.facts, AT_ONCE)
        for position, event in found:
            if self._store.is_shared and now - event.at_utc < SETTLED:
                return
            await self._tell(event)
            if not await self._move(position):
                return  # another process tells by now

    async def _move(self, position: int) -> bool:
        """Keep that a fact was told, also when this task is ended meanwhile: the next start would tell it again."""
        moving = asyncio.ensure_future(
            asyncio.to_thread(self._places.move, self.reader, 0, position, self._clock.now_utc())
        )
        try:
            return await asyncio.shield(moving)
        except asyncio.CancelledError:
            await moving
            raise

    async def _tell(self, event: Event) -> None:
        told = fact_for(event, personal=self._section.personal)
        posted = await self._poster.post(json.dumps(told, ensure_ascii=False).encode(), told["id"])
        if not 200 <= posted.status < 300:
            error = refusal(self.name, posted, "", None)
            self._refused += 1
            if error.retryable or self._refused < REFUSED_TRIES:
                raise error
            logger.error("the event hook %s refuses a fact (%s), which is passed over", self.name, error.code)
        self._refused = 0
        self.told += 1

    def _last_position(self) -> int:
        with self._store.engine.connect() as connection:
            return int(connection.execute(sa.select(sa.func.max(schema.events.c.position))).scalar() or 0)


def fact_for(event: Event, *, personal: bool) -> dict[str, Any]:
    """Return a fact as other programs get it; without personal fields unless they may have them."""
    body = to_json(event.body)
    if not personal:
        for field in PERSONAL_FIELDS.get(event.body.type, ()):
            body[field] = None
    return {
        "type": "fact",
        "id": f"{event.stream_kind}/{event.stream_id}/{event.seq}",
        "fact": event.body.type,
        "stream_kind": event.stream_kind,
        "stream_id": event.stream_id,
        "seq": event.seq,
        "at": event.at_utc.isoformat(),
        "body": body,
    }


def _no_database() -> CallCentreError:
    sentence = "The database cannot be used, so that facts are told when it can."
    return CallCentreError("database.unreachable", sentence, fault="operator", retryable=True)
