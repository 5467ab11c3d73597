// All calls: what goes on, what went on, newest first; live.

import { computed, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { LiveCall } from "../events.gen";
import { Icon } from "../shared/icons";
import { type Said, say } from "../shared/language";
import type { CallRow } from "./api";
import { highest, UPSET_PROB } from "./emotion";
import { callerName, clock, code, languageName, percent, phone, topicName, when } from "./format";
import { followCalls, loaded, rows, saying } from "./live-calls";
import { Empty, Outcome, Spark } from "./parts";
import { callPath, go } from "./route";
import { WORDS } from "./words";

type Filter = "all" | "running" | "person" | "upset" | "finished";

const FILTERS: readonly (readonly [Filter, Said])[] = [
  ["all", WORDS.all],
  ["running", WORDS.running],
  ["person", WORDS.person],
  ["upset", WORDS.upset],
  ["finished", WORDS.finished],
];

const sought = signal("");
const filter = signal<Filter>("all");
const now_ms = signal(Date.now());

const ordered = computed(() => [...rows.value.values()].sort((one, other) => other.started_at.localeCompare(one.started_at)));
const shown = computed(() => ordered.value.filter((row) => passes(row.live) && matches(row, sought.value)));

export function Calls() {
  useEffect(() => {
    const leave = followCalls();
    const timer = window.setInterval(() => {
      now_ms.value = Date.now();
    }, 1000);
    return () => {
      leave();
      window.clearInterval(timer);
    };
  }, []);
  return (
    <div class="page">
      <h1 class="unseen">{say(WORDS.calls)}</h1>
      <Tiles />
      <div class="tools">
        <label class="search">
          <Icon name="search" size={18} />
          <span class="unseen">{say(WORDS.search)}</span>
          <input
            type="search"
            placeholder={say(WORDS.search)}
            value={sought.value}
            onInput={({ currentTarget }) => {
              sought.value = currentTarget.value;
            }}
          />
        </label>
        <div class="chips" role="group" aria-label={say(WORDS.filter)}>
          {FILTERS.map(([name, text]) => (
            <button
              type="button"
              key={name}
              aria-pressed={filter.value === name}
              onClick={() => {
                filter.value = name;
              }}
            >
              {say(text)}
            </button>
          ))}
        </div>
      </div>
      {shown.value.length ? <Table /> : <NoRows />}
    </div>
  );
}

function Tiles() {
  const lives = ordered.value.map((row) => row.live);
  const running = lives.filter((live) => live.status !== "ended");
  const today = lives.filter((live) => new Date(live.offered_at_utc).toDateString() === new Date(now_ms.value).toDateString());
  const done = today.filter((live) => live.status === "ended" && live.answered_at_utc);
  const alone = done.filter((live) => live.result === "completed" && !live.escalation).length;
  const mean_ms = done.reduce((sum, live) => sum + live.t_ms, 0) / Math.max(done.length, 1);
  const wanted = today.filter((live) => live.escalation);
  const waiting = lives.filter((live) => live.callback === "booked").length;
  return (
    <dl class="tiles">
      <Tile label={say(WORDS.now)} value={String(running.length)} live={running.length > 0} />
      <Tile
        label={say(WORDS.today)}
        value={String(today.length)}
        note={done.length ? say(WORDS.longest, { time: clock(mean_ms) }) : ""}
      />
      <Tile
        label={say(WORDS.solved)}
        value={done.length ? percent(alone / done.length) : "—"}
        note={done.length ? say(WORDS.ofToday) : ""}
      />
      <Tile label={say(WORDS.wantPerson)} value={String(wanted.length)} note={reasons(wanted)} />
      <Tile
        label={say(WORDS.toCallBack)}
        value={String(waiting)}
        note={say(waiting ? WORDS.listed : WORDS.nobodyWaits)}
        to="/desk/callbacks"
      />
    </dl>
  );
}

function Tile(tile: { label: string; value: string; note?: string; live?: boolean; to?: string }) {
  return (
    <div class={`tile ${tile.live ? "live" : ""}`}>
      <dt>{tile.to ? <a href={tile.to}>{tile.label}</a> : tile.label}</dt>
      <dd>
        {tile.value}
        <small>{tile.note}</small>
      </dd>
    </div>
  );
}

/** Why, the commonest reason first. */
function reasons(wanted: readonly LiveCall[]): string {
  const counts = new Map<string, number>();
  for (const { escalation } of wanted) counts.set(escalation, (counts.get(escalation) ?? 0) + 1);
  const [first, ...others] = [...counts].sort((one, other) => other[1] - one[1]).map(([reason]) => code(reason));
  return first === undefined ? "" : others.length ? say(WORDS.andOthers, { reason: first }) : first;
}

function Table() {
  return (
    <div class="panel table-panel">
      <table class="calls">
        <thead>
          <tr>
            <th scope="col">{say(WORDS.who)}</th>
            <th scope="col">{say(WORDS.matter)}</th>
            <th scope="col">{say(WORDS.feeling)}</th>
            <th scope="col">{say(WORDS.started)}</th>
            <th scope="col" class="number">
              {say(WORDS.lasted)}
            </th>
            <th scope="col">{say(WORDS.outcome)}</th>
          </tr>
        </thead>
        <tbody>
          {shown.value.map((row) => (
            <Row key={row.call_id} row={row} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ row: { call_id, live, started_at } }: { row: CallRow }) {
  const path = callPath(call_id);
  const guess = saying.value.get(call_id);
  const last = live.turns.at(-1);
  return (
    <tr class={live.status} onClick={(event) => event.target instanceof HTMLAnchorElement || go(path)}>
      <td class="caller-cell">
        <a href={path}>{callerName(live)}</a>
        <small>
          {live.caller_name && live.caller ? `${phone(live.caller)} · ` : ""}
          {live.transport === "webrtc" && live.caller ? `${say(WORDS.byWeb)} · ` : ""}
          {languageName(live.language)}
        </small>
      </td>
      <td class="matter-cell">
        <span>{live.brief?.matter || (live.topic && topicName(live.topic)) || firstWords(live) || "—"}</span>
        {live.status === "talking" && (guess || last) && (
          <small class="saying">{guess || `${code(last?.speaker ?? "")}: ${last?.text ?? ""}`}</small>
        )}
        {live.status === "ended" && live.escalation && (
          <small>{live.safety ? say(WORDS.safety, { kind: code(live.safety) }) : code(live.escalation)}</small>
        )}
      </td>
      <td>
        <Spark live={live} />
      </td>
      <td class="when muted">{when(started_at, new Date(now_ms.value))}</td>
      <td class="number">{live.answered_at_utc ? clock(length_ms(live)) : "—"}</td>
      <td>
        <Outcome live={live} />
      </td>
    </tr>
  );
}

function NoRows() {
  if (!loaded.value) return <Empty icon="calls" title={say(WORDS.loading)} />;
  if (!rows.value.size) {
    return (
      <Empty icon="phone" title={say(WORDS.noCalls)}>
        <p>{say(WORDS.noCallsTodo)}</p>
        <a class="button" href="/call" target="_blank" rel="noreferrer">
          {say(WORDS.openCaller)}
        </a>
      </Empty>
    );
  }
  const clear = () => {
    sought.value = "";
    filter.value = "all";
  };
  return (
    <Empty icon="search" title={say(WORDS.noMatch)}>
      <button type="button" class="button" onClick={clear}>
        {say(WORDS.clear)}
      </button>
    </Empty>
  );
}

function firstWords(live: LiveCall): string {
  return live.turns.find((turn) => turn.speaker === "caller")?.text ?? "";
}

function length_ms(live: LiveCall): number {
  return live.status === "ended" ? live.t_ms : Math.max(live.t_ms, now_ms.value - Date.parse(live.answered_at_utc));
}

function passes(live: LiveCall): boolean {
  switch (filter.value) {
    case "all":
      return true;
    case "running":
      return live.status !== "ended";
    case "finished":
      return live.status === "ended";
    case "person":
      return live.escalation !== "";
    case "upset":
      return (highest(live.emotion) ?? 0) >= UPSET_PROB;
  }
}

/** Every word that is sought stands somewhere in the call; accents and case do not matter. */
function matches({ call_id, live }: CallRow, text: string): boolean {
  const said = live.turns.map((turn) => turn.text).join(" ");
  const known = [call_id, live.caller, live.caller_name, live.topic, topicName(live.topic), live.brief?.matter, live.called, said];
  const all = plain(known.join(" "));
  const digits = all.replace(/[^0-9a-z]/g, "");
  return plain(text)
    .split(/\s+/)
    .every((word) => all.includes(word) || (/^[+\d]+$/.test(word) && digits.includes(word.replace("+", ""))));
}

function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{Mn}/gu, "").toLowerCase();
}
