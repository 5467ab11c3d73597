// A conversation in writing in an agent's hand.

import { CustomerPanel } from "../customers/panel";
import type { Notes } from "./notes";
import { BriefText } from "./offers";
import type { Card, Work } from "./state";
import { me } from "../session";
import { Thread, useThread } from "./thread";
import { WrapUpForm } from "./wrap-up-form";
import { NOTHING } from "./wrap-up";

interface PaneProps {
  readonly work: Work;
  readonly card: Card;
  readonly notes: Notes;
  readonly wish: (command: Readonly<Record<string, unknown>>) => Promise<boolean>;
}

export function ConversationPane({ work, card, notes, wish }: PaneProps) {
  const thread = useThread(work.contact_id);
  return (
    <>
      <div class="work-main">
        <Thread thread={thread} me={me.value?.name ?? ""} />
        <WrapUpForm work={work} draft={NOTHING} notes={notes} wish={wish} />
      </div>
      <div class="work-side">
        <section class="panel block">
          <BriefText brief={thread.seen.value?.brief ?? card.brief ?? null} />
        </section>
        <CustomerPanel kind="conversation" contactId={work.contact_id} />
      </div>
    </>
  );
}
