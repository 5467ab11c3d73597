// The newest calls, kept up to date by the live feed; for the list of calls and for the floor.

import { signal } from "@preact/signals";
import type { Event } from "../events.gen";
import { liveOver, liveStep, START } from "../folds/live";
import { type CallDetail, type CallRow, follow, get, type LiveMessage } from "./api";

export const rows = signal<ReadonlyMap<string, CallRow>>(new Map());
export const loaded = signal(false);
/** What is being said in running calls: a guess, gone when the words are final. */
export const saying = signal<ReadonlyMap<string, string>>(new Map());

/** Keep the calls up to date until the returned function is called. */
export function followCalls(): () => void {
  return follow(null, take);
}

function take(message: LiveMessage): void {
  switch (message.kind) {
    case "snapshot":
      if ("calls" in message) rows.value = new Map(message.calls.map((row) => [row.call_id, row]));
      loaded.value = true;
      return;
    case "event":
      takeEvent(message.event);
      return;
    case "signal":
      if (message.name === "hypothesis") {
        guessed(message.call_id, `${message.data["committed"]} ${message.data["tentative"]}`.trim());
      }
  }
}

function takeEvent(event: Event): void {
  if (event.stream_kind !== "call") return;
  const callId = String(event.stream_id);
  if (event.body.type === "turn_ended" || event.body.type === "call_ended") guessed(callId, "");
  const known = rows.value.get(callId);
  if (known === undefined && event.seq > 1) {
    void reload(callId);
    return;
  }
  if (known !== undefined && event.seq <= known.live.seq) return; // the snapshot has it
  const live = liveStep(known?.live ?? START, event);
  put({ call_id: callId, started_at: known?.started_at ?? event.at_utc, live });
}

/** A call that began before the snapshot's horizon. */
async function reload(callId: string): Promise<void> {
  const detail = await get<CallDetail>(`/api/calls/${encodeURIComponent(callId)}`).catch(() => null);
  const [first] = detail?.events ?? [];
  if (detail && first) put({ call_id: callId, started_at: first.at_utc, live: liveOver(detail.events) });
}

function put(row: CallRow): void {
  rows.value = new Map(rows.value).set(row.call_id, row);
}

function guessed(callId: string, words: string): void {
  if ((saying.value.get(callId) ?? "") === words) return;
  const next = new Map(saying.value);
  if (words) next.set(callId, words);
  else next.delete(callId);
  saying.value = next;
}
