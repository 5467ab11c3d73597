"""Real models for tests: where they lie, the workers that run them, and voices for the callers."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import subprocess
import uuid
import wave
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from calls.audio import Samples, to_int16
from calls.ids import Language
from calls.resample import Resampler
from service.models_store import ModelStore
from tests.waiting import HANGS_S
from voice.tts.kokoro import KokoroModel
from voice.workers.client import EngineSpec

MODELS = Path(os.environ.get("WARMLINE_MODELS") or Path.home() / ".cache" / "warmline" / "models")
ROOT = Path(__file__).parents[2]
STYLES = ROOT / "models" / "kokoro-styles"
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
        made = subprocess.run(command, capture_output=True, check=True, timeout=HANGS_S).stdout
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


@lru_cache
def caller_says(text: str, language: Language, speed: float = 1.0) -> Samples:
    """Speech at 16 kHz without silence around it, in a voice that is understood with margin and is never the bot's.

    Takes about 0.4 s a second of speech the first time on a machine, so call it before the call, or in a thread; then
    it lies in a folder beside the models, until the weights or the code that made it are others.
    """
    spoken = ", ".join((text, language, _CALLERS[language], str(speed)))
    kept = _voices_folder() / f"{hashlib.sha256(spoken.encode()).hexdigest()[:24]}.npy"
    if kept.exists():
        found: Samples = np.load(kept)
        return found
    said = _made(text, language, speed)
    with contextlib.suppress(OSError):  # a folder that cannot be written only costs time
        kept.parent.mkdir(parents=True, exist_ok=True)
        part = kept.with_suffix(f".{uuid.uuid4().hex}.part")  # other workers make the same, at the same time
        with part.open("wb") as file:
            np.save(file, said)
        part.replace(kept)
    return said


def _made(text: str, language: Language, speed: float) -> Samples:
    spoken = _kokoro().utter(text, voice=_CALLERS[language], language=language, speed=speed)
    import soxr

    resampled = to_int16(soxr.resample(spoken.samples, spoken.rate_hz, 16_000))
    loud = np.flatnonzero(np.abs(resampled) > 200)
    out: Samples = resampled[loud[0] : loud[-1] + 1]
    return out


@lru_cache(maxsize=1)
def _voices_folder() -> Path:
    """The folder of what these weights say by this code."""
    model("kokoro", "model.onnx")
    made_by = hashlib.sha256(ModelStore().sha256("kokoro").encode())
    sources = [Path(__file__), *sorted((ROOT / "voice" / "tts").glob("*.py")), *sorted(STYLES.iterdir())]
    for source in sources:
        made_by.update(source.read_bytes())
    return MODELS.parent / "callers" / made_by.hexdigest()[:16]


_CALLERS: dict[Language, str] = {"en": "af_heart", "es": "em_alex"}
"""The bot speaks as Piper's Joe in English and as Kokoro's Dora in Spanish."""


@lru_cache(maxsize=1)
def _kokoro() -> KokoroModel:
    folder = model("kokoro", "model.onnx").parent
    return KokoroModel(folder, styles=[STYLES], voices={str(language): voice for language, voice in _CALLERS.items()})


def telephone(samples: Samples) -> Samples:
    """Bring speech at 16 kHz to 8 kHz, as a telephone does."""
    whole = samples[: samples.size // 320 * 320]
    return Resampler(16_000, 8_000).process(whole)
