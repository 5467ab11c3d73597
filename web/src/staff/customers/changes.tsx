// What was changed on a record, by whom and when: read when it is opened, changed by nobody.

import { signal } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";
import { type Said, say } from "../../shared/language";
import { get } from "../api";
import { when } from "../format";
import { placeOf } from "./data";
import { CUSTOMER, STATUSES } from "./words";

interface Change {
  readonly at_utc: string;
  readonly what: string;
  readonly by: string;
  readonly code: string;
  readonly text: string;
  readonly stream_kind: string;
  readonly stream_id: string;
  readonly seq: number;
}

interface Page {
  readonly items: readonly Change[];
  readonly next: string;
}

export const CHANGES: Readonly<Record<string, Said>> = {
  customer_opened: { en: "Record opened", es: "Ficha creada" },
  identifier_added: { en: "Number or address added", es: "Número o dirección añadida" },
  identifier_removed: { en: "Number or address removed", es: "Número o dirección quitada" },
  customer_named: { en: "Name", es: "Nombre" },
  customers_joined: { en: "Joined with another record", es: "Unida con otra ficha" },
  customers_parted: { en: "Parted from another record", es: "Separada de otra ficha" },
  join_dismissed: { en: "Told apart from another record", es: "Distinguida de otra ficha" },
  contact_linked: { en: "Contact linked", es: "Contacto asignado" },
  contact_unlinked: { en: "Contact unlinked", es: "Contacto desasignado" },
  preference_set: { en: "Need or wish", es: "Necesidad o deseo" },
  contact_consent_set: { en: "Consent", es: "Consentimiento" },
  note_written: { en: "Note", es: "Nota" },
  case_opened: { en: "Case opened", es: "Asunto abierto" },
  case_contact_added: { en: "Contact added to a case", es: "Contacto añadido a un asunto" },
  case_status_set: { en: "Case", es: "Asunto" },
  case_noted: { en: "Note on a case", es: "Nota de asunto" },
};

const CODES: Readonly<Record<string, Said>> = {
  ...STATUSES,
  phone: { en: "telephone", es: "teléfono" },
  email: { en: "e-mail", es: "correo" },
  chat_visitor: { en: "chat", es: "chat" },
  social: { en: "social network", es: "red social" },
  account: { en: "account", es: "cuenta" },
  call: { en: "call", es: "llamada" },
  conversation: { en: "conversation", es: "conversación" },
  given: { en: "given", es: "dado" },
  refused: { en: "refused", es: "negado" },
  language: { en: "language", es: "idioma" },
  channel: { en: "channel", es: "canal" },
  hours: { en: "hours", es: "horario" },
  slower: { en: "slower speech", es: "voz más lenta" },
  more_time: { en: "more time", es: "más tiempo" },
  keypad: { en: "keys", es: "teclas" },
  large_text: { en: "large text", es: "texto grande" },
  vip: { en: "very important", es: "muy importante" },
  do_not_contact: { en: "do not contact", es: "no contactar" },
};

export function Changes({ path }: { path: string }) {
  const list = useMemo(() => signal<Page | null>(null), [path]);
  const failed = useMemo(() => signal(false), [path]);
  const rows = useRef<HTMLTableSectionElement>(null);
  const load = async (before = "") => {
    try {
      const page = await get<Page>(`${path}/changes${before && `?before=${encodeURIComponent(before)}`}`);
      const known = before ? (list.value?.items ?? []) : [];
      list.value = { items: [...known, ...page.items], next: page.next };
      failed.value = false;
      if (before) window.setTimeout(() => rows.current?.rows[known.length]?.focus()); // the button may be gone
    } catch {
      failed.value = true;
    }
  };
  return (
    <details onToggle={(event) => event.currentTarget.open && void load()}>
      <summary>{say(CUSTOMER.changes)}</summary>
      {failed.value && (
        <p class="told bad" role="alert">
          {say(CUSTOMER.changesFailed)}
        </p>
      )}
      {list.value !== null && (
        <div class="wide" tabIndex={0} role="region" aria-label={say(CUSTOMER.changes)}>
          <table class="facts-table">
            <thead>
              <tr>
                <th scope="col">{say(CUSTOMER.changeWhen)}</th>
                <th scope="col">{say(CUSTOMER.changeWho)}</th>
                <th scope="col">{say(CUSTOMER.changeWhat)}</th>
              </tr>
            </thead>
            <tbody ref={rows}>
              {list.value.items.map((each) => (
                <tr key={`${each.stream_id}-${each.seq}`} tabIndex={-1}>
                  <td>
                    <time dateTime={each.at_utc}>{when(each.at_utc)}</time>
                  </td>
                  <td>{each.by}</td>
                  <td>
                    <Told {...each} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {list.value.next !== "" && (
            <button type="button" class="button" onClick={() => void load(list.value?.next)}>
              {say(CUSTOMER.changesOlder)}
            </button>
          )}
        </div>
      )}
    </details>
  );
}

function Told({ what, code, text }: Change) {
  const name = CHANGES[what];
  const detail = CODES[code] ? say(CODES[code]) : code;
  const isContact = code === "call" || code === "conversation";
  const place = isContact ? placeOf(code, text) : null;
  const parts = place === null ? [detail, text] : [<a href={place}>{detail}</a>];
  return (
    <>
      {name ? say(name) : what}
      {parts.filter(Boolean).map((part, at) => (
        <span key={at}> · {part}</span>
      ))}
    </>
  );
}
