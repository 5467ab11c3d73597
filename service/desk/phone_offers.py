"""Offers to agents who work with a telephone: it rings, they hear the brief, key 1 accepts and key 2 declines.

The telephone is in a conference of its own until the caller is joined, so that a call that is declined never was in it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

from calls.audio import SPEECH_RATE_HZ
from calls.errors import CallCentreError
from calls.ids import Language
from calls.ports import DigitHeard, Leg, LegEnded, LegEvent
from desk.acd_messages import AgentSignedIn
from service.desk.phone_watch import PhoneWatch
from service.desk.room_parts import OfferOpen
from service.speaker import Speaker
from telephony.conference import Conference
from telephony.dialling import CallWatch
from telephony.hold_sound import RING_RATE_HZ, ring_tone
from voice.dialog import acts
from voice.dialog.prompts import phrase
from voice.tts.playout import PlayoutResult

if TYPE_CHECKING:
    from service.house import House

logger = logging.getLogger(__name__)

AGENT, BOT, RINGING = "agent", "bot", "ringing"
BREATH_MS = 600
"""From the answer to the first word. Source: as in `service/handover.py`."""
REACH_MS = 8_000
"""A telephone from which nothing has come by then is gone, and the next agent is asked. Source: our choice; a telephone
that is there says so within half a second (RFC 3261 section 17.2.1: 100 within 200 ms), and four requests were sent."""
KEYS_AGAIN_S = 6.0
"""Silence after which the keys are named again. Source: our choice, time to think."""
_SAYS_NO = (486, 600, 603)
"""Statuses of a telephone that is there and says no; everything else counts as nobody there: a PBX whose telephone is
gone says 480 or 404. Source: RFC 3261 sections 21.4.18, 21.4.24, 21.6."""


class PhoneOffer:
    """One offer on one telephone; implements `service.speaker.SpeakerListener`."""

    def __init__(self, house: House, open_: OfferOpen, phone: str) -> None:
        """Nothing rings before `run`."""
        self._house = house
        self._open = open_
        self._phone = phone
        self._conference: Conference | None = None
        self._speaker: Speaker | None = None
        self._silent = asyncio.Event()
        self._is_over = False
        self._watch = CallWatch(reach_ms=REACH_MS)
        self.leg: Leg | None = None
        """The agent's, once they answered."""
        self.heard_ms = 0
        """How much of the brief they heard."""

    async def run(self) -> None:
        """Ring, speak, wait for a key; what decides is the queue's time to accept."""
        reservation_id, agent = self._open.offer.reservation_id, self._open.offer.agent
        room = self._house.desk
        try:
            await self._reach()
        except CallCentreError as error:
            logger.info("offer %s: the telephone was not reached: %s", reservation_id, error.code)
            if self._watch.status in _SAYS_NO:
                self._decide(lambda: room.decline(agent, reservation_id))
            else:
                room.unanswered(reservation_id)
            return
        await self._open.card_made.wait()
        while not self._is_over:
            self._silent.clear()
            self._say_offer()
            await self._silent.wait()
            await asyncio.sleep(KEYS_AGAIN_S)

    async def _reach(self) -> None:
        sip = self._house.sip
        if sip is None:
            raise CallCentreError("call.unreachable", "The telephone line is closed.", fault="us", retryable=True)
        self.leg = leg = await sip.call_out(self._phone, "transfer", watch=self._watch)
        leg.on_event(self._happened)
        name = f"offer-{self._open.offer.reservation_id}"
        conference = self._conference = Conference(self._house.ticker, name)
        conference.add(AGENT, "agent", leg, leg, leg.rate_hz)
        self._speaker = Speaker(self._house.voice, self, self._house.desk.tasks, lambda: conference.t_ms)
        conference.add(BOT, "bot", self._speaker, None, SPEECH_RATE_HZ)

    def _say_offer(self) -> None:
        if self._speaker is None or self._conference is None:
            return
        language: Language = self._open.guest.contact.language
        brief = self._open.card.get("brief", {})
        line = "" if self.heard_ms else str(brief.get("spoken_line", ""))
        keys = phrase(self._house.dialog_settings(), language, "queue.offer_keys")
        say = acts.Say(
            say_id="offer",
            text=f"{line} {keys}".strip(),
            language=language,
            kind="notice",
            detail="brief",
            personal=True,
        )
        self._speaker.say(say, not_before_ms=self._conference.t_ms + BREATH_MS)

    def accepted(self) -> None:
        """Stop speaking; it rings softly until the caller is there."""
        self._is_over = True
        if self._speaker is not None:
            self._speaker.stop()
        if self._conference is not None:
            self._conference.add(RINGING, "bot", ring_tone(), None, RING_RATE_HZ)

    def take(self) -> Leg | None:
        """Give the telephone away, into another conference; None when it hung up."""
        leg, self.leg = self.leg, None
        self._close()
        return leg

    def end(self) -> None:
        """Stop ringing or hang up."""
        self._is_over = True
        leg, self.leg = self.leg, None
        self._close()
        if leg is not None:
            self._house.tasks.start(f"hang-up-{leg.leg_id}", leg.hang_up())

    def _close(self) -> None:
        conference, self._conference = self._conference, None
        if self._speaker is not None:
            self._speaker.stop()
        if conference is not None:
            for member in conference.member_ids:
                conference.remove(member)
            conference.close()

    def _happened(self, event: LegEvent) -> None:
        reservation_id, agent = self._open.offer.reservation_id, self._open.offer.agent
        room = self._house.desk
        match event:
            case DigitHeard(digit="1"):
                self._decide(lambda: room.accept(agent, reservation_id))
            case DigitHeard(digit="2"):
                self._decide(lambda: room.decline(agent, reservation_id))
            case LegEnded() if self.leg is not None:
                self.leg = None
                self._decide(lambda: room.decline(agent, reservation_id))

    def _decide(self, decision: object) -> None:
        """Tell the queue; a key that comes too late changes nothing."""
        if not self._is_over and callable(decision):
            with contextlib.suppress(CallCentreError):
                decision()

    # The speaker's listener

    def bot_started(self, say: acts.Say, t_ms: int, *, cached: bool) -> None:
        """The agent alone hears it."""

    def bot_said(self, say: acts.Say, result: PlayoutResult) -> None:
        """Keep how much was heard."""
        del say
        self.heard_ms = max(self.heard_ms, result.heard_ms)

    def bot_silent(self, t_ms: int) -> None:
        """Wait for a key."""
        del t_ms
        self._silent.set()

    def voice_failed(self, error: Exception) -> None:
        """The agent hears nothing, and has the keys in mind."""
        logger.warning("an offer could not be spoken: %s", type(error).__name__)
        self._silent.set()


class PhoneOffers:
    """Rings the telephones of agents; implements `service.desk.room_parts.DeskHooks`."""

    def __init__(self, house: House) -> None:
        """Nobody is at work before `start`."""
        self._house = house
        self._running: dict[str, tuple[PhoneOffer, asyncio.Task[None]]] = {}
        self._accepted: dict[str, PhoneOffer] = {}
        """By reservation: telephones whose caller is not there yet."""

    def start(self) -> None:
        """Let those of the configuration come to work, and follow the queue's offers."""
        self._house.desk.hooks.append(self)
        for person in self._house.config.desk.phone_agent:
            profile = AgentSignedIn(
                agent=person.name, languages=frozenset(person.languages), skills=frozenset(person.skills)
            )
            self._house.desk.sign_in(profile, phone=person.phone)
            self._house.desk.ready(person.name)
        self._house.desk.tasks.start("phones", PhoneWatch(self._house).run())

    def offered(self, offer: OfferOpen) -> None:
        """Ring the agent's telephone, if they work with one."""
        room, reservation_id = self._house.desk, offer.offer.reservation_id
        phone = room.phone_of(offer.offer.agent)
        if phone:
            ringing = PhoneOffer(self._house, offer, phone)
            self._running[reservation_id] = (ringing, room.tasks.start("phone-offer", ringing.run()))

    def offer_over(self, offer: OfferOpen, *, accepted: bool) -> None:
        """Keep the telephone of who accepted; hang up on everybody else."""
        ringing, task = self._running.pop(offer.offer.reservation_id, (None, None))
        if ringing is None or task is None:
            return
        if accepted and ringing.leg is not None:
            ringing.accepted()
            self._accepted[offer.offer.reservation_id] = ringing
        else:
            ringing.end()
        if task is not asyncio.current_task():
            task.cancel()
        if not accepted:
            self._house.desk.tasks.start("phone-again", self._try_again(offer.offer.agent))

    def take(self, reservation_id: str) -> Leg | None:
        """Return the telephone of who accepted; None for who works in the browser, or hung up."""
        offer = self._accepted.pop(reservation_id, None)
        return offer.take() if offer is not None else None

    def let_go(self, reservation_id: str) -> None:
        """The caller does not come: hang up on who accepted."""
        offer = self._accepted.pop(reservation_id, None)
        if offer is not None:
            offer.end()

    async def _try_again(self, agent: str) -> None:
        """Ring a telephone again some time after nobody was there."""
        if self._house.desk.state(agent) == "not_responding":
            await asyncio.sleep(self._house.config.desk.phone_again_s)
            if self._house.desk.state(agent) == "not_responding":
                self._house.desk.ready(agent)
