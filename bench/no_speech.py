"""Sounds in which nobody speaks, made on the spot, as a telephone line brings them: what must give no words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calls.audio import Samples, to_int16
from telephony.codecs.g711 import G711

LINE_RATE_HZ = 8_000
CLIP_S = 10
"""Of each sound at a time: longer than the recogniser's shortest window, and short enough for many kinds a minute."""
_LOUDEST = 0.5
"""Peak of the loudest clips; the softest have a fiftieth of it."""
_SOFTEST_SHARE = 0.02

Wave = npt.NDArray[np.float64]
Maker = Callable[[Wave, np.random.Generator], Wave]
"""From the times of the samples in seconds to the wave, at any level."""


@dataclass(frozen=True, slots=True)
class NoSpeech:
    """One clip without a word."""

    kind: str
    samples: Samples
    """At `LINE_RATE_HZ`, through A-law."""


def _coloured(n: int, slope: float, generator: np.random.Generator) -> Wave:
    """Return noise whose power falls with the frequency: 0 white, 1 pink, 2 brown."""
    spectrum = np.fft.rfft(generator.normal(0, 1, n))
    falling = np.maximum(np.arange(spectrum.size), 1) ** (-slope / 2)
    return np.asarray(np.fft.irfft(spectrum * falling, n), dtype=np.float64)


def _noise(t: Wave, generator: np.random.Generator) -> Wave:
    return _coloured(t.size, float(generator.uniform(0, 2)), generator)


def _comfort_noise(t: Wave, generator: np.random.Generator) -> Wave:
    """Near silence; its level is set apart from all others."""
    return _coloured(t.size, 1.0, generator)


def _street(t: Wave, generator: np.random.Generator) -> Wave:
    """Rumble that swells as cars pass."""
    swell: Wave = np.asarray(sum(np.exp(-(((t - at) / 1.2) ** 2)) for at in generator.uniform(0, float(t[-1]), 3)))
    return _coloured(t.size, 1.6, generator) * (0.2 + swell)


def _hold_music(t: Wave, generator: np.random.Generator) -> Wave:
    """A tune over changing chords, with attacks and a beat."""
    beat_s = 60 / float(generator.uniform(70, 130))
    steps = np.array([0, 2, 4, 5, 7, 9, 11, 12])
    beat = (t / beat_s).astype(int)
    tune = steps[generator.integers(0, steps.size, beat[-1] + 1)][beat]
    root = np.array([0, 5, 7, 9])[generator.integers(0, 4, beat[-1] // 4 + 1)][beat // 4]
    fade = np.exp(-3 * (t % beat_s) / beat_s)
    base_hz = 130.8 * 2 ** (root / 12)
    chord = sum(np.sin(2 * np.pi * np.cumsum(base_hz * 2 ** (third / 12)) / LINE_RATE_HZ) for third in (0, 4, 7))
    melody = np.cumsum(523.3 * 2 ** (tune / 12)) / LINE_RATE_HZ
    voice = sum(np.sin(2 * np.pi * harmonic * melody) / harmonic for harmonic in (1, 2, 3))
    drum = generator.normal(0, 1, t.size) * np.exp(-40 * (t % beat_s))
    return np.asarray(0.3 * chord + fade * voice + 0.4 * drum, dtype=np.float64)


def _hum(t: Wave, generator: np.random.Generator) -> Wave:
    mains_hz = float(generator.choice([50.0, 60.0]))
    waves = (np.sin(2 * np.pi * mains_hz * harmonic * t) / harmonic**0.5 for harmonic in range(1, 20))
    return np.asarray(sum(waves) + 0.05 * generator.normal(0, 1, t.size), dtype=np.float64)


def _bursts(t: Wave, generator: np.random.Generator, a_second: float, decay_s: float, slope: float) -> Wave:
    out = 0.01 * generator.normal(0, 1, t.size)
    for found in np.flatnonzero(generator.random(t.size) < a_second / LINE_RATE_HZ):
        at = int(found)
        length = min(t.size - at, int(6 * decay_s * LINE_RATE_HZ))
        sound = _coloured(length, slope, generator) if length > 8 else np.zeros(length)
        level = float(np.abs(sound).max()) or 1.0
        fade = np.exp(-np.arange(length) / (decay_s * LINE_RATE_HZ))
        out[at : at + length] += generator.uniform(0.3, 1) * fade * sound / level
    return np.asarray(out, dtype=np.float64)


def _keyboard(t: Wave, generator: np.random.Generator) -> Wave:
    return _bursts(t, generator, float(generator.uniform(3, 9)), 0.008, 0.3)


def _knocks(t: Wave, generator: np.random.Generator) -> Wave:
    """Things that are put down, doors, steps."""
    return _bursts(t, generator, float(generator.uniform(0.5, 2)), 0.06, 1.5)


def _crackle(t: Wave, generator: np.random.Generator) -> Wave:
    return _bursts(t, generator, 40, 0.001, 0.0)


def _breath(t: Wave, generator: np.random.Generator) -> Wave:
    rate_hz = float(generator.uniform(0.2, 0.45))
    breathing: Wave = np.clip(np.sin(2 * np.pi * rate_hz * t), 0, 1) ** 2
    return _coloured(t.size, 0.7, generator) * breathing


def _wind(t: Wave, generator: np.random.Generator) -> Wave:
    every = np.arange(0.0, float(t[-1]) + 1.0, 0.5)
    gusts: Wave = np.interp(t, every, generator.uniform(0, 1, every.size))
    return _coloured(t.size, 1.8, generator) * gusts**2


def _ringing(t: Wave, generator: np.random.Generator) -> Wave:
    """Call progress tones of Europe and of North America."""
    if generator.random() < 0.5:
        return np.asarray(np.sin(2 * np.pi * 425 * t) * (t % 4 < 1), dtype=np.float64)
    return np.asarray((np.sin(2 * np.pi * 440 * t) + np.sin(2 * np.pi * 480 * t)) * (t % 3 < 1), dtype=np.float64)


def _keys(t: Wave, generator: np.random.Generator) -> Wave:
    """Touch tones. Source of the frequencies: ITU-T Q.23."""
    place = (t / 0.3).astype(int)
    low = np.array([697, 770, 852, 941])[generator.integers(0, 4, place[-1] + 1)][place]
    high = np.array([1209, 1336, 1477])[generator.integers(0, 3, place[-1] + 1)][place]
    return np.asarray((np.sin(2 * np.pi * low * t) + np.sin(2 * np.pi * high * t)) * (t % 0.3 < 0.12), dtype=np.float64)


def _silence(t: Wave, generator: np.random.Generator) -> Wave:
    del generator
    return np.zeros(t.size)


_MAKERS: dict[str, Maker] = {
    "noise": _noise,
    "comfort noise": _comfort_noise,
    "hold music": _hold_music,
    "street": _street,
    "hum": _hum,
    "keyboard": _keyboard,
    "breath": _breath,
    "knocks": _knocks,
    "wind": _wind,
    "crackle": _crackle,
    "ringing": _ringing,
    "keys": _keys,
    "silence": _silence,
}
KINDS = tuple(_MAKERS)
_COMFORT_LEVEL = 0.0015
"""Peak of comfort noise, about -65 dBFS. Source: RFC 3389, levels that gateways send."""


def no_speech(kind: str, seconds: float, seed: int) -> NoSpeech:
    """Return a clip of a kind, the same for the same `seed`; another seed has another level, rate and tune."""
    generator = np.random.default_rng([seed, KINDS.index(kind)])
    t = np.arange(round(seconds * LINE_RATE_HZ)) / LINE_RATE_HZ
    wave = _MAKERS[kind](t, generator)
    level = _LOUDEST * float(np.exp(generator.uniform(np.log(_SOFTEST_SHARE), 0.0)))
    level = _COMFORT_LEVEL if kind == "comfort noise" else level
    wave = wave * level / (float(np.abs(wave).max()) or 1.0)
    law = G711("PCMA")
    return NoSpeech(kind, law.decode(law.encode(to_int16(wave))))


def without_speech(minutes: float) -> Iterator[NoSpeech]:
    """Return so many minutes of clips, every kind in turn."""
    for number in range(round(minutes * 60 / CLIP_S)):
        yield no_speech(KINDS[number % len(KINDS)], CLIP_S, number // len(KINDS))
