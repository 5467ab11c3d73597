"""Making up what the network lost: the last pitch period goes on, fades, and hands back without a click.

Source: the method of ITU-T G.711 Appendix I (1999), without its 3.75 ms of delay: the joint to the last good sample is
smoothed by a decaying offset instead of an overlap into the past.
"""

from __future__ import annotations

from collections import deque

import numpy as np
import numpy.typing as npt

from calls.audio import Samples

_SEARCH_RATE_HZ = 8000
"""Pitch is searched at this rate, as in Appendix I; faster streams are thinned out first."""

_MIN_LAG_MS = 5.0
"""Shortest pitch period, 200 Hz. Source: G.711 Appendix I, 40 samples."""

_MAX_LAG_MS = 15.0
"""Longest pitch period, 66 Hz. Source: G.711 Appendix I, 120 samples."""

_CORRELATION_MS = 20.0
"""Stretch that is compared with the past. Source: G.711 Appendix I, 160 samples."""

_HOLD_MS = 10.0
"""Played at full level before the fade begins. Source: G.711 Appendix I."""

_FADE_MS = 50.0
"""From full level to silence: 20 % each 10 ms. Source: G.711 Appendix I."""

_JOINT_MS = 2.5
"""Length over which the step at the beginning is smoothed: half of the shortest pitch period."""

_MERGE_MS = 5.0
"""Cross-fade back to real sound. Source: G.711 Appendix I, 4 ms and more for longer losses."""

_FloatSignal = npt.NDArray[np.float32]


def find_lag(signal: _FloatSignal, lag_min: int, lag_max: int, length: int) -> int:
    """Return the lag at which the last `length` samples resemble the earlier ones best; `lag_min` when silent."""
    template = signal[-length:]
    start = len(signal) - length - lag_max
    past = signal[start : len(signal) - lag_min]
    windows = np.lib.stride_tricks.sliding_window_view(past, length)
    products = windows @ template
    squares = np.cumsum(np.concatenate(([0.0], np.square(past, dtype=np.float64))))
    energies = squares[length:] - squares[:-length]
    scores = products / np.sqrt(np.maximum(energies, 1.0))
    return lag_max - int(np.argmax(scores))


class Concealer:
    """Watches the good sound of one stream and continues it when there is none."""

    def __init__(self, rate_hz: int) -> None:
        """Work at `rate_hz`, a multiple of 8000."""
        self._rate_hz = rate_hz
        self._thin = rate_hz // _SEARCH_RATE_HZ
        self._history_size = self._units(_CORRELATION_MS + _MAX_LAG_MS) + self._thin
        self._recent: deque[Samples] = deque([np.zeros(self._history_size, dtype=np.int16)])
        """The newest pieces, `_recent_size` samples: the history and what else is in its first piece."""
        self._recent_size = self._history_size
        self._period: _FloatSignal | None = None
        self._phase = 0
        self._made = 0
        self._joint = 0.0

    @property
    def concealing(self) -> bool:
        """True when the last samples given were made up."""
        return self._made > 0

    def good(self, samples: Samples) -> Samples:
        """Take real sound; after a loss its beginning is cross-faded with the made-up continuation."""
        if self._made > 0:
            length = min(len(samples), self._units(_MERGE_MS))
            made = self._continue(length).astype(np.float32)
            rise = np.linspace(0.0, 1.0, length, dtype=np.float32)
            samples = samples.copy()
            samples[:length] = np.rint(made * (1.0 - rise) + samples[:length] * rise).astype(np.int16)
            self._made = 0
            self._period = None
        self._remember(samples)
        return samples

    def lost(self, count: int) -> Samples:
        """Return `count` made-up samples; silence once the fade is over."""
        if self._period is None:
            self._begin()
        samples = self._continue(count)
        self._remember(samples)
        return samples

    def _begin(self) -> None:
        history = np.concatenate(self._recent)[-self._history_size :]
        thin = history[:: -self._thin][::-1].astype(np.float32)
        lag = find_lag(
            thin,
            int(_MIN_LAG_MS * _SEARCH_RATE_HZ / 1000),
            int(_MAX_LAG_MS * _SEARCH_RATE_HZ / 1000),
            int(_CORRELATION_MS * _SEARCH_RATE_HZ / 1000),
        )
        lag *= self._thin
        self._period = history[-lag:].astype(np.float32)
        self._phase = 0
        expected = float(history[-1]) + float(history[-lag]) - float(history[-lag - 1])
        self._joint = expected - float(history[-lag])

    def _continue(self, count: int) -> Samples:
        assert self._period is not None
        at = self._made + np.arange(count)
        self._made += count
        hold, fade = self._units(_HOLD_MS), self._units(_FADE_MS)
        if at[0] >= hold + fade:
            return np.zeros(count, dtype=np.int16)
        made = self._period[(self._phase + np.arange(count)) % len(self._period)]
        self._phase = (self._phase + count) % len(self._period)
        joint = self._units(_JOINT_MS)
        if at[0] < joint:
            made = made + np.float32(self._joint) * np.clip(1.0 - at / joint, 0.0, 1.0).astype(np.float32)
        gain = np.clip(1.0 - (at - hold) / fade, 0.0, 1.0).astype(np.float32)
        made_up: Samples = np.clip(np.rint(made * gain), -32768, 32767).astype(np.int16)
        return made_up

    def _remember(self, samples: Samples) -> None:
        self._recent.append(samples)
        self._recent_size += len(samples)
        while self._recent_size - len(self._recent[0]) >= self._history_size:
            self._recent_size -= len(self._recent.popleft())

    def _units(self, duration_ms: float) -> int:
        return int(duration_ms * self._rate_hz / 1000)


def remove_period(samples: Samples, rate_hz: int) -> Samples:
    """Return `samples` (at least 40 ms) shorter by one pitch period, cut out and cross-faded over its length.

    Played faster without a change of pitch; 5 to 15 ms go.
    """
    thin = rate_hz // _SEARCH_RATE_HZ
    shortest, longest = (int(ms * rate_hz / 1000) for ms in (_MIN_LAG_MS, _MAX_LAG_MS))
    coarse = samples[::thin].astype(np.float32)
    length = len(coarse) - longest // thin
    lag = find_lag(coarse, shortest // thin, longest // thin, length) * thin
    fade = np.linspace(1.0, 0.0, lag, dtype=np.float32)
    joint = np.rint(samples[:lag] * fade + samples[lag : 2 * lag] * (1.0 - fade)).astype(np.int16)
    shorter: Samples = np.concatenate((joint, samples[2 * lag :]))
    return shorter
