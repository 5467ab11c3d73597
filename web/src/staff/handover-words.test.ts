import { describe, expect, it } from "vitest";
import { START } from "../folds/live";
import { NOBODY } from "../folds/live-people";
import { handoverText, supervisorTexts } from "./handover-words";

describe("how far a human is", () => {
  it("when nobody was wanted, then nothing is said", () => {
    expect(handoverText(START)).toBeNull();
  });

  it("when an agent consults, then both are named, and a microphone that is off is said", () => {
    const people = { ...NOBODY, agent: "ana", second: "cid", muted: true };
    expect(handoverText({ ...START, handover: "consulting", people })?.text).toBe("ana consults cid · microphone off");
  });

  it("when the one who has the caller is not signed in, then they are a person", () => {
    expect(handoverText({ ...START, handover: "connected" })?.text).toBe("With a person");
  });

  it("when a supervisor is in the call, then it says how", () => {
    const people = { ...NOBODY, supervisors: [{ supervisor: "sue", mode: "whisper" as const }] };
    expect(supervisorTexts({ ...START, people })).toEqual(["sue whispers to the agent"]);
  });
});
