// The golden logs of `tests/data/golden_logs`, folded here and in Python to the same states.

import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import type { Event } from "../events.gen";
import { liveOver } from "./live";
import { timelineOver } from "./timeline";
import { transcriptOver } from "./transcript";

const FOLDER = resolve(import.meta.dirname, "../../../tests/data/golden_logs");
const NAMES = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".jsonl"))
  .map((file) => file.replace(".jsonl", ""));

function log(name: string): Event[] {
  const lines = readFileSync(resolve(FOLDER, `${name}.jsonl`), "utf8").trim().split("\n");
  return lines.map((line) => JSON.parse(line) as Event);
}

it("there are golden logs", () => expect(NAMES.length).toBeGreaterThan(3));

describe.each(NAMES)("%s", (name) => {
  const events = log(name);
  const expected = JSON.parse(readFileSync(resolve(FOLDER, `${name}.expected.json`), "utf8"));

  it("folds to the state that Python folds it to", () => {
    expect(liveOver(events)).toEqual(expected.live);
    expect(timelineOver(events)).toEqual(expected.timeline);
    expect(transcriptOver(events)).toEqual(expected.transcript);
  });

  it("folds to the same at every split", () => {
    for (let at = 0; at <= events.length; at++) {
      const [before, after] = [events.slice(0, at), events.slice(at)];
      expect(liveOver(after, liveOver(before))).toEqual(expected.live);
      expect(timelineOver(after, timelineOver(before))).toEqual(expected.timeline);
      expect(transcriptOver(after, transcriptOver(before))).toEqual(expected.transcript);
    }
  });
});
