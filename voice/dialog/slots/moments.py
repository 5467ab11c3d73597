"""Moments that have passed, as spoken and counted from now: "two hours ago", "since last night", "ayer a las nueve"."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from calls.ids import Language
from voice.dialog.slots.date_words import DAYS_AND_MONTHS
from voice.dialog.slots.dates import parse_date, say_date
from voice.dialog.slots.number_words import Token, stretches
from voice.dialog.slots.numbers import read_cardinal
from voice.dialog.slots.times import parse_time, say_time, time_from_keys
from voice.dialog.slots.types import Parsed
from voice.dialog.text import any_of, plain

_MINUTES = {
    **dict.fromkeys(("minute", "minutes", "min", "mins", "minuto", "minutos", "minutitos"), 1),
    **dict.fromkeys(("hour", "hours", "hora", "horas", "horita"), 60),
    **dict.fromkeys(("day", "days", "dia", "dias"), 24 * 60),
    **dict.fromkeys(("week", "weeks", "semana", "semanas"), 7 * 24 * 60),
}
_WHOLE_DAY = 24 * 60
_UNITS = "|".join(_MINUTES)
_FROM_NOW = any_of(
    rf"\b(?:{_UNITS})(?: \w+){{0,4}} (?:ago|atras)\b",
    rf"\bhace(?: \w+){{1,5}} (?:{_UNITS})\b",
    r"\bhalf an hour\b|\bmedia hora\b",
)
_FEW = {"a": 1, "an": 1, "one": 1, "un": 1, "una": 1, "couple": 2, "par": 2}
_DIFFERENCE = re.compile(
    r"\b(?:ago|hace|atras|for|been|since|llevo|llevamos|lleva|desde|about|around|unos|unas|como|casi|over|almost|"
    r"nearly)\b"
)
_AHEAD = re.compile(r"\b(?:in|within|from now|dentro de|de aqui a)\b")
_NOW = re.compile(
    r"\b(?:just now|right now|just this (?:minute|second|moment)|a (?:moment|second|minute|few seconds) ago|"
    r"only just|it just|just "
    r"(?:went|happened|started|cut|stopped)|this (?:very )?(?:moment|minute|second)|ahora mismo|hace un (?:momento|"
    r"momentito|segundo|instante)|"
    r"ahorita|recien|acaba de|justo ahora|en este momento|hace nada)\b"
)
_DAY_WORDS = re.compile(
    rf"\b(?:yesterday|today|day before|may|ayer|anteayer|antier|antes de ayer|hoy|{DAYS_AND_MONTHS}|"
    r"\d+(?:st|nd|rd|th))\b"
)
_PARTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "night",
        re.compile(r"\b(?:last night|tonight|anoche|esta noche|night|noche)\b"),
    ),
    (
        "morning",
        re.compile(r"\b(?:morning|(?:esta|por la|de la|en la|la) manana|ayer (?:por|en) la manana|madrugada)\b"),
    ),
    ("afternoon", re.compile(r"\b(?:afternoon|(?:esta|por la|de la|en la|la) tarde|mediodia|lunch ?time|noon)\b")),
    ("evening", re.compile(r"\b(?:evening)\b")),
)
_LAST_NIGHT = re.compile(
    r"\b(?:last night|anoche|ayer (?:por|en|a) la noche|ayer noche|yesterday night|yesterday evening|last evening)\b"
)
_SPOKEN_PARTS: dict[Language, dict[str, str]] = {
    "en": {
        "night": "in the night",
        "morning": "in the morning",
        "afternoon": "in the afternoon",
        "evening": "in the evening",
    },
    "es": {"night": "por la noche", "morning": "por la mañana", "afternoon": "por la tarde", "evening": "por la tarde"},
}


def is_difference(text: str) -> bool:
    """Return whether a time is given as a distance from now ("two hours ago"), not as a time of day."""
    return _FROM_NOW.search(plain(text)) is not None


def parse_moment(text: str, language: Language, now: datetime) -> Parsed | None:
    """Return when something began, in the past: `2026-11-21T21:30`, `2026-11-21/night`, or only `2026-11-21`.

    A time of day that is still to come today was yesterday's; "at nine" without a half of the day is the last one.
    """
    speech = plain(text)
    if _NOW.search(speech):
        return Parsed(_minute(now), 0.9, needs_confirmation=False)
    back = _minutes_back(text, language)
    if back is not None and not _AHEAD.search(speech) and (_DIFFERENCE.search(speech) or len(speech.split()) <= 5):
        began = now - timedelta(minutes=back)
        value = began.date().isoformat() if back >= _WHOLE_DAY else _minute(began)
        return Parsed(value, 0.9, needs_confirmation=False)
    day = _day(text, speech, language, now.date())
    clock = parse_time(text, language)
    if clock is not None and not is_difference(text):
        return _at(clock, day, now)
    part = next((name for name, words in _PARTS if words.search(speech)), None)
    if part is not None:
        return Parsed(f"{(day or now.date()).isoformat()}/{part}", 0.8, needs_confirmation=False)
    return Parsed(day.isoformat(), 0.8, needs_confirmation=False) if day is not None else None


def moment_from_keys(keys: str, now: datetime) -> Parsed | None:
    """Read `HHMM`; a time that is still to come today was yesterday's."""
    clock = time_from_keys(keys)
    return _at(clock, None, now) if clock is not None else None


def say_moment(value: str, language: Language) -> str:
    """Write a moment as people say it, with its day."""
    if "T" in value:
        day, clock = value.split("T")
        joined = "on" if language == "en" else "del"
        return f"{say_time(clock, language)} {joined} {say_date(day, language)}"
    day, _, part = value.partition("/")
    spoken = say_date(day, language) if language == "en" else f"el {say_date(day, language)}"
    return f"{spoken} {_SPOKEN_PARTS[language][part]}" if part else spoken


def _minute(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M")


def _at(clock: Parsed, day: date | None, now: datetime) -> Parsed:
    """Join a time of day with its day, or with the last day on which that time has passed."""
    hour, minute = int(clock.value[:2]), int(clock.value[3:])
    limit = now.replace(tzinfo=None)
    hours = {hour, (hour + 12) % 24} if clock.needs_confirmation else {hour}
    if day is None:
        passed = [
            datetime.combine(limit.date() - timedelta(days=back), time(each, minute))
            for each in hours
            for back in (0, 1)
        ]
        found = max(moment for moment in passed if moment <= limit)
    else:
        same_day = [datetime.combine(day, time(each, minute)) for each in sorted(hours)]
        found = next((moment for moment in same_day if moment.hour == hour and moment <= limit), same_day[0])
    return Parsed(_minute(found), clock.confidence_score, needs_confirmation=clock.needs_confirmation)


def _day(text: str, speech: str, language: Language, today: date) -> date | None:
    if _LAST_NIGHT.search(speech):
        return today - timedelta(days=1)
    if not _DAY_WORDS.search(speech):
        return None
    prefix = "since" if language == "en" else "desde"
    parsed = parse_date(f"{prefix} {text}", language, today)
    if parsed is None:
        return None
    found = date.fromisoformat(parsed.value)
    return found if found <= today else None


def _minutes_back(text: str, language: Language) -> int | None:
    """Add up the spans of time in the words: "two hours and ten minutes", "hora y media"."""
    total, found = 0.0, False
    for segment in stretches(text.lower(), language):
        words = [t for t in segment if t.kind != "comma"]
        for i, token in enumerate(words):
            minutes = _MINUTES.get(token.text)
            count = _count(words, i) if minutes is not None else None
            if minutes is None or count is None:
                continue
            behind = [t.text for t in words[i + 1 : i + 4]]
            if behind[:2] in (["y", "media"], ["and", "half"]) or behind == ["and", "a", "half"]:
                count += 0.5
            total, found = total + count * minutes, True
    return round(total) if found else None


def _count(words: list[Token], at: int) -> float | None:
    """Return how many of the unit at `at` are said before it."""
    before = [t.text for t in words[max(0, at - 3) : at]]
    if before[-2:] in (["half", "an"], ["half", "a"]) or before[-1:] in (["media"], ["half"]):
        return 0.5
    if "quarter" in before[-3:] or before[-2:] == ["cuarto", "de"]:
        return 0.25
    for start in (at - 3, at - 2, at - 1):
        read = read_cardinal(words, start) if start >= 0 else None
        if read is not None and read[2] == at:
            return float(read[0])
    named = [word for word in before if word not in ("of", "de")]
    return float(_FEW[named[-1]]) if named and named[-1] in _FEW else None
