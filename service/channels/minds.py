"""The policy that answers a conversation: as its log left it, and what it is told of the words it answers."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from calls.conversation_events import MessageReceived, MessageSent
from calls.events import Event
from calls.ids import ConversationId, Language, MessageId
from service.channels.open_conversations import OpenConversation, OpenConversations
from service.channels.parts import TextParts
from service.channels.text_runner import TextMind, text_settings

logger = logging.getLogger(__name__)


class Minds:
    """Makes the policies of conversations, and keeps each with its conversation."""

    def __init__(self, parts: TextParts, memory: OpenConversations) -> None:
        """Make none yet."""
        self._parts, self._memory = parts, memory

    async def of(self, conversation_id: ConversationId, opened: OpenConversation) -> TextMind:
        """Return the policy of a conversation as its log left it."""
        state = opened.machine.state
        if opened.mind is not None and opened.mind_from == state.begun_seq:
            return opened.mind
        parts = self._parts
        events = [e for e in await self._memory.events(conversation_id) if e.seq >= state.begun_seq]
        handed_back = bool(events) and events[0].body.type == "agent_went_out"
        mind = TextMind(
            text_settings(parts.settings()),
            state.language if not events or not _has_spoken(events) else _first_language(events, state.language),
            parts.knowledge,
            parts.feelings,
            number=state.address if state.channel in ("sms", "whatsapp") else "",
            silent_start=handed_back,
        )
        if events:
            clock = {event.seq: parts.hours(event.at_utc, opened.machine.queue, state.language) for event in events}
            different = await mind.replay(events, clock)
            if different:
                logger.info("conversation %s: %d replies would be others now", conversation_id, different)
        opened.mind, opened.mind_from = mind, state.begun_seq
        return mind

    async def words_of(
        self, conversation_id: ConversationId, opened: OpenConversation, message_ids: Sequence[MessageId]
    ) -> list[str]:
        """Return what was written, as it was; masked where only the log remembers it."""
        missing = [name for name in message_ids if name not in opened.heard]
        if not missing:
            return [opened.heard[name] for name in message_ids]
        bodies = [event.body for event in await self._memory.events(conversation_id)]
        kept = {body.message_id: body.text for body in bodies if isinstance(body, MessageReceived)}
        return [opened.heard.get(name) or kept.get(name, "") for name in message_ids]


def _has_spoken(events: Sequence[Event]) -> bool:
    return any(isinstance(event.body, MessageSent) for event in events)


def _first_language(events: Sequence[Event], otherwise: Language) -> Language:
    """Return the language that the bot began in: that of the opening, or before the first change."""
    first = events[0].body
    if first.type == "conversation_opened":
        return first.language
    changed = next((event.body for event in events if event.body.type == "language_chosen"), None)
    if changed is None:
        return otherwise
    return "en" if changed.language == "es" else "es"
