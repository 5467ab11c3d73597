// What is seen of the chat: a button in the corner, or a whole page; the messages; a place to write.

import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../shared/icons";
import { Attach, ChosenList } from "./attach";
import { draft, keepDraft } from "./kept";
import type { Chat } from "./state";
import type { Told, Waiting } from "./thread";
import type { ChatLanguage } from "./words";

export function Widget({ chat }: { chat: Chat }) {
  const open = chat.open.value;
  const launcher = useRef<HTMLButtonElement>(null);
  const wasOpen = useRef(open);
  useEffect(() => {
    if (wasOpen.current && !open) launcher.current?.focus();
    wasOpen.current = open;
  }, [open]);
  const unread = chat.unread.value;
  return (
    <div class={`chat ${chat.options.page ? "page" : "corner"} ${chat.large.value ? "large" : ""}`} lang={chat.language.value}>
      {open && <Panel chat={chat} />}
      {!chat.options.page && (
        <button
          type="button"
          ref={launcher}
          class="launcher"
          aria-expanded={open}
          hidden={open}
          onClick={() => chat.show(true)}
        >
          <Bubble />
          <span>{chat.say("open")}</span>
          {unread > 0 && (
            <span class="unread">
              <span aria-hidden="true">{unread}</span>
              <span class="unseen">{chat.say("unread", { n: unread })}</span>
            </span>
          )}
        </button>
      )}
      <div class="unseen" role="status" aria-live="polite">
        {chat.spoken.value}
      </div>
    </div>
  );
}

function Panel({ chat }: { chat: Chat }) {
  const { company } = chat.about.value;
  const title = chat.say("title", { company: company || "…" });
  const page = chat.options.page;
  const box = useRef<HTMLTextAreaElement>(null);
  useEffect(() => box.current?.focus(), []);
  return (
    <section
      class="panel"
      role={page ? undefined : "dialog"}
      aria-label={title}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault(); // or the browser would leave the page for the file
        chat.files.choose([...(event.dataTransfer?.files ?? [])]);
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape" && !page) {
          event.stopPropagation();
          chat.show(false);
        }
      }}
    >
      <header>
        {page ? <h1>{title}</h1> : <h2>{title}</h2>}
        <div class="tools">
          <div class="languages" role="group" aria-label="Idioma / Language">
            {(["es", "en"] as const).map((code: ChatLanguage) => (
              <button
                type="button"
                key={code}
                lang={code}
                aria-label={code === "es" ? "ES · Español" : "EN · English"}
                aria-pressed={chat.language.value === code}
                onClick={() => chat.chooseLanguage(code)}
              >
                {code.toUpperCase()}
              </button>
            ))}
          </div>
          <button type="button" class="tool" aria-pressed={chat.large.value} onClick={() => chat.toggleLarge()}>
            <span aria-hidden="true">A+</span>
            <span class="unseen">{chat.say("large")}</span>
          </button>
          {!page && (
            <button type="button" class="tool" aria-label={chat.say("close")} onClick={() => chat.show(false)}>
              <span aria-hidden="true">×</span>
            </button>
          )}
        </div>
      </header>
      <Status chat={chat} />
      <Messages chat={chat} />
      <Writing chat={chat} box={box} />
    </section>
  );
}

function Status({ chat }: { chat: Chat }) {
  const { answering, agent } = chat.thread.value;
  const queue = chat.queue.value;
  const minutes = queue?.expected_wait_s == null ? null : Math.max(1, Math.round(queue.expected_wait_s / 60));
  const out = chat.peopleOut();
  const said = {
    none: out && `${out} ${chat.say("meanwhile")}`,
    bot: `${chat.say("withBot")} ${out}`,
    nobody: `${chat.say("withNobody")} ${out}`,
    waiting: [
      chat.say("waiting"),
      queue ? chat.say("position", { position: queue.position }) : "",
      minutes === null ? "" : chat.say("expected", { minutes }),
    ].join(" "),
    agent: chat.say("withAgent", { name: agent }),
    closed: `${chat.say("closed")} ${out}`,
  }[answering];
  const broken = chat.connection.value === "broken";
  return (
    <div class="status" role="status">
      {broken && (
        <p class="broken">
          <Icon name="alert" size={16} /> {chat.say("offline")}
        </p>
      )}
      {chat.connection.value === "refused" && <p class="broken">{chat.say("refused")}</p>}
      {said && <p>{said}</p>}
    </div>
  );
}

function Messages({ chat }: { chat: Chat }) {
  const { told, waiting } = chat.thread.value;
  const typing = chat.typing.value;
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => end.current?.scrollIntoView({ block: "end" }), [told.length, waiting.length, typing]);
  const { days, feels } = chat.about.value;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={chat.say("messages")}>
      <p class="notice">
        {chat.say("notice", { days })} {feels && chat.say("noticeFeels")}
      </p>
      {told.length + waiting.length === 0 && <p class="empty">{chat.say("empty")}</p>}
      <ol>
        {told.map((each) => (
          <Message key={each.id} chat={chat} told={each} />
        ))}
        {waiting.map((each) => (
          <Unsent key={each.id} chat={chat} waiting={each} />
        ))}
      </ol>
      {typing !== "" && (
        <p class="typing">
          <span class="dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          {typing === "bot" ? chat.say("typingBot") : chat.say("typingAgent", { name: chat.thread.value.agent })}
        </p>
      )}
      <div class="end" ref={end} />
    </div>
  );
}

function Message({ chat, told }: { chat: Chat; told: Told }) {
  if (told.author === "note") return <li class="note">{chat.note(told)}</li>;
  return (
    <li class={`message ${told.author}`}>
      <span class="who">
        {chat.name(told.author, told.by ?? "")}
        <time dateTime={told.at}>
          <span class="unseen">, </span>
          {clock(told.at, chat.language.value)}
        </time>
      </span>
      {told.text && <p>{told.text}</p>}
      {told.files?.map((file) => (
        <a key={file.href} href={new URL(file.href, chat.options.host).href} download={file.name} rel="noreferrer">
          {chat.say("file", { name: file.name })}
        </a>
      ))}
    </li>
  );
}

function Unsent({ chat, waiting }: { chat: Chat; waiting: Waiting }) {
  const refused = chat.thread.value.refused[waiting.id];
  return (
    <li class="message customer unsent">
      <span class="who">{chat.say("you")}</span>
      {waiting.text && <p>{waiting.text}</p>}
      {waiting.files?.map((file) => (
        <span key={file.ticket} class="state">
          {file.name}
        </span>
      ))}
      {refused === undefined ? (
        <span class="state">{chat.say("sending")}</span>
      ) : (
        <span class="state">
          {chat.say("notSent", { why: chat.why(refused.code, refused.retry_after_s) })}{" "}
          <button type="button" onClick={() => chat.sendAgain(waiting.id)}>
            {chat.say("again")}
          </button>{" "}
          <button type="button" onClick={() => chat.drop(waiting.id)}>
            {chat.say("drop")}
          </button>
        </span>
      )}
    </li>
  );
}

function Writing({ chat, box }: { chat: Chat; box: { current: HTMLTextAreaElement | null } }) {
  const send = () => {
    const field = box.current;
    if (field === null || !chat.write(field.value)) return;
    field.value = "";
    keepDraft("");
    grow(field);
    field.focus();
  };
  const { answering } = chat.thread.value;
  return (
    <form
      class="writing"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <ChosenList chat={chat} />
      <label>
        <span class="unseen">{chat.say("message")}</span>
        <textarea
          ref={box}
          rows={1}
          maxLength={chat.about.value.most}
          placeholder={chat.say("placeholder")}
          defaultValue={draft()}
          onInput={(event) => {
            grow(event.currentTarget);
            keepDraft(event.currentTarget.value);
            chat.wroteSomething();
          }}
          onPaste={(event) => {
            const files = [...(event.clipboardData?.files ?? [])];
            if (files.length > 0) chat.files.choose(files);
          }}
          onKeyDown={(event) => {
            if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
              event.preventDefault();
              send();
            }
          }}
        />
      </label>
      <button type="submit" class="send">
        {chat.say("send")}
      </button>
      <div class="more">
        <Attach chat={chat} />
        {chat.about.value.calls && (
          <button type="button" aria-label={chat.say("callHint")} onClick={() => chat.call()}>
            <Icon name="phone" size={16} /> {chat.say("call")}
          </button>
        )}
        {answering !== "none" && answering !== "closed" && (
          <button type="button" onClick={() => chat.end()}>
            {chat.say("end")}
          </button>
        )}
      </div>
    </form>
  );
}

function Bubble() {
  return (
    <svg class="icon" width={22} height={22} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d="M4 5h16a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H10l-5 4v-4H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1z" />
    </svg>
  );
}

function grow(field: HTMLTextAreaElement): void {
  field.style.height = "auto";
  field.style.height = `${Math.min(field.scrollHeight, 140)}px`;
}

function clock(at: string, language: ChatLanguage): string {
  return new Intl.DateTimeFormat(language === "es" ? "es-ES" : "en-GB", { hour: "2-digit", minute: "2-digit" }).format(new Date(at));
}
