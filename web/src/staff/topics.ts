// The titles of the articles, so that nobody has to read a topic's code.

import { signal } from "@preact/signals";
import { language, type PageLanguage } from "../shared/language";
import { get } from "./api";

/** Topic -> title by language; a language without the article has none. */
export type Titles = Readonly<Record<string, Readonly<Partial<Record<PageLanguage, string>>>>>;

export const titles = signal<Titles>({});

/** Ask for the titles; without them topics are shown as their codes with the signs made readable. */
export async function loadTitles(): Promise<void> {
  titles.value = await get<Titles>("/api/topics").catch(() => titles.value);
}

/** The title of a topic in the page's language, else in the other one; undefined when it is no topic. */
export function titleOf(topic: string): string | undefined {
  const known = titles.value[topic];
  return known?.[language.value] ?? known?.es ?? known?.en;
}
