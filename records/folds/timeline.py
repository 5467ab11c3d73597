"""The timeline: every fact of a call as one line with its time, ordered by the media clock.

Kept simple on purpose: the pages have a twin of this fold in TypeScript, checked against the same golden logs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from calls.events import (
    EmotionEstimated,
    Event,
    EventBody,
    FeelingRead,
    LegHeld,
    LegJoined,
    LegLeft,
    LegQualityMeasured,
    LegResumed,
    RecordingSilenced,
    SecretWithdrawn,
    TalkMeasured,
    TurnEnded,
    UtteranceHeard,
)
from records.redaction import MASK

DETAIL_FIELDS: dict[str, tuple[str, ...]] = {
    "call_offered": ("transport", "called"),
    "call_answered": ("language", "flow"),
    "leg_joined": ("codec",),
    "leg_left": ("reason",),
    "caller_replaced": ("how",),
    "handover_started": ("how", "target"),
    "handover_completed": ("how",),
    "handover_failed": ("reason",),
    "handover_cancelled": ("reason",),
    "leg_quality_measured": ("scope", "quality"),
    "consent_given": ("subject", "how"),
    "consent_refused": ("subject", "how"),
    "recording_started": ("file",),
    "recording_paused": ("reason",),
    "recording_silenced": ("reason",),
    "recording_stopped": ("reason",),
    "turn_reopened": ("turn_id",),
    "digits_pressed": ("digits",),
    "secret_withdrawn": ("reason",),
    "language_chosen": ("language", "how"),
    "act_decided": ("act", "detail"),
    "topic_found": ("topic", "article_id"),
    "slot_filled": ("slot", "value"),
    "safety_raised": ("kind",),
    "escalation_requested": ("reason", "detail"),
    "brief_prepared": ("reason",),
    "callback_booked": ("language",),
    "flow_finished": ("flow", "reference"),
    "degraded": ("what", "reason"),
    "call_ended": ("result", "reason"),
}
"""Text fields of a body that make the `detail` of its line, joined by blanks; null reads as `-`."""


_OF_A_MEMBER = (UtteranceHeard, LegJoined, LegLeft, LegHeld, LegResumed, LegQualityMeasured)
"""Bodies that name the member they are about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One line of the timeline."""

    seq: int
    """Number of the event."""
    t_ms: int
    """When it began: the body's own start, else the event's time, else the latest time known before it."""
    end_ms: int
    """When it ended; equal to `t_ms` for what takes no time."""
    type: str
    """Type of the event."""
    who: str
    """Role of the member it is about, or empty."""
    text: str
    """Words that were spoken, or empty."""
    detail: str
    """Stable codes; see `DETAIL_FIELDS`. Of what words say of feelings the likeliest, `-` where none stands out."""
    value: float | None
    """The number it carries: `anger_prob` of an estimate that did not abstain, `mos` of a leg's quality,
    `talk_over_share` of a recording."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """All lines so far."""

    seq: int = 0
    last_ms: int = 0
    """The latest time of the media clock seen so far."""
    entries: tuple[TimelineEntry, ...] = ()
    """By `t_ms`; at the same time, in the order of the log."""


def timeline_step(state: Timeline, event: Event) -> Timeline:
    """Take one more event."""
    body = event.body
    start_ms = state.last_ms if event.t_ms is None else event.t_ms
    end_ms = start_ms
    if isinstance(body, UtteranceHeard | TurnEnded | EmotionEstimated | FeelingRead | RecordingSilenced):
        start_ms, end_ms = body.start_ms, body.end_ms
    if isinstance(body, SecretWithdrawn):
        state = replace(state, entries=tuple(_masked(e) if e.seq in body.seqs else e for e in state.entries))
    entry = TimelineEntry(
        seq=event.seq,
        t_ms=start_ms,
        end_ms=end_ms,
        type=body.type,
        who=_who(body),
        text=_text(body),
        detail=_detail(body),
        value=_value(body),
    )
    entries = state.entries
    at = len(entries)
    while at > 0 and entries[at - 1].t_ms > entry.t_ms:
        at -= 1
    return replace(
        state,
        seq=event.seq,
        last_ms=max(state.last_ms, end_ms),
        entries=(*entries[:at], entry, *entries[at:]),
    )


def _masked(entry: TimelineEntry) -> TimelineEntry:
    """Return the line of a fact that was taken back, as a replay shows it."""
    if entry.type == "utterance_heard":
        return replace(entry, text=" ".join(MASK for _ in entry.text.split()))
    if entry.type == "turn_ended":
        return replace(entry, text=MASK)
    if entry.type == "slot_filled":
        return replace(entry, detail=f"{entry.detail.partition(' ')[0]} {MASK}")
    return replace(entry, detail=MASK) if entry.type == "digits_pressed" else entry


def _who(body: EventBody) -> str:
    if isinstance(body, _OF_A_MEMBER):
        return body.member
    if isinstance(body, TurnEnded):
        return body.speaker
    return "caller" if isinstance(body, EmotionEstimated | FeelingRead) else ""


def _value(body: EventBody) -> float | None:
    if isinstance(body, EmotionEstimated):
        return None if body.estimate.abstained else body.estimate.anger_prob
    if isinstance(body, TalkMeasured):
        return body.talk_over_share
    return body.mos if isinstance(body, LegQualityMeasured) else None


def _text(body: EventBody) -> str:
    if isinstance(body, TurnEnded):
        return body.text
    if isinstance(body, UtteranceHeard):
        return " ".join(word.text for word in body.words)
    return ""


def _detail(body: EventBody) -> str:
    if isinstance(body, FeelingRead):
        return "-" if body.estimate.abstained else body.estimate.feeling
    values = (getattr(body, field) for field in DETAIL_FIELDS.get(body.type, ()))
    return " ".join("-" if value is None else str(value) for value in values)
