"""Numbers that are read out, and loops over digits."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from voice.asr.dictation import cut_to_sound, digits_in, is_dictated, loops_over_digits, most_digits
from voice.asr.guards import find_loop


def text_of(tokens: Sequence[int]) -> str:
    """Tokens below ten are digits, the others letters."""
    return "".join(f" {token}" if token < 10 else f" {chr(87 + token)}" for token in tokens)


def test_when_digits_repeat_and_fit_into_the_sound_then_they_were_dictated() -> None:
    card = [4, *[1] * 15]
    assert is_dictated(card, 5_000, text_of)
    assert not is_dictated(card, 2_000, text_of)
    assert not is_dictated([12, 13] * 5, 5_000, text_of)
    assert not is_dictated([4, 1, 2], 5_000, text_of), "nothing repeats"


def test_when_words_repeat_behind_digits_then_it_is_a_loop_all_the_same() -> None:
    assert not loops_over_digits([*[1] * 5, *[12] * 5], text_of)


def test_when_two_digits_are_repeated_one_after_the_other_then_both_stay() -> None:
    number = [5, 5, *[0] * 4, *[5] * 9, 9]
    assert cut_to_sound(number, 6_000, text_of) == number


def test_when_a_loop_of_digits_is_longer_than_the_sound_then_it_is_cut_to_what_the_sound_can_hold() -> None:
    cut = cut_to_sound([12, 8, *[8] * 60, 13], 1_500, text_of)
    assert cut == [12, *[8] * most_digits(1_500), 13]


def test_when_words_repeat_then_one_round_stays() -> None:
    assert cut_to_sound([3, *[12, 13] * 5, 14], 5_000, text_of) == [3, 12, 13, 14]


@given(st.lists(st.integers(0, 13), max_size=60), st.integers(0, 20_000))
def test_whatever_the_tokens_then_nothing_is_invented_and_only_digits_may_repeat(
    tokens: list[int], active_ms: int
) -> None:
    cut = cut_to_sound(tokens, active_ms, text_of)
    rest = iter(tokens)
    assert all(any(token == other for other in rest) for token in cut)
    if find_loop(tokens) is None:
        assert cut == tokens


@given(st.integers(0, 9), st.integers(4, 80), st.integers(0, 20_000))
def test_whatever_digit_repeats_then_no_more_stay_than_the_sound_can_hold(
    digit: int, times: int, active_ms: int
) -> None:
    cut = cut_to_sound([digit] * times, active_ms, text_of)
    assert 1 <= digits_in(text_of(cut)) == min(times, max(1, most_digits(active_ms)))
