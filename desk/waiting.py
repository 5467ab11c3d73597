"""A contact in the queue, and the offer of it to one agent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from desk.acd_messages import ContactArrived
from desk.agents import Agent
from desk.priority import Boost


@dataclass(slots=True)
class Contact:
    """A contact that waits, is offered, or is with an agent."""

    arrived: ContactArrived
    queue: str
    order: int
    """Of arrival; breaks ties."""
    since_ms: int
    """When it began to wait, as far as its place goes."""
    entered_ms: int
    """When it came to this queue."""
    boost: Boost
    state: Literal["waiting", "offered", "connected"] = "waiting"
    agent: str = ""
    """Whom it is offered to, or who has it."""
    wanted_agent: str = ""
    wanted_until_ms: int = 0
    refused_until_ms: dict[str, int] = field(default_factory=dict)
    told: tuple[int, int | None] | None = None
    """Position and expected wait as last said."""
    told_long: set[str] = field(default_factory=set)
    been_in: set[str] = field(default_factory=set)
    """Queues it was in: an overflow goes round no circle."""

    @property
    def contact_id(self) -> str:
        """Which one."""
        return self.arrived.contact_id

    @property
    def rank(self) -> tuple[int, int]:
        """Lowest first."""
        return self.since_ms - self.boost.ms, self.order


@dataclass(slots=True)
class Reservation:
    """An agent has some time to accept a contact."""

    reservation_id: str
    contact: Contact
    agent: Agent
    until_ms: int
