"""Two parts of `bench dialog` that need no models: spoken values, and requests for a human."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from calls.ids import LANGUAGES, Language
from voice.dialog.humans import wants_human
from voice.dialog.slots import parse

MANIFEST_TODAY = date(2026, 11, 22)
"""The day that the manifest's relative dates are counted from. Source: data/dialog/README.md of the shared data."""

HUMAN_KIND = "human_request"


@dataclass(frozen=True, slots=True)
class Judged:
    """One row of a manifest and whether it came out right."""

    language: Language
    kind: str
    """Slot type, or the kind of the question."""
    right: bool


def slot_accuracy(rows: Iterable[Mapping[str, str]], today: date = MANIFEST_TODAY) -> list[Judged]:
    """Judge rows `text,language,slot,value`: right when the normal form is the same, letter by letter."""
    return [
        Judged(language, row["slot"], _value(row["slot"], row["text"], language, today) == row["value"])
        for row in rows
        for language in LANGUAGES
        if row["language"] == language
    ]


def human_request_recall(rows: Iterable[Mapping[str, str]]) -> list[Judged]:
    """Judge the rows `text,language,topic,kind` that ask for a human: right when the request is noticed."""
    return [
        Judged(language, HUMAN_KIND, wants_human(row["text"]))
        for row in rows
        for language in LANGUAGES
        if row["language"] == language and row["kind"] == HUMAN_KIND
    ]


def human_false_alarms(rows: Iterable[Mapping[str, str]]) -> list[Judged]:
    """Judge the rows that do not ask for a human: right when no request is noticed."""
    return [
        Judged(language, row["kind"], not wants_human(row["text"]))
        for row in rows
        for language in LANGUAGES
        if row["language"] == language and row["kind"] != HUMAN_KIND
    ]


def _value(slot: str, text: str, language: Language, today: date) -> str | None:
    parsed = parse(slot, text, language, today)
    return None if parsed is None else parsed.value
