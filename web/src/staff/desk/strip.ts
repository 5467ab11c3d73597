// The call strip: its state is the service's; what the agent presses is a wish, and the answer is the state.

import { signal } from "@preact/signals";
import { get, send } from "../api";
import { sentenceOf } from "../forms";
import { me } from "../session";

export interface StripState {
  readonly state: string;
  readonly agent: string;
  readonly second: { readonly kind: string; readonly name: string } | null;
  readonly muted: boolean;
  readonly held: boolean;
  readonly with_person: boolean;
  readonly recording: string;
  /** How a supervisor takes part: `listen`, `whisper`, `barge`; empty for none that one is told of. */
  readonly supervised?: string;
  /** Wishes that would be granted now. */
  readonly may: readonly string[];
  /** What one is in the call: `agent`, `second`, or nothing. */
  readonly part?: string;
}

/** What somebody is in the call; the service tells everybody the same, and the second person may become the agent. */
export function partOf(told: StripState, name: string): string {
  if (name === "") return "";
  if (told.agent === name) return "agent";
  return told.second?.kind === "agent" && told.second.name === name ? "second" : "";
}

export type Wish =
  | "mute"
  | "hold"
  | "resume"
  | "consult"
  | "complete"
  | "conference"
  | "drop-second"
  | "transfer"
  | "back-to-bot"
  | "hang-up"
  | "keypad"
  | "recording/pause"
  | "recording/resume"
  | "leave";

/** The service's name of each wish. */
const NAMES: Readonly<Partial<Record<Wish, string>>> = {
  mute: "Mute",
  hold: "Hold",
  resume: "Resume",
  consult: "Consult",
  complete: "Complete",
  conference: "Merge",
  "drop-second": "DropSecond",
  transfer: "Transfer",
  "back-to-bot": "BackToBot",
  "hang-up": "HangUp",
};

/** Tell whether the service would grant a wish now. */
export function granted(strip: StripState | null, wish: Wish): boolean {
  if (strip === null || strip.part === "") return false;
  if (strip.part === "second" || wish === "leave") return strip.part === "second" && wish === "leave";
  const name = NAMES[wish];
  return name === undefined ? strip.with_person : strip.may.includes(name);
}

export interface Target {
  readonly kind: "agent" | "queue" | "number";
  readonly name: string;
}

/** What was typed as the one to be reached: a number, `queue:NAME`, or a colleague. */
export function targetOf(text: string): Target | null {
  const typed = text.trim();
  if (!typed) return null;
  if (/^\+?[0-9][0-9 ().-]{2,}$/.test(typed) || /^sips?:/i.test(typed)) return { kind: "number", name: typed };
  const queue = /^queue:(.+)$/.exec(typed)?.[1];
  return queue === undefined ? { kind: "agent", name: typed } : { kind: "queue", name: queue.trim() };
}

export class Strip {
  readonly state = signal<StripState | null>(null);
  readonly failure = signal("");

  constructor(readonly callId: string) {}

  private get path(): string {
    return `/api/desk/calls/${encodeURIComponent(this.callId)}`;
  }

  async load(): Promise<void> {
    this.state.value = await get<StripState>(`${this.path}/strip`).catch(() => null);
  }

  /** The live feed told how it is. */
  take(told: Readonly<Record<string, unknown>>): void {
    if (!Array.isArray(told["may"])) return;
    const state = told as unknown as StripState;
    this.state.value = { ...state, part: partOf(state, me.value?.name ?? "") };
  }

  async wish(wish: Wish, with_: Readonly<Record<string, unknown>> = {}): Promise<boolean> {
    this.failure.value = "";
    try {
      this.take(await send<Record<string, unknown>>("POST", `${this.path}/${wish}`, with_));
      return true;
    } catch (error) {
      this.failure.value = sentenceOf(error);
      return false;
    }
  }
}
