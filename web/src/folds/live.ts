// The twin of `records/folds/live.py`: the state of a call for the pages, one event at a time.
// Checked against the same golden logs as the Python fold.

import {
  type BriefPrepared,
  type EmotionEstimated,
  type Event,
  type EventBody,
  type LegQualityMeasured,
  type LiveCall,
  type LiveLine,
  type LiveMember,
  type LiveSlot,
  MASK,
  PERSONAL_FIELDS,
} from "../events.gen";
import { NOBODY, peopleStep } from "./live-people";

export const START: LiveCall = {
  seq: 0,
  call_id: "",
  status: "ringing",
  transport: "",
  caller: "",
  caller_name: "",
  called: "",
  offered_at_utc: "",
  answered_at_utc: "",
  ended_at_utc: "",
  language: "",
  flow: "",
  t_ms: 0,
  members: [],
  lines: [],
  turns: [],
  emotion: [],
  emotion_curve: [],
  feelings: [],
  slots: [],
  topic: "",
  notice_given: false,
  recording_consent: "unknown",
  emotion_consent: "unknown",
  recording: "off",
  recording_file: "",
  safety: "",
  escalation: "",
  brief: null,
  handover: "",
  people: NOBODY,
  callback: "",
  flows_finished: [],
  degraded: [],
  result: "",
  reason: "",
};

/** Take one more event. */
export function liveStep(state: LiveCall, event: Event): LiveCall {
  const t_ms = event.t_ms === null ? state.t_ms : Math.max(state.t_ms, event.t_ms);
  const { handover, people } = peopleStep(state, event.body);
  const next = { ...state, seq: event.seq, call_id: String(event.stream_id), t_ms, handover, people };
  return { ...next, ...change(next, event.body, event.at_utc) };
}

/** Fold events, from the start or from a snapshot. */
export function liveOver(events: readonly Event[], state: LiveCall = START): LiveCall {
  return events.reduce(liveStep, state);
}

function change(state: LiveCall, body: EventBody, at: string): Partial<LiveCall> {
  switch (body.type) {
    case "call_offered":
      return {
        transport: body.transport,
        caller: body.caller,
        caller_name: body.caller_name,
        called: body.called,
        offered_at_utc: at,
      };
    case "call_answered":
      return { status: "talking", answered_at_utc: at, language: body.language, flow: body.flow };
    case "call_ended":
      return { status: "ended", ended_at_utc: at, members: [], result: body.result, reason: body.reason };
    case "leg_joined":
      return {
        members: [
          ...without(state.members, body.leg_id),
          { leg_id: body.leg_id, member: body.member, codec: body.codec, held: false },
        ],
      };
    case "leg_left":
      return { members: without(state.members, body.leg_id) };
    case "leg_held":
    case "leg_resumed":
      return {
        members: state.members.map((member) =>
          member.leg_id === body.leg_id ? { ...member, held: body.type === "leg_held" } : member,
        ),
      };
    case "caller_replaced":
      return { caller: body.caller, caller_name: body.caller_name };
    case "leg_quality_measured":
      return { lines: withLine(state.lines, lineOf(body)) };
    case "language_chosen":
      return { language: body.language };
    case "turn_ended":
      return {
        turns: [
          ...state.turns,
          {
            turn_id: body.turn_id,
            speaker: body.speaker,
            language: body.language,
            text: body.text,
            start_ms: body.start_ms,
            end_ms: body.end_ms,
            interrupted: body.interrupted,
          },
        ],
      };
    case "turn_reopened":
      return {
        turns: state.turns.filter((turn) => turn.turn_id !== body.turn_id),
        feelings: state.feelings.filter((read) => read.turn_id !== body.turn_id),
      };
    case "feeling_read":
      return { feelings: [...state.feelings, body] };
    case "emotion_estimated":
      return withEstimate(state, body);
    case "slot_filled":
      return { slots: withSlot(state.slots, { slot: body.slot, value: body.value, confirmed: body.confirmed }) };
    case "secret_withdrawn":
      return {
        turns: state.turns.map((turn) => (body.turn_ids.includes(turn.turn_id) ? { ...turn, text: MASK } : turn)),
        slots: state.slots.map((slot) => (body.slots.includes(slot.slot) ? { ...slot, value: MASK } : slot)),
        brief: state.brief !== null && body.brief ? masked(state.brief) : state.brief,
      };
    case "topic_found":
      return body.topic === null ? {} : { topic: body.topic };
    case "safety_raised":
      return { safety: body.kind };
    case "escalation_requested":
      return { escalation: body.reason };
    case "brief_prepared":
      return { brief: body };
    case "callback_offered":
      return { callback: "offered" };
    case "callback_booked":
      return { callback: "booked" };
    case "callback_declined":
      return { callback: "declined" };
    case "flow_finished":
      return { flows_finished: [...state.flows_finished, body.flow] };
    case "notice_given":
      return { notice_given: true };
    case "consent_given":
      return body.subject === "recording" ? { recording_consent: "given" } : { emotion_consent: "given" };
    case "consent_refused":
      return body.subject === "recording" ? { recording_consent: "refused" } : { emotion_consent: "refused" };
    case "recording_started":
      return { recording: "on", recording_file: body.file };
    case "recording_paused":
      return { recording: "paused" };
    case "recording_resumed":
      return { recording: "on" };
    case "recording_stopped":
      return body.reason === "consent_refused"
        ? { recording: "stopped", recording_file: "" }
        : { recording: "stopped" };
    case "degraded":
      return state.degraded.includes(body.what) ? {} : { degraded: [...state.degraded, body.what] };
    default:
      return {};
  }
}

/** What is left of a brief whose words were taken back. */
function masked(brief: BriefPrepared): BriefPrepared {
  const left: Record<string, unknown> = { ...brief };
  for (const field of PERSONAL_FIELDS["brief_prepared"] ?? []) {
    left[field] = typeof left[field] === "string" ? (left[field] ? MASK : "") : [];
  }
  return left as unknown as BriefPrepared;
}

function without(members: readonly LiveMember[], legId: string): LiveMember[] {
  return members.filter((member) => member.leg_id !== legId);
}

/** What is kept of a measurement, from the log or from the live feed. */
export function lineOf(body: LegQualityMeasured): LiveLine {
  const { leg_id, member, quality, mos, concealed_share, jitter_ms, round_trip_ms } = body;
  return { leg_id, member, quality, mos, concealed_share, jitter_ms, round_trip_ms };
}

function withLine(lines: readonly LiveLine[], line: LiveLine): LiveLine[] {
  return lines.some((old) => old.leg_id === line.leg_id)
    ? lines.map((old) => (old.leg_id === line.leg_id ? line : old))
    : [...lines, line];
}

function withSlot(slots: readonly LiveSlot[], slot: LiveSlot): LiveSlot[] {
  return slots.some((old) => old.slot === slot.slot)
    ? slots.map((old) => (old.slot === slot.slot ? slot : old))
    : [...slots, slot];
}

const CURVE_WEIGHT = 0.4;

function withEstimate(state: LiveCall, { end_ms: t_ms, estimate }: EmotionEstimated): Partial<LiveCall> {
  const { anger_prob, arousal_score, uncertainty, abstained } = estimate;
  const emotion = [...state.emotion, { t_ms, anger_prob, arousal_score, uncertainty, abstained }];
  if (abstained) return { emotion };
  const last = state.emotion_curve.at(-1) ?? { anger_prob, arousal_score };
  const point = {
    t_ms,
    anger_prob: last.anger_prob + CURVE_WEIGHT * (anger_prob - last.anger_prob),
    arousal_score: last.arousal_score + CURVE_WEIGHT * (arousal_score - last.arousal_score),
  };
  return { emotion, emotion_curve: [...state.emotion_curve, point] };
}
