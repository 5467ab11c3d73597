// What the desk knows: agents, queues, offers, one's own work. Pure: the feed's messages in, the next state out.

import type { BriefPrepared } from "../../events.gen";

export type ContactKind = "call" | "conversation";
export type AgentStateName =
  | "ready"
  | "not_ready"
  | "reserved"
  | "busy"
  | "wrap_up"
  | "not_responding"
  | "signed_out";

export interface Work {
  readonly contact_id: string;
  readonly contact_kind: ContactKind;
  readonly queue: string;
  readonly since_utc: string;
  /** Null while agent and contact are together. */
  readonly wrap_up_ends_utc: string | null;
}

export interface Agent {
  readonly name: string;
  readonly state: AgentStateName;
  readonly reason: string;
  readonly since_utc: string;
  readonly languages: readonly string[];
  readonly skills: readonly string[];
  /** Works with a telephone instead of the browser. */
  readonly phone: boolean;
  /** Whether calls can be offered to them; absent where the service does not say. */
  readonly line?: boolean;
  readonly work: readonly Work[];
}

/** What an agent sees before accepting. */
export interface Card {
  readonly brief?: BriefPrepared | null;
  readonly [more: string]: unknown;
}

export interface Offer {
  readonly reservation_id: string;
  readonly contact_id: string;
  readonly contact_kind: ContactKind;
  readonly queue: string;
  readonly language: string;
  readonly vip: boolean;
  readonly waiting_since_utc: string;
  readonly for_ms: number;
  readonly ends_utc: string;
  readonly card: Card;
}

export interface Waiting {
  readonly contact_id: string;
  readonly contact_kind: ContactKind;
  readonly language: string;
  readonly position: number;
  readonly expected_wait_s: number | null;
  readonly since_utc: string;
}

export interface Queue {
  readonly name: string;
  readonly waiting: number;
  readonly longest_since_utc: string | null;
  readonly service_level_s: number;
  readonly agents: Readonly<Record<string, number>>;
  readonly line: readonly Waiting[];
}

export type DeskMessage =
  | {
      readonly kind: "snapshot";
      readonly you: Agent | null;
      readonly agents: readonly Agent[];
      readonly queues: readonly Queue[];
      readonly offers: readonly Offer[];
      readonly line?: { readonly state: LineState; readonly page: string };
      readonly asks?: readonly Ask[];
    }
  | { readonly kind: "agent"; readonly agent: Partial<Agent> & Pick<Agent, "name" | "state"> }
  | { readonly kind: "queue"; readonly queue: Queue }
  | { readonly kind: "offer"; readonly offer: Offer }
  | { readonly kind: "card"; readonly reservation_id: string; readonly card: Card }
  | { readonly kind: "offer_over"; readonly reservation_id: string; readonly reason: string }
  | {
      readonly kind: "connect";
      readonly reservation_id: string;
      readonly contact_id: string;
      readonly contact_kind: ContactKind;
      readonly card: Card;
    }
  | { readonly kind: "line"; readonly state: LineState; readonly calls: number; readonly page?: string }
  | ({ readonly kind: "consult_offer" } & Ask)
  | { readonly kind: "consult_offer_over"; readonly call_id: string };

/** A colleague who wants to talk about a call. */
export interface Ask {
  readonly call_id: string;
  readonly asked_by: string;
  readonly card: Card;
}

export type LineState = "up" | "broken" | "gone";

export interface DeskState {
  readonly agents: readonly Agent[];
  readonly queues: readonly Queue[];
  readonly offers: readonly Offer[];
  /** Cards of contacts that were accepted, by contact. */
  readonly cards: Readonly<Record<string, Card>>;
  readonly line: LineState;
  /** Which window of the agent has the line; empty for none, or one that did not say. */
  readonly linePage: string;
  readonly asks: readonly Ask[];
  /** Why the newest offer is over that was not accepted; empty for none. */
  readonly missed: string;
}

export const START: DeskState = {
  agents: [],
  queues: [],
  offers: [],
  cards: {},
  line: "gone",
  linePage: "",
  asks: [],
  missed: "",
};

/** Take one message. */
export function deskStep(state: DeskState, message: DeskMessage): DeskState {
  switch (message.kind) {
    case "snapshot":
      return {
        ...state,
        agents: message.agents,
        queues: message.queues,
        offers: message.offers,
        line: message.line?.state ?? state.line,
        linePage: message.line?.page ?? state.linePage,
        asks: message.asks ?? state.asks,
      };
    case "agent": {
      const others = state.agents.filter((agent) => agent.name !== message.agent.name);
      if (message.agent.state === "signed_out") return { ...state, agents: others };
      return { ...state, agents: [...others, message.agent as Agent].sort((a, b) => a.name.localeCompare(b.name)) };
    }
    case "queue": {
      const known = state.queues.some((queue) => queue.name === message.queue.name);
      const queues = state.queues.map((queue) => (queue.name === message.queue.name ? message.queue : queue));
      return { ...state, queues: known ? queues : [...queues, message.queue] };
    }
    case "offer": {
      const others = state.offers.filter((offer) => offer.reservation_id !== message.offer.reservation_id);
      return { ...state, offers: [...others, message.offer], missed: "" };
    }
    case "card":
      return {
        ...state,
        offers: state.offers.map((offer) =>
          offer.reservation_id === message.reservation_id ? { ...offer, card: message.card } : offer,
        ),
      };
    case "offer_over":
      return { ...without(state, message.reservation_id), missed: message.reason };
    case "connect":
      return {
        ...without(state, message.reservation_id),
        cards: { ...state.cards, [message.contact_id]: message.card },
        missed: "",
      };
    case "line":
      return { ...state, line: message.state, linePage: message.page ?? "" };
    case "consult_offer":
      return { ...state, asks: [...state.asks.filter((ask) => ask.call_id !== message.call_id), message] };
    case "consult_offer_over":
      return { ...state, asks: state.asks.filter((ask) => ask.call_id !== message.call_id) };
    default:
      return state; // of a newer service
  }
}

function without(state: DeskState, reservation_id: string): DeskState {
  return { ...state, offers: state.offers.filter((offer) => offer.reservation_id !== reservation_id) };
}

/** One's own row; null for who is not at work. */
export function own(state: DeskState, name: string): Agent | null {
  return state.agents.find((agent) => agent.name === name) ?? null;
}

/** Whether a call could be offered to somebody; a service that does not say offers to all. */
export function takesCalls(agent: Agent): boolean {
  return agent.line !== false;
}

/** What is left of a time, in whole seconds that never run below zero. */
export function left_s(until_utc: string, now_ms: number): number {
  return Math.max(0, Math.ceil((Date.parse(until_utc) - now_ms) / 1000));
}

/** What has passed since a time, in ms; a clock that is behind shows 0. */
export function since_ms(since_utc: string, now_ms: number): number {
  return Math.max(0, now_ms - Date.parse(since_utc));
}

/** Contacts in hand first, then those whose work is still to be wrapped up; within, in the order of their beginning. */
export function inOrder(work: readonly Work[]): readonly Work[] {
  const rank = (item: Work) => (item.wrap_up_ends_utc === null ? 0 : 1);
  return [...work].sort((a, b) => rank(a) - rank(b) || a.since_utc.localeCompare(b.since_utc));
}
