"""Carries out what the handover machine of one call decides: places the call, whispers the brief, joins the two."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING

from calls import events, machine
from calls.audio import SPEECH_RATE_HZ
from calls.errors import CallCentreError
from calls.events import BriefPrepared
from calls.ports import Leg, LegEnded, LegEvent, PeerHeld
from desk import handover
from desk.handover import HandoverLimits, HandoverMachine, HandoverState
from service.caller_line import CALLER
from service.speaker import Speaker
from telephony.dialling import CallWatch
from telephony.hold_sound import RING_RATE_HZ, ring_tone
from telephony.net.driver import MachineDriver
from telephony.outbound import PHONE_PREFIX
from telephony.sip_leg import SipLeg
from voice.dialog import acts
from voice.dialog.prompts import phrase
from voice.tts.playout import PlayoutResult

if TYPE_CHECKING:
    from service.call_runner import CallRunner
    from telephony.gateway import SipGateway

logger = logging.getLogger(__name__)

AGENT, WHISPER, RINGING, BOT = "agent", "whisper", "ringing", "bot"
"""Members of the conference."""

BREATH_MS = 600
"""From the human's answer to the first word of the brief. Source: our choice; who lifts a phone says a word first."""

_BUSY = (486, 600)
_WHY: dict[str, handover.Failure] = {
    "call.denied": "denied",
    "call.bad_target": "denied",
    "call.refused": "refused",
    "call.no_answer": "no_answer",
}


class CallHandover:
    """One call's way to a human."""

    def __init__(self, call: CallRunner, limits: HandoverLimits) -> None:
        """Nobody is called before `want`."""
        self._call = call
        self._machine = HandoverMachine(limits)
        self._driver = MachineDriver[handover.Input, handover.Command](
            self._machine, call.house.clock, handover.Tick, self._obey
        )
        self._brief: BriefPrepared | None = None
        self._leg: Leg | None = None
        self._held_since_ms: int | None = None
        self._calling: asyncio.Task[None] | None = None
        self._whisper: Speaker | None = None

    @property
    def target(self) -> str:
        """Who can be called for this call now; empty for nobody."""
        route = self._call.route
        return route.transfer_to if route.open and self._call.house.sip is not None else ""

    def want(self, brief: BriefPrepared) -> None:
        """Bring a human, who hears `brief` first."""
        if self.target:
            self._brief = brief
            self._driver.feed(handover.Wanted("refer" if self._line_can_refer() else "bridge"))

    def withdraw(self) -> None:
        """The caller does not want to wait any more."""
        self._driver.feed(handover.Withdrawn())

    def close(self) -> None:
        """The call is over."""
        self._driver.feed(handover.CallerGone())
        self._driver.close()

    def replace(self, new: Leg) -> None:
        """Let a new leg take the human's place, because their side transferred the call to somebody else."""
        call, conference = self._call, self._call.conference
        if self._leg is None or conference is None:
            return
        call.legs.leave(conference, AGENT, "replaced")
        self._leg, self._held_since_ms = new, None
        call.legs.join(conference, AGENT, "agent", new)
        new.on_event(partial(self._happened, new))
        self.caller_is_back()

    def caller_is_back(self) -> None:
        """A leg was replaced: who hears whom is as before."""
        conference, state = self._call.conference, self._machine.state
        if conference is None:
            return
        if RINGING in conference.member_ids:
            conference.whisper(RINGING, CALLER)
        if WHISPER in conference.member_ids:
            conference.whisper(WHISPER, AGENT)
        if AGENT in conference.member_ids and state is HandoverState.BRIEFING:
            self._keep_apart()

    @property
    def leg(self) -> Leg | None:
        """The human's leg, None when there is none."""
        return self._leg

    # What the machine wants

    def _obey(self, command: handover.Command) -> None:
        note = self._call.log.note
        match command:
            case handover.Started(how):
                note(events.HandoverStarted(target=self.target, how=how), "call")
            case handover.CallPerson():
                self._ring(on=True)
                self._calling = self._call.tasks.start("handover-call", self._place())
            case handover.AskLine():
                self._calling = self._call.tasks.start("handover-refer", self._refer())
            case handover.NoteRinging():
                note(events.HandoverRinging(), "call")
            case handover.Brief():
                self._speak_brief()
            case handover.Join(brief):
                if brief is not None:
                    note(events.BriefSpoken(heard_ms=brief.heard_ms, whole=brief.whole), "call")
                self._join()
            case handover.Completed():
                note(events.HandoverCompleted(how="refer"), "call")
            case handover.LetGo():
                self._let_go()
            case handover.Failed(why):
                note(events.HandoverFailed(reason=why), "call")
                self._call.tell(acts.HandoverFailed())
            case handover.Cancelled(why):
                note(events.HandoverCancelled(reason=why), "call")
            case handover.PersonDone():
                self._call.wish(machine.PersonLeft())
            case handover.PersonLost():
                self._call.wish(machine.PersonLost())
                self._call.tell(acts.HandoverFailed())

    # Placing the call

    def _gateway(self) -> SipGateway:
        gateway = self._call.house.sip
        if gateway is None:
            raise CallCentreError("call.unreachable", "The telephone line is closed.", fault="us", retryable=True)
        return gateway

    async def _place(self) -> None:
        watch = CallWatch(on_ringing=lambda: self._driver.feed(handover.PersonRings()))
        try:
            leg = await self._gateway().call_out(self.target, "transfer", watch=watch)
        except CallCentreError as error:
            logger.info("call %s: the human was not reached: %s", self._call.call_id, error.code)
            why = "busy" if watch.status in _BUSY else _WHY.get(error.code, "unreachable")
            self._driver.feed(handover.CallFailed(why))
            return
        self._leg = leg
        leg.on_event(partial(self._happened, leg))
        self._driver.feed(handover.PersonAnswered())

    def _line_can_refer(self) -> bool:
        """Return whether the caller's own line takes calls on to others (trunks with `takes_refer`)."""
        call = self._call
        if self.target.startswith(PHONE_PREFIX):
            return False  # no line knows our phones
        trunk = call.house.config.telephony.sip.trunks.get(call.incoming.offer.trunk)
        return trunk is not None and trunk.takes_refer and isinstance(call.leg, SipLeg)

    async def _refer(self) -> None:
        leg = self._call.leg
        try:
            assert isinstance(leg, SipLeg), "only such lines are asked"
            gateway = self._gateway()
            await gateway.transfers.blind(leg, gateway.target_on(self._call.incoming.offer.trunk, self.target))
        except CallCentreError as error:
            logger.info("call %s: the line did not take the call on: %s", self._call.call_id, error.code)
            self._driver.feed(handover.ReferRefused())
            return
        self._driver.feed(handover.ReferTaken())

    # In the conference

    def _ring(self, *, on: bool) -> None:
        """Let the caller, and nobody else, hear that it rings somewhere."""
        conference = self._call.conference
        if conference is None:
            return
        if not on:
            conference.remove(RINGING)
        elif RINGING not in conference.member_ids:
            conference.add(RINGING, "bot", ring_tone(), None, RING_RATE_HZ)
            conference.whisper(RINGING, CALLER)

    def _speak_brief(self) -> None:
        call, leg, conference = self._call, self._leg, self._call.conference
        if leg is None or conference is None or self._brief is None:
            return
        call.legs.join(conference, AGENT, "agent", leg)
        call.log.note(events.HandoverAnswered(leg_id=leg.leg_id), "call")
        self._keep_apart()
        self._whisper = Speaker(call.house.voice, _WhisperHeard(self._driver), call.tasks, call.conference_ms)
        conference.add(WHISPER, "bot", self._whisper, None, SPEECH_RATE_HZ)
        conference.whisper(WHISPER, AGENT)
        language = self._brief.language
        last = phrase(call.house.dialog_settings(), language, "human.caller_on_the_line")
        saying = acts.Say(
            say_id="brief",
            text=f"{self._brief.spoken_line} {last}",
            language=language,
            kind="notice",
            detail="brief",
            personal=True,
        )
        self._whisper.say(saying, not_before_ms=call.conference_ms() + BREATH_MS)

    def _keep_apart(self) -> None:
        """Let the human hear nothing of the call, and the caller nothing of the human."""
        conference = self._call.conference
        if conference is not None:
            for other in (CALLER, BOT):
                conference.connect(other, AGENT, False)
            conference.connect(AGENT, CALLER, False)

    def _join(self) -> None:
        call, conference = self._call, self._call.conference
        if conference is None:
            return
        self._ring(on=False)
        self._end_whisper()
        call.wish(machine.PersonJoined())
        call.tell(acts.HandedOver())
        call.speaker.stop()
        for speaker, listener in ((AGENT, CALLER), (CALLER, AGENT), (BOT, AGENT)):
            conference.connect(speaker, listener, True)
        call.log.note(events.HandoverCompleted(how="bridge"), "call")

    def _end_whisper(self) -> None:
        whisper, self._whisper = self._whisper, None
        if whisper is not None and self._call.conference is not None:
            whisper.stop()
            self._call.conference.remove(WHISPER)

    def _let_go(self) -> None:
        calling, self._calling = self._calling, None
        if calling is not None and calling is not asyncio.current_task():
            calling.cancel()
        self._ring(on=False)
        self._end_whisper()
        leg, self._leg = self._leg, None
        if leg is not None and self._call.conference is not None:
            self._call.legs.leave(self._call.conference, AGENT, self._left_by)
            self._call.house.tasks.start(f"hang-up-{leg.leg_id}", leg.hang_up())
        self._left_by = "local"

    _left_by = "local"
    """Why the human's leg goes, as in `calls.ports.LegEnded`."""

    def _happened(self, leg: Leg, event: LegEvent) -> None:
        if leg is not self._leg:
            return
        match event:
            case LegEnded(reason=reason):
                self._left_by = reason
                self._driver.feed(handover.PersonGone(hung_up=reason in ("hung_up", "local")))
            case PeerHeld(held=held):
                self._note_hold(leg, held=held)

    def _note_hold(self, leg: Leg, *, held: bool) -> None:
        """The human's side holds the caller: what the caller hears is its music; nothing of ours changes."""
        now_ms = self._call.conference_ms()
        if held:
            self._held_since_ms = now_ms
            self._call.log.note(events.LegHeld(leg_id=leg.leg_id, member="agent"), "call")
        elif self._held_since_ms is not None:
            held_ms, self._held_since_ms = now_ms - self._held_since_ms, None
            self._call.log.note(events.LegResumed(leg_id=leg.leg_id, member="agent", held_ms=held_ms), "call")


class _WhisperHeard:
    """Tells the machine how the brief ended; implements `service.speaker.SpeakerListener`."""

    def __init__(self, driver: MachineDriver[handover.Input, handover.Command]) -> None:
        self._driver = driver
        self._result: PlayoutResult | None = None

    def bot_started(self, say: acts.Say, t_ms: int, *, cached: bool) -> None:
        """Nobody but the human hears it."""

    def bot_said(self, say: acts.Say, result: PlayoutResult) -> None:
        """Keep how much was heard."""
        del say
        self._result = result

    def bot_silent(self, t_ms: int) -> None:
        """The brief is over; one that nobody can speak is over at once."""
        del t_ms
        if self._result is not None:
            whole = not self._result.interrupted
            self._driver.feed(handover.BriefOver(self._result.heard_ms, whole=whole))

    def voice_failed(self, error: Exception) -> None:
        """The human comes to the phone without a brief, and has it on the page."""
        logger.warning("a brief could not be spoken: %s", type(error).__name__)
