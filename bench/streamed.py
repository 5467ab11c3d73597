"""Plays recorded clips into `Hearing` as calls, in real or in virtual time, and notes what was heard when."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from bench.virtual_time import LoopClock
from calls.audio import FRAME_MS, SPEECH_RATE_HZ, AudioFrame, Samples, to_int16
from calls.errors import CallCentreError
from calls.ids import Language, TurnId
from calls.speech import Hypothesis, Turn, Utterance, Word
from voice.asr.commit import same_word
from voice.hearing import Hearing
from voice.hearing_port import HearingSettings
from voice.vad.silero import WINDOW_SAMPLES, SileroVad
from voice.workers.client import Worker
from voice.workers.engine import Reply

LEAD_MS = 400
"""Silence before a clip, so that voice activity has settled."""
PATIENCE_MS = 8_000
"""Silence behind a clip after which nothing more is waited for."""
_SAME_WORD_MS = 1_000
"""A live word this near in time to the final one is the same word."""


def load_clip(path: Path) -> tuple[Samples, int]:
    """Return the samples of a clip and their rate: 8, 16 or 48 kHz, resampled to 16 kHz if it is another."""
    import soundfile
    import soxr

    sound, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    mono = sound[:, 0]
    if rate_hz not in (8_000, 16_000, 48_000):
        mono, rate_hz = soxr.resample(mono, rate_hz, SPEECH_RATE_HZ), SPEECH_RATE_HZ
    return to_int16(mono), rate_hz


def at_speech_rate(samples: Samples, rate_hz: int) -> Samples:
    """Return `samples` at 16 kHz."""
    import soxr

    return samples if rate_hz == SPEECH_RATE_HZ else soxr.resample(samples, rate_hz, SPEECH_RATE_HZ)


def last_voice_ms(vad: SileroVad, samples: Samples) -> int | None:
    """Return where the last voice of a 16 kHz clip ends, None without any."""
    padded = np.pad(samples, (0, -samples.size % WINDOW_SAMPLES))
    probs, _ = vad.probs(padded, np.zeros(0, dtype=np.float32))
    voiced = np.flatnonzero(probs > 0.5)
    return int(voiced[-1] + 1) * WINDOW_SAMPLES * 1000 // SPEECH_RATE_HZ if voiced.size else None


@dataclass(frozen=True)
class FinalDecode:
    """One answered final decode."""

    start_ms: int
    done_ms: int
    cpu_ms: float
    passes: int


class WatchedWorker(Worker):
    """Passes everything on to another worker and notes the final decodes that it answered."""

    def __init__(self, inner: Worker, clock: LoopClock) -> None:
        """Watch `inner`."""
        super().__init__(inner.name, ())
        self._inner = inner
        self._clock = clock
        self.finals: list[FinalDecode] = []

    async def call(
        self,
        engine: str,
        method: str,
        data: dict[str, Any],
        arrays: Mapping[str, npt.NDArray[Any]] | None = None,
        *,
        priority: int = 0,
        coalesce: str | None = None,
    ) -> Reply:
        """Pass the request on."""
        reply = await self._inner.call(engine, method, data, arrays or {}, priority=priority, coalesce=coalesce)
        if data["final"]:
            self.finals.append(
                FinalDecode(data["offset_ms"], self._clock.now_ms(), reply.data["cpu_ms"], reply.data["passes"])
            )
        return reply


@dataclass
class Heard:
    """What came of one clip; times are the loop's, in ms."""

    began_ms: int = 0
    """When the first sample of the clip was fed."""
    speech_end_ms: int | None = None
    """Where the clip's last voice ends, from its first sample."""
    words: list[Word] = field(default_factory=list)
    shown: list[tuple[int, Word]] = field(default_factory=list)
    """Words as they were shown, with the time of it."""
    finals: list[FinalDecode] = field(default_factory=list)
    told_ms: int | None = None
    """When the last final words were told."""
    ended: bool = False
    """False when of the last speech neither words nor "nothing" were told in time. A word told without a turn, as one
    that only says "go on" over the answer that is due, ends it too."""
    troubles: int = 0

    @property
    def final_ms(self) -> int | None:
        """Time from the last voice to the final words, None when there were none."""
        if self.speech_end_ms is None or not self.words or not self.finals:
            return None
        return self.finals[-1].done_ms - self.began_ms - self.speech_end_ms

    @property
    def final_cpu_s(self) -> float:
        """CPU time of the decodes that the final words came from: the last of each utterance."""
        return sum({each.start_ms: each.cpu_ms for each in self.finals}.values()) / 1000

    def partial_delays_ms(self) -> list[int]:
        """Return for each final word how long after its end it was first shown."""
        delays: list[int] = []
        for word in self.words:
            times = [
                at_ms
                for at_ms, shown in self.shown
                if same_word(word.text, shown.text) and abs(word.start_ms - shown.start_ms) < _SAME_WORD_MS
            ]
            if times:
                delays.append(min(times) - (self.began_ms + word.end_ms - LEAD_MS))
        return delays


class _Listener:
    """Notes what `Hearing` tells."""

    def __init__(self, heard: Heard, clock: LoopClock) -> None:
        self._heard = heard
        self._clock = clock
        self.done = asyncio.Event()
        self.told = False
        """Words of the last speech were told, with or without a turn."""

    def speech_started(self, t_ms: int) -> None:
        del t_ms
        self.done.clear()
        self.told = False

    def speech_stopped(self, t_ms: int) -> None: ...

    def hypothesis(self, hypothesis: Hypothesis) -> None:
        now_ms = self._clock.now_ms()
        self._heard.shown += [(now_ms, word) for word in (*hypothesis.committed, *hypothesis.tentative)]

    def utterance(self, utterance: Utterance) -> None:
        self.told = True
        self._heard.told_ms = self._clock.now_ms()
        self._heard.words += utterance.words
        self._heard.shown += [(self._heard.told_ms, word) for word in utterance.words]

    def late_words(self, utterance: Utterance) -> None:
        self.utterance(utterance)

    def turn_ended(self, turn: Turn, spoken_until_ms: int) -> None:
        del turn, spoken_until_ms
        self.done.set()

    def turn_reopened(self, turn_id: TurnId) -> None:
        del turn_id
        self.done.clear()

    def barge_in(self, action: Literal["pause", "resume", "yield"]) -> None: ...

    def heard_nothing(self, t_ms: int) -> None:
        del t_ms
        self.done.set()

    def trouble(self, engine: str, error: Exception) -> None:
        del engine, error
        self._heard.troubles += 1


async def play(
    samples: Samples,
    rate_hz: int,
    ears: Worker,
    asr: Worker,
    *,
    language: Language | None,
    settings: HearingSettings,
    lags_ms: list[float] | None = None,
) -> Heard:
    """Feed a clip at the speed of a call and return what was heard; `lags_ms` gets how late each frame was."""
    clock = LoopClock()
    heard = Heard()
    listener = _Listener(heard, clock)
    watched = WatchedWorker(asr, clock)
    hearing = Hearing(ears, watched, listener, clock=clock, settings=settings, language=language)
    task = asyncio.create_task(hearing.run())
    loop = asyncio.get_running_loop()
    frame = rate_hz * FRAME_MS // 1000
    lead = np.zeros(rate_hz * LEAD_MS // 1000, dtype=np.int16)
    tail = np.zeros(rate_hz * PATIENCE_MS // 1000, dtype=np.int16)
    stream = np.concatenate([lead, samples, tail])
    clip_end_ms = (lead.size + samples.size) * 1000 // rate_hz
    origin_s = loop.time()
    heard.began_ms = int(origin_s * 1000) + LEAD_MS + FRAME_MS
    for index in range(stream.size // frame):
        due_s = origin_s + (index + 1) * FRAME_MS / 1000
        await asyncio.sleep(due_s - loop.time())
        if lags_ms is not None:
            lags_ms.append((loop.time() - due_s) * 1000)
        t_ms = index * FRAME_MS
        hearing.feed(AudioFrame(stream[index * frame : (index + 1) * frame], rate_hz, t_ms))
        # Without any voice nothing is ever told; 2 s behind the clip that is clear.
        if t_ms > clip_end_ms + 200 and (listener.done.is_set() or _nothing_began(heard, t_ms - clip_end_ms)):
            heard.ended = True
            break
    heard.ended = heard.ended or listener.told
    await hearing.stop()
    with contextlib.suppress(CallCentreError):
        await task
    heard.finals = watched.finals
    return heard


def _nothing_began(heard: Heard, silence_ms: int) -> bool:
    return silence_ms > 2_000 and not heard.shown and not heard.finals
