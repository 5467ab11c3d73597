// The work after a contact: filled in from what happened, kept while it is written, handed in at the end.

import { signal } from "@preact/signals";
import { useId, useMemo } from "preact/hooks";
import { say } from "../../shared/language";
import { clock } from "../format";
import { now_ms } from "./clock";
import { forgetNotes, type Notes } from "./notes";
import { left_s, type Work } from "./state";
import { DESK, OUTCOMES } from "./words";
import { DISPOSITIONS, followUpsOf, shown, type WrapUp } from "./wrap-up";

interface WrapUpProps {
  readonly work: Work;
  readonly draft: WrapUp;
  readonly notes: Notes;
  readonly wish: (command: Readonly<Record<string, unknown>>) => Promise<boolean>;
}

export function WrapUpForm({ work, draft, notes, wish }: WrapUpProps) {
  const id = useId();
  const failure = useMemo(() => signal(""), []);
  /** As it is typed: a line that was just begun is no follow-up yet. */
  const typed = useMemo(() => signal<string | null>(null), []);
  const now = shown(notes.written.value, draft);
  const isOver = work.wrap_up_ends_utc !== null;
  const change = (part: Partial<WrapUp>) => notes.write({ ...shown(notes.written.value, draft), ...part });
  const handIn = async (event: Event) => {
    event.preventDefault();
    const filled = shown(notes.written.value, draft);
    if (!filled.disposition) {
      failure.value = say(DESK.needsOutcome);
      document.getElementById(`${id}-outcome`)?.focus();
      return;
    }
    if (Object.values(notes.pieces.value).some((text) => text.trim())) {
      failure.value = say(DESK.unsentNote);
      return;
    }
    failure.value = "";
    const done = await wish({
      do: "wrap_up_done",
      contact_id: work.contact_id,
      contact_kind: work.contact_kind,
      ...filled,
    });
    if (done) {
      await notes.handedIn();
      forgetNotes(work.contact_id);
    }
  };
  const state = { kept: DESK.kept, keeping: DESK.keeping, failed: DESK.notKept }[notes.state.value];
  return (
    <section class="panel block wrap-up" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{say(DESK.wrapUp)}</h2>
      {work.wrap_up_ends_utc !== null && (
        <p class="muted" role="timer">
          {say(DESK.wrapUpEnds, { time: clock(left_s(work.wrap_up_ends_utc, now_ms.value) * 1000) })}
        </p>
      )}
      <form class="form" onSubmit={(event) => void handIn(event)}>
        <p class={failure.value ? "told bad" : "unseen"} role="alert">
          {failure.value}
        </p>
        <div class="field">
          <label for={`${id}-outcome`}>{say(DESK.disposition)}</label>
          <select
            id={`${id}-outcome`}
            value={now.disposition}
            onChange={(event) => change({ disposition: event.currentTarget.value })}
          >
            <option value="">{say(DESK.choose)}</option>
            {DISPOSITIONS.map((outcome) => (
              <option key={outcome} value={outcome}>
                {say(OUTCOMES[outcome] ?? DESK.choose)}
              </option>
            ))}
          </select>
        </div>
        <div class="field">
          <label for={`${id}-summary`}>{say(DESK.summary)}</label>
          <textarea
            id={`${id}-summary`}
            rows={6}
            maxLength={2000}
            aria-describedby={`${id}-hint`}
            value={now.summary}
            onInput={(event) => change({ summary: event.currentTarget.value })}
          />
          <p class="hint" id={`${id}-hint`}>
            {say(DESK.summaryHint)}
          </p>
        </div>
        <div class="field">
          <label for={`${id}-next`}>{say(DESK.followUps)}</label>
          <textarea
            id={`${id}-next`}
            rows={3}
            value={typed.value ?? now.follow_ups.join("\n")}
            onInput={(event) => {
              typed.value = event.currentTarget.value;
              change({ follow_ups: followUpsOf(event.currentTarget.value) });
            }}
          />
        </div>
        <p class="muted notes-state" role="status">
          {say(state)}
        </p>
        {isOver && (
          <button type="submit" class="button primary">
            {say(DESK.handIn)}
          </button>
        )}
      </form>
    </section>
  );
}
