// Looking for a customer by what somebody types.

import { signal } from "@preact/signals";
import { useId, useMemo } from "preact/hooks";
import { type Said, say } from "../../shared/language";
import { valueOf } from "../forms";
import { type Found, findCustomers } from "./data";
import { identifierText } from "./identifiers";
import { CUSTOMER, refusalOf } from "./words";

interface FindProps {
  /** Records that are not shown. */
  readonly without?: readonly string[];
  /** What the button beside each one says; without it names lead to the records. */
  readonly choice?: Said;
  readonly take?: (found: Found) => Promise<unknown>;
}

export function Find({ without = [], choice, take }: FindProps) {
  const id = useId();
  const found = useMemo(() => signal<readonly Found[] | null>(null), []);
  const failure = useMemo(() => signal(""), []);
  const look = async (event: Event) => {
    event.preventDefault();
    const q = valueOf(event.currentTarget as HTMLFormElement, "q").trim();
    failure.value = "";
    if (!q) {
      failure.value = say(CUSTOMER.findFirst);
      document.getElementById(id)?.focus();
      return;
    }
    try {
      found.value = await findCustomers(q);
    } catch (error) {
      failure.value = refusalOf(error);
    }
  };
  const shown = found.value?.filter((one) => !without.includes(one.customer_id)) ?? null;
  return (
    <div class="find">
      <form class="form-row" role="search" aria-label={say(CUSTOMER.find)} onSubmit={(event) => void look(event)}>
        <div class="field">
          <label for={id}>{say(CUSTOMER.findLabel)}</label>
          <input id={id} name="q" maxLength={254} autocomplete="off" />
        </div>
        <button type="submit" class="button">
          {say(CUSTOMER.findGo)}
        </button>
      </form>
      <p class={failure.value ? "told bad" : "unseen"} role="alert">
        {failure.value}
      </p>
      <p class={shown === null ? "unseen" : "muted"} role="status">
        {shown === null ? "" : shown.length ? say(CUSTOMER.found, { count: shown.length }) : say(CUSTOMER.findNothing)}
      </p>
      {shown !== null && shown.length > 0 && (
        <ul class="found">
          {shown.map((one) => (
            <FoundRow key={one.customer_id} found={one} {...(choice && take ? { choice, take } : {})} />
          ))}
        </ul>
      )}
    </div>
  );
}

interface FoundRowProps {
  readonly found: Found;
  readonly choice?: Said;
  readonly take?: (found: Found) => Promise<unknown>;
}

export function FoundRow({ found, choice, take }: FoundRowProps) {
  const name = found.name || say(CUSTOMER.nameless);
  const text = choice ? say(choice, { name }) : "";
  const details = found.identifiers.map(identifierText).join(", ");
  return (
    <li>
      <span>
        <a href={`/desk/customers/${encodeURIComponent(found.customer_id)}`}>
          <strong>{name}</strong>
        </a>
        {details && <span class="muted"> · {details}</span>}
      </span>
      {choice && take && (
        <button
          type="button"
          class="button"
          aria-label={text.includes(name) ? undefined : `${text}: ${name}`}
          onClick={() => void take(found)}
        >
          {text}
        </button>
      )}
    </li>
  );
}
