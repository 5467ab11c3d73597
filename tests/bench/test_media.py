"""The simulated network of the media bench."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("soundfile")

from bench import media_legs
from bench.media import Network, play_out
from bench.report import Result
from tests.telephony.media_fakes import packets, voice


def test_when_packets_are_lost_then_the_share_is_as_asked_and_the_same_each_time() -> None:
    stream = packets(voice(1000))
    first = Network(loss_share=0.1, jitter_ms=60).carry(stream)
    assert 0.07 < 1 - len(first) / len(stream) < 0.13
    assert first == Network(loss_share=0.1, jitter_ms=60).carry(stream)
    assert [at_ms for at_ms, _ in first] == sorted(at_ms for at_ms, _ in first)


def test_when_packets_are_lost_in_bursts_then_share_and_mean_length_are_as_asked() -> None:
    stream = packets(voice(20_000))
    arrived = {packet.sequence for _, packet in Network(loss_share=0.2, burst_packets=3.0).carry(stream)}
    lost = [packet.sequence not in arrived for packet in stream]
    bursts = sum(now and not before for before, now in zip([False, *lost], lost, strict=False))
    assert 0.18 < np.mean(lost) < 0.22
    assert 2.7 < sum(lost) / bursts < 3.3


@pytest.mark.realtime
@pytest.mark.realtime
def test_when_real_legs_hear_clocks_that_run_apart_then_the_delay_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media_legs, "_WARM_S", 1.0)
    result = Result(n=1)
    media_legs.drift_of_real_legs(result, voice(200), 100.0, 2.0)
    assert result.figures["real_skew_ms"] == 2.0
    drift_ms = result.figures["real_drift_ms"]
    assert isinstance(drift_ms, float)
    assert abs(drift_ms) < 20


def test_when_jitter_is_60_ms_then_the_buffer_adds_about_as_much_and_makes_hardly_anything_up() -> None:
    played = play_out(voice(3000), Network(jitter_ms=60), 3000)
    assert np.percentile(played.delays_ms[500:], 95) < 95
    assert np.mean(played.concealed[500:]) < 0.02


def test_when_clocks_differ_then_the_delay_does_not_run_away() -> None:
    for ppm in (500.0, -500.0):
        played = play_out(voice(20_000), Network(ppm=ppm), 20_000 - 20)
        assert max(played.delays_ms[1500:]) < 60
        assert np.mean(played.concealed[1500:]) < 0.01
