// The socket to the service: says hello, comes back after a break, and tells that it is alive.

import type { FileRules } from "./files";
import { token } from "./kept";
import type { Answering, Refusal, Snapshot, Told } from "./thread";
import type { ChatLanguage } from "./words";

/** Whether people answer at this hour, and when they are in again, in words; empty when it is not known. */
export interface PeopleIn {
  readonly open: boolean;
  readonly back: string;
}

/** What the service tells about itself with each snapshot. */
export interface About {
  readonly company: string;
  readonly days: number;
  readonly feels: boolean;
  readonly calls: boolean;
  readonly most: number;
  readonly files: FileRules;
  readonly people: Readonly<Record<ChatLanguage, PeopleIn>>;
}

export type FromService =
  | (Snapshot & About)
  | ({ readonly kind: "message" } & Told)
  | ({ readonly kind: "refused"; readonly sentence: string } & Refusal)
  | { readonly kind: "known"; readonly id: string }
  | { readonly kind: "typing"; readonly who: "bot" | "agent" }
  | { readonly kind: "answering"; readonly who: Answering; readonly agent: string }
  | { readonly kind: "waiting"; readonly position: number; readonly expected_wait_s: number | null }
  | ({ readonly kind: "people" } & Pick<About, "people">)
  | { readonly kind: "pass"; readonly token: string }
  | { readonly kind: "file_wanted"; readonly id: string }
  | { readonly kind: "file_taken"; readonly id: string; readonly ticket: string; readonly name: string }
  | ({ readonly kind: "file_refused" } & Refusal);

export type Connection = "new" | "connecting" | "open" | "broken" | "refused";

const ALIVE_MS = 20_000;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;
/** Close codes of the service: this site may not chat; too many pages. */
const NOT_HERE = 4403;
const TOO_MANY = 4429;

export interface Owner {
  /** Number of the last fact that is known, of which conversation, and the visitor's language. */
  place(): { readonly after: number; readonly conversation: string; readonly language: string };
  told(message: FromService): void;
  connection(state: Connection): void;
}

export class Line {
  private socket: WebSocket | null = null;
  private retries = 0;
  private timer: number | undefined;
  private alive: number | undefined;
  private wanted = false;

  constructor(
    private readonly url: string,
    private readonly owner: Owner,
  ) {}

  /** Connect, and stay connected. Idempotent. */
  open(): void {
    if (this.wanted) return;
    this.wanted = true;
    window.addEventListener("online", this.now);
    this.connect();
  }

  /** True when it was handed to the network; what is lost there is sent again after the break. */
  send(frame: Readonly<Record<string, unknown>>): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  /** The same for a piece of a file. */
  sendBytes(piece: ArrayBuffer): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(piece);
    return true;
  }

  /** Bytes that are not handed to the network yet. */
  get buffered(): number {
    return this.socket?.bufferedAmount ?? 0;
  }

  private readonly now = () => {
    window.clearTimeout(this.timer);
    if (this.socket === null) this.connect();
  };

  private connect(): void {
    this.owner.connection("connecting");
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.onopen = () => {
      const place = this.owner.place();
      socket.send(JSON.stringify({ kind: "hello", token: token(), ...place }));
      this.alive = window.setInterval(() => this.send({ kind: "alive" }), ALIVE_MS);
    };
    socket.onmessage = (event: MessageEvent<string>) => {
      const message = JSON.parse(event.data) as FromService;
      if (message.kind === "snapshot") {
        this.retries = 0;
        this.owner.connection("open");
      }
      this.owner.told(message);
    };
    socket.onclose = (event) => {
      window.clearInterval(this.alive);
      if (this.socket === socket) this.socket = null;
      if (event.code === NOT_HERE) {
        this.owner.connection("refused");
        return;
      }
      this.owner.connection("broken");
      const wait = event.code === TOO_MANY ? LAST_RETRY_MS : Math.min(FIRST_RETRY_MS * 2 ** this.retries, LAST_RETRY_MS);
      this.retries += 1;
      this.timer = window.setTimeout(this.now, wait * (0.75 + Math.random() / 2));
    };
  }
}
