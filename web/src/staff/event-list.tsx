// Every fact of the call in order of time; the chosen one and the present one are marked.

import { effect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { TimelineEntry } from "../events.gen";
import { say } from "../shared/language";
import type { CallState } from "./call";
import { clock, code, finePercent, opinion, percent, topicName } from "./format";
import { EVENT_NAMES, WORDS } from "./words";

/** What the transcript and the header show already; it is left out of the short list. */
const BACKGROUND = new Set(["utterance_heard", "turn_ended", "feeling_read", "leg_joined", "leg_left", "recording_started", "notice_given"]);

/** Kinds that get a colour on the track and in the list. */
export const TONES: Readonly<Record<string, string>> = {
  escalation_requested: "warm",
  safety_raised: "bad",
  barged_in: "warm",
  leg_held: "warm",
  caller_replaced: "warm",
  handover_answered: "accent",
  handover_completed: "good",
  handover_failed: "bad",
  handover_cancelled: "warm",
  brief_prepared: "accent",
  callback_booked: "accent",
  callback_offered: "accent",
  flow_finished: "good",
  topic_found: "accent",
  call_ended: "ink",
  call_answered: "ink",
  consent_refused: "warm",
  degraded: "bad",
  recording_silenced: "warm",
};

export function isKey(entry: TimelineEntry): boolean {
  if (entry.type === "leg_quality_measured") return entry.detail !== "whole good";
  return !BACKGROUND.has(entry.type) && !(entry.type === "act_decided" && /^(look_up|set|say) /.test(entry.detail));
}

export function nameOf(entry: TimelineEntry): string {
  const missed = entry.type === "topic_found" && entry.detail.startsWith("- ");
  const name = EVENT_NAMES[missed ? "topic_missed" : entry.type];
  return name ? say(name) : code(entry.type);
}

/** The rest of the line, in words. */
export function detailOf(entry: TimelineEntry): string {
  switch (entry.type) {
    case "emotion_estimated":
      return entry.value === null ? say(WORDS.abstained) : say(WORDS.anger, { percent: percent(entry.value) });
    case "feeling_read":
      return entry.detail === "-" ? say(WORDS.abstained) : code(entry.detail);
    case "utterance_heard":
    case "turn_ended":
      return `${code(entry.who)}: ${entry.text}`;
    case "topic_found":
      return entry.detail.startsWith("- ") ? "" : topicName(entry.detail.split(" ")[0] ?? "");
    case "call_offered": {
      const [line = "", called = ""] = entry.detail.split(" ");
      return `${code(line)} → ${called}`;
    }
    case "consent_given":
    case "consent_refused": {
      const [subject, how = ""] = entry.detail.split(" ");
      return `${say(subject === "emotion" ? WORDS.consentEmotion : WORDS.consentRecording)} · ${code(how)}`;
    }
    case "slot_filled":
    case "flow_finished": {
      const [name = "", ...value] = entry.detail.split(" ");
      return `${code(name)}: ${value.join(" ")}`;
    }
    case "digits_pressed":
    case "recording_started":
      return entry.detail;
    case "escalation_requested":
      return code(entry.detail.split(" ")[0] ?? "");
    case "leg_quality_measured": {
      const [scope = "", quality = ""] = entry.detail.split(" ");
      return `${code(entry.who)} · ${code(quality)} · ${opinion(entry.value ?? 0)} · ${code(scope)}`;
    }
    case "talk_measured":
      return say(WORDS.ofTheTime, { percent: finePercent(entry.value ?? 0) });
    case "leg_held":
    case "leg_resumed":
      return code(entry.who);
    case "handover_started": {
      const [how = "", ...target] = entry.detail.split(" ");
      return `${target.join(" ")} · ${code(how)}`;
    }
    case "leg_joined":
    case "leg_left":
      return `${code(entry.who)} · ${code(entry.detail)}`;
    default:
      return entry.detail
        .split(" ")
        .map((part) => code(part))
        .filter((part) => part && part !== "-")
        .join(" · ");
  }
}

export function EventList({ call }: { call: CallState }) {
  const list = useRef<HTMLOListElement>(null);
  const { replay } = call;
  const entries = call.shownEvents.value;
  useEffect(
    () =>
      effect(() => {
        const now = replay.now_ms.value;
        const picked = replay.picked.value;
        const used = replay.playing.value || replay.jumps.value > 0;
        const at = picked ?? (used ? entries.findLast((entry) => entry.t_ms <= now + 1)?.seq : undefined);
        for (const item of list.current?.children ?? []) {
          const here = item instanceof HTMLElement && item.dataset["seq"] === String(at);
          item.toggleAttribute("data-now", here);
          if (here && (replay.playing.value || picked !== null)) reveal(list.current, item as HTMLElement);
        }
      }),
    [entries, replay],
  );
  return (
    <section class="panel events" aria-labelledby="events-title">
      <div class="panel-head">
        <h2 id="events-title">{say(WORDS.events)}</h2>
        <label class="check">
          <input
            type="checkbox"
            checked={call.everyFact.value}
            onChange={({ currentTarget }) => {
              call.everyFact.value = currentTarget.checked;
            }}
          />
          {say(WORDS.everyFact)}
        </label>
      </div>
      <ol ref={list}>
        {entries.map((entry) => (
          <li key={entry.seq} data-seq={entry.seq} class={TONES[entry.type] ?? ""}>
            <button type="button" onClick={() => replay.seek(entry.t_ms, entry.seq)}>
              <time>{clock(entry.t_ms)}</time>
              <span>
                <strong>{nameOf(entry)}</strong> <span class="detail">{detailOf(entry)}</span>
              </span>
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** Scroll `box`, and only it, so far that `item` is seen. */
export function reveal(box: HTMLElement | null, item: HTMLElement): void {
  if (box === null) return;
  const [outer, inner] = [box.getBoundingClientRect(), item.getBoundingClientRect()];
  if (inner.top < outer.top + 8) box.scrollTop += inner.top - outer.top - outer.height / 3;
  else if (inner.bottom > outer.bottom - 8) box.scrollTop += inner.bottom - outer.bottom + outer.height / 3;
}
