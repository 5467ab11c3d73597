"""What a call's handover needs of the queue and of agents' desks, and a stand-in where there are none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

from calls.handover_events import HandoverTarget

LeaveReason = Literal["abandoned", "withdrawn", "overflow"]


class CallQueue(Protocol):
    """One call's side of the queue. What becomes of it is told to the call's `CallHandover`."""

    @property
    def is_staffed(self) -> bool:
        """Whether anybody who is signed in may take this call, now or later."""
        ...

    def enqueue(self, target: HandoverTarget, *, first: bool) -> None:
        """Let the caller wait; `first`: at the head, since they had a human and lost them."""
        ...

    def leave(self, why: LeaveReason) -> None:
        """The caller does not wait any more; an offer that is open is withdrawn."""
        ...

    def back(self) -> None:
        """The agent who accepted could not be joined: the caller is next again."""
        ...

    def work_began(self, agent: str) -> None:
        """An agent has this call in hand whom the queue did not bring: one who is consulted."""
        ...

    def work_over(self, agent: str) -> None:
        """Agent and caller are apart."""
        ...


class NoQueue:
    """Nobody signs in: the only humans are on phones."""

    is_staffed = False

    def __init__(self, over: Callable[[], None]) -> None:
        """`over()` is told that nobody will come."""
        self._over = over

    def enqueue(self, target: HandoverTarget, *, first: bool) -> None:
        """Nobody will come."""
        del target, first
        self._over()

    def leave(self, why: LeaveReason) -> None:
        """Nothing."""

    def back(self) -> None:
        """Nobody will come."""
        self._over()

    def work_began(self, agent: str) -> None:
        """Nothing."""

    def work_over(self, agent: str) -> None:
        """Nothing."""
