"""How a contact that waits is told what becomes of it."""

from __future__ import annotations

from typing import Any, Literal, Protocol

from calls.desk_events import LeftQueueReason

LongWait = Literal["no_agents", "closed", "long_wait"]
OfferEnd = Literal["declined", "no_answer", "withdrawn", "agent_lost", "redirected"]


class ContactListener(Protocol):
    """The side of the contact: a call's runner, a chat. Called on the event loop; must not wait."""

    def waits(self, position: int, expected_wait_s: int | None) -> None:
        """It stands here now; told when it arrives and when that changed."""
        ...

    def waits_long(self, why: LongWait) -> None:
        """Nobody will come soon; a good moment to offer another way."""
        ...

    def offered(self, agent: str, reservation_id: str, for_ms: int) -> None:
        """An agent is asked."""
        ...

    def offer_over(self, agent: str, reservation_id: str, reason: OfferEnd) -> None:
        """That agent does not take it; it keeps its place."""
        ...

    def connect(self, agent: str, reservation_id: str) -> None:
        """The agent accepted: bring the two together, then tell `DeskRoom.work_over`, or `back` when it fails."""
        ...

    def left(self, reason: LeftQueueReason, to: str) -> None:
        """It does not wait any more; `to` is where an overflowing call goes."""
        ...

    async def card(self) -> dict[str, Any]:
        """Return what an agent sees before accepting, made of the facts so far: JSON values, `{"brief": …}`."""
        ...


class QuietListener:
    """Does nothing at all; for contacts that want to hear of some things alone."""

    def waits(self, position: int, expected_wait_s: int | None) -> None:
        """Nothing."""

    def waits_long(self, why: LongWait) -> None:
        """Nothing."""

    def offered(self, agent: str, reservation_id: str, for_ms: int) -> None:
        """Nothing."""

    def offer_over(self, agent: str, reservation_id: str, reason: OfferEnd) -> None:
        """Nothing."""

    def connect(self, agent: str, reservation_id: str) -> None:
        """Nothing."""

    def left(self, reason: LeftQueueReason, to: str) -> None:
        """Nothing."""

    async def card(self) -> dict[str, Any]:
        """Return an empty card."""
        return {}
