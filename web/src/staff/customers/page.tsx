// Customers: a search, records that may be one person, and one record beside its history.

import { signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { Icon } from "../../shared/icons";
import { say } from "../../shared/language";
import { get } from "../api";
import { Outcome } from "../forms";
import { Empty } from "../parts";
import { type Case, CustomerState, type Pair } from "./data";
import { Find } from "./find";
import { Decide, Reasons } from "./pairs";
import { RecordParts } from "./record";
import { CUSTOMER } from "./words";

export function CustomersPage({ customerId }: { customerId: string }) {
  if (customerId) return <One key={customerId} customerId={customerId} />;
  return (
    <div class="page">
      <div class="page-head">
        <h1>{say(CUSTOMER.title)}</h1>
        <p>{say(CUSTOMER.lead)}</p>
      </div>
      <section class="panel block" aria-label={say(CUSTOMER.find)}>
        <Find />
      </section>
      <Proposals />
    </div>
  );
}

/** The page of a case is that of its customer, with the case open. */
export function CasePage({ caseId }: { caseId: string }) {
  const found = useMemo(() => signal<Case | null | undefined>(undefined), [caseId]);
  useEffect(() => {
    void get<Case>(`/api/cases/${encodeURIComponent(caseId)}`).then(
      (one) => {
        found.value = one;
      },
      () => {
        found.value = null;
      },
    );
  }, [caseId]);
  if (found.value === undefined) return <div class="page" aria-busy="true" />;
  if (found.value === null) return <Missing />;
  return <One customerId={found.value.customer_id} wanted={caseId} />;
}

function One({ customerId, wanted = "" }: { customerId: string; wanted?: string }) {
  const state = useMemo(() => new CustomerState(null, customerId), [customerId]);
  useEffect(() => {
    void state.load();
  }, [state]);
  if (state.missing.value) return <Missing />;
  const customer = state.seen.value?.customer;
  return (
    <div class="page narrow">
      <a class="back" href="/desk/customers">
        <Icon name="back" size={16} />
        {say(CUSTOMER.title)}
      </a>
      <section class="panel block customer" aria-labelledby="customer-title" aria-busy={!customer}>
        <h1 id="customer-title">{customer?.name || say(CUSTOMER.nameless)}</h1>
        {customer && <RecordParts state={state} customer={customer} seen={state.seen.value} wanted={wanted} />}
        <div class="outcome">
          <Outcome failure={state.told.value.failure} done={state.told.value.done} />
        </div>
      </section>
    </div>
  );
}

function Missing() {
  return (
    <Empty icon="search" title={say(CUSTOMER.notFound)}>
      <a class="button" href="/desk/customers">
        {say(CUSTOMER.title)}
      </a>
    </Empty>
  );
}

/** Records of the whole house that may be one person, the likeliest first. */
function Proposals() {
  const state = useMemo(() => new CustomerState(null), []);
  const pairs = useMemo(() => signal<readonly Pair[]>([]), []);
  useEffect(() => {
    void get<Pair[]>("/api/customers/pairs").then(
      (found) => {
        pairs.value = found;
      },
      () => undefined,
    );
  }, [state.told.value]);
  return (
    <section class="panel block" aria-labelledby="pairs-title">
      <h2 id="pairs-title">{say(CUSTOMER.pairsAll)}</h2>
      <p class="hint">{say(CUSTOMER.pairAsk)}</p>
      <Outcome failure={state.told.value.failure} done={state.told.value.done} />
      {pairs.value.length === 0 && <p class="muted">{say(CUSTOMER.pairsNone)}</p>}
      <ul class="proposals">
        {pairs.value.map((pair) => (
          <li key={pair.join_id}>
            <strong>
              <a href={`/desk/customers/${encodeURIComponent(pair.one)}`}>{pair.one_name || say(CUSTOMER.nameless)}</a>
              {" · "}
              <a href={`/desk/customers/${encodeURIComponent(pair.other)}`}>
                {pair.other_name || say(CUSTOMER.nameless)}
              </a>
            </strong>
            <Reasons pair={pair} />
            <div role="group" aria-label={pair.one_name || say(CUSTOMER.nameless)}>
              <Decide state={state} pair={pair} />
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
