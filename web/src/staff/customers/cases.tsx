// A customer's cases: how each stands, what was noted, and a new one.

import { useId } from "preact/hooks";
import { say } from "../../shared/language";
import { send } from "../api";
import { valueOf } from "../forms";
import { when } from "../format";
import type { Case, Customer, CustomerState } from "./data";
import { CUSTOMER, STATUSES } from "./words";
import { Writing } from "./writing";

const MOST_SUBJECT = 200;

interface CasesProps {
  readonly state: CustomerState;
  readonly customer: Customer;
  readonly caseIds: readonly string[];
  /** The case that is looked for: open from the start. */
  readonly wanted?: string;
}

export function Cases({ state, customer, caseIds, wanted = "" }: CasesProps) {
  return (
    <section aria-label={say(CUSTOMER.cases)}>
      <h3>{say(CUSTOMER.cases)}</h3>
      {customer.cases.length === 0 && <p class="muted">{say(CUSTOMER.none)}</p>}
      {customer.cases.map((one) => (
        <OneCase
          key={one.case_id}
          state={state}
          one={one}
          isHere={caseIds.includes(one.case_id)}
          isOpen={one.case_id === wanted}
        />
      ))}
      <OpenCase state={state} customer={customer} />
    </section>
  );
}

function statusText(status: string): string {
  return say(STATUSES[status] ?? { en: status, es: status });
}

interface OneCaseProps {
  readonly state: CustomerState;
  readonly one: Case;
  readonly isHere: boolean;
  readonly isOpen: boolean;
}

function OneCase({ state, one, isHere, isOpen }: OneCaseProps) {
  const id = useId();
  const path = `/api/cases/${encodeURIComponent(one.case_id)}`;
  const contact = state.contact;
  return (
    <details class="case" id={`case-${one.case_id}`} open={isOpen}>
      <summary>
        <strong>{one.subject}</strong>{" "}
        <span class="muted">
          {statusText(one.status)} · {when(one.changed_at_utc)}
          {isHere && ` · ${say(CUSTOMER.thisContact)}`}
        </span>
      </summary>
      <ul class="plain-facts">
        {one.notes.map((note, at) => (
          <li key={at} class="note-text">
            {note.text}{" "}
            <span class="muted">
              {note.by && `${say(CUSTOMER.by, { who: note.by })} · `}
              {when(note.at_utc)}
            </span>
          </li>
        ))}
      </ul>
      <form
        class="form-row"
        aria-label={`${say(CUSTOMER.status)}: ${one.subject}`}
        onSubmit={(event) => {
          event.preventDefault();
          const status = valueOf(event.currentTarget as HTMLFormElement, "status");
          const done = say(CUSTOMER.statusDone, { status: statusText(status) });
          void state.act(() => send("PUT", `${path}/status`, { status }), done);
        }}
      >
        <div class="field">
          <label for={`${id}-status`}>{say(CUSTOMER.status)}</label>
          <select id={`${id}-status`} name="status" key={one.status}>
            {Object.entries(STATUSES).map(([name, text]) => (
              <option key={name} value={name} selected={name === one.status}>
                {say(text)}
              </option>
            ))}
          </select>
        </div>
        <button type="submit" class="button">
          {say(CUSTOMER.statusSet)}
        </button>
      </form>
      {contact !== null && !isHere && (
        <button
          type="button"
          class="button"
          onClick={() => void state.act(() => send("POST", `${path}/contacts`, contact), say(CUSTOMER.addContactDone))}
        >
          {say(CUSTOMER.addContact)}
        </button>
      )}
      <Writing
        state={state}
        label={CUSTOMER.caseNote}
        place={`case:${one.case_id}`}
        keep={(text) => send("POST", `${path}/notes`, { text })}
      />
    </details>
  );
}

function OpenCase({ state, customer }: { state: CustomerState; customer: Customer }) {
  const id = useId();
  const open = async (event: Event) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const subject = valueOf(form, "subject").trim();
    if (!subject || subject.length > MOST_SUBJECT) {
      if (subject) state.mend(CUSTOMER.tooLong, { count: MOST_SUBJECT });
      else state.mend(CUSTOMER.caseFirst);
      document.getElementById(id)?.focus();
      return;
    }
    const path = `/api/customers/${encodeURIComponent(customer.customer_id)}/cases`;
    const body = state.contact === null ? { subject } : { subject, contact: state.contact };
    if (await state.act(() => send("POST", path, body), say(CUSTOMER.caseDone))) form.reset();
  };
  return (
    <details>
      <summary>{say(CUSTOMER.caseOpen)}</summary>
      <form class="form" aria-label={say(CUSTOMER.caseOpen)} onSubmit={(event) => void open(event)}>
        <div class="field">
          <label for={id}>{say(CUSTOMER.caseSubject)}</label>
          <input id={id} name="subject" autocomplete="off" />
        </div>
        <button type="submit" class="button">
          {say(CUSTOMER.caseOpen)}
        </button>
      </form>
    </details>
  );
}
