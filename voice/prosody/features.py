"""Prosody of one utterance as a vector, by librosa, in the band and at the level of a telephone.

Everything is brought to 300-3400 Hz at 8 kHz and to one active level first, so that a wide-band web call, a quiet
handset and the training speech look alike. Loudness is kept apart (`level_dbfs`): it means something only against the
caller's own start. Pitch is by YIN (de Cheveigne and Kawahara 2002), not pYIN, which is about 30 times slower.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import importlib.util
import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from calls.audio import SPEECH_RATE_HZ, Samples, to_float

Array = npt.NDArray[np.float64]

RATE_HZ = 8_000
HOP = 80
"""10 ms."""
FRAME = 512
"""64 ms: more than two periods of the lowest voice. Source: YIN needs two periods at `PITCH_MIN_HZ`."""
PITCH_MIN_HZ, PITCH_MAX_HZ = 65.0, 450.0
BAND_HZ = (300.0, 3400.0)
"""Source: ITU-T G.712, pass band of the telephone."""
ACTIVE_LEVEL = 10 ** (-26 / 20)
"""Source: ITU-T P.56, nominal active speech level -26 dBov."""
ACTIVE_BELOW_PEAK_DB = 25.0
"""A frame this far below the loudest is a pause."""
VOICED_PERIODICITY = 0.55
"""Normalised autocorrelation from which a frame is voiced; balances missed and invented pitch at 20 dB of noise."""
MFCC = 13

NAMES: tuple[str, ...] = (
    "pitch_median_st", "pitch_std_st", "pitch_p5_st", "pitch_p95_st", "pitch_range_st", "pitch_slope_st_s",
    "pitch_change_st", "pitch_jitter", "voiced_share", "voiced_runs_hz", "voiced_run_s", "pause_share",
    "energy_std_db", "energy_range_db", "energy_change_db", "energy_shimmer_db", "energy_slope_db_s",
    "centroid_mean_hz", "centroid_std_hz", "tilt_mean_db", "tilt_std_db", "mid_share", "high_share", "high_share_std",
    "flux_mean", "zero_crossings", "periodicity_mean", "periodicity_std", "hammarberg_db",
    *(f"mfcc{i}_mean" for i in range(1, MFCC)),
    *(f"mfcc{i}_std" for i in range(1, MFCC)),
)  # fmt: skip
"""Order of the vector."""


@dataclass(frozen=True, slots=True)
class Prosody:
    """What one utterance sounds like."""

    vector: Array
    """Shape (len(NAMES),), finite."""
    level_dbfs: float
    """Active speech level as it came in, before normalisation."""
    pitch_st: float
    """Median pitch in semitones above 55 Hz; 0 when nothing is voiced."""
    rate_hz: float
    """Voiced stretches a second: a stand-in for syllables."""
    voiced_s: float
    """Seconds of voiced speech: how much evidence there is."""


def prosody(samples: Samples) -> Prosody | None:
    """Return the prosody of one utterance at 16 kHz, None when there is no voice in it.

    Args:
        samples: Shape (n,), 16 kHz; 0.3 s at the least to give anything.
    """
    if samples.size < SPEECH_RATE_HZ * 3 // 10:
        return None
    sound, level_dbfs = _telephone(samples)
    if sound is None:
        return None
    librosa = _compiled_librosa()
    frames = _frames(sound)
    energy_db = 10 * np.log10(np.mean(frames**2, axis=0) + 1e-10)
    active = energy_db > energy_db.max() - ACTIVE_BELOW_PEAK_DB
    pitch_hz = _pitch(librosa, sound)
    n = min(pitch_hz.size, frames.shape[1])
    frames, energy_db, active, pitch_hz = frames[:, :n], energy_db[:n], active[:n], pitch_hz[:n]
    periodicity = _periodicity(frames, pitch_hz)
    voiced = active & (periodicity > VOICED_PERIODICITY) & (pitch_hz < PITCH_MAX_HZ * 0.99)
    if voiced.sum() < 10:  # 100 ms of voice
        return None
    pitch_st = 12 * np.log2(pitch_hz / 55.0)
    spectrum = np.abs(np.fft.rfft(frames * np.hanning(FRAME)[:, None], axis=0)) ** 2 + 1e-10
    values = [
        *_pitch_values(pitch_st, voiced),
        *_rhythm_values(voiced, active),
        *_energy_values(energy_db, active, voiced),
        *_spectral_values(spectrum, active, voiced, frames, periodicity),
        *_cepstral_values(librosa, spectrum, active),
    ]
    vector = np.nan_to_num(np.asarray(values, dtype=np.float64), posinf=0.0, neginf=0.0)
    return Prosody(
        vector=vector,
        level_dbfs=level_dbfs,
        pitch_st=float(np.median(pitch_st[voiced])),
        rate_hz=float(vector[NAMES.index("voiced_runs_hz")]),
        voiced_s=float(voiced.sum()) * HOP / RATE_HZ,
    )


def glance(samples: Samples) -> tuple[float, float] | None:
    """Return the level in dBFS and the median pitch in semitones above 55 Hz (0: unvoiced) of a short stretch.

    None where nothing sounds. Both are those of `Prosody`, for a tenth of its work.
    """
    sound, level_dbfs = _telephone(samples)
    if sound is None:
        return None
    pitch_hz = _pitch(_compiled_librosa(), sound)
    frames = _frames(sound)
    n = min(pitch_hz.size, frames.shape[1])
    voiced = (_periodicity(frames[:, :n], pitch_hz[:n]) > VOICED_PERIODICITY) & (pitch_hz[:n] < PITCH_MAX_HZ * 0.99)
    pitch_st = float(np.median(12 * np.log2(pitch_hz[:n][voiced] / 55.0))) if voiced.sum() >= 5 else 0.0
    return level_dbfs, pitch_st


def _telephone(samples: Samples) -> tuple[Array | None, float]:
    import soxr
    from scipy.signal import sosfilt

    narrow = soxr.resample(to_float(samples), SPEECH_RATE_HZ, RATE_HZ, quality="HQ").astype(np.float64)
    sound = sosfilt(_band(), narrow)
    frames = _frames(sound)
    power = np.mean(frames**2, axis=0)
    if power.size == 0 or power.max() < 1e-9:  # below -90 dBFS: digital silence
        return None, -96.0
    active = power > power.max() * 10 ** (-ACTIVE_BELOW_PEAK_DB / 10)
    level = float(np.sqrt(power[active].mean()))
    return sound * (ACTIVE_LEVEL / level), 20 * float(np.log10(level))


@functools.cache
def _band() -> Array:
    from scipy.signal import butter

    return np.asarray(butter(4, BAND_HZ, "bandpass", fs=RATE_HZ, output="sos"))


def _frames(sound: Array) -> Array:
    if sound.size < FRAME:
        return np.zeros((FRAME, 0))
    return np.lib.stride_tricks.sliding_window_view(sound, FRAME)[::HOP].T


def _periodicity(frames: Array, pitch_hz: Array) -> Array:
    """Return the normalised autocorrelation of each frame at its pitch period."""
    sound = frames.T
    lags = np.clip(np.rint(RATE_HZ / pitch_hz).astype(int), 1, FRAME - 1)
    behind = np.pad(sound, ((0, 0), (0, FRAME)))
    later = np.take_along_axis(behind, np.arange(FRAME) + lags[:, None], axis=1)
    at_lag = np.einsum("ij,ij->i", sound, later) * FRAME / (FRAME - lags)
    return np.asarray(np.clip(at_lag / (np.einsum("ij,ij->i", sound, sound) + 1e-12), 0.0, 1.0))


def _slope_per_s(values: Array, where: npt.NDArray[np.bool_]) -> float:
    index = np.flatnonzero(where)
    if index.size < 5:
        return 0.0
    return float(np.polyfit(index * HOP / RATE_HZ, values[index], 1)[0])


def _changes(values: Array, where: npt.NDArray[np.bool_]) -> Array:
    both = where[1:] & where[:-1]
    return np.abs(np.diff(values))[both] if both.any() else np.zeros(1)


def _pitch_values(pitch_st: Array, voiced: npt.NDArray[np.bool_]) -> list[float]:
    inside = pitch_st[voiced]
    low, high = np.percentile(inside, (5, 95))
    change = _changes(pitch_st, voiced)
    steady = change[change < 2.0]  # octave errors are not intonation
    period = 2 ** (-pitch_st / 12)
    jitter = _changes(period, voiced) / period[voiced].mean()
    return [
        float(np.median(inside)),
        float(inside.std()),
        float(low),
        float(high),
        float(high - low),
        _slope_per_s(pitch_st, voiced),
        float(steady.mean()) if steady.size else 0.0,
        float(np.median(jitter)),
    ]


def _rhythm_values(voiced: npt.NDArray[np.bool_], active: npt.NDArray[np.bool_]) -> list[float]:
    duration_s = voiced.size * HOP / RATE_HZ
    starts = int(np.sum(voiced[1:] & ~voiced[:-1])) + int(voiced[0])
    return [
        float(voiced.mean()),
        starts / duration_s,
        float(voiced.sum()) * HOP / RATE_HZ / max(starts, 1),
        float(1.0 - active.mean()),
    ]


def _energy_values(energy_db: Array, active: npt.NDArray[np.bool_], voiced: npt.NDArray[np.bool_]) -> list[float]:
    inside = energy_db[active]
    low, high = np.percentile(inside, (5, 95))
    return [
        float(inside.std()),
        float(high - low),
        float(_changes(energy_db, active).mean()),
        float(np.median(_changes(energy_db, voiced))),
        _slope_per_s(energy_db, active),
    ]


def _spectral_values(
    spectrum: Array, active: npt.NDArray[np.bool_], voiced: npt.NDArray[np.bool_], frames: Array, periodicity: Array
) -> list[float]:
    hz = np.fft.rfftfreq(FRAME, 1 / RATE_HZ)
    inside = spectrum[:, active]
    total = inside.sum(axis=0)
    centroid = (hz[:, None] * inside).sum(axis=0) / total
    in_band = (hz >= BAND_HZ[0]) & (hz <= BAND_HZ[1])
    log_hz = np.log2(hz[in_band])
    log_db = 10 * np.log10(spectrum[in_band][:, voiced])
    centred = log_hz - log_hz.mean()
    tilt = (centred[:, None] * log_db).sum(axis=0) / (centred**2).sum()
    mid = inside[(hz >= 1000) & (hz < 2000)].sum(axis=0) / total
    high = inside[(hz >= 2000)].sum(axis=0) / total
    shape = np.sqrt(inside / total)
    flux = np.sqrt((np.diff(shape, axis=1) ** 2).sum(axis=0)) if shape.shape[1] > 1 else np.zeros(1)
    crossings = np.mean(np.abs(np.diff(np.signbit(frames[:, active]), axis=0)))
    long_term = spectrum[:, voiced].mean(axis=1)
    hammarberg = 10 * np.log10(long_term[(hz < 2000)].max() / long_term[(hz >= 2000) & in_band].max())
    return [
        float(centroid.mean()),
        float(centroid.std()),
        float(tilt.mean()),
        float(tilt.std()),
        float(mid.mean()),
        float(high.mean()),
        float(high.std()),
        float(flux.mean()),
        float(crossings),
        float(periodicity[voiced].mean()),
        float(periodicity[active].std()),
        float(hammarberg),
    ]


@functools.cache
def _compiled_librosa() -> Any:
    """Return librosa, its pitch search compiled and kept on disk.

    One process at a time: two that compile at once leave files in numba's cache that do not fit together, and every
    later process dies of them. Source: numba 0.68, a gufunc that jumped to address 0 in each process after two services
    had started on a new installation.
    """
    spec = importlib.util.find_spec("librosa")
    folder = spec.submodule_search_locations[0] if spec is not None and spec.submodule_search_locations else "/"
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        import librosa

        _pitch(librosa, np.sin(np.arange(4 * FRAME) * 0.1))
    finally:
        os.close(handle)
    return librosa


def _pitch(librosa: Any, sound: Array) -> Array:
    """Return the pitch of each frame in Hz, voiced or not."""
    pitch_hz: Array = librosa.yin(
        sound, fmin=PITCH_MIN_HZ, fmax=PITCH_MAX_HZ, sr=RATE_HZ, frame_length=FRAME, hop_length=HOP, center=False
    )
    return pitch_hz


def _cepstral_values(librosa: Any, spectrum: Array, active: npt.NDArray[np.bool_]) -> list[float]:
    mel = librosa.filters.mel(sr=RATE_HZ, n_fft=FRAME, n_mels=26, fmin=BAND_HZ[0], fmax=BAND_HZ[1])
    cepstra = librosa.feature.mfcc(S=10 * np.log10(mel @ spectrum[:, active] + 1e-10), n_mfcc=MFCC)[1:]
    return [*map(float, cepstra.mean(axis=1)), *map(float, cepstra.std(axis=1))]
