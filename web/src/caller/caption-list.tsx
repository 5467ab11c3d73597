// Captions as they come: finished turns are read out to those who cannot see them, guesses are only shown.

import { useEffect, useRef } from "preact/hooks";
import { say } from "../shared/language";
import type { Captions, Line } from "./captions";
import { captionsLost } from "./state";
import { WORDS } from "./words";

/** Nearer to the end than this, the list follows what is said; farther, somebody is reading. */
const FOLLOW_PX = 120;

export function CaptionList({ captions }: { captions: Captions }) {
  const box = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  useEffect(() => {
    if (box.current !== null && following.current) box.current.scrollTop = box.current.scrollHeight;
  }, [captions]);
  const { heard, running, saying } = captions;
  const own = heard.map((part) => part.text).join(" ");
  const earlier = (line: Line) => !saying || line.start_ms <= captions.saying_since_ms;
  const empty = !captions.lines.length && !own && running === null && !saying;
  return (
    <section class="captions" aria-label={say(WORDS.captions)}>
      <div
        class="scroll"
        ref={box}
        tabIndex={0}
        onScroll={({ currentTarget: at }) => {
          following.current = at.scrollHeight - at.scrollTop - at.clientHeight < FOLLOW_PX;
        }}
      >
        {empty && <p class="empty">{say(WORDS.captionsHint)}</p>}
        <div role="log" aria-live="polite">
          {captions.lines.filter(earlier).map((line) => (
            <Bubble key={line.id} line={line} />
          ))}
          {saying && (
            <p class="bubble bot live" aria-hidden="true">
              <span class="who">{say(WORDS.assistant)}</span>
              {saying}
            </p>
          )}
          {captions.lines
            .filter((line) => !earlier(line))
            .map((line) => (
              <Bubble key={line.id} line={line} />
            ))}
        </div>
        {(own || running !== null) && (
          <p class="bubble caller live" aria-hidden="true">
            <span class="who">{say(WORDS.you)}</span>
            {[own, running?.sure].filter(Boolean).join(" ")}
            {running?.unsure && (
              <span class="unsure" title={say(WORDS.tentative)}>
                {" "}
                {running.unsure}
              </span>
            )}
          </p>
        )}
        {captions.speaking.caller && !own && running === null && !captions.ended && (
          <p class="bubble caller live" aria-hidden="true">
            <span class="who">{say(WORDS.you)}</span>
            <span class="dots">
              <i />
              <i />
              <i />
            </span>
          </p>
        )}
      </div>
      {captionsLost.value && <p class="lost">{say(WORDS.captionsLost)}</p>}
    </section>
  );
}

function Bubble({ line }: { line: Line }) {
  const who = line.speaker === "caller" ? WORDS.you : line.speaker === "bot" ? WORDS.assistant : WORDS.agent;
  return (
    <p class={`bubble ${line.speaker}`} lang={line.language}>
      <span class="who">{say(who)}</span>
      {line.text}
      {line.interrupted && line.speaker !== "caller" && <span class="cut"> — {say(WORDS.cutShort)}</span>}
    </p>
  );
}
