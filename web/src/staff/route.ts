// Which page is shown: the path is the truth, links inside the desk do not load anew.

import { computed, signal } from "@preact/signals";

export type Page =
  | { readonly name: "calls" }
  | { readonly name: "callbacks" }
  | { readonly name: "work" }
  | { readonly name: "floor" }
  | { readonly name: "account" }
  | { readonly name: "people" }
  | { readonly name: "audit" }
  | { readonly name: "conversations"; readonly contactId: string }
  | { readonly name: "customers"; readonly customerId: string }
  | { readonly name: "case"; readonly caseId: string }
  | { readonly name: "call"; readonly callId: string; readonly at_ms: number | null };

const address = signal(here());

export const page = computed<Page>(() => read(address.value));

function here(): string {
  return globalThis.location ? location.pathname + location.search : "/desk";
}

/** Read a path of the desk. */
export function read(path: string): Page {
  const { pathname, searchParams } = new URL(path, "http://desk");
  const call = /^\/desk\/calls\/([^/]+)$/.exec(pathname)?.[1];
  if (call !== undefined) {
    const at = Number.parseInt(searchParams.get("t") ?? "", 10);
    return { name: "call", callId: decodeURIComponent(call), at_ms: Number.isNaN(at) ? null : at };
  }
  const conversations = /^\/desk\/conversations(?:\/([^/]+))?$/.exec(pathname);
  if (conversations !== null) return { name: "conversations", contactId: decodeURIComponent(conversations[1] ?? "") };
  const customers = /^\/desk\/customers(?:\/([^/]+))?$/.exec(pathname);
  if (customers !== null) return { name: "customers", customerId: decodeURIComponent(customers[1] ?? "") };
  const one = /^\/desk\/cases\/([^/]+)$/.exec(pathname)?.[1];
  if (one !== undefined) return { name: "case", caseId: decodeURIComponent(one) };
  const plain = /^\/desk\/(callbacks|work|floor|account|people|audit)$/.exec(pathname)?.[1];
  return { name: (plain ?? "calls") as Exclude<
    Page["name"],
    "call" | "conversations" | "customers" | "case"
  > };
}

export function callPath(callId: string, at_ms: number | null = null): string {
  return `/desk/calls/${encodeURIComponent(callId)}${at_ms === null ? "" : `?t=${at_ms}`}`;
}

export function go(path: string): void {
  history.pushState(null, "", path);
  address.value = path;
  window.scrollTo(0, 0);
  // The new page is where the keyboard and a screen reader go on, not the link that is gone.
  requestAnimationFrame(() => document.getElementById("content")?.focus({ preventScroll: true }));
}

/** Let links of the desk change the page without loading. */
export function listen(): void {
  window.addEventListener("popstate", () => {
    address.value = here();
  });
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (link === null || link.origin !== location.origin || !link.pathname.startsWith("/desk")) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
}
