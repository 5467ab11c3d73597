from __future__ import annotations

import numpy as np
import pytest

from telephony.rtp.concealment import Concealer, remove_period
from tests.telephony.media_fakes import level_of, tone, voice


@pytest.mark.parametrize("rate_hz", [8000, 48000])
def test_when_a_tone_is_interrupted_then_it_goes_on_without_a_step(rate_hz: int) -> None:
    size = rate_hz // 50
    sound = tone(150, 12, rate_hz)
    concealer = Concealer(rate_hz)
    out = [concealer.good(sound[n * size : (n + 1) * size]) for n in range(5)]
    out.append(concealer.lost(size))
    states = [concealer.concealing]
    out += [concealer.good(sound[n * size : (n + 1) * size]) for n in range(6, 12)]
    states.append(concealer.concealing)
    assert states == [True, False]
    joined = np.concatenate(out).astype(int)
    steepest = np.abs(np.diff(sound.astype(int))).max()
    assert np.abs(np.diff(joined)).max() < 1.6 * steepest
    error = joined[5 * size : 6 * size] - sound[5 * size : 6 * size]
    assert np.sqrt(np.mean(np.square(error))) < 0.35 * np.std(sound)


def test_when_a_loss_lasts_then_it_fades_to_silence_within_60_ms() -> None:
    concealer = Concealer(8000)
    concealer.good(tone(150, 5))
    levels = [float(np.abs(concealer.lost(160)).max()) for _ in range(5)]
    assert levels[0] > levels[1] > levels[2]
    assert levels[3] == levels[4] == 0.0


def test_when_nothing_was_heard_yet_then_silence_is_made_up() -> None:
    assert not Concealer(8000).lost(160).any()


def test_when_the_sound_is_at_full_scale_then_nothing_wraps() -> None:
    square = np.where(np.arange(800) % 80 < 40, 32767, -32768).astype(np.int16)
    concealer = Concealer(8000)
    concealer.good(square)
    made_up = concealer.lost(160).astype(int)
    assert abs(made_up[:40].max()) <= 32767
    assert made_up[:30].min() > 20_000 or made_up[:30].max() < -20_000


def test_when_a_period_is_removed_then_the_pitch_stays() -> None:
    sound = tone(160, 2)
    shorter = remove_period(sound, 8000)
    assert 40 <= len(sound) - len(shorter) <= 120
    assert (len(sound) - len(shorter)) % 50 == 0
    assert level_of(160, shorter[:200]) > 7000
    assert np.abs(np.diff(shorter.astype(int))).max() < 1.2 * np.abs(np.diff(sound.astype(int))).max()


def test_when_speech_is_shortened_then_no_click_is_made() -> None:
    sound = voice(100)[:320]
    shorter = remove_period(sound, 8000)
    assert len(shorter) < len(sound)
    assert np.abs(np.diff(shorter.astype(int))).max() < 1.5 * np.abs(np.diff(sound.astype(int))).max()
