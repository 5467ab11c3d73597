// One's own account.

import { say } from "../shared/language";
import { ACCOUNT, ROLES } from "./account-words";
import { languageName } from "./format";
import { me, signOut } from "./session";
import { FirstForm, PasswordForm } from "./sign-in";

export function AccountPage() {
  const own = me.value;
  if (!own) return null;
  if (!own.is_person) {
    return (
      <div class="page narrow">
        <div class="page-head">
          <h1>{say(ACCOUNT.first)}</h1>
          <p>{say(ACCOUNT.firstLead)}</p>
        </div>
        <section class="panel block">
          <FirstForm />
        </section>
      </div>
    );
  }
  return (
    <div class="page narrow">
      <div class="page-head">
        <h1>{say(ACCOUNT.accountOf, { name: own.display_name })}</h1>
      </div>
      <section class="panel block" aria-labelledby="own-profile">
        <h2 id="own-profile">{say(ACCOUNT.profile)}</h2>
        <p class="muted">{say(ACCOUNT.profileLead)}</p>
        <dl class="pairs">
          <dt>{say(ACCOUNT.name)}</dt>
          <dd>{own.name}</dd>
          <dt>{say(ACCOUNT.role)}</dt>
          <dd>{say(ROLES[own.role] ?? ACCOUNT.role)}</dd>
          <dt>{say(ACCOUNT.languages)}</dt>
          <dd>{own.languages.map(languageName).join(", ") || say(ACCOUNT.none)}</dd>
          <dt>{say(ACCOUNT.skills)}</dt>
          <dd>{own.skills.join(", ") || say(ACCOUNT.none)}</dd>
          <dt>{say(ACCOUNT.phone)}</dt>
          <dd>{own.phone || say(ACCOUNT.inBrowser)}</dd>
        </dl>
      </section>
      <section class="panel block" aria-labelledby="own-password">
        <h2 id="own-password">{say(ACCOUNT.password)}</h2>
        <PasswordForm />
      </section>
      <section class="panel block" aria-labelledby="own-sessions">
        <h2 id="own-sessions">{say(ACCOUNT.sessions)}</h2>
        <p class="muted">{say(ACCOUNT.sessionsLead)}</p>
        <div class="form-row">
          <button type="button" class="button" onClick={() => void signOut(false)}>
            {say(ACCOUNT.signOut)}
          </button>
          <button type="button" class="button" onClick={() => void signOut(true)}>
            {say(ACCOUNT.signOutEverywhere)}
          </button>
        </div>
      </section>
    </div>
  );
}
