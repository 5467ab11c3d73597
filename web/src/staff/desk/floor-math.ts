// What a supervisor has to see first: risks of running calls, and waits beyond the aim. Pure.

import type { LiveCall } from "../../events.gen";
import type { Queue } from "./state";

/** Source: `UPSET_PROB` of `desk/brief.py`. */
const UPSET_PROB = 0.5;
/** A call with the bot that lasts longer is looked at. Source: our choice, twice what a usual matter takes. */
export const LONG_MS = 360_000;
/** Older anger than this many estimates ago is over. */
const RECENT = 5;

export type Flag =
  | { readonly kind: "danger"; readonly what: string }
  | { readonly kind: "anger"; readonly prob: number }
  | { readonly kind: "asks" }
  | { readonly kind: "long"; readonly for_ms: number };

/** Whether a human talks with the caller now. */
export function withPerson(live: LiveCall): boolean {
  return live.members.some((member) => member.member === "agent");
}

/** How long a call lasts by now. */
export function lasts_ms(live: LiveCall, now_ms: number): number {
  if (!live.answered_at_utc) return 0;
  return live.status === "ended" ? live.t_ms : Math.max(live.t_ms, now_ms - Date.parse(live.answered_at_utc));
}

/** Risks of a running call, the worst first. */
export function flagsOf(live: LiveCall, now_ms: number): readonly Flag[] {
  const flags: Flag[] = [];
  if (live.safety) flags.push({ kind: "danger", what: live.safety });
  const recent = live.emotion.filter((point) => !point.abstained).slice(-RECENT);
  const prob = Math.max(0, ...recent.map((point) => point.anger_prob));
  if (prob >= UPSET_PROB) flags.push({ kind: "anger", prob });
  if (live.escalation && !withPerson(live)) flags.push({ kind: "asks" });
  const for_ms = lasts_ms(live, now_ms);
  if (for_ms >= LONG_MS && !withPerson(live)) flags.push({ kind: "long", for_ms });
  return flags;
}

const RANK: Readonly<Record<Flag["kind"], number>> = { danger: 3, anger: 2, asks: 1, long: 1 };

/** The worst first, then the longest. */
export function byRisk(lives: readonly LiveCall[], now_ms: number): readonly LiveCall[] {
  const risk = (live: LiveCall) => Math.max(0, ...flagsOf(live, now_ms).map((flag) => RANK[flag.kind]));
  return [...lives].sort((a, b) => risk(b) - risk(a) || lasts_ms(b, now_ms) - lasts_ms(a, now_ms));
}

/** How many wait longer than the queue's aim; of those that the page knows. */
export function beyondAim(queue: Queue, now_ms: number): number {
  return queue.line.filter((one) => now_ms - Date.parse(one.since_utc) > queue.service_level_s * 1000).length;
}

/** The wait that who comes now has to expect: that of the last in line; null when nobody waits or nothing is known. */
export function expected_s(queue: Queue): number | null {
  return queue.line.at(-1)?.expected_wait_s ?? null;
}
