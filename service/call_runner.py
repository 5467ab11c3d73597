"""Carries out what the machines of one call decide, and decides nothing itself.

`CallMachine` owns the call's life, `TurnMachine` (inside hearing) the turns, `DialogPolicy` the talk, `Consent` what is
kept. This file connects them:

    leg -> conference -> hearing -> turn -> DialogPolicy -> acts -> speaker -> conference -> leg
                 `-> recorder           `-> emotion             `-> call log -> live feed
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from calls import commands, machine
from calls.audio import SPEECH_RATE_HZ, Samples
from calls.errors import CallCentreError
from calls.events import (
    BriefPrepared,
    CallAnswered,
    CallEnded,
    CallOffered,
    EmotionEstimated,
    EndReason,
    FeelingRead,
    LegJoined,
    TurnEnded,
    TurnReopened,
)
from calls.ids import CallId, LegId, TurnId
from calls.ports import IncomingCall, Leg, Passage
from calls.speech import EmotionEstimate, Hypothesis, MeaningEstimate, Turn, Utterance, WordsEstimate
from desk.handover_states import HandoverLimits
from records.split_cards import SplitCards
from service import acts as act_executor
from service.bot_turns import BotTurns
from service.call_log import CallLog
from service.caller_line import CALLER, CallerLine
from service.consent import Consent
from service.degraded import Degradations
from service.desk.waiting_call import WaitingCall
from service.dial_plan import Route
from service.feeling import Feeling, WordsFeeling, angriest
from service.handover import CallHandover
from service.keys import KeyBuffer
from service.legs import CallLegs
from service.recordings import CallRecording
from service.reply_watch import ReplyWatch
from service.secrets_kept import SecretsKept
from service.speaker import Speaker, not_before_ms
from service.tasks import Tasks
from service.thinking_ahead import ThinkingAhead
from service.turn_memory import TurnMemory
from service.voice_signals import VoiceSignals
from telephony.conference import Conference
from telephony.net.driver import MachineDriver
from voice.dialog.acts import (
    AgentsSignedIn,
    CallBegan,
    CallerHeld,
    CallerSpeaking,
    CallerTurn,
    DeadlineReached,
    DialogAct,
    DialogInput,
    EmotionFound,
    HandoverFailed,
    HeardNothing,
    LookUp,
    MeaningFound,
    PassagesFound,
    Say,
    SayDone,
    Trouble,
)
from voice.dialog.policy import DialogPolicy
from voice.hearing import Hearing
from voice.hearing_port import VoiceStates
from voice.tts.playout import PlayoutResult
from voice.turn.settings import BargeInAction

if TYPE_CHECKING:
    from service.house import House

logger = logging.getLogger(__name__)

BOT = "bot"

Understood = tuple[MeaningEstimate, npt.NDArray[np.float32]]
"""What a turn means and the vector of it."""

ESTIMATE_WAIT_S = 0.15
"""How long a finished turn waits for how it sounded and what it means. Source: below what a caller notices."""


class CallRunner:
    """One call from the first ring to `CallEnded`."""

    def __init__(self, house: House, call_id: CallId, incoming: IncomingCall, route: Route) -> None:
        """Nothing happens before `start`."""
        self.call_id = call_id
        self.incoming = incoming
        self.route = route
        self.house = house
        self.ended = asyncio.Event()
        self.tasks = Tasks(call_id, self._task_failed)
        self.consent = Consent(house.config.privacy, feels=route.emotion)
        self.conference: Conference | None = None
        self.leg: Leg | None = None
        self.log = CallLog(house.writer, call_id, self.consent, self.media_ms, self.shut_down)
        self.line = CallerLine(self)
        self.waiting = WaitingCall(self)
        self.handover = CallHandover(self, HandoverLimits(ring_ms=house.config.dial_plan.transfer_ring_s * 1000))
        self.legs = CallLegs(call_id, self.log, house.live, house.metrics)
        settings = house.dialog_settings()
        settings = settings if route.emotion else replace(settings, emotion="off")
        self.policy = DialogPolicy(settings, route.language, new_reference=house.new_reference)
        self.degraded = Degradations(self.log)
        self.voice_claim = house.voice.claim()
        self.speaker = Speaker(
            house.voice, self, self.tasks, self.conference_ms, lambda code: self.degraded.note("other_voice", code)
        )
        self.recording = CallRecording(call_id, house.recorder, self.log, self.tasks, CALLER)
        self.secrets = SecretsKept(self.log, self.recording, house.asr_name, withdraw=self._withdraw)
        self.feeling = Feeling(house.mind)
        self.words = WordsFeeling(house.feelings)
        self.keys = KeyBuffer(self.secrets.keys)
        self._voice_signals = VoiceSignals(self)
        self._ahead = ThinkingAhead(self)
        self.hearing: Hearing | None = None
        self._machine = MachineDriver[machine.CallInput, commands.Command](
            machine.CallMachine(house.call_limits), house.clock, machine.Tick, self._obey
        )
        self._mind = MachineDriver[DialogInput, DialogAct](self.policy, house.clock, DeadlineReached, self._act)
        self._turn: Turn | None = None
        self._memory = TurnMemory(self.policy)
        self._went_on = False
        """Whether a turn was taken back: this caller makes long pauses."""
        self._thoughts: list[asyncio.Task[None]] = []
        """Work on the answer to the last turn."""
        self._estimates: list[asyncio.Task[EmotionEstimate | None]] = []
        self._turn_estimates: list[asyncio.Task[EmotionEstimate | None]] = []
        self._withdrawals: list[asyncio.Task[None]] = []
        self._reply: ReplyWatch | None = None
        self._words_final_ms = 0
        self._bot_turns = BotTurns(self.log, self.secrets.shown)
        self._replacing = False
        self._people = 0
        """How many humans the policy believes in."""

    # The way in

    def start(self) -> None:
        """Let the call in."""
        offer = self.incoming.offer
        self.log.note(
            CallOffered(
                transport="webrtc" if offer.transport == "webrtc" else "sip",
                caller=offer.caller,
                caller_name=offer.caller_name,
                called=offer.called,
                peer_call_id=offer.peer_call_id,
                visitor=offer.visitor,
            ),
            "service",
        )
        self.incoming.on_cancel(lambda: self._machine.feed(machine.CallerGone("caller_cancelled")))
        self._machine.feed(machine.Admitted(self.route.ring_ms))

    def shut_down(self) -> None:
        """The service stops: say so and end."""
        self._machine.feed(machine.ShutdownWanted())

    def media_ms(self) -> int | None:
        """Return the call's media clock, None before the answer."""
        return None if self.conference is None else self.conference.t_ms

    def conference_ms(self) -> int:
        """Return the media clock of a call that was answered."""
        return 0 if self.conference is None else self.conference.t_ms

    def record(self) -> None:
        """Keep the sound from now on, at the caller's rate but no more than speech needs."""
        if self.leg is not None:
            self.recording.start(min(self.leg.rate_hz, SPEECH_RATE_HZ))

    def wish(self, wish: machine.CallInput) -> None:
        """Feed the call machine."""
        self._machine.feed(wish)

    def people(self) -> int:
        """Return how many humans could take the call now, as far as it is known."""
        if self.waiting.promised is not None:
            return 1
        queue, language = self.waiting.queue, self.policy.language
        agents = self.house.desk.working(queue, language, "voice") if self.waiting.is_open else 0
        return agents + (1 if self.handover.target else 0)

    def agents_changed(self) -> None:
        """Somebody came to work or went."""
        people = self.people()
        if people != self._people and self.conference is not None:
            self._people = people
            self.tell(AgentsSignedIn(n=people))

    def tell(self, news: DialogInput) -> None:
        """Feed the dialog policy."""
        self._memory.note(news)
        self._mind.feed(news)

    def _obey(self, command: commands.Command) -> None:
        match command:
            case commands.Ring():
                self.incoming.ring()
            case commands.Answer():
                self.tasks.start("answer", self._answer())
            case commands.Reject(status, reason):
                self.incoming.reject(status, reason)
            case commands.Begin():
                self._begin()
            case commands.Fill(step):
                self.house.metrics.fillers.inc()
                self._say_filler(step)
            case commands.GiveUpAnswering():
                self.tell(Trouble(kind="hearing"))
            case commands.SayGoodbye(why):
                self._say_goodbye(why)
            case commands.Drop():
                self._drop()
            case commands.Finish(ended):
                self.house.tasks.start(f"finish-{self.call_id}", self._finish(ended))

    async def _answer(self) -> None:
        try:
            self.leg = await self.incoming.answer()
        except CallCentreError as error:
            logger.info("call %s could not be answered: %s", self.call_id, error.code)
            gone = error.code in ("call.gone", "call.cancelled")
            codec = error.code in ("call.no_common_codec", "sdp.no_common_codec")
            reason: EndReason = "caller_cancelled" if gone else "no_common_codec" if codec else "media_lost"
            self._machine.feed(machine.AnswerFailed(reason))
            return
        self._machine.feed(machine.MediaOpen())

    def _begin(self) -> None:
        assert self.leg is not None
        house, leg = self.house, self.leg
        conference = self.conference = Conference(house.ticker, self.call_id)
        conference.add(BOT, "bot", self.speaker, None, SPEECH_RATE_HZ)
        conference.tap(self.line)
        self.recording.attach(conference)
        language = self.route.language
        self.log.note(CallAnswered(language=language, flow=self.route.flow), "call")
        self.hearing = self.listen()
        self.line.connect(leg)
        self.log.note(LegJoined(leg_id=LegId("bot"), member="bot", codec="L16", rate_hz=SPEECH_RATE_HZ), "call")
        self.tasks.start("hearing", self.hearing.run())
        self._people = self.people()
        self.tell(
            CallBegan(
                now_local=self.route.now_local,
                caller=self.incoming.offer.caller,
                open=self.waiting.is_open,
                opens_at=self.waiting.opens_at,
                outside=self.waiting.offered_outside,
                agents_signed_in=self._people,
                greeting=self.route.greeting,
                flow="" if self.route.flow == "main" else self.route.flow,
                queue=self.route.queue,
            )
        )

    def listen(self) -> Hearing:
        """Return the caller's hearing, with as many live words as recognition can carry now."""
        house = self.house
        plan = house.recognition.plan(self.route.language)
        if plan.live_words != "all":
            self.degraded.note("fewer_partials", plan.reason)
        on_final = house.recognition.final_took
        settings = replace(plan.settings, vocabulary=house.vocabulary())
        return Hearing(house.ears, house.asr, self, clock=house.clock, settings=settings, on_final=on_final)

    # What was heard (HearingListener)

    def speech_started(self, t_ms: int) -> None:
        """The caller speaks."""
        self.voice_claim.rests = False
        self._machine.feed(machine.CallerSpeaks())
        self.waiting.duck("caller", on=True)
        self.tell(CallerSpeaking(speaking=True))
        self._voice_signals.started()
        self.house.live.signal(self.call_id, "speaking", {"member": "caller", "speaking": True, "t_ms": t_ms})

    def speech_stopped(self, t_ms: int) -> None:
        """The caller paused."""
        self._machine.feed(machine.CallerStopped())
        self.waiting.duck("caller", on=False)
        self.tell(CallerSpeaking(speaking=False))
        self._voice_signals.stopped()
        self._ahead.paused()
        self.house.live.signal(self.call_id, "speaking", {"member": "caller", "speaking": False, "t_ms": t_ms})

    def hypothesis(self, hypothesis: Hypothesis) -> None:
        """Show what the running utterance is thought to be, secrets masked."""
        committed, tentative = self.secrets.hypothesis(hypothesis)
        self.house.live.signal(
            self.call_id,
            "hypothesis",
            {
                "utterance_id": hypothesis.utterance_id,
                "revision": hypothesis.revision,
                "committed": " ".join(word.text for word in committed),
                "tentative": " ".join(word.text for word in tentative),
            },
        )

    def utterance(self, utterance: Utterance) -> None:
        """Write the final words, secrets masked, and ask how they sounded."""
        self._words_final_ms = self.conference_ms()
        self.secrets.utterance(utterance, self._words_final_ms)
        if self.consent.emotion and self.hearing is not None:
            sound = self.hearing.audio(utterance.start_ms, utterance.end_ms)
            work = self._estimate(utterance, sound, self.hearing.states)
            self._estimates.append(self.tasks.start("emotion", work))

    def late_words(self, utterance: Utterance) -> None:
        """Write what was recognised too late to be answered: the log is complete, and no secret stays in the sound."""
        self.secrets.late(utterance, self.conference_ms())

    async def _estimate(
        self, utterance: Utterance, sound: Samples, states: VoiceStates | None
    ) -> EmotionEstimate | None:
        try:
            estimate = await self.feeling.estimate(utterance, sound, states)
        except CallCentreError as error:
            self.house.metrics.trouble.labels("prosody").inc()
            logger.warning("call %s: no emotion for an utterance: %s", self.call_id, error.code)
            self.degraded.note("no_emotion", error.code)
            return None
        self.log.note(
            EmotionEstimated(
                utterance_id=utterance.utterance_id,
                start_ms=utterance.start_ms,
                end_ms=utterance.end_ms,
                estimate=estimate,
            ),
            "prosody",
            t_ms=utterance.end_ms,
        )
        return estimate

    def turn_ended(self, turn: Turn, spoken_until_ms: int) -> None:
        """The caller's turn is over: the policy decides."""
        self._machine.feed(machine.CallerTurnEnded())
        self._reply = ReplyWatch(spoken_until_ms, self._words_final_ms, self.conference_ms(), self.house.clock)
        self._turn = turn
        self._memory.forget()
        self.words.turn_ended()
        self.secrets.turn_said(turn, self.policy.asked_slot)
        self.secrets.turn_over(self.conference_ms())
        self.log.note(
            TurnEnded(
                turn_id=turn.turn_id,
                speaker="caller",
                text=self.secrets.text(turn),
                language=turn.language,
                start_ms=turn.start_ms,
                end_ms=turn.end_ms,
                utterance_ids=turn.utterance_ids,
                interrupted=turn.interrupted,
            ),
            "call",
            t_ms=turn.end_ms,
        )
        self._turn_estimates, self._estimates = self._estimates, []
        self._thoughts = [self.tasks.start("turn", self._think(turn, self._turn_estimates))]

    def turn_reopened(self, turn_id: TurnId) -> None:
        """The caller's last turn was not over: what was decided on it, and not heard, is void."""
        self._went_on = True
        self.secrets.turn_reopened(turn_id)
        for thought in self._thoughts:
            thought.cancel()
        self.speaker.give_way()
        self.log.note(TurnReopened(turn_id=turn_id), "call")
        since = self._memory.go_back(self.house.clock.now_ms())
        if since is not None:
            for news in since:
                self.tell(news)
            self.tell(CallerHeld(held=True) if self.line.held else CallerSpeaking(speaking=True))
        self._thoughts, self._reply = [], None
        self.words.take_back()
        self._estimates[:0] = self._turn_estimates

    def turn_stands(self) -> None:
        """Something was done about the last turn that can't be undone."""
        self._memory.forget()
        if self.hearing is not None:
            self.hearing.turn_stands()

    async def _think(self, turn: Turn, estimates: list[asyncio.Task[EmotionEstimate | None]]) -> None:
        meant = self.tasks.start("meaning", self._meaning(turn))
        await asyncio.wait([*estimates, meant], timeout=ESTIMATE_WAIT_S)
        self._memory.remember()
        emotion = angriest([task for task in estimates if task.done()])
        meaning, words = self._understood(turn, meant.result()) if meant.done() else (None, None)
        self.tell(CallerTurn(turn=turn, emotion=emotion, meaning=meaning, words=words))
        self.waiting.felt(emotion, words)
        if not meant.done():
            self._thoughts.append(self.tasks.start("late-meaning", self._late_meaning(turn, meant)))
        if not all(task.done() for task in estimates):
            self._thoughts.append(self.tasks.start("late-emotion", self._late_emotion(turn, estimates)))
        self._wait_in_peace()

    async def _meaning(self, turn: Turn) -> Understood | None:
        try:
            return await self.house.knowledge.understand(turn.text, turn.language)
        except CallCentreError as error:
            logger.warning("call %s: no meaning for a turn: %s", self.call_id, error.code)
            self.house.metrics.trouble.labels("knowledge").inc()
            return None

    def _understood(self, turn: Turn, found: Understood | None) -> tuple[MeaningEstimate | None, WordsEstimate | None]:
        """Take what a turn means; read how the caller feels from its words and write that down, where it may be."""
        if found is None or not self.consent.emotion:
            return (None if found is None else found[0]), None
        estimate = self.words.read(turn, found[1])
        read = FeelingRead(turn_id=turn.turn_id, start_ms=turn.start_ms, end_ms=turn.end_ms, estimate=estimate)
        self.log.note(read, "words", t_ms=turn.end_ms)
        return found[0], estimate

    async def _late_meaning(self, turn: Turn, meant: asyncio.Task[Understood | None]) -> None:
        meaning, _ = self._understood(turn, await meant)
        if meaning is not None:
            self.tell(MeaningFound(turn_id=turn.turn_id, meaning=meaning))

    async def _late_emotion(self, turn: Turn, estimates: list[asyncio.Task[EmotionEstimate | None]]) -> None:
        await asyncio.wait(estimates)
        emotion = angriest(estimates)
        if emotion is not None:
            self.tell(EmotionFound(turn_id=turn.turn_id, emotion=emotion))

    def _wait_in_peace(self) -> None:
        """While a human is being called and the bot has nothing to say, ringing is heard: no filler is owed."""
        if self.policy.waits_for_human and not self.speaker.busy:
            self._machine.feed(machine.NothingOwed())

    def barge_in(self, action: BargeInAction) -> None:
        """Hold, release or stop the bot's speech."""
        if action == "pause":
            self.speaker.pause()
        elif action == "resume":
            self.speaker.resume()
        else:
            self._bot_turns.cut_in()
            self.speaker.give_way()

    def heard_nothing(self, t_ms: int) -> None:
        """There was voice without words."""
        del t_ms
        self._machine.feed(machine.CallerTurnEnded())
        self.tell(HeardNothing())
        self._wait_in_peace()

    def trouble(self, engine: str, error: Exception) -> None:
        """An engine of hearing failed."""
        code = error.code if isinstance(error, CallCentreError) else type(error).__name__
        logger.warning("call %s: trouble with %s: %s", self.call_id, engine, code)
        self.house.metrics.trouble.labels(engine).inc()

    # What to do (acts of the policy)

    def _act(self, act: DialogAct) -> None:
        act_executor.carry_out(self, act, self._turn.turn_id if self._turn is not None else None)

    def say(self, say: Say) -> None:
        """Queue a saying."""
        if say.kind != "filler":
            self.speaker.drop_fillers()
            if self._reply is not None:
                self._reply.decided()
        if say.detail.startswith("repair:"):
            self.words.bot_asked_again()
        spoken_until_ms = self._turn.end_ms if self._turn is not None else None
        self.speaker.say(say, not_before_ms=not_before_ms(say, spoken_until_ms, went_on=self._went_on))
        if say.kind == "safety":
            self.speaker.drop_for_safety()

    def look_up(self, act: LookUp) -> None:
        """Ask the knowledge base; the answer comes back as an input of the policy."""
        self._thoughts.append(self.tasks.start("look-up", self._look_up(act)))

    async def _look_up(self, act: LookUp) -> None:
        try:
            passages: tuple[Passage, ...] = tuple(await self.house.knowledge.search(act.query, act.language))
        except CallCentreError as error:
            logger.warning("call %s: the knowledge base failed: %s", self.call_id, error.code)
            self.degraded.note("no_knowledge", error.code)
            self.house.metrics.trouble.labels("knowledge").inc()
            self.tell(Trouble(kind="knowledge"))
            return
        self.tell(PassagesFound(query_id=act.query_id, passages=passages))

    def _withdraw(self, cards: SplitCards, since_ms: int) -> None:
        """A card number came in parts: take those that were written already back; a human who waits hears no more."""
        self._withdrawals.append(self.tasks.start("withdraw", self._withdraw_now(cards, since_ms)))

    async def _withdraw_now(self, cards: SplitCards, since_ms: int) -> None:
        if await self.log.withdraw(cards, since_ms) and self.policy.waits_for_human:
            self.log.note(await act_executor.make_brief(self), "dialog")

    def silence_turn(self) -> None:
        """The caller's last turn holds a card number: nobody shall hear any of it."""
        if self._turn is not None:
            self.secrets.silence_turn(self._turn)

    def brief(self, body: BriefPrepared) -> None:
        """Write the brief, and bring the human who is to hear it."""
        self.log.note(body, "dialog")
        if not self.policy.waits_for_human:
            return
        if self.people():
            self.handover.want(body)
        else:  # whoever was there went, or speaks another language than the caller does now
            self.tell(HandoverFailed())

    def _say_filler(self, step: int) -> None:
        text = self.house.filler(self.policy.language, step)
        self.speaker.say(
            Say(say_id=f"filler-{step}", text=text, language=self.policy.language, kind="filler", detail="dead_air")
        )

    def _say_goodbye(self, why: str) -> None:
        self._mind.close()  # what the policy would still say, or say again, comes no more
        self._replacing = True  # the silence between what is dropped and the goodbye does not end the call
        self.speaker.stop()
        self._replacing = False
        text = self.house.goodbye(self.policy.language, why)
        self.speaker.say(
            Say(say_id="goodbye", text=text, language=self.policy.language, kind="goodbye", interruptible=False)
        )

    # What the bot said (SpeakerListener)

    def bot_started(self, say: Say, t_ms: int, *, cached: bool) -> None:
        """The first frame of a saying goes out."""
        self.voice_claim.rests = True
        filler = say.kind == "filler"
        self.waiting.duck("bot", on=True)
        self._machine.feed(machine.BotHeard(filler=filler))
        if self.hearing is not None:
            self.hearing.bot_speaking(True, interruptible=say.interruptible)
            if not filler:
                self.hearing.expect(say.expects, length=say.length)
        self._bot_turns.begun(t_ms)
        if not filler and self._reply is not None:
            timing = self._reply.heard(t_ms)
            self._reply = None
            self.house.metrics.reply_seconds.labels(say.language).observe(timing["reply_ms"] / 1000)
            self.house.live.signal(self.call_id, "reply", {**timing, "cached": cached, "language": say.language})
        self.house.live.signal(
            self.call_id, "speaking", {"member": "bot", "speaking": True, "t_ms": t_ms, "text": say.text}
        )

    def bot_said(self, say: Say, result: PlayoutResult) -> None:
        """A saying is over."""
        self._bot_turns.said(result)
        self.tell(SayDone(say_id=say.say_id, heard_text=result.heard_text, interrupted=result.interrupted))

    def bot_silent(self, t_ms: int) -> None:
        """The bot's turn is over: write what was heard of it."""
        self.voice_claim.rests = False
        if self.hearing is not None:
            self.hearing.bot_speaking(False)
        self.waiting.duck("bot", on=False)
        self._bot_turns.over(t_ms, self.policy.language)
        self.house.live.signal(self.call_id, "speaking", {"member": "bot", "speaking": False, "t_ms": t_ms})
        if not self._replacing:
            self._machine.feed(machine.BotSilent())

    def voice_failed(self, error: Exception) -> None:
        """No voice could make a sentence."""
        del error
        self.house.metrics.trouble.labels("voice").inc()
        self.tell(Trouble(kind="voice"))

    # The way out

    def _drop(self) -> None:
        if self.leg is not None:
            self.house.tasks.start(f"hang-up-{self.call_id}", self.leg.hang_up())

    async def _finish(self, ended: CallEnded) -> None:
        self._machine.close()
        self._mind.close()
        self.keys.flush()
        self.secrets.call_over(self.conference_ms())
        self.handover.close()
        self.waiting.close()
        if self.conference is not None:
            self.speaker.stop()
            if self.hearing is not None:
                await self.hearing.stop()
            await self.recording.finish()
            self.legs.leave(self.conference, CALLER, ended.reason)
            self.conference.remove(BOT)
            self.conference.close()
        await asyncio.gather(*self._withdrawals, return_exceptions=True)
        self.log.note(ended, "call")
        await self.log.settled()
        await self.tasks.close()
        self.house.metrics.calls.labels(self.incoming.offer.transport, ended.result, ended.reason).inc()
        self.ended.set()
        self.house.call_over(self)

    def _task_failed(self, name: str, _error: BaseException) -> None:
        self.house.metrics.trouble.labels(name.partition("-")[0]).inc()
        if name in ("answer", "hearing"):
            self._machine.feed(machine.Broken())
