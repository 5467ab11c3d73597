// The buttons of a call: mute, hold, keypad, consult, transfer, recording, hang up.

import { signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { Icon, type IconName } from "../../shared/icons";
import { type Said, say } from "../../shared/language";
import { granted, type Strip, targetOf, type Wish } from "./strip";
import { DESK } from "./words";

type Panel = "" | "keypad" | "consult" | "transfer" | "back-to-bot";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];

const SUPERVISED: Readonly<Record<string, Said>> = {
  listen: { en: "A supervisor is listening.", es: "Una persona responsable está escuchando." },
  whisper: { en: "A supervisor speaks to you; the caller does not hear it.", es: "Le habla una persona responsable; el cliente no la oye." },
  barge: { en: "A supervisor is in the call.", es: "Una persona responsable está en la llamada." },
};

export function CallStrip({ strip }: { strip: Strip }) {
  const open = useMemo(() => signal<Panel>(""), []);
  const keys = useMemo(() => signal(""), []);
  const now = strip.state.value;
  const press = (digit: string) => {
    keys.value += digit;
    void strip.wish("keypad", { digits: digit });
  };
  const button = (wish: Wish, icon: IconName, text: Said, body: Readonly<Record<string, unknown>> = {}) =>
    granted(now, wish) && (
      <button type="button" class="button" onClick={() => void strip.wish(wish, body)}>
        <Icon name={icon} size={18} />
        {say(text)}
      </button>
    );
  const panelButton = (panel: Panel & Wish, icon: IconName, text: Said) =>
    granted(now, panel) && (
      <button
        type="button"
        class="button"
        aria-expanded={open.value === panel}
        onClick={() => {
          open.value = open.value === panel ? "" : panel;
        }}
      >
        <Icon name={icon} size={18} />
        {say(text)}
      </button>
    );
  if (now === null) return null;
  return (
    <section class="panel strip" aria-label={say(DESK.strip)}>
      <div class="form-row" role="toolbar" aria-label={say(DESK.strip)}>
        {granted(now, "mute") && (
          <button
            type="button"
            class="button"
            aria-pressed={now?.muted ?? false}
            onClick={() => void strip.wish("mute", { on: !now?.muted })}
          >
            <Icon name={now?.muted ? "micOff" : "mic"} size={18} />
            {say(now?.muted ? DESK.unmute : DESK.mute)}
          </button>
        )}
        {button("hold", "pause", DESK.hold)}
        {button("resume", "play", DESK.resume)}
        {panelButton("keypad", "keypad", DESK.keypad)}
        {panelButton("consult", "people", DESK.consult)}
        {panelButton("transfer", "next", DESK.transfer)}
        {button("complete", "check", DESK.complete)}
        {button("conference", "people", DESK.merge)}
        {button("drop-second", "back", DESK.dropSecond)}
        {panelButton("back-to-bot", "bot", DESK.toBot)}
        {now?.recording === "on" && button("recording/pause", "record", DESK.pauseRecording)}
        {now?.recording === "paused" && button("recording/resume", "record", DESK.resumeRecording)}
        {button("leave", "hangup", DESK.leave)}
        {granted(now, "hang-up") && (
          <button type="button" class="button danger" onClick={() => void strip.wish("hang-up")}>
            <Icon name="hangup" size={18} />
            {say(DESK.hangUp)}
          </button>
        )}
      </div>
      <p class="muted" role="status">
        {now.supervised ? say(SUPERVISED[now.supervised] ?? SUPERVISED["listen"]!) : ""}
      </p>
      <p class={strip.failure.value ? "told bad" : "unseen"} role="alert">
        {strip.failure.value}
      </p>
      {open.value === "keypad" && (
        <div class="desk-keypad" role="group" aria-label={say(DESK.keypad)}>
          {KEYS.map((digit) => (
            <button type="button" class="button" key={digit} onClick={() => press(digit)}>
              {digit}
            </button>
          ))}
          <output>{keys.value && say(DESK.pressed, { keys: keys.value })}</output>
        </div>
      )}
      {(open.value === "consult" || open.value === "transfer") && (
        <Reach
          key={open.value}
          title={open.value === "consult" ? DESK.consult : DESK.transfer}
          reach={async (text) => {
            const target = targetOf(text);
            const wish = open.value as Wish;
            if (target !== null && (await strip.wish(wish, { target }))) open.value = "";
          }}
          cancel={() => {
            open.value = "";
          }}
        />
      )}
      {open.value === "back-to-bot" && (
        <Reach
          title={DESK.toBot}
          label={DESK.instruction}
          optional
          reach={async (text) => {
            const instruction = text.trim() ? `say:${text.trim()}` : "";
            if (await strip.wish("back-to-bot", { instruction })) open.value = "";
          }}
          cancel={() => {
            open.value = "";
          }}
        />
      )}
    </section>
  );
}

interface ReachProps {
  readonly title: Said;
  readonly label?: Said;
  readonly optional?: boolean;
  readonly reach: (text: string) => Promise<void>;
  readonly cancel: () => void;
}

function Reach({ title, label, optional = false, reach, cancel }: ReachProps) {
  return (
    <form
      class="form-row reach"
      aria-label={say(title)}
      onSubmit={(event) => {
        event.preventDefault();
        const field = new FormData(event.currentTarget as HTMLFormElement).get("target");
        void reach(typeof field === "string" ? field : "");
      }}
    >
      <div class="field">
        <label for="reach-target">{say(label ?? DESK.target)}</label>
        <input
          id="reach-target"
          name="target"
          list={label ? undefined : "reach-colleagues"}
          required={!optional}
          maxLength={label ? 290 : 128}
          autocomplete="off"
          aria-describedby={label ? undefined : "reach-hint"}
          ref={(element) => element?.focus()}
        />
        {!label && (
          <p class="hint" id="reach-hint">
            {say(DESK.targetHint)}
          </p>
        )}
      </div>
      <button type="submit" class="button primary">
        {say(DESK.go)}
      </button>
      <button type="button" class="button" onClick={cancel}>
        {say(DESK.cancel)}
      </button>
    </form>
  );
}
