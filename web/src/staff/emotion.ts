// The caller's emotion as a page draws it: points with their doubt, gaps where the estimate abstained. Pure.

import type { Event } from "../events.gen";

export interface Feeling {
  readonly seq: number;
  readonly start_ms: number;
  readonly end_ms: number;
  readonly anger_prob: number;
  /** The band: how far the truth may be, by the estimate's own uncertainty. */
  readonly low: number;
  readonly high: number;
  readonly abstained: boolean;
  readonly reasons: readonly string[];
}

/** An estimate that has no idea (uncertainty 1) may be off by this much to either side. */
const WIDEST = 0.5;

/** From here on a caller counts as upset. Source: `UPSET_PROB` of `desk/brief.py`. */
export const UPSET_PROB = 0.5;

export function feelings(events: readonly Event[]): Feeling[] {
  const found: Feeling[] = [];
  for (const { seq, body } of events) {
    if (body.type !== "emotion_estimated") continue;
    const { anger_prob, uncertainty, abstained, reasons } = body.estimate;
    const doubt = uncertainty * WIDEST;
    found.push({
      seq,
      start_ms: body.start_ms,
      end_ms: body.end_ms,
      anger_prob,
      low: Math.max(0, anger_prob - doubt),
      high: Math.min(1, anger_prob + doubt),
      abstained,
      reasons,
    });
  }
  return found.sort((one, other) => one.start_ms - other.start_ms);
}

/** Stretches of neighbouring estimates; an abstention ends a stretch, so that no line is drawn across it. */
export function stretches(all: readonly Feeling[]): Feeling[][] {
  const found: Feeling[][] = [];
  let running: Feeling[] = [];
  for (const one of all) {
    if (!one.abstained) running.push(one);
    else if (running.length) {
      found.push(running);
      running = [];
    }
  }
  return running.length ? [...found, running] : found;
}

/** The highest anger that was estimated; null without any estimate. */
export function highest(points: readonly { readonly anger_prob: number; readonly abstained: boolean }[]): number | null {
  const sure = points.filter((point) => !point.abstained).map((point) => point.anger_prob);
  return sure.length ? Math.max(...sure) : null;
}
