"""Word error rate."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.wer import Errors, count_errors, normalise, word_error_rate
from calls.ids import Language

words = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=7)


@pytest.mark.parametrize(
    ("language", "left", "right"),
    [
        ("en", "Press 123, please.", "press one two three please"),
        ("en", "one hundred and twenty-three", "123"),
        ("en", "two thousand and five", "2,005"),
        ("en", "nineteen eighty-four", "1984"),
        ("en", "I\N{RIGHT SINGLE QUOTATION MARK}ve um got _Voyager_", "ive got voyager"),
        ("en", "zero zero seven", "007"),
        ("es", "Marque siete para mañana", "marque 7 para manana"),
        ("es", "Treinta y un días", "31 dias"),
        ("es", "dos mil veinticinco", "2025"),
        ("es", "mil quinientos", "1.500"),
        ("es", "seis uno dos", "612"),
        ("es", "¿Está bien?, eh, sí", "esta bien si"),
    ],
)
def test_when_the_same_words_are_spelled_differently_then_they_are_equal(
    language: Language, left: str, right: str
) -> None:
    assert normalise(left, language) == normalise(right, language)


def test_when_words_differ_then_the_kinds_of_errors_are_told_apart() -> None:
    assert count_errors(list("abcd"), list("axcde")) == Errors(1, 0, 1, 4)
    assert count_errors(list("abc"), list("ac")) == Errors(0, 1, 0, 3)
    assert count_errors([], list("ab")) == Errors(0, 0, 2, 0)


def test_when_rates_are_averaged_then_long_clips_weigh_more() -> None:
    assert word_error_rate([Errors(1, 0, 0, 1), Errors(0, 0, 0, 9)]) == pytest.approx(0.1)
    assert word_error_rate([]) == 0.0


@given(words, words)
def test_when_sides_swap_then_the_edits_stay_and_deletions_become_insertions(left: list[str], right: list[str]) -> None:
    there, back = count_errors(left, right), count_errors(right, left)
    assert there.edits == back.edits
    assert there.deletions - there.insertions == back.insertions - back.deletions == len(left) - len(right)


@given(words, words, words)
def test_when_going_through_a_third_text_then_it_never_is_shorter(a: list[str], b: list[str], c: list[str]) -> None:
    assert count_errors(a, c).edits <= count_errors(a, b).edits + count_errors(b, c).edits
