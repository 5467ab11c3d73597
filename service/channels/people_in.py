"""Whether people answer a chat at this hour, as its page says it before anything is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict

from calls.ids import LANGUAGES, Language
from service.desk.queue_hours import HoursNow
from voice.dialog.opening_words import opening_in_words


class PeopleIn(TypedDict):
    """What a page says of people in one language."""

    open: bool
    back: str
    """When they are in again, in words; empty while they are in, and when it is not known."""


def people_in(hours: Callable[[Language], HoursNow]) -> dict[Language, PeopleIn]:
    """Return what holds now, by language: each may have a queue of its own."""
    return {language: _in(hours(language), language) for language in LANGUAGES}


def _in(now: HoursNow, language: Language) -> PeopleIn:
    if now.open or now.opens_at is None:
        return {"open": now.open, "back": ""}
    return {"open": False, "back": opening_in_words(now.opens_at, now.now_local, language, written=True)}
