"""Which queues have people at this hour, by their own opening hours, time zone and holidays; the desk hears of changes.

A queue without hours is open whenever the number that was called is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from calls.ids import Language
from calls.ports import Clock
from service.desk_config import DeskSection, Outside
from service.opening_hours import Calendar, opens_at

LOOK_S = 5.0
"""How often the clock is looked at. Source: our choice; hours are minutes, and who waits is told within seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursNow:
    """What holds for somebody who wants people at one moment."""

    now_local: datetime
    """The moment, where the line is."""
    open: bool
    """Whether people work."""
    opens_at: datetime | None = None
    """When they work next, on the same clock; None while they do, and when it is not known."""
    outside: Literal["callback", "message"] = "callback"
    """What is offered meanwhile, beside the message that a text is anyway."""


class QueueHours:
    """The hours of all queues."""

    def __init__(self, section: DeskSection, clock: Clock, zone: ZoneInfo) -> None:
        """`zone` is where queues are that name no time zone."""
        self._section, self._clock, self._zone = section, clock, zone

    def is_open(self, name: str, at_utc: datetime | None = None) -> bool:
        """Tell whether people of a queue work at a time, by default now; of one that has no hours, always."""
        calendar = self._calendar(name)
        return calendar is None or calendar.is_open(at_utc or self._clock.now_utc())

    def opens_at(self, name: str, number: Calendar | None = None, at_utc: datetime | None = None) -> datetime | None:
        """Return when people of a queue work next, and those of the number, if it has hours; None: it is not known."""
        both = [calendar for calendar in (self._calendar(name), number) if calendar is not None]
        return opens_at(both, at_utc or self._clock.now_utc()) if both else None

    def in_writing(self, wanted: str, language: Language, at_utc: datetime, number: Calendar | None = None) -> HoursNow:
        """Return what holds for who writes.

        Args:
            wanted: The conversation's queue, perhaps empty.
            language: Its language.
            at_utc: The moment.
            number: Hours of the dial plan, if it has any for who writes; both must be open.
        """
        name = self.queue_for(wanted, language, at_utc)
        zone = number.zone if number is not None else self._zone
        is_open = self.is_open(name, at_utc) and (number is None or number.is_open(at_utc))
        next_utc = None if is_open else self.opens_at(name, number, at_utc)
        return HoursNow(
            now_local=at_utc.astimezone(zone),
            open=is_open,
            opens_at=next_utc.astimezone(zone) if next_utc is not None else None,
            outside="message" if self.outside(name) == "voicemail" else "callback",
        )

    def _calendar(self, name: str) -> Calendar | None:
        """Return the hours of a queue; None: it has none."""
        queue = self._section.of(name)
        if queue is None or not (queue.hours or queue.holidays):
            return None
        return Calendar(queue.hours, queue.holidays, ZoneInfo(queue.time_zone) if queue.time_zone else self._zone)

    def outside(self, name: str) -> Outside:
        """Return what becomes of who comes outside of the hours."""
        queue = self._section.of(name)
        return queue.outside if queue is not None else "callback"

    def queue_for(self, wanted: str, language: Language, at_utc: datetime | None = None) -> str:
        """Return the queue of a contact that comes now: of a closed one that overflows, the first open one behind it.

        At another time with `at_utc`. With all of them closed it is the wanted one, and what holds outside of its
        hours.
        """
        first = name = self._section.queue_for(wanted, language)
        seen = {name}
        while not self.is_open(name, at_utc) and self.outside(name) == "overflow":
            queue = self._section.of(name)
            name = self._section.queue_for(queue.overflow_to, language) if queue is not None else name
            if name in seen:
                return first
            seen.add(name)
        return name if self.is_open(name, at_utc) else first

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
