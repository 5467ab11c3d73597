// The script that a site embeds: <script src="https://support.example.com/chat.js" async></script>
// data-language="es|en", data-position="left", data-open and data-page (the chat alone, on a page of its own).

import { render } from "preact";
import styles from "./chat.css?inline";
import { outbox } from "./kept";
import { Widget } from "./panel";
import { Chat } from "./state";

const script = document.currentScript as HTMLScriptElement | null;

function start(): void {
  if (script === null || document.querySelector("warmline-chat") !== null) return;
  const { dataset } = script;
  const page = "page" in dataset;
  const host = document.createElement("warmline-chat");
  if (dataset["position"] === "left") host.dataset["position"] = "left";
  const shadow = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet(); // made by script, so that no policy of the page on styles is in its way
  sheet.replaceSync(styles);
  shadow.adoptedStyleSheets = [sheet];
  const chat = new Chat({ host: new URL(script.src).origin, language: dataset["language"] ?? "", page });
  (page ? (document.querySelector("main") ?? document.body) : document.body).append(host);
  render(<Widget chat={chat} />, shadow);
  document.addEventListener("visibilitychange", () => chat.markSeen());
  if (page || "open" in dataset) chat.show(true);
  else if (outbox().length > 0 || hasTalked()) chat.connect();
}

/** True when this visitor may have a conversation: it is followed, so that an answer is noticed. */
function hasTalked(): boolean {
  try {
    return localStorage.getItem("warmline.chat.token") !== null;
  } catch {
    return false;
  }
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start, { once: true });
else start();
