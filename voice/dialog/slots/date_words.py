"""Names of months, weekdays and feast days, and what recognisers make of them."""

from __future__ import annotations

import re

from rapidfuzz import fuzz

from calls.ids import Language
from voice.dialog.slots.number_words import Token, repaired, stretches, tokens
from voice.dialog.text import strip_accents, word_list

MONTHS: dict[Language, dict[str, int]] = {
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


WEEKDAYS: dict[Language, dict[str, int]] = {
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


DAYS_AND_MONTHS = "|".join(
    word_list(
        "monday tuesday wednesday thursday friday saturday sunday lunes martes miercoles jueves viernes sabado domingo "
        "january february march april june july august september october november december "
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"
    )
)
"""Names that are sure signs of a day, as part of a pattern over plain text; "may" is none, it is a verb too."""


ORDINALS = {
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


FEAST_DAYS: tuple[tuple[re.Pattern[str], tuple[int, int]], ...] = (
    (re.compile(r"\b(?:christmas eve|nochebuena|noche buena)\b"), (12, 24)),
    (re.compile(r"\b(?:christmas(?: day)?|navidad)\b(?! eve)"), (12, 25)),
    (re.compile(r"\b(?:new years eve|nochevieja|noche vieja|fin de ano)\b"), (12, 31)),
    (re.compile(r"\b(?:new years(?: day)?|ano nuevo)\b(?! eve)"), (1, 1)),
    (re.compile(r"\b(?:dia de reyes|epiphany|(?:el dia de|los) reyes(?: magos)?)\b"), (1, 6)),
    (re.compile(r"\b(?:valentines(?: day)?|san valentin)\b"), (2, 14)),
    (re.compile(r"\b(?:halloween)\b"), (10, 31)),
    (re.compile(r"\b(?:boxing day)\b"), (12, 26)),
)


PAST_WORDS = re.compile(
    r"\b(?:last|ago|past|was|were|came|went|born|since|yesterday|started|stopped|broke|lost|cut|failed|ended|arrived|happened|paid|"
    r"called|been|had|birth|"
    r"pasado|pasada|hace|fue|era|naci|nacio|vino|llego|desde|ayer|paso|pague|llame|empezo|"
    r"nacimiento|anterior|estuve|hubo|ocurrio|se fue|quedo)\b"
)


BIRTH = re.compile(r"\b(?:born|birth|birthday|naci|nacio|nacimiento|nacida|nacido|cumpleanos|cumplo)\b")


def date_segments(low: str, language: Language) -> list[list[Token]]:
    """Cut speech into stretches between corrections, misheard names of days and months put right."""
    speech = repaired(strip_accents(low).replace("-", " "), _REPAIRS[language])
    speech = re.sub(r"[a-z]{6,}", lambda word: _near_name(word[0], language), speech)
    return stretches(speech, language)


_NAME_SIMILARITY = 85.0
"""Percent from which a word is a misheard month or weekday. Source: own list in the tests."""


def _near_name(word: str, language: Language) -> str:
    """Put right a month or weekday that the recogniser misspelled: `deciembre`, `wensday`."""
    names = (*MONTHS[language], *WEEKDAYS[language])
    if word in names or word in ORDINALS or tokens(word, language)[0].kind != "word":
        return word
    best = max((name for name in names if len(name) >= 6), key=lambda name: fuzz.ratio(word, name))
    return best if best[0] == word[0] and fuzz.ratio(word, best) >= _NAME_SIMILARITY else word


DAYS_OF_UNIT = {
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


MONTH_UNITS = {"month", "months", "mes", "meses"}
