"""A long good call does not fill the log; a bad line is there to be seen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from calls.events import SoundClass
from calls.ids import LegId
from service.leg_quality import QualityWatch, class_of
from telephony.quality import MediaQuality, QualityReport, estimate_mos

FINE = QualityReport(
    duration_ms=10_000,
    loss_share=0.0,
    network_loss_share=0.0,
    jitter_ms=3.0,
    delay_ms=60.0,
    round_trip_ms=None,
    remote_loss_share=None,
    mos=4.36,
)
LIFE = MediaQuality(
    received=2_850,
    sent=3_000,
    lost=150,
    late=0,
    ticks=3_000,
    concealed=300,
    jitter_ms=9.0,
    delay_ms=40.0,
    round_trip_ms=30.0,
    remote_fraction_lost=0.01,
    refused=0,
    garbage=0,
)


def written(*scores: float) -> list[tuple[SoundClass, float]]:
    watch = QualityWatch(LegId("leg-1"), "caller")
    bodies = [watch.period(replace(FINE, mos=mos)) for mos in scores]
    return [(body.quality, body.mos) for body, is_fact in bodies if is_fact]


@pytest.mark.parametrize(
    ("mos", "expected"), [(4.4, "good"), (4.03, "good"), (4.02, "fair"), (3.6, "fair"), (3.59, "poor"), (1.0, "poor")]
)
def test_when_an_opinion_is_known_then_it_has_the_class_of_itu_t_g_109(mos: float, expected: str) -> None:
    assert class_of(mos) == expected


def test_when_two_hours_are_good_then_no_period_is_written() -> None:
    assert written(*[4.3] * 720) == []


def test_when_a_period_is_poor_or_changes_its_class_then_it_is_written() -> None:
    assert written(4.3, 3.9, 3.8, 2.5, 2.4, 3.7, 4.2, 4.2) == [
        ("fair", 3.9),
        ("poor", 2.5),
        ("poor", 2.4),
        ("fair", 3.7),
        ("good", 4.2),
    ]


def test_when_a_leg_leaves_then_its_whole_life_is_told() -> None:
    watch = QualityWatch(LegId("leg-1"), "agent")
    watch.period(replace(FINE, mos=2.5, jitter_ms=30.0))
    watch.period(replace(FINE, mos=4.2, jitter_ms=10.0))
    whole = watch.whole(LIFE)
    assert whole is not None
    assert (whole.scope, whole.member, whole.duration_ms) == ("whole", "agent", 60_000)
    assert (whole.loss_share, whole.concealed_share) == (0.05, 0.1)
    assert (whole.jitter_ms, whole.round_trip_ms, whole.remote_loss_share) == (20.0, 30.0, 0.01)
    assert whole.mos == pytest.approx(estimate_mos(0.1, 15 + 40 + 20), abs=0.01)
    assert whole.worst_mos == 2.5


def test_when_a_call_is_shorter_than_a_period_then_its_whole_is_told_all_the_same() -> None:
    whole = QualityWatch(LegId("leg-1"), "caller").whole(replace(LIFE, ticks=200, concealed=0, lost=0))
    assert whole is not None
    assert (whole.duration_ms, whole.jitter_ms, whole.worst_mos) == (4_000, 9.0, whole.mos)


@pytest.mark.parametrize("quality", [None, replace(LIFE, ticks=0)])
def test_when_a_leg_never_listened_then_nothing_is_told(quality: MediaQuality | None) -> None:
    assert QualityWatch(LegId("leg-1"), "caller").whole(quality) is None
