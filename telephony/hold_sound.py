"""What somebody on hold hears: soft music made here, a comfort tone, or the operator's own recording.

The music is synthesised, so that nobody has a licence to clear: four quiet chords with a plucked voice above them, in
the part of the band that a telephone carries. Everything is made before the first call, for each rate that legs have,
and played from memory: the ticker waits for nobody.
"""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soxr

from calls.audio import FRAME_MS, AudioFrame, Samples, to_int16
from calls.errors import CallCentreError

_LEG_RATES_HZ = (8_000, 16_000, 48_000)
"""What a member of a conference can have."""

_MUSIC_RATE_HZ = 16_000
"""What the music is made at: nothing in it is above 4 kHz."""

_LEVEL_DBFS = -30.0
"""Of music and recordings. Source: 10 dB below speech on a telephone line (-20 dBFS), so that it can be talked over."""

_TONE_DBFS = -42.0
"""Of the comfort tone: a sign of life, no signal."""

_PEAK = 0.5
"""Recordings are turned down further when their peaks would exceed -6 dBFS."""

_LONGEST_S = 600
"""A recording's length; ten minutes are 86 MB of memory at all rates together."""

_SEAM_MS = 50
"""Cross-fade from a loop's end to its beginning."""

_BEAT_S = 0.75

_CHORDS = (
    (261.63, 329.63, 392.00, 493.88),
    (440.00, 523.25, 659.26, 392.00),
    (349.23, 440.00, 523.25, 329.63),
    (392.00, 493.88, 587.33, 349.23),
)
"""C maj7, A min7, F maj7, G 7, in Hz, two bars each: a cadence as old as music, nobody's melody."""

_BEATS_A_CHORD = 8

RING_RATE_HZ = 8_000
"""Rate of the ring tone: nothing in it is above the telephone's band."""

_Signal = npt.NDArray[np.float64]


class LoopSource:
    """Plays samples over and over, one frame a tick; implements `calls.ports.AudioSource`."""

    def __init__(self, samples: Samples, rate_hz: int) -> None:
        """Play `samples`, at least one frame of them, from their beginning."""
        self._samples = samples
        self._rate_hz = rate_hz
        self._size = rate_hz * FRAME_MS // 1000
        self._at = 0

    def read(self, t_ms: int) -> AudioFrame:
        """Return the next frame."""
        samples = self._samples[self._at : self._at + self._size]
        missing = self._size - len(samples)
        if missing:
            samples = np.concatenate([samples, self._samples[:missing]])
            self._at = missing
        else:
            self._at += self._size
        return AudioFrame(samples, self._rate_hz, t_ms)


class HoldSounds:
    """Music and comfort tone at the rates of the legs."""

    def __init__(self, recording: Path | None = None) -> None:
        """Make everything: 0.3 s, longer for a long recording.

        Args:
            recording: Played instead of our music: WAV, 16 bits, any rate.

        Raises:
            CallCentreError: `media.bad_hold_music`: it cannot be read, or is of the wrong kind.
        """
        sound, made_at_hz = _read(recording) if recording is not None else (_music(), _MUSIC_RATE_HZ)
        self._music = {rate_hz: _levelled(sound, made_at_hz, rate_hz) for rate_hz in _LEG_RATES_HZ}
        self._tones = {rate_hz: _comfort_tone(rate_hz) for rate_hz in _LEG_RATES_HZ}

    def music(self, rate_hz: int) -> LoopSource:
        """Return music from its beginning."""
        return LoopSource(self._music[rate_hz], rate_hz)

    def comfort_tone(self, rate_hz: int) -> LoopSource:
        """Return a soft double beep each five seconds: the line lives, somebody will come back."""
        return LoopSource(self._tones[rate_hz], rate_hz)


def ring_tone() -> LoopSource:
    """Return the tone of a line that rings, from its beginning, at `RING_RATE_HZ`."""
    return LoopSource(_RING, RING_RATE_HZ)


def _ring() -> Samples:
    """Return 1.5 s of tone and 3 s of silence, at the level of the music."""
    at = np.arange(round(4.5 * RING_RATE_HZ)) / RING_RATE_HZ
    edge = np.clip(np.minimum(at, 1.5 - at) / 0.01, 0.0, 1.0)
    loudness = 10 ** (_LEVEL_DBFS / 20) * np.sqrt(2.0)
    return to_int16(loudness * edge * np.sin(2 * np.pi * 425.0 * at))  # Source: ITU-T E.180 supplement 2, Spain


_RING = _ring()


def _read(path: Path) -> tuple[_Signal, int]:
    try:
        with wave.open(str(path), "rb") as file:
            rate_hz, channels, width = file.getframerate(), file.getnchannels(), file.getsampwidth()
            frames = file.getnframes()
            if width != 2 or not 8000 <= rate_hz <= 192_000 or not rate_hz <= frames <= _LONGEST_S * rate_hz:
                raise _bad(path, f"it must have 16 bits, 8 kHz at least, and last 1 s to {_LONGEST_S} s")
            data = np.frombuffer(file.readframes(frames), dtype="<i2")
    except (OSError, EOFError, wave.Error) as error:
        raise _bad(path, str(error)) from error
    sound = data[: len(data) // channels * channels].reshape(-1, channels).mean(axis=1) / 32768.0
    if not sound.any():
        raise _bad(path, "it is silent")
    return sound, rate_hz


def _bad(path: Path, why: str) -> CallCentreError:
    return CallCentreError(
        "media.bad_hold_music", f"The hold music {path} cannot be played: {why}.", fault="operator", retryable=False
    )


def _levelled(sound: _Signal, made_at_hz: int, rate_hz: int) -> Samples:
    """Resample, join end and beginning, and set the level, all once."""
    if made_at_hz != rate_hz:
        sound = soxr.resample(sound, made_at_hz, rate_hz)
    seam = rate_hz * _SEAM_MS // 1000
    way = np.linspace(0.0, np.pi / 2, seam)
    loop = sound[:-seam].copy()
    loop[:seam] = loop[:seam] * np.sin(way) + sound[-seam:] * np.cos(way)
    loudness = float(np.sqrt(np.mean(np.square(loop))))
    gain = min(10 ** (_LEVEL_DBFS / 20) / loudness, _PEAK / float(np.abs(loop).max()))
    return to_int16(loop * gain)


def _music() -> _Signal:
    """Return 24 s that end as they begin."""
    rate_hz = _MUSIC_RATE_HZ
    beat = round(_BEAT_S * rate_hz)
    length = beat * _BEATS_A_CHORD * len(_CHORDS)
    sound = np.zeros(length)
    for number, chord in enumerate(_CHORDS):
        begin = number * beat * _BEATS_A_CHORD
        for pitch_hz in chord:
            _add(sound, begin, _pad(pitch_hz, _BEATS_A_CHORD * _BEAT_S + 1.0))
        for step in range(2 * _BEATS_A_CHORD):
            if step % 4 != 3:  # a rest each second beat lets it breathe
                pitch_hz = 2.0 * chord[(0, 2, 1, 3, 2, 1)[step % 6]]
                _add(sound, begin + step * beat // 2, 0.8 * _pluck(pitch_hz))
    return sound


def _add(sound: _Signal, at: int, note: _Signal) -> None:
    """Add a note at a sample; what goes beyond the end sounds at the beginning, so that the loop has no seam."""
    places = (at + np.arange(len(note))) % len(sound)
    sound[places] += note


def _pad(pitch_hz: float, length_s: float) -> _Signal:
    at = np.arange(round(length_s * _MUSIC_RATE_HZ)) / _MUSIC_RATE_HZ
    swell = np.sin(np.pi * np.clip(at / 1.0, 0.0, 0.5)) * np.sin(np.pi * np.clip((length_s - at) / 1.0, 0.0, 0.5))
    # Two strings a hair apart beat slowly: warm, not like a test tone.
    strings = sum(np.sin(2 * np.pi * pitch_hz * apart * at) for apart in (0.9985, 1.0015))
    octave = 0.3 * np.sin(4 * np.pi * pitch_hz * at)
    note: _Signal = 0.25 * swell * (strings + octave)
    return note


def _pluck(pitch_hz: float) -> _Signal:
    at = np.arange(round(1.6 * _MUSIC_RATE_HZ)) / _MUSIC_RATE_HZ
    onset = np.clip(at / 0.008, 0.0, 1.0)
    last = np.clip((1.6 - at) / 0.05, 0.0, 1.0)
    partials = sum(np.exp(-at * (2.5 + 2.0 * n)) * np.sin(2 * np.pi * n * pitch_hz * at) / n**2 for n in (1, 2, 3))
    note: _Signal = onset * last * partials
    return note


def _comfort_tone(rate_hz: int) -> Samples:
    at = np.arange(5 * rate_hz) / rate_hz
    envelope = np.zeros(len(at))
    for begin_s in (0.0, 0.3):
        inside = (at >= begin_s) & (at < begin_s + 0.2)
        envelope[inside] = np.sin(np.pi * (at[inside] - begin_s) / 0.2) ** 2
    loudness = 10 ** (_TONE_DBFS / 20) * np.sqrt(2.0)
    return to_int16(loudness * envelope * np.sin(2 * np.pi * 425.0 * at))  # Source: ITU-T E.180, 425 Hz
