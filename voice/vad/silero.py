"""Silero VAD as an engine of the `ears` worker: probability of voice for each window of 32 ms."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from calls.audio import to_float
from calls.errors import CallCentreError
from voice.workers.engine import Reply
from voice.workers.protocol import Arrays

WINDOW_SAMPLES = 512
"""Samples a window at 16 kHz. Source: Silero VAD v5 and later."""
_CONTEXT_SAMPLES = 64
"""Samples of the window before that each window is preceded by. Source: Silero VAD, 16 kHz."""
_HIDDEN = 128
_STATE_SIZE = 2 * _HIDDEN + _CONTEXT_SAMPLES


class SileroVad:
    """Stateless between requests: the recurrent state and the context travel with each request."""

    def __init__(self, model: Path, threads: int = 1) -> None:
        """Load the ONNX file.

        Raises:
            CallCentreError: `model.missing` when there is no such file.
        """
        if not model.is_file():
            raise CallCentreError(
                "model.missing",
                f"The voice activity model {model} is missing; install faster-whisper.",
                fault="operator",
            )
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])

    def warm_up(self) -> None:
        """Run one window."""
        self.probs(np.zeros(WINDOW_SAMPLES, dtype=np.int16), np.zeros(0, dtype=np.float32))

    def handle(self, method: str, data: dict[str, Any], arrays: Arrays) -> Iterator[Reply]:
        """Serve `probs`: arrays `samples` (k * 512,) int16 and `state` -> `probs` (k,) and the new `state`."""
        del data
        if method != "probs":
            raise CallCentreError("engine.method", f"The voice activity engine knows no {method!r}.", fault="us")
        probs, state = self.probs(arrays["samples"], arrays["state"])
        yield Reply({}, {"probs": probs, "state": state})

    def probs(
        self, samples: npt.NDArray[np.int16], state: npt.NDArray[np.float32]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Return the probability of voice in each window, shape (k,), and the state for the next request.

        Args:
            samples: 16 kHz, shape (k * 512,).
            state: Shape (320,) as returned before, or empty for the beginning of a stream.
        """
        if samples.size == 0 or samples.size % WINDOW_SAMPLES:
            raise CallCentreError(
                "vad.samples", f"Voice activity takes whole windows of {WINDOW_SAMPLES} samples.", fault="us"
            )
        if state.size == 0:
            state = np.zeros(_STATE_SIZE, dtype=np.float32)
        hidden = state[:_HIDDEN].reshape(1, 1, _HIDDEN)
        cell = state[_HIDDEN : 2 * _HIDDEN].reshape(1, 1, _HIDDEN)
        sound = np.concatenate([state[2 * _HIDDEN :], to_float(samples)])
        # Each row is a window with the 64 samples before it; the model runs its recurrence over the rows.
        rows = np.lib.stride_tricks.sliding_window_view(sound, _CONTEXT_SAMPLES + WINDOW_SAMPLES)[::WINDOW_SAMPLES]
        probs, hidden, cell = self._session.run(
            None,
            {"input": np.ascontiguousarray(rows), "h": np.ascontiguousarray(hidden), "c": np.ascontiguousarray(cell)},
        )
        packed = np.concatenate([hidden.ravel(), cell.ravel(), sound[-_CONTEXT_SAMPLES:]]).astype(np.float32)
        return np.asarray(probs, dtype=np.float32).reshape(-1), packed


def create(options: dict[str, Any]) -> SileroVad:
    """Make the engine. Options: `model` (path of `silero_vad_v6.onnx`), `threads` (1)."""
    return SileroVad(Path(options["model"]), int(options.get("threads", 1)))
