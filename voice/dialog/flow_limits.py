"""What a flow can promise: the days and hours on which something is possible, and why others are refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from calls.ids import Language
from voice.dialog.slots import Parsed
from voice.dialog.text import plain

Refusal = Literal["past", "closed_day", "closed_hour", "passed_hour"]
"""Texts of the slot in the flow's file that say why a value is not possible, and what is."""

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_PARTS_OF_DAY: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "any",
        re.compile(
            r"\b(?:any ?time|all day|whenever|dont mind|do not mind|dont care|it doesnt matter|whatever suits|"
            r"cuando (?:quieran|"
            r"puedan|sea)|a cualquier hora|cualquier hora|me da igual|todo el dia|me es igual|da lo mismo)\b"
        ),
    ),
    (
        "evening",
        re.compile(r"\b(?:evening|end of the day|late in the day|after work|ultima hora|al final del dia)\b"),
    ),
    ("morning", re.compile(r"\b(?:morning|mornings|first thing|early|(?:la|de) manana|primera hora|temprano)\b")),
    ("midday", re.compile(r"\b(?:midday|around noon|lunch ?time|mediodia|medio dia|a la hora de comer)\b")),
    ("afternoon", re.compile(r"\b(?:afternoon|afternoons|after lunch|la tarde|las tardes|despues de comer)\b")),
)


@dataclass(frozen=True, slots=True)
class Limits:
    """The values of one slot that are possible."""

    from_today: bool = False
    """True refuses days that have passed."""
    weekdays: frozenset[int] = frozenset(range(7))
    """0 is Monday."""
    first: str = "00:00"
    """The earliest time of day, `HH:MM`."""
    last: str = "23:59"
    """The latest time of day, `HH:MM`."""
    parts: tuple[tuple[str, str], ...] = ()
    """Parts of the day that a caller may name instead of a time, each with the time from which it is meant."""


def limits_from(data: dict[str, Any]) -> Limits:
    """Read the `limits` of a slot in a flow's file; none given limits nothing."""
    days = data.get("weekdays", list(_WEEKDAYS))
    return Limits(
        from_today=data.get("from_today", False),
        weekdays=frozenset(_WEEKDAYS.index(day) for day in days),
        first=data.get("first", "00:00"),
        last=data.get("last", "23:59"),
        parts=tuple(data.get("parts", {}).items()),
    )


def refusal(limits: Limits, slot_type: str, value: str, day: str, now: datetime) -> Refusal | None:
    """Return why `value` is not possible, None when it is.

    Args:
        limits: What is possible.
        slot_type: `date` or `time`; other types are never refused.
        value: Normal form of the value.
        day: The day that a time is wanted on, ISO 8601; empty when not known yet.
        now: The wall clock.
    """
    if slot_type == "date":
        wanted = date.fromisoformat(value)
        if limits.from_today and wanted < now.date():
            return "past"
        return None if wanted.weekday() in limits.weekdays else "closed_day"
    if slot_type == "time":
        if not limits.first <= value <= limits.last:
            return "closed_hour"
        if limits.from_today and day == now.date().isoformat() and value <= now.strftime("%H:%M"):
            return "passed_hour"
    return None


def fit_time(limits: Limits, parsed: Parsed) -> Parsed:
    """Settle "at nine": when only one half of the day is possible, that one is meant."""
    if not parsed.needs_confirmation:
        return parsed
    hour, minute = int(parsed.value[:2]), parsed.value[2:]
    both = [f"{hour % 12:02d}{minute}", f"{hour % 12 + 12:02d}{minute}"]
    possible = [value for value in both if limits.first <= value <= limits.last]
    narrow = limits.first > "00:00" or limits.last < "23:59"
    return Parsed(possible[0], 0.9, needs_confirmation=False) if narrow and len(possible) == 1 else parsed


def part_of_day(limits: Limits, text: str, language: Language) -> Parsed | None:
    """Read "in the afternoon" as the time from which the flow's file says that it is; to be read back."""
    speech = plain(text)
    if language == "es":
        speech = re.sub(r"\bpasado manana\b|\bmanana por\b", " ", speech)
    named = dict(limits.parts)
    for part, words in _PARTS_OF_DAY:
        if part in named and words.search(speech):
            return Parsed(named[part], 0.6, needs_confirmation=True)
    return None
