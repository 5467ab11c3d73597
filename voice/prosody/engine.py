"""The prosody engine of the `mind` worker: one request an utterance."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from calls.audio import SPEECH_RATE_HZ, Samples
from calls.errors import CallCentreError
from voice.prosody.features import glance, prosody
from voice.prosody.model import Baseline, EmotionModel
from voice.workers.engine import Reply
from voice.workers.protocol import Arrays

WEIGHTS, FUSED = "emotion.json", "fused.json"


class ProsodyEngine:
    """`estimate`: an utterance at 16 kHz in, an `EmotionEstimate` and the caller's new baseline out.

    With the array `states` and the name of their `encoder` the fused model answers, if it was trained on that encoder;
    in all other cases the one of prosody alone, which was measured by itself. `glance`: the last moments of one that
    goes on in, level and pitch out, and how far they are from the caller's own start.
    """

    def __init__(self, model_dir: Path) -> None:
        """Load the weights from `model_dir`."""
        self._model = EmotionModel.load(model_dir / WEIGHTS)
        fused = model_dir / FUSED
        self._fused = EmotionModel.load(fused, self._model) if fused.is_file() else None

    def warm_up(self) -> None:
        """Import librosa and let numba compile YIN, which takes seconds the first time."""
        t = np.arange(SPEECH_RATE_HZ) / SPEECH_RATE_HZ
        buzz = np.sign(np.sin(2 * np.pi * 150 * t)) * 0.2 * 32767
        prosody(buzz.astype(np.int16))

    def handle(self, method: str, data: dict[str, Any], arrays: Arrays) -> Iterator[Reply]:
        """Answer one request.

        Raises:
            CallCentreError: `engine.unknown_method`.
        """
        if method == "glance":
            yield Reply(_glance(arrays["samples"], Baseline.from_json(data["baseline"])))
            return
        if method != "estimate":
            raise CallCentreError("engine.unknown_method", f"The prosody engine has no method {method!r}.", fault="us")
        sound = prosody(arrays["samples"])
        before, states = Baseline.from_json(data["baseline"]), arrays.get("states")
        if self._fused is not None and states is not None and self._fused.takes(data["encoder"], states):
            estimate, baseline = self._fused.estimate(sound, before, states)
        else:
            estimate, baseline = self._model.estimate(sound, before)
        fields = dataclasses.asdict(estimate)
        yield Reply({"estimate": {**fields, "reasons": list(estimate.reasons)}, "baseline": baseline.to_json()})


def _glance(samples: Samples, usual: Baseline) -> dict[str, Any]:
    seen = glance(samples)
    if seen is None:
        return {}
    level_dbfs, pitch_st = seen
    higher = pitch_st - usual.pitch_st if usual.n and usual.pitch_st and pitch_st else None
    return {
        "level_dbfs": round(level_dbfs, 1),
        "pitch_st": round(pitch_st, 1),
        "louder_db": round(level_dbfs - usual.level_dbfs, 1) if usual.n else None,
        "higher_st": None if higher is None else round(higher, 1),
    }


def create(options: dict[str, Any]) -> ProsodyEngine:
    """Make the engine; options: `model_dir`."""
    return ProsodyEngine(Path(options["model_dir"]))
