"""What conversations need of the house, and what they are to others: ports and plain data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from calls.conversation_events import MessageSent
from calls.events import Event
from calls.ids import ConversationId, Language, MessageId
from calls.ports import Clock
from channels.conversation import ConversationState
from channels.messages import Outgoing
from records.store import EventStore
from service.channels.text_runner import Replied, TextKnowledge
from service.desk.queue_hours import HoursNow
from voice.dialog.settings import DialogSettings
from voice.feelings.model import FeelingModel


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyMoment:
    """What holds when a reply is about to be written."""

    hours: HoursNow
    told_hours_ago_ms: int | None = None
    """How long ago the customer was told in this conversation that people are not in; None: never."""


Editor = Callable[[Replied, MessageId, ReplyMoment], Replied]
"""Decides what of the bot's reply to a message goes out by itself, and what becomes a suggestion to staff."""


class StaffPort(Protocol):
    """The human side, as conversations see it."""

    def free(self, queue: str, language: Language) -> int:
        """Return how many humans of a queue could take a conversation, now or when they are done with others."""
        ...

    async def want(self, conversation_id: ConversationId, state: ConversationState) -> None:
        """A customer waits for a human; calling it again for the same one changes nothing."""
        ...

    async def unwant(self, conversation_id: ConversationId) -> None:
        """The customer does not wait any more."""
        ...


class NoStaff:
    """Nobody is there."""

    def free(self, queue: str, language: Language) -> int:
        """Return 0."""
        del queue, language
        return 0

    async def want(self, conversation_id: ConversationId, state: ConversationState) -> None:
        """Nobody is told."""

    async def unwant(self, conversation_id: ConversationId) -> None:
        """Nobody is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextParts:
    """What conversations need of the house."""

    store: EventStore
    clock: Clock
    knowledge: TextKnowledge
    feelings: FeelingModel | None
    settings: Callable[[], DialogSettings]
    hours: Callable[[datetime, str, Language], HoursNow]
    """Time in UTC, queue (perhaps empty) and language of a conversation -> what holds then."""
    language: Language
    """Where nothing else says it."""
    publish: Callable[[Event], None]
    """Called with each fact that was written here."""
    signal: Callable[[str, str, dict[str, Any]], None]
    """`signal(conversation, name, data)`: something that is shown and forgotten."""
    trouble: Callable[[str], None] = lambda _part: None
    """Counts a failure of a part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a message that came in."""

    conversation_id: ConversationId
    message_id: MessageId
    is_new: bool
    """False: it had come before, and nothing was done."""


def outgoing_of(
    conversation_id: ConversationId, state: ConversationState, events: Sequence[Event], message_id: MessageId
) -> Outgoing | None:
    """Return a message of ours as it is handed to a provider; None when there is no such message."""
    sent = next((e.body for e in events if isinstance(e.body, MessageSent) and e.body.message_id == message_id), None)
    if sent is None:
        return None
    thread = [each.external_id for each in state.messages.values() if each.external_id]
    answered = state.messages.get(sent.answers) if sent.answers is not None else None
    theirs = [m.external_id for m in state.messages.values() if m.author == "customer" and m.external_id]
    return Outgoing(
        conversation_id=conversation_id,
        message_id=message_id,
        channel=state.channel,
        provider=state.provider,
        address=state.address,
        name=state.name,
        subject=state.subject,
        language=state.language,
        author=sent.author,
        by=sent.by,
        text=sent.text,
        attachments=sent.attachments,
        answers=answered.external_id if answered is not None else (theirs[-1] if theirs else ""),
        thread=tuple(thread),
    )
