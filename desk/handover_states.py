"""How far a handover is, and its deadlines."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class HandoverState(Enum):
    """How far the human is."""

    IDLE = "idle"
    REFERRING = "referring"
    CALLING = "calling"
    RINGING = "ringing"
    BRIEFING = "briefing"
    QUEUED = "queued"
    OFFERED = "offered"
    JOINING = "joining"
    TOGETHER = "together"
    ON_HOLD = "on_hold"
    REACHING = "reaching"
    CONSULTING = "consulting"
    CONFERENCE = "conference"
    RESTORING = "restoring"
    OVER = "over"


ON_THE_WAY = frozenset(
    {
        HandoverState.REFERRING,
        HandoverState.CALLING,
        HandoverState.RINGING,
        HandoverState.BRIEFING,
        HandoverState.QUEUED,
        HandoverState.OFFERED,
        HandoverState.JOINING,
    }
)
"""A human is looked for."""
WITH_PERSON = frozenset(
    {
        HandoverState.TOGETHER,
        HandoverState.ON_HOLD,
        HandoverState.REACHING,
        HandoverState.CONSULTING,
        HandoverState.CONFERENCE,
        HandoverState.RESTORING,
    }
)
"""A human has the caller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverLimits:
    """Deadlines of a handover."""

    ring_ms: int = 25_000
    """How long the human may take to answer. Source: five rings of 4.5 s, and a moment to set the call up."""
    brief_ms: int = 25_000
    """How long the brief may take: it is made for 15 s, and a slow voice may need time to begin."""
    wait_ms: int = 60 * 60_000
    """Longest time in the queue: a last resort, since the queue offers a call back long before. Source: our choice."""
    join_ms: int = 8_000
    """How long an agent's line may take to come in, once they accepted. Source: our choice; the line is up already."""
    joins: int = 2
    """Agents whose line may fail after they accepted, before the bot takes the caller back."""
    restore_ms: int = 20_000
    """How long a line that broke may take to come back. Source: a page that changes its network has 15 s
    (`WebRtcSettings.reconnect_ms`); somebody who has to load the page again needs a little more."""
    hold_word_ms: int = 45_000
    """Between two words to a caller on hold. Source: our choice; a minute of mere music sounds like a lost call."""
