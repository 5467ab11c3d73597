// What an agent writes about a contact: kept by the service at each pause, shown again after a reload.

import { computed, signal } from "@preact/signals";
import { get, send } from "../api";
import { NOTHING, type WrapUp } from "./wrap-up";

/** After so long without a key what is written is kept. */
const PAUSE_MS = 600;
const AGAIN_MS = 3_000;

interface Draft extends WrapUp {
  readonly reply: string;
  readonly pieces: Readonly<Record<string, string>>;
}

export class Notes {
  /** What was written by hand; null as long as nothing was. */
  readonly written = signal<WrapUp | null>(null);
  readonly reply = signal("");
  /** Notes about the customer and cases that are not written down yet, by what they are about. */
  readonly pieces = signal<Readonly<Record<string, string>>>({});
  readonly state = signal<"kept" | "keeping" | "failed">("kept");
  readonly loaded = signal(false);
  /** Whether there is something that the service does not have yet. */
  readonly unsaved = computed(() => this.state.value !== "kept");
  private timer: number | undefined;
  private over = false;

  constructor(readonly contactId: string) {}

  private get path(): string {
    return `/api/staff/drafts/${encodeURIComponent(this.contactId)}`;
  }

  async load(): Promise<void> {
    try {
      const { draft } = await get<{ draft: Draft | null }>(this.path);
      if (draft !== null && this.written.value === null) {
        const { disposition, summary, follow_ups, reply } = draft;
        if (disposition || summary || follow_ups.length) this.written.value = { disposition, summary, follow_ups };
        this.reply.value = this.reply.value || reply;
        this.pieces.value = { ...draft.pieces, ...this.pieces.value };
      }
      this.loaded.value = true;
    } catch {
      window.setTimeout(() => this.over || void this.load(), AGAIN_MS);
    }
  }

  write(written: WrapUp): void {
    this.written.value = written;
    this.later(PAUSE_MS);
  }

  writeReply(text: string): void {
    this.reply.value = text;
    this.later(PAUSE_MS);
  }

  /** Write a note about something; an empty one is none. */
  writePiece(place: string, text: string): void {
    const { [place]: _former, ...others } = this.pieces.value;
    this.pieces.value = text ? { ...others, [place]: text } : others;
    this.later(PAUSE_MS);
  }

  private draft(): Draft {
    return { ...(this.written.value ?? NOTHING), reply: this.reply.value, pieces: this.pieces.value };
  }

  private later(wait_ms: number): void {
    if (this.over) return;
    if (this.state.value !== "failed") this.state.value = "keeping";
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.keep(), wait_ms);
  }

  private async keep(): Promise<void> {
    try {
      await send("PUT", this.path, this.draft());
      this.state.value = "kept";
    } catch {
      this.state.value = "failed";
      this.later(AGAIN_MS);
    }
  }

  /** The page closes: send what is not kept yet, in a request that outlives it. */
  flush(): void {
    if (this.over || this.state.value === "kept") return;
    void fetch(this.path, {
      method: "PUT",
      keepalive: true,
      headers: { "content-type": "application/json", "x-warmline": "1" },
      body: JSON.stringify(this.draft()),
    });
  }

  /** It is handed in: forget the draft. */
  async handedIn(): Promise<void> {
    this.over = true;
    window.clearTimeout(this.timer);
    await send("DELETE", this.path).catch(() => undefined);
  }
}

const all = new Map<string, Notes>();

/** The notes of a contact; the same object as long as the page is open. */
export function notesOf(contactId: string): Notes {
  let notes = all.get(contactId);
  if (notes === undefined) {
    notes = new Notes(contactId);
    all.set(contactId, notes);
    void notes.load();
  }
  return notes;
}

export function forgetNotes(contactId: string): void {
  all.delete(contactId);
}

globalThis.window?.addEventListener("pagehide", () => {
  for (const notes of all.values()) notes.flush();
});
