// How far a human is, in words: for the head of a call and for the floor.

import type { LiveCall } from "../events.gen";
import { type Said, say } from "../shared/language";
import { code } from "./format";
import type { Tone } from "./parts";

interface Shown {
  readonly tone: Tone;
  readonly said: Said;
}

const STATES: Readonly<Record<Exclude<LiveCall["handover"], "">, Shown>> = {
  referring: { tone: "warm", said: { en: "The caller is passed on", es: "Se pasa la llamada" } },
  calling: { tone: "warm", said: { en: "A person is being called", es: "Se llama a una persona" } },
  ringing: { tone: "warm", said: { en: "It rings at a person's", es: "Suena donde la persona" } },
  briefing: { tone: "warm", said: { en: "A person hears the brief", es: "Una persona oye el resumen" } },
  queued: { tone: "warm", said: { en: "Waits for a person", es: "Espera a una persona" } },
  offered: { tone: "warm", said: { en: "Offered to {agent}", es: "Ofrecida a {agent}" } },
  joining: { tone: "warm", said: { en: "{agent} is being joined", es: "Se conecta a {agent}" } },
  connected: { tone: "good", said: { en: "With {agent}", es: "Con {agent}" } },
  on_hold: { tone: "warm", said: { en: "On hold by {agent}", es: "Retenida por {agent}" } },
  reaching: { tone: "live", said: { en: "{agent} is getting {second}", es: "{agent} busca a {second}" } },
  consulting: { tone: "live", said: { en: "{agent} consults {second}", es: "{agent} consulta a {second}" } },
  conference: { tone: "good", said: { en: "With {agent} and {second}", es: "Con {agent} y {second}" } },
  restoring: {
    tone: "bad",
    said: { en: "The line of {agent} broke; it may come back", es: "Se cortó la línea de {agent}; puede volver" },
  },
  failed: { tone: "bad", said: { en: "No person was reached", es: "No se alcanzó a nadie" } },
  cancelled: { tone: "quiet", said: { en: "Wanted no person any more", es: "Ya no quería una persona" } },
  to_bot: { tone: "quiet", said: { en: "Given back to the bot", es: "Devuelta al bot" } },
  released: { tone: "quiet", said: { en: "Was with a person", es: "Estuvo con una persona" } },
};

const SOMEBODY: Said = { en: "a person", es: "una persona" };
const MUTED: Said = { en: "microphone off", es: "micrófono apagado" };
const MODES: Readonly<Record<string, Said>> = {
  listen: { en: "{name} listens", es: "{name} escucha" },
  whisper: { en: "{name} whispers to the agent", es: "{name} susurra al agente" },
  barge: { en: "{name} is in the call", es: "{name} interviene" },
};

/** How far the newest attempt to bring a human is; null when there was none. */
export function handoverText(live: LiveCall): { readonly tone: Tone; readonly text: string } | null {
  if (live.handover === "") return null;
  const shown = STATES[live.handover];
  if (!shown) return { tone: "quiet", text: code(live.handover) }; // of a newer service
  const { agent, second, muted } = live.people;
  const names = { agent: agent || say(SOMEBODY), second: second || say(SOMEBODY) };
  return { tone: shown.tone, text: `${say(shown.said, names)}${muted ? ` · ${say(MUTED)}` : ""}` };
}

/** Supervisors who are in a call. */
export function supervisorTexts(live: LiveCall): readonly string[] {
  return live.people.supervisors.map(({ supervisor, mode }) => {
    const said = MODES[mode];
    return said ? say(said, { name: supervisor }) : supervisor;
  });
}
