"""Models and voices for the tests of recognition."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from calls.audio import SPEECH_RATE_HZ, Samples, to_int16

Say = Callable[[str, str], Samples]


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
    """Speaks a text with espeak-ng through a telephone, with half a second of line noise before and behind."""
    program = shutil.which("espeak-ng")
    if program is None:
        pytest.skip("espeak-ng is not installed: apt-get install espeak-ng")
    import scipy.signal
    import soundfile
    import soxr

    def speak(text: str, voice: str) -> Samples:
        wav = subprocess.run([program, "-v", voice, "-s", "140", "--stdout", text], capture_output=True, check=True)
        sound, rate_hz = soundfile.read(io.BytesIO(wav.stdout), dtype="float32")
        sound = np.pad(soxr.resample(sound, rate_hz, SPEECH_RATE_HZ), SPEECH_RATE_HZ // 2)
        band = scipy.signal.butter(4, [300, 3400], "band", fs=SPEECH_RATE_HZ, output="sos")
        noise = np.random.default_rng(1).normal(0, 0.0005, sound.size)
        return to_int16(0.5 * scipy.signal.sosfilt(band, sound) + noise)

    return speak
