// The staff's pages: calls, one call with its replay, callbacks.

import { effect } from "@preact/signals";
import { render } from "preact";
import "../shared/base.css";
import "./desk.css";
import "./calls.css";
import "./call.css";
import "./account.css";
import "./desk/work.css";
import "./desk/thread.css";
import "./customers/customers.css";
import { Icon, type IconName } from "../shared/icons";
import { announce, type Said, say } from "../shared/language";
import { LanguageToggle } from "../shared/language-toggle";
import mark from "../shared/mark.svg";
import { AccountPage } from "./account";
import { ACCOUNT } from "./account-words";
import { admitted, connected, following } from "./api";
import { AuditPage } from "./audit";
import { CallPage } from "./call";
import { Callbacks } from "./callbacks";
import { Calls } from "./calls";
import { CONVERSATIONS, Conversations } from "./conversations";
import { CasePage, CustomersPage } from "./customers/page";
import { CUSTOMER } from "./customers/words";
import { FloorPage } from "./desk/floor";
import { WorkPage } from "./desk/work";
import { DESK } from "./desk/words";
import { People } from "./people";
import { Empty } from "./parts";
import { listen, type Page, page } from "./route";
import { enter, may, me } from "./session";
import { MustChange, SignIn } from "./sign-in";
import { loadTitles } from "./topics";
import { WORDS } from "./words";

function Desk() {
  if (me.value === undefined) return <main id="content" aria-busy="true" />;
  if (!admitted.value || me.value === null) return <SignIn />;
  if (me.value.must_change) return <MustChange />;
  const at = page.value;
  return (
    <>
      <a class="skip" href="#content">
        {say(WORDS.skip)}
      </a>
      <header class="bar">
        <a class="brand" href="/desk">
          <img src={mark} alt="" />
          Warmline
        </a>
        <nav>
          {may("work") && <NavLink to="/desk/work" icon="phone" text={DESK.work} here={at.name === "work"} />}
          {may("floor") && <NavLink to="/desk/floor" icon="wave" text={DESK.floor} here={at.name === "floor"} />}
          <NavLink to="/desk" icon="calls" text={WORDS.calls} here={at.name === "calls" || at.name === "call"} />
          <NavLink
            to="/desk/conversations"
            icon="captions"
            text={CONVERSATIONS.title}
            here={at.name === "conversations"}
          />
          {may("customers") && (
            <NavLink
              to="/desk/customers"
              icon="people"
              text={CUSTOMER.title}
              here={at.name === "customers" || at.name === "case"}
            />
          )}
          <NavLink to="/desk/callbacks" icon="callback" text={WORDS.callbacks} here={at.name === "callbacks"} />
          <NavLink to="/desk/account" icon="person" text={ACCOUNT.account} here={OWN.includes(at.name)} />
        </nav>
        <span class={`feed ${connected.value ? "up" : "down"}`} role="status" hidden={following.value === 0}>
          <i aria-hidden="true" />
          {say(connected.value ? WORDS.live : WORDS.notLive)}
        </span>
        <LanguageToggle />
      </header>
      {!me.value.is_person && at.name !== "account" && (
        <p class="banner" role="note">
          {say(ACCOUNT.firstBanner)} <a href="/desk/account">{say(ACCOUNT.first)}</a>
        </p>
      )}
      <main id="content" tabIndex={-1}>
        {!isOpen(at.name) && <NotYours />}
        {isOpen(at.name) && <Shown at={at} />}
      </main>
    </>
  );
}

/** What a page needs of a role; the others are everybody's. */
const NEEDS: Partial<Readonly<Record<Page["name"], Parameters<typeof may>[0]>>> = {
  floor: "floor",
  people: "people",
  audit: "audit",
  customers: "customers",
  case: "customers",
};

function isOpen(name: Page["name"]): boolean {
  const need = NEEDS[name];
  return need === undefined || may(need);
}

function NotYours() {
  return (
    <Empty icon="lock" title={say(WORDS.pageNotYours)}>
      <p>
        <a href="/desk">{say(WORDS.calls)}</a>
      </p>
    </Empty>
  );
}

function Shown({ at }: { at: Page }) {
  return (
    <>
      {OWN.includes(at.name) && <OwnPages here={at.name} />}
      {at.name === "work" && <WorkPage />}
      {at.name === "floor" && <FloorPage />}
      {at.name === "account" && <AccountPage />}
      {at.name === "people" && <People />}
      {at.name === "audit" && <AuditPage />}
      {at.name === "calls" && <Calls />}
      {at.name === "callbacks" && <Callbacks />}
      {at.name === "conversations" && <Conversations contactId={at.contactId} />}
      {at.name === "customers" && <CustomersPage customerId={at.customerId} />}
      {at.name === "case" && <CasePage key={at.caseId} caseId={at.caseId} />}
      {at.name === "call" && <CallPage key={at.callId} callId={at.callId} at_ms={at.at_ms} />}
    </>
  );
}

/** The account's page and what admins and supervisors find beside it. */
const OWN: readonly string[] = ["account", "people", "audit"];

function OwnPages({ here }: { here: string }) {
  if (!may("people")) return null;
  return (
    <nav class="own-pages" aria-label={say(ACCOUNT.account)}>
      <NavLink to="/desk/account" icon="person" text={ACCOUNT.own} here={here === "account"} />
      <NavLink to="/desk/people" icon="people" text={ACCOUNT.people} here={here === "people"} />
      {may("audit") && <NavLink to="/desk/audit" icon="shield" text={ACCOUNT.audit} here={here === "audit"} />}
    </nav>
  );
}

function NavLink({ to, icon, text, here }: { to: string; icon: IconName; text: Said; here: boolean }) {
  return (
    <a href={to} aria-current={here ? "page" : undefined}>
      <Icon name={icon} size={18} />
      <span>{say(text)}</span>
    </a>
  );
}

listen();
void enter();
effect(() => {
  if (me.value && !me.value.must_change) void loadTitles();
});
announce(() => say(WORDS.title));
effect(() => {
  document.body.dataset["page"] = page.value.name;
});
render(<Desk />, document.getElementById("page") as HTMLElement);
