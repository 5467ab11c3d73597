// The twin of `records/folds/timeline.py`: every fact of a call as one line with its time.

import { DETAIL_FIELDS, type Event, type EventBody, MASK, type Timeline, type TimelineEntry } from "../events.gen";

export const START: Timeline = { seq: 0, last_ms: 0, entries: [] };

/** Take one more event. */
export function timelineStep(state: Timeline, event: Event): Timeline {
  const body = event.body;
  const at = event.t_ms ?? state.last_ms;
  const [t_ms, end_ms] =
    body.type === "utterance_heard" ||
    body.type === "turn_ended" ||
    body.type === "emotion_estimated" ||
    body.type === "feeling_read" ||
    body.type === "recording_silenced"
      ? [body.start_ms, body.end_ms]
      : [at, at];
  const entry: TimelineEntry = {
    seq: event.seq,
    t_ms,
    end_ms,
    type: body.type,
    who: who(body),
    text: text(body),
    detail: detail(body),
    value: value(body),
  };
  const entries =
    body.type === "secret_withdrawn"
      ? state.entries.map((line) => (body.seqs.includes(line.seq) ? masked(line) : line))
      : state.entries;
  const place = entries.findLastIndex((other) => other.t_ms <= t_ms) + 1;
  return {
    seq: event.seq,
    last_ms: Math.max(state.last_ms, end_ms),
    entries: [...entries.slice(0, place), entry, ...entries.slice(place)],
  };
}

/** Fold events, from the start or from a snapshot. */
export function timelineOver(events: readonly Event[], state: Timeline = START): Timeline {
  return events.reduce(timelineStep, state);
}

/** The line of a fact that was taken back, as a replay shows it. */
function masked(line: TimelineEntry): TimelineEntry {
  switch (line.type) {
    case "utterance_heard":
      return { ...line, text: line.text.split(/\s+/).filter(Boolean).fill(MASK).join(" ") };
    case "turn_ended":
      return { ...line, text: MASK };
    case "slot_filled":
      return { ...line, detail: `${line.detail.split(" ")[0]} ${MASK}` };
    case "digits_pressed":
      return { ...line, detail: MASK };
    default:
      return line;
  }
}

function who(body: EventBody): string {
  switch (body.type) {
    case "utterance_heard":
    case "leg_joined":
    case "leg_left":
    case "leg_held":
    case "leg_resumed":
    case "leg_quality_measured":
      return body.member;
    case "turn_ended":
      return body.speaker;
    case "emotion_estimated":
    case "feeling_read":
      return "caller";
    default:
      return "";
  }
}

function value(body: EventBody): number | null {
  if (body.type === "emotion_estimated") return body.estimate.abstained ? null : body.estimate.anger_prob;
  if (body.type === "talk_measured") return body.talk_over_share;
  return body.type === "leg_quality_measured" ? body.mos : null;
}

function text(body: EventBody): string {
  if (body.type === "turn_ended") return body.text;
  return body.type === "utterance_heard" ? body.words.map((word) => word.text).join(" ") : "";
}

function detail(body: EventBody): string {
  if (body.type === "feeling_read") return body.estimate.abstained ? "-" : body.estimate.feeling;
  const fields = DETAIL_FIELDS[body.type] ?? [];
  const values = body as unknown as Record<string, unknown>;
  return fields.map((field) => (values[field] === null ? "-" : String(values[field]))).join(" ");
}
