// The floor: queues, people, and running calls with what speaks for looking at them.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { LiveCall } from "../../events.gen";
import { Icon } from "../../shared/icons";
import { say } from "../../shared/language";
import { send } from "../api";
import { sentenceOf, wait } from "../forms";
import { callerName, clock, code, languageName, percent } from "../format";
import { handoverText, supervisorTexts } from "../handover-words";
import { followCalls, rows } from "../live-calls";
import { Badge, type Tone } from "../parts";
import { callPath } from "../route";
import { now_ms, useClock } from "./clock";
import { desk, useDesk } from "./feed";
import { beyondAim, byRisk, expected_s, type Flag, flagsOf, lasts_ms, withPerson } from "./floor-math";
import { LineStatus } from "./line-status";
import { ServiceLevels } from "./service-level";
import { type Agent, type Queue, since_ms, takesCalls } from "./state";
import { DESK, REASONS, STATES } from "./words";

/** The call that one listens to, and how. */
const watched = signal<{ callId: string; mode: string } | null>(null);
const failure = signal("");

export function FloorPage() {
  useEffect(() => {
    const leave = [useDesk(), useClock(), followCalls()];
    return () => {
      for (const one of leave) one();
    };
  }, []);
  const running = [...rows.value.values()].map((row) => row.live).filter((live) => live.status === "talking");
  const bot = byRisk(
    running.filter((live) => !withPerson(live)),
    now_ms.value,
  );
  const people = byRisk(running.filter(withPerson), now_ms.value);
  return (
    <div class="page">
      <div class="page-head panel-head">
        <h1>{say(DESK.floorTitle)}</h1>
        <LineStatus />
      </div>
      <p class={failure.value ? "told bad" : "unseen"} role="alert">
        {failure.value}
      </p>
      <Queues queues={desk.value.queues} />
      <ServiceLevels />
      <Agents agents={desk.value.agents} />
      <Running title={say(DESK.agentCalls)} id="people-calls" lives={people} withBot={false} />
      <Running title={say(DESK.botCalls)} id="bot-calls" lives={bot} withBot />
    </div>
  );
}

function Queues({ queues }: { queues: readonly Queue[] }) {
  return (
    <section class="panel block" aria-labelledby="queues-title">
      <h2 id="queues-title">{say(DESK.queues)}</h2>
      <div class="wide" tabIndex={0} role="region" aria-labelledby="queues-title">
        <table class="facts-table">
          <thead>
            <tr>
              <th scope="col">{say(DESK.queue)}</th>
              <th scope="col">{say(DESK.waiting)}</th>
              <th scope="col">{say(DESK.longest)}</th>
              <th scope="col">{say(DESK.expected)}</th>
              <th scope="col">{say(DESK.serviceLevel)}</th>
              <th scope="col">{say(DESK.ready)}</th>
              <th scope="col">{say(DESK.busy)}</th>
            </tr>
          </thead>
          <tbody>
            {queues.map((queue) => {
              const late = beyondAim(queue, now_ms.value);
              const expected = expected_s(queue);
              return (
                <tr key={queue.name}>
                  <th scope="row">{queue.name}</th>
                  <td>{queue.waiting}</td>
                  <td>{queue.longest_since_utc ? clock(since_ms(queue.longest_since_utc, now_ms.value)) : "—"}</td>
                  <td>{expected === null ? "—" : wait(expected)}</td>
                  <td>
                    {say(DESK.within, { seconds: queue.service_level_s })}
                    {queue.waiting > 0 && (
                      <>
                        {" "}
                        <Badge
                          tone={late ? "bad" : "good"}
                          text={late ? say(DESK.late, { count: late }) : say(DESK.inTime)}
                        />
                      </>
                    )}
                  </td>
                  <td>{queue.agents["ready"] ?? 0}</td>
                  <td>{(queue.agents["busy"] ?? 0) + (queue.agents["reserved"] ?? 0) + (queue.agents["wrap_up"] ?? 0)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}

const TONES: Readonly<Record<string, Tone>> = {
  ready: "good",
  busy: "live",
  reserved: "live",
  wrap_up: "warm",
  not_responding: "bad",
};

function Agents({ agents }: { agents: readonly Agent[] }) {
  return (
    <section class="panel block" aria-labelledby="agents-title">
      <h2 id="agents-title">{say(DESK.agents)}</h2>
      {agents.length === 0 ? (
        <p class="muted">{say(DESK.noAgents)}</p>
      ) : (
        <ul class="agents">
          {agents.map((agent) => (
            <li key={agent.name}>
              <strong>{agent.name}</strong>
              <Badge
                tone={TONES[agent.state] ?? "quiet"}
                text={`${say(STATES[agent.state] ?? DESK.state)}${agent.reason ? ` · ${say(REASONS[agent.reason] ?? { en: agent.reason, es: agent.reason })}` : ""}`}
              />
              {!takesCalls(agent) && <Badge tone="bad" text={say(DESK.noCalls)} />}
              <span class="muted">
                {clock(since_ms(agent.since_utc, now_ms.value))}
                {agent.languages.length > 0 && ` · ${agent.languages.map(languageName).join(", ")}`}
                {agent.skills.length > 0 && ` · ${agent.skills.join(", ")}`}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

interface RunningProps {
  readonly title: string;
  readonly id: string;
  readonly lives: readonly LiveCall[];
  readonly withBot: boolean;
}

function Running({ title, id, lives, withBot }: RunningProps) {
  return (
    <section class="panel block" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {lives.length === 0 ? (
        <p class="muted">{say(DESK.noCallsNow)}</p>
      ) : (
        <ul class="running">
          {lives.map((live) => (
            <Call key={live.call_id} live={live} withBot={withBot} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Call({ live, withBot }: { live: LiveCall; withBot: boolean }) {
  const name = callerName(live);
  const flags = flagsOf(live, now_ms.value);
  const state = handoverText(live);
  return (
    <li>
      <div>
        <a href={callPath(live.call_id)}>
          <strong>{name}</strong>
        </a>
        <span class="muted">
          {" "}
          {clock(lasts_ms(live, now_ms.value))} · {languageName(live.language)}
          {live.brief?.matter && ` · ${live.brief.matter}`}
        </span>
      </div>
      <div class="form-row">
        {state && <Badge tone={state.tone} text={state.text} />}
        {supervisorTexts(live).map((text) => (
          <Badge key={text} tone="live" text={text} />
        ))}
        {flags.map((flag) => (
          <FlagBadge key={flag.kind} flag={flag} />
        ))}
      </div>
      <Supervise callId={live.call_id} name={name} withBot={withBot} />
    </li>
  );
}

/** A word and a sign, never a colour alone. */
function FlagBadge({ flag }: { flag: Flag }) {
  switch (flag.kind) {
    case "danger":
      return <Flagged tone="bad" text={say(DESK.flagDanger, { kind: code(flag.what) })} />;
    case "anger":
      return <Flagged tone="warm" text={say(DESK.flagAnger, { percent: percent(flag.prob) })} />;
    case "asks":
      return <Badge tone="warm" text={say(DESK.flagAsks)} />;
    case "long":
      return <Badge tone="warm" text={say(DESK.flagLong, { time: clock(flag.for_ms) })} />;
  }
}

function Flagged({ tone, text }: { tone: Tone; text: string }) {
  return (
    <span class={`badge ${tone}`}>
      <Icon name="alert" size={14} />
      {text}
    </span>
  );
}

function Supervise({ callId, name, withBot }: { callId: string; name: string; withBot: boolean }) {
  const now = watched.value?.callId === callId ? watched.value.mode : "";
  const be = async (mode: string) => {
    failure.value = "";
    try {
      await send("POST", `/api/desk/calls/${encodeURIComponent(callId)}/supervise`, { mode });
      watched.value = mode === "off" ? null : { callId, mode };
    } catch (error) {
      failure.value = sentenceOf(error);
    }
  };
  const modes = [
    ["listen", DESK.listen],
    ...(withBot ? [] : ([["whisper", DESK.whisper]] as const)),
    ["barge", DESK.barge],
  ] as const;
  return (
    <div class="form-row" role="group" aria-label={name}>
      {modes.map(([mode, text]) => (
        <button type="button" class="button" key={mode} aria-pressed={now === mode} onClick={() => void be(mode)}>
          {say(text)}
        </button>
      ))}
      {now !== "" && (
        <button type="button" class="button" onClick={() => void be("off")}>
          {say(DESK.stopListening)}
        </button>
      )}
    </div>
  );
}
