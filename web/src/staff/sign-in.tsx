// How people get in: name and password, the first account, and a password that has to be changed.

import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../shared/icons";
import { say } from "../shared/language";
import { LanguageToggle } from "../shared/language-toggle";
import { ACCOUNT } from "./account-words";
import { Field, Outcome, PasswordField, sentenceOf, valueOf } from "./forms";
import { anyAccount, changePassword, lookAtDoor, makeFirst, signIn, signOut } from "./session";
import { WORDS } from "./words";

function Door({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <main class="locked">
      <div class="panel">
        <Icon name="lock" size={36} />
        <h1>{title}</h1>
        {children}
        <LanguageToggle />
      </div>
    </main>
  );
}

export function SignIn() {
  useEffect(() => {
    void lookAtDoor();
  }, []);
  if (anyAccount.value === false) {
    return (
      <Door title={say(ACCOUNT.noAccount)}>
        <p>{say(ACCOUNT.noAccountTodo)}</p>
        <code>warmline staff add NAME --role admin</code>
        <code>warmline staff-link</code>
        <button type="button" class="button" onClick={() => void lookAtDoor()}>
          {say(WORDS.retry)}
        </button>
      </Door>
    );
  }
  return <SignInForm />;
}

/** Run what a form asks for; its failure is a sentence, and the first field gets the focus back. */
export function useForm(work: (form: HTMLFormElement) => Promise<void>) {
  const state = useRef({ failure: signal(""), done: signal(""), busy: signal(false) }).current;
  const submit = async (event: Event) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    if (state.busy.value) return;
    state.busy.value = true;
    state.failure.value = state.done.value = "";
    try {
      await work(form);
    } catch (error) {
      state.failure.value = error instanceof Told ? error.message : sentenceOf(error);
      form.querySelector<HTMLInputElement>("input:not([type=checkbox])")?.focus();
    } finally {
      state.busy.value = false;
    }
  };
  return { ...state, submit: (event: Event) => void submit(event) };
}

/** A failure that is a sentence already. */
export class Told extends Error {}

function SignInForm() {
  const form = useForm(async (element) => {
    await signIn(valueOf(element, "name"), valueOf(element, "password"));
  });
  return (
    <Door title={say(ACCOUNT.signIn)}>
      <p>{say(ACCOUNT.signInLead)}</p>
      <form class="form" onSubmit={form.submit}>
        <Outcome failure={form.failure.value} />
        <Field label={say(ACCOUNT.name)} name="name" autocomplete="username" autocapitalize="none" required maxLength={64} />
        <PasswordField label={say(ACCOUNT.password)} name="password" autocomplete="current-password" maxLength={256} />
        <button type="submit" class="button primary" aria-disabled={form.busy.value}>
          {say(ACCOUNT.signIn)}
        </button>
      </form>
      <p class="muted">{say(ACCOUNT.forgotten)}</p>
    </Door>
  );
}

/** For who has a password that somebody else made. */
export function MustChange() {
  return (
    <Door title={say(ACCOUNT.mustChange)}>
      <p>{say(ACCOUNT.mustChangeLead)}</p>
      <PasswordForm />
      <button type="button" class="button" onClick={() => void signOut(false)}>
        {say(ACCOUNT.signOut)}
      </button>
    </Door>
  );
}

export function PasswordForm() {
  const form = useForm(async (element) => {
    const wanted = valueOf(element, "wanted");
    if (wanted !== valueOf(element, "again")) throw new Told(say(ACCOUNT.different));
    await changePassword(valueOf(element, "current"), wanted);
    element.reset();
    form.done.value = say(ACCOUNT.changed);
  });
  return (
    <form class="form" onSubmit={form.submit}>
      <Outcome failure={form.failure.value} done={form.done.value} />
      <PasswordField label={say(ACCOUNT.current)} name="current" autocomplete="current-password" maxLength={256} />
      <PasswordField
        label={say(ACCOUNT.wanted)}
        hint={say(ACCOUNT.passwordHint)}
        name="wanted"
        autocomplete="new-password"
        maxLength={256}
      />
      <PasswordField label={say(ACCOUNT.again)} name="again" autocomplete="new-password" maxLength={256} />
      <button type="submit" class="button primary" aria-disabled={form.busy.value}>
        {say(ACCOUNT.change)}
      </button>
    </form>
  );
}

export function FirstForm() {
  const form = useForm(async (element) => {
    const password = valueOf(element, "password");
    if (password !== valueOf(element, "again")) throw new Told(say(ACCOUNT.different));
    await makeFirst(valueOf(element, "name"), valueOf(element, "display_name"), password);
  });
  return (
    <form class="form" onSubmit={form.submit}>
      <Outcome failure={form.failure.value} />
      <Field
        label={say(ACCOUNT.name)}
        hint={say(ACCOUNT.badName)}
        name="name"
        autocomplete="username"
        autocapitalize="none"
        required
        maxLength={32}
      />
      <Field label={say(ACCOUNT.displayName)} name="display_name" autocomplete="name" required maxLength={64} />
      <PasswordField
        label={say(ACCOUNT.password)}
        hint={say(ACCOUNT.passwordHint)}
        name="password"
        autocomplete="new-password"
        maxLength={256}
      />
      <PasswordField label={say(ACCOUNT.again)} name="again" autocomplete="new-password" maxLength={256} />
      <button type="submit" class="button primary" aria-disabled={form.busy.value}>
        {say(ACCOUNT.firstDo)}
      </button>
    </form>
  );
}
