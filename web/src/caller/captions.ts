// What the caller's page shows of the talk: a fold of the captions feed. Pure.

import type { Event } from "../events.gen";

/** A message of `/api/captions`. */
export type FeedMessage =
  | { readonly kind: "snapshot"; readonly seq: number; readonly events: readonly Event[] }
  | { readonly kind: "event"; readonly event: Event }
  | { readonly kind: "signal"; readonly name: string; readonly data: Readonly<Record<string, unknown>> };

export interface Line {
  readonly id: string;
  readonly speaker: string;
  readonly language: string;
  readonly text: string;
  readonly start_ms: number;
  readonly interrupted: boolean;
  /** Under it the words are shown again if the turn is taken back. */
  readonly first_utterance_id: string;
}

export interface Captions {
  /** Turns that are over, by start. */
  readonly lines: readonly Line[];
  /** Final words of the caller whose turn goes on. */
  readonly heard: readonly { readonly id: string; readonly text: string }[];
  /** The utterance that goes on: what stays, and what may still change. */
  readonly running: { readonly id: string; readonly revision: number; readonly sure: string; readonly unsure: string } | null;
  /** What the bot is saying now, and since when: what the caller says meanwhile comes after it. */
  readonly saying: string;
  readonly saying_since_ms: number;
  readonly speaking: { readonly caller: boolean; readonly bot: boolean };
  readonly ended: boolean;
  /** Result of the call's end. */
  readonly reason: string;
}

export const START: Captions = {
  lines: [],
  heard: [],
  running: null,
  saying: "",
  saying_since_ms: 0,
  speaking: { caller: false, bot: false },
  ended: false,
  reason: "",
};

/** Take one more message. */
export function step(state: Captions, message: FeedMessage): Captions {
  switch (message.kind) {
    case "snapshot":
      return message.events.reduce(withEvent, { ...state, lines: [], heard: [], running: null });
    case "event":
      return withEvent(state, message.event);
    case "signal":
      return withSignal(state, message.name, message.data);
  }
}

function withEvent(state: Captions, { body }: Event): Captions {
  switch (body.type) {
    case "utterance_heard": {
      const text = body.words.map((word) => word.text).join(" ");
      const running = state.running?.id === body.utterance_id ? null : state.running;
      return { ...state, running, heard: text ? [...state.heard, { id: body.utterance_id, text }] : state.heard };
    }
    case "turn_ended": {
      const line: Line = {
        id: body.turn_id,
        speaker: body.speaker,
        language: body.language,
        text: body.text,
        start_ms: body.start_ms,
        interrupted: body.interrupted,
        first_utterance_id: body.utterance_ids[0] ?? body.turn_id,
      };
      const place = state.lines.findLastIndex((other) => other.start_ms <= line.start_ms) + 1;
      const lines = [...state.lines.slice(0, place), line, ...state.lines.slice(place)];
      if (body.speaker === "bot") return { ...state, lines, saying: state.speaking.bot ? state.saying : "" };
      const told = new Set(body.utterance_ids);
      const running = state.running !== null && told.has(state.running.id) ? null : state.running;
      return { ...state, lines, running, heard: state.heard.filter((part) => !told.has(part.id)) };
    }
    case "turn_reopened": {
      const open = state.lines.find((line) => line.id === body.turn_id);
      if (open === undefined) return state;
      const heard = [{ id: open.first_utterance_id, text: open.text }, ...state.heard];
      return { ...state, heard, lines: state.lines.filter((line) => line !== open) };
    }
    case "call_ended":
      return { ...state, ended: true, reason: body.reason, running: null, saying: "", speaking: { caller: false, bot: false } };
    default:
      return state;
  }
}

function withSignal(state: Captions, name: string, data: Readonly<Record<string, unknown>>): Captions {
  if (name === "speaking") {
    const speaking = data["speaking"] === true;
    if (data["member"] === "caller") return { ...state, speaking: { ...state.speaking, caller: speaking } };
    const text = typeof data["text"] === "string" ? data["text"] : "";
    const before = state.speaking.bot ? state.saying : "";
    const saying = speaking ? [before, text].filter(Boolean).join(" ") : state.saying;
    const since = speaking && !before ? Number(data["t_ms"]) : state.saying_since_ms;
    return { ...state, saying, saying_since_ms: since, speaking: { ...state.speaking, bot: speaking } };
  }
  if (name !== "hypothesis") return state;
  const running = {
    id: String(data["utterance_id"]),
    revision: Number(data["revision"]),
    sure: String(data["committed"] ?? ""),
    unsure: String(data["tentative"] ?? ""),
  };
  const late = state.running?.id === running.id && state.running.revision > running.revision;
  const known = state.heard.some((part) => part.id === running.id);
  return late || known ? state : { ...state, running };
}
