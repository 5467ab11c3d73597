"""What the log says of a leg's sound: poor periods, changes, and one line for the whole. Pure."""

from __future__ import annotations

from calls.events import LegQualityMeasured, SoundClass
from calls.ids import LegId, MemberRole
from telephony.quality import MediaQuality, QualityReport, report_of

_GOOD_MOS = 4.03
"""R = 80: below it some users are dissatisfied. Source: ITU-T G.109 table 1, R as MOS by G.107 annex B."""

_FAIR_MOS = 3.60
"""R = 70: below it many users are dissatisfied. Source: as above."""


def class_of(mos: float) -> SoundClass:
    """Return what listeners make of an opinion score."""
    return "good" if mos >= _GOOD_MOS else "fair" if mos >= _FAIR_MOS else "poor"


class QualityWatch:
    """One leg: takes its reports, tells which of them are facts for the log.

    A period is written when it was poor, or when its class differs from that of the period before; a leg is taken to
    be good until it shows otherwise, so that a long good call writes nothing but its whole.
    """

    def __init__(self, leg_id: LegId, member: MemberRole) -> None:
        """Nothing was heard yet."""
        self._leg_id = leg_id
        self._member: MemberRole = member
        self._class: SoundClass = "good"
        self._worst_mos: float | None = None
        self._jitters_ms: list[float] = []

    def period(self, report: QualityReport) -> tuple[LegQualityMeasured, bool]:
        """Take the report of one period; return it as a body, and whether it is written to the log."""
        before, self._class = self._class, class_of(report.mos)
        self._worst_mos = min(report.mos, self._worst_mos or report.mos)
        self._jitters_ms.append(report.jitter_ms)
        body = self._body("period", report, report.jitter_ms, report.mos)
        return body, body.quality == "poor" or body.quality != before

    def whole(self, quality: MediaQuality | None) -> LegQualityMeasured | None:
        """Return what the leg was like from its start to its end; None when it never listened."""
        if quality is None or not quality.ticks:
            return None
        report = report_of(quality)
        jitters_ms = self._jitters_ms or [report.jitter_ms]
        worst_mos = min(report.mos, self._worst_mos or report.mos)
        return self._body("whole", report, sum(jitters_ms) / len(jitters_ms), worst_mos)

    def _body(self, scope: str, report: QualityReport, jitter_ms: float, worst_mos: float) -> LegQualityMeasured:
        return LegQualityMeasured(
            leg_id=self._leg_id,
            member=self._member,
            scope="whole" if scope == "whole" else "period",
            duration_ms=report.duration_ms,
            quality=class_of(report.mos),
            loss_share=round(report.network_loss_share, 4),
            concealed_share=round(report.loss_share, 4),
            jitter_ms=round(jitter_ms, 1),
            delay_ms=round(report.delay_ms, 1),
            round_trip_ms=None if report.round_trip_ms is None else round(report.round_trip_ms, 1),
            remote_loss_share=None if report.remote_loss_share is None else round(report.remote_loss_share, 4),
            mos=round(report.mos, 2),
            worst_mos=round(worst_mos, 2),
            mos_source="e_model",
        )
