"""A call in the queue: what the caller hears while waiting, and what becomes of it; a `ContactListener`.

The call's handover asks for a place (`enqueue`, `leave`, `back` …) and is told what comes of it (`offered`, `accepted`,
`queue_over` …). While it waits there is music, and the policy speaks of place and wait.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol

from calls.codec import to_json
from calls.desk_events import LeftQueueReason, VoicemailLeft
from calls.events import BriefPrepared, TurnEnded
from calls.speech import EmotionEstimate, WordsEstimate
from desk.acd_messages import ContactArrived
from service.acts import make_brief
from service.caller_line import CALLER
from service.desk.listener import LongWait, OfferEnd, QuietListener
from service.desk.wait_music import WaitMusic, wait_sound
from service.desk_config import Outside
from voice.dialog import acts

if TYPE_CHECKING:
    from service.call_runner import CallRunner

MUSIC = "music"
"""Member of the conference."""
HEAD_MS = 3_600_000
"""Counts as waited of who lost the human they had: more than anybody waits, so that they are the next."""


class QueueTarget(Protocol):
    """Who shall take the call."""

    @property
    def kind(self) -> Literal["agent", "queue", "number"]:
        """What `name` is."""
        ...

    @property
    def name(self) -> str:
        """Name of an agent, or of a queue."""
        ...


class WaitingCall(QuietListener):
    """One call's stay in the queue."""

    def __init__(self, call: CallRunner) -> None:
        """It does not wait before `enqueue`."""
        self._call = call
        self.contact_id: str = call.call_id
        """What the queue knows it by; a call back has the name of its promise."""
        self.is_on = False
        """Whether it waits now."""
        self.promised: tuple[str, str] | None = None
        """Agent and reservation that have accepted already: this call is the call back."""
        self.vip = False
        """Whether the caller is marked as very important."""
        self._brief: BriefPrepared | None = None
        """The newest."""
        self._is_over = False
        """The queue was left: it overflowed, or nobody is there. Who wants a human again is sent to the people of the
        number, or waits anew when it has none."""
        self._leaving: LeftQueueReason = "withdrawn"
        self._music: WaitMusic | None = None
        self._since_ms: int | None = None
        """When it began to wait first; a second time in one call counts from there."""
        self._anger_prob = 0.0
        self._frustration_score = 0.0
        self._message_from_ms: int | None = None

    # What the handover wants

    @property
    def queue(self) -> str:
        """Which queue is the call's."""
        return self._call.house.queue_hours.queue_for(self._call.route.queue, self._call.policy.language)

    @property
    def is_open(self) -> bool:
        """Whether people of the call's queue, and of the number that was called, work at this hour."""
        return self._call.route.open and self._call.house.queue_hours.is_open(self.queue)

    @property
    def opens_at(self) -> datetime | None:
        """When these people work next, where the line is; None while they do, and when it is not known."""
        route = self._call.route
        at_utc = None if self.is_open else self._call.house.queue_hours.opens_at(self.queue, route.calendar)
        return at_utc.astimezone(route.now_local.tzinfo) if at_utc is not None else None

    @property
    def outside(self) -> Outside:
        """What the caller gets outside of the hours."""
        return self._call.house.queue_hours.outside(self.queue)

    @property
    def offered_outside(self) -> Literal["callback", "voicemail"]:
        """What the bot offers outside of the hours."""
        return "voicemail" if self.outside == "voicemail" and self._call.house.config.desk.voicemail else "callback"

    @property
    def is_staffed(self) -> bool:
        """Whether anybody at work may take this call, now or later."""
        if self.promised is not None:
            return True
        if self._is_over and self._call.handover.target:
            return False  # it is not sent round in a circle
        return self._call.house.desk.working(self.queue, self._call.policy.language, "voice") > 0

    def enqueue(self, target: QueueTarget | None = None, *, first: bool = False) -> None:
        """Let the caller wait, or be with the agent who has accepted the call back already.

        Args:
            target: An agent who is asked first, or another queue; None: as the number that was called says.
            first: At the head: they had a human, and lost them.
        """
        if self.promised is not None:
            self.connect(*self.promised)
            return
        if self.is_on:
            return
        call, now_ms = self._call, self._call.house.clock.now_ms()
        self._since_ms = now_ms if self._since_ms is None else self._since_ms
        self._leaving = "withdrawn"
        self.is_on = True
        self._play_music()
        contact = ContactArrived(
            contact_id=self.contact_id,
            kind="call",
            queue=target.name if target is not None and target.kind == "queue" and target.name else self.queue,
            language=call.policy.language,
            vip=self.vip,
            wanted_agent=target.name if target is not None and target.kind == "agent" else "",
            anger_prob=self._anger_prob,
            frustration_score=self._frustration_score,
            waited_ms=now_ms - self._since_ms + (HEAD_MS if first else 0),
            way_out=call.handover.target,
        )
        call.house.desk.arrive(contact, self)

    def leave(self, why: LeftQueueReason) -> None:
        """The caller does not wait any more; who withdraws may have chosen something else (`StopLooking.why`)."""
        if self.is_on:
            self._call.house.desk.gone(self.contact_id, self._leaving if why == "withdrawn" else why)

    def back(self) -> None:
        """The agent who accepted could not be joined: wait on, as the next."""
        self.is_on = True
        self._play_music()
        self._call.house.desk.back(self.contact_id)

    def work_began(self, agent: str) -> None:
        """An agent has this call in hand whom the queue did not bring."""
        self._call.house.desk.work_began(agent, self.contact_id, "call", self.queue)

    def work_over(self, agent: str) -> None:
        """Agent and caller are apart."""
        self._call.house.desk.work_over(agent, self.contact_id)

    def close(self) -> None:
        """The call is over."""
        self._message_over()
        self.leave("abandoned")
        self._stop_music()

    def felt(self, emotion: EmotionEstimate | None, words: WordsEstimate | None) -> None:
        """Take how the caller sounds and what the words say; it counts in the queue."""
        if emotion is not None and not emotion.abstained:
            self._anger_prob = emotion.anger_prob
        if words is not None and not words.abstained:
            scores = words.call_scores
            self._frustration_score = max(scores.frustration_score, scores.anger_score)
        if self.is_on:
            self._call.house.desk.felt(self.contact_id, self._anger_prob, self._frustration_score)

    def obey(self, act: acts.StopLooking | acts.TakeMessage | acts.KeepMessage) -> None:
        """Do what the policy wants of the queue."""
        match act:
            case acts.StopLooking(why=why):
                self._leaving = why
                self._call.handover.withdraw()
            case acts.TakeMessage():
                self._message_from_ms = self._call.conference_ms()
            case acts.KeepMessage():
                self._message_over()

    # What the queue says

    def waits(self, position: int, expected_wait_s: int | None) -> None:
        """Tell the policy, which speaks of it."""
        self._call.tell(acts.QueuePlace(position=position, expected_wait_s=expected_wait_s))

    def waits_long(self, why: LongWait) -> None:
        """Leave when nobody is left here; else offer what there is. At closing time who waits is still served."""
        call = self._call
        messages = call.house.config.desk.voicemail and call.consent.recording
        if why == "closed":
            if self.outside != "overflow" and not self.is_staffed:
                call.tell(acts.WaitIsLong(why=why, takes_messages=messages, opens_at=self.opens_at))
            return
        if why != "long_wait":
            self._is_over = True
            self.leave("overflow")
            return
        call.tell(acts.WaitIsLong(why=why, takes_messages=messages))

    def left(self, reason: LeftQueueReason, to: str) -> None:
        """It waits no more; what overflows is connected as without a queue."""
        del to
        self.is_on = False
        self._stop_music()
        if reason == "overflow":
            self._is_over = True
            self._call.handover.overflowed()

    def offered(self, agent: str, reservation_id: str, for_ms: int) -> None:
        """Tell the handover, which writes it down."""
        del reservation_id
        self._call.handover.offered(agent, for_ms)

    def offer_over(self, agent: str, reservation_id: str, reason: OfferEnd) -> None:
        """Tell the handover."""
        del reservation_id
        self._call.handover.offer_over(agent, reason)

    def connect(self, agent: str, reservation_id: str) -> None:
        """An agent accepted: the handover joins the two, on the telephone that rang or on the agent's own line."""
        self.is_on = False
        self.promised = None
        self._stop_music()
        self._call.handover.accepted(agent, self._call.house.phone_offers.take(reservation_id))

    async def card(self) -> dict[str, Any]:
        """Make the brief anew, with what was said while waiting."""
        brief = await make_brief(self._call)
        if brief != self._brief:
            self._brief = brief
            self._call.log.note(brief, "dialog")
        return {"brief": to_json(brief)}

    # A call back that keeps the place

    def callback_booked(self) -> None:
        """Keep the place of who waited for the call back."""
        if self._since_ms is not None:
            waited_ms = self._call.house.clock.now_ms() - self._since_ms
            self._call.house.callbacks.promise(self._call.call_id, self.queue, self._call.policy.language, waited_ms)

    # A message

    def _message_over(self) -> None:
        """Keep the message, if there is one."""
        begin_ms, self._message_from_ms = self._message_from_ms, None
        if begin_ms is None:
            return
        call = self._call
        said = [event.body for event in call.log.events if isinstance(event.body, TurnEnded)]
        words = " ".join(turn.text for turn in said if turn.speaker == "caller" and turn.start_ms >= begin_ms).strip()
        if words:
            body = VoicemailLeft(
                queue=self.queue,
                language=call.policy.language,
                start_ms=begin_ms,
                end_ms=call.conference_ms(),
                text=words,
            )
            call.log.note(body, "call")

    # Music

    def duck(self, speaker: str, *, on: bool) -> None:
        """Somebody speaks, or is silent again: the music makes room."""
        if self._music is not None:
            self._music.duck(speaker, on=on)

    def _play_music(self) -> None:
        call, conference = self._call, self._call.conference
        sounds = call.house.transfers.music
        if conference is None or call.leg is None or sounds is None or MUSIC in conference.member_ids:
            return
        self._music = WaitMusic(wait_sound(sounds, call.leg.rate_hz, music=call.house.config.desk.music))
        conference.add(MUSIC, "bot", self._music, None, call.leg.rate_hz)
        conference.whisper(MUSIC, CALLER)

    def _stop_music(self) -> None:
        self._music = None
        if self._call.conference is not None:
            self._call.conference.remove(MUSIC)
