"""Voice prints: a vector a voice, by which stretches of one speaker are joined (extra `diarize`).

A print is biometric data. It is made in memory to tell the voices of one recording apart, compared with the others of
the same recording, and forgotten: nothing here writes one down.
"""

from __future__ import annotations

import itertools
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
"""Cosine above which two prints are of one speaker."""
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
                "Run `pip install -r requirements-extras.in`.",
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
    long = [at for at in range(len(prints)) if seconds[at] >= LEAST_VOICE_S] or list(range(len(prints)))
    groups = [[at] for at in long]
    while len(groups) > 1:
        pairs = [
            (_alike(prints, seconds, left, right), left, right)
            for left, right in itertools.combinations(groups, 2)
            if _may_be_one(overlap_s, left, right)
        ]
        best = max(pairs, key=lambda pair: pair[0], default=None)
        if best is None or len(groups) <= (speakers or 1) or (speakers is None and best[0] < same):
            break
        groups.remove(best[2])
        best[1].extend(best[2])
    for at in sorted(set(range(len(prints))) - set(long), key=lambda each: -seconds[each]):
        possible = [group for group in groups if _may_be_one(overlap_s, group, [at])]
        if possible:
            max(possible, key=lambda group: _alike(prints, seconds, group, [at])).append(at)
        else:
            groups.append([at])
    number = {at: index for index, group in enumerate(groups) for at in group}
    return [number[at] for at in range(len(prints))]


def _may_be_one(overlap_s: npt.NDArray[np.float64], left: Sequence[int], right: Sequence[int]) -> bool:
    return float(overlap_s[np.ix_(left, right)].sum()) <= MOST_OVERLAP_S


def _alike(prints: Prints, seconds: Sequence[float], left: Sequence[int], right: Sequence[int]) -> float:
    """Return the cosine of two groups' mean prints, weighted by their speech."""
    means = [sum(prints[at] * max(seconds[at], 1e-3) for at in group) for group in (left, right)]
    norms = [float(np.linalg.norm(mean)) for mean in means]
    return float(np.dot(*means)) / (norms[0] * norms[1]) if min(norms) > 0.0 else 0.0
