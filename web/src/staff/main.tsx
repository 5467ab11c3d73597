// The staff's pages: calls, one call with its replay, callbacks.

import { effect } from "@preact/signals";
import { render } from "preact";
import "../shared/base.css";
import "./desk.css";
import "./calls.css";
import "./call.css";
import { Icon, type IconName } from "../shared/icons";
import { announce, type Said, say } from "../shared/language";
import { LanguageToggle } from "../shared/language-toggle";
import mark from "../shared/mark.svg";
import { admitted, connected } from "./api";
import { CallPage } from "./call";
import { Callbacks } from "./callbacks";
import { Calls } from "./calls";
import { listen, page } from "./route";
import { loadTitles } from "./topics";
import { WORDS } from "./words";

function Desk() {
  if (!admitted.value) return <Locked />;
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
          <NavLink to="/desk" icon="calls" text={WORDS.calls} here={at.name !== "callbacks"} />
          <NavLink to="/desk/callbacks" icon="callback" text={WORDS.callbacks} here={at.name === "callbacks"} />
        </nav>
        <span class={`feed ${connected.value ? "up" : "down"}`} role="status">
          <i aria-hidden="true" />
          {say(connected.value ? WORDS.live : WORDS.notLive)}
        </span>
        <LanguageToggle />
      </header>
      <main id="content" tabIndex={-1}>
        {at.name === "calls" && <Calls />}
        {at.name === "callbacks" && <Callbacks />}
        {at.name === "call" && <CallPage key={at.callId} callId={at.callId} at_ms={at.at_ms} />}
      </main>
    </>
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

function Locked() {
  return (
    <main class="locked">
      <div class="panel">
        <Icon name="lock" size={36} />
        <h1>{say(WORDS.locked)}</h1>
        <p>{say(WORDS.lockedTodo)}</p>
        <code>warmline staff-link</code>
        <LanguageToggle />
      </div>
    </main>
  );
}

listen();
void loadTitles();
announce(() => say(WORDS.title));
effect(() => {
  document.body.dataset["page"] = page.value.name;
});
render(<Desk />, document.getElementById("page") as HTMLElement);
