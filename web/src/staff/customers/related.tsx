// What a brief says of earlier contacts, cases and notes: each line leads to what it is about, for who may see that.

import type { RelatedFact } from "../../events.gen";
import { say } from "../../shared/language";
import { may } from "../session";
import { placeOf } from "./data";
import { CUSTOMER } from "./words";

export function Related({ related }: { related: readonly RelatedFact[] | undefined }) {
  if (!related?.length) return null; // briefs of before had none
  return (
    <>
      <h3>{say(CUSTOMER.related)}</h3>
      <ul class="plain-facts related">
        {related.map((fact, at) => {
          const isOpen = may("customers") || fact.stream_kind === "call" || fact.stream_kind === "conversation";
          const place = isOpen ? placeOf(fact.stream_kind, fact.stream_id) : null;
          return (
            <li key={at}>
              {place === null ? fact.text : <a href={place}>{fact.text}</a>} {fact.quote && <q>{fact.quote}</q>}
            </li>
          );
        })}
      </ul>
    </>
  );
}
