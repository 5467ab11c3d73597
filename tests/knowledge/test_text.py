"""Words as the index sees them."""

from __future__ import annotations

import pytest

from calls.ids import Language
from knowledge.text import MAX_BREAKS, adds, asks, fold, splits, terms


def test_when_text_is_folded_then_case_and_punctuation_are_gone_and_letters_stay() -> None:
    assert fold("  ¿Cuánto CUESTA, señor?  I can't_pay!") == "cuánto cuesta señor i can't pay"


@pytest.mark.parametrize(
    ("first", "second", "language"),
    [("facturas", "factura", "es"), ("pagué", "pague", "es"), ("bills", "bill", "en"), ("paying", "pay", "en")],
)
def test_when_words_differ_in_form_then_they_share_a_stem(first: str, second: str, language: Language) -> None:
    assert terms(first, language) == terms(second, language)


def test_when_words_stand_together_then_the_pair_is_a_term_of_its_language() -> None:
    assert terms("power cut", "en") == ["en:power", "en:cut", "en:power cut"]


@pytest.mark.parametrize(
    ("text", "language", "parts"),
    [
        (
            "how can I pay and when is it due",
            "en",
            [("how can I pay", "when is it due")],
        ),
        (
            "¿Cómo pago la factura? También quiero cambiar la cita.",
            "es",
            [("¿Cómo pago la factura", "También quiero cambiar la cita.")],
        ),
        ("good morning, how can I pay", "en", []),
        ("salt and pepper", "en", []),
        ("quiero pagar la factura de la luz", "es", []),
    ],
)
def test_when_a_question_has_two_long_clauses_then_it_is_cut_between_them(
    text: str, language: Language, parts: list[tuple[str, str]]
) -> None:
    assert splits(text, language) == parts


def test_when_a_question_has_many_breaks_then_only_the_middle_ones_are_tried() -> None:
    cuts = splits("one two three, " * 12, "en")
    assert len(cuts) == MAX_BREAKS
    assert all(abs(len(first) - len(second)) < 60 for first, second in cuts)


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("I want to pay", "en", True),
        ("when does it end", "en", True),
        ("I paid last week", "en", False),
        ("quiero saber cuándo termina", "es", True),
        ("pagué la semana pasada", "es", False),
        ("que me lo manden a casa", "es", True),
        ("lo que pagué ayer", "es", False),
    ],
)
def test_when_a_clause_asks_then_it_is_told_from_one_that_tells(text: str, language: Language, expected: bool) -> None:
    assert asks(text, language) is expected


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("the power is out, and another thing, my bill", "en", True),
        ("no tengo luz y, aparte, la factura", "es", True),
        ("no tengo luz y la factura es alta", "es", False),
    ],
)
def test_when_the_caller_says_that_there_is_more_then_it_is_noticed(
    text: str, language: Language, expected: bool
) -> None:
    assert adds(text, language) is expected
