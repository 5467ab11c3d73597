"""Words and their times from tokens."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from voice.asr.words import (
    FRAME_MS,
    TimedWord,
    TokenGroup,
    echoed_tail,
    group_tokens,
    snap_to_sound,
    spread_starts_ms,
    timed_words,
    token_starts_ms,
)

PIECES = [" My", " bill", ",", " se", "ñ", "or", " ...", " ¿", "Qué", "?", " 12", "-", "34", " "]


def decode(tokens: Sequence[int]) -> str:
    return "".join(PIECES[token] for token in tokens)


def texts(tokens: Sequence[int]) -> list[str]:
    return [group.text for group in group_tokens(tokens, decode)]


def test_when_tokens_are_grouped_then_punctuation_stays_with_its_word() -> None:
    assert texts([0, 1, 2, 3, 4, 5, 6]) == ["My", "bill,", "señor ..."]
    assert texts([0, 7, 8, 9]) == ["My ¿", "Qué?"] or texts([0, 7, 8, 9]) == ["My", "¿Qué?"]
    assert texts([10, 11, 12]) == ["12-34"]
    assert texts([]) == []


def test_when_a_character_is_split_over_tokens_then_it_stays_whole() -> None:
    raw = [b" a", "ñ".encode()[:1], "ñ".encode()[1:], b"o"]

    def decode_bytes(tokens: Sequence[int]) -> str:
        return b"".join(raw[token] for token in tokens).decode(errors="replace")

    assert group_tokens([0, 1, 2, 3], decode_bytes) == [TokenGroup("año", 0, 4)]


def test_when_an_alignment_skips_a_token_then_it_begins_where_the_one_before_does() -> None:
    assert token_starts_ms([(0, 5), (0, 6), (2, 9), (2, 10), (3, 12)], 3) == [100, 100, 180, 240]


def test_when_words_are_timed_then_they_stay_inside_the_speech_and_in_order() -> None:
    groups = [TokenGroup("a", 0, 1), TokenGroup("b", 1, 3)]
    words = timed_words(groups, [0, 500, 700, 3000], [0.5, 0.9, 0.4], speech_start_ms=200, speech_end_ms=1000)
    assert [(word.start_ms, word.end_ms) for word in words] == [(200, 500), (500, 1000)]
    assert [round(word.prob, 3) for word in words] == [0.5, 0.6]


groups_of_letters = st.lists(st.integers(1, 9), min_size=1, max_size=6).map(
    lambda sizes: [TokenGroup("x" * size, place, place + 1) for place, size in enumerate(sizes)]
)


@given(groups_of_letters, st.integers(0, 1000), st.integers(0, 5000))
def test_whatever_is_spread_then_times_rise_from_begin_to_end(
    groups: list[TokenGroup], begin_ms: int, length_ms: int
) -> None:
    starts = spread_starts_ms(groups, len(groups), begin_ms, begin_ms + length_ms)
    assert starts == sorted(starts)
    assert (starts[0], starts[-1]) == (begin_ms, begin_ms + length_ms)


@given(
    groups_of_letters,
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 200)), max_size=20),
    st.integers(0, 500),
    st.integers(20, 4000),
)
def test_whatever_the_alignment_then_words_never_overlap(
    groups: list[TokenGroup], path: list[tuple[int, int]], start_ms: int, length_ms: int
) -> None:
    starts = token_starts_ms(sorted(path), len(groups))
    words = timed_words(
        groups, starts, [0.5] * len(groups), speech_start_ms=start_ms, speech_end_ms=start_ms + length_ms
    )
    assert words[0].start_ms >= start_ms
    assert all(word.end_ms - word.start_ms >= FRAME_MS for word in words)
    assert all(left.end_ms <= right.start_ms for left, right in itertools.pairwise(words))


def test_when_a_word_was_given_the_pause_before_it_then_it_begins_with_its_sound() -> None:
    active = [True] * 10 + [False] * 40 + [True] * 30
    words = [TimedWord("a", 0, 160, 0.9), TimedWord("b", 160, 1600, 0.9)]
    assert snap_to_sound(words, active) == [words[0], TimedWord("b", 1000, 1600, 0.9)]


def test_when_a_word_was_given_the_pause_behind_it_then_it_ends_with_its_sound() -> None:
    active = [True] * 20 + [False] * 60
    assert snap_to_sound([TimedWord("a", 0, 1600, 0.9)], active) == [TimedWord("a", 0, 400, 0.9)]


def test_when_a_number_was_dictated_with_a_pause_then_its_word_keeps_the_pause() -> None:
    active = [False] * 20 + [True] * 30 + [False] * 40 + [True] * 10 + [False] * 40
    word = TimedWord("4539-1488", 0, 2800, 0.9)
    assert snap_to_sound([word], active) == [TimedWord("4539-1488", 400, 2000, 0.9)]


def test_when_a_word_has_no_sound_then_it_stays_where_it_is() -> None:
    word = TimedWord("a", 0, 1600, 0.9)
    assert snap_to_sound([word], [False] * 80) == [word]
    assert snap_to_sound([word], []) == [word]


def test_when_the_end_repeats_without_sound_of_its_own_then_it_is_an_echo() -> None:
    assert echoed_tail([7, 1, 2, 3, 1, 2, 3], [0, 200, 400, 600, 800, 800, 800, 820]) == 3
    assert echoed_tail([7, 1, 2, 3, 1, 2, 3], [0, 200, 400, 600, 800, 1000, 1200, 1400]) == 0
    assert echoed_tail([1, 2, 3], [0, 0, 0, 0]) == 0
    assert echoed_tail([], [0]) == 0


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(1, 40)), max_size=6),
    st.lists(st.booleans(), max_size=200),
)
def test_whatever_sounds_then_snapped_words_stay_within_their_old_edges(
    lengths: list[tuple[int, int]], active: list[bool]
) -> None:
    words: list[TimedWord] = []
    for gap, length in lengths:
        start = (words[-1].end_ms if words else 0) + gap * FRAME_MS
        words.append(TimedWord("x", start, start + length * FRAME_MS, 0.5))
    for old, new in zip(words, snap_to_sound(words, active), strict=True):
        assert old.start_ms <= new.start_ms < new.end_ms <= old.end_ms
