// What the staff's pages ask of the service, and whether they may.

import { signal } from "@preact/signals";
import type { CallbackBooked, Event, LiveCall, Timeline } from "../events.gen";

export interface CallRow {
  readonly call_id: string;
  readonly started_at: string;
  readonly live: LiveCall;
}

export interface CallDetail {
  readonly call_id: string;
  readonly seq: number;
  readonly events: readonly Event[];
  readonly live: LiveCall;
  readonly timeline: Timeline;
}

export interface CallbackRow {
  readonly call_id: string;
  readonly booked_at: string;
  readonly t_ms: number | null;
  readonly booked: CallbackBooked;
  readonly caller: string;
  readonly caller_name: string;
  readonly reason: string;
  readonly do_not_contact: boolean;
}

export interface Waveform {
  readonly duration_ms: number;
  readonly caller: readonly number[];
  readonly others: readonly number[];
}

/** A message of `/api/live`. */
export type LiveMessage =
  | { readonly kind: "snapshot"; readonly calls: readonly CallRow[] }
  | { readonly kind: "snapshot"; readonly seq: number; readonly events: readonly Event[] }
  | { readonly kind: "event"; readonly event: Event }
  | {
      readonly kind: "signal";
      readonly call_id: string;
      readonly name: string;
      readonly data: Readonly<Record<string, unknown>>;
    };

/** False once the service refused: the page then says how to get in. */
export const admitted = signal(true);

/** Whether the live feed is up. */
export const connected = signal(false);

/** How many parts of the page follow the live feed. */
export const following = signal(0);

export class Refused extends Error {
  constructor(
    readonly status: number,
    /** Stable, e.g. `staff.too_many`; empty when the service gave none. */
    readonly code: string = "",
    /** The service's own sentence, in English. */
    readonly detail: string = "",
    readonly retryAfter_s: number = 0,
  ) {
    super(`status ${status}`);
  }
}

/** Get JSON. Throws `Refused`; a 401 locks the page. */
export function get<T>(path: string): Promise<T> {
  return send<T>("GET", path);
}

/** Ask for something, by default to change it. Throws `Refused`; a 401 locks the page, unless it is about a password. */
export async function send<T>(method: string, path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (method !== "GET") headers["x-warmline"] = "1"; // other sites cannot send it
  if (body !== undefined) headers["content-type"] = "application/json";
  const response = await fetch(path, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) {
    const refused = await reasonOf(response);
    if (refused.status === 401 && refused.code !== "staff.wrong") admitted.value = false;
    throw refused;
  }
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** Send the bytes of a file. Throws `Refused`; a 401 locks the page. */
export async function sendFile<T>(path: string, file: Blob): Promise<T> {
  const headers = { accept: "application/json", "x-warmline": "1", "content-type": "application/octet-stream" };
  const response = await fetch(path, { method: "POST", headers, body: file });
  if (!response.ok) {
    const refused = await reasonOf(response);
    if (refused.status === 401) admitted.value = false;
    throw refused;
  }
  return (await response.json()) as T;
}

async function reasonOf(response: Response): Promise<Refused> {
  const told = (await response.json().catch(() => ({}))) as Readonly<Record<string, unknown>>;
  const sentence = told["detail"] ?? told["message"];
  return new Refused(
    response.status,
    typeof told["code"] === "string" ? told["code"] : "",
    typeof sentence === "string" ? sentence : "",
    Number.parseInt(response.headers.get("retry-after") ?? "0", 10) || 0,
  );
}

/** Follow the live feed of all calls or of one until the returned function is called; reconnects by itself. */
export function follow(callId: string | null, take: (message: LiveMessage) => void): () => void {
  let over = false;
  let socket: WebSocket | null = null;
  let retries = 0;
  following.value += 1;
  const open = () => {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const query = callId === null ? "" : `?call_id=${encodeURIComponent(callId)}`;
    socket = new WebSocket(`${scheme}://${location.host}/api/live${query}`);
    socket.onopen = () => {
      retries = 0;
    };
    socket.onmessage = (message: MessageEvent<string>) => {
      if (over) return;
      connected.value = true;
      take(JSON.parse(message.data) as LiveMessage);
    };
    socket.onclose = (event) => {
      if (over) return;
      connected.value = false;
      if (event.code === 4401 || event.code === 4403) {
        admitted.value = false;
        return;
      }
      retries += 1;
      window.setTimeout(() => over || open(), Math.min(500 * 2 ** retries, 10_000));
    };
  };
  open();
  return () => {
    following.value -= 1;
    over = true;
    socket?.close();
  };
}
