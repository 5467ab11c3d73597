"""Voice prints: a vector a voice, by which stretches of one speaker are joined (extra `diarize`).

A print is biometric data. It is made in memory to tell the voices of one recording apart, compared with the others of
the same recording, and forgotten: nothing here writes one down.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from calls.audio import SPEECH_RATE_HZ, FloatSamples
from calls.errors import CallCentreError

Prints = npt.NDArray[np.float32]
"""Shape (n_voices, 256), each of length 1."""

SAME_SPEAKER = 0.75
"""Cosine from which two prints are of one speaker. Source: 70 callers of WUW-II, prints of up to 4 s of telephone
speech: 5.7 % of the pairs of one caller are below, 5.5 % of the pairs of two are above."""
_NEVER = -2.0
"""Stands for the cosine of voices that cannot be one."""
LEAST_VOICE_S = 1.0
"""Voices with less speech join the nearest one that they can be. Source: the network was trained on 1.6 s."""
MOST_OVERLAP_S = 0.5
"""Voices that speak at once for longer are two people. Source: our choice, above the error of a segment's edges."""
_PARTIAL_FRAMES, _PARTIAL_STEP = 160, 80
"""Frames of 10 ms of one pass, and from one to the next. Source: Resemblyzer, 1.6 s; half of it."""
_LEAST_FRAMES = 20
_TARGET_RMS = 10 ** (-30 / 20)
"""Level that quieter sound is raised to. Source: Resemblyzer, -30 dBFS."""
_MELS, _HIDDEN, _LAYERS = 40, 256, 3
"""Source: Resemblyzer's `hparams.py`."""


class VoicePrinter:
    """The loaded network (Resemblyzer's GE2E encoder); it works on the CPU and blocks."""

    def __init__(self, weights: Path) -> None:
        """Load `pretrained.pt`; only tensors are unpickled.

        Raises:
            CallCentreError: `extra.missing`, `model.missing`, `model.corrupt`.
        """
        if not weights.is_file():
            raise CallCentreError("model.missing", f"The model of voice prints {weights} is missing.", fault="operator")
        try:
            import torch
        except ImportError as error:
            raise CallCentreError(
                "extra.missing",
                f"Voice prints need the extra `diarize`, and {error.name} is not installed. "
                "Run `pip install 'warmline[diarize]'`.",
                fault="operator",
            ) from error
        self._lstm = torch.nn.LSTM(_MELS, _HIDDEN, _LAYERS, batch_first=True)
        self._linear = torch.nn.Linear(_HIDDEN, _HIDDEN)
        try:
            state = torch.load(weights, map_location="cpu", weights_only=True)["model_state"]
            self._lstm.load_state_dict(_part(state, "lstm."))
            self._linear.load_state_dict(_part(state, "linear."))
        except Exception as error:  # whatever a damaged file makes the library raise
            raise CallCentreError(
                "model.corrupt",
                f"The model of voice prints {weights} could not be loaded: {type(error).__name__}: {error}",
                fault="operator",
            ) from error

    def print_of(self, sound: FloatSamples) -> npt.NDArray[np.float32]:
        """Return the print of one voice from 16 kHz mono samples, shape (256,), of length 1; zeros for no sound."""
        import torch

        mels = mel_frames(sound)
        if len(mels) < _LEAST_FRAMES:
            return np.zeros(_HIDDEN, np.float32)
        starts = range(0, max(1, len(mels) - _PARTIAL_FRAMES + 1), _PARTIAL_STEP)
        parts = np.stack([mels[start : start + _PARTIAL_FRAMES] for start in starts])
        with torch.inference_mode():
            _, (hidden, _) = self._lstm(torch.from_numpy(parts))
            raw = torch.relu(self._linear(hidden[-1])).numpy()
        mean = (raw / np.maximum(np.linalg.norm(raw, axis=1, keepdims=True), 1e-9)).mean(axis=0)
        return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), np.float32)


def _part(state: dict[str, Any], prefix: str) -> dict[str, Any]:
    return {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}


def mel_frames(sound: FloatSamples) -> npt.NDArray[np.float32]:
    """Return the network's input: power in 40 mel bands each 10 ms, shape (n_frames, 40)."""
    import librosa

    if sound.size < SPEECH_RATE_HZ // 20:
        return np.zeros((0, _MELS), np.float32)
    rms = float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))
    louder = sound * (_TARGET_RMS / rms) if 0.0 < rms < _TARGET_RMS else sound
    bands = librosa.feature.melspectrogram(
        y=louder, sr=SPEECH_RATE_HZ, n_fft=SPEECH_RATE_HZ // 40, hop_length=SPEECH_RATE_HZ // 100, n_mels=_MELS
    )
    return np.ascontiguousarray(bands.T, dtype=np.float32)


def same_speakers(
    prints: Prints,
    seconds: Sequence[float],
    overlap_s: npt.NDArray[np.float64],
    *,
    speakers: int | None = None,
    same: float = SAME_SPEAKER,
) -> list[int]:
    """Return for each voice the number of its speaker.

    The two most alike groups of voices become one, again and again, as long as they are alike enough and do not speak
    at once. Voices with little speech come last and join whom they resemble most.

    Args:
        prints: One a voice.
        seconds: Speech that each print was made of.
        overlap_s: Shape (n_voices, n_voices), how long two of them speak at once.
        speakers: How many there are, if that is known; voices are joined until there are no more.
        same: Cosine from which two are one.
    """
    weighted = prints * np.maximum(np.asarray(seconds), 1e-3)[:, None]
    long = [at for at in range(len(prints)) if seconds[at] >= LEAST_VOICE_S] or list(range(len(prints)))
    groups = _grouped(weighted[long], overlap_s[np.ix_(long, long)], speakers, same)
    numbers = np.full(len(prints), -1)
    for number, group in enumerate(groups):
        numbers[[long[at] for at in group]] = number
    count = len(groups)
    means = _unit(np.stack([weighted[numbers == number].sum(axis=0) for number in range(count)]))
    for at in sorted(set(range(len(prints))) - set(long), key=lambda each: -seconds[each]):
        overlaps = np.array([overlap_s[at, numbers == number].sum() for number in range(len(means))])
        alike = np.where(overlaps <= MOST_OVERLAP_S, means @ prints[at], _NEVER)
        if alike.max() > _NEVER:
            numbers[at] = int(alike.argmax())
        else:
            numbers[at], count = count, count + 1
    return [int(number) for number in numbers]


def _grouped(
    sums: npt.NDArray[np.float64], overlap_s: npt.NDArray[np.float64], speakers: int | None, same: float
) -> list[list[int]]:
    """Join voices, the most alike first; return their places by group.

    Args:
        sums: Prints times seconds, shape (n_voices, 256).
        overlap_s: As of `same_speakers`.
        speakers: As there.
        same: As there.
    """
    sums, overlap_s = sums.copy(), overlap_s.copy()
    groups: dict[int, list[int]] = {at: [at] for at in range(len(sums))}
    units = _unit(sums)
    alike = units @ units.T
    alike[(overlap_s > MOST_OVERLAP_S) | np.eye(len(sums), dtype=bool)] = _NEVER
    while len(groups) > (speakers or 1):
        left, right = (int(at) for at in np.unravel_index(int(alike.argmax()), alike.shape))
        if alike[left, right] == _NEVER or (speakers is None and alike[left, right] < same):
            break
        groups[left] += groups.pop(right)
        sums[left] += sums[right]
        overlap_s[left] += overlap_s[right]
        overlap_s[:, left] += overlap_s[:, right]
        units[left] = _unit(sums[left : left + 1])[0]
        now = units @ units[left]
        now[overlap_s[left] > MOST_OVERLAP_S] = _NEVER
        now[[at for at in range(len(sums)) if at not in groups or at == left]] = _NEVER
        alike[left], alike[:, left] = now, now
        alike[right], alike[:, right] = _NEVER, _NEVER
    return list(groups.values())


def _unit(vectors: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9), np.float64)
