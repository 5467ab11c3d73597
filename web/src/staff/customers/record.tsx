// One customer's record: needs, cases, what happened, notes, duplicates.

import { signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { say } from "../../shared/language";
import { get, send } from "../api";
import { code, when } from "../format";
import { may } from "../session";
import { Cases } from "./cases";
import { Changes } from "./changes";
import { type Customer, type CustomerState, type Item, type Page, placeOf, type Seen } from "./data";
import { identifierText } from "./identifiers";
import { Needs } from "./needs";
import { Pairs } from "./pairs";
import { CUSTOMER, KINDS, LEVELS, STATUSES } from "./words";
import { Writing } from "./writing";

interface RecordProps {
  readonly state: CustomerState;
  readonly customer: Customer;
  readonly seen: Seen | null;
  /** The case that is looked for. */
  readonly wanted?: string;
}

export function RecordParts({ state, customer, seen, wanted = "" }: RecordProps) {
  const path = `/api/customers/${encodeURIComponent(customer.customer_id)}`;
  return (
    <>
      {customer.identifiers.length > 0 && <p>{customer.identifiers.map(identifierText).join(" · ")}</p>}
      <Needs state={state} customer={customer} />
      {seen?.continues && <p class="told good">{say(seen.continues)}</p>}
      <Pairs state={state} customer={customer} />
      <Cases state={state} customer={customer} caseIds={seen?.case_ids ?? []} wanted={wanted} />
      <section aria-label={say(CUSTOMER.notes)}>
        <h3>{say(CUSTOMER.notes)}</h3>
        {customer.notes.map((note) => (
          <p key={note.note_id} class="note-text">
            {note.text}{" "}
            <span class="muted">
              {note.by && `${say(CUSTOMER.by, { who: note.by })} · `}
              {when(note.at_utc)}
            </span>
          </p>
        ))}
        <Writing
          state={state}
          label={CUSTOMER.note}
          place="customer"
          keep={(text) => send("POST", `${path}/notes`, { text })}
        />
      </section>
      <TimelineList key={customer.customer_id} path={path} first={customer.timeline} />
      {may("changes") && <Changes key={`changes-${customer.customer_id}`} path={path} />}
    </>
  );
}

function TimelineList({ path, first }: { path: string; first: Page }) {
  const more = useMemo(() => signal<Page | null>(null), []);
  const known = new Set(first.items.map(keyOf));
  const items = [...first.items, ...(more.value?.items ?? []).filter((item) => !known.has(keyOf(item)))];
  const next = more.value === null ? first.next : more.value.next;
  const load = async () => {
    const page = await get<Page>(`${path}/timeline?before=${encodeURIComponent(next)}`).catch(() => null);
    if (page !== null) more.value = { items: [...(more.value?.items ?? []), ...page.items], next: page.next };
  };
  return (
    <section aria-label={say(CUSTOMER.timeline)}>
      <h3>{say(CUSTOMER.timeline)}</h3>
      {items.length === 0 && <p class="muted">{say(CUSTOMER.none)}</p>}
      <ol class="plain-facts">
        {items.map((item) => (
          <li key={keyOf(item)}>
            <time dateTime={item.at_utc}>{when(item.at_utc)}</time> · <Title item={item} />
            {tells(item) && <>: {tells(item)}</>}
            {item.contact?.files.map((file) => (
              <a
                key={file.file}
                class="contact-file"
                href={`/api/conversations/${encodeURIComponent(item.stream_id)}/files/${file.file}`}
                download={file.name}
              >
                {file.name}
              </a>
            ))}
          </li>
        ))}
      </ol>
      {next && (
        <button type="button" class="button" onClick={() => void load()}>
          {say(CUSTOMER.older)}
        </button>
      )}
    </section>
  );
}

/** What a line says beside its name. */
function tells(item: Item): string {
  const detail = item.kind === "case_status" ? STATUSES[item.detail] : item.kind === "verified" ? LEVELS[item.detail] : null;
  return item.text || item.contact?.matter || (detail ? say(detail) : "");
}

function keyOf(item: Item): string {
  return `${item.stream_id}-${item.seq}-${item.kind}`;
}

function Title({ item }: { item: Item }) {
  const name = KINDS[item.kind];
  const text = name ? say(name) : code(item.kind);
  const place = item.stream_kind === "customer" ? null : placeOf(item.stream_kind, item.stream_id);
  return place === null ? <>{text}</> : <a href={place}>{text}</a>;
}
