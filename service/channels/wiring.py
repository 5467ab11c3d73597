"""Builds the conversations of a house."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from calls.ids import CallId, Language
from service.channels.conversations import Conversations
from service.channels.in_queue import ConversationsInQueue
from service.channels.linking import ConversationLinks
from service.channels.outside import OutsideChannels
from service.channels.parts import TextParts
from service.customers.known import Known
from service.desk.queue_hours import HoursNow

if TYPE_CHECKING:
    from service.house import House

CALLED = "chat"
"""As which number the dial plan is asked for hours of people who write, beside those of their queue."""


def build_conversations(house: House) -> Conversations:
    """Return the conversations of a house that is being built; nothing is read yet."""

    def hours(at_utc: datetime, queue: str, language: Language) -> HoursNow:
        route = house.dial_plan.route(CALLED, at_utc)
        calendar = route.calendar if route is not None else None
        return house.queue_hours.in_writing(queue, language, at_utc, calendar)

    def signal(conversation_id: str, name: str, data: dict[str, Any]) -> None:
        house.live.signal(CallId(conversation_id), name, data)

    conversations = Conversations(
        TextParts(
            store=house.store,
            clock=house.clock,
            knowledge=house.knowledge,
            feelings=house.feelings,
            settings=house.dialog_settings,
            hours=hours,
            language=house.config.dial_plan.language,
            publish=house.live.event,
            signal=signal,
            trouble=lambda part: house.metrics.trouble.labels(part).inc(),
        )
    )
    links = ConversationLinks(
        house.customers.store,
        house.clock,
        house.knowledge.titles,
        country=house.config.dialog.country,
        opens_records=house.config.customers.open_records,
    )
    conversations.listen(links.happened)
    conversations.beside.append(("customers", links.run))

    def known(conversation_id: str, language: Language) -> Known:
        return house.customers.known("conversation", conversation_id, language, house.knowledge.titles(language))

    queue = ConversationsInQueue(
        conversations, house.desk, house.queue_hours.queue_for, house.knowledge.titles, signal, known
    )
    conversations.staff = queue
    conversations.beside.append(("queue", queue.run))
    return conversations


def build_outside(house: House) -> OutsideChannels:
    """Return the mailboxes, webhooks and event hooks of a house that has its conversations; nothing is opened yet.

    Raises:
        CallCentreError: a secret or an issuer of the configuration cannot be read.
    """

    async def may_write(address: str) -> bool:
        return not await house.customers.wants_no_contact(address)

    outside = OutsideChannels(
        house.config,
        house.conversations,
        house.store,
        house.clock,
        may_write,
        failed=lambda part: house.metrics.trouble.labels(part).inc(),
    )
    house.customers.code_senders.update(outside.code_senders())
    return outside
