"""Models and voices for the tests of recognition."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from calls.audio import SPEECH_RATE_HZ, Samples, to_float, to_int16
from calls.ids import Language
from tests.fakes.real_engines import caller_says

Say = Callable[[str, Language], Samples]


@pytest.fixture(scope="session")
def models() -> Path:
    """Where the models lie, or the reason why the test is left out."""
    folder = Path(os.environ.get("WARMLINE_MODELS") or "~/.cache/warmline/models").expanduser()
    for name in ("whisper-base/model.bin", "silero-vad/silero_vad_v6.onnx"):
        if not (folder / name).is_file():
            pytest.skip(f"the model {folder / name} is missing: run `warmline models fetch` or set WARMLINE_MODELS")
    return folder


@pytest.fixture(scope="session")
def say() -> Say:
    """Speaks a text through a telephone in a clear voice, with half a second of line noise before and behind."""
    import scipy.signal

    def speak(text: str, language: Language) -> Samples:
        sound = np.pad(to_float(caller_says(text, language)), SPEECH_RATE_HZ // 2)
        band = scipy.signal.butter(4, [300, 3400], "band", fs=SPEECH_RATE_HZ, output="sos")
        noise = np.random.default_rng(1).normal(0, 0.0005, sound.size)
        return to_int16(0.5 * scipy.signal.sosfilt(band, sound) + noise)

    return speak
