"""The bot's voice as the service sees it: text in, 16 kHz speech out, clause by clause, cached, with a fallback."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from calls.audio import SPEECH_RATE_HZ, Samples, silence
from calls.errors import CallCentreError
from calls.ids import Language
from calls.ports import Clock, SpeechChunk, SpokenWord
from voice.tts.ahead import Claim, RenderingAhead, TextAhead
from voice.tts.cache import CachedSpeech, SpeechCache, SpeechKey
from voice.tts.clauses import Clause, clauses_of
from voice.tts.normalise import read_aloud
from voice.workers.client import CancelledRequest, Worker

logger = logging.getLogger(__name__)

FIRST_CLAUSE_PRIORITY = 20
"""A caller waits in silence for it."""
CLAUSE_PRIORITY = 10
"""Something is playing meanwhile."""
WARM_PRIORITY = -10

_SHUN_MS = 30_000
"""A voice that failed is not asked again for so long. Source: three times the longest restart delay of a worker."""


@dataclass(frozen=True)
class VoiceChoice:
    """One voice that can speak a language."""

    worker: Worker
    engine: str
    """The engine's name inside the worker."""
    voice: str = ""
    """A style of the engine, empty for its usual one."""
    speed: float = 1.0
    """The pace that counts as 1.0 for this voice: multiplied with what is asked for."""
    realtime_factor: float = 0.6
    """Seconds of work for a second of speech, roughly; decides how long the clauses are."""


@dataclass(frozen=True)
class OtherVoice:
    """Another voice than the first choice had to speak: what the service logs as degraded."""

    language: Language
    wanted: str
    """Engine that should have spoken."""
    used: str | None
    """Engine that spoke in its place, None when no voice was left."""
    code: str
    """Why: the code of the error."""


class Voice:
    """Speaks Spanish and English with the first voice of each language that works.

    One instance serves all calls; nothing of a call is kept here.
    """

    def __init__(
        self,
        voices: Mapping[Language, Sequence[VoiceChoice]],
        *,
        clock: Clock,
        cache: SpeechCache | None = None,
        on_other_voice: Callable[[OtherVoice], None] | None = None,
    ) -> None:
        """Describe the voices; nothing is asked of them before `start` or the first `speak`.

        Args:
            voices: For each language the voices in order of preference; the last should be espeak-ng in another
                worker than the first.
            clock: Tells how long a voice that failed is left alone.
            cache: Where finished clauses are kept, None for nowhere.
            on_other_voice: Called on the loop whenever a clause was not spoken by the first choice.
        """
        self._voices = {language: tuple(choices) for language, choices in voices.items()}
        self._cache = cache
        self._on_other_voice = on_other_voice
        self._clock = clock
        self._weights: dict[tuple[int, str], str] = {}
        self._shunned_until_ms: dict[tuple[int, str], int] = {}
        self._writes: set[asyncio.Task[None]] = set()
        self._ahead = RenderingAhead(self._render_ahead)

    async def start(self) -> None:
        """Ask every voice for the hash of its weights, so that cached speech is found without waiting."""
        for choice in {(id(c.worker), c.engine): c for cs in self._voices.values() for c in cs}.values():
            with contextlib.suppress(CallCentreError):
                await self._weights_of(choice)

    async def stop(self) -> None:
        """Stop warming and finish what is being written. Idempotent."""
        await self._ahead.stop()
        if self._writes:
            await asyncio.wait(self._writes)

    async def speak(
        self, text: str, language: Language, *, speed: float = 1.0, keep: bool = True
    ) -> AsyncGenerator[SpeechChunk, None]:
        """Yield the speech of `text` clause by clause, at 16 kHz, with the times of its words.

        The words are those of the text as written (`42,50 €` is one word that lasts as long as its reading). Closing
        the iterator cancels what is still to be synthesised. Text without anything to say yields nothing.

        Args:
            text: Any text; numbers, dates and the like are read as people read them.
            language: Which reading and which voice.
            speed: 1.0 is the voice's own pace, 0.8 slower.
            keep: False for words that belong to one caller: what is synthesised for them is not written to the cache.

        Raises:
            CallCentreError: `tts.no_voice` when no voice of the language works.
        """
        with self._ahead.pushed_back():
            for index, clause in enumerate(self._clauses(text, language)):
                priority = CLAUSE_PRIORITY if index else FIRST_CLAUSE_PRIORITY
                yield await self._speak_clause(clause, language, speed, priority, keep=keep)

    def warm(
        self,
        texts: Iterable[tuple[str, Language]],
        *,
        speed: float = 1.0,
        clauses: int | None = None,
        urgent: bool = False,
    ) -> None:
        """Render texts into the cache in the background, while no caller would notice it. Returns at once.

        Called again, the new texts are done after those that wait; one that waits already is not taken twice. `cool`
        drops what waits.

        Args:
            texts: Texts exactly as they will be spoken: clauses are cut from the start of a text.
            speed: As it will be spoken.
            clauses: Render only so many clauses of each: with 1 the first sound of every text comes at once, for a
                tenth of the work, and the rest is made while that plays.
            urgent: Before all others, and whoever is being spoken to: words that must never be late.
        """
        if self._cache is None:
            return
        self._ahead.add(
            [
                TextAhead(
                    text=text,
                    language=language,
                    speed=speed,
                    left=itertools.islice(self._clauses(text, language), clauses),
                    is_first_only=clauses == 1,
                    urgent=urgent,
                )
                for text, language in texts
            ]
        )

    def cool(self) -> None:
        """Stop warming: nothing more is rendered ahead of need."""
        self._ahead.clear()

    async def warmed(self, texts: Iterable[tuple[str, Language]] | None = None) -> None:
        """Wait until none of `texts` waits to be rendered any more; by default nothing at all, and all is on disk."""
        if texts is not None:
            wanted = set(texts)
            await self._ahead.done(lambda item: (item.text, item.language) in wanted)
            return
        await self._ahead.done()
        if self._writes:
            await asyncio.wait(self._writes)

    def claim(self) -> Claim:
        """A call has begun: rendering ahead would take its processor, but for the claim's rests."""
        return self._ahead.claim()

    @property
    def warming(self) -> int:
        """How many texts still wait to be rendered."""
        return len(self._ahead)

    def _clauses(self, text: str, language: Language) -> Iterator[Clause]:
        choices = self._voices.get(language, ())
        return clauses_of(read_aloud(text, language), choices[0].realtime_factor if choices else 1.0)

    async def _render_ahead(self, clause: Clause, item: TextAhead) -> None:
        await self._speak_clause(clause, item.language, item.speed, WARM_PRIORITY, only_first=True)

    async def _speak_clause(
        self,
        clause: Clause,
        language: Language,
        speed: float,
        priority: int,
        *,
        only_first: bool = False,
        keep: bool = True,
    ) -> SpeechChunk:
        choices = self._voices.get(language, ())
        wanted = choices[0] if choices else None
        last_code = "tts.no_voice"
        for choice in self._in_order(choices[:1] if only_first else choices):
            try:
                speech, cached = await self._speech(choice, clause.text, language, speed, priority, keep=keep)
            except CancelledRequest:
                raise
            except CallCentreError as error:
                last_code = error.code
                self._shunned_until_ms[(id(choice.worker), choice.engine)] = self._clock.now_ms() + _SHUN_MS
                logger.warning("the voice %s failed: %s", choice.engine, error.code)
                continue
            if choice is wanted or wanted is None:
                return _chunk(clause, speech, cached=cached)
            self._tell(OtherVoice(language, wanted.engine, choice.engine, last_code))
            return replace(_chunk(clause, speech, cached=cached), stand_in_for=last_code)
        if not only_first:
            self._tell(OtherVoice(language, wanted.engine if wanted else "", None, last_code))
        raise CallCentreError(
            "tts.no_voice",
            f"No voice could speak (language {language}, last error {last_code}). Look at `warmline check`.",
            fault="us",
            retryable=True,
        )

    def _in_order(self, choices: Sequence[VoiceChoice]) -> list[VoiceChoice]:
        """Return the choices, those that failed lately last."""
        now_ms = self._clock.now_ms()
        return sorted(choices, key=lambda c: self._shunned_until_ms.get((id(c.worker), c.engine), 0) > now_ms)

    def _tell(self, event: OtherVoice) -> None:
        if self._on_other_voice is not None:
            self._on_other_voice(event)

    async def _weights_of(self, choice: VoiceChoice) -> str:
        known = self._weights.get((id(choice.worker), choice.engine))
        if known is None:
            reply = await choice.worker.call(choice.engine, "describe", {}, priority=FIRST_CLAUSE_PRIORITY)
            known = str(reply.data["weights_sha256"])
            self._weights[(id(choice.worker), choice.engine)] = known
        return known

    async def _speech(
        self, choice: VoiceChoice, text: str, language: Language, speed: float, priority: int, *, keep: bool
    ) -> tuple[CachedSpeech, bool]:
        pace = round(speed * choice.speed, 3)
        key: SpeechKey | None = None
        if self._cache is not None:
            key = SpeechKey(
                engine=choice.engine,
                weights=await self._weights_of(choice),
                voice=choice.voice,
                language=language,
                speed=pace,
                text=text,
            )
            found = await asyncio.to_thread(self._cache.get, key)
            if found is not None:
                return found, True
        request = {"text": text, "voice": choice.voice, "language": language, "speed": pace}
        reply = await choice.worker.call(choice.engine, "synthesise", request, priority=priority)
        samples: Samples = np.asarray(reply.arrays["samples"], dtype=np.int16)
        if int(reply.data["rate_hz"]) != SPEECH_RATE_HZ:
            raise CallCentreError("tts.bad_reply", f"The voice {choice.engine} spoke at another rate.", fault="us")
        speech = CachedSpeech(samples, tuple((int(start), int(end)) for start, end in reply.data["words"]))
        if key is not None and keep:
            self._write(key, speech)
        return speech, False

    def _write(self, key: SpeechKey, speech: CachedSpeech) -> None:
        assert self._cache is not None
        write = asyncio.create_task(asyncio.to_thread(self._cache.put, key, speech), name="voice-cache")
        self._writes.add(write)
        write.add_done_callback(self._writes.discard)


def _chunk(clause: Clause, speech: CachedSpeech, *, cached: bool) -> SpeechChunk:
    """Put the pause behind the speech and give each written word the time of its spoken words."""
    times = list(speech.words_ms)
    words: list[SpokenWord] = []
    at_ms = 0
    for piece in clause.pieces:
        count = len(piece.spoken.split())
        mine, times = times[:count], times[count:]
        start_ms, end_ms = (mine[0][0], mine[-1][1]) if mine else (at_ms, at_ms)
        words.append(SpokenWord(text=piece.written, start_ms=start_ms, end_ms=end_ms))
        at_ms = end_ms
    samples = np.concatenate([speech.samples, silence(SPEECH_RATE_HZ, clause.pause_ms)])
    return SpeechChunk(samples=samples, rate_hz=SPEECH_RATE_HZ, words=tuple(words), cached=cached)
