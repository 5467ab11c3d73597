// Parts of forms: a labelled field, a password that can be shown, what went wrong in a sentence.

import { signal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useId, useMemo } from "preact/hooks";
import { say } from "../shared/language";
import { ACCOUNT } from "./account-words";
import { Refused } from "./api";

interface FieldProps extends Omit<JSX.IntrinsicElements["input"], "ref" | "label"> {
  readonly label: string;
  readonly hint?: string;
}

export function Field({ label, hint, ...rest }: FieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input id={id} aria-describedby={hint ? `${id}-hint` : undefined} {...rest} />
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

export function PasswordField({ label, hint, ...rest }: FieldProps) {
  const id = useId();
  const shown = useMemo(() => signal(false), []);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="secret">
        <input
          id={id}
          type={shown.value ? "text" : "password"}
          aria-describedby={hint ? `${id}-hint` : undefined}
          spellcheck={false}
          autocapitalize="none"
          required
          {...rest}
        />
        <label class="check">
          <input
            type="checkbox"
            checked={shown.value}
            onChange={(event) => {
              shown.value = event.currentTarget.checked;
            }}
          />
          {say(ACCOUNT.showPassword)}
        </label>
      </div>
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

/** A sentence about what went wrong, or that it went well; read out when it appears. */
export function Outcome({ failure, done }: { failure: string; done?: string }) {
  return (
    <>
      <p class={failure ? "told bad" : "unseen"} role="alert">
        {failure}
      </p>
      <p class={done ? "told good" : "unseen"} role="status">
        {done ?? ""}
      </p>
    </>
  );
}

export function Row({ children }: { children: ComponentChildren }) {
  return <div class="form-row">{children}</div>;
}

const SENTENCES = {
  "staff.wrong": ACCOUNT.wrong,
  "staff.weak_password": ACCOUNT.weak,
  "staff.taken": ACCOUNT.taken,
  "staff.bad_name": ACCOUNT.badName,
  "staff.bad_profile": ACCOUNT.badProfile,
  "staff.last_admin": ACCOUNT.lastAdmin,
} as const;

/** What went wrong, in the page's language. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof Refused)) return say(ACCOUNT.unreachable);
  if (error.code === "staff.too_many") return say(ACCOUNT.tooMany, { time: wait(error.retryAfter_s) });
  const known = SENTENCES[error.code as keyof typeof SENTENCES];
  return known ? say(known) : error.detail || say(ACCOUNT.failed);
}

/** "45 s", "15 min". */
export function wait(seconds: number): string {
  return seconds < 90 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
}

/** The text of a field of a form. */
export function valueOf(form: HTMLFormElement, name: string): string {
  const value = new FormData(form).get(name);
  return typeof value === "string" ? value : "";
}
