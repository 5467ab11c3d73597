import { describe, expect, it } from "vitest";
import {
  EMPTY,
  type Snapshot,
  type Told,
  toSend,
  withDropped,
  withKnown,
  withRefused,
  withRetry,
  withSnapshot,
  withTold,
  withWritten,
} from "./thread";
import { WORDS, word } from "./words";

const AT = "2026-11-30T09:00:00.000+00:00";

function told(seq: number, more: Partial<Told> = {}): Told {
  return { seq, at: AT, id: `m${seq}`, author: "bot", text: `text ${seq}`, ...more };
}

function snapshot(messages: readonly Told[], more: Partial<Snapshot> = {}): Snapshot {
  const seq = messages.at(-1)?.seq ?? 0;
  return { kind: "snapshot", conversation: "c1", after: 0, seq, messages, answering: "bot", agent: "", ...more };
}

describe("the thread of a chat", () => {
  it("when a message is written offline then it waits, and is gone from there once the service tells it", () => {
    const waiting = withWritten(EMPTY, { id: "w1", text: "hello", at: AT });
    expect(toSend(waiting).map((each) => each.id)).toEqual(["w1"]);
    const after = withSnapshot(waiting, snapshot([told(2, { author: "customer", client_id: "w1" })]));
    expect(after.waiting).toEqual([]);
    expect(after.told.map((each) => each.id)).toEqual(["m2"]);
  });

  it("when the same message comes from a snapshot, an echo and another tab then it is shown once, in order", () => {
    let thread = withTold(EMPTY, told(5));
    thread = withTold(thread, told(5));
    thread = withTold(thread, told(3));
    thread = withSnapshot(thread, snapshot([told(5), told(6)], { conversation: "", after: 2 }));
    expect(thread.told.map((each) => each.seq)).toEqual([3, 5, 6]);
    expect(thread.seq).toBe(6);
  });

  it("when another conversation has begun then the old one's messages are not mixed in", () => {
    const old = withSnapshot(EMPTY, snapshot([told(1), told(2)]));
    const fresh = withSnapshot(old, snapshot([told(1, { id: "n1" })], { conversation: "c2" }));
    expect(fresh.told.map((each) => each.id)).toEqual(["n1"]);
    expect(fresh.seq).toBe(1);
  });

  it("when a message is refused then it is kept, not sent by itself, and can be tried again or dropped", () => {
    const waiting = withWritten(EMPTY, { id: "w1", text: "long", at: AT });
    const refused = withRefused(waiting, { id: "w1", code: "chat.too_long", retry_after_s: 0 });
    expect(toSend(refused)).toEqual([]);
    expect(refused.waiting).toHaveLength(1);
    expect(toSend(withRetry(refused, "w1"))).toHaveLength(1);
    expect(withDropped(refused, "w1").waiting).toEqual([]);
    expect(withKnown(refused, "w1").refused).toEqual({});
  });
});

describe("the words of the chat", () => {
  it("when a word is said then both languages have it with the same holes", () => {
    for (const [name, said] of Object.entries(WORDS)) {
      const holes = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();
      expect(holes(said.es), name).toEqual(holes(said.en));
    }
    expect(word("es", "title", { company: "Lumina" })).toBe("Chat con Lumina");
  });
});
