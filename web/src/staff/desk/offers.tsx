// What is offered to an agent: the brief, the time that is left, accept or decline.

import { signal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { BriefFact, BriefPrepared } from "../../events.gen";
import { type Said, say } from "../../shared/language";
import { clock, code, languageName } from "../format";
import { Related } from "../customers/related";
import { AngerCurve, Badge } from "../parts";
import { VERIFIED, WORDS } from "../words";
import { now_ms } from "./clock";
import { left_s, type Offer, since_ms } from "./state";
import { DESK, OFFER_ENDS } from "./words";

const KEPT = "warmline.offer-sound";
const sound = signal(globalThis.localStorage?.getItem(KEPT) === "on");

/** Two soft tones, made here. */
function ring(): void {
  if (!sound.value) return;
  const context = new AudioContext();
  for (const [at_s, hz] of [[0, 660], [0.22, 880]] as const) {
    const tone = new OscillatorNode(context, { frequency: hz });
    const gain = new GainNode(context, { gain: 0 });
    gain.gain.linearRampToValueAtTime(0.2, context.currentTime + at_s + 0.02);
    gain.gain.linearRampToValueAtTime(0, context.currentTime + at_s + 0.2);
    tone.connect(gain).connect(context.destination);
    tone.start(context.currentTime + at_s);
    tone.stop(context.currentTime + at_s + 0.22);
  }
  window.setTimeout(() => void context.close(), 800);
}

interface OffersProps {
  readonly offers: readonly Offer[];
  readonly missed: string;
  readonly wish: (command: Readonly<Record<string, unknown>>) => Promise<boolean>;
}

export function Offers({ offers, missed, wish }: OffersProps) {
  const first = offers[0];
  // Before it is painted: who sees an offer may press its keys.
  useLayoutEffect(() => {
    if (first === undefined) return;
    ring();
    const pressed = (event: KeyboardEvent) => {
      if (!event.altKey || !event.shiftKey || event.ctrlKey || event.metaKey) return;
      if (event.code === "KeyA") void wish({ do: "accept", reservation_id: first.reservation_id });
      else if (event.code === "KeyD") void wish({ do: "decline", reservation_id: first.reservation_id });
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, [first?.reservation_id]);
  const why = OFFER_ENDS[missed];
  return (
    <>
      <p class={why ? "told warm" : "unseen"} role="status">
        {why ? say(DESK.missed, { why: say(why) }) : ""}
      </p>
      {/* Read out once when it appears, not with each second. */}
      <p class="unseen" role="alert">
        {first ? `${say(DESK.offer)}: ${first.card.brief?.matter ?? say(kindOf(first))}. ${say(DESK.keyHint)}` : ""}
      </p>
      {offers.map((offer) => (
        <OfferCard key={offer.reservation_id} offer={offer} wish={wish} />
      ))}
    </>
  );
}

function kindOf(offer: Offer): Said {
  return offer.contact_kind === "call" ? DESK.offerCall : DESK.offerConversation;
}

function OfferCard({ offer, wish }: { offer: Offer; wish: OffersProps["wish"] }) {
  const note = useRef<HTMLInputElement>(null);
  const left = left_s(offer.ends_utc, now_ms.value);
  return (
    <section class="panel offer" aria-label={say(DESK.offer)}>
      <header>
        <h2>
          {say(kindOf(offer))} · {offer.queue}
        </h2>
        <Badge tone="live" text={languageName(offer.language)} />
        {offer.vip && <Badge tone="warm" text={say(DESK.vip)} />}
        <span class="muted">{say(DESK.waited, { time: clock(since_ms(offer.waiting_since_utc, now_ms.value)) })}</span>
        <span class="countdown" role="timer">
          {say(DESK.secondsLeft, { seconds: left })}
        </span>
      </header>
      <progress max={offer.for_ms} value={left * 1000} aria-label={say(DESK.secondsLeft, { seconds: left })} />
      <BriefText brief={offer.card.brief ?? null} />
      <div class="form-row">
        <button
          type="button"
          class="button primary"
          aria-keyshortcuts="Alt+Shift+A"
          onClick={() => void wish({ do: "accept", reservation_id: offer.reservation_id })}
        >
          {say(DESK.accept)}
        </button>
        <input class="note" ref={note} maxLength={500} aria-label={say(DESK.declineWhy)} placeholder={say(DESK.declineWhy)} />
        <button
          type="button"
          class="button"
          aria-keyshortcuts="Alt+Shift+D"
          onClick={() =>
            void wish({ do: "decline", reservation_id: offer.reservation_id, note: note.current?.value ?? "" })
          }
        >
          {say(DESK.decline)}
        </button>
        <label class="check">
          <input
            type="checkbox"
            checked={sound.value}
            onChange={(event) => {
              sound.value = event.currentTarget.checked;
              localStorage.setItem(KEPT, sound.value ? "on" : "off");
            }}
          />
          {say(DESK.sound)}
        </label>
      </div>
      <p class="hint">{say(DESK.keyHint)}</p>
    </section>
  );
}

/** The brief as it was prepared: every statement with the words that prove it. */
export function BriefText({ brief }: { brief: BriefPrepared | null }) {
  if (brief === null) return <p class="muted">{say(DESK.noBrief)}</p>;
  return (
    <div class="brief-text">
      <p class="brief-matter">{brief.matter}</p>
      <p class="muted">
        {[brief.caller, say(VERIFIED[brief.verified]), brief.reason && code(brief.reason)].filter(Boolean).join(" · ")}
      </p>
      <AngerCurve emotion={brief.emotion} end_ms={brief.emotion.at(-1)?.t_ms ?? 0} />
      <Facts title={WORDS.facts} facts={brief.facts} />
      <Facts title={WORDS.tried} facts={brief.tried} />
      <Facts title={WORDS.openQuestions} facts={brief.open_questions} />
      <Related related={brief.related} />
      {brief.suggested_opening && (
        <p>
          <strong>{say(DESK.suggested)}:</strong> “{brief.suggested_opening}”
        </p>
      )}
    </div>
  );
}

function Facts({ title, facts }: { title: Said; facts: readonly BriefFact[] }) {
  if (!facts.length) return null;
  return (
    <>
      <h3>{say(title)}</h3>
      <ul class="plain-facts">
        {facts.map((fact, at) => (
          <li key={at}>
            {fact.text} {fact.quote && <q>{fact.quote}</q>}
          </li>
        ))}
      </ul>
    </>
  );
}
