// One call: live while it goes on, replay afterwards; the same folds serve both.

import { computed, signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { Event, LegQualityMeasured, LiveCall, LiveLine, Timeline, TimelineEntry, Transcript } from "../events.gen";
import { lineOf, liveOver, START as LIVE_START } from "../folds/live";
import { START as TIMELINE_START, timelineOver } from "../folds/timeline";
import { START as TRANSCRIPT_START, transcriptOver } from "../folds/transcript";
import { Icon } from "../shared/icons";
import { type Said, say } from "../shared/language";
import { type CallDetail, follow, get, type LiveMessage, Refused } from "./api";
import { BriefPanel } from "./brief";
import { EventList, isKey } from "./event-list";
import { callerName, clock, code, finePercent, languageName, opinion, phone, when } from "./format";
import { handoverText, supervisorTexts } from "./handover-words";
import { Badge, Empty, Failed, Outcome } from "./parts";
import { Player } from "./player";
import { Replay } from "./replay";
import { TranscriptPanel } from "./transcript";
import { VERIFIED, WORDS } from "./words";

/** How the caller came in, by `transport`. */
const LINES: Readonly<Record<string, Said>> = { webrtc: WORDS.webLine, import: WORDS.importedLine };

/** What is guessed while somebody speaks: never logged. */
export interface Guess {
  readonly utteranceId: string;
  readonly revision: number;
  readonly sure: string;
  readonly unsure: string;
}

/** All that the page knows of a call. */
export class CallState {
  readonly events = signal<readonly Event[]>([]);
  readonly live = signal<LiveCall>(LIVE_START);
  readonly timeline = signal<Timeline>(TIMELINE_START);
  readonly transcript = signal<Transcript>(TRANSCRIPT_START);
  readonly guess = signal<Guess | null>(null);
  readonly saying = signal("");
  /** The newest measurement of the caller's line while the call runs; the log has only the remarkable ones. */
  readonly line = signal<LiveLine | null>(null);
  readonly failure = signal<"missing" | "failed" | null>(null);
  readonly everyFact = signal(false);
  readonly replay = new Replay();
  readonly shownEvents = computed<readonly TimelineEntry[]>(() =>
    this.timeline.value.entries.filter((entry) => this.everyFact.value || isKey(entry)),
  );

  private botSpeaks = false;

  constructor(readonly callId: string) {}

  async load(): Promise<void> {
    try {
      const detail = await get<CallDetail>(`/api/calls/${encodeURIComponent(this.callId)}`);
      this.failure.value = null;
      if (detail.seq > this.live.value.seq) this.begin(detail.events);
    } catch (error) {
      this.failure.value = error instanceof Refused && error.status === 404 ? "missing" : "failed";
    }
  }

  take(message: LiveMessage): void {
    if (message.kind === "snapshot") {
      if ("events" in message && message.events.length) this.begin(message.events);
    } else if (message.kind === "event") {
      if (message.event.seq > this.live.value.seq) this.add([message.event]);
    } else {
      this.takeSignal(message.name, message.data);
    }
  }

  private begin(events: readonly Event[]): void {
    this.events.value = events;
    this.live.value = liveOver(events);
    this.timeline.value = timelineOver(events);
    this.transcript.value = transcriptOver(events);
  }

  private add(events: readonly Event[]): void {
    this.events.value = [...this.events.value, ...events];
    this.live.value = liveOver(events, this.live.value);
    this.timeline.value = timelineOver(events, this.timeline.value);
    this.transcript.value = transcriptOver(events, this.transcript.value);
    for (const { body } of events) {
      if (body.type === "utterance_heard" && body.utterance_id === this.guess.value?.utteranceId) this.guess.value = null;
      if (body.type === "turn_ended" && body.speaker === "caller") this.guess.value = null;
      if (body.type === "turn_ended" && body.speaker === "bot" && !this.botSpeaks) this.saying.value = "";
      if (body.type === "call_ended") {
        this.guess.value = null;
        this.saying.value = "";
        this.line.value = null;
      }
    }
  }

  private takeSignal(name: string, data: Readonly<Record<string, unknown>>): void {
    if (name === "speaking" && data["member"] === "bot") {
      const before = this.botSpeaks ? this.saying.value : "";
      this.botSpeaks = data["speaking"] === true;
      if (this.botSpeaks) this.saying.value = `${before} ${String(data["text"] ?? "")}`.trim();
    }
    if (name === "quality" && data["member"] === "caller") this.line.value = lineOf(data as unknown as LegQualityMeasured);
    if (name !== "hypothesis") return;
    const guess: Guess = {
      utteranceId: String(data["utterance_id"]),
      revision: Number(data["revision"]),
      sure: String(data["committed"] ?? ""),
      unsure: String(data["tentative"] ?? ""),
    };
    const old = this.guess.value;
    if (old?.utteranceId !== guess.utteranceId || old.revision < guess.revision) this.guess.value = guess;
  }
}

export function CallPage({ callId, at_ms }: { callId: string; at_ms: number | null }) {
  const call = useMemo(() => new CallState(callId), [callId]);
  useEffect(() => {
    void call.load();
    const leave = follow(callId, (message) => call.take(message));
    const pressed = (event: KeyboardEvent) => {
      if (call.replay.key(event, call.shownEvents.value)) event.preventDefault();
    };
    window.addEventListener("keydown", pressed);
    return () => {
      leave();
      window.removeEventListener("keydown", pressed);
    };
  }, [call]);
  useEffect(() => {
    if (at_ms !== null) call.replay.seek(at_ms);
  }, [call, at_ms]);

  if (!call.events.value.length) {
    if (call.failure.value === "missing") {
      return (
        <Empty icon="search" title={say(WORDS.noCall)}>
          <a class="button" href="/desk">
            {say(WORDS.backToCalls)}
          </a>
        </Empty>
      );
    }
    if (call.failure.value === "failed") return <Failed retry={() => void call.load()} />;
    return <Empty icon="calls" title={say(WORDS.loading)} />;
  }
  return (
    <div class="page call-page">
      <Head live={call.live.value} line={call.line.value} gone={call.replay.missing.value} />
      <Player call={call} />
      <div class="columns">
        <TranscriptPanel call={call} />
        <div class="side">
          <BriefPanel call={call} />
          <Slots live={call.live.value} />
          <EventList call={call} />
        </div>
      </div>
    </div>
  );
}

/** `line`: measured after what the log has. `gone`: there was a recording, and it was destroyed since. */
function Head({ live, line, gone }: { live: LiveCall; line: LiveLine | null; gone: boolean }) {
  const known = live.slots.some((slot) => slot.slot === "account_number" && slot.confirmed);
  const level = live.brief?.verified ?? (known ? "account_given" : live.caller ? "caller_id_only" : "none");
  return (
    <header class="call-head">
      <a class="back" href="/desk">
        <Icon name="back" size={16} />
        {say(WORDS.backToCalls)}
      </a>
      <div class="call-title">
        <span class="avatar" aria-hidden="true">
          <Icon name={live.transport === "webrtc" ? "globe" : "person"} size={24} />
        </span>
        <div>
          <h1>{callerName(live)}</h1>
          <p>
            {live.caller_name && live.caller ? `${phone(live.caller)} · ` : ""}
            {when(live.offered_at_utc)}
            {live.t_ms > 0 && ` · ${clock(live.t_ms)}`}
            {live.reason && ` · ${code(live.reason)}`}
          </p>
        </div>
        <div class="call-badges">
          {live.safety && <Badge tone="bad" text={say(WORDS.safety, { kind: code(live.safety) })} />}
          {live.escalation && live.result !== "escalated" && <Badge tone="warm" text={code(live.escalation)} />}
          <People live={live} />
          <Outcome live={live} />
        </div>
      </div>
      <dl class="call-facts">
        <Fact name={WORDS.verified} value={say(VERIFIED[level])} />
        <Fact name={WORDS.language} value={languageName(live.language) || "—"} />
        <Fact name={WORDS.line} value={say(LINES[live.transport] ?? WORDS.phoneLine)} />
        <Sound line={line ?? live.lines.findLast((one) => one.member === "caller")} />
        <Fact name={WORDS.recording} value={say(gone ? WORDS.recordingGone : recordingState(live))} />
        <Fact
          name={WORDS.consent}
          value={`${say(WORDS.consentRecording)}: ${say(WORDS[live.recording_consent])} · ${say(WORDS.consentEmotion)}: ${say(WORDS[live.emotion_consent])}`}
        />
      </dl>
      {live.degraded.length > 0 && (
        <p class="degraded">
          <Icon name="alert" size={18} />
          {say(WORDS.degraded, { what: live.degraded.map(code).join(", ") })}
        </p>
      )}
    </header>
  );
}

function recordingState(live: LiveCall): Said {
  if (live.recording === "on") return WORDS.recordingOn;
  if (live.recording === "paused") return WORDS.recordingPaused;
  if (live.recording === "off") return WORDS.recordingOff;
  return live.recording_file ? WORDS.recordingKept : WORDS.recordingDeleted;
}

function Fact({ name, value }: { name: Said; value: string }) {
  return (
    <div>
      <dt>{say(name)}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** Whether the caller holds us, and how far the newest attempt to bring a person is. */
function People({ live }: { live: LiveCall }) {
  const state = handoverText(live);
  const held = live.members.some((member) => member.member === "caller" && member.held);
  return (
    <>
      {held && <Badge tone="warm" text={say(WORDS.held)} />}
      {state && <Badge tone={state.tone} text={state.text} />}
      {supervisorTexts(live).map((text) => (
        <Badge key={text} tone="live" text={text} />
      ))}
    </>
  );
}

/** What the caller's line sounds like. */
function Sound({ line }: { line: LiveLine | undefined }) {
  const details = line && [
    opinion(line.mos),
    say(WORDS.madeUp, { percent: finePercent(line.concealed_share) }),
    say(WORDS.jitter, { ms: String(Math.round(line.jitter_ms)) }),
    ...(line.round_trip_ms === null ? [] : [say(WORDS.roundTrip, { ms: String(Math.round(line.round_trip_ms)) })]),
  ];
  return (
    <div title={say(WORDS.soundNote)} data-sound={line?.quality}>
      <dt>{say(WORDS.sound)}</dt>
      <dd>
        {line && details ? `${code(line.quality)} · ` : say(WORDS.soundNone)}
        {details?.join(" · ")}
      </dd>
    </div>
  );
}

function Slots({ live }: { live: LiveCall }) {
  if (!live.slots.length) return null;
  return (
    <section class="panel slots" aria-labelledby="slots-title">
      <h2 id="slots-title">{say(WORDS.slots)}</h2>
      <dl>
        {live.slots.map((slot) => (
          <div key={slot.slot}>
            <dt>{code(slot.slot)}</dt>
            <dd>
              {slot.value}
              <small class={slot.confirmed ? "sure" : ""}>
                {slot.confirmed && <Icon name="check" size={14} />}
                {say(slot.confirmed ? WORDS.confirmed : WORDS.unconfirmed)}
              </small>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
