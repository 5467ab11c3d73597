// An agent's desk: own state, what is offered, what is in hand.

import { computed, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { type Said, say } from "../../shared/language";
import { send } from "../api";
import { sentenceOf } from "../forms";
import { clock } from "../format";
import { Badge, Empty, type Tone } from "../parts";
import { me } from "../session";
import { CallPane } from "./call-pane";
import { now_ms, useClock } from "./clock";
import { ConversationPane } from "./conversation-pane";
import { ask, desk, deskUp, useDesk } from "./feed";
import { LineStatus } from "./line-status";
import { notesOf } from "./notes";
import { BriefText, Offers } from "./offers";
import { type Agent, type AgentStateName, inOrder, own, since_ms, takesCalls, type Work } from "./state";
import { DESK, REASONS, STATES } from "./words";

/** Where a tab keeps which contact is shown, for when it is loaded again: an id, nothing else. */
const KEPT = "warmline.contact";
/** The contact that is shown; empty for the first. */
const chosen = signal(globalThis.sessionStorage?.getItem(KEPT) ?? "");

function show(contactId: string): void {
  chosen.value = contactId;
  sessionStorage.setItem(KEPT, contactId);
}
const failure = signal("");

const you = computed<Agent | null>(() => own(desk.value, me.value?.name ?? ""));

async function wish(command: Readonly<Record<string, unknown>>): Promise<boolean> {
  const answer = await ask(command);
  const known: Readonly<Record<string, Said>> = {
    "desk.unreachable": DESK.unreachable,
    "desk.no_line": DESK.connectFirst,
    "desk.offer_over": DESK.offerGone,
    "desk.not_at_work": DESK.comeFirst,
  };
  const said = known[answer.code];
  failure.value = answer.ok ? "" : said ? say(said) : answer.message || say(DESK.refused);
  return answer.ok;
}

export function WorkPage() {
  useEffect(() => {
    const leaveDesk = useDesk((message) => {
      if (message.kind === "connect") show(message.contact_id);
    });
    const leaveClock = useClock();
    return () => {
      leaveDesk();
      leaveClock();
    };
  }, []);
  const agent = you.value;
  const work = inOrder(agent?.work ?? []);
  const shown = work.find((item) => item.contact_id === chosen.value) ?? work[0];
  return (
    <div class="page work-page">
      <h1 class="unseen">{say(DESK.workTitle)}</h1>
      <StateBar agent={agent} />
      <p class={agent && !takesCalls(agent) ? "told warm" : "unseen"} role="status">
        {agent && !takesCalls(agent) ? say(agent.phone ? DESK.noPhoneForCalls : DESK.noLineForCalls) : ""}
      </p>
      <p class={failure.value ? "told bad" : "unseen"} role="alert">
        {failure.value}
      </p>
      <Asks />
      <Offers offers={desk.value.offers} missed={desk.value.missed} wish={wish} />
      {agent === null ? (
        <Empty icon="person" title={say(DESK.notAtWork)}>
          <p>{say(DESK.notAtWorkTodo)}</p>
        </Empty>
      ) : shown === undefined ? (
        <Empty icon="calls" title={say(DESK.noContacts)}>
          <p>{say(DESK.noContactsTodo)}</p>
        </Empty>
      ) : (
        <div class="work-columns">
          <Contacts work={work} shown={shown} />
          <Pane key={shown.contact_id} work={shown} />
        </div>
      )}
    </div>
  );
}

/** Colleagues who ask for a word in private. */
function Asks() {
  const answer = async (callId: string, yes: boolean) => {
    failure.value = "";
    try {
      const path = `/api/desk/calls/${encodeURIComponent(callId)}/consult-offer/${yes ? "accept" : "decline"}`;
      await send("POST", path);
    } catch (error) {
      failure.value = sentenceOf(error);
    }
  };
  return (
    <>
      {desk.value.asks.map((asked) => {
        const title = say(DESK.asks, { name: asked.asked_by });
        return (
          <section class="panel offer" key={asked.call_id} aria-label={title} role="alert">
            <h2>{title}</h2>
            <BriefText brief={asked.card?.brief ?? null} />
            <div class="form-row">
              <button type="button" class="button primary" onClick={() => void answer(asked.call_id, true)}>
                {say(DESK.accept)}
              </button>
              <button type="button" class="button" onClick={() => void answer(asked.call_id, false)}>
                {say(DESK.decline)}
              </button>
            </div>
          </section>
        );
      })}
    </>
  );
}

function Pane({ work }: { work: Work }) {
  const card = desk.value.cards[work.contact_id] ?? {};
  const notes = notesOf(work.contact_id);
  return work.contact_kind === "call" ? (
    <CallPane work={work} card={card} notes={notes} wish={wish} />
  ) : (
    <ConversationPane work={work} card={card} notes={notes} wish={wish} />
  );
}

const TONES: Readonly<Record<AgentStateName, Tone>> = {
  ready: "good",
  not_ready: "quiet",
  reserved: "live",
  busy: "live",
  wrap_up: "warm",
  not_responding: "bad",
  signed_out: "quiet",
};

function StateBar({ agent }: { agent: Agent | null }) {
  const state = agent?.state ?? "signed_out";
  const reason = agent?.reason ? ` · ${say(REASONS[agent.reason] ?? { en: agent.reason, es: agent.reason })}` : "";
  const canBeReady = state === "not_ready" || state === "not_responding" || state === "wrap_up";
  return (
    <section class="panel state-bar" aria-label={say(DESK.you)}>
      <div class="state-now">
        <Badge tone={TONES[state]} text={`${say(STATES[state] ?? DESK.state)}${reason}`} />
        {agent && (
          <span class="timer" role="timer">
            {say(DESK.since, { time: clock(since_ms(agent.since_utc, now_ms.value)) })}
          </span>
        )}
        {!deskUp.value && <Badge tone="warm" text={say(DESK.unreachable)} />}
      </div>
      <div class="form-row">
        {agent === null ? (
          <button
            type="button"
            class="button primary"
            disabled={!deskUp.value}
            onClick={() => void wish({ do: "sign_in" })}
          >
            {say(DESK.come)}
          </button>
        ) : (
          <>
            {agent.phone ? <p class="muted">{say(DESK.phoneWorker)}</p> : <LineStatus />}
            {canBeReady && (
              <button type="button" class="button primary" onClick={() => void wish({ do: "ready" })}>
                {say(DESK.beReady)}
              </button>
            )}
            <NotReady current={state === "not_ready" ? agent.reason : ""} />
            <button type="button" class="button" onClick={() => void wish({ do: "sign_out" })}>
              {say(DESK.goHome)}
            </button>
          </>
        )}
      </div>
    </section>
  );
}

/** Not ready with a reason: a choice and a button, so that moving through the choices with the keyboard changes nothing. */
function NotReady({ current }: { current: string }) {
  const reason = signal(current || "break");
  return (
    <form
      class="not-ready"
      onSubmit={(event) => {
        event.preventDefault();
        const chosenReason = new FormData(event.currentTarget as HTMLFormElement).get("reason");
        void wish({ do: "not_ready", reason: String(chosenReason ?? "") });
      }}
    >
      <label class="unseen" for="not-ready-reason">
        {say(DESK.reason)}
      </label>
      <select id="not-ready-reason" name="reason" defaultValue={reason.value}>
        {Object.entries(REASONS).map(([code, name]) => (
          <option key={code} value={code}>
            {say(name)}
          </option>
        ))}
      </select>
      <button type="submit" class="button">
        {say(DESK.beNotReady)}
      </button>
    </form>
  );
}

function Contacts({ work, shown }: { work: readonly Work[]; shown: Work }) {
  return (
    <nav class="panel contacts" aria-label={say(DESK.contacts)}>
      <h2>{say(DESK.contacts)}</h2>
      <ul>
        {work.map((item) => (
          <li key={item.contact_id}>
            <button
              type="button"
              aria-current={item.contact_id === shown.contact_id ? "true" : undefined}
              onClick={() => show(item.contact_id)}
            >
              <strong>{say(item.contact_kind === "call" ? DESK.offerCall : DESK.offerConversation)}</strong>
              <span>{item.queue}</span>
              <span class="muted">
                {clock(since_ms(item.since_utc, now_ms.value))} ·{" "}
                {say(item.wrap_up_ends_utc === null ? DESK.inHand : DESK.toWrapUp)}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </nav>
  );
}
