// The desk's socket: a snapshot, then what happens; what the page wants goes the same way and is answered.

import { signal } from "@preact/signals";
import { admitted } from "../api";
import { readClock } from "./clock";
import { START, type DeskMessage, type DeskState, deskStep } from "./state";

export const desk = signal<DeskState>(START);

/** Whether the feed is up and a snapshot has come. */
export const deskUp = signal(false);

export interface Answered {
  readonly ok: boolean;
  /** Stable, e.g. `desk.offer_over`; empty when it went well. */
  readonly code: string;
  readonly message: string;
}

type Answer =
  | { readonly kind: "done"; readonly id: number }
  | { readonly kind: "refused"; readonly id: number; readonly code: string; readonly message: string };

const LOST: Answered = { ok: false, code: "desk.unreachable", message: "" };
/** An answer that has not come by then never will. */
const ANSWER_MS = 8_000;

/** Names this window: one of an agent's windows has the line. */
export const WINDOW = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;

let socket: WebSocket | null = null;
let users = 0;
let retries = 0;
let last = 0;
const waiting = new Map<number, (answer: Answered) => void>();
const listeners = new Set<(message: DeskMessage) => void>();

/** Use the feed until the returned function is called; `take` hears of each message. */
export function useDesk(take: (message: DeskMessage) => void = () => undefined): () => void {
  listeners.add(take);
  users += 1;
  if (users === 1) open();
  return () => {
    listeners.delete(take);
    users -= 1;
    if (users === 0) {
      socket?.close();
      socket = null;
      deskUp.value = false;
    }
  };
}

/** Ask the desk for something; the answer says whether it was done. */
export function ask(command: Readonly<Record<string, unknown>>): Promise<Answered> {
  const at = socket;
  if (at === null || at.readyState !== WebSocket.OPEN) return Promise.resolve(LOST);
  last += 1;
  const id = last;
  return new Promise((resolve) => {
    const timer = window.setTimeout(() => settle(id, LOST), ANSWER_MS);
    waiting.set(id, (answer) => {
      window.clearTimeout(timer);
      resolve(answer);
    });
    at.send(JSON.stringify({ id, ...command }));
  });
}

function settle(id: number, answer: Answered): void {
  waiting.get(id)?.(answer);
  waiting.delete(id);
}

function open(): void {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const opened = new WebSocket(`${scheme}://${location.host}/api/desk?page=${WINDOW}`);
  socket = opened;
  opened.onmessage = (event: MessageEvent<string>) => {
    if (socket !== opened) return;
    const message = JSON.parse(event.data) as DeskMessage | Answer;
    if (message.kind === "done") settle(message.id, { ok: true, code: "", message: "" });
    else if (message.kind === "refused") settle(message.id, { ok: false, code: message.code, message: message.message });
    else {
      if (message.kind === "snapshot") {
        retries = 0;
        deskUp.value = true;
      }
      readClock();
      desk.value = deskStep(desk.value, message);
      for (const take of listeners) take(message);
    }
  };
  opened.onclose = (event) => {
    if (socket !== opened) return;
    deskUp.value = false;
    for (const id of [...waiting.keys()]) settle(id, LOST);
    if (event.code === 4401 || event.code === 4403) {
      admitted.value = false;
      return;
    }
    retries += 1;
    window.setTimeout(() => users > 0 && socket === opened && open(), Math.min(250 * 2 ** retries, 8_000));
  };
}
