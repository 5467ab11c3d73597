"""Real models for tests of hearing: where they lie, and the workers that run them."""

from __future__ import annotations

import io
import os
import subprocess
import wave
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from calls.audio import Samples
from calls.resample import Resampler
from voice.workers.client import EngineSpec

MODELS = Path(os.environ.get("WARMLINE_MODELS") or Path.home() / ".cache" / "warmline" / "models")
SHARED = Path(os.environ.get("WARMLINE_SHARED") or Path(__file__).parents[3] / "shared")


def model(*parts: str) -> Path:
    """The path of a model's file; the test is left out, and says so, when it was not fetched."""
    path = MODELS.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"the model {parts[0]} is not in {MODELS}; run `warmline models fetch`")
    return path


def ears_engines() -> list[EngineSpec]:
    """Voice activity and Smart Turn."""
    silero = str(model("silero-vad", "silero_vad_v6.onnx"))
    smart_turn = str(model("smart-turn", "smart-turn-v3.2-cpu.onnx"))
    return [
        EngineSpec("vad", "voice.vad.silero:create", {"model": silero}),
        EngineSpec("smart_turn", "voice.vad.smart_turn:create", {"model": smart_turn}),
    ]


def asr_engines() -> list[EngineSpec]:
    """Whisper base."""
    folder = model("whisper-base", "model.bin").parent
    return [EngineSpec("asr", "voice.asr.whisper:create", {"model_dir": str(folder)})]


@lru_cache
def espeak(text: str, voice: str, words_per_minute: int = 150) -> Samples:
    """Speech at 16 kHz without silence around it, made on the spot by the espeak-ng program."""
    command = ["espeak-ng", "-v", voice, "-s", str(words_per_minute), "--stdout", text]
    try:
        made = subprocess.run(command, capture_output=True, check=True, timeout=20).stdout
    except FileNotFoundError:
        pytest.skip("the program espeak-ng is not installed")
    with wave.open(io.BytesIO(made)) as file:
        rate_hz = file.getframerate()
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16)
    import soxr

    resampled = soxr.resample(samples, rate_hz, 16_000)
    loud = np.flatnonzero(np.abs(resampled) > 200)
    out: Samples = resampled[loud[0] : loud[-1] + 1]
    return out


def telephone(samples: Samples) -> Samples:
    """Bring speech at 16 kHz to 8 kHz, as a telephone does."""
    whole = samples[: samples.size // 320 * 320]
    return Resampler(16_000, 8_000).process(whole)
