// The caller's emotion as a page draws it: points with their doubt, gaps where the estimate abstained. Pure.

import type { Event, FeelingRead } from "../events.gen";

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

type FeelingName = FeelingRead["estimate"]["feeling"];
type Scores = FeelingRead["estimate"]["scores"];

const SCORES: Readonly<Record<Exclude<FeelingName, "neutral">, keyof Scores>> = {
  angry: "anger_score",
  frustrated: "frustration_score",
  distressed: "distress_score",
  urgent: "urgency_score",
  confused: "confusion_score",
  satisfied: "satisfaction_score",
};

/** The score of a feeling; of neutral what the others leave. */
export function scoreOf(scores: Scores, feeling: FeelingName): number {
  if (feeling !== "neutral") return scores[SCORES[feeling]];
  return Math.max(0, 1 - Object.values(scores).reduce((sum, score) => sum + score, 0));
}

/** The feeling whose smoothed curve rises highest in the call: the one that is drawn; null when nothing was read. */
export function mainFeeling(reads: readonly FeelingRead[]): Exclude<FeelingName, "neutral"> | null {
  const sure = reads.filter((read) => !read.estimate.abstained);
  let best: Exclude<FeelingName, "neutral"> | null = null;
  let top = 0;
  for (const feeling of Object.keys(SCORES) as Exclude<FeelingName, "neutral">[]) {
    const peak = Math.max(0, ...sure.map((read) => read.estimate.call_scores[SCORES[feeling]]));
    if (peak > top) [best, top] = [feeling, peak];
  }
  return best;
}
