// The brief: what a human reads before the first word, each statement with the words and the moment that prove it.

import type { BriefFact } from "../events.gen";
import { Icon } from "../shared/icons";
import { type Said, say } from "../shared/language";
import type { CallState } from "./call";
import { Related } from "./customers/related";
import { clock, code } from "./format";
import type { Replay } from "./replay";
import { WORDS } from "./words";

export function BriefPanel({ call }: { call: CallState }) {
  const brief = call.live.value.brief;
  if (brief === null) {
    return (
      <section class="panel brief" aria-labelledby="brief-title">
        <h2 id="brief-title">{say(WORDS.brief)}</h2>
        <p class="muted">{say(WORDS.briefNone)}</p>
      </section>
    );
  }
  return (
    <section class="panel brief written" aria-labelledby="brief-title">
      <h2 id="brief-title">{say(WORDS.brief)}</h2>
      <p class="brief-matter">{brief.matter}</p>
      <p class="brief-who">
        {brief.caller}
        {brief.reason && ` · ${code(brief.reason)}`}
      </p>
      <Facts title={WORDS.facts} facts={brief.facts} replay={call.replay} />
      <Facts title={WORDS.tried} facts={brief.tried} replay={call.replay} />
      <Facts title={WORDS.openQuestions} facts={brief.open_questions} replay={call.replay} />
      <Related related={brief.related} />
      {brief.suggested_opening && (
        <div class="brief-opening">
          <h3>{say(WORDS.opening)}</h3>
          <p>“{brief.suggested_opening}”</p>
        </div>
      )}
      {brief.spoken_line && (
        <details>
          <summary>{say(WORDS.spoken)}</summary>
          <p>{brief.spoken_line}</p>
        </details>
      )}
    </section>
  );
}

function Facts({ title, facts, replay }: { title: Said; facts: readonly BriefFact[]; replay: Replay }) {
  if (!facts.length) return null;
  return (
    <>
      <h3>{say(title)}</h3>
      <ul class="facts">
        {facts.map((fact, at) => (
          <li key={at}>
            <button type="button" onClick={() => replay.seek(fact.t_ms, fact.event_seq)}>
              <span class="fact-text">{fact.text}</span>
              {fact.quote && <q>{fact.quote}</q>}
              <span class="fact-time">
                <Icon name="play" size={12} />
                <span class="unseen">{say(WORDS.jump, { time: "" })}</span>
                {clock(fact.t_ms)}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
