// The twin of `records/folds/live_people.py`: how far a handover is, who has the caller, who else is there.

import type { EventBody, LiveCall, LivePeople } from "../events.gen";

export type LiveHandover = LiveCall["handover"];

interface Seen {
  readonly handover: LiveHandover;
  readonly people: LivePeople;
}

export const NOBODY: LivePeople = {
  agent: "",
  second: "",
  muted: false,
  held: false,
  back: "connected",
  supervisors: [],
};

const BEGUN = { bridge: "calling", refer: "referring", queue: "queued" } as const;

/** Take one more fact of a call; one that is not about people changes nothing. */
export function peopleStep({ handover, people }: Seen, body: EventBody): Seen {
  const be = (now: LiveHandover, changed: Partial<LivePeople> = {}): Seen => ({
    handover: now,
    people: { ...people, ...changed },
  });
  const alone = (now: LiveHandover): Seen => ({
    handover: now,
    people: { ...NOBODY, supervisors: people.supervisors, back: people.back },
  });
  const withCaller: LiveHandover = people.held ? "on_hold" : "connected";
  switch (body.type) {
    case "handover_started":
      return be(BEGUN[body.how], { agent: "" });
    case "handover_ringing":
      return be("ringing");
    case "handover_answered":
      return be("briefing");
    case "handover_offered":
      return be("offered", { agent: body.agent });
    case "handover_offer_ended":
      return be("queued", { agent: "" });
    case "handover_accepted":
      return be("joining", { agent: body.agent });
    case "handover_completed":
      return be("connected");
    case "handover_failed":
      return alone("failed");
    case "handover_cancelled":
      return alone("cancelled");
    case "given_to_bot":
      return alone("to_bot");
    case "agent_released":
      return body.reason === "caller_gone" ? alone("released") : be("released", { agent: "", muted: false });
    case "agent_muted":
      return be(handover, { muted: body.on });
    case "supervision_changed": {
      const others = people.supervisors.filter((one) => one.supervisor !== body.supervisor);
      const { supervisor, mode } = body;
      return be(handover, { supervisors: mode === "off" ? others : [...others, { supervisor, mode }] });
    }
    case "call_ended":
      return { handover, people: { ...NOBODY, back: people.back } };
    case "caller_put_on_hold":
      return be(body.reason === "hold" ? "on_hold" : handover, { held: true });
    case "caller_taken_back":
      return be(handover === "on_hold" ? "connected" : handover, { held: false });
    case "consult_started":
      return be("reaching", { second: body.target.name });
    case "consult_answered":
      return be("consulting");
    case "conference_formed":
      return be("conference");
    case "consult_ended":
      return handover === "restoring" ? be(handover, { second: "", back: "on_hold" }) : be(withCaller, { second: "" });
    case "consult_completed":
      return be(withCaller, { agent: people.second, second: "", muted: false });
    case "agent_line_lost":
      return be("restoring", { back: handover });
    case "agent_line_back":
      return be(people.back);
    default:
      return { handover, people };
  }
}
