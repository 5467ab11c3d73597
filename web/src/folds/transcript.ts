// The twin of `records/folds/transcript.py`: turns and utterances with their words, by the media clock.

import { type Event, MASK, type Transcript, type TranscriptTurn, type TranscriptUtterance } from "../events.gen";

export const START: Transcript = { seq: 0, turns: [], utterances: [] };

/** Take one more event. */
export function transcriptStep(state: Transcript, event: Event): Transcript {
  const body = event.body;
  switch (body.type) {
    case "turn_ended": {
      const turn: TranscriptTurn = {
        turn_id: body.turn_id,
        speaker: body.speaker,
        language: body.language,
        text: body.text,
        start_ms: body.start_ms,
        end_ms: body.end_ms,
        interrupted: body.interrupted,
        utterance_ids: body.utterance_ids,
      };
      return { ...state, seq: event.seq, turns: placed(state.turns, turn) };
    }
    case "turn_reopened":
      return { ...state, seq: event.seq, turns: state.turns.filter((turn) => turn.turn_id !== body.turn_id) };
    case "utterance_heard": {
      const heard: TranscriptUtterance = {
        utterance_id: body.utterance_id,
        member: body.member,
        language: body.language,
        start_ms: body.start_ms,
        end_ms: body.end_ms,
        words: body.words.map((word) => ({ ...word, masked: word.text === MASK })),
      };
      return { ...state, seq: event.seq, utterances: placed(state.utterances, heard) };
    }
    case "secret_withdrawn":
      return {
        seq: event.seq,
        turns: state.turns.map((turn) => (body.turn_ids.includes(turn.turn_id) ? { ...turn, text: MASK } : turn)),
        utterances: state.utterances.map((heard) =>
          body.utterance_ids.includes(heard.utterance_id)
            ? { ...heard, words: heard.words.map((word) => ({ ...word, text: MASK, masked: true })) }
            : heard,
        ),
      };
    default:
      return { ...state, seq: event.seq };
  }
}

/** Fold events, from the start or from a snapshot. */
export function transcriptOver(events: readonly Event[], state: Transcript = START): Transcript {
  return events.reduce(transcriptStep, state);
}

function placed<T extends { readonly start_ms: number }>(all: readonly T[], one: T): T[] {
  const place = all.findLastIndex((other) => other.start_ms <= one.start_ms) + 1;
  return [...all.slice(0, place), one, ...all.slice(place)];
}
