"""Visits on impossible days, values said along with others, and values that are corrected late."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from calls.ids import Language
from voice.dialog.flow import FlowRun
from voice.dialog.flow_reply import FlowReply
from voice.dialog.flow_spec import load_flows
from voice.dialog.settings import DialogSettings

SUNDAY_MORNING = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def visit(language: Language, *, said: str = "") -> FlowRun:
    run = FlowRun(load_flows()["appointment"], DialogSettings(), SUNDAY_MORNING.date(), "", now=SUNDAY_MORNING)
    run.begin(language, offer=False, said=said)
    return run


def asked(reply: FlowReply) -> str:
    return reply.lines[-1].detail


@pytest.mark.parametrize(
    ("language", "text", "why"),
    [
        ("en", "yesterday", "past"),
        ("en", "last Wednesday", "past"),
        ("en", "next Sunday", "closed_day"),
        ("es", "ayer", "past"),
        ("es", "el domingo que viene", "closed_day"),
        ("es", "el domingo a las tres de la madrugada", "closed_day"),
    ],
)
def test_when_a_day_is_wanted_on_which_nobody_comes_then_it_is_refused_and_another_is_asked_for(
    language: Language, text: str, why: str
) -> None:
    run = visit(language)
    run.hear("40718236", language)
    reply = run.hear(text, language)
    assert [line.detail for line in reply.lines] == [f"refused:date:{why}", "slot:date"]
    assert "date" not in run.values


@pytest.mark.parametrize(
    ("language", "day", "text"),
    [
        ("en", "Tuesday", "midnight"),
        ("en", "Tuesday", "four in the morning"),
        ("en", "Tuesday", "half past nine at night"),
        ("es", "el martes", "a las once de la noche"),
        ("es", "el martes", "a las cinco de la madrugada"),
    ],
)
def test_when_an_hour_is_wanted_at_which_nobody_comes_then_it_is_refused(
    language: Language, day: str, text: str
) -> None:
    run = visit(language)
    run.hear("40718236", language)
    run.hear(day, language)
    assert [line.detail for line in run.hear(text, language).lines] == ["refused:time:closed_hour", "slot:time"]


@pytest.mark.parametrize(("language", "text"), [("en", "no, on Sunday"), ("es", "no, el domingo")])
def test_when_only_the_day_is_changed_at_the_end_then_it_is_refused_all_the_same(language: Language, text: str) -> None:
    run = visit(language)
    for words in ("40718236", "Friday" if language == "en" else "el viernes", "11:00"):
        run.hear(words, language)
    run.hear("yes" if language == "en" else "sí", language)
    assert asked(run.hear(text, language)) == "slot:date"


@pytest.mark.parametrize(
    ("language", "day", "text"), [("en", "Friday", "in the afternoon please"), ("es", "el viernes", "por la tarde")]
)
def test_when_a_part_of_the_day_is_named_then_its_beginning_is_read_back(
    language: Language, day: str, text: str
) -> None:
    run = visit(language)
    run.hear("40718236", language)
    run.hear(day, language)
    assert asked(run.hear(text, language)) == "confirm:time"
    assert run.values["time"] == "14:00"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "I'd like an engineer on Friday at nine, my account number is 40718236"),
        ("es", "quiero una visita el viernes a las nueve, la cuenta es 40718236"),
    ],
)
def test_when_the_first_sentence_holds_the_values_then_they_are_only_read_back(language: Language, said: str) -> None:
    run = visit(language, said=said)
    assert run.values == {"account_number": "40718236", "date": "2026-11-27", "time": "09:00"}
    assert run.now_asking == "confirm_all"


def test_when_the_first_sentence_tells_since_when_it_is_broken_then_that_is_no_day_for_the_visit() -> None:
    assert visit("en", said="I need a technician, the line has been dead since Monday at six").values == {}
    assert visit("es", said="necesito un técnico, no hay línea desde el lunes").values == {}


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "sorry, I misread it, it's nine oh two one, four five six one"),
        ("en", "wait, the account is 9 0 2 1 4 5 6 1"),
        ("es", "perdón, me he equivocado, es el nueve cero dos uno cuatro cinco seis uno"),
    ],
)
def test_when_an_earlier_number_is_said_again_then_it_is_read_back(language: Language, text: str) -> None:
    run = visit(language)
    run.hear("40718236", language)
    assert asked(run.hear(text, language)) == "confirm:account_number"
    assert run.values["account_number"] == "90214561"


@pytest.mark.parametrize(
    ("language", "text", "slot"),
    [
        ("en", "the account number is wrong", "account_number"),
        ("en", "hold on, the date isn't right", "date"),
        ("es", "la cuenta está mal", "account_number"),
        ("es", "la fecha", "date"),
    ],
)
def test_when_an_earlier_value_is_called_wrong_then_it_is_asked_for_again(
    language: Language, text: str, slot: str
) -> None:
    run = visit(language)
    for words in ("40718236", "Friday" if language == "en" else "el viernes"):
        run.hear(words, language)
    assert asked(run.hear(text, language)) == f"slot:{slot}"


@pytest.mark.parametrize(
    ("language", "text", "account"),
    [
        ("en", "the last digit is four", "40718234"),
        ("en", "it ends in nine", "40718239"),
        ("es", "la primera cifra es un ocho", "80718236"),
        ("es", "termina en cinco", "40718235"),
    ],
)
def test_when_one_digit_is_corrected_then_the_others_stay(language: Language, text: str, account: str) -> None:
    run = visit(language)
    run.hear("40718236", language)
    run.hear(text, language)
    assert run.values["account_number"] == account


@pytest.mark.parametrize(
    ("language", "day", "text"), [("en", "Friday", "three pm"), ("es", "el viernes", "a las tres de la tarde")]
)
def test_when_a_value_is_given_anew_at_the_end_then_it_is_taken(language: Language, day: str, text: str) -> None:
    run = visit(language)
    for words in ("40718236", day, "11:00", "yes" if language == "en" else "sí", text):
        run.hear(words, language)
    assert run.values["time"] == "15:00"
