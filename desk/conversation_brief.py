"""The brief of a conversation in writing: the same statements as of a call, from the facts of its messages. Pure.

A message is read as a turn: what the customer wrote in a row, until somebody answered, is quoted as one. Every
statement still carries the number of the fact of the conversation that it came from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from calls.conversation_events import (
    Channel,
    ConversationOpened,
    MessagePassed,
    MessageReceived,
    MessageSent,
)
from calls.events import BriefPrepared, CallAnswered, CallOffered, Event, EventBody, RelatedFact, TurnEnded
from calls.ids import Language, TurnId
from desk.brief import Proven, build_brief
from desk.brief_words import WORDS

_VISITOR: Mapping[Language, str] = {"es": "Visitante de la web", "en": "Visitor of the website"}
_NAMELESS: frozenset[Channel] = frozenset({"chat"})
"""Channels whose addresses say nothing to people: a visitor of a page is a row of letters."""


def build_conversation_brief(
    events: Sequence[Event],
    language: Language,
    *,
    titles: Mapping[str, str] | None = None,
    related: Sequence[RelatedFact] = (),
    proven: Proven = "",
) -> BriefPrepared:
    """Make the brief of a conversation from its facts so far.

    Args:
        events: the conversation's stream, in order.
        language: language of the brief: the agent's, usually the conversation's.
        titles: title of each topic in that language.
        related: what happened with the customer before, as for a call.
        proven: how the customer proved in this conversation who they are.
    """
    brief = build_brief(as_call(events), language, titles=titles, related=related, proven=proven)
    return brief if brief.caller != WORDS[language]["withheld"] else replace(brief, caller=_VISITOR[language])


def as_call(events: Sequence[Event]) -> list[Event]:
    """Return the facts of a conversation as those of a call: numbers stay, times count from its beginning."""
    began = events[0].at_utc if events else None
    language: Language = "es"
    in_a_row: list[str] = []
    facts: list[Event] = []
    for event in events:
        body = event.body
        at_ms = _since(began, event.at_utc)
        match body:
            case ConversationOpened():
                language = body.language
                facts.append(_with(event, _offered(body), at_ms))
                facts.append(_with(event, CallAnswered(language=language, flow="main"), at_ms))
            case MessageReceived():
                in_a_row.append(body.text or " ".join(f"[{file.name}]" for file in body.attachments))
                facts.append(_with(event, _turn(body.message_id, "\n".join(in_a_row), language, at_ms), at_ms))
            case MessageSent():
                in_a_row.clear()
                turn = replace(_turn(body.message_id, body.text, language, at_ms), speaker=body.author)
                facts.append(_with(event, turn, at_ms))
            case MessagePassed():
                in_a_row.clear()
            case _:
                facts.append(_with(event, body, at_ms))
    return facts


def _offered(body: ConversationOpened) -> CallOffered:
    address = "" if body.channel in _NAMELESS else body.address
    return CallOffered(transport="webrtc", caller=address, caller_name=body.name, called=body.provider, peer_call_id="")


def _turn(name: str, text: str, language: Language, at_ms: int) -> TurnEnded:
    return TurnEnded(
        turn_id=TurnId(name),
        speaker="caller",
        text=text,
        language=language,
        start_ms=at_ms,
        end_ms=at_ms,
        utterance_ids=(),
        interrupted=False,
    )


def _with(event: Event, body: EventBody, at_ms: int) -> Event:
    return replace(event, body=body, t_ms=at_ms)


def _since(began: datetime | None, at: datetime) -> int:
    return 0 if began is None else int((at - began).total_seconds() * 1000)
