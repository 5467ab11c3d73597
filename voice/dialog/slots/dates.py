"""Dates as spoken, to ISO 8601, counted from a given today."""

from __future__ import annotations

import re
from datetime import date

from calls.ids import Language
from voice.dialog.slots.calendar_days import calendar_day, valid_date, with_year
from voice.dialog.slots.date_words import BIRTH, PAST_WORDS, date_segments
from voice.dialog.slots.relative_days import relative_day, week_after_next
from voice.dialog.slots.types import Parsed
from voice.dialog.text import plain, word_list


def parse_date(text: str, language: Language, today: date) -> Parsed | None:
    """Return the date meant, after corrections, as `YYYY-MM-DD`.

    A day without a year is the next one that comes, unless the words speak of the past; "this coming" or "el próximo"
    with a weekday is the first one after today; "de hoy en ocho" is a week later.
    """
    low = text.lower()
    iso = re.search(r"\b(\d{4})-(\d{2})-(\d{2})\b", low)
    if iso:
        found = valid_date(int(iso[1]), int(iso[2]), int(iso[3]))
        return Parsed(found.isoformat(), 1.0, needs_confirmation=False) if found else None
    low = re.sub(r"\b(\d{1,2})[/.-](\d{1,2})[/.-](\d{2,4})\b", r"\1 slash \2 slash \3", low)
    low = re.sub(r"\b(\d{1,2})/(\d{1,2})\b", r"\1 slash \2", low)
    whole = plain(text)
    past = bool(PAST_WORDS.search(whole))
    found_date: date | None = None
    context: tuple[int, int | None] | None = None
    not_this = week_after_next(whole, language, today)
    if not_this is not None:
        return Parsed(not_this.isoformat(), 0.8, needs_confirmation=False)
    for segment in date_segments(low, language):
        words = " ".join(t.text for t in segment if t.kind != "comma")
        day = calendar_day(segment, words, language, today, past=past, context=context)
        day = day or relative_day(segment, words, language, today, past=past)
        if day is not None:
            found_date = day
            context = (day.month, day.year)
    if found_date is None:
        return None
    if (
        abs((found_date - today).days) > 400
        and not BIRTH.search(whole)
        and not re.search(r"\d{4}|mil|thousand|nineteen|twenty", whole)
    ):
        return Parsed(found_date.isoformat(), 0.6, needs_confirmation=True)
    return Parsed(found_date.isoformat(), 0.9, needs_confirmation=False)


def date_from_keys(keys: str, today: date) -> Parsed | None:
    """Read `DDMM` or `DDMMYYYY`."""
    if not keys.isdigit() or len(keys) not in (4, 8):
        return None
    day, month = int(keys[:2]), int(keys[2:4])
    year = int(keys[4:]) if len(keys) == 8 else None
    found = with_year(day, month, year, "", today, past=False)
    return Parsed(found.isoformat(), 1.0, needs_confirmation=False) if found else None


_SPOKEN_MONTHS = {
    "en": word_list("January February March April May June July August September October November December"),
    "es": word_list("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"),
}


_SPOKEN_DAYS = {
    "en": word_list("Monday Tuesday Wednesday Thursday Friday Saturday Sunday"),
    "es": word_list("lunes martes miércoles jueves viernes sábado domingo"),
}


def say_date(value: str, language: Language) -> str:
    """Write a date with its weekday: `Friday, December 4`, `viernes 4 de diciembre`."""
    day = date.fromisoformat(value)
    weekday, month = _SPOKEN_DAYS[language][day.weekday()], _SPOKEN_MONTHS[language][day.month - 1]
    return f"{weekday}, {month} {day.day}" if language == "en" else f"{weekday} {day.day} de {month}"


def say_weekday(day: date, language: Language) -> str:
    """Write the weekday of a date."""
    return _SPOKEN_DAYS[language][day.weekday()]
