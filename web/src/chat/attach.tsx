// Where a visitor chooses files, and what has become of each.

import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../shared/icons";
import type { Chosen } from "./files";
import type { Chat } from "./state";

export function Attach({ chat }: { chat: Chat }) {
  const input = useRef<HTMLInputElement>(null);
  const { most, kinds } = chat.about.value.files;
  if (most === 0) return null;
  // A button, since Enter on a file's own field sends the form in some browsers instead of opening the picker.
  return (
    <>
      <button type="button" onClick={() => input.current?.click()}>
        <Icon name="clip" size={16} /> {chat.say("attach")}
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        accept={kinds.map((kind) => `.${kind}`).join(",")}
        onChange={(event) => {
          chat.files.choose([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = ""; // the same file may be chosen again
        }}
      />
    </>
  );
}

export function ChosenList({ chat }: { chat: Chat }) {
  const chosen = chat.files.list.value;
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => list.current?.scrollTo(0, list.current.scrollHeight), [chosen.length]); // the newest is seen
  if (chosen.length === 0) return null;
  return (
    <ul ref={list} class="chosen" aria-label={chat.say("files")}>
      {chosen.map((each) => (
        <li key={each.id} class={each.state}>
          <span>{told(chat, each)}</span>
          <button type="button" aria-label={chat.say("leaveOut", { name: each.name })} onClick={() => chat.files.remove(each.id)}>
            <span aria-hidden="true">×</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function told(chat: Chat, each: Chosen): string {
  if (each.state === "refused") return chat.whyNotFile(each);
  if (each.state === "ready") return chat.say("fileReady", { name: each.name });
  return chat.say("fileComing", { name: each.name, percent: each.percent });
}
