// The buttons of a running call: mute, keypad, hang up.

import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "../shared/icons";
import { say } from "../shared/language";
import { digits, hangUp, keypadOpen, keysLost, microphone, muted, phase, press, toggleMute } from "./state";
import { WORDS } from "./words";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"] as const;

export function Controls() {
  const end = useRef<HTMLButtonElement>(null);
  useEffect(() => end.current?.focus(), []);
  const talking = phase.value === "connected";
  return (
    <>
      {keypadOpen.value && talking && <Keypad />}
      <div class="controls">
        <button type="button" class="round" disabled={!talking} aria-pressed={muted.value} onClick={toggleMute}>
          <span class="disc">
            <Icon name={muted.value ? "micOff" : "mic"} size={24} />
            {talking && !muted.value && <Level />}
          </span>
          {say(muted.value ? WORDS.unmute : WORDS.mute)}
        </button>
        <button
          type="button"
          class="round"
          disabled={!talking}
          aria-expanded={keypadOpen.value}
          onClick={() => {
            keypadOpen.value = !keypadOpen.value;
          }}
        >
          <span class="disc">
            <Icon name="keypad" size={24} />
          </span>
          {say(WORDS.keypad)}
        </button>
        <button type="button" class="round end" ref={end} onClick={hangUp}>
          <span class="disc">
            <Icon name="hangup" size={26} />
          </span>
          {say(WORDS.hangUp)}
        </button>
      </div>
    </>
  );
}

function Keypad() {
  const first = useRef<HTMLButtonElement>(null);
  // Before it is painted: a key pressed as soon as the keypad shows must not be lost.
  useLayoutEffect(() => {
    first.current?.focus();
    const typed = (event: KeyboardEvent) => {
      if (event.key === "Escape") keypadOpen.value = false;
      else if (!event.ctrlKey && !event.metaKey && !event.altKey && /^[0-9*#]$/.test(event.key)) void press(event.key);
    };
    window.addEventListener("keydown", typed);
    return () => window.removeEventListener("keydown", typed);
  }, []);
  return (
    <div class="keypad" role="group" aria-label={say(WORDS.keypad)}>
      <output aria-live="polite" class={keysLost.value ? "lost" : ""}>
        {keysLost.value ? say(WORDS.keysLost) : digits.value && say(WORDS.pressed, { digits: digits.value.slice(-18) })}
      </output>
      {KEYS.map((key, at) => (
        <button
          type="button"
          key={key}
          ref={at === 0 ? first : null}
          aria-label={key === "*" ? say(WORDS.star) : key === "#" ? say(WORDS.hash) : key}
          onClick={() => void press(key)}
        >
          {key === "*" ? "∗" : key}
        </button>
      ))}
    </div>
  );
}

/** How loud the microphone is, so that people see that they are heard. */
function Level() {
  const bar = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    if (microphone.value === null) return undefined;
    const context = new AudioContext();
    const meter = new AnalyserNode(context, { fftSize: 512 });
    context.createMediaStreamSource(microphone.value).connect(meter);
    const samples = new Float32Array(meter.fftSize);
    const timer = window.setInterval(() => {
      meter.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, value) => sum + value * value, 0) / samples.length;
      const level_dbfs = 10 * Math.log10(power + 1e-9);
      const share = Math.min(Math.max((level_dbfs + 60) / 50, 0), 1); // -60 dBFS is a quiet room, -10 dBFS a shout
      bar.current?.style.setProperty("--level", share.toFixed(2));
    }, 80);
    return () => {
      window.clearInterval(timer);
      void context.close();
    };
  }, [microphone.value]);
  return <span class="level" ref={bar} aria-hidden="true" />;
}
