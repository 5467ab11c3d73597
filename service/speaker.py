"""The bot's mouth in one call: turns `Say` acts into sound, one after the other, and tells what was heard of each."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Protocol

from calls.audio import AudioFrame
from calls.errors import CallCentreError
from calls.ids import Language
from calls.ports import SpeechChunk
from service.tasks import Tasks
from voice.dialog.acts import Say
from voice.tts.playout import Playout, PlayoutQueue, PlayoutResult

logger = logging.getLogger(__name__)

AHEAD = 2
"""Sayings whose speech is made: the one being played and the next, so that there is no gap between them."""


class Speech(Protocol):
    """What the speaker needs of `voice.tts.voice.Voice`."""

    def speak(
        self, text: str, language: Language, *, speed: float = 1.0, keep: bool = True
    ) -> AsyncIterator[SpeechChunk]:
        """Yield the speech of `text`, clause by clause; kept for the next time only with `keep`."""
        ...


class SpeakerListener(Protocol):
    """Is told about the bot's speech; called on the media loop, must return at once."""

    def bot_started(self, say: Say, t_ms: int, *, cached: bool) -> None:
        """The first frame of `say` goes out."""
        ...

    def bot_said(self, say: Say, result: PlayoutResult) -> None:
        """A saying is over; also for one that was dropped before its first frame (nothing heard)."""
        ...

    def bot_silent(self, t_ms: int) -> None:
        """Nothing is left to say."""
        ...

    def voice_failed(self, error: Exception) -> None:
        """A saying could not be made at all."""
        ...


UNHURRIED_AFTER_MS = {
    **dict.fromkeys(("repair", "out_of_scope"), 600),
    **dict.fromkeys(("greeting", "wait", "go_on"), 900),
}
"""The caller's silence before a saying, by the first part of its detail, that helps nobody who has more to say.
Source: our choice. Who says "pardon?" at once interrupts; after a mere "hello" the question follows, and in recorded
calls most pauses between two sentences of one speaker are shorter than 0.9 s."""
UNHURRIED_AFTER_MORE_MS = 1_000
"""The same once this caller went on after what was taken for the end."""


def not_before_ms(say: Say, spoken_until_ms: int | None, *, went_on: bool = False) -> int:
    """Return the media time before which `say` shall not begin.

    Args:
        say: What is to be said.
        spoken_until_ms: The end of the caller's turn.
        went_on: This caller has gone on before after a turn that was taken to be over.
    """
    pause_ms = UNHURRIED_AFTER_MS.get(say.detail.partition(":")[0])
    if spoken_until_ms is None or pause_ms is None:
        return 0
    return spoken_until_ms + (max(pause_ms, UNHURRIED_AFTER_MORE_MS) if went_on else pause_ms)


@dataclass(slots=True, eq=False)
class _Saying:
    say: Say
    not_before_ms: int = 0
    playout: Playout = field(default_factory=Playout)
    begun: bool = False
    cached: bool = True
    task: asyncio.Task[None] | None = None


class Speaker:
    """An `AudioSource` for the conference; everything runs on the event loop."""

    def __init__(
        self,
        speech: Speech,
        listener: SpeakerListener,
        tasks: Tasks,
        now: Callable[[], int],
        on_other_voice: Callable[[str], None] | None = None,
    ) -> None:
        """`now()` is the call's media clock; `on_other_voice(code)` hears that the first choice of voice failed."""
        self._on_other_voice = on_other_voice
        self._speech = speech
        self._listener = listener
        self._tasks = tasks
        self._now = now
        self._queue = PlayoutQueue()
        self._sayings: deque[_Saying] = deque()
        self._making: _Saying | None = None
        self._audible = False

    @property
    def busy(self) -> bool:
        """True while something is being said or waits to be."""
        return bool(self._sayings)

    @property
    def interruptible(self) -> bool:
        """Whether the caller may cut in on what is being said."""
        return not self._sayings or self._sayings[0].say.interruptible

    def say(self, say: Say, *, not_before_ms: int = 0) -> None:
        """Say it after everything that waits, and not before `not_before_ms` of the media clock."""
        saying = _Saying(say, not_before_ms)
        saying.playout.on_done = lambda result: self._over(saying, result)
        self._sayings.append(saying)
        self._queue.add(saying.playout)
        self._synthesise_ahead()

    def pause(self) -> None:
        """Hold the breath."""
        self._queue.pause()

    def resume(self) -> None:
        """Go on where the voice was held."""
        self._queue.resume()

    def give_way(self) -> None:
        """Stop what is being said and drop what waits, but for what must be heard whole: that comes next."""
        self._queue.resume()
        self._drop(lambda saying: saying.say.interruptible)

    def stop(self) -> None:
        """Drop what is being said and all that waits; each is reported with what was heard of it."""
        self._queue.stop_all()

    def drop_fillers(self) -> None:
        """Drop fillers that are not heard yet: the answer has come."""
        self._drop(lambda saying: saying.say.kind == "filler" and saying.playout.started_at_ms is None)

    def drop_for_safety(self) -> None:
        """Drop all but what is said to a caller in danger: it comes first."""
        self._drop(lambda saying: saying.say.kind != "safety")

    def drop_notices_except(self, language: Language) -> None:
        """Drop what is said of the notice in another language: it is given in `language` instead."""
        self._drop(lambda saying: saying.say.kind == "notice" and saying.say.language != language)

    def _drop(self, which: Callable[[_Saying], bool]) -> None:
        for saying in [saying for saying in self._sayings if which(saying)]:
            saying.playout.stop()

    def read(self, t_ms: int) -> AudioFrame | None:
        """Return the frame of this tick."""
        saying = self._sayings[0] if self._sayings else None
        if saying is not None and not saying.begun and t_ms < saying.not_before_ms:
            return None
        frame = self._queue.read(t_ms)
        if frame is not None and saying is not None and not saying.begun:
            saying.begun = True
            self._audible = True
            self._listener.bot_started(saying.say, t_ms, cached=saying.cached)
        return frame

    def _synthesise_ahead(self) -> None:
        """Make what comes next; one at a time, since the rest of what is heard now comes before what follows it."""
        if self._making is not None:
            return
        for saying in itertools.islice(self._sayings, AHEAD):
            if saying.task is None:
                self._making = saying
                saying.task = self._tasks.start(f"say-{saying.say.say_id}", self._synthesise(saying))
                return

    async def _synthesise(self, saying: _Saying) -> None:
        say = saying.say
        try:
            async with contextlib.aclosing(
                self._speech.speak(  # type: ignore[type-var]
                    say.text, say.language, speed=say.speed, keep=not say.personal
                )
            ) as chunks:
                async for chunk in chunks:
                    saying.cached = saying.cached and chunk.cached
                    if chunk.stand_in_for and self._on_other_voice is not None:
                        self._on_other_voice(chunk.stand_in_for)
                    saying.playout.append(chunk)
        except CallCentreError as error:
            logger.error("saying %s could not be made: %s", say.say_id, error.code)
            self._listener.voice_failed(error)
        except Exception as error:
            # Whatever broke, the sayings behind this one must be made: else the bot is silent for the rest of the call.
            logger.exception("saying %s could not be made", say.say_id)
            self._listener.voice_failed(error)
        self._making = None
        saying.playout.finish()
        self._synthesise_ahead()

    def _over(self, saying: _Saying, result: PlayoutResult) -> None:
        with contextlib.suppress(ValueError):
            self._sayings.remove(saying)
        if self._making is saying and saying.task is not None:
            self._making = None
            saying.task.cancel()
        self._listener.bot_said(saying.say, result)
        if self._sayings:
            self._synthesise_ahead()
        else:
            self._audible = False
            self._listener.bot_silent(self._now())
