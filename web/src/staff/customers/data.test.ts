import { describe, expect, it } from "vitest";
import { changes, otherOf, type Pair, placeOf } from "./data";
import { CUSTOMER, REFUSALS, refusalOf, STATUSES, SWITCHES } from "./words";
import { Refused } from "../api";

const pair: Pair = {
  join_id: "j1",
  one: "a",
  other: "b",
  one_name: "Ana",
  other_name: "Anna",
  state: "proposed",
  at_utc: "2026-11-30T09:00:00+00:00",
  reasons: [],
};

describe("a customer's record", () => {
  it("when a form is kept, then only what was changed is sent, and taking back is an empty value", () => {
    const kept = [
      { name: "slower", value: "yes" },
      { name: "hours", value: "9-14" },
    ];
    expect(changes({ slower: "yes", keypad: "", hours: " 9-14 " }, kept)).toEqual({});
    expect(changes({ slower: "", keypad: "yes" }, kept)).toEqual({ slower: "", keypad: "yes" });
  });

  it("when a pair is shown, then the other one is who is not this person, whichever end that is", () => {
    expect(otherOf(pair, { customer_ids: ["a", "c"] })).toEqual({ id: "b", name: "Anna" });
    expect(otherOf(pair, { customer_ids: ["b"] })).toEqual({ id: "a", name: "Ana" });
  });

  it("when something happened before, then it leads to its page, and to none where there is none", () => {
    expect(placeOf("call", "c/1")).toBe("/desk/calls/c%2F1");
    expect(placeOf("conversation", "w1")).toBe("/desk/conversations/w1");
    expect(placeOf("case", "k1")).toBe("/desk/cases/k1");
    expect(placeOf("customer", "p1")).toBe("/desk/customers/p1");
    expect(placeOf("queue", "main")).toBeNull();
  });

  it("when something is refused, then a sentence says what to do", () => {
    expect(refusalOf(new Refused(400, "join.unknown"))).toBe(REFUSALS["join.unknown"]?.en);
    expect(refusalOf(new Refused(422))).toMatch(/Look at what you typed/);
    expect(refusalOf(new Refused(404))).toBe(CUSTOMER.notFound.en);
  });

  it("when words are shown, then both languages have them", () => {
    for (const said of [...Object.values(CUSTOMER), ...Object.values(SWITCHES), ...Object.values(STATUSES)]) {
      expect(said.en).not.toBe("");
      expect(said.es).not.toBe(said.en === "SMS" ? "" : said.en);
    }
  });
});
