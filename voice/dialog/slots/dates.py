"""Dates as spoken, to ISO 8601, counted from a given today."""

from __future__ import annotations

import re
from datetime import date, timedelta

from rapidfuzz import fuzz

from calls.ids import Language
from voice.dialog.slots.numbers import Token, read_cardinal, tokens
from voice.dialog.slots.types import Parsed
from voice.dialog.text import plain, strip_accents, word_list

_MONTHS: dict[Language, dict[str, int]] = {
    "en": {
        m: i + 1
        for i, m in enumerate(
            word_list("january february march april may june july august september october november december")
        )
    }
    | {
        "jan": 1,
        "feb": 2,
        "mar": 3,
        "apr": 4,
        "jun": 6,
        "jul": 7,
        "aug": 8,
        "sep": 9,
        "sept": 9,
        "oct": 10,
        "nov": 11,
        "dec": 12,
        "febuary": 2,
        "decembre": 12,
        "novembre": 11,
        "desember": 12,
    },
    "es": {
        m: i + 1
        for i, m in enumerate(
            word_list("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre")
        )
    }
    | {"setiembre": 9, "disiembre": 12, "nobiembre": 11, "ene": 1, "feb": 2, "dic": 12, "nov": 11, "oct": 10, "sep": 9},
}
_WEEKDAYS: dict[Language, dict[str, int]] = {
    "en": {
        "monday": 0,
        "mon": 0,
        "tuesday": 1,
        "tues": 1,
        "tue": 1,
        "wednesday": 2,
        "weds": 2,
        "wed": 2,
        "wensday": 2,
        "thursday": 3,
        "thurs": 3,
        "thirsty": 3,
        "friday": 4,
        "fri": 4,
        "fryday": 4,
        "saturday": 5,
        "sat": 5,
        "sunday": 6,
        "sun": 6,
        "mondays": 0,
        "tuesdays": 1,
        "wednesdays": 2,
        "thursdays": 3,
        "fridays": 4,
        "saturdays": 5,
        "sundays": 6,
    },
    "es": {
        "lunes": 0,
        "martes": 1,
        "miercoles": 2,
        "jueves": 3,
        "viernes": 4,
        "sabado": 5,
        "domingo": 6,
        "mercoles": 2,
        "biernes": 4,
        "juebes": 3,
    },
}
_ORDINALS = {
    w: i + 1
    for i, w in enumerate(
        word_list(
            "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
            "fourteenth fifteenth "
            "sixteenth seventeenth eighteenth nineteenth twentieth"
        )
    )
} | {"thirtieth": 30, "twelth": 12, "nineth": 9, "eigth": 8, "fith": 5}
_REPAIRS: dict[Language, tuple[tuple[str, str], ...]] = {
    "en": (
        (r"\bthirst day\b", "thursday"),
        (r"\bwed(?:ding|dens)? ?s ?day\b", "wednesday"),
        (r"\b(?:to|two|too) ?morrow\b", "tomorrow"),
        (r"\b(?:fry|fried) day\b", "friday"),
        (r"\bmun day\b", "monday"),
        (r"\bsat(?:ur|her) day\b", "saturday"),
        (r"\b(?:chews|choose) day\b", "tuesday"),
        (r"\b(\d{1,2})(?:st|nd|rd|th)\b", r"\1 ordinal"),
        (r"\b(?:forth)\b", "fourth"),
        (r"\bto ?day\b", "today"),
        (
            r"\b(december|november|january|february|march|april|may|june|july|august|september|"
            r"october) to\b",
            r"\1 two",
        ),
        (r"\b(december|november|january|february|march|april|june|july|august|september|october) for\b", r"\1 four"),
        (r"\b(december|november|january|february|march|april|june|july|august|september|october) ate\b", r"\1 eight"),
        (r"\b(december|november|january|february|march|april|june|july|august|september|october) won\b", r"\1 one"),
    ),
    "es": (
        (r"\bmier ?coles\b", "miercoles"),
        (r"\bvier ?nes\b", "viernes"),
        (r"\bpasa ?do manana\b", "pasado manana"),
        (r"\bpasado ma nana\b", "pasado manana"),
        (r"\bsaba do\b", "sabado"),
        (r"\bdi ciembre\b", "diciembre"),
        (r"\bno viembre\b", "noviembre"),
        (r"\bjue ves\b", "jueves"),
        (r"\bprimero? de\b", "uno de"),
        (r"\bprimero\b", "uno"),
        (r"\bmar tes\b", "martes"),
        (r"\bantes de ayer\b", "anteayer"),
        (r"\bante ?ayer\b", "anteayer"),
    ),
}
_FIXED: tuple[tuple[re.Pattern[str], tuple[int, int]], ...] = (
    (re.compile(r"\b(?:christmas eve|nochebuena|noche buena)\b"), (12, 24)),
    (re.compile(r"\b(?:christmas(?: day)?|navidad)\b(?! eve)"), (12, 25)),
    (re.compile(r"\b(?:new years eve|nochevieja|noche vieja|fin de ano)\b"), (12, 31)),
    (re.compile(r"\b(?:new years(?: day)?|ano nuevo)\b(?! eve)"), (1, 1)),
    (re.compile(r"\b(?:dia de reyes|epiphany|(?:el dia de|los) reyes(?: magos)?)\b"), (1, 6)),
    (re.compile(r"\b(?:valentines(?: day)?|san valentin)\b"), (2, 14)),
    (re.compile(r"\b(?:halloween)\b"), (10, 31)),
    (re.compile(r"\b(?:boxing day)\b"), (12, 26)),
)
_PAST_WORDS = re.compile(
    r"\b(?:last|ago|past|was|were|came|went|born|since|yesterday|started|stopped|broke|lost|cut|failed|ended|arrived|happened|paid|"
    r"called|been|had|birth|"
    r"pasado|pasada|hace|fue|era|naci|nacio|vino|llego|desde|ayer|paso|pague|llame|empezo|"
    r"nacimiento|anterior|estuve|hubo|ocurrio|se fue|quedo)\b"
)
_BIRTH = re.compile(r"\b(?:born|birth|birthday|naci|nacio|nacimiento|nacida|nacido|cumpleanos|cumplo)\b")


def parse_date(text: str, language: Language, today: date) -> Parsed | None:
    """Return the date meant, after corrections, as `YYYY-MM-DD`.

    A day without a year is the next one that comes, unless the words speak of the past; "this coming" or "el próximo"
    with a weekday is the first one after today; "de hoy en ocho" is a week later.
    """
    low = text.lower()
    iso = re.search(r"\b(\d{4})-(\d{2})-(\d{2})\b", low)
    if iso:
        found = _valid(int(iso[1]), int(iso[2]), int(iso[3]))
        return Parsed(found.isoformat(), 1.0, needs_confirmation=False) if found else None
    low = re.sub(r"\b(\d{1,2})[/.-](\d{1,2})[/.-](\d{2,4})\b", r"\1 slash \2 slash \3", low)
    low = re.sub(r"\b(\d{1,2})/(\d{1,2})\b", r"\1 slash \2", low)
    whole = plain(text)
    past = bool(_PAST_WORDS.search(whole))
    found_date: date | None = None
    context: tuple[int, int | None] | None = None
    for segment in _segments(low, language):
        words = " ".join(t.text for t in segment if t.kind != "comma")
        day = _one(segment, words, language, today, past=past, context=context)
        if day is not None:
            found_date = day
            context = (day.month, day.year)
    if found_date is None:
        return None
    if (
        abs((found_date - today).days) > 400
        and not _BIRTH.search(whole)
        and not re.search(r"\d{4}|mil|thousand|nineteen|twenty", whole)
    ):
        return Parsed(found_date.isoformat(), 0.6, needs_confirmation=True)
    return Parsed(found_date.isoformat(), 0.9, needs_confirmation=False)


def _segments(low: str, language: Language) -> list[list[Token]]:
    speech = strip_accents(low).replace("-", " ")
    for wrong, right in _REPAIRS[language]:
        speech = re.sub(wrong, right, speech)
    speech = re.sub(r"[a-z]{6,}", lambda word: _near_name(word[0], language), speech)
    segments: list[list[Token]] = [[]]
    for token in tokens(speech, language):
        if token.kind == "mark":
            segments.append([])
        else:
            segments[-1].append(token)
    return [segment for segment in segments if segment]


_NAME_SIMILARITY = 85.0
"""Percent from which a word is a misheard month or weekday. Source: own list in the tests."""


def _near_name(word: str, language: Language) -> str:
    """Put right a month or weekday that the recogniser misspelled: `deciembre`, `wensday`."""
    names = (*_MONTHS[language], *_WEEKDAYS[language])
    if word in names or word in _ORDINALS or tokens(word, language)[0].kind != "word":
        return word
    best = max((name for name in names if len(name) >= 6), key=lambda name: fuzz.ratio(word, name))
    return best if best[0] == word[0] and fuzz.ratio(word, best) >= _NAME_SIMILARITY else word


def _valid(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _one(
    segment: list[Token],
    words: str,
    language: Language,
    today: date,
    *,
    past: bool,
    context: tuple[int, int | None] | None,
) -> date | None:
    explicit = _calendar(segment, words, language, today, past=past, context=context)
    if explicit is not None:
        return explicit
    return _relative(segment, words, language, today, past=past)


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


def _relative(segment: list[Token], words: str, language: Language, today: date, *, past: bool) -> date | None:
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
        return _add_months(today.replace(day=1), 1) - timedelta(days=1)
    return None


_CHOSEN = frozenset(word_list("next this coming proximo este that following on"))


def _named_weekday(segment: list[Token], language: Language) -> tuple[int | None, str]:
    """Return the weekday meant: the last one after "next" or "this", else the last one named."""
    named = [(i, t.text) for i, t in enumerate(segment) if t.text in _WEEKDAYS[language]]
    if not named:
        return None, ""
    chosen = [(i, text) for i, text in named if i and segment[i - 1].text in _CHOSEN]
    text = (chosen or named)[-1][1]
    return _WEEKDAYS[language][text], text


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


def _weekday(words: str, weekday: int, today: date, *, past: bool) -> date:
    ahead = (weekday - today.weekday()) % 7
    following = today + timedelta(days=ahead or 7)
    if re.search(r"\b(?:last|pasado|pasada|ultimo|previous|ago)\b", words) or (
        past and not re.search(r"\b(?:next|this|coming|proximo|que viene|este|on)\b", words)
    ):
        behind = (today.weekday() - weekday) % 7
        return today - timedelta(days=behind or 7)
    if re.search(
        r"\b(?:a week (?:from|on|after)|week (?:from|on)|en ocho|weeks? (?:from|after))\b", words
    ) or re.search(rf"\b(?:{'|'.join(_WEEKDAYS['en'])}) week\b", words):
        return following + timedelta(days=7)
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


_UNITS_DAYS = {
    "day": 1,
    "days": 1,
    "dia": 1,
    "dias": 1,
    "week": 7,
    "weeks": 7,
    "semana": 7,
    "semanas": 7,
    "fortnight": 14,
    "fortnights": 14,
}
_MONTH_UNITS = {"month", "months", "mes", "meses"}
_SMALL = {"a": 1, "an": 1, "one": 1, "un": 1, "una": 1, "couple": 2, "to": 2, "for": 4, "par": 2}


def _counted(segment: list[Token], words: str, today: date) -> date | None:
    """Read "in three days", "hace dos semanas", "within a month"."""
    for i, token in enumerate(segment):
        unit = _UNITS_DAYS.get(token.text)
        months = token.text in _MONTH_UNITS
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
            return _add_months(today, sign * count)
        return today + timedelta(days=sign * count * (unit or 1))
    return None


def _add_months(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    for last in (day.day, 30, 29, 28):
        found = _valid(year, month + 1, min(day.day, last))
        if found:
            return found
    return day


def _calendar(
    segment: list[Token],
    words: str,
    language: Language,
    today: date,
    *,
    past: bool,
    context: tuple[int, int | None] | None,
) -> date | None:
    months = [(i, _MONTHS[language][t.text]) for i, t in enumerate(segment) if t.text in _MONTHS[language]]
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
        year = _year_after(segment, max(at, day[1]), born=bool(_BIRTH.search(words)))
        return _complete(day[0], month, year, words, today, past=past)
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
            return _complete(day_value, month, year, words, today, past=past)
    for pattern, (month, fixed_day) in _FIXED:
        if pattern.search(words):
            return _complete(fixed_day, month, None, words, today, past=past)
    lone = _lone_day(segment, language)
    if lone is None:
        return None
    if context is not None:
        year_context = context[1]
        return _valid(year_context or today.year, context[0], lone)
    return _next_day(lone, words, today, past=past)


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
        if token.text in _ORDINALS:
            return _ORDINALS[token.text], i + 1
        if (
            token.kind == "ten"
            and i + 1 < len(segment)
            and segment[i + 1].text in _ORDINALS
            and _ORDINALS[segment[i + 1].text] < 10
        ):
            return token.value + _ORDINALS[segment[i + 1].text], i + 2
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
            after in _UNITS_DAYS
            or after in _MONTH_UNITS
            or after in ("oclock", "am", "pm", "horas", "euros", "pesos", "minutes")
        ):
            continue
        if after and segment[day[1]].kind == "word" and after not in _AFTER_A_DAY:
            continue
        ordinal = token.text in _ORDINALS or (
            day[1] - 1 < len(segment)
            and (segment[day[1] - 1].text in _ORDINALS or segment[day[1] - 1].text == "ordinal")
        )
        weekday_before = before in _WEEKDAYS[language]
        if ordinal or before in ("dia", "el", "the", "day") or weekday_before or len(segment) <= 2:
            found = day[0]
    return found


def _year_after(segment: list[Token], at: int, *, born: bool) -> int | None:
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
        return value + (2000 if value < 27 else 1900)
    return None


def _complete(day: int, month: int, year: int | None, words: str, today: date, *, past: bool) -> date | None:
    if year is not None:
        return _valid(year, month, day)
    if past or re.search(r"\b(?:last|pasado)\b", words):
        for candidate in (_valid(today.year, month, day), _valid(today.year - 1, month, day)):
            if candidate is not None and candidate <= today:
                return candidate
    for candidate_year in range(today.year, today.year + 5):
        candidate = _valid(candidate_year, month, day)
        if candidate is not None and candidate >= today:
            return candidate
    return None


def _next_day(day: int, words: str, today: date, *, past: bool) -> date | None:
    """Return the next such day of a month, or the last one when the words speak of the past."""
    backwards = past or bool(re.search(r"\b(?:last|pasado)\b", words))
    if re.search(r"\b(?:next month|(?:el |del )?(?:mes que viene|proximo mes|mes proximo|mes entrante))\b", words):
        return _valid_in(_add_months(today.replace(day=1), 1), day)
    for months in range(14):
        first = _add_months(today.replace(day=1), -months if backwards else months)
        candidate = _valid_in(first, day)
        if candidate is not None and ((candidate <= today) if backwards else (candidate >= today)):
            return candidate
    return None


def _valid_in(first: date, day: int) -> date | None:
    return _valid(first.year, first.month, day)


def date_from_keys(keys: str, today: date) -> Parsed | None:
    """Read `DDMM` or `DDMMYYYY`."""
    if not keys.isdigit() or len(keys) not in (4, 8):
        return None
    day, month = int(keys[:2]), int(keys[2:4])
    found = _valid(int(keys[4:]), month, day) if len(keys) == 8 else _complete(day, month, None, "", today, past=False)
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
