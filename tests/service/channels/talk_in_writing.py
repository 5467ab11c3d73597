"""Conversations over a real database with articles that need no worker: what the service's tests talk to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from calls.conversation_events import Channel, MessageSent
from calls.events import Event
from calls.ids import ConversationId, Language
from calls.ports import Passage
from calls.speech import MeaningEstimate
from channels.conversation import ConversationRules, ConversationState
from channels.messages import Incoming, Outgoing
from records.store import EventStore
from service.channels.conversations import Conversations
from service.channels.parts import Receipt, TextParts
from service.clock import SystemClock
from service.desk.queue_hours import HoursNow
from tests.waiting import eventually
from voice.dialog.settings import DialogSettings

ANSWERED_S = 60.0
"""Beside whole services that recognise and speak an answer may be long in coming."""
RULES = ConversationRules(gather_ms=20, delivers=False)
BILL = {
    "en": "Your bill has three parts: what you used, the fixed part, and taxes.",
    "es": "Su factura tiene tres partes: lo que ha consumido, la parte fija y los impuestos.",
}
_ABOUT_BILLS = ("bill", "factura")
_NO_MEANING = MeaningEstimate(danger="gas", danger_score=0.0, wish="human", wish_score=0.0)


class FewArticles:
    """Knows about bills; every look-up is counted."""

    def __init__(self) -> None:
        self.looked_up: list[str] = []
        self.hold: asyncio.Event | None = None
        """Set: a look-up waits for it."""

    async def search(self, query: str, language: Language, limit: int = 5) -> Sequence[Passage]:
        self.looked_up.append(query)
        if self.hold is not None:
            await self.hold.wait()
        if not any(word in query.lower() for word in _ABOUT_BILLS):
            return []
        return [
            Passage(
                article_id=f"bill-explained:{language}",
                topic="bill-explained",
                title="My bill",
                language=language,
                text=BILL[language],
                score=0.9,
            )
        ][:limit]

    async def understand(self, text: str, language: Language) -> tuple[MeaningEstimate, npt.NDArray[np.float32]]:
        del text, language
        return _NO_MEANING, np.zeros(8, dtype=np.float32)


class FakeStaff:
    """Counts who is wanted; `here` is how many humans there are."""

    def __init__(self, here: int = 0) -> None:
        self.here = here
        self.wanted: list[ConversationId] = []
        self.unwanted: list[ConversationId] = []

    def free(self, queue: str, language: Language) -> int:
        del queue, language
        return self.here

    async def want(self, conversation_id: ConversationId, state: ConversationState) -> None:
        del state
        self.wanted.append(conversation_id)

    async def unwant(self, conversation_id: ConversationId) -> None:
        self.unwanted.append(conversation_id)


def always(at_utc: datetime, _queue: str, _language: Language) -> HoursNow:
    """Return that people work."""
    return HoursNow(now_local=at_utc, open=True)


@dataclass
class Desk:
    """One process over a folder; `again()` is the same one after a restart."""

    folder: Path
    staff: FakeStaff = field(default_factory=FakeStaff)
    rules: ConversationRules = RULES
    channel: Channel = "chat"
    port: Any = None
    url: str = ""
    hours: Callable[[datetime, str, Language], HoursNow] = field(default=always)

    def __post_init__(self) -> None:
        self.articles = FewArticles()
        self.store = EventStore.open_dir(self.folder, url=self.url)
        self.published: list[Event] = []
        self.signals: list[tuple[str, dict[str, Any]]] = []
        self.conversations = Conversations(
            TextParts(
                store=self.store,
                clock=SystemClock(),
                knowledge=self.articles,
                feelings=None,
                settings=DialogSettings,
                hours=self.hours,
                language="es",
                publish=self.published.append,
                signal=lambda _conversation, name, data: self.signals.append((name, data)),
            ),
            self.staff,
        )
        self.conversations.add_channel(self.channel, "web", self.rules, self.port)
        self.conversations.start()

    async def write(self, text: str, name: str = "", address: str = "visitor-1", **more: Any) -> Receipt:
        """Let a customer write."""
        incoming = Incoming(channel=self.channel, provider="web", address=address, text=text, external_id=name, **more)
        return await self.conversations.received(incoming)

    async def ask(self, text: str, name: str = "", address: str = "visitor-1", **more: Any) -> str:
        """Let a customer write, and return what is answered."""
        receipt = await self.write(text, name, address, **more)
        return await self.answer_to(receipt)

    async def answer_to(self, receipt: Receipt) -> str:
        """Wait for the answer to a message."""
        await eventually(lambda: self._answer_to(receipt), "the answer", most_s=ANSWERED_S)
        return self._answer_to(receipt)

    def _answer_to(self, receipt: Receipt) -> str:
        sent = [event.body for event in self.published if isinstance(event.body, MessageSent)]
        return next((body.text for body in sent if body.answers == receipt.message_id), "")

    def has_kept(self, kind: str) -> bool:
        """Tell whether this process wrote a fact of a type."""
        return any(event.body.type == kind for event in self.published)

    async def bodies(self, conversation_id: ConversationId, kind: str) -> list[Any]:
        """Return the facts of one type."""
        return [e.body for e in await self.conversations.events(conversation_id) if e.body.type == kind]

    async def stop(self) -> None:
        await self.conversations.stop()
        self.store.close()

    async def again(self) -> Desk:
        """Stop, and start anew."""
        await self.stop()
        return Desk(self.folder, self.staff, self.rules, self.channel, self.port, self.url, self.hours)


class Provider:
    """Takes messages, or refuses the first few."""

    def __init__(self) -> None:
        self.taken: list[Outgoing] = []
        self.errors: list[Exception] = []

    async def send(self, message: Outgoing) -> str:
        if self.errors:
            raise self.errors.pop(0)
        self.taken.append(message)
        return f"ext-{len(self.taken)}"
