// Files beside an answer: each is taken by the service when it is chosen, and goes out with the message.

import { type Signal, useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { type Said, say } from "../../shared/language";
import { Refused, sendFile } from "../api";

export interface Attached {
  readonly ticket: string;
  readonly name: string;
  readonly size_bytes: number;
}

export const FILES_MOST = 10;

const ATTACH = {
  attach: { en: "Attach files", es: "Adjuntar archivos" },
  attached: { en: "Files that go with the answer", es: "Archivos que van con la respuesta" },
  remove: { en: "Leave out {name}", es: "Quitar {name}" },
  taking: { en: "Taking the file…", es: "Guardando el archivo…" },
  badType: {
    en: "{name} is no file that can be sent. PDF, pictures, text, calendar and office files without macros can.",
    es: "{name} no es un archivo que se pueda enviar. Sí PDF, imágenes, texto, calendario y documentos sin macros.",
  },
  tooLarge: { en: "{name} is too large: 10 MB at most.", es: "{name} es demasiado grande: 10 MB como máximo." },
  empty: { en: "{name} is empty.", es: "{name} está vacío." },
  failed: { en: "{name} could not be taken; try again.", es: "No se ha podido guardar {name}; inténtelo otra vez." },
} as const satisfies Readonly<Record<string, Said>>;

const WHY: Readonly<Record<string, Said>> = { "files.bad_type": ATTACH.badType, "files.empty": ATTACH.empty };

export function Attach({ path, files }: { path: string; files: Signal<readonly Attached[]> }) {
  const input = useRef<HTMLInputElement>(null);
  const trouble = useSignal("");
  const taking = useSignal(false);
  const choose = async (chosen: readonly File[]) => {
    trouble.value = "";
    taking.value = true;
    for (const file of chosen.slice(0, FILES_MOST - files.value.length)) {
      try {
        const taken = await sendFile<Attached>(`${path}/files?name=${encodeURIComponent(file.name.slice(-255))}`, file);
        files.value = [...files.value, taken];
      } catch (error) {
        const why = error instanceof Refused ? (error.status === 413 ? ATTACH.tooLarge : WHY[error.code]) : undefined;
        trouble.value = say(why ?? ATTACH.failed, { name: file.name });
      }
    }
    taking.value = false;
    if (input.current !== null) input.current.value = "";
  };
  return (
    <div class="thread-files">
      <label>
        {say(ATTACH.attach)}
        <input
          ref={input}
          type="file"
          multiple
          disabled={taking.value || files.value.length >= FILES_MOST}
          onChange={(event) => void choose([...(event.currentTarget.files ?? [])])}
        />
      </label>
      <p class="muted" role="status">
        {taking.value ? say(ATTACH.taking) : ""}
      </p>
      {trouble.value && (
        <p class="told bad" role="alert">
          {trouble.value}
        </p>
      )}
      {files.value.length > 0 && (
        <ul aria-label={say(ATTACH.attached)}>
          {files.value.map((file) => (
            <li key={file.ticket}>
              {file.name}{" "}
              <button
                type="button"
                class="button"
                aria-label={say(ATTACH.remove, { name: file.name })}
                onClick={() => {
                  files.value = files.value.filter((each) => each.ticket !== file.ticket);
                }}
              >
                <span aria-hidden="true">×</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
