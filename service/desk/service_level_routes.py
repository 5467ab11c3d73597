"""How well queues were answered, for the supervisor's floor: counted from the log each time that it is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from calls.ports import Clock
from desk.service_level import levels_over
from records.store import EventStore
from service.desk_config import DeskSection

HOURS_MOST = 24 * 31
FACTS_MOST = 50_000
"""Contacts that are counted at once, the newest: a month of sixty an hour. About 0.5 s."""


def service_level_routes(store: EventStore, section: DeskSection, clock: Clock, door: Sequence[Any]) -> APIRouter:
    """Return the route; `door` holds the dependencies that let in who leads."""
    router = APIRouter(dependencies=list(door))

    @router.get("/api/desk/service-level")
    async def service_level(
        hours: Annotated[int, Query(ge=1, le=HOURS_MOST)] = 8,
        minutes: Literal["15", "30", "60", "1440"] = "60",
    ) -> list[dict[str, Any]]:
        """What was answered in time, a queue and interval each, the newest interval first; waits in milliseconds."""
        return await asyncio.to_thread(levels, store, section, clock, hours, int(minutes))

    return router


def levels(store: EventStore, section: DeskSection, clock: Clock, hours: int, minutes: int) -> list[dict[str, Any]]:
    """Return the figures of the last hours. Blocks."""
    since = clock.now_utc() - timedelta(hours=hours)
    events = store.read_type("contact_left_queue", since, FACTS_MOST)
    counted = levels_over(events, aim_s=section.service_level_s, minutes=minutes)
    return [
        {
            "queue": queue,
            "from_utc": begin.isoformat(timespec="seconds"),
            "to_utc": (begin + timedelta(minutes=minutes)).isoformat(timespec="seconds"),
            "aim_s": section.service_level_s(queue),
            "answered": found.answered,
            "in_time": found.in_time,
            "abandoned": found.abandoned,
            "elsewhere": found.elsewhere,
            "service_level": None if found.service_level is None else round(found.service_level, 4),
            "average_wait_ms": found.average_ms,
            "longest_wait_ms": found.longest_ms,
        }
        for (queue, begin), found in sorted(counted.items(), key=lambda item: (-item[0][1].timestamp(), item[0][0]))
    ]
