"""Sounds without speech: of every kind, the same each time, and no word for the recogniser."""

from __future__ import annotations

import numpy as np
import pytest

from bench.no_speech import CLIP_S, KINDS, LINE_RATE_HZ, no_speech, without_speech
from calls.resample import Resampler
from voice.asr.whisper import WhisperEngine


def test_when_ten_minutes_are_made_then_all_kinds_are_in_them_and_no_clip_comes_twice() -> None:
    clips = list(without_speech(10))
    assert sum(clip.samples.size for clip in clips) == 10 * 60 * LINE_RATE_HZ
    assert {clip.kind for clip in clips} == set(KINDS)
    sounding = [clip.samples.tobytes() for clip in clips if clip.kind != "silence"]
    assert len(set(sounding)) == len(sounding)


@pytest.mark.parametrize("kind", KINDS)
def test_when_a_clip_is_made_again_then_it_is_the_same_and_it_fits_the_line(kind: str) -> None:
    clip = no_speech(kind, CLIP_S, 3)
    assert np.array_equal(clip.samples, no_speech(kind, CLIP_S, 3).samples)
    peak = int(np.abs(clip.samples).max())
    assert peak < 32_000
    assert peak > 20 or kind == "silence"


@pytest.mark.parametrize("kind", KINDS)
def test_when_the_recogniser_hears_no_speech_then_it_says_no_word(whisper: WhisperEngine, kind: str) -> None:
    sound = Resampler(LINE_RATE_HZ, 16_000).process(no_speech(kind, CLIP_S, 0).samples)
    for language in (None, "en", "es"):
        request = {"language": language, "expected": "es", "final": True}
        (reply,) = [piece for piece in whisper.handle("decode", request, {"samples": sound}) if piece is not None]
        assert reply.data["words"] == []
