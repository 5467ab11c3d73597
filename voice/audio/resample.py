"""Streaming resampler to the one rate that the engines take."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import soxr

from calls.audio import SPEECH_RATE_HZ, FloatSamples, Samples

_STOP_BAND_DB = 60.0
"""Images and aliases are this far down: below the quantisation noise of G.711 (38 dB). Source: ITU-T G.712."""


class SpeechResampler:
    """Brings a stream of 16-bit mono samples to 16 kHz; the output is aligned with the input, only later.

    The rates of legs (8 and 48 kHz) go through a short filter of our own, which is 2 ms late; soxr's streams hold back
    up to 60 ms at 8 kHz (measured, any quality above QQ), and that would be waited for at every end of turn.
    """

    def __init__(self, rate_hz: int) -> None:
        """Prepare for input of `rate_hz`."""
        self.rate_hz = rate_hz
        self._short: _ShortFilter | None = None
        self._long: soxr.ResampleStream | None = None
        if rate_hz == SPEECH_RATE_HZ:
            return
        if SPEECH_RATE_HZ % rate_hz == 0 or rate_hz % SPEECH_RATE_HZ == 0:
            self._short = _ShortFilter(rate_hz)
        else:
            self._long = soxr.ResampleStream(rate_hz, SPEECH_RATE_HZ, 1, dtype="int16", quality="LQ")

    def process(self, samples: Samples) -> Samples:
        """Take samples, shape (n,), and return what is ready at 16 kHz, shape (m,)."""
        if self._short is not None:
            return self._short.process(samples)
        if self._long is not None:
            out: Samples = self._long.resample_chunk(np.ascontiguousarray(samples))
            return out
        return samples


class _ShortFilter:
    """Linear-phase Kaiser-windowed filter for whole-numbered ratios, run at the higher of the two rates."""

    def __init__(self, rate_hz: int) -> None:
        high_hz = max(rate_hz, SPEECH_RATE_HZ)
        low_nyquist_hz = min(rate_hz, SPEECH_RATE_HZ) / 2
        self._up = SPEECH_RATE_HZ // rate_hz if rate_hz < SPEECH_RATE_HZ else 1
        self._down = rate_hz // SPEECH_RATE_HZ if rate_hz > SPEECH_RATE_HZ else 1
        # A transition from 0.88 to 1.12 of the lower Nyquist frequency keeps the telephone band (3.4 kHz) whole.
        self._taps = _low_pass(low_nyquist_hz / high_hz, 0.24 * low_nyquist_hz / high_hz) * np.float32(self._up)
        self._skip = self._taps.size // 2
        """Outputs at the high rate to leave out next: first those before media time 0, then up to the next kept one."""
        self._past: FloatSamples = np.zeros(self._taps.size - 1, dtype=np.float32)

    def process(self, samples: Samples) -> Samples:
        high: FloatSamples = np.zeros(samples.size * self._up, dtype=np.float32)
        high[:: self._up] = samples
        sound = np.concatenate([self._past, high])
        self._past = sound[sound.size - self._past.size :]
        first = self._skip
        if high.size <= first:
            self._skip -= high.size
            return np.zeros(0, dtype=np.int16)
        if self._down == 1:
            kept = np.convolve(sound, self._taps, mode="valid")[first:]
            self._skip = 0
        else:
            # Only every `down`-th output is computed; the filter is symmetric, so correlation is convolution.
            kept = np.lib.stride_tricks.sliding_window_view(sound, self._taps.size)[first :: self._down] @ self._taps
            self._skip = (first - high.size) % self._down
        out: Samples = np.clip(np.rint(kept), -32768, 32767).astype(np.int16)
        return out


def _low_pass(cutoff: float, width: float) -> FloatSamples:
    """Return a low-pass of odd length; `cutoff` and `width` in cycles a sample. Source: Kaiser's formulas (1974)."""
    half = int(np.ceil((_STOP_BAND_DB - 7.95) / (2.285 * 2 * np.pi * width) / 2))
    beta = 0.1102 * (_STOP_BAND_DB - 8.7)
    at: npt.NDArray[np.float64] = np.arange(-half, half + 1, dtype=np.float64)
    taps = 2 * cutoff * np.sinc(2 * cutoff * at) * np.kaiser(at.size, beta)
    out: FloatSamples = (taps / taps.sum()).astype(np.float32)
    return out
