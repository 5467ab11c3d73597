"""The people of a call in the live view: how far a handover is, who has the caller, who else is there. Pure.

The twin of `desk.handover_facts.HandoverSeen`, which the machine of a handover goes on from; this one is for pages, and
keeps how the last attempt came out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from calls.events import (
    CallEnded,
    EventBody,
    HandoverAnswered,
    HandoverCancelled,
    HandoverCompleted,
    HandoverFailed,
    HandoverRinging,
    HandoverStarted,
)
from calls.handover_events import (
    AgentLineBack,
    AgentLineLost,
    AgentMuted,
    AgentReleased,
    CallerPutOnHold,
    CallerTakenBack,
    ConferenceFormed,
    ConsultAnswered,
    ConsultCompleted,
    ConsultEnded,
    ConsultStarted,
    GivenToBot,
    HandoverAccepted,
    HandoverOffered,
    HandoverOfferEnded,
    SupervisionChanged,
)

LiveHandover = Literal[
    "",
    "referring",
    "calling",
    "ringing",
    "briefing",
    "queued",
    "offered",
    "joining",
    "connected",
    "on_hold",
    "reaching",
    "consulting",
    "conference",
    "restoring",
    "failed",
    "cancelled",
    "to_bot",
    "released",
]
"""How far the newest attempt to bring a human is. `connected`: the human has the caller; `reaching`: a second one is
being got; `restoring`: the agent's line broke and may come back; `to_bot`, `released`: there was a human."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSupervisor:
    """A supervisor who is in the call."""

    supervisor: str
    mode: Literal["listen", "whisper", "barge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePeople:
    """The humans of a call beside the caller."""

    agent: str = ""
    """Who is offered the caller, or has them; empty for nobody, or somebody on a phone who is not signed in."""
    second: str = ""
    """Whom the agent is getting, or talks to beside the caller."""
    muted: bool = False
    held: bool = False
    """The caller hears music."""
    back: LiveHandover = "connected"
    """Of `restoring`: where it goes on."""
    supervisors: tuple[LiveSupervisor, ...] = ()


def people_step(handover: LiveHandover, people: LivePeople, body: EventBody) -> tuple[LiveHandover, LivePeople]:
    """Take one more fact of a call; one that is not about people changes nothing."""
    match body:
        case HandoverStarted(how=how):
            begun: dict[str, LiveHandover] = {"bridge": "calling", "refer": "referring", "queue": "queued"}
            return begun[how], replace(people, agent="")
        case HandoverRinging():
            return "ringing", people
        case HandoverAnswered():
            return "briefing", people
        case HandoverOffered(agent=agent):
            return "offered", replace(people, agent=agent)
        case HandoverOfferEnded():
            return "queued", replace(people, agent="")
        case HandoverAccepted(agent=agent):
            return "joining", replace(people, agent=agent)
        case HandoverCompleted():
            return "connected", people
        case HandoverFailed():
            return "failed", _alone(people)
        case HandoverCancelled():
            return "cancelled", _alone(people)
        case GivenToBot():
            return "to_bot", _alone(people)
        case AgentReleased(reason="caller_gone"):
            return "released", _alone(people)
        case AgentReleased():
            return "released", replace(people, agent="", muted=False)
        case AgentMuted(on=on):
            return handover, replace(people, muted=on)
        case SupervisionChanged() as changed:
            return handover, replace(people, supervisors=_with_supervisor(people.supervisors, changed))
        case CallEnded():
            return handover, replace(_alone(people), supervisors=())
        case _:
            return _second_step(handover, people, body)


def _second_step(handover: LiveHandover, people: LivePeople, body: EventBody) -> tuple[LiveHandover, LivePeople]:
    match body:
        case CallerPutOnHold(reason=reason):
            return "on_hold" if reason == "hold" else handover, replace(people, held=True)
        case CallerTakenBack():
            return "connected" if handover == "on_hold" else handover, replace(people, held=False)
        case ConsultStarted(target=target):
            return "reaching", replace(people, second=target.name)
        case ConsultAnswered():
            return "consulting", people
        case ConferenceFormed():
            return "conference", people
        case ConsultEnded() if handover == "restoring":
            return handover, replace(people, second="", back="on_hold")
        case ConsultEnded():
            return _with_caller(people), replace(people, second="")
        case ConsultCompleted():
            return _with_caller(people), replace(people, agent=people.second, second="", muted=False)
        case AgentLineLost():
            return "restoring", replace(people, back=handover)
        case AgentLineBack():
            return people.back, people
        case _:
            return handover, people


def _with_caller(people: LivePeople) -> LiveHandover:
    return "on_hold" if people.held else "connected"


def _alone(people: LivePeople) -> LivePeople:
    return LivePeople(supervisors=people.supervisors, back=people.back)


def _with_supervisor(known: tuple[LiveSupervisor, ...], changed: SupervisionChanged) -> tuple[LiveSupervisor, ...]:
    others = tuple(one for one in known if one.supervisor != changed.supervisor)
    if changed.mode == "off":
        return others
    return (*others, LiveSupervisor(supervisor=changed.supervisor, mode=changed.mode))
