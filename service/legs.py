"""The people's legs of one call: who is in its conference, on which line, and what the line sounds like."""

from __future__ import annotations

from calls.codec import to_json
from calls.events import LegJoined, LegLeft
from calls.ids import CallId, MemberRole
from calls.ports import Leg
from service.call_log import CallLog
from service.leg_quality import QualityWatch
from service.live import LiveFeed
from service.telemetry import Metrics
from telephony.conference import Conference
from telephony.quality import QualityReport, ReportsQuality


class CallLegs:
    """Lets legs into the conference and out of it; each coming, going and quality is written."""

    def __init__(self, call_id: CallId, log: CallLog, live: LiveFeed, metrics: Metrics) -> None:
        """Nobody is there yet."""
        self._call_id = call_id
        self._log = log
        self._live = live
        self._metrics = metrics
        self._there: dict[str, tuple[Leg, MemberRole, QualityWatch]] = {}

    def join(self, conference: Conference, member_id: str, member: MemberRole, leg: Leg) -> None:
        """Let a leg in, as `member_id` of the conference."""
        watch = QualityWatch(leg.leg_id, member)
        self._there[member_id] = (leg, member, watch)
        conference.add(member_id, member, leg, leg, leg.rate_hz)
        self._log.note(LegJoined(leg_id=leg.leg_id, member=member, codec=leg.codec, rate_hz=leg.rate_hz), "call")
        if isinstance(leg, ReportsQuality):
            leg.on_quality(lambda report: self._measured(leg.codec, watch, report))

    def leave(self, conference: Conference, member_id: str, reason: str) -> None:
        """Let a leg out and write what it was like; unknown ids are ignored."""
        leg, member, watch = self._there.pop(member_id, (None, None, None))
        conference.remove(member_id)
        if leg is None or member is None or watch is None:
            return
        whole = watch.whole(leg.quality()) if isinstance(leg, ReportsQuality) else None
        if whole is not None:
            self._log.note(whole, "call")
        self._log.note(LegLeft(leg_id=leg.leg_id, member=member, reason=reason), "call")

    def _measured(self, codec: str, watch: QualityWatch, report: QualityReport) -> None:
        self._metrics.note_quality(codec, report)
        body, is_fact = watch.period(report)
        self._live.signal(self._call_id, "quality", to_json(body))
        if is_fact:
            self._log.note(body, "call")
