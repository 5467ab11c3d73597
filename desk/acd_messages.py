"""What goes into the machine of the queue (`desk/acd.py`) and what comes out of it. Times are arguments, never here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from calls.customer_events import ContactKind
from calls.desk_events import LeftQueueReason
from calls.ids import Language

Media = Literal["voice", "text"]

# Inputs


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSignedIn:
    """Somebody came to work; not ready until they say so."""

    agent: str
    languages: frozenset[Language]
    skills: frozenset[str]
    voice_at_once: int = 1
    text_at_once: int = 3
    more_ms: int = 0
    """Added to the time to accept: of who is rung, and hears the brief before deciding."""
    has_line: bool = True
    """Whether they could be heard now; see `LineIs`."""


@dataclass(frozen=True, slots=True)
class AgentSignedOut:
    """Went home, or is lost: what was offered to them goes back to its place."""

    agent: str
    lost: bool = False


@dataclass(frozen=True, slots=True)
class AgentReady:
    """Wants work."""

    agent: str


@dataclass(frozen=True, slots=True)
class AgentNotReady:
    """Wants no more work; what is in hand goes on."""

    agent: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LineIs:
    """The line on which an agent takes calls, a browser's or a telephone, is there, or is not."""

    agent: str
    up: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactArrived:
    """A contact wants a human."""

    contact_id: str
    kind: ContactKind
    queue: str
    language: Language
    skills: frozenset[str] = field(default_factory=frozenset)
    vip: bool = False
    anger_prob: float = 0.0
    frustration_score: float = 0.0
    wanted_agent: str = ""
    """Offered to this one first, e.g. whom it spoke to last; empty for anybody."""
    waited_ms: int = 0
    """Counts as waited already: a callback keeps the place of its call, a conversation its place over a restart."""
    way_out: str = ""
    """Where a call goes when its queue overflows, e.g. the number of another desk; empty for nowhere."""

    @property
    def media(self) -> Media:
        """What an agent's capacity counts it as."""
        return "voice" if self.kind == "call" else "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeelingChanged:
    """The customer who waits sounds otherwise than before."""

    contact_id: str
    anger_prob: float
    frustration_score: float


@dataclass(frozen=True, slots=True)
class OfferTaken:
    """The agent accepted."""

    reservation_id: str


@dataclass(frozen=True, slots=True)
class OfferRefused:
    """The agent declined, perhaps in favour of somebody else."""

    reservation_id: str
    note: str = ""
    redirect_to: str = ""
    """Name of an agent, or `queue:NAME`; empty for whoever comes next."""


@dataclass(frozen=True, slots=True)
class OfferUnanswered:
    """The agent cannot be reached: as if the time to accept had passed."""

    reservation_id: str


@dataclass(frozen=True, slots=True)
class ContactGone:
    """It does not wait any more: hung up, withdrew, chose a callback or voicemail."""

    contact_id: str
    reason: LeftQueueReason


@dataclass(frozen=True, slots=True)
class ContactBack:
    """An agent who had accepted could not be joined: the contact goes to the head of its place, not to the end."""

    contact_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkBegan:
    """An agent has a contact in hand that the queue did not bring: consulted, transferred to, or called by them."""

    agent: str
    contact_id: str
    kind: ContactKind
    queue: str = ""
    """Whose wrap-up time holds; empty for the usual one."""


@dataclass(frozen=True, slots=True)
class WorkOver:
    """Agent and contact are apart: the work after it begins."""

    agent: str
    contact_id: str


@dataclass(frozen=True, slots=True)
class WrapUpOver:
    """The agent is done with the work after a contact."""

    agent: str
    contact_id: str


@dataclass(frozen=True, slots=True)
class QueueHours:
    """A queue opened or closed. Who waits in a closed one is told, and still served if somebody is there."""

    queue: str
    open: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """A deadline may have passed."""


AcdInput = (
    AgentSignedIn
    | AgentSignedOut
    | AgentReady
    | AgentNotReady
    | LineIs
    | ContactArrived
    | FeelingChanged
    | OfferTaken
    | OfferRefused
    | OfferUnanswered
    | ContactGone
    | ContactBack
    | WorkBegan
    | WorkOver
    | WrapUpOver
    | QueueHours
    | Tick
)

# Outputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Show the contact to the agent, who has `for_ms` to accept."""

    reservation_id: str
    contact_id: str
    agent: str
    for_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferOver:
    """Take the offer off the agent's screen: it was not accepted."""

    reservation_id: str
    contact_id: str
    agent: str
    reason: Literal["declined", "no_answer", "withdrawn", "agent_lost", "redirected"]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect:
    """The agent accepted: bring the two together."""

    reservation_id: str
    contact_id: str
    agent: str
    waited_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """Where a contact stands now: when it arrives, and when that changed."""

    contact_id: str
    position: int
    """1 is next, of those who speak its language."""
    expected_wait_s: int | None
    """None while too little is known to estimate it."""
    priority: float
    """Seconds of waiting that it is ahead of an ordinary contact; capped, see `desk/priority.py`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """The contact waits no more."""

    contact_id: str
    reason: LeftQueueReason
    waited_ms: int
    to: str = ""
    """Where an overflowing call goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The contact waits in another queue now, with the time that it waited already."""

    contact_id: str
    from_queue: str
    to_queue: str
    reason: Literal["overflow", "redirected"]
    waited_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitsLong:
    """Nobody will come soon: offer a callback, voicemail or another queue."""

    contact_id: str
    why: Literal["no_agents", "closed", "long_wait"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentIs:
    """The agent's state changed, or what they have in hand."""

    agent: str
    state: Literal["ready", "not_ready", "reserved", "busy", "wrap_up", "not_responding", "signed_out"]
    reason: str = ""


AcdOutput = Offer | OfferOver | Connect | Waits | Moved | Left | WaitsLong | AgentIs
