import { describe, expect, it } from "vitest";
import { type Agent, deskStep, inOrder, left_s, type Offer, own, type Queue, since_ms, START, takesCalls, type Work } from "./state";

const ben: Agent = {
  name: "ben",
  state: "ready",
  reason: "",
  since_utc: "2026-11-30T09:00:00.000+00:00",
  languages: ["es"],
  skills: [],
  phone: false,
  work: [],
};
const offer: Offer = {
  reservation_id: "r1",
  contact_id: "c1",
  contact_kind: "call",
  queue: "main",
  language: "es",
  vip: false,
  waiting_since_utc: "2026-11-30T09:00:00.000+00:00",
  for_ms: 20_000,
  ends_utc: "2026-11-30T09:00:20.000+00:00",
  card: {},
};
const queue: Queue = {
  name: "main",
  waiting: 1,
  longest_since_utc: "2026-11-30T09:00:00.000+00:00",
  service_level_s: 20,
  agents: { ready: 1 },
  line: [],
};
const at_ms = Date.parse("2026-11-30T09:00:05.500Z");

describe("the desk", () => {
  it("when a snapshot comes, then it replaces what was known", () => {
    const before = deskStep(START, { kind: "offer", offer });
    const after = deskStep(before, { kind: "snapshot", you: ben, agents: [ben], queues: [queue], offers: [] });
    expect(after.offers).toEqual([]);
    expect(own(after, "ben")).toEqual(ben);
    expect(own(after, "zoe")).toBeNull();
  });

  it("when a page is loaded again, then it knows which window has the line, and who asks", () => {
    const ask = { call_id: "c9", asked_by: "zoe", card: {} };
    const line = { state: "up", page: "w1" } as const;
    const snapshot = { kind: "snapshot", you: ben, agents: [ben], queues: [], offers: [], line, asks: [ask] } as const;
    const after = deskStep(START, snapshot);
    expect([after.line, after.linePage, after.asks]).toEqual(["up", "w1", [ask]]);
    const taken = deskStep(after, { kind: "line", state: "up", calls: 1, page: "w2" });
    expect(taken.linePage).toBe("w2");
  });

  it("when an agent has no line, then calls are not for them; a service that does not say offers to all", () => {
    expect([takesCalls({ ...ben, line: false }), takesCalls({ ...ben, line: true }), takesCalls(ben)]).toEqual([
      false,
      true,
      true,
    ]);
  });

  it("when an agent goes home, then they are not on the floor any more, and others stay in order", () => {
    const zoe = { ...ben, name: "zoe" };
    let state = deskStep(START, { kind: "agent", agent: zoe });
    state = deskStep(state, { kind: "agent", agent: ben });
    expect(state.agents.map((agent) => agent.name)).toEqual(["ben", "zoe"]);
    state = deskStep(state, { kind: "agent", agent: { name: "ben", state: "signed_out" } });
    expect(state.agents).toEqual([zoe]);
  });

  it("when an offer comes twice, then it is shown once, and its card arrives later", () => {
    let state = deskStep(START, { kind: "offer", offer });
    state = deskStep(state, { kind: "offer", offer });
    state = deskStep(state, { kind: "card", reservation_id: "r1", card: { brief: null, who: "x" } });
    expect(state.offers).toEqual([{ ...offer, card: { brief: null, who: "x" } }]);
  });

  it("when an offer is accepted, then its card stays with the contact; when it is missed, then the page knows why", () => {
    const offered = deskStep(START, { kind: "offer", offer });
    const taken = deskStep(offered, {
      kind: "connect",
      reservation_id: "r1",
      contact_id: "c1",
      contact_kind: "call",
      card: { who: "x" },
    });
    expect(taken.offers).toEqual([]);
    expect(taken.cards["c1"]).toEqual({ who: "x" });
    const missed = deskStep(offered, { kind: "offer_over", reservation_id: "r1", reason: "no_answer" });
    expect(missed).toMatchObject({ offers: [], missed: "no_answer" });
  });

  it("when a colleague asks for a word, then it is shown until it is over; what is not known changes nothing", () => {
    const ask = { call_id: "c9", asked_by: "zoe", card: {} };
    const asked = deskStep(START, { kind: "consult_offer", ...ask });
    expect(asked.asks).toMatchObject([ask]);
    expect(deskStep(asked, { kind: "consult_offer_over", call_id: "c9" }).asks).toEqual([]);
    expect(deskStep(asked, { kind: "of_tomorrow" } as never)).toBe(asked);
  });

  it("when a queue changes, then it is replaced, and a new one is added", () => {
    const first = deskStep(START, { kind: "queue", queue });
    const next = deskStep(first, { kind: "queue", queue: { ...queue, waiting: 3 } });
    const two = deskStep(next, { kind: "queue", queue: { ...queue, name: "billing" } });
    expect(two.queues.map((known) => [known.name, known.waiting])).toEqual([["main", 3], ["billing", 1]]);
  });

  it("when time passes, then what is left and what has passed never run below zero", () => {
    expect(left_s(offer.ends_utc, at_ms)).toBe(15);
    expect(left_s(offer.ends_utc, at_ms + 60_000)).toBe(0);
    expect(since_ms(offer.waiting_since_utc, at_ms)).toBe(5_500);
    expect(since_ms(offer.waiting_since_utc, at_ms - 60_000)).toBe(0);
  });

  it("when there is work to wrap up, then it stands behind what is in hand", () => {
    const work = (contact_id: string, since: number, ended: boolean): Work => ({
      contact_id,
      contact_kind: "call",
      queue: "main",
      since_utc: `2026-11-30T09:0${since}:00.000+00:00`,
      wrap_up_ends_utc: ended ? "2026-11-30T09:10:00.000+00:00" : null,
    });
    const sorted = inOrder([work("old", 1, true), work("new", 3, false), work("mid", 2, false)]);
    expect(sorted.map((item) => item.contact_id)).toEqual(["mid", "new", "old"]);
  });
});
