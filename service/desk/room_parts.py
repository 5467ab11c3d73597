"""Who is in the room of the desk: contacts that wait, offers that are open, and who else wants to know of them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from desk import acd_messages as m
from service.desk.listener import ContactListener


@dataclass(slots=True)
class Guest:
    """A contact that waits, is offered, or is with an agent."""

    contact: m.ContactArrived
    listener: ContactListener
    queue: str
    since_utc: datetime
    position: int = 0
    """1 is next; 0 before it was told."""
    expected_wait_s: int | None = None
    queued: bool = False
    """Whether the log knows that it waits in `queue`."""
    agent: str = ""
    """Who has accepted it."""


@dataclass(slots=True)
class OfferOpen:
    """An offer that an agent may accept."""

    offer: m.Offer
    guest: Guest
    at_ms: int
    ends_utc: datetime
    card: dict[str, Any] = field(default_factory=dict)
    """What the agent sees of the contact; empty until it is made."""
    card_made: asyncio.Event = field(default_factory=asyncio.Event)


class DeskHooks(Protocol):
    """What else wants to know of offers: phones of agents."""

    def offered(self, offer: OfferOpen) -> None:
        """An agent is asked."""
        ...

    def offer_over(self, offer: OfferOpen, *, accepted: bool) -> None:
        """The offer is over; its contact is connected next, when it was accepted."""
        ...
