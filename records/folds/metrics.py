"""What a call was like in numbers: for the list of calls, QA and the desk's figures."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace

from calls.events import (
    ActDecided,
    BargedIn,
    CallAnswered,
    CallEnded,
    CallOffered,
    Degraded,
    EmotionEstimated,
    EscalationRequested,
    Event,
    FlowFinished,
    HandoverCompleted,
    HandoverStarted,
    LegHeld,
    LegQualityMeasured,
    LegResumed,
    TopicFound,
    TurnEnded,
    TurnReopened,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnCounts:
    """What a caller's turn adds to; taken back with the turn."""

    caller_turns: int = 0
    caller_talk_ms: int = 0
    repairs: int = 0
    topics_found: int = 0
    topics_missed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CallMetrics:
    """Counts and times of one call."""

    seq: int = 0
    offered_at_utc: str = ""
    answered: bool = False
    duration_ms: int = 0
    """Latest time of the media clock: how long the call has lasted since the answer."""
    caller_turns: int = 0
    bot_turns: int = 0
    agent_turns: int = 0
    caller_talk_ms: int = 0
    bot_talk_ms: int = 0
    agent_talk_ms: int = 0
    barge_ins: int = 0
    repairs: int = 0
    """How often the bot had to say that it did not understand."""
    topics_found: int = 0
    topics_missed: int = 0
    flows_finished: int = 0
    emotion_estimates: int = 0
    emotion_abstained: int = 0
    anger_max_prob: float = 0.0
    """Highest anger of an estimate that did not abstain."""
    reply_gaps_ms: tuple[int, ...] = ()
    """From the end of a caller's turn to the start of the bot's next one."""
    escalated: bool = False
    holds: int = 0
    """How often the caller's side held us."""
    held_ms: int = 0
    """How long, holds that are over."""
    handovers: int = 0
    """How often a human was called for the caller."""
    handed_over: bool = False
    handover_wait_ms: int | None = None
    """From calling the human to human and caller hearing each other."""
    handover_since_ms: int | None = None
    """When the human was called who has not come yet."""
    degraded: int = 0
    line_mos: float | None = None
    """Estimated opinion of the caller's line over the whole call; null until it is over, and in older logs."""
    line_worst_mos: float | None = None
    """The lowest that was written of the caller's line."""
    line_poor_ms: int = 0
    """How long the caller's line was poor."""
    result: str = ""
    reason: str = ""
    caller_stopped_ms: int | None = None
    """End of the caller's turn that the bot has not answered yet."""
    before_turn: TurnCounts = TurnCounts()
    """The counts before the caller's last turn."""


def metrics_step(state: CallMetrics, event: Event) -> CallMetrics:
    """Take one more event."""
    duration_ms = state.duration_ms if event.t_ms is None else max(state.duration_ms, event.t_ms)
    state = replace(state, seq=event.seq, duration_ms=duration_ms)
    match event.body:
        case CallOffered():
            return replace(state, offered_at_utc=event.at_utc.isoformat())
        case CallAnswered():
            return replace(state, answered=True)
        case TurnEnded() as body:
            return _with_turn(state, body)
        case TurnReopened():
            return replace(state, caller_stopped_ms=None, **asdict(state.before_turn))
        case BargedIn():
            return replace(state, barge_ins=state.barge_ins + 1)
        case ActDecided(act="repair"):
            return replace(state, repairs=state.repairs + 1)
        case TopicFound(topic=None):
            return replace(state, topics_missed=state.topics_missed + 1)
        case TopicFound():
            return replace(state, topics_found=state.topics_found + 1)
        case FlowFinished():
            return replace(state, flows_finished=state.flows_finished + 1)
        case EmotionEstimated(estimate=estimate):
            return replace(
                state,
                emotion_estimates=state.emotion_estimates + 1,
                emotion_abstained=state.emotion_abstained + estimate.abstained,
                anger_max_prob=max(state.anger_max_prob, 0.0 if estimate.abstained else estimate.anger_prob),
            )
        case EscalationRequested():
            return replace(state, escalated=True)
        case Degraded():
            return replace(state, degraded=state.degraded + 1)
        case LegHeld() | LegResumed() | HandoverStarted() | HandoverCompleted():
            return _with_people(state, event)
        case LegQualityMeasured(member="caller") as body:
            return _with_line(state, body)
        case CallEnded() as body:
            return replace(state, result=body.result, reason=body.reason)
        case _:
            return state


def _with_people(state: CallMetrics, event: Event) -> CallMetrics:
    match event.body:
        case LegHeld(member="caller"):
            return replace(state, holds=state.holds + 1)
        case LegResumed(member="caller", held_ms=held_ms):
            return replace(state, held_ms=state.held_ms + held_ms)
        case HandoverStarted():
            return replace(state, handovers=state.handovers + 1, handover_since_ms=state.duration_ms)
        case HandoverCompleted():
            since_ms = state.duration_ms if state.handover_since_ms is None else state.handover_since_ms
            wait_ms = state.duration_ms - since_ms
            return replace(state, handed_over=True, handover_wait_ms=wait_ms, handover_since_ms=None)
        case _:
            return state


def _with_line(state: CallMetrics, body: LegQualityMeasured) -> CallMetrics:
    worst_mos = body.worst_mos if state.line_worst_mos is None else min(state.line_worst_mos, body.worst_mos)
    if body.scope == "whole":
        return replace(state, line_mos=body.mos, line_worst_mos=worst_mos)
    poor_ms = body.duration_ms if body.quality == "poor" else 0
    return replace(state, line_worst_mos=worst_mos, line_poor_ms=state.line_poor_ms + poor_ms)


def _with_turn(state: CallMetrics, body: TurnEnded) -> CallMetrics:
    talk_ms = body.end_ms - body.start_ms
    if body.speaker == "caller":
        return replace(
            state,
            before_turn=TurnCounts(**{each.name: getattr(state, each.name) for each in fields(TurnCounts)}),
            caller_turns=state.caller_turns + 1,
            caller_talk_ms=state.caller_talk_ms + talk_ms,
            caller_stopped_ms=body.end_ms,
        )
    if body.speaker == "bot":
        gaps = state.reply_gaps_ms
        if state.caller_stopped_ms is not None:
            gaps = (*gaps, max(0, body.start_ms - state.caller_stopped_ms))
        return replace(
            state,
            bot_turns=state.bot_turns + 1,
            bot_talk_ms=state.bot_talk_ms + talk_ms,
            reply_gaps_ms=gaps,
            caller_stopped_ms=None,
        )
    return replace(state, agent_turns=state.agent_turns + 1, agent_talk_ms=state.agent_talk_ms + talk_ms)
