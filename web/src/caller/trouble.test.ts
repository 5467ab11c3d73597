import { describe, expect, it } from "vitest";
import { ofAnswer, ofMicrophone } from "./trouble";
import { TROUBLES } from "./words";

function refusal(name: string, message = ""): DOMException {
  return new DOMException(message, name);
}

describe("a microphone that cannot be had", () => {
  it.each([
    ["NotAllowedError", "Permission denied", "denied", "microphone_denied"],
    ["NotAllowedError", "Permission dismissed", "prompt", "microphone_unanswered"],
    ["NotAllowedError", "Permission denied by system", "prompt", "microphone_blocked"],
    ["NotAllowedError", "", "granted", "microphone_blocked"],
    ["NotAllowedError", "", "", "microphone_denied"],
    ["SecurityError", "", "denied", "microphone_denied"],
    ["NotFoundError", "Requested device not found", "granted", "microphone_missing"],
    ["NotReadableError", "Could not start audio source", "granted", "microphone_busy"],
    ["AbortError", "", "", "microphone_busy"],
  ] as const)("%s (%s, permission %s) is %s", (name, message, permission, trouble) => {
    expect(ofMicrophone(refusal(name, message), permission)).toBe(trouble);
  });

  it("is a busy one when nobody knows why", () => expect(ofMicrophone("?")).toBe("microphone_busy"));
});

describe("a call that is not taken", () => {
  it.each([
    [429, "web.too_often", "too_often"],
    [429, "web.address_busy", "too_many"],
    [429, "web.site_busy", "busy"],
    [503, "web.full", "busy"],
    [500, "webrtc.full", "busy"],
    [400, "webrtc.bad_offer", "refused"],
    [502, undefined, "offline"],
  ] as const)("status %d, code %s is %s", (status, code, trouble) => expect(ofAnswer(status, code)).toBe(trouble));
});

it("every trouble is told in both languages, with what to do about it", () => {
  for (const { what, todo } of Object.values(TROUBLES)) {
    for (const text of [what.en, what.es, todo.en, todo.es]) expect(text.length).toBeGreaterThan(15);
  }
});
