// What a customer needs and prefers: seen at once, changed in one form.

import { signal } from "@preact/signals";
import { useId, useMemo } from "preact/hooks";
import { type Said, say } from "../../shared/language";
import { send } from "../api";
import { languageName } from "../format";
import { Badge } from "../parts";
import { changes, type Customer, type CustomerState } from "./data";
import { CHANNELS, CUSTOMER, SWITCHES, WISHES } from "./words";

/** Source: `MAX_VALUE` of `customers/wishes.py`. */
const MOST_CHARS = 120;

export function Needs({ state, customer }: { state: CustomerState; customer: Customer }) {
  const shown = customer.preferences.flatMap(({ name, value }) => {
    const text = value ? inWords(name, value) : "";
    return text ? [{ name, text }] : [];
  });
  return (
    <section aria-label={say(CUSTOMER.needs)}>
      <h3>{say(CUSTOMER.needs)}</h3>
      {shown.length === 0 ? (
        <p class="muted">{say(CUSTOMER.needsNone)}</p>
      ) : (
        <ul class="form-row needs">
          {shown.map(({ name, text }) => (
            <li key={name}>
              <Badge tone={name === "do_not_contact" ? "bad" : "warm"} text={text} />
            </li>
          ))}
        </ul>
      )}
      <NeedsForm state={state} customer={customer} />
    </section>
  );
}

function inWords(name: string, value: string): string {
  if (SWITCHES[name]) return say(SWITCHES[name]);
  const wish: Said | undefined = WISHES[name as keyof typeof WISHES];
  if (!wish) return "";
  const named = name === "language" ? languageName(value) : CHANNELS[value] ? say(CHANNELS[value]) : value;
  return `${say(wish)}: ${named}`;
}

function NeedsForm({ state, customer }: { state: CustomerState; customer: Customer }) {
  const id = useId();
  /** What was changed by hand and is not kept yet; the rest follows the record. */
  const edited = useMemo(() => signal<Readonly<Record<string, string>>>({}), [customer.customer_id]);
  const now = (name: string) =>
    edited.value[name] ?? customer.preferences.find((wish) => wish.name === name)?.value ?? "";
  const set = (name: string, value: string) => {
    edited.value = { ...edited.value, [name]: value };
  };
  const keep = async (event: Event) => {
    event.preventDefault();
    if (now("hours").trim().length > MOST_CHARS) {
      state.mend(CUSTOMER.hoursLong);
      document.getElementById(`${id}-hours`)?.focus();
      return;
    }
    const values = changes(edited.value, customer.preferences);
    if (Object.keys(values).length === 0) return state.mend(CUSTOMER.nothingChanged);
    const path = `/api/customers/${encodeURIComponent(customer.customer_id)}/preferences`;
    if (await state.act(() => send("PUT", path, { values }), say(CUSTOMER.needsDone))) edited.value = {};
  };
  return (
    <details>
      <summary>{say(CUSTOMER.needsChange)}</summary>
      <form class="form" aria-label={say(CUSTOMER.needsChange)} onSubmit={(event) => void keep(event)}>
        <div class="switches">
          {Object.entries(SWITCHES).map(([name, text]) => (
            <label class="check" key={name}>
              <input
                type="checkbox"
                checked={now(name) === "yes"}
                onChange={(event) => set(name, event.currentTarget.checked ? "yes" : "")}
              />
              {say(text)}
            </label>
          ))}
        </div>
        <Choice
          id={`${id}-language`}
          label={WISHES.language}
          value={now("language")}
          choices={[
            ["es", languageName("es")],
            ["en", languageName("en")],
          ]}
          set={(value) => set("language", value)}
        />
        <Choice
          id={`${id}-channel`}
          label={WISHES.channel}
          value={now("channel")}
          choices={Object.entries(CHANNELS).map(([name, text]) => [name, say(text)] as const)}
          set={(value) => set("channel", value)}
        />
        <div class="field">
          <label for={`${id}-hours`}>{say(WISHES.hours)}</label>
          <input
            id={`${id}-hours`}
            value={now("hours")}
            autocomplete="off"
            aria-describedby={`${id}-hours-hint`}
            onInput={(event) => set("hours", event.currentTarget.value)}
          />
          <p class="hint" id={`${id}-hours-hint`}>
            {say(CUSTOMER.hoursHint)}
          </p>
        </div>
        <div class="form-row">
          <button type="submit" class="button primary">
            {say(CUSTOMER.needsKeep)}
          </button>
          {Object.keys(edited.value).length > 0 && (
            <button
              type="button"
              class="button"
              onClick={() => {
                edited.value = {};
              }}
            >
              {say(CUSTOMER.undo)}
            </button>
          )}
        </div>
      </form>
    </details>
  );
}

interface ChoiceProps {
  readonly id: string;
  readonly label: Said;
  readonly value: string;
  readonly choices: readonly (readonly [string, string])[];
  readonly set: (value: string) => void;
}

function Choice({ id, label, value, choices, set }: ChoiceProps) {
  return (
    <div class="field">
      <label for={id}>{say(label)}</label>
      <select id={id} value={value} onChange={(event) => set(event.currentTarget.value)}>
        <option value="">{say(CUSTOMER.any)}</option>
        {choices.map(([name, text]) => (
          <option key={name} value={name}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}
