"""Days named by their place in the calendar: "the fourth of May", "5/12", "Christmas", "el quince"."""

from __future__ import annotations

import re
from datetime import date, timedelta

from calls.ids import Language
from voice.dialog.slots.date_words import BIRTH, DAYS_OF_UNIT, FEAST_DAYS, MONTH_UNITS, MONTHS, ORDINALS, WEEKDAYS
from voice.dialog.slots.number_words import Token
from voice.dialog.slots.numbers import read_cardinal
from voice.dialog.text import word_list

_YEARS_AHEAD = 10
"""A year of two digits up to so far ahead is of this century: "enero del veintisiete". Source: our choice."""


def valid_date(year: int, month: int, day: int) -> date | None:
    """Return the date, None when the calendar has no such day."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def add_months(day: date, months: int) -> date:
    """Return the same day of another month, or the last one that month has."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    for last in (day.day, 30, 29, 28):
        found = valid_date(year, month + 1, min(day.day, last))
        if found:
            return found
    return day


def calendar_day(
    segment: list[Token],
    words: str,
    language: Language,
    today: date,
    *,
    past: bool,
    context: tuple[int, int | None] | None,
) -> date | None:
    """Return the day that a stretch of speech names, `context` being month and year of what was said before."""
    months = [(i, MONTHS[language][t.text]) for i, t in enumerate(segment) if t.text in MONTHS[language]]
    months = [
        (i, m)
        for i, m in months
        if not (segment[i].text in ("may", "mar", "sep") and not _day_near(segment, i, language))
    ]
    if months:
        at, month = months[-1]
        day = _day_near(segment, at, language)
        if day is None:
            return None
        year = _year_after(segment, max(at, day[1]), today, born=bool(BIRTH.search(words)))
        return with_year(day[0], month, year, words, today, past=past)
    slash = [t for t in segment if t.text == "slash"]
    if slash:
        numbers = [t.value for t in segment if t.kind == "numeral"]
        if len(numbers) >= 2:
            first, second = numbers[0], numbers[1]
            day_first = language == "es" or first > 12
            month, day_value = (second, first) if day_first and second <= 12 else (first, second)
            year = numbers[2] if len(numbers) > 2 else None
            if year is not None and year < 100:
                year += 2000 if year < 50 else 1900
            return with_year(day_value, month, year, words, today, past=past)
    numbered = _numbered_month(segment, language)
    if numbered is not None:
        day_said, month_said, behind = numbered
        year_said = _year_after(segment, behind, today, born=bool(BIRTH.search(words)))
        return with_year(day_said, month_said, year_said, words, today, past=past)
    for pattern, (month, fixed_day) in FEAST_DAYS:
        feast = pattern.search(words)
        if feast is not None:
            day_of_feast = with_year(fixed_day, month, None, words, today, past=past)
            beside = _BESIDE_A_FEAST.search(words[: feast.start()])
            if beside is None or day_of_feast is None:
                return day_of_feast
            return day_of_feast + timedelta(days=-1 if beside["before"] else 1)
    lone = _lone_day(segment, language)
    if lone is None:
        return None
    if context is not None:
        year_context = context[1]
        return valid_date(year_context or today.year, context[0], lone)
    return _next_day(lone, words, today, past=past)


_BESIDE_A_FEAST = re.compile(
    r"\b(?:(?P<before>(?:day|night) before|eve of|vispera de|dia antes de|dia anterior a)|"
    r"day after|dia despues de|dia siguiente a)l? ?$"
)


def _numbered_month(segment: list[Token], language: Language) -> tuple[int, int, int] | None:
    """Return day and month of "the twelfth of the first" or "el dos del dos", and the index behind; else None."""
    links = (["of", "the"],) if language == "en" else (["del"], ["del", "mes"])
    for i in range(len(segment)):
        day = _day_at(segment, i, language)
        if day is None:
            continue
        for link in links:
            after = day[1] + len(link)
            if [t.text for t in segment[day[1] : after]] != link or after >= len(segment):
                continue
            month = _day_at(segment, after, language)
            ordinal = language == "es" or segment[after].text in ORDINALS
            if month is not None and month[0] <= 12 and ordinal:
                return day[0], month[0], month[1]
    return None


def _day_near(segment: list[Token], at: int, language: Language) -> tuple[int, int] | None:
    """Return the day of the month nearest to the month at `at`, and the index after it."""
    before: tuple[int, int] | None = None
    for start in range(max(0, at - 5), at):
        day = _day_at(segment, start, language)
        if (
            day is not None
            and day[1] <= at
            and all(
                t.text in ("of", "de", "the", "ordinal", "del", "mes") or t.kind == "comma"
                for t in segment[day[1] : at]
            )
        ):
            before = day
            break
    if before is not None:
        return before[0], at + 1
    for start in range(at + 1, min(len(segment), at + 4)):
        day = _day_at(segment, start, language)
        if day is not None and all(
            t.text in ("the", "el", "dia", "day", "on") or t.kind == "comma" for t in segment[at + 1 : start]
        ):
            return day
    return None


def _day_at(segment: list[Token], i: int, language: Language) -> tuple[int, int] | None:
    """Read a day of the month, ordinal or cardinal, at `i`."""
    token = segment[i]
    if language == "en":
        if token.text in ORDINALS:
            return ORDINALS[token.text], i + 1
        if (
            token.kind == "ten"
            and i + 1 < len(segment)
            and segment[i + 1].text in ORDINALS
            and ORDINALS[segment[i + 1].text] < 10
        ):
            return token.value + ORDINALS[segment[i + 1].text], i + 2
    if token.kind in ("unit", "teen", "ten", "numeral") or (token.text == "un" and language == "es"):
        read = read_cardinal(segment, i)
        if read is not None and 1 <= read[0] <= 31:
            end = read[2]
            if end < len(segment) and segment[end].text == "ordinal":
                end += 1
            return read[0], end
    return None


_AFTER_A_DAY = frozenset(
    word_list(
        "of please if would is works for or in at from and then would suits will should por si de que me a "
        "en seria esta "
        "estaria viene puede puedo after before best maybe thanks when gracias o sin fine good great ok "
        "works around ordinal "
        "le nos va podria mejor perfecto bien del mes y would can could"
    )
)
"""Words that may follow a day of the month; others make it no date ("the second half", "first floor")."""


def _lone_day(segment: list[Token], language: Language) -> int | None:
    """Return "the fifteenth", "el día quince", without a month."""
    found: int | None = None
    for i, token in enumerate(segment):
        day = _day_at(segment, i, language)
        if day is None or (i and segment[i - 1].kind in ("ten", "unit", "teen")):
            continue
        before = segment[i - 1].text if i else ""
        after = segment[day[1]].text if day[1] < len(segment) else ""
        if (
            after in DAYS_OF_UNIT
            or after in MONTH_UNITS
            or after in ("oclock", "am", "pm", "horas", "euros", "pesos", "minutes")
        ):
            continue
        if after and segment[day[1]].kind == "word" and after not in _AFTER_A_DAY:
            continue
        ordinal = token.text in ORDINALS or (
            day[1] - 1 < len(segment)
            and (segment[day[1] - 1].text in ORDINALS or segment[day[1] - 1].text == "ordinal")
        )
        weekday_before = before in WEEKDAYS[language]
        if ordinal or before in ("dia", "el", "the", "day") or weekday_before or len(segment) <= 2:
            found = day[0]
    return found


def _year_after(segment: list[Token], at: int, today: date, *, born: bool) -> int | None:
    """Read the year behind day and month: "1985", "nineteen eighty five", "dos mil tres", "del noventa"."""
    i = at
    while i < len(segment) and (
        segment[i].text in ("of", "de", "del", "the", "ano", "year", "in", "ordinal", "el")
        or segment[i].kind == "comma"
    ):
        i += 1
    if i >= len(segment):
        return None
    read = read_cardinal(segment, i)
    if read is None:
        return None
    value, end = read[0], read[2]
    if 1900 <= value <= 2100:
        return value
    if value in (19, 20) and end < len(segment):
        rest = read_cardinal(segment, end)
        if rest is not None and 10 <= rest[0] <= 99:
            return value * 100 + rest[0]
        if segment[end].kind == "zero" and end + 1 < len(segment):
            unit = read_cardinal(segment, end + 1)
            if unit is not None and unit[0] < 10:
                return value * 100 + unit[0]
    if value < 100 and (born or value > 31 or segment[i - 1].text in ("del", "ano")):
        return 2000 + value if 2000 + value <= today.year + (0 if born else _YEARS_AHEAD) else 1900 + value
    return None


def with_year(day: int, month: int, year: int | None, words: str, today: date, *, past: bool) -> date | None:
    """Return the day in `year`, or without one the next that comes, or the last when the words speak of the past."""
    if year is not None:
        return valid_date(year, month, day)
    if past or re.search(r"\b(?:last|pasado)\b", words):
        for candidate in (valid_date(today.year, month, day), valid_date(today.year - 1, month, day)):
            if candidate is not None and candidate <= today:
                return candidate
    for candidate_year in range(today.year, today.year + 5):
        candidate = valid_date(candidate_year, month, day)
        if candidate is not None and candidate >= today:
            return candidate
    return None


def _next_day(day: int, words: str, today: date, *, past: bool) -> date | None:
    """Return the next such day of a month, or the last one when the words speak of the past."""
    backwards = past or bool(re.search(r"\b(?:last|pasado)\b", words))
    if re.search(r"\b(?:next month|(?:el |del )?(?:mes que viene|proximo mes|mes proximo|mes entrante))\b", words):
        return _valid_in(add_months(today.replace(day=1), 1), day)
    for months in range(14):
        first = add_months(today.replace(day=1), -months if backwards else months)
        candidate = _valid_in(first, day)
        if candidate is not None and ((candidate <= today) if backwards else (candidate >= today)):
            return candidate
    return None


def _valid_in(first: date, day: int) -> date | None:
    return valid_date(first.year, first.month, day)
