// The caller's page: one button, and the call.

import { computed } from "@preact/signals";
import { render } from "preact";
import { useEffect, useRef } from "preact/hooks";
import "../shared/base.css";
import "./caller.css";
import { Icon } from "../shared/icons";
import { announce, say } from "../shared/language";
import { LanguageToggle } from "../shared/language-toggle";
import mark from "../shared/mark.svg";
import { CaptionList } from "./caption-list";
import { Controls } from "./controls";
import { call, captions, hangUp, loadSettings, muted, phase, seconds, settings, sound, trouble } from "./state";
import { TROUBLES, WORDS } from "./words";

const company = computed(() => settings.value.company || "Warmline");

function Page() {
  return (
    <div class="shell">
      <header class="top">
        <span class="brand">
          <img src={mark} alt="" />
          {company}
        </span>
        <LanguageToggle />
      </header>
      <main class={`card phase-${phase.value}`}>
        <Status />
        <TroubleNote />
        {phase.value === "idle" || phase.value === "asking" ? <Before /> : <Talk />}
      </main>
      <Speaker />
    </div>
  );
}

function Status() {
  const time = clockText(seconds.value);
  const { title, hint } = {
    idle: { title: say(WORDS.title, { company: company.value }), hint: say(WORDS.lead) },
    asking: { title: say(WORDS.asking), hint: say(WORDS.askingHint) },
    ringing: { title: say(WORDS.ringing), hint: say(WORDS.ringingHint) },
    connected: { title: say(WORDS.connected), hint: muted.value ? say(WORDS.mutedNow) : "" },
    ended: { title: say(WORDS.ended), hint: seconds.value > 0 ? say(WORDS.lasted, { time }) : "" },
  }[phase.value];
  return (
    <div class="status">
      <div role="status" aria-live="polite">
        <h1>{title}</h1>
        {hint && <p>{hint}</p>}
      </div>
      {phase.value === "connected" && (
        <span class="clock" role="timer" aria-live="off">
          <span class="pulse" aria-hidden="true" />
          {time}
        </span>
      )}
    </div>
  );
}

function TroubleNote() {
  if (trouble.value === null) return null;
  const { what, todo } = TROUBLES[trouble.value];
  return (
    <div class="trouble" role="alert">
      <Icon name="alert" />
      <div>
        <strong>{say(what)}</strong>
        <p>
          <span class="unseen">{say(WORDS.whatToDo)}: </span>
          {say(todo)}
        </p>
      </div>
    </div>
  );
}

function Before() {
  const asking = phase.value === "asking";
  const { recording, emotion } = settings.value;
  const recorded = { stay: WORDS.noteRecorded, ask: WORDS.noteRecordingAsked, off: WORDS.noteNotRecorded }[recording];
  const felt = { stay: WORDS.noteEmotion, ask: WORDS.noteEmotionAsked, off: null }[emotion];
  return (
    <>
      <div class="big">
        <div class="ring" aria-hidden="true" />
        {asking ? (
          <button type="button" class="call-button waiting" onClick={hangUp}>
            <Icon name="mic" size={34} />
            <span>{say(WORDS.hangUp)}</span>
          </button>
        ) : (
          <button type="button" class="call-button" onClick={() => void call()}>
            <Icon name="phone" size={34} />
            <span>{say(WORDS.call)}</span>
          </button>
        )}
      </div>
      <section class="notes" aria-labelledby="before">
        <h2 id="before">{say(WORDS.before)}</h2>
        <ul>
          <li>
            <Icon name="bot" />
            {say(WORDS.noteBot)}
          </li>
          <li>
            <Icon name="record" />
            {say(recorded)}
          </li>
          {felt && (
            <li>
              <Icon name="wave" />
              {say(felt)}
            </li>
          )}
          <li>
            <Icon name="mic" />
            {say(WORDS.noteMicrophone)}
          </li>
        </ul>
      </section>
    </>
  );
}

function Talk() {
  const again = useRef<HTMLButtonElement>(null);
  const ended = phase.value === "ended";
  useEffect(() => {
    if (ended) again.current?.focus();
  }, [ended]);
  return (
    <>
      {phase.value === "ringing" ? (
        <div class="big" aria-hidden="true">
          <div class="ring" />
          <span class="call-button still">
            <Icon name="phone" size={34} />
          </span>
        </div>
      ) : (
        <CaptionList captions={captions.value} />
      )}
      {ended ? (
        <div class="controls">
          <button ref={again} type="button" class="again" onClick={() => void call()}>
            <Icon name="phone" />
            {say(WORDS.callAgain)}
          </button>
        </div>
      ) : (
        <Controls />
      )}
    </>
  );
}

/** Plays what comes from the line; a browser that forbids it gets a button. */
function Speaker() {
  const audio = useRef<HTMLAudioElement>(null);
  useEffect(() => {
    if (audio.current === null) return;
    audio.current.srcObject = sound.value;
    if (sound.value !== null) audio.current.play().catch(() => audio.current?.setAttribute("controls", ""));
    else audio.current.removeAttribute("controls");
  }, [sound.value]);
  return <audio ref={audio} autoplay aria-label={say(WORDS.soundBlocked)} />;
}

function clockText(value: number): string {
  return `${Math.floor(value / 60)}:${String(value % 60).padStart(2, "0")}`;
}

announce(() => say(WORDS.title, { company: company.value }));
window.addEventListener("pagehide", hangUp);
void loadSettings();
render(<Page />, document.getElementById("page") as HTMLElement);
