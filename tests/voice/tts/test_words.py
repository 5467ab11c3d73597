import pytest

from voice.tts.words import Span, align_groups, share_out, spans_of_words


def test_when_shared_out_then_parts_are_neighbours_and_as_long_as_they_weigh() -> None:
    assert share_out(Span(1.0, 3.0), [1.0, 3.0]) == (Span(1.0, 1.5), Span(1.5, 3.0))
    assert share_out(Span(0.0, 1.0), [0.0, 0.0]) == (Span(0.0, 0.5), Span(0.5, 1.0))
    assert share_out(Span(0.0, 1.0), []) == ()


@pytest.mark.parametrize(
    ("groups", "words", "expected"),
    [
        ([4, 4], [3, 5], ((0, 1), (1, 2))),
        ([3, 4, 4], [3, 2, 3, 4], ((0, 1), (1, 3), (3, 4))),
        ([8], [2, 3, 3], ((0, 3),)),
        ([2, 2, 2], [6], ((0, 1), (0, 1), (0, 1))),
        ([], [3], ()),
    ],
)
def test_when_espeak_runs_words_together_then_sizes_tell_which(
    groups: list[int], words: list[int], expected: tuple[tuple[int, int], ...]
) -> None:
    assert align_groups(groups, words) == expected


def test_when_no_group_reads_a_word_then_it_takes_no_time() -> None:
    spans = spans_of_words([(0, 1, Span(0.1, 0.5)), (2, 2, Span(0.6, 1.0))], [1.0, 0.0, 1.0, 3.0])
    assert spans == (Span(0.1, 0.5), Span(0.5, 0.5), Span(0.6, 0.7), Span(0.7, 1.0))
