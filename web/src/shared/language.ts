// The language of the pages: the visitor's choice, else the browser's; Spanish and English.

import { computed, effect, signal } from "@preact/signals";

export type PageLanguage = "es" | "en";

/** A text in both languages. */
export interface Said {
  readonly en: string;
  readonly es: string;
}

const KEPT = "warmline.language";

export const language = signal<PageLanguage>(first());

/** BCP 47 tag for dates and numbers. */
export const locale = computed(() => (language.value === "es" ? "es-ES" : "en-GB"));

function first(): PageLanguage {
  const asked = new URLSearchParams(globalThis.location?.search ?? "").get("lang");
  if (asked === "es" || asked === "en") return asked;
  const kept = read();
  if (kept === "es" || kept === "en") return kept;
  return (globalThis.navigator?.language ?? "en").toLowerCase().startsWith("es") ? "es" : "en";
}

function read(): string | null {
  try {
    return globalThis.localStorage?.getItem(KEPT) ?? null;
  } catch {
    return null; // storage is switched off: the browser's language holds
  }
}

/** Choose, and remember it in this browser. */
export function choose(chosen: PageLanguage): void {
  language.value = chosen;
  try {
    localStorage.setItem(KEPT, chosen);
  } catch {
    // storage is switched off: the choice holds until the page is left
  }
}

/** The text in the page's language, with `{name}` replaced by its value. */
export function say(text: Said, values: Readonly<Record<string, string | number>> = {}): string {
  return text[language.value].replace(/\{(\w+)\}/g, (_whole, name: string) => String(values[name] ?? ""));
}

/** Keep `<html lang>` and the title in step. */
export function announce(title: () => string): void {
  effect(() => {
    document.documentElement.lang = language.value;
    document.title = title();
  });
}
