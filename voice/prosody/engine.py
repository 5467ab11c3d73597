"""The prosody engine of the `mind` worker: one request an utterance."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from calls.audio import SPEECH_RATE_HZ, Samples
from calls.errors import CallCentreError
from voice.prosody.features import Prosody, glance, prosody
from voice.prosody.model import Baseline, EmotionModel
from voice.workers.engine import Reply
from voice.workers.protocol import Arrays

WEIGHTS, FUSED = "emotion.json", "fused.json"
PREPARED_KEPT = 8
"""Sounds that were prepared and not asked about yet: one for each caller who pauses just now, and some to spare."""


class ProsodyEngine:
    """`estimate`: an utterance at 16 kHz in, an `EmotionEstimate` and the caller's new baseline out.

    With the array `states` and the name of their `encoder` the fused model answers, if it was trained on that encoder;
    in all other cases the one of prosody alone, which was measured by itself. `glance`: the last moments of one that
    goes on in, level and pitch out, and how far they are from the caller's own start. `prepare`: sound that may be all
    of an utterance; an `estimate` of just that sound then takes no time.
    """

    def __init__(self, model_dir: Path) -> None:
        """Load the weights from `model_dir`."""
        self._model = EmotionModel.load(model_dir / WEIGHTS)
        fused = model_dir / FUSED
        self._fused = EmotionModel.load(fused, self._model) if fused.is_file() else None
        self._prepared: dict[bytes, Prosody | None] = {}

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
        if method == "prepare":
            self._prepared[_key(arrays["samples"])] = prosody(arrays["samples"])
            while len(self._prepared) > PREPARED_KEPT:
                del self._prepared[next(iter(self._prepared))]
            yield Reply({})
            return
        if method != "estimate":
            raise CallCentreError("engine.unknown_method", f"The prosody engine has no method {method!r}.", fault="us")
        key = _key(arrays["samples"])
        sound = self._prepared.pop(key) if key in self._prepared else prosody(arrays["samples"])
        before, states = Baseline.from_json(data["baseline"]), arrays.get("states")
        if self._fused is not None and states is not None and self._fused.takes(data["encoder"], states):
            estimate, baseline = self._fused.estimate(sound, before, states)
        else:
            estimate, baseline = self._model.estimate(sound, before)
        fields = dataclasses.asdict(estimate)
        yield Reply({"estimate": {**fields, "reasons": list(estimate.reasons)}, "baseline": baseline.to_json()})


def _key(samples: Samples) -> bytes:
    return hashlib.blake2b(samples.tobytes(), digest_size=16).digest()


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
