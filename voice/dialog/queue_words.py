"""Where a caller stands in the queue and how long it takes, in words; and how callers ask to leave a message.

Numbers are written as words, since voices read digits without gender: "veintiuna personas", "veintiún minutos".
"""

from __future__ import annotations

from calls.ids import Language
from voice.dialog.prompts import phrase
from voice.dialog.talk import Talk
from voice.dialog.text import any_of, plain_speech

MOST_AHEAD = 30
"""From more on "more than thirty": nobody who waits counts further. Source: our choice."""
LONGEST_MIN = 30
"""From more on "more than half an hour". Source: our choice; an estimate so far ahead is a guess."""

_EN_WORDS = """
one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen twenty twenty-one twenty-two twenty-three twenty-four twenty-five twenty-six twenty-seven twenty-eight
twenty-nine thirty
"""
_ES_WORDS = """
un dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete dieciocho
diecinueve veinte veintiún veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete veintiocho
veintinueve treinta
"""
_EN, _ES = tuple(_EN_WORDS.split()), tuple(_ES_WORDS.split())
_FEMININE = {"un": "una", "veintiún": "veintiuna"}

_LEAVE_MESSAGE = any_of(
    r"\b(?:leave|record|take) (?:\w+ ){0,3}(?:message|voice ?mail|voice message)\b",
    r"^(?:a |the )?(?:message|voice ?mail)(?: please)?$",
    r"\b(?:dej\w+|grab\w+) (?:\w+ ){0,3}(?:mensaje|recado|aviso)\b",
    r"\bbuzon(?: de voz)?\b",
    r"^(?:un |el )?(?:mensaje|recado)(?: por favor)?$",
)


def in_words(number: int, language: Language, *, feminine: bool = False) -> str:
    """Return 1 to 30 as a word that stands before a noun."""
    if language == "en":
        return _EN[number - 1]
    word = _ES[number - 1]
    return _FEMININE.get(word, word) if feminine else word


def wants_message(text: str) -> bool:
    """Tell whether the caller wants to leave a message."""
    return bool(_LEAVE_MESSAGE.search(plain_speech(text)))


def place_words(talk: Talk) -> str:
    """Return where the caller stands and how long it takes, as far as it is known."""
    if talk.place is None:
        return phrase(talk.settings, talk.language, "human.still_looking")
    position, expected_s = talk.place
    settings, language = talk.settings, talk.language
    ahead = position - 1
    if ahead <= 0:
        place = phrase(settings, language, "queue.next")
    elif ahead == 1:
        place = phrase(settings, language, "queue.ahead_one")
    elif ahead <= MOST_AHEAD:
        place = phrase(settings, language, "queue.ahead", n=in_words(ahead, language, feminine=True))
    else:
        place = phrase(settings, language, "queue.ahead_many")
    return f"{place} {_wait_words(talk, expected_s)}"


def _wait_words(talk: Talk, expected_s: int | None) -> str:
    settings, language = talk.settings, talk.language
    if expected_s is None:
        return phrase(settings, language, "queue.wait_unknown")
    minutes = -(-expected_s // 60)
    if expected_s <= 30:
        return phrase(settings, language, "queue.wait_moment")
    if minutes <= 1:
        return phrase(settings, language, "queue.wait_minute")
    if minutes <= LONGEST_MIN:
        return phrase(settings, language, "queue.wait_minutes", n=in_words(minutes, language))
    return phrase(settings, language, "queue.wait_long")


def say_patience(talk: Talk) -> None:
    """Say a word of patience: the place, in a queue."""
    if talk.phase != "waiting_for_human":
        return
    if talk.place is None:
        talk.say("human.still_looking", detail="escalate:waiting")
        talk.at("waiting_word", talk.settings.waiting_word_ms)
    else:
        say_place(talk)


def say_place(talk: Talk) -> None:
    """Say where the caller stands."""
    talk.say_text(place_words(talk), detail="escalate:place")
    talk.at("waiting_word", talk.settings.place_every_ms)
