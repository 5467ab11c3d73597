// Times, numbers and names as people read them.

import { language, locale, say } from "../shared/language";
import { titleOf } from "./topics";
import { CODES, WORDS } from "./words";

/** 75_400 ms -> "1:15". */
export function clock(t_ms: number): string {
  const whole = Math.max(0, Math.floor(t_ms / 1000));
  const [hours, minutes, seconds] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const padded = String(seconds).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${padded}` : `${minutes}:${padded}`;
}

/** 1_250 ms -> "0:01.2". */
export function fineClock(t_ms: number): string {
  return `${clock(t_ms)}.${Math.floor((Math.max(0, t_ms) % 1000) / 100)}`;
}

/** "14:05" today, "Fri 20 Nov, 14:05" before. */
export function when(iso: string, now: Date = new Date()): string {
  if (!iso) return "";
  const at = new Date(iso);
  const time = at.toLocaleTimeString(locale.value, { hour: "2-digit", minute: "2-digit" });
  if (at.toDateString() === now.toDateString()) return time;
  return `${at.toLocaleDateString(locale.value, { weekday: "short", day: "numeric", month: "short" })}, ${time}`;
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** "MOS 4.3 (estimate)": what listeners would say of a line. */
export function opinion(mos: number): string {
  return say(WORDS.opinion, { mos: mos.toLocaleString(locale.value, { minimumFractionDigits: 1, maximumFractionDigits: 1 }) });
}

/** "1.2 %": small shares need a digit more. */
export function finePercent(share: number): string {
  return `${(share * 100).toLocaleString(locale.value, { maximumFractionDigits: 1 })} %`;
}

/** What stands where a person's data were destroyed. Source: `records/keys.py`. */
const ERASED = "[erased]";
/** Caller ids that name nobody. Source: RFC 3323 section 4.1 and what gateways send. */
const WITHHELD = new Set(["anonymous", "unknown", "restricted", "private", "unavailable"]);

/** Who called, as far as the line says. */
export function callerName(call: { readonly caller: string; readonly caller_name: string; readonly transport?: string }): string {
  if ([call.caller_name, call.caller].includes(ERASED)) return say(WORDS.erased);
  if (call.caller_name) return call.caller_name;
  if (call.caller && !WITHHELD.has(call.caller.toLowerCase())) return phone(call.caller);
  return say(call.transport === "webrtc" ? WORDS.webVisitor : WORDS.withheld);
}

/** "+34600123456" -> "+34 600 123 456"; grouped where the country's way is known, else as it is. */
export function phone(number: string): string {
  const parts = /^(\+34)(\d{3})(\d{3})(\d{3})$/.exec(number) ?? /^(\+1)(\d{3})(\d{3})(\d{4})$/.exec(number);
  return parts ? parts.slice(1).join(" ") : number;
}

export function languageName(code: string): string {
  if (code !== "es" && code !== "en") return "";
  return say(code === "es" ? WORDS.spanish : WORDS.english);
}

/** A stable code in words: known ones translated, topics by their title, others with their signs made readable. */
export function code(value: string): string {
  const known = CODES[value];
  if (known) return known[language.value];
  const [head = "", ...rest] = value.split(":");
  const title = head === "topic" ? titleOf(rest.join(":")) : undefined;
  if (title !== undefined) return title;
  const family = CODES[`${head}:`]?.[language.value] ?? (rest.length ? code(head) : undefined);
  if (family !== undefined && rest.length) return `${family} ${code(rest.join(":"))}`;
  return topicName(value);
}

/** A topic as its article is called in the page's language. */
export function topicName(topic: string): string {
  return titleOf(topic) ?? topic.replace(/[._:-]+/g, " ").trim();
}
