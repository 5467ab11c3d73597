"""Comfort noise has the level and the colour that the packets name."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calls.audio import level_dbfs
from telephony.rtp.comfort_noise import ComfortNoise


@pytest.mark.parametrize("rate_hz", [8000, 16_000, 48_000])
@pytest.mark.parametrize("level", [30, 55, 64])
def test_when_a_level_is_named_then_the_noise_has_it(rate_hz: int, level: int) -> None:
    noise = ComfortNoise(rate_hz)
    noise.describe(bytes([level]))
    sound = np.concatenate([noise.next(rate_hz // 50) for _ in range(150)])
    assert level_dbfs(sound) == pytest.approx(-level, abs=0.5)
    assert np.abs(np.diff(sound.astype(int))).max() < 12 * np.sqrt(np.mean(sound.astype(float) ** 2))


def test_when_nothing_or_silence_was_described_then_nothing_is_heard() -> None:
    noise = ComfortNoise(8000)
    assert not noise.next(160).any()
    noise.describe(b"")
    assert not noise.next(160).any()


@pytest.mark.parametrize(("code", "low_is_louder"), [(30, True), (220, False)])
def test_when_a_coefficient_comes_along_then_the_noise_is_coloured_by_it(code: int, low_is_louder: bool) -> None:
    noise = ComfortNoise(8000)
    noise.describe(bytes([40, code]))
    power = np.abs(np.fft.rfft(noise.next(8000).astype(float))) ** 2
    assert bool(power[:1000].sum() > 4 * power[-1000:].sum()) is low_is_louder
    assert level_dbfs(noise.next(8000)) == pytest.approx(-40, abs=0.5)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=40))
def test_when_a_description_is_wild_then_it_is_still_noise_of_that_level(payload: bytes) -> None:
    noise = ComfortNoise(8000)
    noise.describe(payload)
    sound = noise.next(8000)
    assert len(sound) == 8000
    if payload and payload[0] & 0x7F > 20:
        assert level_dbfs(sound) == pytest.approx(max(-96, -(payload[0] & 0x7F)), abs=6)
