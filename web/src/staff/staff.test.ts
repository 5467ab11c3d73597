import { beforeEach, describe, expect, it } from "vitest";
import type { Event, EventBody, FeelingRead } from "../events.gen";
import { transcriptOver } from "../folds/transcript";
import { language } from "../shared/language";
import { feelings, highest, mainFeeling, scoreOf, stretches } from "./emotion";
import { callerName, clock, code, fineClock, phone, topicName } from "./format";
import { Replay } from "./replay";
import { read } from "./route";
import { passages, pending, placeAt } from "./talk";
import { titles } from "./topics";

beforeEach(() => {
  language.value = "en";
});

function log(...bodies: EventBody[]): Event[] {
  return bodies.map((body, at) => ({
    stream_kind: "call",
    stream_id: "c1",
    seq: at + 1,
    at_utc: "2026-11-22T10:00:00+00:00",
    t_ms: at * 100,
    source: "call",
    schema_version: 1,
    body,
  }));
}

function feeling(start_ms: number, anger_prob: number, uncertainty: number, abstained = false): EventBody {
  const estimate = { anger_prob, arousal_score: 0.5, uncertainty, abstained, reasons: [], model: "m" };
  return { type: "emotion_estimated", utterance_id: `u${start_ms}`, start_ms, end_ms: start_ms + 500, estimate };
}

function turn(speaker: "caller" | "bot", turn_id: string, start_ms: number, utterance_ids: string[] = []): EventBody {
  const text = turn_id;
  return { type: "turn_ended", turn_id, speaker, text, language: "en", start_ms, end_ms: start_ms + 500, utterance_ids, interrupted: false };
}

describe("emotion", () => {
  it("draws no line across an abstention", () => {
    const all = feelings(log(feeling(0, 0.2, 0.1), feeling(1000, 0, 0.9, true), feeling(2000, 0.8, 0.2)));
    expect(stretches(all).map((stretch) => stretch.map((one) => one.start_ms))).toEqual([[0], [2000]]);
  });

  it("has a band as wide as the doubt, inside 0 to 1", () => {
    const [one, other] = feelings(log(feeling(0, 0.5, 0.4), feeling(1000, 0.95, 0.4)));
    expect([one?.low, one?.high].map((value) => value?.toFixed(2))).toEqual(["0.30", "0.70"]);
    expect(other?.high).toBe(1);
  });

  it("is nothing, not zero, when every estimate abstained", () => {
    expect(highest([{ anger_prob: 0, abstained: true }])).toBeNull();
  });
});

describe("what words say", () => {
  const none = { anger_score: 0, frustration_score: 0, distress_score: 0, urgency_score: 0, confusion_score: 0, satisfaction_score: 0 };
  const read = (call_scores: typeof none, abstained = false): FeelingRead => ({
    type: "feeling_read",
    turn_id: "t",
    start_ms: 0,
    end_ms: 1,
    estimate: { feeling: "neutral", scores: none, call_scores, uncertainty: 0, abstained, reasons: [], model: "m" },
  });

  it("leaves to neutral what the others leave", () => {
    expect(scoreOf({ ...none, confusion_score: 0.3 }, "neutral")).toBeCloseTo(0.7);
    expect(scoreOf({ ...none, confusion_score: 0.3 }, "confused")).toBe(0.3);
  });

  it("draws the feeling that rises highest in the call, and none when nothing was read", () => {
    const reads = [read({ ...none, satisfaction_score: 0.4 }), read({ ...none, frustration_score: 0.5 }), read({ ...none, anger_score: 0.9 }, true)];
    expect(mainFeeling(reads)).toBe("frustrated");
    expect(mainFeeling([])).toBeNull();
    expect(mainFeeling([read(none, true)])).toBeNull();
  });
});

describe("talk", () => {
  const words = [{ text: "hello", start_ms: 10, end_ms: 90, prob: 0.9 }];
  const heard: EventBody = {
    type: "utterance_heard",
    utterance_id: "u1",
    member: "caller",
    language: "en",
    language_prob: 1,
    start_ms: 10,
    end_ms: 90,
    words,
    engine: "w",
  };
  const act: EventBody = { type: "act_decided", act: "answer", detail: "topic:bill-explained", turn_id: "t1" };

  it("puts words into their turn, and decisions before the bot's turn that they led to", () => {
    const events = log(heard, turn("caller", "t1", 0, ["u1"]), act, turn("bot", "b1", 600));
    const [mine, bots] = passages(events, transcriptOver(events));
    expect(mine?.words.map((word) => word.text)).toEqual(["hello"]);
    expect(mine?.decisions).toEqual([]);
    expect(bots?.decisions.map((decision) => decision.seq)).toEqual([3]);
  });

  it("keeps words whose turn is not over apart", () => {
    expect(pending(transcriptOver(log(heard))).map((word) => word.text)).toEqual(["hello"]);
    expect(pending(transcriptOver(log(heard, turn("caller", "t1", 0, ["u1"]))))).toEqual([]);
  });

  it("finds the place of a time", () => {
    const all = [{ start_ms: 0 }, { start_ms: 100 }, { start_ms: 100 }, { start_ms: 300 }];
    expect([-1, 0, 99, 100, 299, 999].map((t_ms) => placeAt(all, t_ms))).toEqual([-1, 0, 0, 2, 2, 3]);
  });
});

describe("replay", () => {
  const events = [
    { seq: 1, t_ms: 0 },
    { seq: 2, t_ms: 500 },
    { seq: 3, t_ms: 500 },
    { seq: 4, t_ms: 900 },
  ];

  it("goes through events of the same time one by one, both ways", () => {
    const replay = new Replay();
    const seen: (number | null)[] = [];
    for (const way of [1, 1, 1, 1, -1, -1] as const) {
      replay.step(events, way);
      seen.push(replay.picked.value);
    }
    expect(seen).toEqual([2, 3, 4, 4, 3, 2]);
    expect(replay.now_ms.value).toBe(500);
  });

  it("never goes before the start", () => {
    const replay = new Replay();
    replay.seek(-300);
    expect(replay.now_ms.value).toBe(0);
  });
});

describe("words and numbers", () => {
  it("reads times as people do", () => {
    expect([0, 75_400, 3_661_000].map(clock)).toEqual(["0:00", "1:15", "1:01:01"]);
    expect(fineClock(1_250)).toBe("0:01.2");
  });

  it("puts codes into words in both languages, and unknown ones readably", () => {
    expect(code("caller_asked")).toBe("The caller asked for a person");
    expect(code("topic:bill-explained")).toBe("topic bill explained");
    expect(code("flow:appointment:done")).toBe("request Appointment done");
    expect(code("safety:gas")).toBe("safety: smell of gas");
    expect(code("never_seen.before")).toBe("never seen before");
    language.value = "es";
    expect(code("caller_asked")).toBe("El cliente pide una persona");
  });

  it("calls a topic as its article is called in the page's language, else in the other, else by its code", () => {
    titles.value = { "move-home": { en: "Moving home", es: "Mudanza" }, roaming: { es: "Roaming en el extranjero" } };
    expect([code("topic:move-home"), topicName("move-home"), topicName("roaming")]).toEqual([
      "Moving home",
      "Moving home",
      "Roaming en el extranjero",
    ]);
    language.value = "es";
    expect([code("topic:move-home"), topicName("move-home")]).toEqual(["Mudanza", "Mudanza"]);
    titles.value = {};
    expect([code("topic:move-home"), topicName("move-home")]).toEqual(["tema move home", "move home"]);
  });

  it("groups telephone numbers", () => {
    expect(phone("+34600123456")).toBe("+34 600 123 456");
    expect(phone("+14155550123")).toBe("+1 415 555 0123");
    expect(phone("+442071234567")).toBe("+442071234567");
    expect(phone("alice")).toBe("alice");
  });

  it("names a caller as far as the line says, and nobody whose data were destroyed", () => {
    expect(callerName({ caller: "+34600123456", caller_name: "Ana" })).toBe("Ana");
    expect(callerName({ caller: "anonymous", caller_name: "" })).toBe("Number withheld");
    expect(callerName({ caller: "", caller_name: "", transport: "webrtc" })).toBe("Visitor of the web page");
    expect(callerName({ caller: "[erased]", caller_name: "[erased]" })).toBe("Erased person");
  });

  it("reads the path", () => {
    expect(read("/desk")).toEqual({ name: "calls" });
    expect(read("/desk/callbacks")).toEqual({ name: "callbacks" });
    expect(read("/desk/calls/01ab-cd?t=1500")).toEqual({ name: "call", callId: "01ab-cd", at_ms: 1500 });
  });
});
