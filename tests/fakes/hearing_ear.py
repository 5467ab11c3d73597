"""A listener that keeps what it is told, and workers that answer from a script, for tests of hearing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from calls.audio import AudioFrame, Samples, level_dbfs
from calls.errors import CallCentreError
from calls.ids import TurnId
from calls.speech import Hypothesis, Turn, Utterance
from voice.hearing import Hearing
from voice.turn.settings import BargeInAction
from voice.workers.client import Reply, Worker


class WallClock:
    """The real clock."""

    def now_ms(self) -> int:
        return int(time.monotonic() * 1000)

    def now_utc(self) -> datetime:
        return datetime.now(UTC)


class Ear:
    """Keeps everything in order."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Any]] = []
        self.changed = asyncio.Event()

    def _keep(self, kind: str, value: Any) -> None:
        self.events.append((kind, value))
        self.changed.set()

    def speech_started(self, t_ms: int) -> None:
        self._keep("started", t_ms)

    def speech_stopped(self, t_ms: int) -> None:
        self._keep("stopped", t_ms)

    def hypothesis(self, hypothesis: Hypothesis) -> None:
        self._keep("hypothesis", hypothesis)

    def utterance(self, utterance: Utterance) -> None:
        self._keep("utterance", utterance)

    def late_words(self, utterance: Utterance) -> None:
        self._keep("late", utterance)

    def turn_ended(self, turn: Turn, spoken_until_ms: int) -> None:
        self._keep("turn", (turn, spoken_until_ms))

    def turn_reopened(self, turn_id: TurnId) -> None:
        self._keep("reopened", turn_id)

    def barge_in(self, action: BargeInAction) -> None:
        self._keep("barge_in", action)

    def heard_nothing(self, t_ms: int) -> None:
        self._keep("nothing", t_ms)

    def trouble(self, engine: str, error: Exception) -> None:
        self._keep("trouble", (engine, error))

    def all(self, kind: str) -> list[Any]:
        return [value for each, value in self.events if each == kind]

    @property
    def turns(self) -> list[Turn]:
        return [turn for turn, _ in self.all("turn")]

    async def until(self, kind: str, count: int = 1, within_s: float = 30.0) -> None:
        """Wait until `kind` was told `count` times."""
        async with asyncio.timeout(within_s):
            while len(self.all(kind)) < count:
                self.changed.clear()
                await self.changed.wait()


Answer = Callable[[str, dict[str, Any], Mapping[str, npt.NDArray[Any]]], Reply | CallCentreError | None]


class ScriptedWorker(Worker):
    """Answers each call by a function: a reply, an error to raise, or None for no answer at all."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("scripted", [])
        self.answer = answer
        self.asked: list[tuple[str, dict[str, Any], Mapping[str, npt.NDArray[Any]]]] = []
        self.delay_s = 0.0

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
        self.asked.append((method, data, arrays or {}))
        answer = self.answer(method, data, arrays or {})
        await asyncio.sleep(self.delay_s)
        if answer is None:
            await asyncio.Event().wait()
        if isinstance(answer, CallCentreError):
            raise answer
        assert isinstance(answer, Reply)
        return answer


def loud_is_voice(method: str, data: dict[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> Reply:
    """Ears that take everything loud for voice, count their windows in the state, and find each turn finished."""
    del data
    if method == "end_prob":
        return Reply({"prob": 0.95}, {})
    windows = arrays["samples"].reshape(-1, 512)
    probs = np.array([0.95 if level_dbfs(window) > -40 else 0.02 for window in windows], dtype=np.float32)
    count = (arrays["state"][0] if arrays["state"].size else 0) + len(windows)
    return Reply({}, {"probs": probs, "state": np.array([count], dtype=np.float32)})


def hears(text: str, language: str = "en", prob: float = 0.95) -> Answer:
    """A recogniser that hears `text` in everything loud and nothing elsewhere."""

    def answer(method: str, data: dict[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> Reply:
        del method
        loud = np.flatnonzero(np.abs(arrays["samples"].astype(np.int32)) > 1_000)
        words = []
        if loud.size:
            start, end = (data["offset_ms"] + int(at) // 16 for at in (loud[0], loud[-1]))
            texts = text.split()
            step = (end - start) / len(texts)
            words = [
                {"text": t, "start_ms": int(start + i * step), "end_ms": int(start + (i + 1) * step), "prob": 0.9}
                for i, t in enumerate(texts)
            ]
        found = data["language"] or language
        return Reply({"words": words, "language": found, "language_prob": 1.0 if data["language"] else prob}, {})

    return answer


def tone(duration_ms: int, rate_hz: int = 8_000) -> Samples:
    """A loud tone."""
    at = np.arange(duration_ms * rate_hz // 1000)
    out: Samples = (8_000 * np.sin(2 * np.pi * 440 * at / rate_hz)).astype(np.int16)
    return out


def quiet(duration_ms: int, rate_hz: int = 8_000) -> Samples:
    """Faint noise, as on a line."""
    out: Samples = np.random.default_rng(7).normal(0, 6, duration_ms * rate_hz // 1000).astype(np.int16)
    return out


class Feeder:
    """Gives a hearing its frames, as fast as it can or in real time."""

    def __init__(self, hearing: Hearing, rate_hz: int = 8_000) -> None:
        self.hearing = hearing
        self.rate_hz = rate_hz
        self.t_ms = 0
        self._began_s: float | None = None

    async def feed(self, *pieces: Samples, real_time: bool = False) -> None:
        samples = np.concatenate(pieces)
        size = self.rate_hz // 50
        for at in range(0, samples.size - size + 1, size):
            if real_time:
                self._began_s = self._began_s or time.monotonic()
                await asyncio.sleep(max(0.0, self._began_s + (self.t_ms + 20) / 1000 - time.monotonic()))
            self.hearing.feed(AudioFrame(samples[at : at + size], self.rate_hz, self.t_ms))
            self.t_ms += 20
            if self.t_ms % 200 == 0:
                await asyncio.sleep(0)

    def now_on_media_ms(self) -> int:
        """Where the media clock would be now, had it gone on."""
        assert self._began_s is not None
        return int((time.monotonic() - self._began_s) * 1000)
