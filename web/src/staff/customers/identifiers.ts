// How what a customer is found by is read.

import { phone } from "../format";
import type { Identifier } from "./data";

export function identifierText({ kind, value }: Identifier): string {
  if (kind === "chat_visitor") return `chat ${value.slice(0, 6)}`; // a row of letters that nobody knows
  return kind === "phone" ? phone(value) : value;
}
