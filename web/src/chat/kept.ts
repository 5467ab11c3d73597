// What this browser keeps between pages: who the visitor is, what was not sent yet, and how they like to read.

import type { Waiting } from "./thread";

const TOKEN = "warmline.chat.token";
const OUTBOX = "warmline.chat.outbox";
const LARGE = "warmline.chat.large";
const LANGUAGE = "warmline.chat.language";

/** 192 random bits that only this browser knows. */
export function newName(bytes: number): string {
  const random = crypto.getRandomValues(new Uint8Array(bytes));
  return btoa(String.fromCharCode(...random)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

let unkept = "";

export function token(): string {
  const kept = read(TOKEN);
  if (kept !== null && /^[A-Za-z0-9_-]{32,64}$/.test(kept)) return kept;
  unkept ||= newName(24);
  write(TOKEN, unkept);
  return unkept;
}

export function outbox(): Waiting[] {
  try {
    const kept: unknown = JSON.parse(read(OUTBOX) ?? "[]");
    return Array.isArray(kept) ? kept.filter(isWaiting) : [];
  } catch {
    return [];
  }
}

export function keepOutbox(waiting: readonly Waiting[]): void {
  write(OUTBOX, JSON.stringify(waiting));
}

export function large(): boolean {
  return read(LARGE) === "1";
}

export function keepLarge(on: boolean): void {
  write(LARGE, on ? "1" : "0");
}

export function language(): string {
  return read(LANGUAGE) ?? "";
}

export function keepLanguage(code: string): void {
  write(LANGUAGE, code);
}

function isWaiting(value: unknown): value is Waiting {
  if (typeof value !== "object" || value === null) return false;
  const each = value as Record<string, unknown>;
  return typeof each["id"] === "string" && typeof each["text"] === "string" && typeof each["at"] === "string";
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // storage is switched off: the conversation lasts as long as the page
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // as above
  }
}
