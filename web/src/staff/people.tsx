// Who works here: accounts, made and changed by admins; supervisors look.

import { signal } from "@preact/signals";
import { useEffect, useId } from "preact/hooks";
import { say } from "../shared/language";
import { ACCOUNT, ROLES, ROLE_TELLS } from "./account-words";
import { get, send } from "./api";
import { Field, Outcome, Row, sentenceOf, valueOf } from "./forms";
import { languageName } from "./format";
import { Empty, Failed } from "./parts";
import { me } from "./session";
import { useForm } from "./sign-in";
import { WORDS } from "./words";

interface Member {
  readonly name: string;
  readonly role: string;
  readonly display_name: string;
  readonly languages: readonly string[];
  readonly skills: readonly string[];
  readonly phone: string;
  readonly must_change: boolean;
}

const members = signal<readonly Member[] | null>(null);
const failed = signal(false);
const once = signal<{ name: string; password: string } | null>(null);
const edited = signal<string | null>(null);
const told = signal({ failure: "", done: "" });

async function load(): Promise<void> {
  try {
    members.value = await get<Member[]>("/api/staff/members");
    failed.value = false;
  } catch {
    failed.value = true;
  }
}

/** Change somebody, say how it went, and show what is now. */
async function act(work: () => Promise<void>): Promise<void> {
  told.value = { failure: "", done: "" };
  try {
    await work();
    told.value = { failure: "", done: say(ACCOUNT.done) };
  } catch (error) {
    told.value = { failure: sentenceOf(error), done: "" };
  }
  await load();
}

export function People() {
  useEffect(() => {
    once.value = edited.value = null;
    told.value = { failure: "", done: "" };
    void load();
  }, []);
  if (failed.value) return <Failed retry={() => void load()} />;
  if (members.value === null) return <Empty icon="person" title={say(WORDS.loading)} />;
  const isAdmin = me.value?.role === "admin";
  return (
    <div class="page">
      <div class="page-head">
        <h1>{say(ACCOUNT.people)}</h1>
        <p>{say(ACCOUNT.peopleLead)}</p>
      </div>
      <Outcome failure={told.value.failure} done={told.value.done} />
      {once.value && <Once />}
      <ul class="people">
        {members.value.map((member) => (
          <li class="panel" key={member.name}>
            {edited.value === member.name ? <EditForm member={member} /> : <Card member={member} isAdmin={isAdmin} />}
          </li>
        ))}
      </ul>
      {isAdmin && <AddForm />}
    </div>
  );
}

/** A password that is shown this once; the focus goes there, since nothing else will show it again. */
function Once() {
  const shown = once.value;
  if (shown === null) return null;
  return (
    <section class="panel block once" tabIndex={-1} ref={(element) => element?.focus()}>
      <p>{say(ACCOUNT.once, { name: shown.name })}</p>
      <code>{shown.password}</code>
      <button
        type="button"
        class="button"
        onClick={() => {
          once.value = null;
        }}
      >
        {say(ACCOUNT.close)}
      </button>
    </section>
  );
}

function Card({ member, isAdmin }: { member: Member; isAdmin: boolean }) {
  const details = [...member.languages.map(languageName), ...member.skills, member.phone].filter(Boolean).join(" · ");
  const path = `/api/staff/members/${encodeURIComponent(member.name)}`;
  return (
    <div class="person-card">
      <div>
        <h2>{member.display_name}</h2>
        <p class="muted">
          {member.name} · {say(ROLES[member.role] ?? ACCOUNT.role)}
          {details && ` · ${details}`}
          {member.must_change && ` · ${say(ACCOUNT.newMark)}`}
        </p>
      </div>
      {isAdmin && (
        <div class="form-row" role="group" aria-label={member.display_name}>
          <button
            type="button"
            class="button"
            onClick={() => {
              edited.value = member.name;
            }}
          >
            {say(ACCOUNT.edit)}
          </button>
          <button
            type="button"
            class="button"
            onClick={() =>
              void act(async () => {
                const made = await send<{ password: string }>("POST", `${path}/password`);
                once.value = { name: member.name, password: made.password };
              })
            }
          >
            {say(ACCOUNT.newPassword)}
          </button>
          <button type="button" class="button" onClick={() => void act(() => send("POST", `${path}/unlock`))}>
            {say(ACCOUNT.unlock)}
          </button>
          <button type="button" class="button" onClick={() => void act(() => send("POST", `${path}/sign-out`))}>
            {say(ACCOUNT.signOut)}
          </button>
          <button
            type="button"
            class="button danger"
            onClick={() => {
              if (!window.confirm(say(ACCOUNT.removeSure, { name: member.display_name }))) return;
              void act(() => send("DELETE", path));
            }}
          >
            {say(ACCOUNT.remove)}
          </button>
        </div>
      )}
    </div>
  );
}

function RoleChoice({ chosen }: { chosen: string }) {
  const id = useId();
  return (
    <fieldset class="roles">
      <legend>{say(ACCOUNT.role)}</legend>
      {Object.entries(ROLES).map(([role, name]) => (
        <label class="check" key={role}>
          <input type="radio" name="role" value={role} defaultChecked={role === chosen} aria-describedby={`${id}-${role}`} />
          <span>
            <strong>{say(name)}</strong>{" "}
            <span class="hint" id={`${id}-${role}`}>
              {say(ROLE_TELLS[role] ?? name)}
            </span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

function ProfileFields({ member }: { member: Member | null }) {
  return (
    <>
      <Field
        label={say(ACCOUNT.displayName)}
        name="display_name"
        required
        maxLength={64}
        defaultValue={member?.display_name ?? ""}
      />
      <fieldset class="roles">
        <legend>{say(ACCOUNT.languages)}</legend>
        {["es", "en"].map((code) => (
          <label class="check" key={code}>
            <input type="checkbox" name="language" value={code} defaultChecked={member?.languages.includes(code) ?? false} />
            {languageName(code)}
          </label>
        ))}
      </fieldset>
      <Row>
        <Field
          label={say(ACCOUNT.skills)}
          hint={say(ACCOUNT.skillsHint)}
          name="skills"
          maxLength={400}
          defaultValue={member?.skills.join(", ") ?? ""}
        />
        <Field
          label={say(ACCOUNT.phone)}
          hint={say(ACCOUNT.phoneHint)}
          name="phone"
          maxLength={128}
          defaultValue={member?.phone ?? ""}
        />
      </Row>
    </>
  );
}

function profileOf(form: HTMLFormElement) {
  return {
    display_name: valueOf(form, "display_name"),
    languages: new FormData(form).getAll("language"),
    skills: valueOf(form, "skills")
      .split(",")
      .map((skill) => skill.trim())
      .filter(Boolean),
    phone: valueOf(form, "phone"),
  };
}

function EditForm({ member }: { member: Member }) {
  const form = useForm(async (element) => {
    const path = `/api/staff/members/${encodeURIComponent(member.name)}`;
    await send("PUT", `${path}/profile`, profileOf(element));
    const role = valueOf(element, "role");
    if (role !== member.role) await send("PUT", `${path}/role`, { role });
    edited.value = null;
    await load();
  });
  return (
    <form class="form" onSubmit={form.submit} aria-label={say(ACCOUNT.editOf, { name: member.display_name })}>
      <h2>{say(ACCOUNT.editOf, { name: member.display_name })}</h2>
      <Outcome failure={form.failure.value} />
      <ProfileFields member={member} />
      <RoleChoice chosen={member.role} />
      <Row>
        <button type="submit" class="button primary">
          {say(ACCOUNT.save)}
        </button>
        <button
          type="button"
          class="button"
          onClick={() => {
            edited.value = null;
          }}
        >
          {say(ACCOUNT.cancel)}
        </button>
      </Row>
    </form>
  );
}

function AddForm() {
  const form = useForm(async (element) => {
    const given = { name: valueOf(element, "name"), role: valueOf(element, "role"), ...profileOf(element) };
    const made = await send<{ name: string; password: string }>("POST", "/api/staff/members", given);
    once.value = { name: made.name, password: made.password };
    element.reset();
    await load();
  });
  return (
    <section class="panel block" aria-labelledby="add-title">
      <h2 id="add-title">{say(ACCOUNT.add)}</h2>
      <form class="form" onSubmit={form.submit}>
        <Outcome failure={form.failure.value} />
        <Field
          label={say(ACCOUNT.name)}
          hint={say(ACCOUNT.badName)}
          name="name"
          autocomplete="off"
          autocapitalize="none"
          required
          maxLength={32}
        />
        <ProfileFields member={null} />
        <RoleChoice chosen="agent" />
        <button type="submit" class="button primary">
          {say(ACCOUNT.addDo)}
        </button>
      </form>
    </section>
  );
}
