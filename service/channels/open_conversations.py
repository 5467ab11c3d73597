"""Conversations that something happens in, in memory: each with its machine, read from the log when it is needed.

Nothing is decided here. Other processes may write the same conversations, so each is refreshed before a step.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from calls.conversation_events import MessageReceived
from calls.errors import CallCentreError
from calls.events import Event
from calls.ids import ConversationId, MessageId
from channels.conversation import ConversationMachine, ConversationRules
from service.channels.parts import TextParts
from service.channels.secrets_written import WrittenSecrets
from service.channels.text_runner import TextMind

IDLE_MS = 15 * 60_000
"""How long an open conversation stays in memory after something happened in it; then it is read from the log again."""

OPEN_MOST = 2_000
"""Conversations in memory; more are dropped sooner. About 20 KB each."""


@dataclass(slots=True)
class OpenConversation:
    """A conversation in memory."""

    machine: ConversationMachine
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    mind: TextMind | None = None
    mind_from: int = -1
    """`begun_seq` that the mind belongs to."""
    secrets: WrittenSecrets = field(default_factory=WrittenSecrets)
    heard: dict[MessageId, str] = field(default_factory=dict)
    """Words as they were written, secrets included, until they are answered: never kept."""
    timer: asyncio.TimerHandle | None = None
    touched_ms: int = 0


class OpenConversations:
    """All that are in memory."""

    def __init__(self, parts: TextParts, rules_of: Callable[[str, str], ConversationRules]) -> None:
        """Read nothing yet; `rules_of(channel, provider)` says what holds for a conversation."""
        self._parts, self._rules_of = parts, rules_of
        self._open: dict[ConversationId, OpenConversation] = {}

    def get(self, conversation_id: ConversationId) -> OpenConversation | None:
        """Return a conversation if it is in memory."""
        return self._open.get(conversation_id)

    def stop_timers(self) -> None:
        """Wake up for none of them any more; what is due is due at the next start."""
        for each in self._open.values():
            if each.timer is not None:
                each.timer.cancel()

    def clear(self) -> None:
        """Forget all of them."""
        self._open.clear()

    async def events(
        self, conversation_id: ConversationId, after: int = 0, limit: int | None = None
    ) -> Sequence[Event]:
        """Return the facts of a conversation above a number."""
        return await asyncio.to_thread(self._parts.store.read, "conversation", conversation_id, after, limit)

    async def known(self, conversation_id: ConversationId) -> OpenConversation:
        """Return a conversation that there is.

        Raises:
            CallCentreError: `conversation.unknown`.
        """
        opened = self._open.get(conversation_id)
        if opened is not None and opened.machine.state.seq:
            return opened
        events = await self.events(conversation_id)
        if not events:
            raise CallCentreError("conversation.unknown", "There is no such conversation.", fault="user")
        fresh = ConversationMachine(ConversationRules())
        fresh.take(events[:1])
        return await self.opened(conversation_id, self._rules_of(fresh.state.channel, fresh.state.provider))

    async def opened(self, conversation_id: ConversationId, rules: ConversationRules) -> OpenConversation:
        """Return the conversation in memory, read from the log if it is not there."""
        opened = self._open.get(conversation_id)
        if opened is None:
            self._make_room()
            opened = self._open[conversation_id] = OpenConversation(ConversationMachine(rules))
        async with opened.lock:
            await self.refresh(conversation_id, opened)
        opened.touched_ms = self._now_ms()
        return opened

    async def refresh(self, conversation_id: ConversationId, opened: OpenConversation) -> None:
        """Take what is in the log and not known here."""
        events = await self.events(conversation_id, after=opened.machine.state.seq)
        self.take(opened, events, fresh=False)

    def take(self, opened: OpenConversation, events: Sequence[Event], *, fresh: bool) -> None:
        """Take facts into the machine; `fresh`: they were decided here just now."""
        opened.machine.take(events)
        for event in events:
            if isinstance(event.body, MessageReceived) and not fresh:
                opened.secrets.mask(event.body.text)
        state = opened.machine.state
        done = state.messages.keys() - set(state.unanswered)
        opened.heard = {name: text for name, text in opened.heard.items() if name not in done}
        if not fresh and events:
            opened.mind = None  # somebody else went on with it; it is read again when it is needed

    def _make_room(self) -> None:
        """Drop conversations from memory in which nothing happened for a while."""
        before_ms = self._now_ms() - IDLE_MS
        idle = [name for name, each in self._open.items() if each.touched_ms < before_ms and not each.lock.locked()]
        if len(self._open) - len(idle) >= OPEN_MOST:
            busy = sorted(self._open, key=lambda name: self._open[name].touched_ms)
            idle += [name for name in busy[: len(busy) // 4] if not self._open[name].lock.locked()]
        for name in set(idle):
            dropped = self._open.pop(name)
            if dropped.timer is not None:
                dropped.timer.cancel()

    def _now_ms(self) -> int:
        return int(self._parts.clock.now_utc().timestamp() * 1000)
