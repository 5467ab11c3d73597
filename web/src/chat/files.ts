// The files that a visitor has chosen: checked here, sent one after the other over the chat's line, kept until they go
// with a message. Nothing is sent before the service wants it, and all of it again after a break. A page that is loaded
// again has the files that the service has, and says of the others that they have to be chosen once more.

import { computed, type Signal, signal } from "@preact/signals";
import { newName } from "./kept";

const PIECE_BYTES = 64 * 1024;
/** So much may lie in the browser before more is read. */
const BUFFERED_BYTES = 1_000_000;
const LOOK_MS = 20;
/** Why a file is not there any more that was on its way when the page was loaded again. */
export const LOST = "files.lost";

export interface FileRules {
  /** Of one message; 0: files are not taken. */
  readonly most: number;
  readonly mb: number;
  /** Extensions without the dot. */
  readonly kinds: readonly string[];
}

export interface Chosen {
  readonly id: string;
  /** Null after the page was loaded again: the browser does not give a file twice. */
  readonly file: File | null;
  readonly name: string;
  readonly state: "waiting" | "coming" | "ready" | "refused";
  readonly percent: number;
  readonly ticket: string;
  /** Why it was refused. */
  readonly code: string;
  readonly seconds: number;
}

/** A file that the service has, as a message names it. */
export interface Ticket {
  readonly ticket: string;
  readonly name: string;
}

/** What outlives a reload of a file that has not gone with a message; without a ticket it was still on its way. */
export interface KeptFile {
  readonly name: string;
  readonly ticket: string;
}

export interface Pipe {
  send(frame: Readonly<Record<string, unknown>>): boolean;
  sendBytes(piece: ArrayBuffer): boolean;
  readonly buffered: number;
}

/** Return why a file cannot be sent, as the service would say it; empty when it can. */
export function refusalOf(file: { readonly name: string; readonly size: number }, rules: FileRules): string {
  const dot = file.name.lastIndexOf(".");
  const kind = dot < 0 ? "" : file.name.slice(dot + 1).toLowerCase();
  if (!rules.kinds.includes(kind)) return "files.bad_type";
  if (file.size === 0) return "files.empty";
  return file.size > rules.mb * 1_000_000 ? "files.too_large" : "";
}

function afterReload({ name, ticket }: KeptFile): Chosen {
  const shared = { id: newName(12), file: null, name, ticket, seconds: 0 };
  return ticket ? { ...shared, state: "ready", percent: 100, code: "" } : { ...shared, state: "refused", percent: 0, code: LOST };
}

export class ChosenFiles {
  readonly list: Signal<readonly Chosen[]>;
  /** What a reload must not lose. */
  readonly kept = computed<readonly KeptFile[]>(() =>
    this.list.value.filter((each) => each.state !== "refused" || each.code === LOST).map(({ name, ticket }) => ({ name, ticket })),
  );
  readonly busy = computed(() => this.list.value.some((each) => each.state === "waiting" || each.state === "coming"));

  constructor(
    private readonly pipe: Pipe,
    private readonly rules: () => FileRules,
    /** Called with each file that is ready or refused. */
    private readonly settled: (chosen: Chosen) => void,
    kept: readonly KeptFile[] = [],
  ) {
    this.list = signal(kept.map(afterReload));
  }

  choose(files: readonly File[]): void {
    for (const file of files) {
      const good = this.list.value.filter((each) => each.state !== "refused").length;
      const code = good >= this.rules().most ? "files.too_many" : refusalOf(file, this.rules());
      const chosen: Chosen = {
        id: newName(12),
        file,
        name: file.name,
        state: code ? "refused" : "waiting",
        percent: 0,
        ticket: "",
        code,
        seconds: 0,
      };
      this.list.value = [...this.list.value, chosen];
      if (code) this.settled(chosen);
    }
    this.next();
  }

  remove(id: string): void {
    this.list.value = this.list.value.filter((each) => each.id !== id);
    this.next();
  }

  /** Return the files that are ready, which are no longer chosen then. */
  taken(): Ticket[] {
    const ready = this.list.value.filter((each) => each.state === "ready");
    this.list.value = [];
    return ready.map(({ ticket, name }) => ({ ticket, name }));
  }

  /** The line is up again, or a place is free: announce the next one. */
  next(): void {
    if (this.list.value.some((each) => each.state === "coming")) return;
    const chosen = this.list.value.find((each) => each.state === "waiting");
    if (chosen === undefined) return;
    const { id, file } = chosen;
    if (file === null) return;
    if (this.pipe.send({ kind: "file", id, name: file.name.slice(-255), size_bytes: file.size })) this.with(id, { state: "coming" });
  }

  /** What was on its way is lost with the line. */
  broken(): void {
    for (const each of this.list.value) if (each.state === "coming") this.with(each.id, { state: "waiting", percent: 0 });
  }

  async wanted(id: string): Promise<void> {
    const file = this.list.value.find((each) => each.id === id)?.file;
    if (file === undefined || file === null) return;
    try {
      for (let at = 0; at < file.size; at += PIECE_BYTES) {
        const piece = await file.slice(at, at + PIECE_BYTES).arrayBuffer();
        while (this.pipe.buffered > BUFFERED_BYTES) await new Promise((done) => window.setTimeout(done, LOOK_MS));
        if (!this.isComing(id) || !this.pipe.sendBytes(piece)) return; // left out, or the line broke
        this.with(id, { percent: Math.floor((100 * Math.min(at + PIECE_BYTES, file.size)) / file.size) });
      }
    } catch {
      this.refused(id, "files.unreadable", 0); // it was moved or deleted since it was chosen
    }
  }

  took(id: string, ticket: string, name: string): void {
    this.settle(id, { state: "ready", percent: 100, ticket, name });
  }

  refused(id: string, code: string, seconds: number): void {
    this.settle(id, { state: "refused", code, seconds });
  }

  private isComing(id: string): boolean {
    return this.list.value.some((each) => each.id === id && each.state === "coming");
  }

  private settle(id: string, change: Partial<Chosen>): void {
    this.with(id, change);
    const chosen = this.list.value.find((each) => each.id === id);
    if (chosen !== undefined) this.settled(chosen);
    this.next();
  }

  private with(id: string, change: Partial<Chosen>): void {
    this.list.value = this.list.value.map((each) => (each.id === id ? { ...each, ...change } : each));
  }
}
