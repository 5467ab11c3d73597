"""What the caller hears of the bot: queued speech as 20 ms frames, with pauses, and an account of what was played.

Pure: it is driven by the media clock through `read` and never looks at another. All of it runs on the media loop.

```
            append           first frame read            finish + all played
  EMPTY ------------> READY -----------------> PLAYING ----------------------> DONE
                                               |    ^                            ^
                                         pause |    | resume (rewinds, fades in) | stop (from anywhere)
                                               v    |                            |
                                               PAUSED ---------------------------+
```
`pause` before the first frame holds the speech back; a playout that is finished without samples is DONE.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import numpy as np

from calls.audio import FRAME_MS, SPEECH_RATE_HZ, AudioFrame, Samples
from calls.ports import SpeechChunk, SpokenWord

_FRAME_SAMPLES = SPEECH_RATE_HZ * FRAME_MS // 1000

REWIND_MS = 200
"""How far `resume` goes back when no word starts nearby. Source: a syllable lasts about 200 ms (Greenberg 1999)."""

WORD_REWIND_LIMIT_MS = 700
"""A word that began longer ago than this is not repeated from its start: numbers read as one word can last seconds."""

_FADE_OUT = np.linspace(1.0, 0.0, _FRAME_SAMPLES, dtype=np.float32)
_FADE_IN = np.linspace(0.0, 1.0, _FRAME_SAMPLES, dtype=np.float32)


class PlayoutState(Enum):
    """Where a playout stands; the drawing is at the top of the module."""

    EMPTY = "empty"
    READY = "ready"
    PLAYING = "playing"
    PAUSED = "paused"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayoutResult:
    """How a playout ended."""

    heard_text: str
    """The words whose sound was played to their end, joined by blanks."""
    heard_ms: int
    """How much of the speech was played, pauses and repeats not counted."""
    interrupted: bool
    """True when it was stopped before its last sample."""


class Playout:
    """One saying of the bot: takes chunks of speech, gives frames, knows which words were heard."""

    def __init__(self, on_done: Callable[[PlayoutResult], None] | None = None) -> None:
        """Start empty; `on_done` is called once, on the media loop, at the end."""
        self.on_done = on_done
        self._samples: Samples = np.zeros(0, dtype=np.int16)
        self._words: list[SpokenWord] = []
        self._position = 0
        self._heard = 0
        self._finished = False
        self._started = False
        self._held = False
        self._fade_in = False
        self._fade_out = False
        self._done: PlayoutResult | None = None
        self._starving = False
        self._started_at_ms: int | None = None
        self._last_frame_at_ms: int | None = None
        self.underruns = 0
        """How often speech ran dry in the middle of the saying."""
        self.underrun_ms = 0
        """Silence that the caller heard because of underruns."""

    @property
    def state(self) -> PlayoutState:
        """Where the playout stands."""
        if self._done is not None:
            return PlayoutState.DONE
        if self._held:
            return PlayoutState.PAUSED
        if self._started:
            return PlayoutState.PLAYING
        return PlayoutState.READY if self._samples.size else PlayoutState.EMPTY

    @property
    def result(self) -> PlayoutResult | None:
        """How it ended, None while it goes on."""
        return self._done

    @property
    def heard_ms(self) -> int:
        """Milliseconds of the speech that were played, each counted once."""
        return self._heard * 1000 // SPEECH_RATE_HZ

    @property
    def heard_words(self) -> tuple[SpokenWord, ...]:
        """Words that were played to their end, times from the start of the saying.

        Once all sound was played, all of them were, though a voice may say that the last one ends behind it.
        """
        heard_ms, whole = self.heard_ms, self._finished and self._heard >= self._samples.size
        return tuple(word for word in self._words if whole or word.end_ms <= heard_ms)

    @property
    def heard_text(self) -> str:
        """The words that were played to their end, joined by blanks."""
        return " ".join(word.text for word in self.heard_words)

    @property
    def started_at_ms(self) -> int | None:
        """Media time of the first frame of speech, None before it."""
        return self._started_at_ms

    @property
    def ended_at_ms(self) -> int | None:
        """Media time at which the last frame given so far is over, None before the first."""
        return None if self._last_frame_at_ms is None else self._last_frame_at_ms + FRAME_MS

    @property
    def buffered_ms(self) -> int:
        """Speech that waits to be played."""
        return (self._samples.size - self._position) * 1000 // SPEECH_RATE_HZ

    @property
    def speaking(self) -> bool:
        """True while frames of speech are going out: what barge-in listens against."""
        return self.state is PlayoutState.PLAYING and not self._starving

    def append(self, chunk: SpeechChunk) -> None:
        """Queue the next piece; ignored once the playout is done.

        Raises:
            ValueError: the chunk is not at 16 kHz, or comes after `finish`.
        """
        if self._done is not None:
            return
        if chunk.rate_hz != SPEECH_RATE_HZ:
            raise ValueError(f"a playout takes {SPEECH_RATE_HZ} Hz, not {chunk.rate_hz}")
        if self._finished:
            raise ValueError("a chunk came after finish")
        base_ms = self._samples.size * 1000 // SPEECH_RATE_HZ
        self._samples = np.concatenate([self._samples, chunk.samples])
        self._words.extend(
            SpokenWord(text=word.text, start_ms=base_ms + word.start_ms, end_ms=base_ms + word.end_ms)
            for word in chunk.words
        )

    def finish(self) -> None:
        """Say that no more chunks will come; the playout is done when the last sample was played."""
        if self._done is not None:
            return
        self._finished = True
        if self._position >= self._samples.size and not self._fade_out:
            self._end(interrupted=False)

    def pause(self) -> None:
        """Fall silent after one fading frame; what faded does not count as heard. Idempotent."""
        if self._done is not None or self._held:
            return
        self._held = True
        self._fade_out = self._started and not self._starving and self._position < self._samples.size

    def resume(self) -> None:
        """Go on from the start of the word that was cut, or from about `REWIND_MS` back, fading in. Idempotent."""
        if self._done is not None or not self._held:
            return
        self._held = False
        self._fade_out = False
        if self._started:
            self._position = min(self._position, self._resume_at_ms() * SPEECH_RATE_HZ // 1000)
            self._fade_in = True

    def stop(self) -> None:
        """End at once: nothing more is played. Idempotent."""
        if self._done is None:
            self._end(interrupted=not (self._finished and self._heard >= self._samples.size))

    def read(self, t_ms: int) -> AudioFrame | None:
        """Return the frame of the tick at `t_ms`, None for silence. Never raises, returns at once."""
        if self._done is not None:
            return None
        if self._held:
            return self._read_fading(t_ms)
        left = self._samples.size - self._position
        if left < _FRAME_SAMPLES and not self._finished:
            if self._started:
                self.underruns += 0 if self._starving else 1
                self.underrun_ms += FRAME_MS
                self._starving = True
            return None
        self._starving = False
        self._started = True
        samples = self._take()
        if self._fade_in:
            self._fade_in = False
            samples = _scaled(samples, _FADE_IN)
        frame = self._frame(samples, t_ms)
        self._heard = max(self._heard, self._position)
        if self._finished and self._position >= self._samples.size:
            self._end(interrupted=False)
        return frame

    def _read_fading(self, t_ms: int) -> AudioFrame | None:
        if not self._fade_out:
            return None
        self._fade_out = False
        position = self._position
        frame = self._frame(_scaled(self._take(), _FADE_OUT), t_ms)
        self._position = position
        return frame

    def _take(self) -> Samples:
        samples = self._samples[self._position : self._position + _FRAME_SAMPLES]
        self._position += samples.size
        if samples.size == _FRAME_SAMPLES:
            return samples
        padded = np.zeros(_FRAME_SAMPLES, dtype=np.int16)
        padded[: samples.size] = samples
        return padded

    def _frame(self, samples: Samples, t_ms: int) -> AudioFrame:
        if self._started_at_ms is None:
            self._started_at_ms = t_ms
        self._last_frame_at_ms = t_ms
        return AudioFrame(samples=samples, rate_hz=SPEECH_RATE_HZ, t_ms=t_ms)

    def _resume_at_ms(self) -> int:
        now_ms = self._position * 1000 // SPEECH_RATE_HZ
        for word in self._words:
            if word.start_ms <= now_ms < word.end_ms and now_ms - word.start_ms <= WORD_REWIND_LIMIT_MS:
                return word.start_ms
        return max(0, now_ms - REWIND_MS)

    def _end(self, *, interrupted: bool) -> None:
        result = PlayoutResult(heard_text=self.heard_text, heard_ms=self.heard_ms, interrupted=interrupted)
        self._done = result
        self._samples = np.zeros(0, dtype=np.int16)
        self._position = 0
        if self.on_done is not None:
            self.on_done(result)


class PlayoutQueue:
    """The bot's mouth in a conference: plays one saying after the other, so that the member's source never changes."""

    def __init__(self) -> None:
        """Start silent."""
        self._waiting: list[Playout] = []
        self._held = False

    @property
    def current(self) -> Playout | None:
        """The saying whose turn it is, None when there is nothing to say."""
        while self._waiting and self._waiting[0].state is PlayoutState.DONE:
            self._waiting.pop(0)
        return self._waiting[0] if self._waiting else None

    @property
    def speaking(self) -> bool:
        """True while speech is going out."""
        playout = self.current
        return playout is not None and playout.speaking

    def add(self, playout: Playout) -> None:
        """Play `playout` after everything that waits; a held mouth stays shut."""
        if self._held:
            playout.pause()
        self._waiting.append(playout)

    def pause(self) -> None:
        """Hold the current saying and all that comes, also what is not here yet."""
        self._held = True
        for playout in self._waiting:
            playout.pause()

    def resume(self) -> None:
        """Go on with the current saying."""
        self._held = False
        for playout in self._waiting:
            playout.resume()

    def stop_all(self) -> None:
        """Stop the current saying and everything that waits, in order; what is added later is played."""
        self._held = False
        waiting, self._waiting = self._waiting, []
        for playout in waiting:
            playout.stop()

    def read(self, t_ms: int) -> AudioFrame | None:
        """Return the current saying's frame, None for silence; the next saying starts with the next tick."""
        playout = self.current
        return None if playout is None else playout.read(t_ms)


def _scaled(samples: Samples, gain: np.typing.NDArray[np.float32]) -> Samples:
    scaled: Samples = (samples.astype(np.float32) * gain).astype(np.int16)
    return scaled
