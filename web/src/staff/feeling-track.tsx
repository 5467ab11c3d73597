// What the caller's words say of how they feel: one point a turn, one smoothed line, apart from the voice's estimate.

import type { ComponentChildren, FunctionComponent } from "preact";
import type { FeelingRead } from "../events.gen";
import { say } from "../shared/language";
import type { CallState } from "./call";
import { mainFeeling, scoreOf, UPSET_PROB } from "./emotion";
import { clock, code, percent } from "./format";
import { WORDS } from "./words";

interface Track {
  readonly call: CallState;
  readonly end_ms: number;
}

export function FeelingTrack({ call, end_ms, lane: Lane }: Track & { lane: FunctionComponent<Track & { children: ComponentChildren }> }) {
  const reads = call.live.value.feelings;
  const main = mainFeeling(reads);
  if (main === null) return null;
  const x = (t_ms: number) => (t_ms / end_ms) * 1000;
  const line = reads.map(({ end_ms: at, estimate }) => `${x(at)},${100 - scoreOf(estimate.call_scores, main) * 100}`);
  const note = say(WORDS.feelingNote, { feeling: code(main) });
  return (
    <div class="track emotion feelings">
      <span class="track-name" title={note}>
        {say(WORDS.feelingTitle)}
      </span>
      <Lane call={call} end_ms={end_ms}>
        <svg viewBox="0 0 1000 100" preserveAspectRatio="none" aria-hidden="true">
          <polyline class="curve" points={line.join(" ")} />
        </svg>
        {reads.map((read) => (
          <Point key={read.turn_id} read={read} end_ms={end_ms} call={call} />
        ))}
      </Lane>
      <p class="track-note">{note}</p>
    </div>
  );
}

function Point({ read, end_ms, call }: Track & { read: FeelingRead }) {
  const { feeling, scores, uncertainty, abstained, reasons } = read.estimate;
  const score = scoreOf(scores, feeling);
  const value = abstained
    ? say(WORDS.abstained)
    : `${code(feeling)} ${say(WORDS.feelingDoubt, { score: percent(score), doubt: percent(uncertainty) })}`;
  const label = [clock(read.start_ms), value, ...reasons.map(code)].join(" · ");
  const upset = !abstained && score >= UPSET_PROB && feeling !== "neutral" && feeling !== "satisfied";
  const height = abstained ? 50 : feeling === "neutral" ? 100 : 100 - score * 100;
  return (
    <button
      type="button"
      class={`point ${abstained ? "abstained" : upset ? "upset" : ""}`}
      style={{ left: `${((read.start_ms + read.end_ms) / 2 / end_ms) * 100}%`, top: `${height}%` }}
      title={label}
      aria-label={label}
      onClick={(event) => {
        event.stopPropagation();
        call.replay.seek(read.start_ms);
      }}
    />
  );
}
