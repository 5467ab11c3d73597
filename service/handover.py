"""Carries out what the handover machine of one call decides: reaches humans, briefs them, joins them, lets them go."""

from __future__ import annotations

import asyncio
import itertools
import logging
from typing import TYPE_CHECKING, Any

from calls import events, machine
from calls.codec import to_json
from calls.errors import CallCentreError
from calls.events import BriefPrepared, EventBody
from calls.handover_events import HandoverTarget, OfferEnd
from calls.ports import Leg
from desk import handover_messages as m
from desk.floor import PRIVATE
from desk.handover import HandoverMachine
from desk.handover_facts import fact
from desk.handover_states import WITH_PERSON, HandoverLimits, HandoverState
from service.acts import make_brief
from service.caller_line import CALLER
from service.desk.agent_scribe import AgentScribe
from service.desk.transfer_desk import ConsultAsk
from service.desk.transfer_floor import BOT, CallFloor
from service.desk.transfer_party import CallOut, Party, PartyWatch, gateway_of
from service.desk.transfer_queue import CallQueue, NoQueue
from service.speaker import Speaker
from telephony.net.driver import MachineDriver
from telephony.outbound import PHONE_PREFIX
from telephony.sip_leg import SipLeg
from voice.dialog import acts
from voice.dialog.prompts import phrase
from voice.tts.playout import PlayoutResult

if TYPE_CHECKING:
    from service.call_runner import CallRunner

logger = logging.getLogger(__name__)

BREATH_MS = 600
"""From the human's answer to the first word of the brief. Source: our choice; who lifts a phone says a word first."""
ANNOUNCED_S = 4.0
"""Longest time for the sentence that says whom the caller is connected with. Source: our choice; a slow voice must not
keep an agent waiting who has accepted."""
LOOK_S = 0.05

_TOLD: dict[str, str] = {
    "still_held": "human.still_held",
    "line_lost": "human.line_lost",
    "line_back": "human.line_back",
}


class CallHandover:
    """One call's way to humans and back."""

    def __init__(self, call: CallRunner, limits: HandoverLimits) -> None:
        """Nobody is looked for before `want`."""
        self._call = call
        self._limits = limits
        self.machine = HandoverMachine(limits)
        self._driver = MachineDriver[m.Input, m.Command](self.machine, call.house.clock, m.Tick, self._obey)
        self._desk = call.house.transfers
        self.queue: CallQueue = NoQueue(self.queue_over)
        self.floor = CallFloor(call, self._desk.music)
        self._brief: BriefPrepared | None = None
        self._target = ""
        """Whom `CallPerson` calls."""
        self._agent: Party | None = None
        self._second: Party | None = None
        self._numbers = itertools.count(1)
        self._calling: CallOut | asyncio.Task[None] | None = None
        self._calling_second: CallOut | ConsultAsk | None = None
        self._whisper: Speaker | None = None
        self._says = itertools.count(1)
        self.scribe = AgentScribe(call, self._is_private)

    # What others ask and tell

    @property
    def target(self) -> str:
        """Who can be called for this call now; empty for nobody."""
        route = self._call.route
        return route.transfer_to if route.open and self._call.house.sip is not None else ""

    @property
    def leg(self) -> Leg | None:
        """The human's leg, None when there is none."""
        return self._agent.leg if self._agent is not None else None

    @property
    def second_leg(self) -> Leg | None:
        """The second person's leg, None when there is none."""
        return self._second.leg if self._second is not None else None

    def has(self, agent: str) -> bool:
        """Tell whether an agent who is signed in has this call, or is the second person in it."""
        return agent != "" and any(party.agent == agent for party in (self._agent, self._second) if party is not None)

    def part_of(self, agent: str) -> str:
        """Return which part somebody plays: `agent`, `second`, or nothing."""
        for part, party in (("agent", self._agent), ("second", self._second)):
            if party is not None and party.agent == agent != "":
                return part
        return ""

    def want(self, brief: BriefPrepared) -> None:
        """Bring a human, who has `brief` before the first word."""
        self.queue = self._desk.queue_of(self._call)
        self._brief = brief
        if self.queue.is_staffed:
            self._driver.feed(m.Wanted("queue", self._call.route.queue))
        elif self.target:
            self._target = self.target
            self._driver.feed(m.Wanted("refer" if self._line_can_refer() else "bridge"))

    def withdraw(self) -> None:
        """The caller does not want to wait any more."""
        self._driver.feed(m.Withdrawn())

    def close(self) -> None:
        """The call is over."""
        self._driver.feed(m.CallerGone())
        self._driver.close()
        self.scribe.stop()
        self._desk.supervision.call_over(self._call.call_id)

    def wish(self, wish: m.Wish) -> None:
        """An agent wants something.

        Raises:
            CallCentreError: `desk.not_now` when the call is not in a state for it.
        """
        if type(wish) not in self.machine.allows():
            sentence = f"The call is {self.machine.state.value.replace('_', ' ')}; that cannot be done now."
            raise CallCentreError("desk.not_now", sentence, fault="user")
        if self._agent is not None and not isinstance(wish, m.Hold | m.HangUp):
            self._agent.activate()
        self._driver.feed(wish)

    # What the queue tells

    def offered(self, agent: str, for_ms: int) -> None:
        """An agent is asked."""
        self._driver.feed(m.Offered(agent, for_ms))

    def offer_over(self, agent: str, why: OfferEnd) -> None:
        """That agent does not take the caller."""
        self._driver.feed(m.OfferOver(agent, why))

    def accepted(self, agent: str, leg: Leg | None = None) -> None:
        """An agent takes the caller; `leg` is the phone on which they accepted, None for who works in the browser."""
        if leg is not None and self.machine.state in (HandoverState.QUEUED, HandoverState.OFFERED):
            self._agent = self._phone_party(leg, agent)
        self._driver.feed(m.Accepted(agent))

    def queue_over(self, why: m.Failure = "no_agents") -> None:
        """Nobody will come by way of the queue."""
        self._driver.feed(m.QueueOver(why))

    def overflowed(self) -> None:
        """The queue let the caller go to the people of the number that was called."""
        if self.target:
            self._target = self.target
            self._driver.feed(m.Overflowed())
        else:
            self.queue_over()

    # What lines tell (`service.desk.agent_line.OnLine`)

    def line_broke(self, agent: str) -> None:
        """An agent's own line is gone and may come back."""
        if self._second is not None and self._second.agent == agent:
            self._driver.feed(m.SecondGone())
        elif self._agent is not None and self._agent.agent == agent:
            self._driver.feed(m.LineBroke())

    def line_back(self, agent: str) -> None:
        """An agent's own line is there again."""
        if self._agent is not None and self._agent.agent == agent:
            self._agent.activate()
            self._driver.feed(m.LineBack())

    def line_elsewhere(self, agent: str) -> None:
        """The agent goes to another call: the caller of this one waits with music."""
        if self._agent is not None and self._agent.agent == agent:
            self._driver.feed(m.Hold())

    # A leg that changes hands

    def replace(self, new: Leg) -> None:
        """Let a new leg take the human's place, because their side transferred the call to somebody else."""
        party, conference = self._agent, self._call.conference
        if party is None or conference is None:
            return
        self._call.legs.leave(conference, party.member_id, "replaced")
        party.leg, party.held_since_ms = new, None
        self._call.legs.join(conference, party.member_id, "agent", new)
        PartyWatch(self._call, party, self._gone)
        self.floor.apply()

    def caller_is_back(self) -> None:
        """The caller's leg was replaced: who hears whom is as before."""
        self.floor.apply()

    # What the machine wants

    def _obey(self, command: m.Command) -> None:
        body = fact(command, agent=self.machine.agent, usual=self._target or self._call.route.queue)
        if body is not None and not isinstance(command, m.Join | m.Brief):
            self._note(body)
        match command:
            case m.Started(how, target):
                if how == "bridge" and target is not None:
                    self._target = target.name
                    self._call.tasks.start("brief-again", self._renew_brief())
            case m.CallPerson():
                self._call_person()
            case m.AskLine():
                self._calling = self._call.tasks.start("handover-refer", self._refer())
            case m.Enqueue(target, first):
                self.queue.enqueue(target, first=first)
            case m.LeaveQueue(why):
                self.queue.leave(why)
            case m.Brief():
                self._speak_brief()
            case m.BringIn(agent):
                self._call.tasks.start("handover-line", self._bring_in(agent))
            case m.Requeue():
                self.queue.back()
                self.tell("human.join_failed")
            case m.TooLate(agent):
                self.queue.work_over(agent)
            case m.Join(brief, agent):
                self._join(brief, agent)
            case m.LetGo():
                self._let_go()
            case m.Released(agent, _):
                if agent:
                    self.queue.work_over(agent)
            case m.Failed():
                self._call.tell(acts.HandoverFailed())
            case m.PersonDone():
                self._call.wish(machine.PersonLeft())
            case m.PersonLost():
                self._call.wish(machine.PersonLost())
                self._call.tell(acts.HandoverFailed())
            case m.GoOn(why):
                self._call.wish(machine.PersonLost())
                self._call.tell(acts.LookingAgain(why=why))
            case m.GiveToBot(instruction, _):
                self._call.wish(machine.PersonLost())
                self._call.tell(acts.GivenBack(instruction=instruction))
            case _:
                self._obey_in_talk(command)
        self.floor.apply(self.machine.state)
        self.show()

    def _obey_in_talk(self, command: m.Command) -> None:
        match command:
            case m.SetMute(on):
                if self._agent is not None and self._call.conference is not None:
                    self._call.conference.mute(self._agent.member_id, on)
            case m.HoldCaller():
                self.floor.music(on=True)
            case m.TakeBack():
                self.floor.music(on=False)
            case m.TellCaller(what):
                self.tell(_TOLD[what])
            case m.CallSecond(target):
                self._call_second(target)
            case m.LetSecondIn():
                self.floor.ring_agent(on=False)
                if self._second is not None and self._second.agent:
                    self.queue.work_began(self._second.agent)
            case m.LetSecondGo():
                self._let_second_go()
            case m.Promote():
                self._promote()
            case _:
                return

    def _note(self, body: EventBody) -> None:
        self._call.log.note(body, "call")

    def tell(self, key: str, **values: str) -> None:
        """Say a fixed sentence to the caller; music is turned down for it."""
        text = phrase(self._call.house.dialog_settings(), self._call.policy.language, key, **values)
        say_id = f"desk-{next(self._says)}"
        self._call.speaker.say(
            acts.Say(say_id=say_id, text=text, language=self._call.policy.language, kind="notice", detail=key)
        )
        self.floor.duck()

    # The way to somebody on a phone

    def _call_person(self) -> None:
        self.floor.ring(on=True)

        def answered(leg: Leg) -> None:
            self._agent = self._phone_party(leg)
            self._driver.feed(m.PersonAnswered())

        self._calling = CallOut(
            self._call,
            self._target,
            rings=lambda: self._driver.feed(m.PersonRings()),
            answered=answered,
            failed=lambda why: self._driver.feed(m.CallFailed(why)),
        )

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
            gateway = gateway_of(self._call)
            await gateway.transfers.blind(leg, gateway.target_on(self._call.incoming.offer.trunk, self._target))
        except CallCentreError as error:
            logger.info("call %s: the line did not take the call on: %s", self._call.call_id, error.code)
            self._driver.feed(m.ReferRefused())
            return
        self._driver.feed(m.ReferTaken())

    def _speak_brief(self) -> None:
        call, party, conference = self._call, self._agent, self._call.conference
        if party is None or conference is None or self._brief is None:
            return
        self._let_in(party)
        self._note(events.HandoverAnswered(leg_id=party.leg.leg_id))
        self._whisper = Speaker(call.house.voice, _WhisperHeard(self._driver), call.tasks, call.conference_ms)
        self.floor.whisper(self._whisper, party.member_id)
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

    def _end_whisper(self) -> None:
        whisper, self._whisper = self._whisper, None
        if whisper is not None:
            whisper.stop()
            self.floor.whisper(None, "")

    # The way of an agent's own line

    async def _bring_in(self, agent: str) -> None:
        """Say whom the caller is connected with, and bring the line in; a phone on which they accepted is there."""
        name = self._desk.name_of(agent)
        self.tell("human.connecting" if name else "human.connecting_nameless", name=name)
        try:
            party = self._agent or self._line_party(agent)
        except CallCentreError as error:
            logger.info("call %s: an agent has no line: %s", self._call.call_id, error.code)
            self._driver.feed(m.LineMissing())
            return
        self._agent = party
        self._let_in(party)
        for _ in range(round(ANNOUNCED_S / LOOK_S)):
            await asyncio.sleep(LOOK_S)
            if not self._call.speaker.busy:
                break
        if self._agent is party:
            there = party.line is None or party.line.state == "up"
            self._driver.feed(m.LineIn() if there else m.LineMissing())

    # In the conference

    def _phone_party(self, leg: Leg, agent: str = "") -> Party:
        party = Party(self._new_name(), leg, agent)
        PartyWatch(self._call, party, self._gone)
        return party

    def _line_party(self, agent: str) -> Party:
        line = self._desk.lines.of(agent)
        return Party(self._new_name(), line.sit(self), agent, line)

    def _new_name(self) -> str:
        number = next(self._numbers)
        return "agent" if number == 1 else f"agent-{number}"

    def _let_in(self, party: Party) -> None:
        """Make a human a member, who hears nobody yet and is heard by nobody."""
        conference = self._call.conference
        if conference is None:
            return
        self._call.legs.join(conference, party.member_id, "agent", party.leg)
        self._call.recording.leave_out = self._is_left_out
        self.floor.silent(party.member_id)
        self._place()

    def _place(self) -> None:
        self.floor.place("agent", self._agent.member_id if self._agent is not None else None)
        self.floor.place("second", self._second.member_id if self._second is not None else None)

    def _join(self, brief: m.BriefOver | None, agent: str) -> None:
        call = self._call
        if brief is not None:
            self._note(events.BriefSpoken(heard_ms=brief.heard_ms, whole=brief.whole))
        self.floor.ring(on=False)
        self._end_whisper()
        call.wish(machine.PersonJoined())
        call.tell(acts.HandedOver())
        call.speaker.stop()
        if self._agent is not None:
            self._agent.activate()
            self.scribe.follow(self._agent.member_id)
        self._note(events.HandoverCompleted(how="queue" if agent else "bridge"))

    def _let_go(self) -> None:
        calling, self._calling = self._calling, None
        if isinstance(calling, CallOut) or (calling is not None and calling is not asyncio.current_task()):
            calling.cancel()
        self.floor.ring(on=False)
        self._end_whisper()
        party, self._agent = self._agent, None
        if party is not None:
            self._let_out(party)

    def _let_out(self, party: Party) -> None:
        """Take a human out of the call; a phone is hung up, an agent's line stays."""
        self.scribe.leave(party.member_id)
        if self._call.conference is not None:
            self._call.legs.leave(self._call.conference, party.member_id, party.left_by)
        self._call.house.tasks.start(f"hang-up-{party.leg.leg_id}", party.leg.hang_up())
        self._place()

    def _gone(self, party: Party, hung_up: bool) -> None:
        if party is self._agent:
            self._driver.feed(m.PersonGone(hung_up=hung_up))
        elif party is self._second:
            self._driver.feed(m.SecondGone())

    # A second person

    def _call_second(self, target: HandoverTarget) -> None:
        self.floor.ring_agent(on=True)
        if target.kind == "number":
            self._calling_second = CallOut(
                self._call,
                target.name,
                rings=lambda: None,
                answered=lambda leg: self._second_there(self._phone_party(leg)),
                failed=lambda why: self._driver.feed(m.SecondFailed(why)),
            )
        elif target.kind == "agent":
            ask = ConsultAsk(
                agent=target.name,
                call_id=self._call.call_id,
                asked_by=self._agent.agent if self._agent is not None else "",
                answered=lambda: self._second_agent_there(target.name),
                failed=lambda why: self._driver.feed(m.SecondFailed(why)),
            )
            self._calling_second = ask
            self._call.tasks.start("brief-again", self._ask(ask))
        else:
            self._driver.feed(m.SecondFailed("denied"))

    async def _ask(self, ask: ConsultAsk) -> None:
        await self._renew_brief()
        if self._calling_second is ask:
            self._desk.ask(ask, self.card(), self._limits.ring_ms)

    async def _renew_brief(self) -> None:
        """Make the brief of what was said until now, for the next human."""
        call = self._call
        brief = await make_brief(call)
        if brief != self._brief:
            self._brief = brief
            call.log.note(brief, "dialog")

    def _second_agent_there(self, agent: str) -> None:
        try:
            party = self._line_party(agent)
        except CallCentreError:
            self._driver.feed(m.SecondFailed("unreachable"))
            return
        self._second_there(party)

    def _second_there(self, party: Party) -> None:
        self._calling_second = None
        if self.machine.state is not HandoverState.REACHING:  # it was given up in the same moment
            self._call.house.tasks.start(f"hang-up-{party.leg.leg_id}", party.leg.hang_up())
            return
        self._second = party
        self._let_in(party)
        party.activate()
        self._driver.feed(m.SecondAnswered())

    def _let_second_go(self) -> None:
        calling, self._calling_second = self._calling_second, None
        if isinstance(calling, CallOut):
            calling.cancel()
        elif calling is not None:
            self._desk.withdraw(calling.agent, calling.call_id)
        self.floor.ring_agent(on=False)
        party, self._second = self._second, None
        if party is not None:
            if party.agent:
                self.queue.work_over(party.agent)
            self._let_out(party)

    def _promote(self) -> None:
        first, self._agent, self._second = self._agent, self._second, None
        if first is not None:
            if first.agent:
                self.queue.work_over(first.agent)
            self._let_out(first)
        self._place()
        if self._agent is not None:
            self.scribe.follow(self._agent.member_id)

    def second_leaves(self) -> None:
        """The second agent does not want to stay."""
        self._driver.feed(m.SecondGone())

    # What pages see

    def _is_private(self) -> bool:
        return self.machine.state in PRIVATE

    def _is_left_out(self, member_id: str) -> bool:
        """Tell whether a member's sound is not recorded now: a talk that the caller does not hear."""
        return self._is_private() and member_id not in (CALLER, BOT)

    def card(self) -> dict[str, Any]:
        """Return what somebody sees of the call before the first word."""
        return {"call_id": self._call.call_id, "brief": to_json(self._brief) if self._brief is not None else None}

    def view(self) -> dict[str, Any]:
        """Return the state of the call strip, whose owner is the machine."""
        second = self.machine.second
        return {
            "state": self.machine.state.value,
            "agent": self.machine.agent,
            "second": {"kind": second.kind, "name": second.name} if second is not None else None,
            "muted": self.machine.muted,
            "held": self.machine.held,
            "with_person": self.machine.state in WITH_PERSON,
            "recording": self._call.recording.state,
            "supervised": self._desk.supervision.shown(self._call.call_id, self.floor.supervision),
            "may": sorted(wish.__name__ for wish in self.machine.allows()),
        }

    def show(self) -> None:
        """Send the state of the call strip to whoever watches."""
        self._call.house.live.signal(self._call.call_id, "handover", self.view())


class _WhisperHeard:
    """Tells the machine how the brief ended; implements `service.speaker.SpeakerListener`."""

    def __init__(self, driver: MachineDriver[m.Input, m.Command]) -> None:
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
            self._driver.feed(m.BriefOver(self._result.heard_ms, whole=whole))

    def voice_failed(self, error: Exception) -> None:
        """The human comes to the phone without a brief, and has it on the page."""
        logger.warning("a brief could not be spoken: %s", type(error).__name__)
