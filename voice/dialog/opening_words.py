"""When people are in again, as it is said and as it is written. Pure."""

from __future__ import annotations

from datetime import datetime

from calls.ids import Language
from voice.dialog.slots.dates import say_date, say_weekday
from voice.dialog.slots.times import say_time

WEEK_DAYS = 7
"""From so many days on a weekday alone would be ambiguous."""


def opening_in_words(opens_at: datetime, now_local: datetime, language: Language, *, written: bool) -> str:
    """Return the day and the hour: `tomorrow at 9:00`, `el lunes a las 9 de la mañana`.

    Args:
        opens_at: When people work next.
        now_local: Now, on the same clock.
        language: Of the words.
        written: True for figures on a clock of 24 hours, false for what a voice says.
    """
    day, ahead = opens_at.date(), (opens_at.date() - now_local.date()).days
    if ahead <= 1:
        words = {"en": ("today", "tomorrow"), "es": ("hoy", "mañana")}[language][max(ahead, 0)]
    else:
        named = say_weekday(day, language) if ahead < WEEK_DAYS else say_date(day.isoformat(), language)
        words = f"on {named}" if language == "en" else f"el {named}"
    return words if opens_at.time() == datetime.min.time() else f"{words} {_at(opens_at, language, written=written)}"


def _at(opens_at: datetime, language: Language, *, written: bool) -> str:
    clock = f"{opens_at:%H:%M}"
    if written:
        plain = clock.removeprefix("0")
        return f"at {plain}" if language == "en" else f"{'a la' if opens_at.hour == 1 else 'a las'} {plain}"
    spoken = say_time(clock, language)
    if language == "es":
        return f"a {spoken}"
    return "at noon" if clock == "12:00" else f"at {spoken}"
