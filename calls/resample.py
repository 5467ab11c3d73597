"""Changing the rate of live sound, frame by frame: as many samples out as time went in, 1.5 ms later.

A streaming library resampler gathers 60 to 120 ms before it gives 20 ms frames at 8 and 16 kHz (soxr 1.1,
measured), which a conversation cannot afford; a short polyphase filter between the three rates of
telephony does the same work.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from calls.audio import Samples

_HALF_TAPS = 12
"""Half of the filter, in samples of the lower rate. At 8 kHz: 1.5 ms of delay, flat to 3.3 kHz, -60 dB from 4.6 kHz."""

_KAISER_BETA = 6.0
"""Side lobes of -63 dB, below the noise of G.711. Source: Kaiser 1974, beta = 0.1102 (A - 8.7)."""

_CUTOFF = 0.96
"""Of the lower rate's Nyquist frequency; puts 3.4 kHz, the edge of the telephone band, 0.5 dB down."""

_MOST_ROOMS = 4
"""Lengths whose buffers are kept: of whoever takes what has come, one tick more or less."""

_LEAST, _MOST = np.float32(-32768), np.float32(32767)

_FloatSignal = npt.NDArray[np.float32]


class Resampler:
    """One stream's way from one rate to another. The ratio of the rates, either way round, is a whole number."""

    def __init__(self, rate_in_hz: int, rate_out_hz: int) -> None:
        """Go from `rate_in_hz` to `rate_out_hz`.

        Raises:
            ValueError: neither rate is a multiple of the other.
        """
        if rate_out_hz % rate_in_hz and rate_in_hz % rate_out_hz:
            raise ValueError(f"no whole ratio between {rate_in_hz} and {rate_out_hz} Hz")
        self.delay_ms = _HALF_TAPS * 1000.0 / min(rate_in_hz, rate_out_hz)
        """How much later the sound comes out: 1.5 ms when either rate is 8 kHz, else 0.75 ms."""
        self._up = max(1, rate_out_hz // rate_in_hz)
        self._down = max(1, rate_in_hz // rate_out_hz)
        factor = max(self._up, self._down)
        self._kernel: _FloatSignal = _kernel(self._up, factor)
        self._taps = len(self._kernel)
        self._buffer: _FloatSignal = np.zeros(self._taps - 1, dtype=np.float32)
        self._rooms: dict[int, tuple[_FloatSignal, _FloatSignal]] = {}

    def process(self, samples: Samples) -> Samples:
        """Return exactly len(samples) * out / in samples; the length is a multiple of in / out when going down.

        Frames of a few lengths are the fast way (about 10 µs); a new length costs as much again, once.
        """
        if self._up == self._down:
            return samples
        if len(samples) == 0:
            return samples
        size = len(samples)
        keep = self._taps - 1
        buffer, windows = self._rooms.get(size) or self._room(size)
        buffer[:keep] = self._buffer[-keep:]
        buffer[keep:] = samples
        self._buffer = buffer
        produced = np.dot(windows, self._kernel).reshape(-1)
        np.rint(produced, out=produced)
        # Two bounds one by one: np.clip takes 8 us a frame to find out what it was given.
        np.maximum(produced, _LEAST, out=produced)
        np.minimum(produced, _MOST, out=produced)
        resampled: Samples = produced.astype(np.int16)
        return resampled

    def _room(self, size: int) -> tuple[_FloatSignal, _FloatSignal]:
        """Return a buffer for `size` samples and the past before them, and the windows on it; kept for the next."""
        if size % self._down:
            raise ValueError(f"{size} samples do not divide by {self._down}")
        if len(self._rooms) == _MOST_ROOMS:
            self._rooms.clear()
        buffer: _FloatSignal = np.zeros(size + self._taps - 1, dtype=np.float32)
        windows = np.lib.stride_tricks.sliding_window_view(buffer, self._taps)[:: self._down]
        return self._rooms.setdefault(size, (buffer, windows))


@lru_cache(maxsize=16)
def _kernel(up: int, factor: int) -> _FloatSignal:
    """Return the filter ready for windows in the order of time: shape (taps, up) going up, (taps, 1) going down.

    Shared, so do not write to it.
    """
    count = 2 * _HALF_TAPS * factor
    at = np.arange(count) - (count - 1) / 2
    sinc = np.sinc(at * _CUTOFF / factor) * np.kaiser(count, _KAISER_BETA)
    kernel = sinc[:, None] if up == 1 else sinc.reshape(2 * _HALF_TAPS, up)
    backwards: _FloatSignal = (kernel / kernel.sum(axis=0))[::-1].astype(np.float32)
    return backwards
