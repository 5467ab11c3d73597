"""Facts about the human side: bodies of the streams of kind `queue` (one a queue) and `agent` (one a person)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from calls.customer_events import ContactKind
from calls.ids import Language

AgentState = Literal["ready", "not_ready", "reserved", "busy", "wrap_up", "not_responding", "signed_out"]
LeftQueueReason = Literal[
    "answered", "abandoned", "withdrawn", "callback", "voicemail", "overflow", "closed", "shutdown"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactQueued:
    """A contact waits for a human."""

    type: Literal["contact_queued"] = "contact_queued"
    contact_kind: ContactKind
    contact_id: str
    language: Language
    skills: tuple[str, ...]
    priority: float
    """0 for an ordinary contact; capped, see `desk/acd.py`."""
    position: int
    """1 is next."""
    expected_wait_s: int | None
    """None while too little is known to estimate it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactOffered:
    """A free agent has it for some seconds to accept."""

    type: Literal["contact_offered"] = "contact_offered"
    contact_kind: ContactKind
    contact_id: str
    agent: str
    reservation_id: str
    for_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferAccepted:
    """The agent takes it."""

    type: Literal["offer_accepted"] = "offer_accepted"
    contact_id: str
    agent: str
    reservation_id: str
    after_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferEnded:
    """The agent does not take it; the contact keeps its place."""

    type: Literal["offer_ended"] = "offer_ended"
    contact_id: str
    agent: str
    reservation_id: str
    reason: Literal["declined", "no_answer", "withdrawn", "agent_lost", "redirected"]
    """`no_answer`: the agent is not offered anything more until they say that they are there (RONA)."""
    note: str
    """The agent's own words for declining, in the stream of the contact alone; empty for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactLeftQueue:
    """It does not wait any more."""

    type: Literal["contact_left_queue"] = "contact_left_queue"
    contact_kind: ContactKind
    contact_id: str
    reason: LeftQueueReason
    waited_ms: int
    to: str
    """Agent, number or queue that has it now; empty for nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStateSet:
    """What a member of staff does, and since when."""

    type: Literal["agent_state_set"] = "agent_state_set"
    agent: str
    state: AgentState
    reason: str
    """Why not ready: `break`, `training` …; else empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrapUpDone:
    """The agent finished the work after a contact."""

    type: Literal["wrap_up_done"] = "wrap_up_done"
    contact_kind: ContactKind
    contact_id: str
    agent: str
    disposition: str
    summary: str
    follow_ups: tuple[str, ...]
    took_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VoicemailLeft:
    """A caller left a message instead of waiting; of the stream of the call, whose recording has its sound."""

    type: Literal["voicemail_left"] = "voicemail_left"
    queue: str
    language: Language
    start_ms: int
    end_ms: int
    text: str
    """What was recognised of it."""


DeskBody = (
    VoicemailLeft
    | ContactQueued
    | ContactOffered
    | OfferAccepted
    | OfferEnded
    | ContactLeftQueue
    | AgentStateSet
    | WrapUpDone
)

DESK_PERSONAL: dict[str, tuple[str, ...]] = {
    "offer_ended": ("note",),
    "voicemail_left": ("text",),
    "wrap_up_done": ("summary", "follow_ups"),
}
"""See `calls.events.PERSONAL_FIELDS`."""
