"""A call as text for the terminal: what was said when, how it sounded, what the bot decided. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from calls.events import (
    BargedIn,
    BriefPrepared,
    BriefSpoken,
    CallbackBooked,
    CallerReplaced,
    EmotionEstimated,
    Event,
    EventBody,
    FeelingRead,
    LegQualityMeasured,
    LegResumed,
    RecordingSilenced,
    TalkMeasured,
    TopicFound,
    TurnEnded,
    TurnReopened,
    UtteranceHeard,
)
from calls.ids import TurnId, UtteranceId
from records import folds

if TYPE_CHECKING:
    from records.rows import StreamInfo

WIDTH = 100
_SPEAKER_WIDTH = 10
_INDENT = " " * (10 + _SPEAKER_WIDTH)
_BAR = "▁▂▃▄▅▆▇█"


def render_list(streams: Iterable[StreamInfo]) -> str:
    """Return one line a call, in the order given."""
    rows = [
        f"{info.stream_id:<36}  {info.opened_at_utc:%Y-%m-%d %H:%M:%S}  {info.last_seq:>5} facts  "
        f"{'ended' if info.closed_at_utc else 'going on'}"
        for info in streams
    ]
    return "\n".join(rows) if rows else "No calls yet."


def render_call(events: Sequence[Event]) -> str:
    """Return the annotated call: a heading, one block a turn in the order of the media clock, and the figures."""
    if not events:
        return "No facts yet."
    by_seq = {event.seq: event.body for event in events}
    estimates = {event.body.utterance_id: event.body for event in events if isinstance(event.body, EmotionEstimated)}
    words = {event.body.turn_id: event.body for event in events if isinstance(event.body, FeelingRead)}
    void = {event.body.turn_id for event in events if isinstance(event.body, TurnReopened)}
    turns = [event.body for event in events if isinstance(event.body, TurnEnded) and event.body.turn_id not in void]
    in_turns = {name for turn in turns for name in turn.utterance_ids}
    lines = [*_heading(events), ""]
    for entry in folds.timeline.over(events).entries:
        body = by_seq[entry.seq]
        if isinstance(body, TurnEnded) and body.turn_id in void:
            continue
        if isinstance(body, TurnEnded):
            lines += _turn(body, estimates, words)
        elif isinstance(body, UtteranceHeard) and body.utterance_id in in_turns:
            continue
        elif isinstance(body, UtteranceHeard):
            lines += _speech(body.start_ms, body.member, entry.text)
        elif not isinstance(body, EmotionEstimated | FeelingRead):
            lines.append(f"{_time(entry.t_ms)}  {'':<{_SPEAKER_WIDTH - 2}}· {_fact(body, entry.detail)}".rstrip())
            if isinstance(body, BriefPrepared):
                lines += _brief(body)
            if isinstance(body, LegQualityMeasured):
                lines += _sound(body)
    return "\n".join([*lines, "", *_figures(events)])


def _heading(events: Sequence[Event]) -> list[str]:
    call = folds.live.over(events)
    caller = " ".join(part for part in (call.caller_name, call.caller) if part) or "number withheld"
    started = events[0].at_utc
    first = f"Call {call.call_id}   {started:%Y-%m-%d %H:%M:%S} UTC   {call.transport}   {caller} → {call.called}"
    state = f"ended: {call.result} ({call.reason})" if call.status == "ended" else call.status
    second = f"language {call.language or '-'}, flow {call.flow or '-'}, {_time(call.t_ms).strip()}, {state}"
    kept = f"recording {call.recording}" + (f" ({call.recording_file})" if call.recording_file else "")
    consent = f"consent: recording {call.recording_consent}, emotion {call.emotion_consent}"
    return [first, second, f"{kept}; {consent}"]


def _turn(
    body: TurnEnded, estimates: Mapping[UtteranceId, EmotionEstimated], words: Mapping[TurnId, FeelingRead]
) -> list[str]:
    notes = [_mood(estimates[name]) for name in body.utterance_ids if name in estimates]
    notes += [_feeling(words[body.turn_id])] if body.turn_id in words else []
    if body.interrupted:
        notes.append("✂ interrupted")
    return _speech(body.start_ms, body.speaker, body.text, notes)


def _speech(start_ms: int, who: str, text: str, notes: Sequence[str] = ()) -> list[str]:
    wrapped = textwrap.wrap(text or "…", WIDTH - len(_INDENT)) or ["…"]
    lines = [f"{_time(start_ms)}  {who.upper():<{_SPEAKER_WIDTH}}{wrapped[0]}"]
    lines += [_INDENT + line for line in wrapped[1:]]
    return lines + [_INDENT + note for note in notes]


def _mood(body: EmotionEstimated) -> str:
    estimate = body.estimate
    if estimate.abstained:
        return "emotion: not sure"
    bar = _BAR[min(len(_BAR) - 1, int(estimate.anger_prob * len(_BAR)))]
    reasons = ", ".join(reason.replace("_", " ") for reason in estimate.reasons)
    return f"{bar} anger {estimate.anger_prob:.2f} (estimate{': ' + reasons if reasons else ''})"


def _feeling(body: FeelingRead) -> str:
    estimate = body.estimate
    if estimate.abstained:
        return "words: not sure"
    reasons = ", ".join(reason.replace("_", " ") for reason in estimate.reasons)
    return f"words: {estimate.feeling}, doubt {estimate.uncertainty:.2f} (estimate{': ' + reasons if reasons else ''})"


def _fact(body: EventBody, detail: str) -> str:
    name = body.type.replace("_", " ")
    extra = ""
    if isinstance(body, TopicFound):
        extra = f"  score {body.score:.2f}"
    elif isinstance(body, BargedIn):
        extra = f"  after {body.heard_ms / 1000:.1f} s"
    elif isinstance(body, RecordingSilenced):
        extra = f"  {_time(body.start_ms).strip()} to {_time(body.end_ms).strip()}"
    elif isinstance(body, TalkMeasured):
        extra = (
            f"  {body.talk_over_share:.1%} spoken over each other, {body.silence_share:.1%} silent, longest silence "
            f"{body.longest_silence_ms / 1000:.1f} s"
        )
    elif isinstance(body, LegResumed):
        extra = f"  after {body.held_ms / 1000:.1f} s"
    elif isinstance(body, BriefSpoken):
        extra = f"  {body.heard_ms / 1000:.1f} s{'' if body.whole else ', cut off'}"
    elif isinstance(body, CallerReplaced):
        extra = f"  {' '.join(part for part in (body.caller_name, body.caller) if part) or 'number withheld'}"
    elif isinstance(body, CallbackBooked):
        extra = f"  {body.number}: {body.matter}" if body.matter else f"  {body.number}"
    return f"{name}: {detail}{extra}" if detail else f"{name}{extra}"


def _sound(body: LegQualityMeasured) -> list[str]:
    trip = "" if body.round_trip_ms is None else f", round trip {body.round_trip_ms:.0f} ms"
    return [
        f"{_INDENT}| {body.member}, {body.duration_ms / 1000:.0f} s: MOS {body.mos:.2f}, worst {body.worst_mos:.2f} "
        f"(estimate: {body.mos_source})",
        f"{_INDENT}| lost {body.loss_share:.1%}, made up {body.concealed_share:.1%}, "
        f"jitter {body.jitter_ms:.0f} ms{trip}",
    ]


def _brief(body: BriefPrepared) -> list[str]:
    lines = [f"caller: {body.caller} ({body.verified.replace('_', ' ')})", f"matter: {body.matter}"]
    for title, facts in (("facts", body.facts), ("tried", body.tried), ("open", body.open_questions)):
        for fact in facts:
            quote = f" — “{fact.quote}” at {_time(fact.t_ms).strip()}" if fact.quote else ""
            lines.append(f"{title}: {fact.text}{quote}")
    lines += [f"opening: {body.suggested_opening}", f"spoken: {body.spoken_line}"]
    return [_INDENT + "| " + part for line in lines for part in textwrap.wrap(line, WIDTH - len(_INDENT) - 2)]


def _figures(events: Sequence[Event]) -> list[str]:
    m = folds.metrics.over(events)
    gaps = sorted(m.reply_gaps_ms)
    reply = f"{gaps[len(gaps) // 2]} ms" if gaps else "-"
    return [
        f"{m.caller_turns} caller turns, {m.bot_turns} bot turns, {m.agent_turns} agent turns; "
        f"median reply after {reply}; {m.barge_ins} barge-ins, {m.repairs} repairs",
        f"topics found {m.topics_found}, missed {m.topics_missed}; flows finished {m.flows_finished}; "
        f"highest anger {m.anger_max_prob:.2f} in {m.emotion_estimates - m.emotion_abstained} sure estimates",
        *([] if not (m.holds or m.handovers) else [_people(m)]),
        *([] if m.line_mos is None else [_line(m.line_mos, m.line_worst_mos, m.line_poor_ms)]),
    ]


def _people(m: folds.CallMetrics) -> str:
    came = "" if m.handover_wait_ms is None else f", reached after {m.handover_wait_ms / 1000:.0f} s"
    return f"held {m.holds} times for {m.held_ms / 1000:.0f} s; a person called {m.handovers} times{came}"


def _line(mos: float, worst_mos: float | None, poor_ms: int) -> str:
    worst = "" if worst_mos is None else f", worst {worst_mos:.2f}"
    return f"caller's line: MOS {mos:.2f} (estimate){worst}; poor for {poor_ms / 1000:.0f} s"


def _time(t_ms: int) -> str:
    minutes, rest = divmod(t_ms, 60_000)
    return f"{minutes:>3}:{rest / 1000:04.1f}" if rest < 59_950 else f"{minutes + 1:>3}:00.0"
