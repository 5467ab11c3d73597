// Who was promised a call.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { say } from "../shared/language";
import { type CallbackRow, follow, get } from "./api";
import { callerName, code, languageName, phone, when } from "./format";
import { Badge, Empty, Failed } from "./parts";
import { callPath } from "./route";
import { WORDS } from "./words";

const rows = signal<readonly CallbackRow[] | null>(null);
const failed = signal(false);

async function load(): Promise<void> {
  try {
    rows.value = await get<CallbackRow[]>("/api/callbacks");
    failed.value = false;
  } catch {
    failed.value = true;
  }
}

export function Callbacks() {
  useEffect(() => {
    void load();
    return follow(null, (message) => {
      if (message.kind === "event" && message.event.body.type === "callback_booked") void load();
    });
  }, []);
  return (
    <div class="page">
      <div class="page-head">
        <h1>{say(WORDS.callbacks)}</h1>
        <p>{say(WORDS.callbacksLead)}</p>
      </div>
      {failed.value ? <Failed retry={() => void load()} /> : <Rows />}
    </div>
  );
}

function Rows() {
  if (rows.value === null) return <Empty icon="callback" title={say(WORDS.loading)} />;
  if (!rows.value.length) {
    return (
      <Empty icon="callback" title={say(WORDS.noCallbacks)}>
        <p>{say(WORDS.noCallbacksTodo)}</p>
      </Empty>
    );
  }
  return (
    <ul class="callbacks">
      {rows.value.map((row) => (
        <li class="panel" key={row.call_id}>
          <div class="callback-who">
            {row.do_not_contact ? (
              <>
                <span class="callback-number">{phone(row.booked.number)}</span>
                <Badge tone="bad" text={say(WORDS.doNotContact)} />
              </>
            ) : (
              <a class="callback-number" href={`tel:${row.booked.number}`}>
                {phone(row.booked.number)}
              </a>
            )}
            <span>
              {row.caller_name ? `${callerName(row)} · ` : ""}
              {languageName(row.booked.language)}
            </span>
          </div>
          <div class="callback-matter">
            <strong>{row.booked.matter || "—"}</strong>
            {row.reason && <span>{code(row.reason)}</span>}
          </div>
          <div class="callback-when">
            <span>
              {say(WORDS.booked)} {when(row.booked_at)}
            </span>
            <a class="button" href={callPath(row.call_id, row.t_ms)}>
              {say(WORDS.hear)}
            </a>
          </div>
        </li>
      ))}
    </ul>
  );
}
