"""Operators see how good the lines are."""

from __future__ import annotations

from service.telemetry import Metrics
from telephony.quality import QualityReport


def test_when_a_leg_reports_its_quality_then_the_metrics_have_it_by_codec() -> None:
    metrics = Metrics()
    report = QualityReport(
        duration_ms=10_000,
        loss_share=0.03,
        network_loss_share=0.02,
        jitter_ms=12.0,
        delay_ms=80.0,
        round_trip_ms=None,
        remote_loss_share=None,
        mos=4.0,
    )
    metrics.note_quality("PCMU", report)
    value = metrics.registry.get_sample_value
    assert value("warmline_leg_mos_sum", {"codec": "PCMU"}) == 4.0
    assert value("warmline_leg_loss_share_bucket", {"codec": "PCMU", "le": "0.02"}) == 0
    assert value("warmline_leg_loss_share_bucket", {"codec": "PCMU", "le": "0.05"}) == 1
    assert value("warmline_leg_jitter_seconds_sum", {"codec": "PCMU"}) == 0.012
