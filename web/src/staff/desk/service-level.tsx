// How well queues were answered in the last hours, as a table: counted by the service from its log.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { locale, type Said, say } from "../../shared/language";
import { get } from "../api";
import { wait } from "../forms";
import { percent } from "../format";

interface Level {
  readonly queue: string;
  readonly from_utc: string;
  readonly aim_s: number;
  readonly answered: number;
  readonly in_time: number;
  readonly abandoned: number;
  readonly elsewhere: number;
  readonly service_level: number | null;
  readonly average_wait_ms: number | null;
  readonly longest_wait_ms: number;
}

const LEVEL = {
  title: { en: "Answered in time, last 8 hours", es: "Atendido a tiempo, últimas 8 horas" },
  none: { en: "Nobody has waited in this time.", es: "Nadie ha esperado en este tiempo." },
  failed: { en: "The figures cannot be read right now.", es: "Ahora mismo no se pueden leer las cifras." },
  queue: { en: "Queue", es: "Cola" },
  from: { en: "From", es: "Desde" },
  share: { en: "In time", es: "A tiempo" },
  shareOf: { en: "{percent} within {seconds} s", es: "{percent} en {seconds} s" },
  answered: { en: "Answered", es: "Atendidas" },
  abandoned: { en: "Gave up", es: "Abandonos" },
  elsewhere: { en: "Call back or message", es: "Llamada o mensaje" },
  average: { en: "Average wait", es: "Espera media" },
  longest: { en: "Longest wait", es: "Espera máxima" },
} as const satisfies Readonly<Record<string, Said>>;

const EVERY_MS = 60_000;
const levels = signal<readonly Level[] | null>(null);
const failed = signal(false);

async function load(): Promise<void> {
  try {
    levels.value = await get<Level[]>("/api/desk/service-level?hours=8&minutes=60");
    failed.value = false;
  } catch {
    failed.value = true;
  }
}

export function ServiceLevels() {
  useEffect(() => {
    void load();
    const timer = window.setInterval(() => void load(), EVERY_MS);
    return () => window.clearInterval(timer);
  }, []);
  return (
    <section class="panel block" aria-labelledby="levels-title">
      <h2 id="levels-title">{say(LEVEL.title)}</h2>
      {failed.value && <p class="told bad">{say(LEVEL.failed)}</p>}
      {levels.value?.length === 0 ? (
        <p class="muted">{say(LEVEL.none)}</p>
      ) : (
        <div class="wide" tabIndex={0} role="region" aria-labelledby="levels-title">
          <table class="facts-table">
            <thead>
              <tr>
                {(["queue", "from", "share", "answered", "abandoned", "elsewhere", "average", "longest"] as const).map((name) => (
                  <th scope="col" key={name}>
                    {say(LEVEL[name])}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {(levels.value ?? []).map((level) => (
                <tr key={`${level.queue} ${level.from_utc}`}>
                  <th scope="row">{level.queue}</th>
                  <td>
                    <time dateTime={level.from_utc}>{hour(level.from_utc)}</time>
                  </td>
                  <td>
                    {level.service_level === null
                      ? "—"
                      : say(LEVEL.shareOf, { percent: percent(level.service_level), seconds: level.aim_s })}
                  </td>
                  <td>{level.answered}</td>
                  <td>{level.abandoned}</td>
                  <td>{level.elsewhere}</td>
                  <td>{level.average_wait_ms === null ? "—" : wait(Math.round(level.average_wait_ms / 1000))}</td>
                  <td>{wait(Math.round(level.longest_wait_ms / 1000))}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function hour(at: string): string {
  return new Intl.DateTimeFormat(locale.value, { hour: "2-digit", minute: "2-digit" }).format(new Date(at));
}
