// What this browser keeps between pages: who the visitor is, what was not sent yet, and how they like to read.

import type { KeptFile } from "./files";
import type { Waiting } from "./thread";

const TOKEN = "warmline.chat.token";
const OUTBOX = "warmline.chat.outbox";
const LARGE = "warmline.chat.large";
const LANGUAGE = "warmline.chat.language";
/** Of one tab alone: what is about to be sent there. */
const FILES = "warmline.chat.files";
const DRAFT = "warmline.chat.draft";

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

export function files(): KeptFile[] {
  try {
    const kept: unknown = JSON.parse(readHere(FILES) ?? "[]");
    return Array.isArray(kept) ? kept.filter(isKeptFile) : [];
  } catch {
    return [];
  }
}

export function keepFiles(kept: readonly KeptFile[]): void {
  writeHere(FILES, JSON.stringify(kept));
}

/** What was being written. */
export function draft(): string {
  return readHere(DRAFT) ?? "";
}

export function keepDraft(text: string): void {
  writeHere(DRAFT, text);
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

function isKeptFile(value: unknown): value is KeptFile {
  if (typeof value !== "object" || value === null) return false;
  const each = value as Record<string, unknown>;
  return typeof each["name"] === "string" && typeof each["ticket"] === "string";
}

const read = (key: string) => readFrom(() => localStorage, key);
const write = (key: string, value: string) => writeTo(() => localStorage, key, value);
const readHere = (key: string) => readFrom(() => sessionStorage, key);
const writeHere = (key: string, value: string) => writeTo(() => sessionStorage, key, value);

function readFrom(store: () => Storage, key: string): string | null {
  try {
    return store().getItem(key);
  } catch {
    return null; // storage is switched off: the conversation lasts as long as the page
  }
}

function writeTo(store: () => Storage, key: string, value: string): void {
  try {
    store().setItem(key, value);
  } catch {
    // as above
  }
}
