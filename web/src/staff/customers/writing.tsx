// A note that is being written: kept by the service with the contact's draft, so that a reload loses nothing.

import { signal } from "@preact/signals";
import { useId, useMemo } from "preact/hooks";
import { type Said, say } from "../../shared/language";
import { notesOf } from "../desk/notes";
import type { CustomerState } from "./data";
import { CUSTOMER } from "./words";

/** Source: `Text` of `service/customers/api.py`. */
const MOST_CHARS = 4_000;

interface WritingProps {
  readonly state: CustomerState;
  readonly label: Said;
  /** What the note is about. */
  readonly place: string;
  readonly keep: (text: string) => Promise<unknown>;
}

export function Writing({ state, label, place, keep }: WritingProps) {
  const id = useId();
  const notes = state.contact === null ? null : notesOf(state.contact.id);
  const own = useMemo(() => signal(""), [place]);
  const text = notes === null ? own.value : (notes.pieces.value[place] ?? "");
  const write = (written: string) => {
    if (notes === null) own.value = written;
    else notes.writePiece(place, written);
  };
  const send = async (event: Event) => {
    event.preventDefault();
    const written = text.trim();
    if (!written || written.length > MOST_CHARS) {
      if (written) state.mend(CUSTOMER.tooLong, { count: MOST_CHARS });
      else state.mend(CUSTOMER.noteFirst);
      document.getElementById(id)?.focus();
      return;
    }
    if (await state.act(() => keep(written), say(CUSTOMER.noteDone))) write("");
  };
  return (
    <form class="form" onSubmit={(event) => void send(event)}>
      <div class="field">
        <label for={id}>{say(label)}</label>
        <textarea
          id={id}
          rows={2}
          value={text}
          onInput={(event) => write(event.currentTarget.value)}
        />
      </div>
      <button type="submit" class="button">
        {say(CUSTOMER.noteAdd)}
      </button>
    </form>
  );
}
