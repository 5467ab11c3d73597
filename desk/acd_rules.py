"""What an operator decides about the queues: who serves them, how long things may take, where too much goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRules:
    """One queue."""

    name: str = "main"
    skills: frozenset[str] = field(default_factory=frozenset)
    """What every agent of the queue must be able to do; never relaxed."""
    ring_ms: int = 20_000
    """How long an agent may take to accept. Source: our choice; four rings of a phone, and a glance at the brief."""
    wrap_up_ms: int = 60_000
    """Time after a contact in which nothing is offered, unless the agent is done sooner; 0 for none. Source: our
    choice; what is prefilled is read and corrected in half of it."""
    relax_after_ms: int = 60_000
    """From then on the skills of the contact itself are wishes. Source: our choice; longer than most waits, shorter
    than what callers hold out."""
    wanted_ms: int = 20_000
    """How long a contact is kept for the agent it wants. Source: our choice; one offer's time."""
    long_wait_ms: int = 120_000
    """When who waits is offered another way: callback, voicemail. Source: our choice; callers give up after about two
    minutes on average."""
    overflow_ms: int = 0
    """When the contact goes on to `overflow_to`, or a call to its way out; 0 for never."""
    overflow_to: str = ""
    """Another queue; empty: calls go to their way out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcdRules:
    """All queues, and what holds for every one."""

    queues: Mapping[str, QueueRules] = field(default_factory=dict)
    usual: QueueRules = field(default_factory=QueueRules)
    """Of queues that are not named."""
    again_ms: int = 30_000
    """An agent who declined a contact is not offered it again for so long. Source: our choice, time for another."""

    def of(self, name: str) -> QueueRules:
        """Return what holds for a queue."""
        return self.queues.get(name) or replace(self.usual, name=name)
