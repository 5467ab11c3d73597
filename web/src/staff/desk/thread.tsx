// A conversation in writing at the desk: what was written, what became of it, and a place to answer.

import { signal, useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { BriefPrepared } from "../../events.gen";
import { locale, type Said, say } from "../../shared/language";
import { admitted, send } from "../api";
import { may } from "../session";
import { Attach, type Attached } from "./attach";
import { notesOf } from "./notes";

interface Message {
  readonly seq: number;
  readonly id: string;
  readonly author: "customer" | "bot" | "agent";
  readonly by: string;
  readonly text: string;
  readonly at: string;
  readonly delivery?: "pending" | "accepted" | "delivered" | "read" | "failed";
  readonly attachments: readonly { readonly file: string; readonly name: string; readonly size_bytes: number }[];
}

export interface ConversationSeen {
  readonly conversation_id: string;
  readonly seq: number;
  readonly state: {
    readonly channel: string;
    readonly name: string;
    readonly address: string;
    readonly subject: string;
    readonly language: string;
    readonly answering: string;
    readonly agent: string;
    readonly staff_owed: boolean;
  };
  readonly messages: readonly Message[];
  readonly brief: BriefPrepared;
  readonly draft: string;
}

type FromService =
  | ({ readonly kind: "conversation" } & ConversationSeen)
  | { readonly kind: "signal"; readonly name: string; readonly data: { readonly who?: string } };

const THREAD = {
  messages: { en: "Messages", es: "Mensajes" },
  customer: { en: "Customer", es: "Cliente" },
  bot: { en: "Assistant", es: "Asistente" },
  typing: { en: "The customer is writing…", es: "El cliente está escribiendo…" },
  botTyping: { en: "The assistant is writing…", es: "El asistente está escribiendo…" },
  reply: { en: "Your answer to the customer", es: "Su respuesta al cliente" },
  send: { en: "Send", es: "Enviar" },
  draft: { en: "The assistant suggests", es: "El asistente propone" },
  useDraft: { en: "Use the suggestion", es: "Usar la propuesta" },
  take: { en: "Answer it myself", es: "Contestar yo" },
  done: { en: "Close: it is done", es: "Cerrar: está resuelto" },
  back: { en: "Back to the assistant", es: "Devolver al asistente" },
  over: { en: "The conversation is over. Writing opens it again.", es: "La conversación ha terminado. Si escribe, se reabre." },
  failed: { en: "It was not sent; try again.", es: "No se ha enviado; inténtelo otra vez." },
  lost: { en: "No connection; what is written now may be missing here.", es: "Sin conexión; puede faltar aquí lo que se escriba ahora." },
} as const satisfies Readonly<Record<string, Said>>;

const DELIVERIES: Readonly<Record<string, Said>> = {
  pending: { en: "on its way", es: "enviándose" },
  accepted: { en: "sent", es: "enviado" },
  delivered: { en: "delivered", es: "entregado" },
  read: { en: "read", es: "leído" },
  failed: { en: "not delivered", es: "no entregado" },
};

export const ANSWERS: Readonly<Record<string, Said>> = {
  bot: { en: "The assistant answers", es: "Contesta el asistente" },
  nobody: { en: "Waits for somebody here", es: "Espera a alguien del equipo" },
  waiting: { en: "Waits in the queue", es: "Espera en la cola" },
  agent: { en: "{name} answers", es: "Contesta {name}" },
  closed: { en: "Over", es: "Terminada" },
};

const TYPING_TOLD_MS = 2_500;
const TYPING_SHOWN_MS = 6_000;

/** One conversation as it goes on. */
export class ThreadState {
  readonly seen = signal<ConversationSeen | null>(null);
  readonly typing = signal<"" | "customer" | "bot">("");
  readonly lost = signal(false);
  readonly failed = signal(false);
  private socket: WebSocket | null = null;
  private over = false;
  private retries = 0;
  private typingTimer: number | undefined;
  private typedAt = 0;

  constructor(readonly contactId: string) {}

  follow(): () => void {
    this.over = false;
    this.open();
    return () => {
      this.over = true;
      this.socket?.close();
    };
  }

  fileAt(file: string): string {
    return `${this.path}/files/${file}`;
  }

  get path(): string {
    return `/api/conversations/${encodeURIComponent(this.contactId)}`;
  }

  private open(): void {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}${this.path}/feed`);
    this.socket = socket;
    socket.onmessage = (event: MessageEvent<string>) => {
      const message = JSON.parse(event.data) as FromService;
      this.retries = 0;
      this.lost.value = false;
      if (message.kind === "conversation") {
        this.seen.value = message;
        this.typing.value = "";
      } else if (message.name === "typing" && (message.data.who === "customer" || message.data.who === "bot")) {
        this.typing.value = message.data.who;
        window.clearTimeout(this.typingTimer);
        this.typingTimer = window.setTimeout(() => {
          this.typing.value = "";
        }, TYPING_SHOWN_MS);
      }
    };
    socket.onclose = (event) => {
      if (this.over || event.code === 4404) return;
      if (event.code === 4401 || event.code === 4403) {
        admitted.value = false;
        return;
      }
      this.lost.value = true;
      this.retries += 1;
      window.setTimeout(() => this.over || this.open(), Math.min(250 * 2 ** this.retries, 8_000));
    };
  }

  async write(text: string, id: string, files: readonly Attached[]): Promise<boolean> {
    return this.ask("/messages", { id, text, files: files.map((file) => file.ticket) });
  }

  async take(): Promise<void> {
    await this.ask("/take", {});
  }

  async leave(reason: "done" | "handed_back"): Promise<void> {
    await this.ask("/leave", { reason });
  }

  types(): void {
    const now = Date.now();
    if (now - this.typedAt < TYPING_TOLD_MS) return;
    this.typedAt = now;
    void this.ask("/typing", {});
  }

  private async ask(what: string, body: unknown): Promise<boolean> {
    try {
      await send("POST", `${this.path}${what}`, body);
      this.failed.value = false;
      return true;
    } catch {
      this.failed.value = what !== "/typing";
      return false;
    }
  }
}

export function Thread({ thread, me }: { thread: ThreadState; me: string }) {
  useEffect(() => thread.follow(), [thread]);
  const seen = thread.seen.value;
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => end.current?.scrollIntoView({ block: "nearest" }), [seen?.messages.length]);
  if (seen === null) return <p class="muted">…</p>;
  const { answering, agent } = seen.state;
  return (
    <section class="panel block thread" aria-label={say(THREAD.messages)}>
      {seen.state.subject && <h2>{seen.state.subject}</h2>}
      <p class="muted">{say(ANSWERS[answering] ?? ANSWERS["bot"]!, { name: agent })}</p>
      {thread.lost.value && <p class="told bad">{say(THREAD.lost)}</p>}
      <div class="thread-scroll" tabIndex={0} role="log" aria-label={say(THREAD.messages)}>
        <ol>
          {seen.messages.map((message) => (
            <li key={message.id} class={`written ${message.author}`}>
              <span class="muted">
                {message.author === "customer" ? say(THREAD.customer) : message.author === "bot" ? say(THREAD.bot) : message.by}
                {" · "}
                <time dateTime={message.at}>{clock(message.at)}</time>
                {message.delivery && message.author !== "customer" && ` · ${say(DELIVERIES[message.delivery]!)}`}
              </span>
              {message.text && <p>{message.text}</p>}
              {message.attachments.map((file) => (
                <a key={file.file} href={thread.fileAt(file.file)} download={file.name}>
                  {file.name}
                </a>
              ))}
            </li>
          ))}
        </ol>
        <div ref={end} />
      </div>
      <p class="muted" role="status">
        {thread.typing.value === "customer" ? say(THREAD.typing) : thread.typing.value === "bot" ? say(THREAD.botTyping) : ""}
      </p>
      {answering === "closed" && <p class="muted">{say(THREAD.over)}</p>}
      {may("answer") && <Reply thread={thread} mine={answering === "agent" && agent === me} taken={answering === "agent" && agent !== me} />}
    </section>
  );
}

function Reply({ thread, mine, taken }: { thread: ThreadState; mine: boolean; taken: boolean }) {
  const field = useRef<HTMLTextAreaElement>(null);
  const id = useRef(newId());
  const files = useSignal<readonly Attached[]>([]);
  const notes = notesOf(thread.contactId); // kept by the service, so that a reload loses nothing
  const submit = async () => {
    const text = notes.reply.value.trim();
    if (!text && !files.value.length) return;
    if (!(await thread.write(text, id.current, files.value))) return; // the same id again: it is sent once
    notes.writeReply("");
    files.value = [];
    id.current = newId();
    field.current?.focus();
  };
  const draft = thread.seen.value?.draft ?? "";
  const useDraft = () => {
    notes.writeReply([notes.reply.value.trim(), draft].filter(Boolean).join("\n\n")); // nothing written is lost
    field.current?.focus();
  };
  if (taken) return null;
  return (
    <form
      class="thread-reply"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      {draft && (
        <section class="told" aria-label={say(THREAD.draft)}>
          <strong>{say(THREAD.draft)}</strong>
          <p>{draft}</p>
          <button type="button" class="button" onClick={useDraft}>
            {say(THREAD.useDraft)}
          </button>
        </section>
      )}
      <label>
        {say(THREAD.reply)}
        <textarea
          ref={field}
          rows={3}
          maxLength={16_000}
          value={notes.reply.value}
          onInput={(event) => {
            notes.writeReply(event.currentTarget.value);
            thread.types();
          }}
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
              event.preventDefault();
              void submit();
            }
          }}
        />
      </label>
      <Attach path={thread.path} files={files} />
      {thread.failed.value && (
        <p class="told bad" role="alert">
          {say(THREAD.failed)}
        </p>
      )}
      <div class="thread-buttons">
        <button type="submit" class="button primary">
          {say(THREAD.send)}
        </button>
        {mine ? (
          <>
            <button type="button" class="button" onClick={() => void thread.leave("handed_back")}>
              {say(THREAD.back)}
            </button>
            <button type="button" class="button" onClick={() => void thread.leave("done")}>
              {say(THREAD.done)}
            </button>
          </>
        ) : (
          <button type="button" class="button" onClick={() => void thread.take()}>
            {say(THREAD.take)}
          </button>
        )}
      </div>
    </form>
  );
}

/** The state of one conversation, kept for as long as it is shown. */
export function useThread(contactId: string): ThreadState {
  return useMemo(() => new ThreadState(contactId), [contactId]);
}

function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(9)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function clock(at: string): string {
  return new Intl.DateTimeFormat(locale.value, { dateStyle: "short", timeStyle: "short" }).format(new Date(at));
}
