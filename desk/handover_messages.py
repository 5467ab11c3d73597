"""What goes into the machine of a handover (`desk/handover.py`) and what comes out of it. Times are arguments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from calls.handover_events import ConsultEnd, HandoverHow, HandoverTarget, OfferEnd, ReleaseReason

How = HandoverHow
Failure = Literal["busy", "refused", "no_answer", "unreachable", "denied", "agent_left", "line_broke", "no_agents"]
"""As in `calls.events.HandoverFailed`."""

# Inputs: the caller, the bot


@dataclass(frozen=True, slots=True)
class Wanted:
    """A human shall take over."""

    how: How = "bridge"
    queue: str = ""
    """Of `how="queue"`."""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The caller does not want to wait any more."""


@dataclass(frozen=True, slots=True)
class CallerGone:
    """The call is over."""


# Inputs: a human who is called on a phone


@dataclass(frozen=True, slots=True)
class PersonRings:
    """It rings where the human is."""


@dataclass(frozen=True, slots=True)
class PersonAnswered:
    """The human answered."""


@dataclass(frozen=True, slots=True)
class CallFailed:
    """The human was not reached."""

    why: Failure


@dataclass(frozen=True, slots=True)
class BriefOver:
    """The human heard the brief, or the part of it that could be spoken."""

    heard_ms: int
    whole: bool


@dataclass(frozen=True, slots=True)
class PersonGone:
    """The human's leg is over."""

    hung_up: bool
    """False: the line broke."""


@dataclass(frozen=True, slots=True)
class ReferTaken:
    """The caller's line has called the human by itself."""


@dataclass(frozen=True, slots=True)
class ReferRefused:
    """The caller's line would not, or did not reach anybody."""


# Inputs: the queue, and the line of an agent who is signed in


@dataclass(frozen=True, slots=True)
class Offered:
    """An agent has the caller for some seconds to accept."""

    agent: str
    for_ms: int


@dataclass(frozen=True, slots=True)
class OfferOver:
    """The agent does not take the caller, who keeps the place."""

    agent: str
    why: OfferEnd


@dataclass(frozen=True, slots=True)
class Accepted:
    """An agent takes the caller, and has read the brief or heard it."""

    agent: str


@dataclass(frozen=True, slots=True)
class QueueOver:
    """Nobody will come by way of the queue."""

    why: Failure = "no_agents"


@dataclass(frozen=True, slots=True)
class Overflowed:
    """The queue let the caller go, to the people whom the number that was called leads to."""


@dataclass(frozen=True, slots=True)
class LineIn:
    """The agent's line is in the call."""


@dataclass(frozen=True, slots=True)
class LineMissing:
    """The agent has no line, or it could not be brought in."""


@dataclass(frozen=True, slots=True)
class LineBroke:
    """The agent's line is gone and may come back."""


@dataclass(frozen=True, slots=True)
class LineBack:
    """The agent's line is there again."""


# Inputs: wishes of the agent


@dataclass(frozen=True, slots=True)
class Mute:
    """Nobody shall hear the agent, or all again."""

    on: bool


@dataclass(frozen=True, slots=True)
class Hold:
    """The caller shall wait."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Back to the caller."""


@dataclass(frozen=True, slots=True)
class Consult:
    """Talk to somebody else in private while the caller waits."""

    target: HandoverTarget


@dataclass(frozen=True, slots=True)
class Complete:
    """The second person takes the caller; the agent leaves."""


@dataclass(frozen=True, slots=True)
class Merge:
    """All three together."""


@dataclass(frozen=True, slots=True)
class DropSecond:
    """The second person is not needed any more."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """Give the caller to somebody else without talking to them first."""

    target: HandoverTarget


@dataclass(frozen=True, slots=True)
class BackToBot:
    """Give the caller back to the bot, which shall do this next."""

    instruction: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """The talk is over: end the call, or in a conference leave it."""


# Inputs: the second person


@dataclass(frozen=True, slots=True)
class SecondAnswered:
    """The second person is there."""


@dataclass(frozen=True, slots=True)
class SecondFailed:
    """The second person was not reached."""

    why: Failure


@dataclass(frozen=True, slots=True)
class SecondGone:
    """The second person's leg is over."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A deadline may have passed."""


Wish = Mute | Hold | Resume | Consult | Complete | Merge | DropSecond | Transfer | BackToBot | HangUp
"""What an agent may want."""

Input = (
    Wanted
    | Withdrawn
    | CallerGone
    | PersonRings
    | PersonAnswered
    | CallFailed
    | BriefOver
    | PersonGone
    | ReferTaken
    | ReferRefused
    | Offered
    | OfferOver
    | Accepted
    | QueueOver
    | Overflowed
    | LineIn
    | LineMissing
    | LineBroke
    | LineBack
    | SecondAnswered
    | SecondFailed
    | SecondGone
    | Tick
    | Wish
)

# Commands: on the way to a human


@dataclass(frozen=True, slots=True)
class Started:
    """Write that a human is being looked for."""

    how: How
    target: HandoverTarget | None = None
    """Of a transfer; None: as the number that was called, or its queue, says."""


@dataclass(frozen=True, slots=True)
class CallPerson:
    """Place the call."""


@dataclass(frozen=True, slots=True)
class AskLine:
    """Ask the caller's line to call the human by itself (REFER)."""


@dataclass(frozen=True, slots=True)
class Enqueue:
    """Put the caller into a queue, or offer them to one agent first."""

    target: HandoverTarget
    first: bool = False
    """At the head: they had a human already and lost them through no fault of theirs."""


@dataclass(frozen=True, slots=True)
class LeaveQueue:
    """Take the caller out of the queue, and an offer that is open off the agent's screen."""

    why: Literal["abandoned", "withdrawn", "overflow"]


@dataclass(frozen=True, slots=True)
class NoteOffered:
    """Write who has the caller to accept."""

    agent: str
    for_ms: int


@dataclass(frozen=True, slots=True)
class NoteOfferOver:
    """Write why not."""

    agent: str
    why: OfferEnd


@dataclass(frozen=True, slots=True)
class NoteRinging:
    """Write that it rings."""


@dataclass(frozen=True, slots=True)
class Brief:
    """Let the human in, heard by nobody, and speak the brief to them alone."""


@dataclass(frozen=True, slots=True)
class BringIn:
    """Tell the caller whom they are connected with, and bring that agent's line into the call, heard by nobody."""

    agent: str


@dataclass(frozen=True, slots=True)
class Requeue:
    """The agent who had accepted could not be joined: say so; the caller is at the head of the queue again."""

    agent: str


@dataclass(frozen=True, slots=True)
class TooLate:
    """An agent accepted a caller who does not wait any more: tell them so, and let them have the next."""

    agent: str


@dataclass(frozen=True, slots=True)
class Join:
    """Let human and caller hear each other; the bot is silent from here on."""

    brief: BriefOver | None
    """None when the brief took too long, or was read."""
    agent: str = ""
    """Empty for somebody on a phone who is not signed in."""


@dataclass(frozen=True, slots=True)
class Completed:
    """Write that the caller's line has the human."""


@dataclass(frozen=True, slots=True)
class LetGo:
    """Stop what rings, hang up on the human, take both out of the call. Harmless when there is nobody.

    An agent's own line is not hung up: it only leaves this call.
    """


@dataclass(frozen=True, slots=True)
class Released:
    """Write that the human is not with the caller any more; an agent's work after the call begins."""

    agent: str
    why: ReleaseReason


@dataclass(frozen=True, slots=True)
class Failed:
    """Write it, and give the caller back to the bot, who says so."""

    why: Failure


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Write why the human is not needed any more."""

    why: Literal["caller_gone", "caller_withdrew"]


@dataclass(frozen=True, slots=True)
class PersonDone:
    """The talk with the human is over: the call ends kindly."""


@dataclass(frozen=True, slots=True)
class PersonLost:
    """The human's line broke in the talk: the caller is back with the bot, who says so."""


@dataclass(frozen=True, slots=True)
class GoOn:
    """The caller is looked after by the bot while another human is looked for; it says which of the two it is."""

    why: Literal["transferred", "lost"]


@dataclass(frozen=True, slots=True)
class GiveToBot:
    """Write what the agent wants the bot to do, and let it."""

    instruction: str
    agent: str


# Commands: with a human


@dataclass(frozen=True, slots=True)
class SetMute:
    """Let nobody hear the agent, or all again."""

    on: bool


@dataclass(frozen=True, slots=True)
class HoldCaller:
    """The caller hears music; agent and caller do not hear each other."""

    why: Literal["hold", "consult", "line_lost"]


@dataclass(frozen=True, slots=True)
class TakeBack:
    """The music is over; whoever is with the caller hears them and is heard."""


@dataclass(frozen=True, slots=True)
class TellCaller:
    """Say it to the caller alone."""

    what: Literal["still_held", "line_lost", "line_back"]


@dataclass(frozen=True, slots=True)
class CallSecond:
    """Reach the second person."""

    target: HandoverTarget


@dataclass(frozen=True, slots=True)
class LetSecondIn:
    """Agent and second person hear each other, and nobody else hears them."""


@dataclass(frozen=True, slots=True)
class LetSecondGo:
    """Stop what rings at the second person's, and take them out of the call."""

    why: ConsultEnd


@dataclass(frozen=True, slots=True)
class JoinAll:
    """Caller, agent and second person hear each other."""


@dataclass(frozen=True, slots=True)
class Promote:
    """The second person takes the agent's place; the agent is out of the call."""

    why: Literal["completed", "agent_left", "line_lost"]


Command = (
    Started
    | CallPerson
    | AskLine
    | Enqueue
    | LeaveQueue
    | NoteOffered
    | NoteOfferOver
    | NoteRinging
    | Brief
    | BringIn
    | Requeue
    | TooLate
    | Join
    | Completed
    | LetGo
    | Released
    | Failed
    | Cancelled
    | PersonDone
    | PersonLost
    | GoOn
    | GiveToBot
    | SetMute
    | HoldCaller
    | TakeBack
    | TellCaller
    | CallSecond
    | LetSecondIn
    | LetSecondGo
    | JoinAll
    | Promote
)
