// Who said what: words at their times, the bot's decisions, and while the call is live the guesses.

import { effect } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { ActDecided, TranscriptWord } from "../events.gen";
import { say } from "../shared/language";
import type { CallState } from "./call";
import { reveal } from "./event-list";
import { clock, code, fineClock, percent, topicName } from "./format";
import type { Replay } from "./replay";
import { type Decision, type Passage, passages, pending, placeAt } from "./talk";
import { WORDS } from "./words";

/** A word that the recogniser itself holds for more likely wrong than right is marked. */
const UNSURE_PROB = 0.5;
/** A word stays marked for so long after it, so that the mark does not flicker between words. */
const LINGER_MS = 250;

export function TranscriptPanel({ call }: { call: CallState }) {
  const box = useRef<HTMLDivElement>(null);
  const transcript = call.transcript.value;
  const all = useMemo(() => passages(call.events.value, transcript), [transcript]);
  const waiting = useMemo(() => pending(transcript), [transcript]);
  const running = call.live.value.status !== "ended";
  const guess = call.guess.value;
  const saying = call.saying.value;

  useEffect(() => follow(box.current, call.replay), [all, waiting]);
  useEffect(() => {
    if (running && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [all, waiting, guess, saying]);

  const nothing = !all.length && !waiting.length && guess === null && !saying;
  return (
    <section class="panel transcript" aria-labelledby="transcript-title">
      <h2 id="transcript-title">{say(WORDS.transcript)}</h2>
      <div class="turns" ref={box} tabIndex={0} aria-labelledby="transcript-title">
        {nothing && <p class="muted">{say(WORDS.nothingSaid)}</p>}
        {all.map((passage) => (
          <Turn key={passage.turn.turn_id} passage={passage} replay={call.replay} />
        ))}
        {(waiting.length > 0 || guess !== null) && (
          <article class="turn caller live">
            <header>
              <span class="who">{say(WORDS.caller)}</span>
            </header>
            <p>
              <Words words={waiting} replay={call.replay} />
              {guess?.sure && ` ${guess.sure}`}
              {guess?.unsure && (
                <span class="guess" title={say(WORDS.tentative)}>
                  {" "}
                  {guess.unsure}
                </span>
              )}
            </p>
          </article>
        )}
        {saying && (
          <article class="turn bot live">
            <header>
              <span class="who">{say(WORDS.bot)}</span>
            </header>
            <p class="guess">{saying}</p>
          </article>
        )}
      </div>
    </section>
  );
}

function Turn({ passage: { turn, words, decisions }, replay }: { passage: Passage; replay: Replay }) {
  const who = { caller: WORDS.caller, bot: WORDS.bot, agent: WORDS.agent, supervisor: WORDS.supervisor }[turn.speaker];
  return (
    <article class={`turn ${turn.speaker}`} data-start={turn.start_ms} data-end={turn.end_ms}>
      <header>
        <span class="who">{say(who)}</span>
        <button type="button" class="stamp" onClick={() => replay.seek(turn.start_ms)}>
          <span class="unseen">{say(WORDS.jump, { time: "" })}</span>
          {clock(turn.start_ms)}
        </button>
        {turn.interrupted && turn.speaker !== "caller" && <span class="tag">{say(WORDS.interrupted)}</span>}
      </header>
      <p lang={turn.language}>{words.length ? <Words words={words} replay={replay} /> : turn.text}</p>
      {decisions.length > 0 && (
        <ul class="decisions">
          {decisions.map((decision) => (
            <Reason key={decision.seq} decision={decision} replay={replay} />
          ))}
        </ul>
      )}
    </article>
  );
}

function Words({ words, replay }: { words: readonly TranscriptWord[]; replay: Replay }) {
  return (
    <>
      {words.map((word) => {
        const doubt = word.prob < UNSURE_PROB && !word.masked;
        const note = doubt ? ` · ${say(WORDS.unsureWord, { percent: percent(word.prob) })}` : "";
        return (
          <span key={`${word.start_ms}-${word.text}`}>
            <span
              class={`word${doubt ? " doubt" : ""}${word.masked ? " masked" : ""}`}
              data-start={word.start_ms}
              data-end={word.end_ms}
              title={word.masked ? say(WORDS.masked) : fineClock(word.start_ms) + note}
              onClick={() => replay.seek(word.start_ms)}
            >
              {word.text}
            </span>{" "}
          </span>
        );
      })}
    </>
  );
}

function Reason({ decision: { seq, t_ms, body }, replay }: { decision: Decision; replay: Replay }) {
  const text =
    body.type === "topic_found"
      ? `${body.topic === null ? say(WORDS.noTopic) : topicName(body.topic)} · ${say(WORDS.matchScore, { score: body.score.toFixed(2) })}`
      : actText(body);
  if (!text) return null;
  return (
    <li class={body.type}>
      <button type="button" onClick={() => replay.seek(t_ms ?? 0, seq)}>
        {text}
      </button>
    </li>
  );
}

/** What was said says its detail; a look-up's is a number that tells nobody anything. */
function actText({ act, detail }: ActDecided): string {
  const parts = act === "look_up" ? [] : detail.split(" ").map(code);
  return [act === "say" ? "" : code(act), ...parts].filter(Boolean).join(" · ");
}

/** Mark the word and the turn that sound now; the list follows while it plays and when somebody jumps. */
function follow(box: HTMLElement | null, replay: Replay): () => void {
  if (box === null) return () => undefined;
  const words = timed(box, ".word");
  const turns = timed(box, ".turn[data-start]");
  let [word, turn]: [HTMLElement | null, HTMLElement | null] = [null, null];
  let jumps = replay.jumps.peek();
  return effect(() => {
    const now = replay.now_ms.value;
    const active = replay.playing.value || replay.jumps.value > 0;
    const nextWord = active ? at(words, now, LINGER_MS) : null;
    const nextTurn = active ? at(turns, now, LINGER_MS) : null;
    if (nextWord !== word) {
      word?.classList.remove("now");
      nextWord?.classList.add("now");
      word = nextWord;
    }
    const jumped = jumps !== replay.jumps.value;
    if (nextTurn !== turn || jumped) {
      jumps = replay.jumps.value;
      turn?.classList.remove("now");
      nextTurn?.classList.add("now");
      turn = nextTurn;
      const target = nextTurn ?? (jumped ? (turns[placeAt(turns, now)]?.element ?? null) : null);
      if (target !== null) reveal(box, target);
    }
  });
}

interface Timed {
  readonly start_ms: number;
  readonly end_ms: number;
  readonly element: HTMLElement;
}

function timed(box: HTMLElement, selector: string): Timed[] {
  return [...box.querySelectorAll<HTMLElement>(selector)]
    .map((element) => ({ start_ms: Number(element.dataset["start"]), end_ms: Number(element.dataset["end"]), element }))
    .sort((one, other) => one.start_ms - other.start_ms);
}

function at(all: readonly Timed[], now_ms: number, linger_ms: number): HTMLElement | null {
  const found = all[placeAt(all, now_ms)];
  return found !== undefined && now_ms < found.end_ms + linger_ms ? found.element : null;
}
