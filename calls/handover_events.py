"""Facts of a handover to people who are signed in: bodies of the streams of calls, as those of `calls/events.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

HandoverHow = Literal["bridge", "refer", "queue"]
"""`bridge`: we call them and join them to the call; `refer`: the caller's line is asked to call them; `queue`: agents
who are signed in are offered the caller, one after the other."""
OfferEnd = Literal["declined", "no_answer", "withdrawn", "agent_lost", "redirected", "join_failed"]
"""As `calls.desk_events.OfferEnded`; `join_failed`: accepted, but the agent's line could not be brought in."""
ReleaseReason = Literal[
    "hung_up", "line_lost", "transferred", "to_bot", "caller_gone", "caller_withdrew", "join_failed"
]
ConsultEnd = Literal[
    "busy",
    "refused",
    "no_answer",
    "unreachable",
    "denied",
    "agent_left",
    "line_broke",
    "no_agents",
    "dropped",
    "left",
    "caller_gone",
    "agent_line_lost",
]
"""Why the second person is not in the call any more; `left`: hung up or lost; `dropped`: by the agent's wish."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverTarget:
    """Who shall be reached."""

    kind: Literal["agent", "queue", "number"]
    name: str
    """Sign-in name of an agent, name of a queue, a number or address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverOffered:
    """An agent is asked to take the caller; the brief is on their screen, or is spoken to them."""

    type: Literal["handover_offered"] = "handover_offered"
    agent: str
    for_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverOfferEnded:
    """The agent does not take the caller, who goes on waiting and keeps the place."""

    type: Literal["handover_offer_ended"] = "handover_offer_ended"
    agent: str
    reason: OfferEnd


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverAccepted:
    """The agent takes the caller, who is told whom they will talk to."""

    type: Literal["handover_accepted"] = "handover_accepted"
    agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentReleased:
    """A human is not with the caller any more."""

    type: Literal["agent_released"] = "agent_released"
    agent: str
    """Empty for somebody on a phone who is not signed in."""
    reason: ReleaseReason


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerPutOnHold:
    """The caller hears music, and nobody hears the caller."""

    type: Literal["caller_put_on_hold"] = "caller_put_on_hold"
    reason: Literal["hold", "consult", "line_lost"]
    """`line_lost`: the agent's line broke and may come back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerTakenBack:
    """Whoever is with the caller hears them again."""

    type: Literal["caller_taken_back"] = "caller_taken_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsultStarted:
    """The agent is getting a second person; the caller waits."""

    type: Literal["consult_started"] = "consult_started"
    target: HandoverTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsultAnswered:
    """Agent and second person talk in private."""

    type: Literal["consult_answered"] = "consult_answered"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConferenceFormed:
    """Caller, agent and second person hear each other."""

    type: Literal["conference_formed"] = "conference_formed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsultEnded:
    """The second person is not in the call any more."""

    type: Literal["consult_ended"] = "consult_ended"
    reason: ConsultEnd


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsultCompleted:
    """The second person has the caller, and the agent left."""

    type: Literal["consult_completed"] = "consult_completed"
    reason: Literal["completed", "agent_left", "line_lost"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLineLost:
    """The agent's line broke in the talk; the caller is told that it is being restored."""

    type: Literal["agent_line_lost"] = "agent_line_lost"
    agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLineBack:
    """The agent's line is there again."""

    type: Literal["agent_line_back"] = "agent_line_back"
    agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentMuted:
    """Nobody hears the agent, or all again."""

    type: Literal["agent_muted"] = "agent_muted"
    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenToBot:
    """The agent gave the caller back to the bot."""

    type: Literal["given_to_bot"] = "given_to_bot"
    agent: str
    instruction: str
    """What the bot shall do: `flow:appointment`, `topic:bill-explained`, `say:` and the agent's own sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisionChanged:
    """A supervisor listens to a call, speaks to the agent alone, speaks to all, or stopped."""

    type: Literal["supervision_changed"] = "supervision_changed"
    supervisor: str
    mode: Literal["listen", "whisper", "barge", "off"]
    announced: bool
    """Whether the caller was told."""


HandoverBody = (
    HandoverOffered
    | HandoverOfferEnded
    | HandoverAccepted
    | AgentReleased
    | CallerPutOnHold
    | CallerTakenBack
    | ConsultStarted
    | ConsultAnswered
    | ConferenceFormed
    | ConsultEnded
    | ConsultCompleted
    | AgentLineLost
    | AgentLineBack
    | AgentMuted
    | GivenToBot
    | SupervisionChanged
)

HANDOVER_PERSONAL: dict[str, tuple[str, ...]] = {"given_to_bot": ("instruction",)}
"""See `calls.events.PERSONAL_FIELDS`."""
