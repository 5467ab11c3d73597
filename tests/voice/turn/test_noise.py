"""Noise that sounds like voice: looked into in time, without a gap, and forgotten when nobody answers."""

from __future__ import annotations

import pytest

from calls.speech import Word
from voice.turn.noise import NoiseWatch, wordless_ms
from voice.turn.running import Request, RunningUtterance
from voice.turn.settings import TurnSettings

SETTINGS = TurnSettings()
ENOUGH_MS = SETTINGS.wordless_voice_ms


def test_when_noise_goes_on_then_it_is_looked_into_twice_as_far_back_as_the_last_look() -> None:
    watch = NoiseWatch(SETTINGS)
    watch.begin(10_000)
    assert not watch.is_due(10_000 + ENOUGH_MS - 1, ended=False)
    assert watch.is_due(10_000 + ENOUGH_MS, ended=False)
    look = watch.look(7, 0, 10_000 + ENOUGH_MS, now_ms=50_000)
    assert (look.start_ms, look.end_ms, look.final) == (10_000 - ENOUGH_MS, 10_000 + ENOUGH_MS, False)
    assert not watch.is_due(20_000 + ENOUGH_MS, ended=False)  # one look at a time


def test_when_words_were_told_then_no_look_goes_behind_them() -> None:
    watch = NoiseWatch(SETTINGS)
    assert watch.look(7, 9_500, 10_000, now_ms=0).start_ms == 9_500


def test_when_a_look_is_answered_then_only_its_own_answer_counts() -> None:
    watch = NoiseWatch(SETTINGS)
    watch.look(7, 0, 10_000, now_ms=0)
    assert watch.answered(8) is None
    probe = watch.answered(7)
    assert probe is not None
    assert probe.end_ms == 10_000
    assert watch.answered(7) is None


def test_when_nobody_answers_then_the_look_is_forgotten_at_the_deadline() -> None:
    watch = NoiseWatch(SETTINGS)
    watch.look(7, 0, 10_000, now_ms=1_000)
    watch.pass_to(1_000 + SETTINGS.decode_deadline_ms - 1)
    assert watch.probe is not None
    watch.pass_to(1_000 + SETTINGS.decode_deadline_ms)
    assert watch.probe is None


@pytest.mark.parametrize(
    ("voice_until_ms", "ended", "stalled", "over"),
    [
        (10_000, True, False, True),
        (10_000 + SETTINGS.nothing_voice_ms, True, False, False),
        (10_000, False, False, False),
        (20_000, False, True, True),
    ],
)
def test_when_it_is_still_then_the_noise_is_over_once_nothing_is_left_to_look_into(
    voice_until_ms: int, ended: bool, stalled: bool, over: bool
) -> None:
    watch = NoiseWatch(SETTINGS)
    watch.begin(10_000)
    assert watch.is_over(voice_until_ms, ended=ended, stalled=stalled) is over


def test_when_voice_brings_no_new_words_then_its_length_is_known() -> None:
    utterance = RunningUtterance(1, 0, 0, 8_000, grown_voice_ms=2_000)
    request = Request(end_ms=8_000, sent_ms=0, final=False, voice_ms=6_000)
    assert wordless_ms(utterance, request, closing=False) == 4_000
    utterance.words = (Word(text="hello", start_ms=200, end_ms=600, prob=0.9),)
    assert wordless_ms(utterance, request, closing=True) == 7_400
