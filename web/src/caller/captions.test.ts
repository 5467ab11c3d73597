import { describe, expect, it } from "vitest";
import type { Event, EventBody } from "../events.gen";
import { type Captions, type FeedMessage, START, step } from "./captions";

let seq = 0;

function event(body: EventBody): FeedMessage {
  seq += 1;
  const told: Event = {
    stream_kind: "call",
    stream_id: "c1",
    seq,
    at_utc: "2026-11-22T10:00:00+00:00",
    t_ms: 0,
    source: "call",
    schema_version: 1,
    body,
  };
  return { kind: "event", event: told };
}

function guess(utterance_id: string, revision: number, committed: string, tentative: string): FeedMessage {
  return { kind: "signal", name: "hypothesis", data: { utterance_id, revision, committed, tentative } };
}

function speaking(member: string, on: boolean, text = ""): FeedMessage {
  return { kind: "signal", name: "speaking", data: { member, speaking: on, t_ms: 0, text } };
}

function heard(utterance_id: string, text: string): FeedMessage {
  const words = text.split(" ").map((word, at) => ({ text: word, start_ms: at, end_ms: at + 1, prob: 0.9 }));
  return event({
    type: "utterance_heard",
    utterance_id,
    member: "caller",
    language: "en",
    language_prob: 1,
    start_ms: 0,
    end_ms: 900,
    words,
    engine: "w",
  });
}

function turn(speaker: "caller" | "bot", turn_id: string, text: string, start_ms: number, utterance_ids: string[] = []) {
  return event({
    type: "turn_ended",
    turn_id,
    speaker,
    text,
    language: "en",
    start_ms,
    end_ms: start_ms + 500,
    utterance_ids,
    interrupted: false,
  });
}

function reopened(turn_id: string): FeedMessage {
  return event({ type: "turn_reopened", turn_id });
}

function after(...messages: FeedMessage[]): Captions {
  return messages.reduce(step, START);
}

describe("captions", () => {
  it("shows what is sure and what may still change, and drops a late revision", () => {
    const state = after(guess("u1", 2, "my bill", "is hi"), guess("u1", 1, "my", "bull"));
    expect(state.running).toEqual({ id: "u1", revision: 2, sure: "my bill", unsure: "is hi" });
  });

  it("replaces the guess by the final words, and those by the turn", () => {
    const state = after(guess("u1", 1, "my", "bill"), heard("u1", "my bill"));
    expect(state.running).toBeNull();
    expect(state.heard).toEqual([{ id: "u1", text: "my bill" }]);
    const over = step(state, turn("caller", "t1", "my bill", 100, ["u1"]));
    expect(over.heard).toEqual([]);
    expect(over.lines.map((line) => line.text)).toEqual(["my bill"]);
  });

  it("shows the words of a turn that is taken back until the longer turn holds them", () => {
    const open = after(heard("u1", "hello"), turn("caller", "t1", "hello", 0, ["u1"]), reopened("t1"));
    expect(open.lines).toEqual([]);
    expect(open.heard).toEqual([{ id: "u1", text: "hello" }]);
    const over = step(open, turn("caller", "t2", "hello my bill", 0, ["u1", "u2"]));
    expect(over.lines.map((line) => line.text)).toEqual(["hello my bill"]);
    expect(over.heard).toEqual([]);
  });

  it("ignores a guess that comes after its final words", () => {
    expect(after(heard("u1", "my bill"), guess("u1", 9, "my", "bull")).running).toBeNull();
  });

  it("keeps the words of a second utterance when the turn of the first ends", () => {
    const state = after(heard("u1", "one"), guess("u2", 1, "two", ""), turn("caller", "t1", "one", 0, ["u1"]));
    expect(state.running?.sure).toBe("two");
  });

  it("shows what the bot says, sentence by sentence, until its turn is written", () => {
    const state = after(speaking("bot", true, "Hello."), speaking("bot", true, "How can I help?"));
    expect(state.saying).toBe("Hello. How can I help?");
    const over = step(step(state, speaking("bot", false)), turn("bot", "b1", "Hello.", 0));
    expect(over.saying).toBe("");
    expect(over.lines.map((line) => line.text)).toEqual(["Hello."]);
  });

  it("keeps a new saying when the turn before it is written late", () => {
    const state = after(
      speaking("bot", true, "One."),
      speaking("bot", false),
      speaking("bot", true, "Two."),
      turn("bot", "b1", "One.", 0),
    );
    expect(state.saying).toBe("Two.");
  });

  it("knows since when the bot speaks, so that a caller's word meanwhile comes after it", () => {
    const began: FeedMessage = { kind: "signal", name: "speaking", data: { member: "bot", speaking: true, t_ms: 700, text: "One." } };
    const went_on: FeedMessage = { kind: "signal", name: "speaking", data: { member: "bot", speaking: true, t_ms: 900, text: "Two." } };
    expect(after(began, went_on).saying_since_ms).toBe(700);
  });

  it("orders turns by their start", () => {
    const state = after(turn("bot", "b1", "second", 500), turn("caller", "t1", "first", 100));
    expect(state.lines.map((line) => line.text)).toEqual(["first", "second"]);
  });

  it("starts again from a snapshot", () => {
    const message = turn("caller", "t1", "hello", 0);
    const events = message.kind === "event" ? [message.event] : [];
    const state = step(after(turn("caller", "t1", "hello", 0)), { kind: "snapshot", seq: 1, events });
    expect(state.lines).toHaveLength(1);
  });

  it("shows nothing as running once the call has ended", () => {
    const state = after(
      guess("u1", 1, "my", "bill"),
      speaking("bot", true, "Hello."),
      event({ type: "call_ended", result: "completed", reason: "caller_hung_up" }),
    );
    expect([state.running, state.saying, state.ended]).toEqual([null, "", true]);
  });
});
