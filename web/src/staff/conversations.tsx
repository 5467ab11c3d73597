// What is written to us: conversations that wait for an answer of staff, those that go on, and all; one beside the list.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { type Said, say } from "../shared/language";
import { follow, get } from "./api";
import { CustomerPanel } from "./customers/panel";
import { BriefText } from "./desk/offers";
import { ANSWERS, Thread, useThread } from "./desk/thread";
import { when } from "./format";
import { Empty, Failed } from "./parts";
import { go } from "./route";
import { may, me } from "./session";
import { WORDS } from "./words";

type Only = "owed" | "open" | "all";

interface Row {
  readonly conversation_id: string;
  readonly channel: string;
  readonly answering: string;
  readonly staff_owed: boolean;
  readonly agent: string;
  readonly name?: string;
  readonly address?: string;
  readonly subject?: string;
  readonly last: string;
  readonly last_at_utc: string;
}

export const CONVERSATIONS = {
  title: { en: "Conversations", es: "Conversaciones" },
  lead: {
    en: "Chat, e-mail and messages. What waits for an answer of yours comes first.",
    es: "Chat, correo y mensajes. Primero, lo que espera su respuesta.",
  },
  owed: { en: "Waiting for us", es: "Nos esperan" },
  open: { en: "Going on", es: "En curso" },
  all: { en: "All", es: "Todas" },
  none: { en: "Nothing here", es: "Nada por aquí" },
  noneTodo: { en: "When somebody writes, it appears by itself.", es: "Cuando alguien escriba, aparecerá aquí." },
  choose: { en: "Choose a conversation", es: "Elija una conversación" },
  filter: { en: "Which conversations", es: "Qué conversaciones" },
  visitor: { en: "Visitor of the chat", es: "Visitante del chat" },
} as const satisfies Readonly<Record<string, Said>>;

const CHANNELS: Readonly<Record<string, Said>> = {
  chat: { en: "Chat", es: "Chat" },
  email: { en: "E-mail", es: "Correo" },
  sms: { en: "SMS", es: "SMS" },
  whatsapp: { en: "WhatsApp", es: "WhatsApp" },
  social: { en: "Social", es: "Redes" },
};

const only = signal<Only>("owed");
const rows = signal<readonly Row[] | null>(null);
const failed = signal(false);

async function load(): Promise<void> {
  try {
    rows.value = await get<Row[]>(`/api/conversations?only=${only.value}`);
    failed.value = false;
  } catch {
    failed.value = true;
  }
}

function choose(which: Only): void {
  only.value = which;
  rows.value = null;
  void load();
}

export function Conversations({ contactId }: { contactId: string }) {
  useEffect(() => {
    void load();
    return follow(null, (message) => {
      if (message.kind === "event" && message.event.stream_kind === "conversation") void load();
    });
  }, []);
  return (
    <div class="page">
      <div class="page-head">
        <h1>{say(CONVERSATIONS.title)}</h1>
        <p>{say(CONVERSATIONS.lead)}</p>
      </div>
      <div class="toggle" role="group" aria-label={say(CONVERSATIONS.filter)}>
        {(["owed", "open", "all"] as const).map((which) => (
          <button type="button" key={which} aria-pressed={only.value === which} onClick={() => choose(which)}>
            {say(CONVERSATIONS[which])}
          </button>
        ))}
      </div>
      {failed.value ? (
        <Failed retry={() => void load()} />
      ) : (
        <div class="inbox">
          <List shown={contactId} />
          {contactId ? <One key={contactId} contactId={contactId} /> : <p class="muted">{say(CONVERSATIONS.choose)}</p>}
        </div>
      )}
    </div>
  );
}

function List({ shown }: { shown: string }) {
  if (rows.value === null) return <Empty icon="calls" title={say(WORDS.loading)} />;
  if (!rows.value.length) {
    return (
      <Empty icon="calls" title={say(CONVERSATIONS.none)}>
        <p>{say(CONVERSATIONS.noneTodo)}</p>
      </Empty>
    );
  }
  return (
    <ul class="inbox-list">
      {rows.value.map((row) => (
        <li key={row.conversation_id}>
          <a
            class="panel inbox-row"
            href={`/desk/conversations/${encodeURIComponent(row.conversation_id)}`}
            aria-current={row.conversation_id === shown ? "true" : undefined}
            onClick={(event) => {
              event.preventDefault();
              go(`/desk/conversations/${encodeURIComponent(row.conversation_id)}`);
            }}
          >
            <strong>{row.name || (row.channel === "chat" ? say(CONVERSATIONS.visitor) : row.address)}</strong>
            <span class="muted">
              {say(CHANNELS[row.channel] ?? CONVERSATIONS.title)} · {when(row.last_at_utc)} ·{" "}
              {say(ANSWERS[row.answering] ?? CONVERSATIONS.open, { name: row.agent })}
            </span>
            {row.subject && <span>{row.subject}</span>}
            <span class="inbox-last">{row.last}</span>
          </a>
        </li>
      ))}
    </ul>
  );
}

function One({ contactId }: { contactId: string }) {
  const thread = useThread(contactId);
  return (
    <div class="inbox-one">
      <Thread thread={thread} me={me.value?.name ?? ""} />
      <section class="panel block">
        <BriefText brief={thread.seen.value?.brief ?? null} />
      </section>
      {may("customers") && <CustomerPanel kind="conversation" contactId={contactId} />}
    </div>
  );
}
