"""The live view: what a page shows of a call right now.

Kept simple on purpose: the pages have a twin of this fold in TypeScript, checked against the same golden logs.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from calls.events import (
    BriefPrepared,
    CallAnswered,
    CallbackBooked,
    CallbackDeclined,
    CallbackOffered,
    CallEnded,
    CallerReplaced,
    CallOffered,
    ConsentGiven,
    ConsentRefused,
    Degraded,
    EmotionEstimated,
    EmotionPoint,
    EscalationRequested,
    Event,
    FeelingRead,
    FlowFinished,
    LanguageChosen,
    LegHeld,
    LegJoined,
    LegLeft,
    LegQualityMeasured,
    LegResumed,
    NoticeGiven,
    RecordingPaused,
    RecordingResumed,
    RecordingStarted,
    RecordingStopped,
    SafetyRaised,
    SecretWithdrawn,
    SlotFilled,
    SoundClass,
    TopicFound,
    TurnEnded,
    TurnReopened,
)
from calls.ids import MemberRole
from records.folds.live_people import LiveHandover, LivePeople, people_step
from records.redaction import MASK
from records.withdrawal import withdrawn

Consent = Literal["unknown", "given", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveMember:
    """Someone who is in the conference now."""

    leg_id: str
    member: MemberRole
    codec: str
    held: bool = False
    """It holds us, and does not hear what is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveLine:
    """What a member's leg sounded like when it was last written; it stays when the leg leaves."""

    leg_id: str
    member: MemberRole
    quality: SoundClass
    mos: float
    concealed_share: float
    jitter_ms: float
    round_trip_ms: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveTurn:
    """A speaking turn that is over."""

    turn_id: str
    speaker: MemberRole
    language: str
    text: str
    start_ms: int
    end_ms: int
    interrupted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSlot:
    """The newest value of a slot."""

    slot: str
    value: str
    confirmed: bool


CURVE_WEIGHT = 0.4
"""Of the newest estimate in the curve: about the last four count. Source: our choice, as for the words' curve."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """How the caller's voice has sounded up to here, smoothed over the call."""

    t_ms: int
    anger_prob: float
    arousal_score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveCall:
    """State of a call for the pages. Texts that are not known yet are empty."""

    seq: int = 0
    call_id: str = ""
    status: Literal["ringing", "talking", "ended"] = "ringing"
    transport: str = ""
    caller: str = ""
    caller_name: str = ""
    called: str = ""
    offered_at_utc: str = ""
    """ISO 8601."""
    answered_at_utc: str = ""
    ended_at_utc: str = ""
    language: str = ""
    flow: str = ""
    t_ms: int = 0
    """Latest time of the media clock."""
    members: tuple[LiveMember, ...] = ()
    lines: tuple[LiveLine, ...] = ()
    """In the order in which legs were first measured."""
    turns: tuple[LiveTurn, ...] = ()
    """In the order of the log."""
    emotion: tuple[EmotionPoint, ...] = ()
    emotion_curve: tuple[CurvePoint, ...] = ()
    """A point for each estimate that did not abstain."""
    feelings: tuple[FeelingRead, ...] = ()
    """What the words of each turn say, in the order of the log; those of reopened turns are gone."""
    slots: tuple[LiveSlot, ...] = ()
    """In the order of their first value."""
    topic: str = ""
    """The newest topic that was found."""
    notice_given: bool = False
    recording_consent: Consent = "unknown"
    emotion_consent: Consent = "unknown"
    recording: Literal["off", "on", "paused", "stopped"] = "off"
    recording_file: str = ""
    safety: str = ""
    escalation: str = ""
    """Reason of the newest escalation."""
    brief: BriefPrepared | None = None
    handover: LiveHandover = ""
    people: LivePeople = field(default_factory=LivePeople)
    callback: Literal["", "offered", "booked", "declined"] = ""
    flows_finished: tuple[str, ...] = ()
    degraded: tuple[str, ...] = ()
    """What the service does less of, each once, in the order of first appearance."""
    result: str = ""
    reason: str = ""


def live_step(state: LiveCall, event: Event) -> LiveCall:
    """Take one more event."""
    t_ms = state.t_ms if event.t_ms is None else max(state.t_ms, event.t_ms)
    handover, people = people_step(state.handover, state.people, event.body)
    next_ = replace(state, seq=event.seq, call_id=str(event.stream_id), t_ms=t_ms, handover=handover, people=people)
    return _with_body(next_, event)


def _with_body(state: LiveCall, event: Event) -> LiveCall:
    match event.body:
        case CallOffered() as body:
            return replace(
                state,
                transport=body.transport,
                caller=body.caller,
                caller_name=body.caller_name,
                called=body.called,
                offered_at_utc=event.at_utc.isoformat(),
            )
        case CallAnswered() as body:
            at = event.at_utc.isoformat()
            return replace(state, status="talking", answered_at_utc=at, language=body.language, flow=body.flow)
        case CallEnded() as body:
            at = event.at_utc.isoformat()
            return replace(state, status="ended", ended_at_utc=at, members=(), result=body.result, reason=body.reason)
        case LegJoined() as body:
            member = LiveMember(leg_id=body.leg_id, member=body.member, codec=body.codec)
            return replace(state, members=(*_without(state.members, body.leg_id), member))
        case LegLeft() as body:
            return replace(state, members=_without(state.members, body.leg_id))
        case LegHeld() as body:
            return replace(state, members=_with_hold(state.members, body.leg_id, held=True))
        case LegResumed() as body:
            return replace(state, members=_with_hold(state.members, body.leg_id, held=False))
        case CallerReplaced() as body:
            return replace(state, caller=body.caller, caller_name=body.caller_name)
        case LegQualityMeasured() as body:
            return replace(state, lines=_with_line(state.lines, body))
        case LanguageChosen() as body:
            return replace(state, language=body.language)
        case _:
            return _with_talk(state, event)


def _with_talk(state: LiveCall, event: Event) -> LiveCall:
    match event.body:
        case TurnEnded() as body:
            turn = LiveTurn(
                turn_id=body.turn_id,
                speaker=body.speaker,
                language=body.language,
                text=body.text,
                start_ms=body.start_ms,
                end_ms=body.end_ms,
                interrupted=body.interrupted,
            )
            return replace(state, turns=(*state.turns, turn))
        case TurnReopened() as body:
            return replace(
                state,
                turns=tuple(turn for turn in state.turns if turn.turn_id != body.turn_id),
                feelings=tuple(read for read in state.feelings if read.turn_id != body.turn_id),
            )
        case FeelingRead() as body:
            return replace(state, feelings=(*state.feelings, body))
        case EmotionEstimated(estimate=estimate) as body:
            point = EmotionPoint(
                t_ms=body.end_ms,
                anger_prob=estimate.anger_prob,
                arousal_score=estimate.arousal_score,
                uncertainty=estimate.uncertainty,
                abstained=estimate.abstained,
            )
            return replace(
                state, emotion=(*state.emotion, point), emotion_curve=_with_curve(state.emotion_curve, point)
            )
        case SlotFilled() as body:
            return replace(state, slots=_with_slot(state.slots, body))
        case TopicFound() as body:
            return state if body.topic is None else replace(state, topic=body.topic)
        case SafetyRaised() as body:
            return replace(state, safety=body.kind)
        case EscalationRequested() as body:
            return replace(state, escalation=body.reason)
        case BriefPrepared() as body:
            return replace(state, brief=body)
        case CallbackOffered():
            return replace(state, callback="offered")
        case CallbackBooked():
            return replace(state, callback="booked")
        case CallbackDeclined():
            return replace(state, callback="declined")
        case SecretWithdrawn() as body:
            return _without_secret(state, body)
        case FlowFinished() as body:
            return replace(state, flows_finished=(*state.flows_finished, body.flow))
        case _:
            return _with_keeping(state, event)


def _with_keeping(state: LiveCall, event: Event) -> LiveCall:
    match event.body:
        case NoticeGiven():
            return replace(state, notice_given=True)
        case ConsentGiven(subject="recording"):
            return replace(state, recording_consent="given")
        case ConsentGiven():
            return replace(state, emotion_consent="given")
        case ConsentRefused(subject="recording"):
            return replace(state, recording_consent="refused")
        case ConsentRefused():
            return replace(state, emotion_consent="refused")
        case RecordingStarted() as body:
            return replace(state, recording="on", recording_file=body.file)
        case RecordingPaused():
            return replace(state, recording="paused")
        case RecordingResumed():
            return replace(state, recording="on")
        case RecordingStopped(reason="consent_refused"):
            return replace(state, recording="stopped", recording_file="")
        case RecordingStopped():
            return replace(state, recording="stopped")
        case Degraded() as body:
            return state if body.what in state.degraded else replace(state, degraded=(*state.degraded, body.what))
        case _:
            return state


def _with_hold(members: tuple[LiveMember, ...], leg_id: str, *, held: bool) -> tuple[LiveMember, ...]:
    return tuple(replace(member, held=held) if member.leg_id == leg_id else member for member in members)


def _without(members: tuple[LiveMember, ...], leg_id: str) -> tuple[LiveMember, ...]:
    return tuple(member for member in members if member.leg_id != leg_id)


def _with_line(lines: tuple[LiveLine, ...], body: LegQualityMeasured) -> tuple[LiveLine, ...]:
    new = LiveLine(
        leg_id=body.leg_id,
        member=body.member,
        quality=body.quality,
        mos=body.mos,
        concealed_share=body.concealed_share,
        jitter_ms=body.jitter_ms,
        round_trip_ms=body.round_trip_ms,
    )
    if any(line.leg_id == body.leg_id for line in lines):
        return tuple(new if line.leg_id == body.leg_id else line for line in lines)
    return (*lines, new)


def _with_curve(curve: tuple[CurvePoint, ...], point: EmotionPoint) -> tuple[CurvePoint, ...]:
    if point.abstained:
        return curve
    if not curve:
        return (CurvePoint(t_ms=point.t_ms, anger_prob=point.anger_prob, arousal_score=point.arousal_score),)
    last = curve[-1]
    return (
        *curve,
        CurvePoint(
            t_ms=point.t_ms,
            anger_prob=last.anger_prob + CURVE_WEIGHT * (point.anger_prob - last.anger_prob),
            arousal_score=last.arousal_score + CURVE_WEIGHT * (point.arousal_score - last.arousal_score),
        ),
    )


def _without_secret(state: LiveCall, body: SecretWithdrawn) -> LiveCall:
    brief = state.brief
    if brief is not None and body.brief:
        left = withdrawn(brief)
        brief = left if isinstance(left, BriefPrepared) else None
    return replace(
        state,
        turns=tuple(replace(turn, text=MASK) if turn.turn_id in body.turn_ids else turn for turn in state.turns),
        slots=tuple(replace(slot, value=MASK) if slot.slot in body.slots else slot for slot in state.slots),
        brief=brief,
    )


def _with_slot(slots: tuple[LiveSlot, ...], body: SlotFilled) -> tuple[LiveSlot, ...]:
    new = LiveSlot(slot=body.slot, value=body.value, confirmed=body.confirmed)
    if any(slot.slot == body.slot for slot in slots):
        return tuple(new if slot.slot == body.slot else slot for slot in slots)
    return (*slots, new)
