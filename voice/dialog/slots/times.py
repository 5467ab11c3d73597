"""Times of day as spoken, to 24 hours."""

from __future__ import annotations

import re

from calls.ids import Language
from voice.dialog.slots.number_words import Token, repaired, stretches
from voice.dialog.slots.numbers import loose_digits, read_cardinal
from voice.dialog.slots.types import Parsed
from voice.dialog.text import plain

Clock = tuple[int, int]

_PM = {
    "en": re.compile(
        r"\b(?:p ?m|pee em|in the (?:afternoon|evening)|at night|tonight|this (?:afternoon|evening)|"
        r"afternoon|evening|last night|at nite|night time|after lunch)\b"
    ),
    "es": re.compile(
        r"\b(?:p ?m|pe eme|de la (?:tarde|noche)|de tarde|de noche|por la (?:tarde|noche)|"
        r"en la (?:tarde|noche)|la tarde|la noche|tarde|noche|anoche|del mediodia|esta (?:tarde|"
        r"noche)|despues de comer)\b"
    ),
}
_AM = {
    "en": re.compile(r"\b(?:a ?m|ay em|in the morning|this morning|morning|before noon|early|at dawn|mornin)\b"),
    "es": re.compile(
        r"\b(?:a ?m|a eme|de la (?:manana|madrugada)|de madrugada|de manana|por la manana|"
        r"en la manana|la manana|madrugada|manana|temprano|tempranito)\b"
    ),
}
_NIGHT = re.compile(r"\b(?:night|noche|anoche|tonight|last night)\b")
_NOON = {"en": re.compile(r"\b(?:noon|midday|mid day|high noon)\b"), "es": re.compile(r"\b(?:medio ?dia)\b")}
_MIDNIGHT = {"en": re.compile(r"\b(?:midnight|mid night)\b"), "es": re.compile(r"\b(?:media ?noche)\b")}

_EARLIEST_MORNING_HOUR = 8
"""An hour below this without "morning" or "afternoon" is taken for the afternoon. Source: visits are from 8 to 20."""

_MAX_DIGITS = 7
"""Words with more digits than this are no time of day, even with one correction in them. Source: own list."""

_REPAIRS: dict[Language, tuple[tuple[str, str], ...]] = {
    "en": (
        (r"\bhalf (?:pass|passed|paste|pas)\b", "half past"),
        (
            r"\b(?:ate|hate)\b(?= (?:thirty|fifteen|forty|oclock|o clock|in the|a m|am|p m|pm|twenty|ten|"
            r"fifty|at night|sharp))",
            "eight",
        ),
        (r"\bo ?clock\b", "oclock"),
        (r"\b(?:pass|passed)\b", "past"),
        (r"\b(?:court|corder|quarters?|quarta|porter)\b(?= (?:to|past|till|of|after|two|too))", "quarter"),
        (r"\b(at|after|before|around|about|by|past|till|until|from|for|since) (?:to|too)\b", r"\1 two"),
        (r"\b(at|after|before|around|about|by|past|till|until|to|since|from) (?:for|fore)\b", r"\1 four"),
        (r"\b(at|after|before|around|about|by|past|to|since) won\b", r"\1 one"),
        (r"^(?:to|too)\b(?= (?:thirty|fifteen|oclock|p m|pm|a m|am|forty|in the))", "two"),
        (r"^(?:for|fore)\b(?= (?:thirty|fifteen|oclock|p m|pm|a m|am|forty|in the))", "four"),
        (r"\bquarter (?:two|too)\b", "quarter to"),
        (r"\b(ten|five|twenty|twenty five) (?:two|too)\b(?= (?:\w+)(?: (?:in|at|p m|pm|am|a m))?)", r"\1 to"),
    ),
    "es": (
        (r"\balas\b", "a las"),
        (r"\bala una\b", "a la una"),
        (r"\blas (?:sincos?)\b", "las cinco"),
        (r"\bimedia\b", "y media"),
        (r"\bi (?=media|cuarto|diez|veinte|cinco)", "y "),
        (r"\by cuatro\b(?= (?:de la|en punto))", "y cuarto"),
        (r"\b(?:la|ala|a la) (?:un|1)\b", "la una"),
        (r"\b(?:has|has las) (?=\w+ (?:y|de la|en punto))", "a las "),
        (r"\bmenos quarto\b", "menos cuarto"),
        (r"\bquarto\b", "cuarto"),
        (r"\bmiedia\b", "media"),
    ),
}


def _repaired(text: str) -> str:
    """Write clock signs apart and "p.m." as one word."""
    low = re.sub(r"(\d{1,2})\s*[:.h]\s*(\d{2})\b", r"\1 : \2", text.lower())
    return re.sub(r"\b([ap])\.\s*m\b\.?", r"\1m", low)


def parse_time(text: str, language: Language) -> Parsed | None:
    """Return the last time of day spoken, after corrections, as `HH:MM`.

    An hour from 1 to 7 without "in the morning" is taken for the afternoon and read back.
    """
    if len(loose_digits(text, language)) > _MAX_DIGITS:
        return None
    segments = _segments(_repaired(text), language)
    speech = plain(text)
    found: tuple[Clock, bool] | None = None
    for segment in segments:
        clock = _clock(segment, language)
        if clock is not None:
            found = clock
    if found is None:
        return None
    (hour, minute), fixed = found
    if fixed or hour > 12:
        return Parsed(f"{hour % 24:02d}:{minute:02d}", 0.95, needs_confirmation=False)
    morning, evening = _halves(segments, speech, language)
    if evening and not morning:
        if hour == 12 and _NIGHT.search(speech) and not re.search(r"medio ?dia|noon|afternoon|tarde", speech):
            hour = 0
        elif hour < 12:
            hour += 12
            if hour >= 24:
                hour -= 24
        return Parsed(f"{hour:02d}:{minute:02d}", 0.95, needs_confirmation=False)
    if morning:
        return Parsed(f"{hour % 12:02d}:{minute:02d}", 0.95, needs_confirmation=False)
    if 1 <= hour < _EARLIEST_MORNING_HOUR:
        return Parsed(f"{hour + 12:02d}:{minute:02d}", 0.6, needs_confirmation=True)
    return Parsed(f"{hour:02d}:{minute:02d}", 0.7, needs_confirmation=True)


def _halves(segments: list[list[Token]], speech: str, language: Language) -> tuple[bool, bool]:
    """Return whether morning and whether afternoon is named; what is named last wins over what was corrected."""
    morning, evening = bool(_AM[language].search(speech)), bool(_PM[language].search(speech))
    if language == "es" and morning:
        strict = re.search(
            r"\b(?:de|por|en) la manana\b|\bde manana\b|madrugada|\ba ?m\b|temprano|\b(?:de )?la manana\b", speech
        )
        morning = bool(strict)
    if morning and evening:
        last = " ".join(token.text for token in segments[-1])
        in_last = (bool(_AM[language].search(last)), bool(_PM[language].search(last)))
        if in_last[0] != in_last[1]:
            return in_last
        ends_am = max((m.start() for m in _AM[language].finditer(speech)), default=-1)
        ends_pm = max((m.start() for m in _PM[language].finditer(speech)), default=-1)
        return ends_am > ends_pm, ends_pm > ends_am
    return morning, evening


def _segments(text: str, language: Language) -> list[list[Token]]:
    """Cut at corrections."""
    return stretches(repaired(text, _REPAIRS[language]), language) or [[]]


def _clock(segment: list[Token], language: Language) -> tuple[Clock, bool] | None:
    """Return hour and minute of one stretch and whether the half of the day is already fixed."""
    words = " ".join(t.text for t in segment if t.kind != "comma" or t.text in ":")
    found = _clock_en(segment) if language == "en" else _clock_es(segment)
    if found is not None and found[0] <= 24 and found[1] < 60:
        return (found[0] % 24, found[1]), False
    if _NOON[language].search(words) and "del medio" not in words:
        return (12, 0), True
    if _MIDNIGHT[language].search(words):
        return (0, 0), True
    return None


def _number(segment: list[Token], i: int) -> tuple[int, int] | None:
    read = read_cardinal(segment, i)
    if read is None:
        if i < len(segment) and segment[i].kind in ("zero",):
            follow = read_cardinal(segment, i + 1)
            return (follow[0], follow[2]) if follow is not None and follow[0] < 10 else (0, i + 1)
        if i < len(segment) and segment[i].kind == "maybe" and segment[i].value:
            return segment[i].value, i + 1
        return None
    return read[0], read[2]


def _clock_en(segment: list[Token]) -> tuple[int, int] | None:
    texts = [t.text for t in segment]
    for i, word in enumerate(texts):
        if word in ("past", "to", "till", "til", "of", "after", "before") and i:
            minutes = _minutes_before(segment, i)
            hour_read = _number(segment, i + 1)
            named = (
                12
                if i + 1 < len(texts) and texts[i + 1] in ("noon", "midday")
                else 0
                if i + 1 < len(texts) and texts[i + 1] == "midnight"
                else None
            )
            base = hour_read[0] if hour_read is not None else named
            if minutes is None or base is None or not 0 <= base <= 24:
                continue
            if word in ("past", "after"):
                return base, minutes
            return (base - 1) % 24 if base not in (1,) else 12, 60 - minutes
    if "half" in texts:
        i = texts.index("half")
        hour_after = _number(segment, i + 1)
        if hour_after is not None and 1 <= hour_after[0] <= 12:
            return hour_after[0], 30
    return _plain_clock(segment)


def _minutes_before(segment: list[Token], i: int) -> int | None:
    if segment[i - 1].text == "half":
        return 30
    if segment[i - 1].text == "quarter":
        return 15
    end = i - 1 if segment[i - 1].text in ("minutes", "minute") else i
    for start in (end - 3, end - 2, end - 1):
        if start < 0:
            continue
        read = read_cardinal(segment, start)
        if read is not None and read[2] == end and 0 < read[0] < 60:
            return read[0]
    return None


def _plain_clock(segment: list[Token]) -> tuple[int, int] | None:
    """Read "seven", "seven thirty", "19 : 45", "seven oh five"; the last one that can be a time."""
    best: tuple[int, int] | None = None
    i = 0
    while i < len(segment):
        token = segment[i]
        if token.kind == "numeral" and len(token.digits) in (3, 4):
            hour, minute = divmod(token.value, 100)
            if hour <= 24 and minute < 60:
                best = (hour, minute)
            i += 1
            continue
        read = _number(segment, i) if token.kind not in ("maybe", "word", "comma", "and", "zero") else None
        if read is None:
            i += 1
            continue
        hour, i = read
        if hour > 24:
            if hour % 100 < 60 and hour < 2400 and i < len(segment) and segment[i].text in ("hours", "horas"):
                best = (hour // 100, hour % 100)
            continue
        minute = 0
        j = i
        while j < len(segment) and segment[j].text in (":", "oclock", "hours", "horas", "y", "con"):
            j += 1
        follow = _number(segment, j) if j < len(segment) and segment[j].kind not in ("word", "comma", "maybe") else None
        if (
            follow is not None
            and 0 <= follow[0] < 60
            and (follow[0] >= 10 or segment[j].kind == "zero" or segment[j].digits.startswith("0") or (j > i))
        ):
            minute, i = follow
        best = (hour, minute)
    return best


def _clock_es(segment: list[Token]) -> tuple[int, int] | None:
    texts = [t.text for t in segment]
    for i, word in enumerate(texts):
        if word in ("para",) and i and i + 1 < len(texts):
            minutes = 15 if texts[i - 1] == "cuarto" else _minutes_before(segment, i)
            j = i + 2 if texts[i + 1] in ("la", "las") else i + 1
            hour = _number(segment, j)
            if minutes is not None and hour is not None and 1 <= hour[0] <= 12:
                return (hour[0] - 1) or 12, 60 - minutes
    best: tuple[int, int] | None = None
    for i, word in enumerate(texts):
        if word not in ("la", "las", "hora", "horas"):
            continue
        hour = _number(segment, i + 1)
        if hour is None or not 0 <= hour[0] <= 24:
            continue
        best = (hour[0], 0)
        j = hour[1]
        joined = False
        if j < len(texts) and texts[j] in ("y", "con", "menos", ":"):
            sign, joined = texts[j], True
            j += 1
        else:
            sign = "y"
        if j < len(texts):
            if texts[j] in ("media", "medias"):
                best = (hour[0], 30)
            elif texts[j] in ("cuarto", "quarto") and (joined or texts[j] == "cuarto"):
                best = (hour[0], 15) if sign != "menos" else ((hour[0] - 1) or 12, 45)
            else:
                past = _number(segment, j) if segment[j].kind not in ("word", "comma", "maybe") else None
                if past is not None and 0 <= past[0] < 60:
                    best = (hour[0], past[0]) if sign != "menos" else ((hour[0] - 1) or 12, 60 - past[0])
    if best is None:
        joined_hour = _joined_hour_es(segment)
        best = joined_hour if joined_hour is not None else _plain_clock(segment)
    return best


def _joined_hour_es(segment: list[Token]) -> tuple[int, int] | None:
    """Read "cinco y media", "ocho menos diez" without the article."""
    texts = [t.text for t in segment]
    for i in range(1, len(texts) - 1):
        if texts[i] not in ("y", "menos") or segment[i - 1].kind not in ("unit", "teen", "numeral"):
            continue
        hour = segment[i - 1].value
        minutes = 30 if texts[i + 1] == "media" else 15 if texts[i + 1] == "cuarto" else None
        if minutes is None:
            read = _number(segment, i + 1) if segment[i + 1].kind not in ("word", "comma") else None
            minutes = read[0] if read is not None else None
        if minutes is None or not 1 <= hour <= 24 or minutes >= 60:
            continue
        return (hour, minutes) if texts[i] == "y" else ((hour - 1) or 12, 60 - minutes)
    return None


def time_from_keys(keys: str) -> Parsed | None:
    """Read `HHMM` or `HH`."""
    if not keys.isdigit() or len(keys) not in (1, 2, 3, 4):
        return None
    hour, minute = (int(keys), 0) if len(keys) <= 2 else (int(keys[:-2]), int(keys[-2:]))
    if hour > 23 or minute > 59:
        return None
    return Parsed(f"{hour:02d}:{minute:02d}", 1.0, needs_confirmation=False)


def say_time(value: str, language: Language) -> str:
    """Write a time as people say it: `6:30 in the evening`, `las 6:30 de la tarde`."""
    hour, minute = int(value[:2]), int(value[3:])
    twelve = hour % 12 or 12
    clock = f"{twelve}:{minute:02d}" if minute else str(twelve)
    if language == "en":
        half = "in the morning" if hour < 12 else "in the afternoon" if hour < 18 else "in the evening"
        half = "at noon" if (hour, minute) == (12, 0) else half
        return f"{clock} {half}"
    half = (
        "de la mañana" if hour < 12 else "del mediodía" if hour == 12 else "de la tarde" if hour < 21 else "de la noche"
    )
    return f"{'la' if twelve == 1 else 'las'} {clock} {half}"
