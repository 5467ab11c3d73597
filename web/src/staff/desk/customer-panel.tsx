// Who the contact is with: name, how sure that is, needs, cases and earlier contacts.

import { signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { type Said, say } from "../../shared/language";
import { get } from "../api";
import { code, phone, when } from "../format";
import { Badge } from "../parts";
import type { ContactKind } from "./state";
import { DESK } from "./words";

interface Identifier {
  readonly kind: string;
  readonly value: string;
}

interface Item {
  readonly at_utc: string;
  readonly kind: string;
  readonly stream_kind: string;
  readonly stream_id: string;
  readonly text: string;
  readonly contact: { readonly channel: string; readonly matter: string; readonly topics: readonly string[] } | null;
}

interface Case {
  readonly case_id: string;
  readonly subject: string;
  readonly status: string;
  readonly changed_at_utc: string;
}

interface Customer {
  readonly customer_id: string;
  readonly name: string;
  readonly do_not_contact: boolean;
  readonly identifiers: readonly Identifier[];
  readonly preferences: readonly { readonly name: string; readonly value: string }[];
  readonly notes: readonly { readonly note_id: string; readonly text: string; readonly at_utc: string }[];
  readonly cases: readonly Case[];
  readonly timeline: { readonly items: readonly Item[]; readonly next: string };
}

interface Found {
  readonly customer_id: string;
  readonly name: string;
  readonly identifiers: readonly Identifier[];
}

interface Seen {
  readonly linked: { readonly customer_id: string; readonly level: string } | null;
  readonly customer: Customer | null;
  readonly candidates: readonly Found[];
  readonly case_ids: readonly string[];
  readonly continues: { readonly case_id: string; readonly en: string; readonly es: string } | null;
}

/** Needs of callers that staff have to know at once. */
const NEEDS: Readonly<Record<string, Said>> = {
  slower: { en: "Speak slowly", es: "Hablar despacio" },
  more_time: { en: "Give more time", es: "Dar más tiempo" },
  keypad: { en: "Prefers keys", es: "Prefiere el teclado" },
  large_text: { en: "Large text", es: "Letra grande" },
  vip: { en: "Priority customer", es: "Cliente preferente" },
  language: { en: "Language: {value}", es: "Idioma: {value}" },
  channel: { en: "Prefers {value}", es: "Prefiere {value}" },
  hours: { en: "Reachable: {value}", es: "Horario: {value}" },
  do_not_contact: { en: "Do not contact", es: "No contactar" },
};

const KINDS: Readonly<Record<string, Said>> = {
  call: { en: "Call", es: "Llamada" },
  conversation: { en: "Messages", es: "Mensajes" },
  note: { en: "Note", es: "Nota" },
  case_opened: { en: "Case opened", es: "Asunto abierto" },
  case_status: { en: "Case", es: "Asunto" },
  case_note: { en: "Note on a case", es: "Nota de asunto" },
  verified: { en: "Verification", es: "Verificación" },
  joined: { en: "Records joined", es: "Fichas unidas" },
  parted: { en: "Records parted", es: "Fichas separadas" },
};

export const LEVELS: Readonly<Record<string, Said>> = {
  none: { en: "not verified", es: "sin verificar" },
  caller_id: { en: "by caller id only, which can be forged", es: "solo por el número, que se puede falsificar" },
  knowledge: { en: "by something they know", es: "por algo que sabe" },
  one_time_code: { en: "by a one-time code", es: "por un código de un solo uso" },
  staff: { en: "by staff", es: "por el personal" },
};

const EVERY_MS = 15_000;

export function CustomerPanel({ kind, contactId }: { kind: ContactKind; contactId: string }) {
  const seen = useMemo(() => signal<Seen | null>(null), [contactId]);
  useEffect(() => {
    const load = async () => {
      const path = `/api/${kind}s/${encodeURIComponent(contactId)}/customer`;
      seen.value = await get<Seen>(path).catch(() => seen.value);
    };
    void load();
    const timer = window.setInterval(() => void load(), EVERY_MS);
    return () => window.clearInterval(timer);
  }, [contactId]);
  const customer = seen.value?.customer ?? null;
  return (
    <section class="panel block customer" aria-labelledby="customer-title">
      <h2 id="customer-title">{customer?.name || say(DESK.customer)}</h2>
      {customer === null ? (
        <>
          <p class="muted">{say(DESK.noCustomer)}</p>
          <Candidates found={seen.value?.candidates ?? []} />
        </>
      ) : (
        <Known customer={customer} seen={seen.value} />
      )}
    </section>
  );
}

function Candidates({ found }: { found: readonly Found[] }) {
  if (!found.length) return null;
  return (
    <ul class="plain-facts">
      {found.map((one) => (
        <li key={one.customer_id}>
          {one.name || "—"} · {one.identifiers.map((item) => shownValue(item)).join(", ")}
        </li>
      ))}
    </ul>
  );
}

function shownValue({ kind, value }: Identifier): string {
  if (kind === "chat_visitor") return `chat ${value.slice(0, 6)}`; // a row of letters that nobody knows
  return kind === "phone" ? phone(value) : value;
}

function Known({ customer, seen }: { customer: Customer; seen: Seen | null }) {
  const needs = customer.preferences.filter((wish) => wish.value && NEEDS[wish.name]);
  const level = LEVELS[seen?.linked?.level ?? "none"] ?? LEVELS["none"];
  return (
    <>
      <p class="muted">
        {say(DESK.verification)}: {level && say(level)}
      </p>
      {(needs.length > 0 || customer.do_not_contact) && (
        <div>
          <h3>{say(DESK.needs)}</h3>
          <div class="form-row">
            {needs.map((wish) => (
              <Badge key={wish.name} tone="warm" text={say(NEEDS[wish.name] ?? DESK.needs, { value: code(wish.value) })} />
            ))}
          </div>
        </div>
      )}
      <p>{customer.identifiers.map(shownValue).join(" · ")}</p>
      {seen?.continues && <p class="told good">{say(seen.continues)}</p>}
      <div>
        <h3>{say(DESK.cases)}</h3>
        {customer.cases.length === 0 && <p class="muted">{say(DESK.noneSoFar)}</p>}
        <ul class="plain-facts">
          {customer.cases.map((one) => (
            <li key={one.case_id}>
              <strong>{one.subject}</strong> · {code(one.status)} · {when(one.changed_at_utc)}
              {seen?.case_ids.includes(one.case_id) && " ✓"}
            </li>
          ))}
        </ul>
      </div>
      <div>
        <h3>{say(DESK.timeline)}</h3>
        {customer.timeline.items.length === 0 && <p class="muted">{say(DESK.noneSoFar)}</p>}
        <ol class="plain-facts">
          {customer.timeline.items.map((item) => (
            <li key={`${item.stream_id}-${item.at_utc}-${item.kind}`}>
              <time dateTime={item.at_utc}>{when(item.at_utc)}</time> · <Title item={item} />
              {(item.text || item.contact?.matter) && <>: {item.text || item.contact?.matter}</>}
            </li>
          ))}
        </ol>
      </div>
      {customer.notes.map((note) => (
        <p key={note.note_id} class="note-text">
          {note.text} <span class="muted">{when(note.at_utc)}</span>
        </p>
      ))}
    </>
  );
}

function Title({ item }: { item: Item }) {
  const name = KINDS[item.kind];
  const text = name ? say(name) : code(item.kind);
  if (item.stream_kind !== "call") return <>{text}</>;
  return <a href={`/desk/calls/${encodeURIComponent(item.stream_id)}`}>{text}</a>;
}
