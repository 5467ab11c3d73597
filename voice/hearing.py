"""Hearing of one caller: sound in, turns out. The asyncio shell around the turn machine; it decides nothing itself."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

import numpy as np

from calls.audio import SPEECH_RATE_HZ, AudioFrame, Samples
from calls.errors import CallCentreError
from calls.ids import Language, MemberRole, TurnId, UtteranceId
from calls.ports import Clock
from calls.resample import Resampler
from calls.speech import Hypothesis, Turn, Utterance, Word
from voice.asr.commit import Committer
from voice.audio.ring import SoundRing
from voice.hearing_port import HearingListener, HearingSettings, RunningTurn, VoiceStates
from voice.turn.machine import TurnMachine
from voice.turn.messages import (
    BargeIn,
    BotSpeaking,
    Decode,
    DecodeFailed,
    EndJudged,
    EngineLate,
    Expecting,
    JudgeEnd,
    KeyPressed,
    NothingHeard,
    SpeechStarted,
    SpeechStopped,
    TimePassed,
    TurnInput,
    TurnOutput,
    TurnOver,
    TurnReopened,
    TurnStands,
    UtteranceEnded,
    VoiceWindow,
    WordsHeard,
)
from voice.turn.settings import Expectation
from voice.vad.activity import WINDOW_SAMPLES, VoiceActivity
from voice.workers.client import CancelledRequest, Reply, Worker

__all__ = ["Hearing", "HearingListener", "HearingSettings"]

logger = logging.getLogger(__name__)

_LONGEST_BATCH = 32
"""Windows a request; about 1 s is caught up with at once after a stall."""
_PARTIAL_PRIORITY, _FINAL_PRIORITY = 0, 10
_JUDGE_PRIORITY = 0
_SWITCHING_VOICE_MS = 1_500
"""Voice from which on a detected language is trusted. Source: Whisper base mistakes single words."""
_SETTLING_WORDS = 2
"""Words after which the detected language of an utterance settles the call's."""


class Hearing:
    """Hears one caller for the whole call.

    `feed` is called on the media loop with each 20 ms frame; everything else happens in the task that runs `run`.
    A bot that was asked to pause still counts as speaking: say `bot_speaking(False)` only at the end of its speech.
    """

    def __init__(
        self,
        ears: Worker,
        asr: Worker,
        listener: HearingListener,
        *,
        clock: Clock,
        settings: HearingSettings | None = None,
        language: Language | None = None,
        member: MemberRole = "caller",
        name: str = "caller",
        on_final: Callable[[int], None] | None = None,
    ) -> None:
        """Prepare; nothing runs before `run`.

        Args:
            ears: Worker with the voice activity and Smart Turn engines.
            asr: Worker with the recogniser.
            listener: Is told everything.
            clock: Wall clock.
            settings: Per-call settings.
            language: Language of the call; None lets the first utterance decide.
            member: Whose speech it is.
            name: Prefix of the ids of utterances and turns; unique within the call.
            on_final: Is told how many ms each final decode took, waiting included.
        """
        self.settings = settings or HearingSettings()
        self.language: Language | None = language
        self._ears = ears
        self._asr = asr
        self._listener = listener
        self._clock = clock
        self._member: MemberRole = member
        self._name = name
        self._on_final = on_final
        self._machine = TurnMachine(self.settings.turn, partials=self.settings.partials)
        self._ring = SoundRing(self.settings.ring_ms)
        self._resampler: Resampler | None = None
        self._rate_hz = 0
        self._origin_ms: int | None = None
        self._heard = asyncio.Event()
        self._changed = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._decodes: dict[int, dict[int, asyncio.Task[None]]] = {}
        self._outputs: deque[TurnOutput] = deque()
        self._doing = False
        self._stopping = False
        self._vad_sample = 0
        self._voice = VoiceActivity(ears, self.settings.vad_engine, lambda error: self._report("vad", error))
        self._committer = Committer()
        self._committing = 0
        self._covered_ms = -1
        self._revision = 0
        self._expecting: Expectation = "open"
        self._language_settled = language is not None
        self._language_probs: dict[int, tuple[Language, float]] = {}
        self._turns = 0
        self._told = 0
        self._states: dict[int, VoiceStates] = {}
        self.states: VoiceStates | None = None
        """Of the utterance that was told last, where the recogniser gave them."""
        self._turn_utterances: list[Utterance] = []
        self._last_utterances: list[Utterance] = []

    # -- from the media loop and the call ---------------------------------------------------------------------------

    def feed(self, frame: AudioFrame) -> None:
        """Take the caller's sound of one tick. Returns at once."""
        if self._resampler is None or self._rate_hz != frame.rate_hz:
            self._rate_hz = frame.rate_hz
            self._resampler = Resampler(frame.rate_hz, SPEECH_RATE_HZ)
        if self._origin_ms is None:
            self._origin_ms = frame.t_ms
            self._ring.skip_to(frame.t_ms * SPEECH_RATE_HZ // 1000)
            self._vad_sample = self._ring.end_sample
        self._ring.skip_to(frame.t_ms * SPEECH_RATE_HZ // 1000)
        self._ring.write(self._resampler.process(frame.samples))
        if self._ring.end_sample - self._vad_sample >= WINDOW_SAMPLES:
            self._heard.set()

    def bot_speaking(self, speaking: bool, *, interruptible: bool = True) -> None:
        """Tell that the bot's speech began to play, or that it is over (played to its end or stopped)."""
        self._step(BotSpeaking(speaking=speaking, interruptible=interruptible))

    def expect(self, kind: Expectation, *, length: int | None = None) -> None:
        """Tell what the bot asks for, before it asks; `length` is the number of digits when that is known."""
        self._expecting = kind
        self._step(Expecting(kind=kind, length=length))

    def key_pressed(self) -> None:
        """Tell that the caller pressed a key: the bot yields."""
        self._step(KeyPressed())

    def turn_stands(self) -> None:
        """Tell that the last turn can't be taken back any more: what it asked for was done."""
        self._step(TurnStands())

    def set_language(self, language: Language | None) -> None:
        """Fix the language, or let the next utterance decide."""
        self.language = language
        self._language_settled = language is not None

    def audio(self, start_ms: int, end_ms: int) -> Samples:
        """Return the caller's sound at 16 kHz between two times of the media clock, as far as it is still kept."""
        return self._ring.between(start_ms, end_ms)

    def running(self) -> RunningTurn | None:
        """Return what the turn in hand seems to be so far; None while nobody speaks."""
        span = self._machine.running_span_ms
        if span is None:
            return None
        told = [utterance.text for utterance in self._turn_utterances]
        return RunningTurn(" ".join((*told, *self._machine.running_words)), *span)

    # -- life -------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Hear until `stop`. Engines that fail are told to the listener; this does not raise."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._listen(), name=f"hearing-{self._name}-listen")
                group.create_task(self._watch(), name=f"hearing-{self._name}-watch")
        finally:
            self._stopping = True
            for task in tuple(self._tasks):
                task.cancel()
            if self._tasks:
                await asyncio.gather(*self._tasks, return_exceptions=True)

    async def stop(self) -> None:
        """End `run`; decodes under way are dropped. Idempotent."""
        self._stopping = True
        self._heard.set()
        self._changed.set()

    async def _listen(self) -> None:
        """Ask for the voice activity of every window, in order; none is left out."""
        while not self._stopping:
            await self._heard.wait()
            self._heard.clear()
            while not self._stopping and (ready := (self._ring.end_sample - self._vad_sample) // WINDOW_SAMPLES):
                count = min(ready, _LONGEST_BATCH)
                start = self._vad_sample
                self._vad_sample += count * WINDOW_SAMPLES
                samples = self._ring.between_samples(start, self._vad_sample)
                if samples.size < count * WINDOW_SAMPLES:
                    samples = np.concatenate([np.zeros(count * WINDOW_SAMPLES - samples.size, np.int16), samples])
                for index, prob in enumerate(await self._voice.probs(samples), start=1):
                    t_ms = (start + index * WINDOW_SAMPLES) * 1000 // SPEECH_RATE_HZ
                    self._step(VoiceWindow(t_ms=t_ms, prob=float(prob)))

    async def _watch(self) -> None:
        """Let the machine know when a deadline is due."""
        while not self._stopping:
            deadline_ms = self._machine.next_deadline_ms()
            wait_s = None if deadline_ms is None else max(0.0, (deadline_ms - self._clock.now_ms()) / 1000)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._changed.wait()
            self._changed.clear()
            deadline_ms = self._machine.next_deadline_ms()
            if deadline_ms is not None and deadline_ms <= self._clock.now_ms() and not self._stopping:
                self._step(TimePassed())

    # -- the machine ------------------------------------------------------------------------------------------------

    def _step(self, turn_input: TurnInput) -> None:
        if self._stopping:
            return
        self._outputs += self._machine.step(turn_input, self._clock.now_ms())
        self._changed.set()
        if self._doing:  # the listener answered from inside a call: what is told stays in order
            return
        self._doing = True
        try:
            while self._outputs:
                self._do(self._outputs.popleft())
        finally:
            self._doing = False

    def _do(self, output: TurnOutput) -> None:
        match output:
            case SpeechStarted():
                self._listener.speech_started(output.t_ms)
            case SpeechStopped():
                self._listener.speech_stopped(output.t_ms)
            case Decode():
                self._begin_decode(output)
            case JudgeEnd():
                self._spawn(self._judge(output), f"hearing-{self._name}-judge")
            case UtteranceEnded():
                self._tell_utterance(output)
            case TurnOver():
                self._tell_turn(output)
            case TurnReopened():
                self._turn_utterances[:0] = self._last_utterances
                self._listener.turn_reopened(self._turn_id())
            case BargeIn():
                self._listener.barge_in(output.action)
            case NothingHeard():
                self._listener.heard_nothing(output.t_ms)
            case EngineLate():
                self._report(output.engine, _late(output.engine))

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _report(self, engine: str, error: Exception) -> None:
        logger.warning("hearing %s: engine %s: %s", self._name, engine, getattr(error, "code", type(error).__name__))
        self._listener.trouble(engine, error)

    # -- engines ----------------------------------------------------------------------------------------------------

    async def _judge(self, ask: JudgeEnd) -> None:
        prob: float | None = None
        try:
            samples = self._ring.between(ask.start_ms, ask.end_ms)
            engine = self.settings.end_engine
            reply = await self._ears.call(engine, "end_prob", {}, {"samples": samples}, priority=_JUDGE_PRIORITY)
            prob = float(reply.data["prob"])
        except CallCentreError as error:
            self._report("smart_turn", error)
        self._step(EndJudged(request_id=ask.request_id, prob=prob))

    def _begin_decode(self, ask: Decode) -> None:
        tasks = self._decodes.setdefault(ask.utterance, {})
        if ask.final:
            for task in tuple(tasks.values()):
                task.cancel()
        task = self._spawn(self._decode(ask), f"hearing-{self._name}-decode-{ask.request_id}")
        tasks[ask.request_id] = task
        task.add_done_callback(lambda _: self._forget_decode(ask))

    def _forget_decode(self, ask: Decode) -> None:
        tasks = self._decodes.get(ask.utterance, {})
        tasks.pop(ask.request_id, None)
        if not tasks:
            self._decodes.pop(ask.utterance, None)

    async def _decode(self, ask: Decode) -> None:
        began_ms = self._clock.now_ms()
        # A final of some length may find that the caller has changed the language.
        language = None if ask.final and ask.voice_ms >= _SWITCHING_VOICE_MS else self.language
        try:
            reply = await self._ask_words(ask, language)
        except (CancelledRequest, asyncio.CancelledError) as error:
            self._step(DecodeFailed(request_id=ask.request_id, replaced=True))
            if isinstance(error, asyncio.CancelledError):
                raise
            return
        except CallCentreError as error:
            self._report("asr", error)
            self._step(DecodeFailed(request_id=ask.request_id, replaced=False))
            return
        words = self._take_words(ask, reply)
        if ask.final and "states" in reply.arrays:
            self._states[ask.utterance] = VoiceStates(reply.data["encoder"], reply.arrays["states"])
        took_ms = self._clock.now_ms() - began_ms
        if ask.final and self._on_final is not None:
            self._on_final(took_ms)
        language = self._language_probs[ask.utterance][0]
        self._step(WordsHeard(request_id=ask.request_id, words=words, language=language, took_ms=took_ms))

    async def _ask_words(self, ask: Decode, language: Language | None) -> Reply:
        data = {
            "offset_ms": ask.start_ms,
            "language": language,
            "languages": list(self.settings.languages),
            "final": ask.final,
            "vocabulary": self.settings.vocabulary,
            "expected": self.language or self.settings.expected,
            "switch_prob": self.settings.switch_prob if self.language else self.settings.first_switch_prob,
            "speech_ms": ask.voice_ms,
            "expecting": self._expecting,
        }
        return await self._asr.call(
            self.settings.asr_engine,
            "decode",
            data,
            {"samples": self._ring.between(ask.start_ms, ask.end_ms)},
            priority=_FINAL_PRIORITY if ask.final else _PARTIAL_PRIORITY,
            coalesce=None if ask.final else f"{id(self)}-{ask.utterance}",
        )

    def _take_words(self, ask: Decode, reply: Reply) -> tuple[Word, ...]:
        """Note the language, tell the hypothesis, and return the words on the media clock."""
        words = tuple(
            Word(
                text=item["text"], start_ms=int(item["start_ms"]), end_ms=int(item["end_ms"]), prob=float(item["prob"])
            )
            for item in reply.data["words"]
        )
        language: Language = reply.data["language"]
        self._language_probs[ask.utterance] = (language, float(reply.data["language_prob"]))
        if (
            ask.utterance <= self._told
            or ask.utterance < self._committing
            or ask.end_ms < self._covered_ms
            or not words
        ):
            return words
        if ask.utterance > self._committing:
            self._committing, self._committer, self._revision = ask.utterance, Committer(), 0
        self._covered_ms = ask.end_ms
        committed, tentative = self._committer.update(words, heard_until_ms=ask.end_ms)
        self._revision += 1
        self._listener.hypothesis(
            Hypothesis(
                utterance_id=self._utterance_id(ask.utterance),
                revision=self._revision,
                committed=tuple(committed),
                tentative=tuple(tentative),
                language=language,
            )
        )
        return words

    # -- telling ----------------------------------------------------------------------------------------------------

    def _utterance_id(self, number: int) -> UtteranceId:
        return UtteranceId(f"{self._name}-u{number}")

    def _turn_id(self) -> TurnId:
        return TurnId(f"{self._name}-t{self._turns}")

    def _tell_utterance(self, ended: UtteranceEnded) -> None:
        language, prob = self._language_probs.get(ended.utterance, (self.language or self.settings.languages[0], 0.0))
        if not ended.is_rest:
            self._settle_language(language, prob, len(ended.words))
        utterance = Utterance(
            utterance_id=UtteranceId(f"{self._utterance_id(ended.utterance)}{'-rest' if ended.is_rest else ''}"),
            member=self._member,
            language=language,
            language_prob=prob,
            start_ms=ended.start_ms,
            end_ms=ended.end_ms,
            words=ended.words,
        )
        for number in [number for number in self._language_probs if number <= ended.utterance]:
            del self._language_probs[number]
        if ended.is_rest:
            self._listener.late_words(utterance)
            return
        self._told = ended.utterance
        self.states = self._states.get(ended.utterance)
        self._states = {number: states for number, states in self._states.items() if number > ended.utterance}
        if ended.in_turn:
            self._turn_utterances.append(utterance)
        self._listener.utterance(utterance)

    def _settle_language(self, language: Language, prob: float, words: int) -> None:
        """The first utterance of more than a word settles the language; a strongly different one changes it."""
        if not self._language_settled:
            self.language = language if words >= _SETTLING_WORDS or prob >= self.settings.switch_prob else None
            self._language_settled = self.language is not None
        elif language != self.language and prob >= self.settings.switch_prob and words >= _SETTLING_WORDS:
            self.language = language

    def _tell_turn(self, over: TurnOver) -> None:
        utterances = self._last_utterances = self._turn_utterances
        self._turn_utterances = []
        self._turns += 1
        turn = Turn(
            turn_id=self._turn_id(),
            speaker=self._member,
            text=" ".join(utterance.text for utterance in utterances),
            language=utterances[-1].language,
            start_ms=over.start_ms,
            end_ms=over.end_ms,
            utterance_ids=tuple(utterance.utterance_id for utterance in utterances),
        )
        self._listener.turn_ended(turn, over.end_ms)


def _late(engine: str) -> CallCentreError:
    return CallCentreError(
        f"{engine}.late", f"The engine {engine!r} did not answer in time.", fault="us", retryable=True
    )
