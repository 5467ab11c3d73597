"""Values of a flow that were not asked for just now: said along with others, or said again because they were wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass

from calls.ids import Language
from voice.dialog.slots import Parsed
from voice.dialog.slots.date_words import DAYS_AND_MONTHS
from voice.dialog.slots.numbers import loose_digits
from voice.dialog.text import plain, plain_speech

_MISTAKE_BEGUN = re.compile(
    r"^(?:oh |ah |uh |um |ay |uy |eh |but |pero )*(?:no|nope|sorry|wait|hold on|actually|i mean|correction|"
    r"my mistake|i made a mistake|perdon|"
    r"perdone|disculpe|espere|espera|me equivoque|me he equivocado|digo|mejor dicho|corrijo|un momento)\b"
)
_MISTAKE_TOLD = re.compile(
    r"\b(?:wrong|mistake|incorrect|not "
    r"right|isnt right|mixed up|misheard|misread|mal|equivocad[oa]|incorrect[oa]|erro(?:r|neo)|no es ese|no es esa|"
    r"no era)\b|\b(?:change|"
    r"correct|fix|cambi\w+|correg\w+|rectific\w+)\b"
)
_PAST = r"(?!.*\b(?:since|ago|last|yesterday|desde|hace|ayer|anoche|llevo|been)\b)"
_DAY_OR_CLOCK = {
    "date": re.compile(rf"^{_PAST}.*\b(?:tomorrow|today|next week|manana|hoy|{DAYS_AND_MONTHS}|\d+(?:st|nd|rd|th))\b"),
    "time": re.compile(
        rf"^{_PAST}.*\b(?:at|o ?clock|[ap] ?m|half past|quarter|noon|from|alas|a las|a la una|las|mediodia|hora)\b"
    ),
    "moment": re.compile(
        r"\b(?:since|ago|yesterday|last night|at|just now|desde|hace|ayer|anoche|a las|llevo|llevamos)\b"
    ),
}
"""What words must hold for a day or a time to be taken along from them."""

_DIGIT_TYPES = frozenset({"account_number", "phone", "postcode"})
_ENOUGH_DIGITS = 4
"""Digits from which words are taken for a number and not for a day or a time. Source: own dialogues in the tests."""

_ORDINALS: tuple[tuple[re.Pattern[str], int], ...] = (
    (re.compile(r"\b(?:last|final|ultim[oa])\b"), -1),
    (re.compile(r"\b(?:first|primer[oa]?)\b"), 0),
    (re.compile(r"\b(?:second|segund[oa])\b"), 1),
    (re.compile(r"\b(?:third|tercer[oa]?)\b"), 2),
    (re.compile(r"\b(?:fourth|cuart[oa])\b"), 3),
    (re.compile(r"\b(?:fifth|quint[oa])\b"), 4),
    (re.compile(r"\b(?:sixth|sext[oa])\b"), 5),
    (re.compile(r"\b(?:seventh|septim[oa])\b"), 6),
    (re.compile(r"\b(?:eighth|octav[oa])\b"), 7),
)
_DIGIT = re.compile(r"\b(?:digit|number|figure|one|cifra|digito|numero)\b")
_ENDS_IN = re.compile(r"\b(?:ends? (?:in|with)|acaba en|termina en)\b")


_OTHER_NAMES = {
    "account_number": re.compile(r"\b(?:account|cuenta)\b"),
    "email": re.compile(r"\b(?:e ?mail|mail|address|correo|direccion)\b"),
    "money": re.compile(r"\b(?:amount|total|importe|cantidad)\b"),
    "phone": re.compile(r"\b(?:phone|telephone|mobile|telefono|movil|celular)\b"),
}
"""What else callers call a value when they say that it is wrong."""


@dataclass(frozen=True, slots=True)
class Given:
    """A slot that the words are about, and its new value if they give one."""

    index: int
    parsed: Parsed | None


def is_correction(text: str) -> bool:
    """Return whether the words begin like a correction or say that something is wrong."""
    return bool(_MISTAKE_BEGUN.search(plain(text))) or tells_mistake(text)


def tells_mistake(text: str) -> bool:
    """Return whether the words say that something is wrong or is to be changed."""
    return bool(_MISTAKE_TOLD.search(plain(text)))


def says_digits(text: str, language: Language) -> bool:
    """Return whether the words hold so many digits that they are a number rather than a day or a time."""
    return len(loose_digits(text, language)) >= _ENOUGH_DIGITS


def names_otherwise(slot_type: str, speech: str) -> bool:
    """Return whether plain words call a slot of this type by another name than the bot does."""
    names = _OTHER_NAMES.get(slot_type)
    return names is not None and names.search(speech) is not None


def is_number(slot_type: str) -> bool:
    """Return whether a slot's value is a row of digits."""
    return slot_type in _DIGIT_TYPES


def one_digit_changed(value: str, text: str, language: Language) -> str | None:
    """Return `value` with the digit changed that "the last digit is four" speaks of, None when none is."""
    speech = plain(text)
    ends = _ENDS_IN.search(speech)
    place = -1 if ends else next((at for words, at in _ORDINALS if words.search(speech)), None)
    if place is None or not (ends or _DIGIT.search(speech)):
        return None
    behind = speech[ends.end() :] if ends else re.split(r"\b(?:is|its|es|should be|debe ser|un|una)\b", speech)[-1]
    digits = loose_digits(behind, language)
    lead = "+" if value.startswith("+") else ""
    old = list(value.removeprefix("+"))
    if len(digits) != 1 or not -len(old) <= place < len(old):
        return None
    old[place] = digits
    return lead + "".join(old)


def names_day_or_clock(slot_type: str, text: str) -> bool:
    """Return whether the words may give a slot of this type along with others; only days and times must be named."""
    needed = _DAY_OR_CLOCK.get(slot_type)
    return needed is None or needed.search(plain_speech(text)) is not None


def parts_around_numbers(text: str) -> tuple[str, ...]:
    """Return the words as a whole, then cut where a number is announced: "on Thursday at ten | account 4071 8236"."""
    cut = re.split(
        r"(?i)\b(?:and )?(?:my |the |y |mi |el |la )*(?:account(?: number)?|cuenta|n\u00famero de cuenta|"
        r"numero de cuenta|phone(?: number)?|"
        r"tel[e\u00e9]fono|number|n\u00famero)\b",
        text,
    )
    return (text, *(part for part in cut if part.strip())) if len(cut) > 1 else (text,)
