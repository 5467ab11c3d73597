"""Voice activity of one caller, window by window: Silero in its worker, and the sound's level while that fails."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from calls.audio import SPEECH_RATE_HZ, Samples, level_dbfs
from calls.errors import CallCentreError
from voice.turn.settings import WINDOW_MS
from voice.workers.client import Worker

WINDOW_SAMPLES = WINDOW_MS * SPEECH_RATE_HZ // 1000
_DEADLINE_S = 1.0
"""Voice activity takes 0.1 ms a window; beyond this the worker hangs, and the level stands in."""
_PRIORITY = 10
_QUIETEST_DBFS = -60.0
_NO_VOICE_PROB = 0.1
_STALE_WINDOWS = 94
"""After 3 s (windows of 32 ms) without voice, voice activity starts afresh: its recurrent state drifts in silence.
Source: WUWII00226_010 after 60 s of digital silence: voice in 0 % of its windows, 32 % with a fresh state."""
_ABOVE_NOISE_DB = 12.0
"""Without voice activity, sound this far above the quietest of the last 5 s is taken for voice."""
_LEVELS_KEPT = 5_000 // WINDOW_MS


class VoiceActivity:
    """Asks the engine and keeps its recurrent state from one request to the next."""

    def __init__(self, ears: Worker, engine: str, on_failure: Callable[[Exception], None]) -> None:
        """Begin afresh.

        Args:
            ears: Worker with the engine.
            engine: Its name there.
            on_failure: Told once each time the engine begins to fail.
        """
        self._ears = ears
        self._engine = engine
        self._on_failure = on_failure
        self._state: npt.NDArray[np.float32] = np.zeros(0, dtype=np.float32)
        self._quiet_windows = 0
        self._is_failing = False
        self._levels: deque[float] = deque(maxlen=_LEVELS_KEPT)

    async def probs(self, samples: Samples) -> npt.NDArray[np.float32]:
        """Return the probability of voice in each window of `samples`, 16 kHz, a multiple of `WINDOW_SAMPLES`."""
        arrays: dict[str, npt.NDArray[Any]] = {"samples": samples, "state": self._state}
        levels = [level_dbfs(window) for window in samples.reshape(-1, WINDOW_SAMPLES)]
        self._levels += levels
        try:
            async with asyncio.timeout(_DEADLINE_S):
                reply = await self._ears.call(self._engine, "probs", {}, arrays, priority=_PRIORITY)
        except (CallCentreError, TimeoutError) as error:
            if not self._is_failing:
                self._is_failing = True
                self._on_failure(error)
            floor_dbfs = max(min(self._levels), _QUIETEST_DBFS)
            return np.array([float(level > floor_dbfs + _ABOVE_NOISE_DB) for level in levels], dtype=np.float32)
        self._is_failing = False
        probs: npt.NDArray[np.float32] = reply.arrays["probs"]
        has_voice = float(probs.max(initial=0.0)) >= _NO_VOICE_PROB
        self._quiet_windows = 0 if has_voice else self._quiet_windows + probs.size
        is_stale = self._quiet_windows >= _STALE_WINDOWS
        self._quiet_windows = 0 if is_stale else self._quiet_windows
        self._state = np.zeros(0, dtype=np.float32) if is_stale else reply.arrays["state"]
        return probs
