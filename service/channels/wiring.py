"""Builds the conversations of a house."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from calls.ids import CallId
from service.channels.conversations import Conversations
from service.channels.linking import ConversationLinks
from service.channels.parts import TextParts

if TYPE_CHECKING:
    from service.house import House

CALLED = "chat"
"""As which number the dial plan is asked for the hours of people who write; without an entry they always work."""


def build_conversations(house: House) -> Conversations:
    """Return the conversations of a house that is being built; nothing is read yet."""

    def hours(at_utc: datetime) -> tuple[datetime, bool]:
        route = house.dial_plan.route(CALLED, at_utc)
        return (route.now_local, route.open) if route is not None else (at_utc.astimezone(house.dial_plan.zone), True)

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
    return conversations
