// The chat of this page: one thread, one line, and what is shown of them.

import { computed, effect, signal } from "@preact/signals";
import { files as keptFiles, keepFiles, keepLanguage, keepLarge, keepOutbox, large as keptLarge } from "./kept";
import { language as keptLanguage, newName, outbox } from "./kept";
import { type Chosen, ChosenFiles, LOST } from "./files";
import { type About, type Connection, type FromService, Line } from "./line";
import { EMPTY, type Thread, toSend, type Waiting, withDropped, withKnown, withRefused, withRetry, withSnapshot, withTold, withWritten } from "./thread";
import { type ChatLanguage, type Word, word } from "./words";

const TYPING_SHOWN_MS = 8_000;
const TYPING_TOLD_MS = 2_500;

export interface Options {
  /** Origin of the service, e.g. https://support.example.com */
  readonly host: string;
  readonly language: string;
  /** True on the page that is nothing but the chat. */
  readonly page: boolean;
}

export class Chat {
  readonly thread = signal<Thread>({ ...EMPTY, waiting: outbox() });
  readonly connection = signal<Connection>("new");
  readonly about = signal<About>({
    company: "",
    days: 90,
    feels: false,
    calls: false,
    most: 2_000,
    files: { most: 0, mb: 0, kinds: [] },
    people: { es: { open: true, back: "" }, en: { open: true, back: "" } },
  });
  readonly files: ChosenFiles;
  readonly open = signal(false);
  readonly typing = signal<"" | "bot" | "agent">("");
  readonly queue = signal<{ position: number; expected_wait_s: number | null } | null>(null);
  readonly large = signal(keptLarge());
  readonly language = signal<ChatLanguage>("en");
  readonly seen = signal(0);
  /** What a screen reader is told: the newest message alone. */
  readonly spoken = signal("");
  readonly unread = computed(
    () => this.thread.value.told.filter((each) => each.seq > this.seen.value && each.author !== "customer" && each.author !== "note").length,
  );

  private readonly line: Line;
  private typingTimer: number | undefined;
  private typedAt = 0;
  private callWindow: Window | null = null;

  constructor(readonly options: Options) {
    const asked = options.page ? new URLSearchParams(location.search).get("lang") : document.documentElement.lang;
    const chosen = keptLanguage() || options.language || asked || navigator.language;
    this.language.value = chosen.toLowerCase().startsWith("es") ? "es" : "en";
    const url = new URL("/api/chat", options.host);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    this.line = new Line(url.href, {
      place: () => ({
        after: this.thread.value.seq,
        conversation: this.thread.value.conversation,
        language: this.language.value,
      }),
      told: (message) => this.told(message),
      connection: (state) => {
        this.connection.value = state;
        if (state === "broken") {
          this.typing.value = "";
          this.files.broken();
        }
      },
    });
    this.files = new ChosenFiles(
      this.line,
      () => this.about.value.files,
      (chosen) => {
        const ready = chosen.state === "ready";
        this.spoken.value = ready ? this.say("fileReady", { name: chosen.name }) : this.whyNotFile(chosen);
      },
      keptFiles(),
    );
    effect(() => keepOutbox(this.thread.value.waiting));
    effect(() => keepFiles(this.files.kept.value));
    if (options.page) {
      effect(() => {
        document.documentElement.lang = this.language.value;
        document.title = this.say("title", { company: this.about.value.company || "Warmline" });
      });
    }
  }

  say(name: Word, values: Readonly<Record<string, string | number>> = {}): string {
    return word(this.language.value, name, values);
  }

  /** Connect; pages that nobody opens the chat on stay silent until then, unless a conversation is kept. */
  connect(): void {
    this.line.open();
  }

  show(on: boolean): void {
    this.open.value = on;
    if (on) {
      this.connect();
      this.markSeen();
    }
  }

  /** Send what is written, with the files that are there; false when there is nothing to send, or files still come. */
  write(text: string): boolean {
    const trimmed = text.trim();
    if (this.files.busy.value) {
      this.spoken.value = this.say("filesCome");
      return false;
    }
    const files = this.files.taken();
    if (!trimmed && files.length === 0) return false;
    const waiting: Waiting = { id: newName(12), text: trimmed, at: new Date().toISOString(), files };
    this.thread.value = withWritten(this.thread.value, waiting);
    this.connect();
    if (this.connection.value === "open") this.line.send(frameOf(waiting));
    return true;
  }

  sendAgain(id: string): void {
    this.thread.value = withRetry(this.thread.value, id);
    this.flush();
  }

  drop(id: string): void {
    this.thread.value = withDropped(this.thread.value, id);
  }

  wroteSomething(): void {
    const now = Date.now();
    if (now - this.typedAt < TYPING_TOLD_MS) return;
    this.typedAt = now;
    this.line.send({ kind: "typing" });
  }

  end(): void {
    this.line.send({ kind: "end" });
  }

  /** Open the call page as the same visitor. The window is opened at once, or the browser would block it. */
  call(): void {
    this.callWindow = window.open("about:blank", "warmline-call", "width=420,height=760");
    if (!this.line.send({ kind: "call" })) this.goToCall("");
  }

  chooseLanguage(code: ChatLanguage): void {
    this.language.value = code;
    keepLanguage(code);
  }

  toggleLarge(): void {
    this.large.value = !this.large.value;
    keepLarge(this.large.value);
  }

  markSeen(): void {
    const { seq } = this.thread.value;
    if (!this.open.value || document.visibilityState !== "visible" || seq <= this.seen.value) return;
    this.seen.value = seq;
    if (this.thread.value.told.some((each) => each.author === "bot" || each.author === "agent")) {
      this.line.send({ kind: "seen", seq });
    }
  }

  private told(message: FromService): void {
    switch (message.kind) {
      case "snapshot": {
        const { company, days, feels, calls, most, files, people } = message;
        this.about.value = { company, days, feels, calls, most, files, people };
        this.thread.value = withSnapshot(this.thread.value, message);
        if (this.seen.value === 0 && !this.open.value) this.seen.value = this.thread.value.seq;
        this.flush();
        this.files.next();
        this.markSeen();
        return;
      }
      case "message": {
        const before = this.thread.value.told.length;
        this.thread.value = withTold(this.thread.value, message);
        if (this.thread.value.told.length > before && message.author !== "customer") {
          this.typing.value = "";
          const files = message.files?.map((file) => file.name).join(", ") ?? "";
          const said = message.author === "note" ? this.note(message) : [message.text, files].filter(Boolean).join(" · ");
          this.spoken.value = `${this.name(message.author, message.by ?? "")}: ${said}`;
        }
        this.markSeen();
        return;
      }
      case "known":
        this.thread.value = withKnown(this.thread.value, message.id);
        return;
      case "refused":
        this.thread.value = withRefused(this.thread.value, message);
        this.spoken.value = this.say("notSent", { why: this.why(message.code, message.retry_after_s) });
        if (message.retry_after_s > 0) window.setTimeout(() => this.sendAgain(message.id), message.retry_after_s * 1000);
        return;
      case "typing":
        this.typing.value = message.who;
        window.clearTimeout(this.typingTimer);
        this.typingTimer = window.setTimeout(() => {
          this.typing.value = "";
        }, TYPING_SHOWN_MS);
        return;
      case "answering":
        this.thread.value = { ...this.thread.value, answering: message.who, agent: message.agent };
        if (message.who !== "waiting") this.queue.value = null;
        return;
      case "waiting":
        this.queue.value = { position: message.position, expected_wait_s: message.expected_wait_s };
        return;
      case "people":
        this.about.value = { ...this.about.value, people: message.people };
        return;
      case "pass":
        this.goToCall(message.token);
        return;
      case "file_wanted":
        void this.files.wanted(message.id);
        return;
      case "file_taken":
        this.files.took(message.id, message.ticket, message.name);
        return;
      case "file_refused":
        this.files.refused(message.id, message.code, message.retry_after_s);
        return;
    }
  }

  name(author: string, by: string): string {
    if (author === "customer") return this.say("you");
    if (author === "agent") return this.say("agent", { name: by });
    return author === "bot" ? this.say("bot") : "";
  }

  note(told: { readonly note?: string; readonly by?: string }): string {
    if (told.note === "agent_entered" || told.note === "agent_went_out") return this.say(told.note, { name: told.by ?? "" });
    return this.say(told.note === "reopened" ? "reopened" : "noteClosed");
  }

  /** What is said of people while none of them answers: nothing when they are in. */
  peopleOut(): string {
    const { open, back } = this.about.value.people[this.language.value];
    if (open) return "";
    return back ? this.say("peopleBack", { when: back }) : this.say("peopleOut");
  }

  why(code: string, seconds: number): string {
    if (code === "chat.too_long" || code === "message.too_long") return this.say("tooLong", { most: this.about.value.most });
    if (code === "files.bad_ticket") return this.say("fileGone");
    return seconds > 0 ? this.say("tooFast", { seconds }) : this.say("otherWhy");
  }

  /** Why a file cannot be sent, as a sentence. */
  whyNotFile({ name, code, seconds }: Chosen): string {
    const { most, mb, kinds } = this.about.value.files;
    switch (code) {
      case "files.bad_type":
        return this.say("fileBadType", { name, kinds: kinds.join(", ") });
      case "files.too_large":
        return this.say("fileTooLarge", { name, mb });
      case LOST:
        return this.say("fileLost", { name });
      case "files.empty":
        return this.say("fileEmpty", { name });
      case "files.too_many":
        return seconds > 0
          ? this.say("filesTooOften", { name, minutes: Math.max(1, Math.ceil(seconds / 60)) })
          : this.say("filesTooMany", { name, most });
      default:
        return this.say("fileFailed", { name });
    }
  }

  /** Send, in order, what the service does not have yet. */
  private flush(): void {
    for (const waiting of toSend(this.thread.value)) this.line.send(frameOf(waiting));
  }

  private goToCall(pass: string): void {
    const url = new URL("/call", this.options.host);
    url.searchParams.set("lang", this.language.value);
    if (pass) url.hash = `from=${pass}`; // behind the #, it is in no server's log
    if (this.callWindow !== null && !this.callWindow.closed) this.callWindow.location.href = url.href;
    else window.open(url.href, "_blank");
  }
}

function frameOf({ id, text, files }: Waiting): Readonly<Record<string, unknown>> {
  return { kind: "message", id, text, files: (files ?? []).map((file) => file.ticket) };
}
