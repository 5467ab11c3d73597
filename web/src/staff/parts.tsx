// Small parts that several staff pages use.

import type { ComponentChildren } from "preact";
import type { EmotionPoint, LiveCall } from "../events.gen";
import { Icon, type IconName } from "../shared/icons";
import { say } from "../shared/language";
import { highest, UPSET_PROB } from "./emotion";
import { code, percent } from "./format";
import { WORDS } from "./words";

/** How a call stands, in one word and a colour. */
export function Outcome({ live }: { live: LiveCall }) {
  if (live.status === "talking") return <Badge tone="live" text={say(WORDS.talking)} />;
  if (live.status === "ringing") return <Badge tone="live" text={say(WORDS.ringing)} />;
  const tones: Record<string, Tone> = {
    completed: "good",
    escalated: "warm",
    callback: "warm",
    abandoned: "quiet",
    rejected: "bad",
    failed: "bad",
  };
  return <Badge tone={tones[live.result] ?? "quiet"} text={code(live.result || "ended")} />;
}

export type Tone = "live" | "good" | "warm" | "bad" | "quiet";

export function Badge({ tone, text }: { tone: Tone; text: string }) {
  return (
    <span class={`badge ${tone}`}>
      <i aria-hidden="true" />
      {text}
    </span>
  );
}

/** Anger over the call, small; gaps where the estimate abstained. */
export function Spark({ live }: { live: LiveCall }) {
  const top = highest(live.emotion);
  if (top === null) {
    return <span class="none">{live.emotion_consent === "refused" ? say(WORDS.emotionNo) : "—"}</span>;
  }
  return <AngerCurve emotion={live.emotion} end_ms={live.t_ms} />;
}

/** Estimates of anger up to a time, with the highest one in figures; nothing when all abstained. */
export function AngerCurve({ emotion, end_ms }: { emotion: readonly EmotionPoint[]; end_ms: number }) {
  const top = highest(emotion);
  if (top === null) return null;
  const end = Math.max(end_ms, 1);
  const points = emotion.map((point) => ({ x: (point.t_ms / end) * 84 + 3, y: 25 - point.anger_prob * 22, ...point }));
  return (
    <span class={`spark ${top >= UPSET_PROB ? "upset" : ""}`} title={say(WORDS.emotionNote)}>
      <svg width="90" height="28" viewBox="0 0 90 28" aria-hidden="true">
        <line class="half" x1="0" x2="90" y1="14" y2="14" />
        {points.slice(1).map((point, at) => {
          const before = points[at];
          if (before === undefined || before.abstained || point.abstained) return null;
          return <line key={at} x1={before.x} y1={before.y} x2={point.x} y2={point.y} />;
        })}
        {points.map((point, at) => point.abstained || <circle key={at} cx={point.x} cy={point.y} r="2.4" />)}
      </svg>
      {say(WORDS.highest, { percent: percent(top) })}
    </span>
  );
}

export function Empty({ icon, title, children }: { icon: IconName; title: string; children?: ComponentChildren }) {
  return (
    <div class="empty-state">
      <Icon name={icon} size={34} />
      <h2>{title}</h2>
      {children}
    </div>
  );
}

export function Failed({ retry, text }: { retry: () => void; text?: string }) {
  return (
    <Empty icon="alert" title={text ?? say(WORDS.failed)}>
      <button type="button" class="button" onClick={retry}>
        {say(WORDS.retry)}
      </button>
    </Empty>
  );
}
