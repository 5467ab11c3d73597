"""From the voice to an estimate: a logistic model over prosody and what the recogniser's encoder made of the utterance.

Prosody counts twice, as it is and as its difference from the caller's own start. The weights of prosody alone
(`emotion.json`) and of both (`fused.json`) are trained by `python -m bench.train_emotion` on speech whose licence
allows it. Pure: no state, no clock; the caller's baseline is an argument and comes back updated.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from calls.errors import CallCentreError
from calls.speech import EmotionEstimate
from voice.prosody.features import NAMES, Prosody

Array = npt.NDArray[np.float64]

BASELINE_FULL = 5
"""Utterances after which the baseline only follows slowly. Source: pitch and rate means settle within 3 to 5 turns."""
BASELINE_FOLLOW = 0.1
"""Weight of a new utterance once the baseline is full."""
HEATED_PROB = 0.6
"""An utterance that sounds this angry does not move the baseline: anger must not become the norm."""
LEAST_VOICED_S = 0.5
"""Less voice than this gives no estimate that deserves the name."""
UNSURE = 0.85
"""Uncertainty from which the estimate abstains."""
Z_CLIP = 4.0
"""Standardised features are clipped here, so that one strange value cannot decide."""

LOUDER_DB, PITCH_ST, FASTER = 4.0, 2.0, 1.25
"""What a person notices as louder, higher, faster. Source: about two just-noticeable differences in running speech."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """How this caller usually sounds in this call."""

    n: int = 0
    vector: Array = field(default_factory=lambda: np.zeros(len(NAMES)))
    level_dbfs: float = 0.0
    pitch_st: float = 0.0
    rate_hz: float = 0.0

    def with_utterance(self, sound: Prosody) -> Baseline:
        """Return the baseline after one more utterance."""
        weight = 1 / (self.n + 1) if self.n < BASELINE_FULL else BASELINE_FOLLOW
        return Baseline(
            n=self.n + 1,
            vector=self.vector + weight * (sound.vector - self.vector),
            level_dbfs=self.level_dbfs + weight * (sound.level_dbfs - self.level_dbfs),
            pitch_st=self.pitch_st + weight * (sound.pitch_st - self.pitch_st),
            rate_hz=self.rate_hz + weight * (sound.rate_hz - self.rate_hz),
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain data for the way between processes."""
        return {
            "n": self.n,
            "vector": self.vector.tolist(),
            "level_dbfs": self.level_dbfs,
            "pitch_st": self.pitch_st,
            "rate_hz": self.rate_hz,
        }

    @staticmethod
    def from_json(data: dict[str, Any] | None) -> Baseline:
        """Rebuild; None is the start of a call."""
        return Baseline() if data is None else Baseline(**{**data, "vector": np.asarray(data["vector"])})


@dataclass(frozen=True, slots=True)
class Linear:
    """One logistic output."""

    weights: Array
    """Shape (2 * len(NAMES) + states,): the utterance, its difference from the baseline, the encoder's states."""
    bias: float
    slope: float
    """Calibration: the probability is sigmoid(slope * score + offset)."""
    offset: float

    def prob(self, standard: Array) -> float:
        """Return the calibrated probability."""
        score = float(self.weights @ standard) + self.bias
        return float(1 / (1 + np.exp(-np.clip(self.slope * score + self.offset, -30, 30))))


@dataclass(frozen=True, slots=True)
class EmotionModel:
    """The shipped weights."""

    name: str
    mean: Array
    scale: Array
    anger: Linear
    arousal: Linear
    encoder: str = ""
    """The encoder whose states it needs; empty for one that looks at prosody alone."""
    plain: EmotionModel | None = None
    """Where the reasons come from: prosody, which people can hear; None: this one."""

    @staticmethod
    def load(path: Path, plain: EmotionModel | None = None) -> EmotionModel:
        """Read the weights.

        Args:
            path: The file.
            plain: The model of prosody alone beside it, for one that needs states.

        Raises:
            CallCentreError: `emotion.unreadable` when the file is missing, damaged or of other features.
        """
        try:
            raw = path.read_bytes()
            data = json.loads(raw)
            if data["features"] != list(NAMES):
                raise ValueError("it was trained on other features")
            linear = {
                key: Linear(
                    np.asarray(data[key]["weights"]), data[key]["bias"], data[key]["slope"], data[key]["offset"]
                )
                for key in ("anger", "arousal")
            }
            encoder = data.get("encoder", "")
            name = f"{'fused' if encoder else 'prosody'}-{hashlib.sha256(raw).hexdigest()[:8]}"
            mean, scale = np.asarray(data["mean"]), np.asarray(data["scale"])
            if not len(mean) == len(scale) == len(linear["anger"].weights) == len(linear["arousal"].weights):
                raise ValueError("its parts have different lengths")
            return EmotionModel(name, mean, scale, **linear, encoder=encoder, plain=plain)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CallCentreError(
                "emotion.unreadable",
                f"The emotion weights {path} cannot be used: {error}. Run `warmline models verify`, or train your own "
                "again.",
                fault="operator",
            ) from error

    def takes(self, encoder: str, states: npt.NDArray[np.float32]) -> bool:
        """Tell whether these states are of the encoder that the model was trained on."""
        return bool(self.encoder) and self.encoder == encoder and 2 * len(NAMES) + states.size == self.mean.size

    def standardise(self, *parts: npt.NDArray[Any]) -> Array:
        """Return the model's input: prosody, its difference from the baseline and, where it needs them, states."""
        return np.asarray(np.clip((np.concatenate(parts) - self.mean) / self.scale, -Z_CLIP, Z_CLIP))

    def estimate(
        self, sound: Prosody | None, baseline: Baseline, states: npt.NDArray[np.float32] | None = None
    ) -> tuple[EmotionEstimate, Baseline]:
        """Return the estimate of one utterance and the caller's baseline after it.

        Args:
            sound: Its prosody; None where there was too little voice.
            baseline: How the caller usually sounds.
            states: Of the encoder, for a model that `takes` them, else None.
        """
        if sound is None:
            return self._nothing(("too_little_voice",)), baseline
        difference = sound.vector - baseline.vector if baseline.n else np.zeros(len(NAMES))
        standard = self.standardise(sound.vector, difference, *(() if states is None else (states,)))
        anger = self.anger.prob(standard)
        strange = float(np.mean(np.abs(standard[: len(NAMES)]) >= Z_CLIP))
        uncertainty = _uncertainty(anger, sound.voiced_s, strange)
        short = sound.voiced_s < LEAST_VOICED_S
        abstained = short or uncertainty >= UNSURE
        estimate = EmotionEstimate(
            anger_prob=round(anger, 4),
            arousal_score=round(self.arousal.prob(standard), 4),
            uncertainty=round(uncertainty, 4),
            abstained=abstained,
            reasons=("too_little_voice",) if short else self.reasons(sound, baseline, difference),
            model=self.name,
        )
        moved = baseline if (anger >= HEATED_PROB and not abstained) or short else baseline.with_utterance(sound)
        return estimate, moved

    def _nothing(self, reasons: tuple[str, ...]) -> EmotionEstimate:
        return EmotionEstimate(
            anger_prob=0.0, arousal_score=0.0, uncertainty=1.0, abstained=True, reasons=reasons, model=self.name
        )

    def reasons(self, sound: Prosody, baseline: Baseline, difference: Array) -> tuple[str, ...]:
        """Return in codes what a person could hear: against the caller's start, and what speaks for anger by itself."""
        if self.plain is not None:
            return self.plain.reasons(sound, baseline, difference)
        found = []
        if baseline.n:
            louder = sound.level_dbfs - baseline.level_dbfs
            higher = sound.pitch_st - baseline.pitch_st
            found += ["louder_than_start"] if louder >= LOUDER_DB else []
            found += ["quieter_than_start"] if louder <= -LOUDER_DB else []
            found += ["higher_than_start"] if higher >= PITCH_ST else []
            found += ["lower_than_start"] if higher <= -PITCH_ST else []
            found += ["faster_than_start"] if sound.rate_hz >= FASTER * baseline.rate_hz else []
            found += ["slower_than_start"] if sound.rate_hz <= baseline.rate_hz / FASTER else []
        push = self.anger.weights * self.standardise(sound.vector, difference)
        group = {
            "lively_pitch": ("pitch_std_st", "pitch_range_st", "pitch_p95_st", "pitch_change_st"),
            "pressed_voice": ("centroid_mean_hz", "high_share", "tilt_mean_db", "hammarberg_db", "mid_share"),
            "abrupt_energy": ("energy_change_db", "energy_std_db", "flux_mean"),
        }
        for code, names in group.items():
            index = [NAMES.index(name) for name in names]
            if push[index].sum() + push[[i + len(NAMES) for i in index]].sum() > 0.5:
                found.append(code)
        return tuple(found)


def _uncertainty(prob: float, voiced_s: float, strange: float) -> float:
    """Combine doubt of the model (entropy), shortness and strangeness into 0 (sure) to 1 (no idea)."""
    p = min(max(prob, 1e-6), 1 - 1e-6)
    entropy = float(-(p * np.log2(p) + (1 - p) * np.log2(1 - p)))
    short = float(np.clip((1.5 - voiced_s) / 1.5, 0.0, 1.0))  # 1.5 s of voice is a short sentence
    return float(np.clip(0.6 * entropy + 0.4 * short + 2.0 * strange, 0.0, 1.0))
