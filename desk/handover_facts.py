"""The facts of a handover: what each command leaves in the log, and the state read back from there. Pure.

The law: what `read` makes of the facts is the state of the machine that gave them, after each step.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from calls.events import (
    BriefPrepared,
    CallAnswered,
    CallbackBooked,
    CallEnded,
    CallerReplaced,
    CallOffered,
    EventBody,
    HandoverAnswered,
    HandoverCancelled,
    HandoverCompleted,
    HandoverFailed,
    HandoverRinging,
    HandoverStarted,
    LanguageChosen,
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
    HandoverTarget,
)
from calls.ids import Language
from desk import handover_messages as say
from desk.handover_states import ON_THE_WAY, WITH_PERSON, HandoverState


def fact(command: say.Command, *, agent: str, usual: str) -> EventBody | None:
    """Return what a command leaves in the log; None for one that changes nothing that is kept.

    Args:
        command: of the machine.
        agent: who has the caller at that moment.
        usual: whom the number that was called leads to, for a handover without another target.
    """
    match command:
        case say.Started(how, target):
            return HandoverStarted(target=usual if target is None else target_text(target), how=how)
        case say.NoteRinging():
            return HandoverRinging()
        case say.NoteOffered(to, for_ms):
            return HandoverOffered(agent=to, for_ms=for_ms)
        case say.NoteOfferOver(to, why):
            return HandoverOfferEnded(agent=to, reason=why)
        case say.BringIn(to):
            return HandoverAccepted(agent=to)
        case say.Requeue(to):
            return HandoverOfferEnded(agent=to, reason="join_failed")
        case say.Join(_, by):
            return HandoverCompleted(how="queue" if by else "bridge")
        case say.Completed():
            return HandoverCompleted(how="refer")
        case say.Released(who, why):
            return AgentReleased(agent=who, reason=why)
        case say.Failed(why):
            return HandoverFailed(reason=why)
        case say.Cancelled(why):
            return HandoverCancelled(reason=why)
        case say.GiveToBot(instruction, who):
            return GivenToBot(agent=who, instruction=instruction)
        case say.SetMute(on):
            return AgentMuted(on=on)
        case say.HoldCaller(why):
            return CallerPutOnHold(reason=why)
        case say.TakeBack():
            return CallerTakenBack()
        case say.TellCaller("line_lost"):
            return AgentLineLost(agent=agent)
        case say.TellCaller("line_back"):
            return AgentLineBack(agent=agent)
        case say.CallSecond(target):
            return ConsultStarted(target=target)
        case say.LetSecondIn():
            return ConsultAnswered()
        case say.LetSecondGo(why):
            return ConsultEnded(reason=why)
        case say.JoinAll():
            return ConferenceFormed()
        case say.Promote(why):
            return ConsultCompleted(reason=why)
        case _:
            return None


def target_text(target: HandoverTarget) -> str:
    """Return a target as `HandoverStarted` names it."""
    return f"agent:{target.name}" if target.kind == "agent" else target.name


@dataclass(slots=True)
class HandoverSeen:
    """How far a handover is, by the log."""

    state: HandoverState = HandoverState.IDLE
    agent: str = ""
    second: HandoverTarget | None = None
    held: bool = False
    muted: bool = False
    back: HandoverState = HandoverState.TOGETHER
    """Of RESTORING: where it goes on."""

    def take(self, body: EventBody) -> None:
        """Take one fact of the call."""
        match body:
            case HandoverStarted(how=how):
                self.state = {
                    "bridge": HandoverState.CALLING,
                    "refer": HandoverState.REFERRING,
                    "queue": HandoverState.QUEUED,
                }[how]
                self.agent = ""
            case HandoverRinging():
                self.state = HandoverState.RINGING
            case HandoverAnswered():
                self.state = HandoverState.BRIEFING
            case HandoverOffered(agent=agent):
                self.state, self.agent = HandoverState.OFFERED, agent
            case HandoverOfferEnded():
                self.state, self.agent = HandoverState.QUEUED, ""
            case HandoverAccepted(agent=agent):
                self.state, self.agent = HandoverState.JOINING, agent
            case HandoverCompleted(how=how):
                self.state = HandoverState.OVER if how == "refer" else HandoverState.TOGETHER
            case HandoverFailed() | GivenToBot():
                self._alone(HandoverState.IDLE)
            case HandoverCancelled(reason=reason):
                self._alone(HandoverState.OVER if reason == "caller_gone" else HandoverState.IDLE)
            case AgentReleased(reason=reason):
                self.state, self.agent, self.muted = HandoverState.IDLE, "", False
                if reason == "caller_gone":
                    self._alone(HandoverState.OVER)
            case CallEnded():
                self._alone(HandoverState.OVER)
            case AgentMuted(on=on):
                self.muted = on
            case _:
                self._take_second(body)

    def _take_second(self, body: EventBody) -> None:
        match body:
            case CallerPutOnHold(reason=reason):
                self.held = True
                self.state = HandoverState.ON_HOLD if reason == "hold" else self.state
            case CallerTakenBack():
                self.held = False
                self.state = HandoverState.TOGETHER if self.state is HandoverState.ON_HOLD else self.state
            case ConsultStarted(target=target):
                self.state, self.second = HandoverState.REACHING, target
            case ConsultAnswered():
                self.state = HandoverState.CONSULTING
            case ConferenceFormed():
                self.state = HandoverState.CONFERENCE
            case ConsultEnded():
                self.second = None
                if self.state is HandoverState.RESTORING:
                    self.back = HandoverState.ON_HOLD
                else:
                    self.state = HandoverState.ON_HOLD if self.held else HandoverState.TOGETHER
            case ConsultCompleted():
                self.agent = self.second.name if self.second is not None and self.second.kind == "agent" else ""
                self.second, self.muted = None, False
                self.state = HandoverState.ON_HOLD if self.held else HandoverState.TOGETHER
            case AgentLineLost():
                self.state, self.back = HandoverState.RESTORING, self.state
            case AgentLineBack():
                self.state = self.back
            case _:
                return

    def _alone(self, state: HandoverState) -> None:
        self.state, self.agent, self.second, self.held, self.muted = state, "", None, False, False


def read(bodies: Iterable[EventBody]) -> HandoverSeen:
    """Return how far the handover of a call is, by the call's facts in order."""
    seen = HandoverSeen()
    for body in bodies:
        seen.take(body)
    return seen


def owed_after_loss(bodies: Iterable[EventBody]) -> list[EventBody]:
    """Return what is owed to a caller whose call was lost with its process: who looked for a human is called back.

    Args:
        bodies: the call's facts in order, without an end.
    """
    seen = HandoverSeen()
    caller, matter = "", ""
    language: Language = "es"
    for body in bodies:
        seen.take(body)
        match body:
            case CallOffered() | CallerReplaced():
                caller = body.caller
            case CallAnswered() | LanguageChosen():
                language = body.language
            case BriefPrepared():
                matter = body.matter
            case _:
                pass
    if seen.state not in ON_THE_WAY | WITH_PERSON:
        return []
    lost: list[EventBody] = []
    if seen.state in WITH_PERSON or seen.state is HandoverState.JOINING:
        lost.append(AgentReleased(agent=seen.agent, reason="line_lost"))
    lost.append(HandoverFailed(reason="process_lost"))
    if caller.startswith("+"):
        lost.append(CallbackBooked(number=caller, language=language, matter=matter))
    return lost
