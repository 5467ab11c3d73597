// The work after a contact, filled in from what happened as far as that is known. Pure.

import type { LiveCall } from "../../events.gen";

export interface WrapUp {
  readonly disposition: string;
  readonly summary: string;
  readonly follow_ups: readonly string[];
}

export const NOTHING: WrapUp = { disposition: "", summary: "", follow_ups: [] };

/** How a contact came out: the codes that are kept. */
export const DISPOSITIONS = ["solved", "follow_up", "callback", "passed_on", "complaint", "no_matter", "other"] as const;

const MOST_CHARS = 2_000;

/** What the log says of a call, as a first draft: facts of the brief alone, in its own sentences. */
export function prefill(live: LiveCall, topic: (topic: string) => string): WrapUp {
  const brief = live.brief;
  const lines: string[] = [];
  if (brief?.matter) lines.push(brief.matter);
  else if (live.topic) lines.push(topic(live.topic));
  for (const fact of brief?.facts ?? []) lines.push(`– ${fact.text}`);
  for (const fact of brief?.tried ?? []) lines.push(`– ${fact.text}`);
  for (const slot of live.slots) if (!brief) lines.push(`– ${slot.slot}: ${slot.value}`);
  const follow_ups = (brief?.open_questions ?? []).map((fact) => fact.text.slice(0, 300));
  return {
    disposition: live.callback === "booked" ? "callback" : follow_ups.length ? "follow_up" : "",
    summary: lines.join("\n").slice(0, MOST_CHARS),
    follow_ups: follow_ups.slice(0, 20),
  };
}

/** One line a follow-up, empty ones left out. */
export function followUpsOf(text: string): readonly string[] {
  return text
    .split("\n")
    .map((line) => line.trim().slice(0, 300))
    .filter(Boolean)
    .slice(0, 20);
}

/** What is shown: what was written by hand, else the first draft. */
export function shown(written: WrapUp | null, draft: WrapUp): WrapUp {
  return written ?? draft;
}
