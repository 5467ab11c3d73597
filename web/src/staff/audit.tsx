// Who signed in, whose rights changed, who looked at whose data: for admins, newest first.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { say } from "../shared/language";
import { ACCOUNT, FACTS, LOOKED, ROLES } from "./account-words";
import { get } from "./api";
import { when } from "./format";
import { Empty, Failed } from "./parts";
import { WORDS } from "./words";

interface Fact {
  readonly at_utc: string;
  readonly body: Readonly<Record<string, unknown>>;
}

interface Page {
  readonly facts: readonly Fact[];
  readonly before: number | null;
}

const facts = signal<readonly Fact[] | null>(null);
const before = signal<number | null>(null);
const failed = signal(false);

async function load(more: boolean): Promise<void> {
  try {
    const from = more && before.value !== null ? `?before=${before.value}` : "";
    const page = await get<Page>(`/api/staff/audit${from}`);
    facts.value = [...(more ? (facts.value ?? []) : []), ...page.facts];
    before.value = page.before;
    failed.value = false;
  } catch {
    failed.value = true;
  }
}

export function AuditPage() {
  useEffect(() => {
    void load(false);
  }, []);
  if (failed.value) return <Failed retry={() => void load(false)} />;
  if (facts.value === null) return <Empty icon="shield" title={say(WORDS.loading)} />;
  return (
    <div class="page">
      <div class="page-head">
        <h1>{say(ACCOUNT.audit)}</h1>
        <p>{say(ACCOUNT.auditLead)}</p>
      </div>
      <div class="panel wide" tabIndex={0} role="region" aria-label={say(ACCOUNT.audit)}>
        <table class="facts-table">
          <thead>
            <tr>
              <th scope="col">{say(ACCOUNT.at)}</th>
              <th scope="col">{say(ACCOUNT.who)}</th>
              <th scope="col">{say(ACCOUNT.what)}</th>
            </tr>
          </thead>
          <tbody>
            {facts.value.map((fact, at) => (
              <tr key={`${fact.at_utc}-${at}`}>
                <td>
                  <time dateTime={fact.at_utc}>{when(fact.at_utc)}</time>
                </td>
                <td>{String(fact.body["member"] || say(ACCOUNT.nobody))}</td>
                <td>{tell(fact)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {before.value !== null && (
        <button type="button" class="button" onClick={() => void load(true)}>
          {say(ACCOUNT.older)}
        </button>
      )}
    </div>
  );
}

/** A fact in words. */
export function tell({ body }: Fact): string {
  const known = FACTS[String(body["type"])];
  if (!known) return String(body["type"]);
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(body)) {
    const named = name === "what" ? LOOKED[String(value)] : ROLES[String(value)];
    values[name] = named ? say(named) : Array.isArray(value) ? value.join(", ") : String(value);
  }
  const by = body["by"];
  const told = say(known, values);
  return typeof by === "string" && by !== body["member"] ? `${told}, ${say(ACCOUNT.byWhom, { name: by })}` : told;
}
