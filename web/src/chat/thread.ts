// What the visitor sees of the conversation, and what waits to be sent: pure, so that it can be tested without a page.
// Each message of ours has its number in the log, each of the visitor's an id that this page made up: whatever comes
// twice, from a snapshot, an echo or another tab, is shown once.

import type { Ticket } from "./files";

export type Author = "customer" | "bot" | "agent" | "note";
export type Answering = "none" | "bot" | "nobody" | "waiting" | "agent" | "closed";

/** A message as the service tells it. */
export interface Told {
  readonly seq: number;
  readonly at: string;
  readonly id: string;
  readonly author: Author;
  readonly text?: string;
  readonly by?: string;
  readonly client_id?: string;
  readonly files?: readonly { readonly name: string; readonly size_bytes: number; readonly href: string }[];
  readonly note?: "agent_entered" | "agent_went_out" | "closed" | "reopened";
}

/** A message of the visitor that the service does not have yet. */
export interface Waiting {
  readonly id: string;
  readonly text: string;
  readonly at: string;
  /** Files that the service has already. */
  readonly files?: readonly Ticket[];
}

export interface Refusal {
  readonly id: string;
  readonly code: string;
  readonly retry_after_s: number;
}

export interface Thread {
  readonly conversation: string;
  readonly seq: number;
  readonly told: readonly Told[];
  readonly waiting: readonly Waiting[];
  readonly answering: Answering;
  readonly agent: string;
  /** What the service did not take: too long, too much. It stays until it is sent again or dropped. */
  readonly refused: Readonly<Record<string, Refusal>>;
}

export type Snapshot = {
  readonly kind: "snapshot";
  readonly conversation: string;
  readonly after: number;
  readonly seq: number;
  readonly messages: readonly Told[];
  readonly answering: Answering;
  readonly agent: string;
};

export const EMPTY: Thread = {
  conversation: "",
  seq: 0,
  told: [],
  waiting: [],
  answering: "none",
  agent: "",
  refused: {},
};

/** Take what the service knows above a number, or all of another conversation. */
export function withSnapshot(thread: Thread, snapshot: Snapshot): Thread {
  const same = snapshot.conversation === thread.conversation && snapshot.after > 0;
  let next: Thread = {
    ...thread,
    conversation: snapshot.conversation,
    told: same ? thread.told : [],
    answering: snapshot.answering,
    agent: snapshot.agent,
  };
  for (const told of snapshot.messages) next = withTold(next, told);
  return { ...next, seq: Math.max(same ? thread.seq : 0, snapshot.seq) };
}

/** Take one message; one that is known changes nothing. */
export function withTold(thread: Thread, told: Told): Thread {
  const waiting = told.client_id ? thread.waiting.filter((each) => each.id !== told.client_id) : thread.waiting;
  const known = thread.told.some((each) => each.id === told.id);
  const list = known ? thread.told : [...thread.told, told].sort((a, b) => a.seq - b.seq);
  return { ...thread, told: list, waiting, refused: without(thread.refused, told.client_id ?? ""), seq: Math.max(thread.seq, told.seq) };
}

export function withWritten(thread: Thread, waiting: Waiting): Thread {
  return { ...thread, waiting: [...thread.waiting, waiting] };
}

/** The service has it already. */
export function withKnown(thread: Thread, id: string): Thread {
  return { ...thread, waiting: thread.waiting.filter((each) => each.id !== id), refused: without(thread.refused, id) };
}

export function withRefused(thread: Thread, refusal: Refusal): Thread {
  return { ...thread, refused: { ...thread.refused, [refusal.id]: refusal } };
}

/** Let a refused message be tried again. */
export function withRetry(thread: Thread, id: string): Thread {
  return { ...thread, refused: without(thread.refused, id) };
}

export function withDropped(thread: Thread, id: string): Thread {
  return withKnown(thread, id);
}

/** What may be sent now. */
export function toSend(thread: Thread): readonly Waiting[] {
  return thread.waiting.filter((each) => !(each.id in thread.refused));
}

function without(refused: Readonly<Record<string, Refusal>>, id: string): Readonly<Record<string, Refusal>> {
  if (!(id in refused)) return refused;
  return Object.fromEntries(Object.entries(refused).filter(([each]) => each !== id));
}
