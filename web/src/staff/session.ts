// Who is signed in, and how they get in and out.

import { signal } from "@preact/signals";
import { admitted, get, Refused, send } from "./api";

export type Role = "agent" | "supervisor" | "qa" | "admin";

export interface Me {
  readonly name: string;
  readonly role: Role;
  readonly display_name: string;
  readonly languages: readonly string[];
  readonly skills: readonly string[];
  readonly phone: string;
  /** The password was made by somebody else. */
  readonly must_change: boolean;
  /** False for who opened a link before there was any account. */
  readonly is_person: boolean;
}

/** Undefined while it is asked for, null when nobody is in. */
export const me = signal<Me | null | undefined>(undefined);

/** Whether somebody has an account; null while it is not known. */
export const anyAccount = signal<boolean | null>(null);

/** Look who is in. */
export async function enter(): Promise<void> {
  try {
    take(await get<Me>("/api/staff/me"));
  } catch {
    me.value = null;
    admitted.value = false;
  }
}

/** Ask whether there are accounts, for who is not in. */
export async function lookAtDoor(): Promise<void> {
  const door = await get<{ any_account: boolean }>("/api/staff/door").catch(() => null);
  anyAccount.value = door?.any_account ?? null;
}

function take(member: Me): void {
  me.value = member;
  admitted.value = true;
}

export async function signIn(name: string, password: string): Promise<void> {
  take(await send<Me>("POST", "/api/staff/sign-in", { name, password }));
}

export async function makeFirst(name: string, display_name: string, password: string): Promise<void> {
  take(await send<Me>("POST", "/api/staff/first", { name, display_name, password }));
}

export async function changePassword(current: string, wanted: string): Promise<void> {
  take(await send<Me>("POST", "/api/staff/password", { current, wanted }));
}

/** End this session, or all of one's own. The page is then loaded anew, so that nothing of it stays in memory. */
export async function signOut(everywhere: boolean): Promise<void> {
  try {
    await send<unknown>("POST", `/api/staff/sign-out${everywhere ? "-everywhere" : ""}`);
  } catch (error) {
    if (!(error instanceof Refused && error.status === 401)) throw error;
  }
  location.assign("/desk");
}

/** What a role may see; the service decides, this only leaves out what would be refused. */
export function may(what: "work" | "answer" | "floor" | "hear" | "people" | "audit" | "customers" | "changes"): boolean {
  const role = me.value?.role;
  if (role === undefined) return false;
  const roles: Readonly<Record<typeof what, readonly Role[]>> = {
    work: ["agent", "supervisor", "admin"],
    answer: ["agent", "supervisor", "admin"],
    floor: ["supervisor", "admin"],
    customers: ["agent", "supervisor", "admin"],
    changes: ["supervisor", "admin"],
    hear: ["supervisor", "qa", "admin"],
    people: ["supervisor", "admin"],
    audit: ["admin"],
  };
  return roles[what].includes(role) && (what !== "work" || me.value?.is_person === true);
}
