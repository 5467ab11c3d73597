"""Which engine serves what, and in which worker process: the only file that names them."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calls.errors import CallCentreError
from calls.ids import Language
from service.config import Config
from service.models_store import ModelStore
from service.recogniser import at_once, own_folder, recogniser_folder
from voice.prosody.engine import WEIGHTS
from voice.prosody.model import EmotionModel
from voice.tts.voice import VoiceChoice
from voice.workers.client import EngineSpec, Worker

SILERO = "silero_vad_v6.onnx"
KOKORO_VOICES = {"es": "ef_dora", "en": "af_heart"}
"""Native styles; an independent recogniser gets 97 % of their words at telephone band."""

REALTIME_FACTOR = {"piper": 0.1, "kokoro": 0.35, "coqui": 0.8}
"""Seconds of work for a second of speech on the default machine, two threads."""


@dataclass(frozen=True, slots=True)
class Workers:
    """The worker processes of one service, by what must not wait for what.

    `ears` (voice activity, end of turn) must answer within milliseconds and runs at normal priority; recognition,
    speech and the rest are nicer, so that under load the line degrades in this order and never stalls.
    """

    ears: Worker
    asr: Worker
    tts: Worker
    mind: Worker

    def all(self) -> tuple[Worker, ...]:
        """Return every worker."""
        return (self.ears, self.asr, self.tts, self.mind)


def needed_models(config: Config) -> tuple[str, ...]:
    """Return the names of the models that this configuration cannot run without."""
    of_voice = {"piper": ("piper-en-joe",), "kokoro": ("kokoro", "kokoro-styles")}
    chosen = {model for name in (config.speech.voice_en, config.speech.voice_es) for model in of_voice.get(name, ())}
    emotion = () if config.models.emotion else ("emotion",)
    recogniser = () if own_folder(config) else (config.models.whisper,)
    return (*recogniser, "silero-vad", "smart-turn", "e5", *emotion, "feelings", *sorted(chosen))


def build_workers(config: Config, store: ModelStore) -> Workers:
    """Describe the workers; nothing is started.

    Raises:
        CallCentreError: `model.missing`, `model.corrupt` or `extra.missing`, naming
            the model and what mends it.
    """

    def spec(name: str, factory: str, **options: Any) -> EngineSpec:
        return EngineSpec(name, factory, {key: str(value) for key, value in options.items()})

    side_by_side = at_once(config.models)
    smart_turn = str(store.path("smart-turn") / "smart-turn-v3.2-cpu.onnx")
    asr_options = {
        "model_dir": str(recogniser_folder(config, store)),
        "vad_model": str(store.path("silero-vad") / SILERO),
        "compute_type": "int8",
        "threads": config.models.whisper_threads,
        "at_once": side_by_side,
    }
    ears = [
        spec("vad", "voice.vad.silero:create", model=store.path("silero-vad") / SILERO),
        # 0.1 s each on a slow core: callers who pause in the same moment do not wait for each other either.
        EngineSpec("smart_turn", "voice.vad.smart_turn:create", {"model": smart_turn}, side_by_side),
    ]
    mind = [
        spec("embedding", "knowledge.embedding:create", path=store.path("e5") / "e5-small-q4.bin"),
        spec("espeak", "voice.tts.espeak:create"),
        spec("prosody", "voice.prosody.engine:create", model_dir=emotion_weights(config, store)),
    ]
    return Workers(
        ears=Worker("ears", ears, niceness=0, threads=1),
        asr=Worker(
            "asr",
            [EngineSpec("asr", "voice.asr.whisper:create", asr_options, side_by_side)],
            niceness=3,
            threads=config.models.whisper_threads,
        ),
        tts=Worker("tts", voice_specs(config, store), niceness=4, threads=2),
        mind=Worker("mind", mind, niceness=4, threads=1),
    )


def emotion_weights(config: Config, store: ModelStore) -> Path:
    """Return the folder of the emotion weights, after a look at whether own ones can be used.

    Raises:
        CallCentreError: `emotion.unreadable`, or that the shipped ones are missing.
    """
    if not config.models.emotion:
        return store.path("emotion")
    folder = Path(config.models.emotion).expanduser()
    EmotionModel.load(folder / WEIGHTS)
    return folder


def voice_specs(config: Config, store: ModelStore) -> list[EngineSpec]:
    """Return the voice engines that the configuration uses."""
    used = {config.speech.voice_en, config.speech.voice_es}
    specs = []
    if "piper" in used:
        model = store.path("piper-en-joe") / "en_US-joe-medium.onnx"
        specs.append(EngineSpec("piper", "voice.tts.piper:create", {"path": str(model)}))
    if "kokoro" in used:
        specs.append(kokoro_spec(store))
    for language in languages_of_coqui(config):
        options = {"model_dir": coqui_model(config, language)}
        specs.append(EngineSpec(f"coqui-{language}", "voice.tts.coqui:create", options))
    return specs


def languages_of_coqui(config: Config) -> list[Language]:
    """Return the languages that a Coqui model speaks."""
    chosen: dict[Language, str] = {"en": config.speech.voice_en, "es": config.speech.voice_es}
    return [language for language, voice in chosen.items() if voice == "coqui"]


def coqui_model(config: Config, language: Language) -> str:
    """Return the folder of the Coqui model of a language, after a look at whether it can be one.

    Raises:
        CallCentreError: `model.missing` or `extra.missing`.
    """
    speech = config.speech
    folder = Path({"en": speech.coqui_model_en, "es": speech.coqui_model_es}[language]).expanduser()
    if not (folder / "config.json").is_file() or not any(folder.glob("*.pth")):
        raise CallCentreError(
            "model.missing",
            f"The folder [speech] coqui_model_{language} = {str(folder)!r} holds no Coqui model: it needs a "
            f"config.json and a .pth file. Put them there, or choose another voice_{language}.",
            fault="operator",
        )
    if importlib.util.find_spec("TTS") is None:
        raise CallCentreError(
            "extra.missing",
            "The Coqui engine needs the extra `coqui`. Run `pip install 'warmline[coqui]'`.",
            fault="operator",
        )
    return str(folder)


def kokoro_spec(store: ModelStore) -> EngineSpec:
    """Return Kokoro with its native styles."""
    options = {
        "folder": str(store.path("kokoro")),
        "styles": [str(store.path("kokoro-styles"))],
        "voices": KOKORO_VOICES,
        "threads": 2,
    }
    return EngineSpec("kokoro", "voice.tts.kokoro:create", options)


def voices(config: Config, workers: Workers) -> dict[Language, tuple[VoiceChoice, ...]]:
    """Return the voices of each language in order of preference; espeak-ng, in another worker, is the last resort."""
    chosen: dict[Language, str] = {"en": config.speech.voice_en, "es": config.speech.voice_es}
    last = VoiceChoice(workers.mind, "espeak", realtime_factor=0.05)
    found: dict[Language, tuple[VoiceChoice, ...]] = {}
    for language, name in chosen.items():
        engine = f"coqui-{language}" if name == "coqui" else name
        first = VoiceChoice(workers.tts, engine, realtime_factor=REALTIME_FACTOR.get(name, 0.6))
        found[language] = (last,) if name == "espeak" else (first, last)
    return found
