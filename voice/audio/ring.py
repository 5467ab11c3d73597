"""The last stretch of a caller's sound, addressed by the media clock."""

from __future__ import annotations

import numpy as np

from calls.audio import SPEECH_RATE_HZ, Samples

_PER_MS = SPEECH_RATE_HZ // 1000


class SoundRing:
    """Keeps the last `capacity_ms` of 16 kHz sound; older sound is overwritten."""

    def __init__(self, capacity_ms: int) -> None:
        """Allocate the ring; nothing is allocated later."""
        self._data: Samples = np.zeros(capacity_ms * _PER_MS, dtype=np.int16)
        self._end = 0
        """Samples written since media time 0, gaps included."""

    @property
    def end_sample(self) -> int:
        """Index, from media time 0, of the sample after the last one written."""
        return self._end

    @property
    def end_ms(self) -> int:
        """Media time up to which there is sound."""
        return self._end // _PER_MS

    def skip_to(self, sample: int) -> None:
        """Fill up with silence to sample index `sample`; earlier indexes change nothing."""
        gap = sample - self._end
        if gap <= 0:
            return
        if gap >= self._data.size:
            self._data[:] = 0
            self._end = sample
            return
        self.write(np.zeros(gap, dtype=np.int16))

    def write(self, samples: Samples) -> None:
        """Append samples at the end."""
        if samples.size > self._data.size:
            self._end += samples.size - self._data.size
            samples = samples[-self._data.size :]
        start = self._end % self._data.size
        first = min(samples.size, self._data.size - start)
        self._data[start : start + first] = samples[:first]
        self._data[: samples.size - first] = samples[first:]
        self._end += samples.size

    def between_samples(self, start: int, end: int) -> Samples:
        """Return a copy of samples start to end, shape (at most end - start,): cut to what is still there."""
        start = max(start, self._end - self._data.size, 0)
        end = min(end, self._end)
        if end <= start:
            return np.zeros(0, dtype=np.int16)
        size = self._data.size
        at = start % size
        first = min(end - start, size - at)
        if first == end - start:
            return self._data[at : at + first].copy()
        return np.concatenate([self._data[at:], self._data[: end - start - first]])

    def between(self, start_ms: int, end_ms: int) -> Samples:
        """Return a copy of the sound from `start_ms` to `end_ms` on the media clock, cut to what is still there."""
        return self.between_samples(start_ms * _PER_MS, end_ms * _PER_MS)
