import { describe, expect, it } from "vitest";
import type { LiveCall } from "../../events.gen";
import { START } from "../../folds/live";
import { beyondAim, byRisk, expected_s, flagsOf, LONG_MS } from "./floor-math";
import type { Queue } from "./state";
import { granted, partOf, targetOf } from "./strip";
import { followUpsOf, prefill, shown } from "./wrap-up";

const began = "2026-11-30T09:00:00.000Z";
const now_ms = Date.parse(began) + 60_000;
const call = (change: Partial<LiveCall>): LiveCall => ({
  ...START,
  status: "talking",
  answered_at_utc: began,
  ...change,
});
const point = (anger_prob: number, abstained = false) => ({
  t_ms: 1,
  anger_prob,
  arousal_score: 0,
  uncertainty: 0,
  abstained,
});
const agent = { leg_id: "a", member: "agent", codec: "OPUS", held: false } as const;

describe("risks of a call", () => {
  it("when nothing is wrong, then there is none", () => {
    expect(flagsOf(call({}), now_ms)).toEqual([]);
  });

  it("when a caller is in danger and angry, then danger comes first", () => {
    const flags = flagsOf(call({ safety: "gas", emotion: [point(0.9)] }), now_ms);
    expect(flags.map((flag) => flag.kind)).toEqual(["danger", "anger"]);
  });

  it("when an estimate abstained or is long over, then it is no risk", () => {
    expect(flagsOf(call({ emotion: [point(0.9, true)] }), now_ms)).toEqual([]);
    const calm = Array.from({ length: 5 }, () => point(0.1));
    expect(flagsOf(call({ emotion: [point(0.9), ...calm] }), now_ms)).toEqual([]);
  });

  it("when a call is long, then that counts only while the bot has it", () => {
    const late_ms = Date.parse(began) + LONG_MS;
    expect(flagsOf(call({}), late_ms)).toEqual([{ kind: "long", for_ms: LONG_MS }]);
    expect(flagsOf(call({ members: [agent], escalation: "asked" }), late_ms)).toEqual([]);
  });

  it("when calls are listed, then the worst stands first", () => {
    const calls = [call({ call_id: "calm" }), call({ call_id: "asks", escalation: "x" }), call({ call_id: "gas", safety: "gas" })];
    expect(byRisk(calls, now_ms).map((one) => one.call_id)).toEqual(["gas", "asks", "calm"]);
  });
});

describe("queues", () => {
  const waits = (since: string, expected_wait_s: number | null) => ({
    contact_id: "c",
    contact_kind: "call" as const,
    language: "es",
    position: 1,
    expected_wait_s,
    since_utc: since,
  });
  const queue = (line: Queue["line"]): Queue => ({
    name: "main",
    waiting: line.length,
    longest_since_utc: null,
    service_level_s: 20,
    agents: {},
    line,
  });

  it("when some wait beyond the aim, then they are counted", () => {
    const later = new Date(now_ms - 10_000).toISOString();
    const both = queue([waits(began, 30), waits(later, 90)]);
    expect(beyondAim(both, now_ms)).toBe(1);
    expect(expected_s(both)).toBe(90);
    expect(expected_s(queue([]))).toBeNull();
  });
});

describe("the call strip", () => {
  const strip = {
    state: "together",
    agent: "ben",
    second: null,
    muted: false,
    held: false,
    with_person: true,
    recording: "on",
    may: ["Hold", "Mute"],
  };

  it("when a wish would not be granted, then its button is not there", () => {
    expect(granted(strip, "hold")).toBe(true);
    expect(granted(strip, "resume")).toBe(false);
    expect(granted(strip, "keypad")).toBe(true);
    expect(granted({ ...strip, with_person: false }, "keypad")).toBe(false);
    expect(granted(null, "hold")).toBe(false);
  });

  it("when the second person gets the caller, then they are the agent and the first one is nothing", () => {
    const consulting = { ...strip, state: "consulting", second: { kind: "agent", name: "luis" } };
    expect([partOf(consulting, "ben"), partOf(consulting, "luis")]).toEqual(["agent", "second"]);
    expect(granted({ ...consulting, part: "second" }, "leave")).toBe(true);
    const completed = { ...strip, agent: "luis" };
    expect([partOf(completed, "ben"), partOf(completed, "luis"), partOf(completed, "")]).toEqual(["", "agent", ""]);
    expect(granted({ ...completed, part: "" }, "hold")).toBe(false);
  });

  it("when somebody is typed, then it is a number, a queue or a colleague", () => {
    expect(targetOf(" +34 910 000 000 ")).toEqual({ kind: "number", name: "+34 910 000 000" });
    expect(targetOf("queue:billing")).toEqual({ kind: "queue", name: "billing" });
    expect(targetOf("ada")).toEqual({ kind: "agent", name: "ada" });
    expect(targetOf("  ")).toBeNull();
  });
});

describe("the wrap-up", () => {
  const fact = (text: string) => ({ text, quote: "", t_ms: 0, event_seq: 1 });
  const brief = {
    type: "brief_prepared" as const,
    caller: "Ana",
    verified: "none" as const,
    language: "es" as const,
    matter: "The bill is too high",
    reason: "asked_for_person",
    facts: [fact("Account 12")],
    tried: [fact("Explained the bill")],
    open_questions: [fact("Was the meter read?")],
    emotion: [],
    suggested_opening: "",
    spoken_line: "",
  };

  it("when there is a brief, then its sentences and nothing else are the first draft", () => {
    const draft = prefill(call({ brief: brief as unknown as LiveCall["brief"] }), (topic) => topic);
    expect(draft).toEqual({
      disposition: "follow_up",
      summary: "The bill is too high\n– Account 12\n– Explained the bill",
      follow_ups: ["Was the meter read?"],
    });
  });

  it("when there is none, then the topic and the values that were given are", () => {
    const slots = [{ slot: "account_number", value: "12", confirmed: true }];
    const draft = prefill(call({ topic: "bill", slots, callback: "booked" }), () => "Your bill");
    expect(draft).toMatchObject({ disposition: "callback", summary: "Your bill\n– account_number: 12" });
  });

  it("when something was written by hand, then the draft does not come back over it", () => {
    const written = { disposition: "solved", summary: "", follow_ups: [] };
    expect(shown(written, prefill(call({ topic: "bill" }), () => "Your bill"))).toBe(written);
    expect(followUpsOf(" one \n\n two ")).toEqual(["one", "two"]);
  });
});
