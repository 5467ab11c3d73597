// What the caller's page shows, as signals, and what its buttons do.

import { batch, signal } from "@preact/signals";
import { type Captions, START, step } from "./captions";
import { Line, type LineOwner, type PageSettings } from "./line";
import { CallTrouble, type Trouble } from "./trouble";

export type Phase = "idle" | "asking" | "ringing" | "connected" | "ended";

export const phase = signal<Phase>("idle");
export const captions = signal<Captions>(START);
export const captionsLost = signal(false);
export const trouble = signal<Trouble | null>(null);
export const muted = signal(false);
export const keypadOpen = signal(false);
export const digits = signal("");
/** The last key did not reach the service. */
export const keysLost = signal(false);
export const seconds = signal(0);
export const sound = signal<MediaStream | null>(null);
export const microphone = signal<MediaStream | null>(null);
export const settings = signal<PageSettings>({ company: "", recording: "stay", emotion: "stay" });

let line: Line | null = null;
let clock: number | undefined;

/** Ask the service what to say before a call. */
export async function loadSettings(): Promise<void> {
  try {
    const response = await fetch("/api/web-calls/settings");
    if (response.ok) settings.value = (await response.json()) as PageSettings;
  } catch {
    // The note that is shown then promises least; a call will say that the service cannot be reached.
  }
}

export async function call(): Promise<void> {
  if (line !== null) return;
  batch(() => {
    phase.value = "asking";
    captions.value = START;
    captionsLost.value = false;
    trouble.value = null;
    muted.value = false;
    keypadOpen.value = false;
    digits.value = "";
    keysLost.value = false;
    seconds.value = 0;
  });
  const called = new URLSearchParams(location.search).get("called") ?? "web";
  const pass = new URLSearchParams(location.hash.slice(1)).get("from") ?? "";
  const mine = new Line(owner, called, pass);
  line = mine;
  try {
    await mine.dial();
  } catch (error) {
    if (line !== mine) return;
    line = null;
    finish("idle", error instanceof CallTrouble ? error.trouble : "refused");
  }
}

export function hangUp(): void {
  if (phase.value === "asking") {
    line?.hangUp();
    line = null;
    finish("idle", null);
    return;
  }
  line?.hangUp();
}

export function toggleMute(): void {
  muted.value = !muted.value;
  line?.mute(muted.value);
}

/** Press one key; shown at once, so that a slow network does not make people press twice. */
export async function press(key: string): Promise<void> {
  digits.value += key;
  keysLost.value = !((await line?.press(key)) ?? false) && phase.value === "connected";
}

const owner: LineOwner = {
  ringing() {
    microphone.value = line?.microphone ?? null;
    phase.value = "ringing";
  },
  connected(stream) {
    sound.value = stream;
    if (phase.value === "connected") return; // over another network
    phase.value = "connected";
    const began = performance.now();
    clock = window.setInterval(() => {
      seconds.value = Math.floor((performance.now() - began) / 1000);
    }, 250);
  },
  caption(message) {
    captions.value = step(captions.value, message);
  },
  captionsLost(lost) {
    captionsLost.value = lost;
  },
  trouble(what) {
    trouble.value = what;
  },
  microphoneChanged() {
    microphone.value = line?.microphone ?? null;
  },
  over(what) {
    line = null;
    finish("ended", what);
  },
};

function finish(at: Phase, what: Trouble | null): void {
  window.clearInterval(clock);
  batch(() => {
    phase.value = at;
    if (what !== null) trouble.value = what;
    else if (trouble.value?.startsWith("microphone_")) trouble.value = null;
    keypadOpen.value = false;
    sound.value = null;
    microphone.value = null;
  });
}
