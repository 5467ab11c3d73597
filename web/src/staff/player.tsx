// Sound, emotion and events on one axis of time. Clicking anywhere moves all of them.

import { useEffect, useMemo, useRef } from "preact/hooks";
import WaveSurfer from "wavesurfer.js";
import { Icon } from "../shared/icons";
import { say } from "../shared/language";
import type { LiveCall } from "../events.gen";
import { get, type Waveform } from "./api";
import type { CallState } from "./call";
import { type Feeling, feelings, stretches, UPSET_PROB } from "./emotion";
import { FeelingTrack } from "./feeling-track";
import { detailOf, nameOf, TONES } from "./event-list";
import { clock, code, fineClock, percent } from "./format";
import { may } from "./session";
import { WORDS } from "./words";

const RATES = [1, 1.25, 1.5, 2];

export function Player({ call }: { call: CallState }) {
  const live = call.live.value;
  const over = live.status === "ended";
  const sound = over && live.recording_file !== "" && !call.replay.missing.value && may("hear");
  const none = live.recording_file !== "" && !may("hear") ? WORDS.notYours : WORDS.noRecording;
  const end_ms = Math.max(call.timeline.value.last_ms, live.t_ms, 1);
  return (
    <section class="panel player" aria-label={say(WORDS.replay)}>
      <Buttons call={call} note={over ? (sound ? "" : say(none)) : say(WORDS.recordingLater)} />
      <div class="tracks">
        {sound && <Sound call={call} end_ms={end_ms} />}
        <Emotion call={call} end_ms={end_ms} />
        <FeelingTrack call={call} end_ms={end_ms} lane={Lane} />
        <Marks call={call} end_ms={end_ms} />
        <Axis call={call} end_ms={end_ms} />
      </div>
    </section>
  );
}

/** `note` says why there is nothing to play; empty when there is. */
function Buttons({ call: { replay, shownEvents }, note }: { call: CallState; note: string }) {
  const playing = replay.playing.value;
  return (
    <div class="buttons">
      {!note && (
        <button
          type="button"
          class="play"
          disabled={!replay.ready.value}
          aria-label={say(playing ? WORDS.pause : WORDS.play)}
          onClick={() => replay.toggle()}
        >
          <Icon name={playing ? "pause" : "play"} size={22} />
        </button>
      )}
      <button
        type="button"
        class="plain"
        aria-label={say(WORDS.previousEvent)}
        title={say(WORDS.previousEvent)}
        onClick={() => replay.step(shownEvents.value, -1)}
      >
        <Icon name="previous" size={18} />
      </button>
      <button
        type="button"
        class="plain"
        aria-label={say(WORDS.nextEvent)}
        title={say(WORDS.nextEvent)}
        onClick={() => replay.step(shownEvents.value, 1)}
      >
        <Icon name="next" size={18} />
      </button>
      <Position call={{ replay }} />
      {!note && (
        <div class="speeds" role="group" aria-label={say(WORDS.speed)}>
          {RATES.map((rate) => (
            <button
              type="button"
              key={rate}
              aria-pressed={replay.rate.value === rate}
              disabled={!replay.ready.value}
              onClick={() => replay.setRate(rate)}
            >
              {rate}×
            </button>
          ))}
        </div>
      )}
      {note ? <p class="note">{note}</p> : <p class="hint">{say(WORDS.keys)}</p>}
    </div>
  );
}

function Position({ call: { replay } }: { call: Pick<CallState, "replay"> }) {
  return <span class="position">{fineClock(replay.now_ms.value)}</span>;
}

/** The stereo recording. Its shape comes ready from the service, its sound in pieces as it plays. */
function Sound({ call, end_ms }: { call: CallState; end_ms: number }) {
  const box = useRef<HTMLDivElement>(null);
  const audio = useMemo(() => new Audio(), []);
  useEffect(() => {
    let wave: WaveSurfer | null = null;
    let gone = false;
    const path = `/api/calls/${encodeURIComponent(call.callId)}`;
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    const repaint = () => wave?.setOptions({ splitChannels: channels() });
    const letGo = call.replay.attach(audio);
    audio.preload = "metadata";
    audio.src = `${path}/recording`;
    get<Waveform>(`${path}/waveform`)
      .then((shape) => {
        if (gone || box.current === null) return;
        box.current.style.width = `${Math.min(shape.duration_ms / end_ms, 1) * 100}%`;
        wave = WaveSurfer.create({
          container: box.current,
          media: audio,
          peaks: [[...shape.caller], [...shape.others]],
          duration: shape.duration_ms / 1000,
          splitChannels: channels(),
          interact: false,
          cursorWidth: 0,
          height: 38,
          barWidth: 2,
          barGap: 1,
          barRadius: 2,
          normalize: true,
        });
        dark.addEventListener("change", repaint);
      })
      .catch(() => {
        call.replay.missing.value = true; // kept no longer, or never written: the rest is shown without it
      });
    return () => {
      gone = true;
      dark.removeEventListener("change", repaint);
      letGo();
      wave?.destroy();
      audio.removeAttribute("src");
      audio.load();
    };
  }, [call]);
  return (
    <div class="track sound">
      <span class="track-name">
        <b class="caller">{say(WORDS.callerSide)}</b>
        <b class="bot">{say(WORDS.botSide)}</b>
      </span>
      <Lane call={call} end_ms={end_ms}>
        <div ref={box} class="wave" />
      </Lane>
    </div>
  );
}

function channels() {
  const style = getComputedStyle(document.documentElement);
  return ["--caller", "--bot"].map((name) => {
    const colour = style.getPropertyValue(name).trim();
    const pale = style.getPropertyValue(`${name}-wave`).trim();
    return { waveColor: pale, progressColor: colour };
  });
}

/** A strip on the axis of time; a click moves the replay. */
function Lane({ call, end_ms, children }: { call: CallState; end_ms: number; children: preact.ComponentChildren }) {
  const seek = (event: MouseEvent) => {
    if (!(event.currentTarget instanceof HTMLElement)) return;
    const { left, width } = event.currentTarget.getBoundingClientRect();
    call.replay.seek(((event.clientX - left) / width) * end_ms);
  };
  return (
    <div class="lane" onClick={seek}>
      {children}
      <Playhead call={call} end_ms={end_ms} />
    </div>
  );
}

function Playhead({ call, end_ms }: { call: CallState; end_ms: number }) {
  const share = Math.min(call.replay.now_ms.value / end_ms, 1);
  return <span class="playhead" style={{ left: `${share * 100}%` }} aria-hidden="true" />;
}

function Emotion({ call, end_ms }: { call: CallState; end_ms: number }) {
  const all = useMemo(() => feelings(call.events.value), [call.events.value]);
  const { emotion_consent, status } = call.live.value;
  const none = emotion_consent === "refused" ? WORDS.emotionRefused : status === "ended" ? WORDS.emotionNone : WORDS.noBand;
  const title = say(WORDS.emotionTitle);
  return (
    <div class="track emotion">
      <span class="track-name" title={say(WORDS.emotionNote)}>
        {title}
      </span>
      {all.length ? (
        <Lane call={call} end_ms={end_ms}>
          <Curve all={all} end_ms={end_ms} smooth={call.live.value.emotion_curve} />
          <span class="scale" aria-hidden="true">
            {percent(UPSET_PROB)}
          </span>
          {all.map((one) => (
            <Point key={one.seq} one={one} end_ms={end_ms} call={call} />
          ))}
        </Lane>
      ) : (
        <p class="no-sound">{say(none)}</p>
      )}
      {all.length > 0 && <p class="track-note">{say(WORDS.emotionNote)}</p>}
    </div>
  );
}

/** Each estimate holds for its utterance; neighbours are joined, an abstention leaves a hatched gap. */
function Curve({ all, end_ms, smooth }: { all: readonly Feeling[]; end_ms: number; smooth: LiveCall["emotion_curve"] }) {
  const x = (t_ms: number) => (t_ms / end_ms) * 1000;
  const y = (prob: number) => 100 - prob * 100;
  const flat = (stretch: readonly Feeling[], value: (one: Feeling) => number) =>
    stretch.flatMap((one) => [`${x(one.start_ms)},${y(value(one))}`, `${x(one.end_ms)},${y(value(one))}`]);
  return (
    <svg viewBox="0 0 1000 100" preserveAspectRatio="none" aria-hidden="true">
      <defs>
        <pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <line x1="0" x2="0" y1="0" y2="7" />
        </pattern>
      </defs>
      <line class="threshold" x1="0" x2="1000" y1={y(UPSET_PROB)} y2={y(UPSET_PROB)} />
      {all
        .filter((one) => one.abstained)
        .map((one) => (
          <rect key={one.seq} class="gap" x={x(one.start_ms)} width={Math.max(x(one.end_ms - one.start_ms), 3)} y="0" height="100" />
        ))}
      {stretches(all).map((stretch) => (
        <g key={stretch[0]?.seq}>
          <polygon class="band" points={[...flat(stretch, (one) => one.high), ...flat([...stretch], (one) => one.low).reverse()].join(" ")} />
          <polyline class="curve" points={flat(stretch, (one) => one.anger_prob).join(" ")} />
        </g>
      ))}
      <polyline class="smooth" points={smooth.map((one) => `${x(one.t_ms)},${y(one.anger_prob)}`).join(" ")} />
    </svg>
  );
}

function Point({ one, end_ms, call }: { one: Feeling; end_ms: number; call: CallState }) {
  const value = one.abstained
    ? say(WORDS.abstained)
    : `${say(WORDS.anger, { percent: percent(one.anger_prob) })} (${say(WORDS.angerRange, { low: percent(one.low), high: percent(one.high) })})`;
  const label = [clock(one.start_ms), value, ...one.reasons.map(code)].join(" · ");
  const middle = (one.start_ms + one.end_ms) / 2;
  return (
    <button
      type="button"
      class={`point ${one.abstained ? "abstained" : one.anger_prob >= UPSET_PROB ? "upset" : ""}`}
      style={{ left: `${(middle / end_ms) * 100}%`, top: `${one.abstained ? 50 : 100 - one.anger_prob * 100}%` }}
      title={label}
      aria-label={label}
      onClick={(event) => {
        event.stopPropagation();
        call.replay.seek(one.start_ms, one.seq);
      }}
    />
  );
}

function Marks({ call, end_ms }: { call: CallState; end_ms: number }) {
  const marked = call.timeline.value.entries.filter((entry) => entry.type in TONES);
  return (
    <div class="track marks">
      <span class="track-name">{say(WORDS.events)}</span>
      <Lane call={call} end_ms={end_ms}>
        {marked.map((entry) => {
          const label = `${clock(entry.t_ms)} · ${nameOf(entry)} ${detailOf(entry)}`;
          return (
            <button
              type="button"
              key={entry.seq}
              class={`mark ${TONES[entry.type]}`}
              style={{ left: `${(entry.t_ms / end_ms) * 100}%` }}
              title={label}
              aria-label={label}
              onClick={(event) => {
                event.stopPropagation();
                call.replay.seek(entry.t_ms, entry.seq);
              }}
            />
          );
        })}
      </Lane>
    </div>
  );
}

function Axis({ call, end_ms }: { call: CallState; end_ms: number }) {
  const { now_ms } = call.replay;
  return (
    <div class="track axis">
      <span class="track-name" />
      <div class="lane">
        <input
          type="range"
          min="0"
          max={end_ms}
          step="100"
          value={now_ms.value}
          aria-label={say(WORDS.position)}
          aria-valuetext={fineClock(now_ms.value)}
          onInput={({ currentTarget }) => call.replay.seek(Number(currentTarget.value))}
        />
        <div class="ends" aria-hidden="true">
          <span>0:00</span>
          <span>{clock(end_ms)}</span>
        </div>
      </div>
    </div>
  );
}
