"""Whether one sound is heard within another: proof by correlation, whatever codec, delay and level lie between."""

from __future__ import annotations

import numpy as np

from calls.audio import Samples

RATE_HZ = 8_000
PIECE_MS = 200
"""Long enough that no other sound fits by chance, short enough that a correction of a jitter buffer spoils little."""
SHORT_MS = 50
"""Pieces in which what does not belong there is counted: a phone that catches up after a stall splices its sound, which
makes strange only the piece that holds the splice."""
ALIKE = 0.6
"""Correlation from which a piece counts as heard. Source: measured here, G.711 and G.722 give 0.95 to 1.0, the best
place in 12 s of another `unique_sound` at most 0.25 for long pieces, 0.4 for short ones (test_likeness.py)."""


def unique_sound(seed: int, seconds: float = 12.0) -> Samples:
    """Return sound at 8000 Hz that correlates with nothing but itself: noise in the telephone's band, in syllables."""
    random = np.random.default_rng(seed)
    size = round(RATE_HZ * seconds)
    spectrum = np.fft.rfft(random.standard_normal(size))
    hz = np.fft.rfftfreq(size, 1 / RATE_HZ)
    spectrum[(hz < 300) | (hz > 3_000)] = 0
    sound = np.fft.irfft(spectrum, size)
    at_s = np.arange(size) / RATE_HZ
    sound *= 0.55 + 0.45 * np.sin(2 * np.pi * 4 * at_s)
    return np.asarray(9_000 * sound / np.abs(sound).max() * 1.5).clip(-20_000, 20_000).astype(np.int16)


def at_telephone_rate(samples: Samples, rate_hz: int) -> Samples:
    """Return the sound at 8000 Hz."""
    if rate_hz == RATE_HZ:
        return samples
    import soxr

    return np.asarray(soxr.resample(samples, rate_hz, RATE_HZ), dtype=np.int16)


def correlations(said: Samples, heard: Samples, rate_hz: int = RATE_HZ, piece_ms: int = PIECE_MS) -> list[float]:
    """Return for each piece of `heard` that is no silence how well the best place within `said` fits, 0 to 1.

    Args:
        said: At 8000 Hz, longer than a piece.
        heard: At `rate_hz`.
        rate_hz: Of `heard`.
        piece_ms: Length of a piece.
    """
    plain = at_telephone_rate(heard, rate_hz).astype(np.float64)
    source = said.astype(np.float64)
    length = RATE_HZ * piece_ms // 1000
    size = 1 << (len(source) + length).bit_length()
    spectrum = np.fft.rfft(source, size)
    energy = np.concatenate(([0.0], np.cumsum(source**2)))
    energies = np.sqrt(np.maximum(energy[length:] - energy[:-length], 1.0))
    found = []
    for at in range(0, len(plain) - length + 1, length):
        piece = plain[at : at + length]
        norm = float(np.sqrt(np.sum(piece**2)))
        if norm < 100 * np.sqrt(length):
            continue
        products = np.fft.irfft(spectrum * np.conj(np.fft.rfft(piece, size)), size)[: len(energies)]
        found.append(float(np.max(np.abs(products) / (energies * norm))))
    return found


def heard_s(said: Samples, heard: Samples, rate_hz: int = RATE_HZ) -> float:
    """Return for how many seconds of `heard` it is `said`."""
    return sum(value >= ALIKE for value in correlations(said, heard, rate_hz)) * PIECE_MS / 1000


def strange_s(said: Samples, heard: Samples, rate_hz: int = RATE_HZ) -> float:
    """Return for how many seconds of `heard` it is something else than `said`, silence left out."""
    return sum(value < ALIKE for value in correlations(said, heard, rate_hz, SHORT_MS)) * SHORT_MS / 1000
