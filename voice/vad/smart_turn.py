"""Smart Turn v3 as an engine of the `ears` worker: does the end of this sound like the end of a turn?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from calls.audio import SPEECH_RATE_HZ, FloatSamples, Samples, to_float
from calls.errors import CallCentreError
from voice.workers.engine import Reply
from voice.workers.protocol import Arrays

SPAN_MS = 8_000
"""What the model looks at. Source: Smart Turn v3 model card."""
_SPAN_SAMPLES = SPAN_MS * SPEECH_RATE_HZ // 1000
_N_FFT = 400
_HOP = 160
_N_MELS = 80
"""Whisper's front end. Source: Radford et al. (2022), section 2.2."""
_VARIANCE_FLOOR = 1e-7
_POWER_FLOOR = 1e-10


def mel_filters() -> npt.NDArray[np.float32]:
    """Return Slaney's area-normalised mel filters for 16 kHz, shape (80, 201)."""
    linear_hz, log_step = 200.0 / 3.0, np.log(6.4) / 27.0
    first_log_mel = 1_000.0 / linear_hz
    top_mel = first_log_mel + np.log(SPEECH_RATE_HZ / 2 / 1_000.0) / log_step
    mels = np.linspace(0.0, top_mel, _N_MELS + 2)
    edges_hz = np.where(
        mels < first_log_mel, mels * linear_hz, 1_000.0 * np.exp(log_step * (np.maximum(mels, 0.0) - first_log_mel))
    )
    bins_hz = np.fft.rfftfreq(_N_FFT, 1.0 / SPEECH_RATE_HZ)
    low, middle, high = edges_hz[:-2, None], edges_hz[1:-1, None], edges_hz[2:, None]
    triangles = np.maximum(0.0, np.minimum((bins_hz - low) / (middle - low), (high - bins_hz) / (high - middle)))
    filters: npt.NDArray[np.float32] = (triangles * 2.0 / (high - low)).astype(np.float32)
    return filters


class LogMel:
    """Whisper's log-mel features of the last 8 s, without torch."""

    def __init__(self) -> None:
        """Compute the window and the filters once."""
        self._window = np.hanning(_N_FFT + 1)[:-1].astype(np.float32)
        self._filters = mel_filters()

    def features(self, sound: FloatSamples) -> npt.NDArray[np.float32]:
        """Return features, shape (80, 800), of the last 8 s of `sound`; shorter sound is preceded by silence."""
        sound = sound[-_SPAN_SAMPLES:]
        padded: FloatSamples = np.zeros(_SPAN_SAMPLES, dtype=np.float32)
        padded[_SPAN_SAMPLES - sound.size :] = sound
        padded = (padded - padded.mean()) / np.sqrt(padded.var() + np.float32(_VARIANCE_FLOOR))
        centred = np.pad(padded, _N_FFT // 2, mode="reflect")
        frames = np.lib.stride_tricks.sliding_window_view(centred, _N_FFT)[::_HOP][: _SPAN_SAMPLES // _HOP]
        power = np.square(np.abs(np.fft.rfft(frames * self._window, axis=1))).astype(np.float32)
        logged = np.log10(np.maximum(self._filters @ power.T, _POWER_FLOOR))
        # Whisper keeps 8 decades (80 dB) below the loudest bin and scales to about [-1, 1].
        features: npt.NDArray[np.float32] = ((np.maximum(logged, logged.max() - 8.0) + 4.0) / 4.0).astype(np.float32)
        return features


class SmartTurn:
    """Judges the end of a turn from its sound alone; the same for every language it was trained on (23)."""

    def __init__(self, model: Path, threads: int = 1) -> None:
        """Load the ONNX file.

        Raises:
            CallCentreError: `model.missing` when there is no such file.
        """
        if not model.is_file():
            raise CallCentreError(
                "model.missing",
                f"The end-of-turn model {model} is missing; run `warmline models fetch`.",
                fault="operator",
            )
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self._log_mel = LogMel()

    def warm_up(self) -> None:
        """Judge a moment of silence."""
        self.end_prob(np.zeros(SPEECH_RATE_HZ, dtype=np.int16))

    def handle(self, method: str, data: dict[str, Any], arrays: Arrays) -> Iterator[Reply]:
        """Serve `end_prob`: arrays `samples` int16, at most 8 s, the end of the turn -> data `prob`."""
        del data
        if method != "end_prob":
            raise CallCentreError("engine.method", f"The end-of-turn engine knows no {method!r}.", fault="us")
        yield Reply({"prob": self.end_prob(arrays["samples"])})

    def end_prob(self, samples: Samples) -> float:
        """Return the probability that the turn is over, from its last 8 s at 16 kHz, shape (n,)."""
        features = self._log_mel.features(to_float(samples))
        return float(self._session.run(None, {"input_features": features[None]})[0].reshape(-1)[0])


def create(options: dict[str, Any]) -> SmartTurn:
    """Make the engine. Options: `model` (path of the ONNX file), `threads` (1)."""
    return SmartTurn(Path(options["model"]), int(options.get("threads", 1)))
