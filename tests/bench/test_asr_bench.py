"""The figures of the recognition bench."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.asr import Clip, _figures
from bench.report import Result
from bench.streamed import LEAD_MS, FinalDecode, Heard
from calls.speech import Word


def word(text: str, start_ms: int) -> Word:
    return Word(text=text, start_ms=start_ms, end_ms=start_ms + 200, prob=0.9)


def heard(text: str) -> Heard:
    words = [word(each, LEAD_MS + 300 * place) for place, each in enumerate(text.split())]
    outcome = Heard(began_ms=1_000, speech_end_ms=2_000, words=words, told_ms=3_700, ended=True)
    outcome.finals = [
        FinalDecode(0, 3_000, 100.0, 1),
        FinalDecode(0, 3_400, 120.0, 1),
        FinalDecode(900, 3_500, 80.0, 3),
    ]
    outcome.shown = [(1_900, words[0]), (2_500, words[0]), (3_700, words[-1])] if words else []
    return outcome


def clip(text: str, said: str, peer: str) -> Clip:
    made = Clip(Path("x"), text, "en", np.zeros(16_000, dtype=np.int16), 8_000, 2_000, heard(said))
    made.peer_text, made.peer_cpu_s, made.live_cpu_s = peer, 1.0, 0.6
    return made


def test_when_final_words_come_then_only_the_last_decode_of_each_utterance_counts_as_the_final_pass() -> None:
    outcome = heard("a b")
    assert outcome.final_cpu_s == pytest.approx(0.2)
    assert outcome.final_ms == 500


def test_when_a_word_was_shown_early_then_its_delay_counts_from_its_end() -> None:
    assert heard("a b").partial_delays_ms() == [1_900 - 1_200, 3_700 - 1_500]


def test_when_clips_are_summed_up_then_the_peer_is_compared_on_the_same_clips() -> None:
    result = Result(n=3)
    clips = [clip("my bill is wrong", "my bill is long", "my pill is long"), clip("", "thank you", "")]
    _figures(result, clips, "", peer=True)
    figures = result.figures
    assert (figures["wer"], figures["peer_wer"], figures["wer_delta"]) == (0.25, 0.5, -0.25)
    assert figures["hallucinated_words"] == 2
    assert figures["cores_live"] == pytest.approx(0.3)
    assert figures["peer_cores"] == pytest.approx(0.5)
    assert figures["unheard_share"] == 0.0
