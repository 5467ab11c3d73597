"""Which queues have people at this hour, by their own opening hours, time zone and holidays; the desk hears of changes.

A queue without hours is open whenever the number that was called is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from calls.ids import Language
from calls.ports import Clock
from service.desk_config import DeskSection, Outside
from service.opening_hours import is_open

LOOK_S = 5.0
"""How often the clock is looked at. Source: our choice; hours are minutes, and who waits is told within seconds."""


class QueueHours:
    """The hours of all queues."""

    def __init__(self, section: DeskSection, clock: Clock, zone: ZoneInfo) -> None:
        """`zone` is where queues are that name no time zone."""
        self._section, self._clock, self._zone = section, clock, zone

    def is_open(self, name: str, at_utc: datetime | None = None) -> bool:
        """Tell whether people of a queue work at a time, by default now; of one that has no hours, always."""
        queue = self._section.of(name)
        if queue is None or not (queue.hours or queue.holidays):
            return True
        zone = ZoneInfo(queue.time_zone) if queue.time_zone else self._zone
        return is_open(queue.hours, queue.holidays, (at_utc or self._clock.now_utc()).astimezone(zone))

    def outside(self, name: str) -> Outside:
        """Return what becomes of who comes outside of the hours."""
        queue = self._section.of(name)
        return queue.outside if queue is not None else "callback"

    def queue_for(self, wanted: str, language: Language) -> str:
        """Return the queue of a contact that comes now: of a closed one that overflows, the first open one behind it.

        With all of them closed it is the wanted one, and what holds outside of its hours.
        """
        first = name = self._section.queue_for(wanted, language)
        seen = {name}
        while not self.is_open(name) and self.outside(name) == "overflow":
            queue = self._section.of(name)
            name = self._section.queue_for(queue.overflow_to, language) if queue is not None else name
            if name in seen:
                return first
            seen.add(name)
        return name if self.is_open(name) else first

    async def run(self, tell: Callable[[str, bool], None]) -> None:
        """Call `tell(queue, is_open)` for every queue that opens or closes; at first for those that are closed."""
        known = dict.fromkeys(self._section.names(), True)
        while True:
            for name, was_open in known.items():
                now_open = self.is_open(name)
                if now_open != was_open:
                    known[name] = now_open
                    tell(name, now_open)
            await asyncio.sleep(LOOK_S)
