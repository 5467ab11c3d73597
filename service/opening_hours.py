"""When the humans of a number work: spans of a week in local time, over midnight too, and holidays. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CLOSED = "closed"
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_DAY_MIN = 24 * 60
AHEAD_DAYS = 31
"""How far ahead the next opening is looked for. Source: our choice; whoever is told of a later one forgets it."""


def parse_spans(text: str) -> list[tuple[int, int]]:
    """Read `09:00-14:00,16:00-19:00`, `22:00-06:00`, `00:00-24:00` or `closed`.

    Returns:
        Minutes from the day's midnight, begin and end; an end beyond 1440 is on the next day.

    Raises:
        ValueError: with a sentence that shows the form.
    """
    if text.strip().lower() == CLOSED:
        return []
    return [_span(part.strip()) for part in text.split(",")]


def _span(text: str) -> tuple[int, int]:
    found = _SPAN.fullmatch(text)
    start, end = -1, -1
    if found is not None:
        hours = [int(part) for part in found.groups()]
        start, end = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
    if found is None or max(hours[1], hours[3]) > 59 or start >= _DAY_MIN or end > _DAY_MIN:
        raise ValueError(f'hours {text!r} must look like "09:00-18:00", local time without an offset, or be "{CLOSED}"')
    if start == end:
        raise ValueError(f'hours {text!r} begin and end at the same minute; all day is "00:00-24:00"')
    return start, end if end > start else end + _DAY_MIN


def check_hours(hours: Mapping[str, str]) -> None:
    """Read every entry.

    Raises:
        ValueError: with a sentence, for a day that is none or hours that cannot be read.
    """
    for day, spans in hours.items():
        if day not in DAYS:
            raise ValueError(f"{day!r} is no day; use {', '.join(DAYS)}")
        parse_spans(spans)


def is_open(hours: Mapping[str, str], holidays: Iterable[date], now_local: datetime) -> bool:
    """Tell whether humans work now; no hours at all means always. A span belongs to the day on which it begins."""
    closed = set(holidays)
    if not hours:
        return now_local.date() not in closed
    minute = now_local.hour * 60 + now_local.minute
    for days_ago in (0, 1):
        day = now_local.date() - timedelta(days=days_ago)
        at = minute + days_ago * _DAY_MIN
        spans = parse_spans(hours.get(DAYS[day.weekday()], CLOSED))
        if day not in closed and any(start <= at < end for start, end in spans):
            return True
    return False


@dataclass(frozen=True, slots=True)
class Calendar:
    """Hours and holidays at one place."""

    hours: Mapping[str, str] = field(default_factory=dict)
    holidays: tuple[date, ...] = ()
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))

    def is_open(self, at_utc: datetime) -> bool:
        """Tell whether humans work at a time."""
        return is_open(self.hours, self.holidays, at_utc.astimezone(self.zone))

    def beginnings(self, since_utc: datetime) -> Iterator[datetime]:
        """Yield when a span, or a day without hours, begins after a time, over the next `AHEAD_DAYS`."""
        first = since_utc.astimezone(self.zone).date()
        for ahead in range(AHEAD_DAYS + 1):
            day = first + timedelta(days=ahead)
            spans = parse_spans(self.hours.get(DAYS[day.weekday()], CLOSED)) if self.hours else [(0, _DAY_MIN)]
            for start, _ in spans if day not in self.holidays else ():
                begins = datetime.combine(day, time(start // 60, start % 60), tzinfo=self.zone)
                if begins > since_utc:
                    yield begins.astimezone(UTC)


def opens_at(calendars: Sequence[Calendar], since_utc: datetime) -> datetime | None:
    """Return when, after a time, one of them begins and all are open, in UTC; None: not within `AHEAD_DAYS`."""
    for begins in sorted({each for calendar in calendars for each in calendar.beginnings(since_utc)}):
        if all(calendar.is_open(begins) for calendar in calendars):
            return begins
    return None
