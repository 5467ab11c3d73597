// A customer's record as the page has it, what is done to it, and how that went.

import { signal } from "@preact/signals";
import { type Said, say } from "../../shared/language";
import { get, send } from "../api";
import type { ContactKind } from "../desk/state";
import { refusalOf } from "./words";

export interface Identifier {
  readonly kind: string;
  readonly value: string;
}

export interface Item {
  readonly at_utc: string;
  readonly kind: string;
  readonly stream_kind: string;
  readonly stream_id: string;
  readonly seq: number;
  readonly text: string;
  readonly by: string;
  readonly detail: string;
  readonly contact: {
    readonly channel: string;
    readonly matter: string;
    readonly topics: readonly string[];
    readonly files: readonly { readonly file: string; readonly name: string }[];
  } | null;
}

export interface CaseNote {
  readonly text: string;
  readonly by: string;
  readonly at_utc: string;
}

export interface Case {
  readonly case_id: string;
  readonly customer_id: string;
  readonly subject: string;
  readonly status: string;
  readonly changed_at_utc: string;
  readonly contacts: readonly { readonly kind: string; readonly id: string }[];
  readonly notes: readonly CaseNote[];
}

/** Two records that may be, are or were one person. */
export interface Pair {
  readonly join_id: string;
  readonly one: string;
  readonly other: string;
  readonly one_name: string;
  readonly other_name: string;
  readonly state: string;
  readonly at_utc: string;
  readonly reasons: readonly (Said & { readonly code: string })[];
}

export interface Page {
  readonly items: readonly Item[];
  readonly next: string;
}

export interface Customer {
  readonly customer_id: string;
  readonly customer_ids: readonly string[];
  readonly name: string;
  readonly do_not_contact: boolean;
  readonly identifiers: readonly Identifier[];
  readonly preferences: readonly { readonly name: string; readonly value: string }[];
  readonly notes: readonly { readonly note_id: string; readonly text: string; readonly by: string; readonly at_utc: string }[];
  readonly cases: readonly Case[];
  readonly timeline: Page;
  readonly pairs: readonly Pair[];
}

export interface Found {
  readonly customer_id: string;
  readonly name: string;
  readonly identifiers: readonly Identifier[];
}

export interface Seen {
  readonly linked: { readonly customer_id: string; readonly level: string } | null;
  readonly customer: Customer | null;
  readonly candidates: readonly Found[];
  readonly case_ids: readonly string[];
  readonly continues: (Said & { readonly case_id: string }) | null;
}

/** A call or a conversation. */
export interface Contact {
  readonly kind: ContactKind;
  readonly id: string;
}

const NOBODY: Seen = { linked: null, customer: null, candidates: [], case_ids: [], continues: null };

/** Who a contact is with, or one record that somebody looks at. */
export class CustomerState {
  readonly seen = signal<Seen | null>(null);
  readonly told = signal({ failure: "", done: "" });
  /** There is no such record. */
  readonly missing = signal(false);
  /** Counts what was done: what was asked for before is old when it comes. */
  private acts = 0;

  constructor(
    readonly contact: Contact | null,
    readonly customerId = "",
  ) {}

  async load(): Promise<void> {
    const before = this.acts;
    try {
      const seen = await this.read();
      if (before !== this.acts) return;
      this.seen.value = seen;
      this.missing.value = false;
    } catch {
      this.missing.value = this.contact === null && this.seen.value === null;
    }
  }

  private async read(): Promise<Seen> {
    if (this.contact !== null) {
      return get<Seen>(`/api/${this.contact.kind}s/${encodeURIComponent(this.contact.id)}/customer`);
    }
    const customer = await get<Customer>(`/api/customers/${encodeURIComponent(this.customerId)}`);
    return { ...NOBODY, customer };
  }

  /** Do something, say how it went, and show what is now. */
  async act(work: () => Promise<unknown>, done: string): Promise<boolean> {
    this.told.value = { failure: "", done: "" };
    let well = true;
    try {
      await work();
      this.told.value = { failure: "", done };
    } catch (error) {
      well = false;
      this.told.value = { failure: refusalOf(error), done: "" };
    }
    this.acts += 1;
    await this.load();
    return well;
  }

  /** Say what has to be mended before anything is sent. */
  mend(sentence: Said, values: Readonly<Record<string, string | number>> = {}): void {
    this.told.value = { failure: say(sentence, values), done: "" };
  }

  /** Say that a contact is somebody's. */
  link(customerId: string): Promise<unknown> {
    return send("PUT", `/api/customers/${encodeURIComponent(customerId)}/contacts`, this.contact);
  }
}

export function findCustomers(q: string): Promise<readonly Found[]> {
  return send<Found[]>("POST", "/api/customers/find", { q });
}

/** The record of a pair that is not this person's. */
export function otherOf(pair: Pair, customer: Pick<Customer, "customer_ids">): { id: string; name: string } {
  return customer.customer_ids.includes(pair.one)
    ? { id: pair.other, name: pair.other_name }
    : { id: pair.one, name: pair.one_name };
}

/** What a form changes: the values that are not those that are kept. */
export function changes(
  edited: Readonly<Record<string, string>>,
  kept: readonly { readonly name: string; readonly value: string }[],
): Readonly<Record<string, string>> {
  const now = new Map(kept.map((wish) => [wish.name, wish.value]));
  return Object.fromEntries(Object.entries(edited).filter(([name, value]) => value.trim() !== (now.get(name) ?? "")));
}

/** Where something that happened can be read; null when there is no page for it. */
export function placeOf(streamKind: string, streamId: string): string | null {
  const id = encodeURIComponent(streamId);
  switch (streamKind) {
    case "call":
      return `/desk/calls/${id}`;
    case "conversation":
      return `/desk/conversations/${id}`;
    case "customer":
      return `/desk/customers/${id}`;
    case "case":
      return `/desk/cases/${id}`;
    default:
      return null;
  }
}
