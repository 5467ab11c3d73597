"""Conversations at the desk: they wait in the same queues as calls, are offered with a brief, and count as work.

customer wants a human -> want -> DeskRoom.arrive -> offered -> accepted -> agent_joins
agent lets go, or the customer ends it -> DeskRoom.work_over;  nobody will come -> the customer is told
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from calls.codec import to_json
from calls.conversation_events import AgentEntered, AgentWentOut
from calls.desk_events import LeftQueueReason
from calls.errors import CallCentreError
from calls.events import Event, FeelingRead
from calls.ids import ConversationId, Language
from channels.conversation import ConversationState
from desk.acd_messages import ContactArrived
from desk.conversation_brief import build_conversation_brief
from service.channels.conversations import Conversations
from service.customers.known import Known
from service.desk.listener import LongWait, QuietListener
from service.desk.room import DeskRoom

logger = logging.getLogger(__name__)


class ConversationsInQueue:
    """The staff that conversations see: the desk's queues (a `StaffPort`)."""

    def __init__(
        self,
        conversations: Conversations,
        desk: DeskRoom,
        queue_for: Callable[[str, Language], str],
        titles: Callable[[Language], Mapping[str, str]],
        signal: Callable[[str, str, dict[str, Any]], None],
        known: Callable[[str, Language], Known] = lambda _conversation, _language: Known(),
    ) -> None:
        """Nobody waits before `run`.

        Args:
            conversations: All of them.
            desk: Queues and agents.
            queue_for: Name of a queue, perhaps empty, and a language -> the queue that it is at this hour.
            titles: Title of each topic in a language, for briefs.
            signal: Shows something to the customer's page.
            known: What a brief says of the customer beyond the conversation; blocks.
        """
        self._known = known
        self.conversations, self._desk = conversations, desk
        self._queue_for, self.titles, self.signal = queue_for, titles, signal
        self._with: dict[ConversationId, str] = {}
        """Agents who have a conversation in hand, as the desk knows."""
        self._working: set[str] = set()
        conversations.listen(self._happened)
        desk.on_change.append(self._agents_changed)

    async def run(self) -> None:
        """Let those wait again that waited when the last process ended; the desk has started."""
        for contact in self._desk.take_back():
            conversation_id = ConversationId(contact.contact_id)
            self._desk.arrive(contact, WaitingConversation(self, conversation_id))

    # What conversations ask (StaffPort)

    def free(self, queue: str, language: Language) -> int:
        """Return how many agents serve the queue that a conversation would wait in, now or later."""
        return self._desk.working(self._queue_for(queue, language), language, "text")

    async def want(self, conversation_id: ConversationId, state: ConversationState) -> None:
        """Let a customer wait; who wrote with them before is asked first."""
        events = await self.conversations.events(conversation_id)
        contact = ContactArrived(
            frustration_score=_frustration(events),
            contact_id=conversation_id,
            kind="conversation",
            queue=self._queue_for(state.queue, state.language),
            language=state.language,
            wanted_agent=state.last_agent,
        )
        self._desk.arrive(contact, WaitingConversation(self, conversation_id))

    def is_staffed(self, conversation_id: ConversationId) -> bool:
        """Tell whether anybody at work may take a conversation that waits."""
        guest = self._desk.guest(conversation_id)
        return guest is not None and self._desk.working(guest.queue, guest.contact.language, "text") > 0

    async def unwant(self, conversation_id: ConversationId) -> None:
        """The customer does not wait any more."""
        self._desk.gone(conversation_id, "withdrawn")

    # What the desk asks

    def connect(self, conversation_id: ConversationId, agent: str) -> None:
        """An agent accepted."""
        self._with[conversation_id] = agent
        self.conversations.tasks.start(f"join-{conversation_id}", self._join(conversation_id, agent))

    async def _join(self, conversation_id: ConversationId, agent: str) -> None:
        try:
            await self.conversations.agent_joins(conversation_id, agent)
        except CallCentreError as error:
            logger.warning("conversation %s: the agent could not be joined: %s", conversation_id, error.code)
            self._with.pop(conversation_id, None)
            state = await self.conversations.state(conversation_id)
            if state is not None and state.answering == "waiting":
                self._desk.back(conversation_id)
            else:
                self._desk.work_over(agent, conversation_id)

    def nobody(self, conversation_id: ConversationId) -> None:
        """Nobody will come: the queue lets go of it, whereby the customer is told, and it stays for staff."""
        self._desk.gone(conversation_id, "closed")

    async def card(self, conversation_id: ConversationId) -> dict[str, Any]:
        """Return what an agent sees before accepting."""
        events = await self.conversations.events(conversation_id)
        state = await self.conversations.state(conversation_id)
        if state is None:
            return {}
        titles = self.titles(state.language)
        known = await asyncio.to_thread(self._known, conversation_id, state.language)
        brief = await asyncio.to_thread(
            build_conversation_brief,
            events,
            state.language,
            titles=titles,
            related=known.related,
            proven=known.proven,
        )
        return {"brief": to_json(brief), "channel": state.channel}

    # What happens

    def _happened(self, conversation_id: ConversationId, state: ConversationState, events: Sequence[Event]) -> None:
        """Keep the desk in step: who has a conversation in hand, and who does not any more."""
        for event in events:
            body = event.body
            if isinstance(body, AgentWentOut) and self._with.get(conversation_id) == body.agent:
                del self._with[conversation_id]
                self._desk.work_over(body.agent, conversation_id)
            elif isinstance(body, AgentEntered) and self._with.get(conversation_id) != body.agent:
                self._take_by_hand(conversation_id, body.agent, state)

    def _take_by_hand(self, conversation_id: ConversationId, agent: str, state: ConversationState) -> None:
        """An agent took it from the list, without an offer."""
        self._desk.gone(conversation_id, "answered")
        if self._desk.is_working(agent):
            self._with[conversation_id] = agent
            self._desk.work_began(agent, conversation_id, "conversation", state.queue)

    def _agents_changed(self) -> None:
        """Hand conversations on whose agent went home, and give those back to who comes that were theirs."""
        for conversation_id, agent in list(self._with.items()):
            if not self._desk.is_working(agent):
                del self._with[conversation_id]
                self._desk.work_over(agent, conversation_id)
                lost = self.conversations.agent_leaves(conversation_id, agent, "lost")
                self.conversations.tasks.start(f"lost-{conversation_id}", lost)
        working = {view["name"] for view in self._desk.snapshot()["agents"] if view["state"] != "signed_out"}
        for agent in working - self._working:
            self.conversations.tasks.start(f"again-{agent}", self._give_back(agent))
        self._working = working

    async def _give_back(self, agent: str) -> None:
        """Count what an agent had in hand before a restart, or before they went for a while."""
        rows = await asyncio.to_thread(self.conversations.index.newest, only="mine", agent=agent)
        for row in rows:
            if row.conversation_id not in self._with and self._desk.is_working(agent):
                self._with[row.conversation_id] = agent
                self._desk.work_began(agent, row.conversation_id, "conversation", row.queue)


def _frustration(events: Sequence[Event]) -> float:
    """Return how weary or angry the customer's words were last, as the queue weighs it; 0 where nobody reads that."""
    read = [event.body.estimate for event in events if isinstance(event.body, FeelingRead)]
    clear = [each.call_scores for each in read if not each.abstained]
    return max(clear[-1].frustration_score, clear[-1].anger_score) if clear else 0.0


class WaitingConversation(QuietListener):
    """One conversation's stay in the queue."""

    def __init__(self, queue: ConversationsInQueue, conversation_id: ConversationId) -> None:
        """It is about to arrive."""
        self._queue, self._conversation_id = queue, conversation_id

    def waits(self, position: int, expected_wait_s: int | None) -> None:
        """Show the customer where they stand."""
        told = {"position": position, "expected_wait_s": expected_wait_s}
        self._queue.signal(self._conversation_id, "waiting", told)

    def waits_long(self, why: LongWait) -> None:
        """Tell the customer when nobody will come; a long wait they see by their place.

        At closing time who waits is still served by who works.
        """
        if why == "closed" and self._queue.is_staffed(self._conversation_id):
            return
        if why != "long_wait":
            asyncio.get_running_loop().call_soon(self._queue.nobody, self._conversation_id)

    def connect(self, agent: str, reservation_id: str) -> None:
        """Bring the two together."""
        del reservation_id
        self._queue.connect(self._conversation_id, agent)

    def left(self, reason: LeftQueueReason, to: str) -> None:
        """Tell the customer when the queue gave up on them."""
        del to
        if reason in ("closed", "overflow"):
            tasks = self._queue.conversations.tasks
            tasks.start(f"nobody-{self._conversation_id}", self._queue.conversations.nobody_came(self._conversation_id))

    async def card(self) -> dict[str, Any]:
        """Return the brief."""
        return await self._queue.card(self._conversation_id)
