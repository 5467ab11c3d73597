// A call in an agent's hand: strip, words as they are said, brief, customer, wrap-up.

import { useEffect, useMemo } from "preact/hooks";
import { CallState } from "../call";
import { follow } from "../api";
import { CustomerPanel } from "../customers/panel";
import { say } from "../../shared/language";
import { topicName } from "../format";
import { TranscriptPanel } from "../transcript";
import { CallStrip } from "./call-strip";
import type { Notes } from "./notes";
import { BriefText } from "./offers";
import { DESK } from "./words";
import type { Card, Work } from "./state";
import { Strip } from "./strip";
import { WrapUpForm } from "./wrap-up-form";
import { prefill } from "./wrap-up";

interface PaneProps {
  readonly work: Work;
  readonly card: Card;
  readonly notes: Notes;
  readonly wish: (command: Readonly<Record<string, unknown>>) => Promise<boolean>;
}

export function CallPane({ work, card, notes, wish }: PaneProps) {
  const call = useMemo(() => new CallState(work.contact_id), [work.contact_id]);
  const strip = useMemo(() => new Strip(work.contact_id), [work.contact_id]);
  useEffect(() => {
    void call.load();
    void strip.load();
    return follow(work.contact_id, (message) => {
      call.take(message);
      if (message.kind === "signal" && message.name === "handover") strip.take(message.data);
      if (message.kind === "snapshot") void strip.load();
    });
  }, [call, strip]);
  const live = call.live.value;
  const isRunning = work.wrap_up_ends_utc === null;
  return (
    <>
      <div class="work-main">
        {isRunning && <CallStrip strip={strip} />}
        <TranscriptPanel call={call} />
        <WrapUpForm work={work} draft={prefill(live, topicName)} notes={notes} wish={wish} />
      </div>
      <div class="work-side">
        <section class="panel block" aria-labelledby="work-brief">
          <h2 id="work-brief">{say(DESK.brief)}</h2>
          <BriefText brief={live.brief ?? card.brief ?? null} />
        </section>
        <CustomerPanel
          kind="call"
          contactId={work.contact_id}
          from={live.caller.startsWith("+") ? { kind: "phone", value: live.caller } : null}
        />
      </div>
    </>
  );
}
