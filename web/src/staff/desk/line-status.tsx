// How the agent's line is, in words, and what to do about it.

import { useEffect } from "preact/hooks";
import { say } from "../../shared/language";
import { Badge } from "../parts";
import { desk } from "./feed";
import { lineIs, lineTrouble, openLine, useLine } from "./line";
import { DESK } from "./words";

export function LineStatus() {
  useEffect(() => {
    const leave = useLine();
    void openLine();
    return leave;
  }, []);
  const there = desk.value.line;
  const up = lineIs.value === "up" && there === "up";
  const broken = lineIs.value === "up" && there === "broken";
  if (lineIs.value === "elsewhere") {
    return (
      <span class="line-status">
        <span class="told warm" role="status">
          {say(DESK.lineElsewhere)}
        </span>
        <button type="button" class="button" onClick={() => void openLine(true)}>
          {say(DESK.lineHere)}
        </button>
      </span>
    );
  }
  return (
    <span class="line-status">
      <Badge
        tone={up ? "good" : broken ? "warm" : "bad"}
        text={say(up ? DESK.lineUp : broken ? DESK.lineBroken : DESK.lineGone)}
      />
      {lineTrouble.value !== "" && (
        <span class="told bad" role="alert">
          {say(lineTrouble.value === "microphone" ? DESK.lineMicrophone : DESK.lineFailed)}
        </span>
      )}
      {lineIs.value === "closed" && (
        <button type="button" class="button" onClick={() => void openLine()}>
          {say(DESK.lineOpen)}
        </button>
      )}
    </span>
  );
}
