"""Speech on a finished recording: stretches, utterances, turns, talk-over and silence."""

from __future__ import annotations

import numpy as np
import pytest

from voice.speech_spans import LONGEST_UTTERANCE_MS, Span, spans_of, talk_shares, turns_of, utterances_of
from voice.turn.settings import WINDOW_MS


def test_when_voice_is_interrupted_for_a_moment_then_it_is_one_stretch() -> None:
    probs = np.zeros(100, np.float32)
    probs[10:30] = probs[33:50] = 0.9
    probs[80] = 0.9
    assert spans_of(probs, 1) == (Span(10 * WINDOW_MS, 50 * WINDOW_MS, 1),), "and a lone window is no voice"


def test_when_voice_fades_without_falling_silent_then_it_goes_on() -> None:
    probs = np.full(40, 0.45, np.float32)
    probs[0:5] = 0.9
    assert spans_of(probs, 0) == (Span(0, 40 * WINDOW_MS, 0),)
    assert spans_of(probs[5:], 0) == ()


def test_when_speakers_pause_then_utterances_are_joined_by_speaker_alone() -> None:
    spans = [Span(0, 1_000, 0), Span(1_100, 1_600, 1), Span(1_500, 2_000, 0), Span(3_000, 4_000, 0)]
    assert utterances_of(spans) == (Span(0, 2_000, 0), Span(1_100, 1_600, 1), Span(3_000, 4_000, 0))


def test_when_somebody_talks_without_end_then_utterances_end_at_a_pause_in_time() -> None:
    spans = [Span(at, at + 4_800, 0) for at in range(0, 100_000, 5_000)]
    found = utterances_of(spans)
    assert all(span.end_ms - span.start_ms <= LONGEST_UTTERANCE_MS for span in found)
    assert sum(span.end_ms - span.start_ms for span in found) >= 20 * 4_800
    assert len(found) == 4


def test_when_another_begins_or_a_pause_is_long_then_the_turn_is_over() -> None:
    utterances = [Span(0, 900, 0), Span(1_700, 2_500, 0), Span(2_400, 3_000, 1), Span(3_800, 4_000, 0)]
    utterances += [Span(7_000, 8_000, 0)]
    assert turns_of(utterances) == ((0, 1), (2,), (3,), (4,))
    assert turns_of([]) == ()


def test_when_two_speak_at_once_then_the_share_is_of_the_whole_recording() -> None:
    spans = [Span(1_000, 5_000, 0), Span(4_000, 6_000, 1), Span(9_000, 10_000, 0)]
    shares = talk_shares(spans, 20_000, 2)
    assert shares.talk_over_share == pytest.approx(0.05)
    assert shares.silence_share == pytest.approx(14 / 20)
    assert (shares.longest_silence_start_ms, shares.longest_silence_ms) == (10_000, 10_000)
    assert shares.speaking_ms == (5_000, 2_000)


def test_when_one_takes_over_in_the_same_moment_then_nobody_spoke_over_the_other() -> None:
    shares = talk_shares([Span(0, 5_000, 0), Span(5_000, 10_000, 1)], 10_000, 2)
    assert (shares.talk_over_share, shares.silence_share, shares.longest_silence_ms) == (0.0, 0.0, 0)


def test_when_nobody_speaks_then_all_of_it_is_silence() -> None:
    shares = talk_shares([], 3_000, 1)
    assert (shares.silence_share, shares.longest_silence_ms, shares.speaking_ms) == (1.0, 3_000, (0,))
