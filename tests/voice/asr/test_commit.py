"""Committing live words."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from calls.speech import Word
from voice.asr.commit import Committer, same_word


def spoken(text: str, *, step_ms: int = 300, begin_ms: int = 0, prob: float = 0.9) -> list[Word]:
    return [
        Word(text=word, start_ms=begin_ms + step_ms * place, end_ms=begin_ms + step_ms * (place + 1), prob=prob)
        for place, word in enumerate(text.split())
    ]


def text_of(words: tuple[Word, ...]) -> str:
    return " ".join(word.text for word in words)


def test_when_a_hypothesis_is_the_first_then_nothing_is_committed() -> None:
    committed, tentative = Committer().update(spoken("my bill is wrong"))
    assert (text_of(committed), text_of(tentative)) == ("", "my bill is wrong")


def test_when_two_hypotheses_agree_then_their_common_beginning_is_committed() -> None:
    committer = Committer()
    committer.update(spoken("my bill is"))
    committed, tentative = committer.update(spoken("my bill has been wrong"))
    assert (text_of(committed), text_of(tentative)) == ("my bill", "has been wrong")


def test_when_only_punctuation_case_or_accents_differ_then_words_agree() -> None:
    assert same_word("Sí,", "si")
    assert not same_word("si", "no")
    assert not same_word("?", "!")


def test_when_words_end_at_the_newest_sound_then_they_stay_tentative() -> None:
    committer = Committer()
    words = spoken("my bill is wrong")
    committer.update(words, heard_until_ms=1300)
    committed, tentative = committer.update(words, heard_until_ms=1400)
    assert (text_of(committed), text_of(tentative)) == ("my bill is", "wrong")


def test_when_the_same_word_comes_at_another_time_then_it_is_not_agreement() -> None:
    committer = Committer()
    committer.update(spoken("no"))
    committed, _ = committer.update(spoken("no no", begin_ms=2000))
    assert committed == ()


def test_when_a_later_hypothesis_rewrites_committed_words_then_they_stay_and_time_decides_what_follows() -> None:
    committer = Committer()
    committer.update(spoken("my bill is wrong"))
    committer.update(spoken("my bill is wrong again"))
    committed, _ = committer.update(spoken("by Bill it's wrong again and again"))
    assert text_of(committed) == "my bill is wrong again"
    committed, tentative = committer.update(spoken("by Bill it's wrong again and again today"))
    assert text_of((*committed, *tentative)) == "my bill is wrong again and again today"


hypotheses = st.lists(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", "c", "d"]), st.integers(0, 500), st.integers(20, 400)), max_size=8
    ).map(
        lambda items: [
            Word(text=text, start_ms=gap + 300 * place, end_ms=gap + 300 * place + length, prob=0.5)
            for place, (text, gap, length) in enumerate(items)
        ]
    ),
    max_size=8,
)


@given(hypotheses, st.booleans())
def test_whatever_comes_then_committed_words_never_change_and_time_never_runs_back(
    sequence: list[list[Word]], timed: bool
) -> None:
    committer = Committer()
    before: tuple[Word, ...] = ()
    for words in sequence:
        until = max((word.end_ms for word in words), default=0) if timed else None
        committed, _ = committer.update(words, heard_until_ms=until)
        assert committed[: len(before)] == before
        before = committed
    assert all(left.end_ms <= right.start_ms for left, right in itertools.pairwise(before))
    assert all(word.start_ms <= word.end_ms for word in before)


@given(st.lists(st.sampled_from(["uno", "dos", "tres", "no"]), min_size=1, max_size=12))
def test_when_hypotheses_only_ever_grow_then_committed_and_tentative_words_are_exactly_the_last_one(
    texts: list[str],
) -> None:
    committer = Committer()
    words = spoken(" ".join(texts))
    for count in range(1, len(words) + 1):
        committed, tentative = committer.update(words[:count])
        assert [*committed, *tentative] == words[:count]
