// The transcript as a page shows it: turns with their words, and what the bot decided before it spoke. Pure.

import type { ActDecided, Event, TopicFound, Transcript, TranscriptTurn, TranscriptWord } from "../events.gen";

export interface Decision {
  readonly seq: number;
  readonly t_ms: number | null;
  readonly body: ActDecided | TopicFound;
}

export interface Passage {
  readonly turn: TranscriptTurn;
  /** Empty for whoever is not recognised word by word, such as the bot. */
  readonly words: readonly TranscriptWord[];
  readonly decisions: readonly Decision[];
}

/** Join turns, their words and the decisions that led to them. */
export function passages(events: readonly Event[], transcript: Transcript): Passage[] {
  const reasons = decisionsByTurn(events);
  return transcript.turns.map((turn) => ({
    turn,
    words: transcript.utterances.filter((one) => turn.utterance_ids.includes(one.utterance_id)).flatMap((one) => one.words),
    decisions: reasons.get(turn.turn_id) ?? [],
  }));
}

/** Words that were heard and whose turn is not over. */
export function pending(transcript: Transcript): TranscriptWord[] {
  const told = new Set(transcript.turns.flatMap((turn) => turn.utterance_ids));
  return transcript.utterances.filter((one) => !told.has(one.utterance_id)).flatMap((one) => one.words);
}

/** Decisions come before the bot's turn that they led to; those after its last turn led to none. */
function decisionsByTurn(events: readonly Event[]): Map<string, Decision[]> {
  const found = new Map<string, Decision[]>();
  let waiting: Decision[] = [];
  for (const { seq, t_ms, body } of events) {
    if (body.type === "act_decided" || body.type === "topic_found") waiting.push({ seq, t_ms, body });
    if (body.type === "turn_reopened") waiting = waiting.filter((one) => one.body.turn_id !== body.turn_id);
    if (body.type === "turn_ended" && body.speaker === "bot") {
      found.set(body.turn_id, waiting);
      waiting = [];
    }
  }
  return found;
}

/** The place of the last one that has begun at `t_ms`, or -1. */
export function placeAt(all: readonly { readonly start_ms: number }[], t_ms: number): number {
  let [low, high] = [0, all.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((all[middle]?.start_ms ?? 0) <= t_ms) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
