"""Guards against loops."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from voice.asr.guards import Loop, compression_ratio, cut_loop, find_loop, max_tokens_for


def test_when_a_phrase_is_said_four_times_then_it_is_a_loop_and_is_cut_to_one_round() -> None:
    tokens = [9, 1, 2, 1, 2, 1, 2, 1, 2, 7]
    assert find_loop(tokens) == Loop(1, 2, 4)
    assert cut_loop(tokens) == [9, 1, 2, 7]


def test_when_a_caller_says_no_three_times_then_it_is_no_loop() -> None:
    assert find_loop([5, 5, 5]) is None
    assert cut_loop([5, 5, 5, 6]) == [5, 5, 5, 6]


def test_when_a_long_phrase_comes_three_times_then_it_is_a_loop() -> None:
    assert find_loop([*range(6), *range(6), *range(6)]) == Loop(0, 6, 3)
    assert find_loop([*range(6), *range(6)]) is None


def test_when_a_text_repeats_then_it_compresses_well_and_short_ones_never_do() -> None:
    assert compression_ratio("thank you " * 20) > 2.4
    assert compression_ratio("I would like to know why my electricity bill went up this month") < 1.5
    assert compression_ratio("no no no no") == 1.0


def test_when_speech_is_longer_then_more_tokens_are_allowed() -> None:
    assert max_tokens_for(0) == 16
    assert max_tokens_for(8_000) == 80


@given(st.lists(st.integers(0, 3), max_size=40))
def test_whatever_the_tokens_then_cutting_leaves_no_loop_and_invents_nothing(tokens: list[int]) -> None:
    cut = cut_loop(tokens)
    assert find_loop(cut) is None
    rest = iter(tokens)
    assert all(any(token == other for other in rest) for token in cut)


@given(
    st.lists(st.integers(0, 9), max_size=10), st.lists(st.integers(10, 19), min_size=1, max_size=8), st.integers(4, 9)
)
def test_whatever_repeats_four_times_then_it_is_found(head: list[int], phrase: list[int], rounds: int) -> None:
    assert find_loop([*head, *phrase * rounds]) is not None
