"""When something began, as people say it, counted from a Sunday at twenty past two."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from calls.ids import Language
from voice.dialog.slots import parse, parse_keys, say_value

NOW = datetime(2026, 11, 22, 14, 20, tzinfo=UTC)


def moment(text: str, language: Language) -> str | None:
    parsed = parse("moment", text, language, NOW.date(), now=NOW)
    return parsed.value if parsed is not None else None


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [
        ("en", "two hours ago", "2026-11-22T12:20"),
        ("en", "about an hour and a half ago", "2026-11-22T12:50"),
        ("en", "a quarter of an hour ago", "2026-11-22T14:05"),
        ("en", "it's been twenty minutes", "2026-11-22T14:00"),
        ("en", "a couple of hours ago", "2026-11-22T12:20"),
        ("en", "just now", "2026-11-22T14:20"),
        ("en", "since last night", "2026-11-21/night"),
        ("en", "this morning", "2026-11-22/morning"),
        ("en", "since nine", "2026-11-22T09:00"),
        ("en", "around 3 pm", "2026-11-21T15:00"),
        ("en", "since Friday at six", "2026-11-20T18:00"),
        ("en", "three days ago", "2026-11-19"),
        ("en", "I have no idea", None),
        ("es", "hace dos horas", "2026-11-22T12:20"),
        ("es", "hace media hora", "2026-11-22T13:50"),
        ("es", "hace una hora y media", "2026-11-22T12:50"),
        ("es", "llevo dos horas sin luz", "2026-11-22T12:20"),
        ("es", "ahora mismo", "2026-11-22T14:20"),
        ("es", "desde anoche", "2026-11-21/night"),
        ("es", "desde ayer por la tarde", "2026-11-21/afternoon"),
        ("es", "desde las nueve y media de la noche", "2026-11-21T21:30"),
        ("es", "ayer a las nueve", "2026-11-21T09:00"),
        ("es", "desde el lunes", "2026-11-16"),
        ("es", "no lo sé", None),
    ],
)
def test_when_the_beginning_of_a_fault_is_told_then_its_day_and_time_are_known(
    language: Language, text: str, value: str | None
) -> None:
    assert moment(text, language) == value


@pytest.mark.parametrize(("language", "text"), [("en", "two hours ago"), ("es", "hace media hora")])
def test_when_only_a_time_of_day_is_wanted_then_a_distance_from_now_is_none_without_now(
    language: Language, text: str
) -> None:
    assert parse("time", text, language, NOW.date()) is None


def test_when_a_time_is_typed_that_is_still_to_come_then_it_was_yesterday() -> None:
    parsed = parse_keys("moment", "2130", "en", NOW.date(), now=NOW)
    assert parsed is not None
    assert parsed.value == "2026-11-21T21:30"


def test_when_a_moment_is_read_back_then_its_day_is_said_too() -> None:
    assert say_value("moment", "2026-11-21T21:30", "en") == "9:30 in the evening on Saturday, November 21"
    assert say_value("moment", "2026-11-21/night", "es") == "el sábado 21 de noviembre por la noche"
