"""Noise in place of what a silent sender spares; level and colour come by comfort noise packets. Source: RFC 3389."""

from __future__ import annotations

import numpy as np

from calls.audio import Samples

_LOOP_S = 1.0
"""Length of the noise that is made at once and played in a ring; it has no seam."""

_FULL_SCALE = 32_768.0
_LEVEL_BITS = 0x7F
_SILENT_DBOV = 127
_MAX_ORDER = 20
"""Reflection coefficients that are used; RFC 3389 section 3.3 leaves the order open, 10 is usual."""


class ComfortNoise:
    """One stream's noise generator; the same packets make the same noise."""

    def __init__(self, rate_hz: int) -> None:
        """Be silent until `describe`."""
        self._size = int(rate_hz * _LOOP_S)
        phases = np.random.default_rng(0).uniform(0.0, 2 * np.pi, self._size // 2 + 1)
        self._spectrum = np.exp(1j * phases)
        self._spectrum[0] = self._spectrum[-1] = 0.0
        self._payload = b""
        self._loop: Samples = np.zeros(self._size, dtype=np.int16)
        self._at = 0

    def describe(self, payload: bytes) -> None:
        """Take a packet: noise level in -dBov, then reflection coefficients (none: white)."""
        if payload == self._payload:
            return
        self._payload = payload
        level = payload[0] & _LEVEL_BITS if payload else _SILENT_DBOV
        predictor = np.ones(1)
        for code in payload[1 : 1 + _MAX_ORDER]:
            reflection = 258.0 * (min(code, 254) - 127) / _FULL_SCALE
            longer = np.append(predictor, 0.0)
            predictor = longer + reflection * longer[::-1]
        response = np.abs(np.fft.rfft(predictor, self._size))
        noise = np.fft.irfft(self._spectrum / np.maximum(response, 1e-3), self._size)
        wanted = _FULL_SCALE * 10.0 ** (-level / 20.0)
        noise *= wanted / np.sqrt(np.mean(np.square(noise)))
        self._loop = np.clip(np.rint(noise), -_FULL_SCALE, _FULL_SCALE - 1).astype(np.int16)

    def next(self, count: int) -> Samples:
        """Return the next `count` samples."""
        at = (self._at + np.arange(count)) % self._size
        self._at = (self._at + count) % self._size
        noise: Samples = self._loop[at]
        return noise
