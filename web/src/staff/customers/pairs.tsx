// Records that may be one person, with the reasons; joined, told apart, and parted again by people.

import { signal } from "@preact/signals";
import { useId, useMemo } from "preact/hooks";
import { say } from "../../shared/language";
import { get, send } from "../api";
import { valueOf } from "../forms";
import { when } from "../format";
import { type Customer, type CustomerState, otherOf, type Pair } from "./data";
import { Find } from "./find";
import { identifierText } from "./identifiers";
import { CUSTOMER } from "./words";

export function Pairs({ state, customer }: { state: CustomerState; customer: Customer }) {
  const proposed = customer.pairs.filter((pair) => pair.state === "proposed");
  const joined = customer.pairs.filter((pair) => pair.state === "joined");
  return (
    <>
      {proposed.length > 0 && (
        <section class="proposals" aria-label={say(CUSTOMER.pairs)}>
          <h3>{say(CUSTOMER.pairs)}</h3>
          <p class="hint">{say(CUSTOMER.pairAsk)}</p>
          <ul class="plain-facts">
            {proposed.map((pair) => (
              <Proposed key={pair.join_id} state={state} pair={pair} other={otherOf(pair, customer)} />
            ))}
          </ul>
        </section>
      )}
      {joined.length > 0 && (
        <section aria-label={say(CUSTOMER.joined)}>
          <h3>{say(CUSTOMER.joined)}</h3>
          <ul class="plain-facts">
            {joined.map((pair) => (
              <Joined key={pair.join_id} state={state} pair={pair} />
            ))}
          </ul>
        </section>
      )}
      <details>
        <summary>{say(CUSTOMER.joinOther)}</summary>
        <p class="hint">{say(CUSTOMER.pairAsk)}</p>
        <Find
          without={customer.customer_ids}
          choice={CUSTOMER.accept}
          take={(found) => {
            const path = `/api/customers/${encodeURIComponent(customer.customer_id)}/joins`;
            return state.act(() => send("POST", path, { other: found.customer_id }), say(CUSTOMER.accepted));
          }}
        />
      </details>
    </>
  );
}

export function Reasons({ pair }: { pair: Pair }) {
  return (
    <ul class="reasons">
      {pair.reasons.map((reason, at) => (
        <li key={at}>{say(reason)}</li>
      ))}
    </ul>
  );
}

/** The two ways to decide about a proposal. */
export function Decide({ state, pair }: { state: CustomerState; pair: Pair }) {
  const path = `/api/customers/pairs/${encodeURIComponent(pair.join_id)}`;
  return (
    <div class="form-row">
      <button
        type="button"
        class="button"
        onClick={() => void state.act(() => send("POST", `${path}/accept`), say(CUSTOMER.accepted))}
      >
        {say(CUSTOMER.accept)}
      </button>
      <button
        type="button"
        class="button"
        onClick={() => void state.act(() => send("POST", `${path}/dismiss`, {}), say(CUSTOMER.dismissed))}
      >
        {say(CUSTOMER.dismiss)}
      </button>
    </div>
  );
}

function Proposed({ state, pair, other }: { state: CustomerState; pair: Pair; other: { id: string; name: string } }) {
  const name = other.name || say(CUSTOMER.nameless);
  return (
    <li>
      <strong>{name}</strong>
      <Reasons pair={pair} />
      <Compare customerId={other.id} />
      <div role="group" aria-label={name}>
        <Decide state={state} pair={pair} />
      </div>
    </li>
  );
}

/** What tells the other record apart, read only when somebody looks. */
function Compare({ customerId }: { customerId: string }) {
  const seen = useMemo(() => signal<Customer | null>(null), [customerId]);
  const look = (event: Event) => {
    if (!(event.currentTarget as HTMLDetailsElement).open || seen.value !== null) return;
    void get<Customer>(`/api/customers/${encodeURIComponent(customerId)}`).then(
      (customer) => {
        seen.value = customer;
      },
      () => undefined,
    );
  };
  return (
    <details onToggle={look}>
      <summary>{say(CUSTOMER.compare)}</summary>
      {seen.value && (
        <ul class="plain-facts">
          <li>{seen.value.identifiers.map(identifierText).join(" · ") || "—"}</li>
          {seen.value.cases.map((one) => (
            <li key={one.case_id}>
              {say(CUSTOMER.cases)}: {one.subject}
            </li>
          ))}
          <li>
            <a href={`/desk/customers/${encodeURIComponent(customerId)}`}>{say(CUSTOMER.openRecord)}</a>
          </li>
        </ul>
      )}
    </details>
  );
}

function Joined({ state, pair }: { state: CustomerState; pair: Pair }) {
  const id = useId();
  const path = `/api/customers/pairs/${encodeURIComponent(pair.join_id)}/part`;
  const names = { one: pair.one_name || say(CUSTOMER.nameless), other: pair.other_name || say(CUSTOMER.nameless) };
  const title = say(CUSTOMER.and, names);
  return (
    <li>
      <strong>{title}</strong> <span class="muted">{say(CUSTOMER.joinedWhen, { when: when(pair.at_utc) })}</span>
      <Reasons pair={pair} />
      <details>
        <summary>{say(CUSTOMER.part)}</summary>
        <form
          class="form"
          aria-label={`${say(CUSTOMER.part)}: ${title}`}
          onSubmit={(event) => {
            event.preventDefault();
            const reason = valueOf(event.currentTarget as HTMLFormElement, "reason").trim();
            void state.act(() => send("POST", path, { reason }), say(CUSTOMER.parted));
          }}
        >
          <p class="hint">{say(CUSTOMER.partTells)}</p>
          <div class="field">
            <label for={id}>{say(CUSTOMER.partWhy)}</label>
            <input id={id} name="reason" maxLength={120} autocomplete="off" />
          </div>
          <button type="submit" class="button">
            {say(CUSTOMER.part)}
          </button>
        </form>
      </details>
    </li>
  );
}
