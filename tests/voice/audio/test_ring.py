"""The ring of the newest sound."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from voice.audio.ring import SoundRing


def test_when_more_is_written_than_fits_then_the_newest_is_kept_at_its_time() -> None:
    ring = SoundRing(100)
    for value in range(30):
        ring.write(np.full(160, value, dtype=np.int16))
    assert ring.end_ms == 300
    assert ring.between(0, 1_000).size == 1_600
    assert ring.between(250, 260).tolist() == [25] * 160


def test_when_time_is_skipped_then_the_gap_is_silence() -> None:
    ring = SoundRing(1_000)
    ring.write(np.ones(160, dtype=np.int16))
    ring.skip_to(480)
    ring.write(np.ones(160, dtype=np.int16))
    assert ring.between(10, 30).tolist() == [0] * 320
    assert ring.between(30, 40).all()


def test_when_the_gap_is_longer_than_the_ring_then_all_is_silence() -> None:
    ring = SoundRing(100)
    ring.write(np.ones(1_600, dtype=np.int16))
    ring.skip_to(1_000_000)
    assert ring.end_sample == 1_000_000
    assert not ring.between_samples(0, 1_000_000).any()


@given(st.lists(st.integers(0, 700), max_size=30), st.integers(0, 6_000), st.integers(0, 6_000))
def test_when_pieces_of_any_size_are_written_then_the_ring_equals_the_end_of_their_sum(
    sizes: list[int], start: int, end: int
) -> None:
    ring = SoundRing(30)
    everything = np.arange(sum(sizes), dtype=np.int16)
    at = 0
    for size in sizes:
        ring.write(everything[at : at + size])
        at += size
    oldest = max(0, at - 480)
    assert ring.between_samples(start, end).tolist() == everything[max(start, oldest) : max(end, 0)][:at].tolist()
