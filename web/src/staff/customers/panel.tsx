// Who a contact is with: name, how sure that is, and the record, which is read and changed here.

import { useEffect, useMemo } from "preact/hooks";
import { say } from "../../shared/language";
import { send } from "../api";
import type { ContactKind } from "../desk/state";
import { Outcome, valueOf } from "../forms";
import { CustomerState, type Identifier } from "./data";
import { Find, FoundRow } from "./find";
import { RecordParts } from "./record";
import { CUSTOMER, LEVELS } from "./words";

const EVERY_MS = 15_000;

interface PanelProps {
  readonly kind: ContactKind;
  readonly contactId: string;
  /** Where the contact comes from; a new record begins with it. */
  readonly from?: Identifier | null;
}

export function CustomerPanel({ kind, contactId, from = null }: PanelProps) {
  const state = useMemo(() => new CustomerState({ kind, id: contactId }), [kind, contactId]);
  useEffect(() => {
    void state.load();
    const timer = window.setInterval(() => void state.load(), EVERY_MS);
    return () => window.clearInterval(timer);
  }, [state]);
  const seen = state.seen.value;
  const customer = seen?.customer ?? null;
  const level = LEVELS[seen?.linked?.level ?? "none"] ?? LEVELS["none"];
  return (
    <section class="panel block customer" aria-labelledby="customer-title">
      <h2 id="customer-title">{customer === null ? say(CUSTOMER.customer) : customer.name || say(CUSTOMER.nameless)}</h2>
      {customer === null ? (
        seen !== null && <Unknown state={state} from={from} />
      ) : (
        <>
          <p class="muted">
            {say(CUSTOMER.verification)}: {level && say(level)}
          </p>
          <RecordParts state={state} customer={customer} seen={seen} />
          <button
            type="button"
            class="button"
            onClick={() => {
              const path = `/api/customers/${encodeURIComponent(customer.customer_id)}/contacts/${kind}/${encodeURIComponent(contactId)}`;
              void state.act(() => send("DELETE", path), say(CUSTOMER.isNotDone));
            }}
          >
            {say(CUSTOMER.isNot)}
          </button>
        </>
      )}
      <div class="outcome">
        <Outcome failure={state.told.value.failure} done={state.told.value.done} />
      </div>
    </section>
  );
}

/** Nobody yet: those that it may be, a search, and a new record. */
function Unknown({ state, from }: { state: CustomerState; from: Identifier | null }) {
  const candidates = state.seen.value?.candidates ?? [];
  const link = (found: { customer_id: string }) =>
    state.act(() => state.link(found.customer_id), say(CUSTOMER.linkedDone));
  const open = (event: Event) => {
    event.preventDefault();
    const name = valueOf(event.currentTarget as HTMLFormElement, "name").trim();
    if (!name || name.length > 200) {
      if (name) state.mend(CUSTOMER.tooLong, { count: 200 });
      else state.mend(CUSTOMER.newFirst);
      return;
    }
    const identifiers = from === null ? [] : [from];
    void state.act(async () => {
      const made = await send<{ customer_id: string }>("POST", "/api/customers", { name, identifiers });
      await state.link(made.customer_id);
    }, say(CUSTOMER.newDone));
  };
  return (
    <>
      <p class="muted">{say(candidates.length ? CUSTOMER.mayBe : CUSTOMER.noCustomer)}</p>
      {candidates.length > 0 && (
        <ul class="found">
          {candidates.map((found) => (
            <FoundRow key={found.customer_id} found={found} choice={CUSTOMER.isThis} take={link} />
          ))}
        </ul>
      )}
      <details>
        <summary>{say(CUSTOMER.find)}</summary>
        <Find choice={CUSTOMER.isThis} take={link} />
      </details>
      <details>
        <summary>{say(CUSTOMER.newRecord)}</summary>
        <form class="form" aria-label={say(CUSTOMER.newRecord)} onSubmit={open}>
          <div class="field">
            <label for="new-customer">{say(CUSTOMER.newName)}</label>
            <input id="new-customer" name="name" autocomplete="off" />
          </div>
          <button type="submit" class="button">
            {say(CUSTOMER.newRecord)}
          </button>
        </form>
      </details>
    </>
  );
}
