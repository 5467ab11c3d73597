"""Days counted from today: "tomorrow", "next Friday", "de hoy en ocho", "hace dos semanas"."""

from __future__ import annotations

import re
from datetime import date, timedelta

from calls.ids import Language
from voice.dialog.slots.calendar_days import add_months
from voice.dialog.slots.date_words import DAYS_OF_UNIT, MONTH_UNITS, MONTHS, WEEKDAYS
from voice.dialog.slots.number_words import Token
from voice.dialog.slots.numbers import read_cardinal
from voice.dialog.text import word_list

_RELATIVE_WORDS: tuple[tuple[re.Pattern[str], int], ...] = (
    (re.compile(r"\b(?:day after tomorrow|pasado manana|the day after next|overmorrow)\b"), 2),
    (re.compile(r"\b(?:day before yesterday|anteayer|antier|antes de ayer|antayer)\b"), -2),
    (
        re.compile(
            r"\b(?:de hoy en ocho|hoy en ocho|(?:a )?week (?:from )?today|today week|one week from today|"
            r"in a week|a week from now|dentro de una semana|en una semana|de aqui a una semana|"
            r"en ocho dias|dentro de ocho dias)\b"
        ),
        7,
    ),
    (
        re.compile(
            r"\b(?:de hoy en quince|hoy en quince|two weeks from today|in two weeks|two weeks from now|"
            r"in a fortnight|a fortnight today|dentro de dos semanas|en dos semanas|en quince dias|"
            r"dentro de quince dias)\b"
        ),
        14,
    ),
    (re.compile(r"\b(?:manana en ocho|de manana en ocho|a week (?:from )?tomorrow|tomorrow week)\b"), 8),
    (re.compile(r"\b(?:last night|yesterday|anoche|ayer)\b"), -1),
    (
        re.compile(
            r"\b(?:today|tonight|this (?:morning|afternoon|evening)|right now|hoy|ahora mismo|"
            r"esta (?:manana|tarde|noche)|hoy mismo|ahorita)\b"
        ),
        0,
    ),
    (re.compile(r"\b(?:tomorrow|tomorow|tmrw)\b"), 1),
)


_NOT_TOMORROW_ES = re.compile(r"\b(?:por|de|en|a|esta|toda) (?:la |esa )?manana\b|\ben las mananas\b")


def relative_day(segment: list[Token], words: str, language: Language, today: date, *, past: bool) -> date | None:
    """Return the day that a stretch of speech counts from `today`, None when it counts none."""
    nth = _nth_weekday(segment, words, language, today)
    if nth is not None:
        return nth
    weekday, at = _named_weekday(segment, language)
    relative, relative_at = _relative_word(words, language, today)
    if weekday is not None:
        day = _weekday(words, weekday, today, past=past)
        if relative is None or (relative.weekday() != weekday and words.find(at) > relative_at):
            return day
        return relative
    if relative is not None:
        return relative
    counted = _counted(segment, words, today)
    if counted is not None:
        return counted
    if re.search(
        r"\b(?:end of (?:the|this) month|last day of (?:the|this) month|(?:fin|final|finales|"
        r"ultimo(?: dia)?) (?:de|del) (?:este )?mes)\b",
        words,
    ):
        return add_months(today.replace(day=1), 1) - timedelta(days=1)
    return None


_CHOSEN = frozenset(word_list("next this coming proximo este that following on"))


def _named_weekday(segment: list[Token], language: Language) -> tuple[int | None, str]:
    """Return the weekday meant: the last one after "next" or "this", else the last one named."""
    named = [(i, t.text) for i, t in enumerate(segment) if t.text in WEEKDAYS[language]]
    if not named:
        return None, ""
    chosen = [(i, text) for i, text in named if i and segment[i - 1].text in _CHOSEN]
    text = (chosen or named)[-1][1]
    return WEEKDAYS[language][text], text


def _relative_word(words: str, language: Language, today: date) -> tuple[date | None, int]:
    """Return the day of "tomorrow", "anteayer" and their like, and where the word stands."""
    for pattern, days in _RELATIVE_WORDS:
        hit = pattern.search(words)
        if hit is not None:
            return today + timedelta(days=days), hit.start()
    if language == "es":
        hit = re.search(r"\bmanana\b", _NOT_TOMORROW_ES.sub(lambda m: " " * len(m[0]), words))
        if hit is not None:
            return today + timedelta(days=1), hit.start()
    return None, -1


_WEEKS_LATER = re.compile(
    r"\b(?:(\w+) )?(weeks?|fortnight|semanas?) (?:from|on|after|despues de|a partir de|contando desde)l?\b"
    rf"|\b(?:{'|'.join(WEEKDAYS['en'])}) (week|fortnight)\b|\ben (ocho|quince)\b"
)
_SMALL_COUNTS = {"two": 2, "three": 3, "four": 4, "dos": 2, "tres": 3, "cuatro": 4, "2": 2, "3": 3, "4": 4}


def _weeks_later(words: str) -> int:
    """Return the weeks to add to a weekday: "a week on Monday", "Friday fortnight", "el lunes en quince"."""
    found = _WEEKS_LATER.search(words)
    if found is None:
        return 0
    if "fortnight" in found.groups() or found[4] == "quince":
        return 2
    return _SMALL_COUNTS.get(found[1] or "", 1)


_NOT_THIS_ONE = re.compile(
    r"\bnot (?:this |the |on |this coming )?(?P<en>\w+) (?:but )?(?:the )?(?:next|following|one after|week after)\b"
    r"|\b(?:este |el )?(?P<es>\w+)(?: que viene| proximo| siguiente)? no (?:sino )?el (?:siguiente|otro|proximo|"
    r"de la otra|que sigue)\b"
)


def week_after_next(whole: str, language: Language, today: date) -> date | None:
    """Return the day of "not this Friday but the next one" in plain text, else None."""
    found = _NOT_THIS_ONE.search(whole)
    weekday = None if found is None else WEEKDAYS[language].get(found["en"] or found["es"])
    return None if weekday is None else _weekday("", weekday, today, past=False) + timedelta(days=7)


_NTH = {
    "first": 1,
    "second": 2,
    "third": 3,
    "fourth": 4,
    "last": -1,
    "uno": 1,
    "primer": 1,
    "segundo": 2,
    "tercer": 3,
    "tercero": 3,
    "cuarto": 4,
    "ultimo": -1,
}


def _nth_weekday(segment: list[Token], words: str, language: Language, today: date) -> date | None:
    """Return the day of "the second Tuesday in December" or "el último viernes del mes", else None."""
    for i in range(1, len(segment)):
        weekday, nth = WEEKDAYS[language].get(segment[i].text), _NTH.get(segment[i - 1].text)
        behind = [t.text for t in segment[i + 1 : i + 5]]
        month = next((MONTHS[language][word] for word in behind if word in MONTHS[language]), None)
        if weekday is None or nth is None or behind[:1] not in (["of"], ["in"], ["de"], ["del"]):
            continue
        if month is None and not {"month", "mes"} & set(behind):
            continue
        following = re.search(r"\b(?:next month|mes que viene|proximo mes)\b", words)
        first = today.replace(day=1) if not following else add_months(today.replace(day=1), 1)
        for months in range(24):
            start = add_months(first, months)
            found = _nth_in(start, weekday, nth)
            if found >= today and month in (None, start.month):
                return found
    return None


def _nth_in(start: date, weekday: int, nth: int) -> date:
    """Return the `nth` such weekday (-1 the last) of the month that begins at `start`."""
    if nth > 0:
        return start + timedelta(days=(weekday - start.weekday()) % 7 + 7 * (nth - 1))
    end = add_months(start, 1) - timedelta(days=1)
    return end - timedelta(days=(end.weekday() - weekday) % 7)


def _weekday(words: str, weekday: int, today: date, *, past: bool) -> date:
    ahead = (weekday - today.weekday()) % 7
    following = today + timedelta(days=ahead or 7)
    if re.search(r"\b(?:last|pasado|pasada|ultimo|previous|ago)\b", words) or (
        past and not re.search(r"\b(?:next|this|coming|proximo|que viene|este|on)\b", words)
    ):
        behind = (today.weekday() - weekday) % 7
        return today - timedelta(days=behind or 7)
    later = _weeks_later(words)
    if later:
        return following + timedelta(weeks=later)
    monday = today - timedelta(days=today.weekday())
    if re.search(
        r"\b(?:of next week|next week|de la (?:semana (?:que viene|proxima|entrante|siguiente)|"
        r"proxima semana|otra semana)|la (?:semana que viene|proxima semana|semana proxima))\b",
        words,
    ):
        return monday + timedelta(days=7 + weekday)
    if re.search(r"\b(?:after next|week after next|de aqui a dos|siguiente no el otro|no este sino)\b", words):
        return following + timedelta(days=7)
    if re.search(r"\b(?:today|hoy)\b", words) and ahead == 0:
        return today
    return following


_SMALL = {"a": 1, "an": 1, "one": 1, "un": 1, "una": 1, "couple": 2, "to": 2, "for": 4, "par": 2}


def _counted(segment: list[Token], words: str, today: date) -> date | None:
    """Read "in three days", "hace dos semanas", "within a month"."""
    for i, token in enumerate(segment):
        unit = DAYS_OF_UNIT.get(token.text)
        months = token.text in MONTH_UNITS
        if unit is None and not months:
            continue
        count = None
        for start in (i - 3, i - 2, i - 1):
            if start < 0:
                continue
            read = read_cardinal(segment, start)
            if read is not None and read[2] == i:
                count = read[0]
                break
        if count is None and i:
            previous = segment[i - 1].text if segment[i - 1].text != "of" or i < 2 else segment[i - 2].text
            previous = segment[i - 2].text if previous in ("de",) and i >= 2 else previous
            count = _SMALL.get(previous)
        if count is None:
            continue
        backwards = bool(re.search(r"\b(?:ago|hace|last|atras|before)\b", words))
        forwards = bool(
            re.search(r"\b(?:in|within|from now|from today|later|en|dentro de|de aqui|after|de hoy|despues)\b", words)
        )
        if not backwards and not forwards:
            continue
        sign = -1 if backwards else 1
        if months:
            return add_months(today, sign * count)
        return today + timedelta(days=sign * count * (unit or 1))
    return None
