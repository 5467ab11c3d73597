"""Coqui TTS as a selectable engine (extra `coqui`): any checkpoint that `coqui-tts` can load from a folder.

torch and TTS are imported only when an engine is made, so that the core runs without them. Checkpoints are pickles: use
only those of a source that you trust.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from calls.audio import FloatSamples
from calls.errors import CallCentreError
from voice.tts.engine import SpeechEngine, SpeechModel, Utterance, VoiceDescription, require_file, sha256_of
from voice.tts.words import Span, share_out

_CHECKPOINTS = ("best_model.pth", "model.pth", "model_file.pth")
_VOCODER = "vocoder"


class CoquiModel(SpeechModel):
    """A Coqui model on the CPU, with the vocoder of its subfolder `vocoder` or, without one, Griffin-Lim."""

    def __init__(self, folder: Path, *, voice: str = "", threads: int = 1) -> None:
        """Load `config.json` and the checkpoint of `folder`.

        Args:
            folder: Holds `config.json` and `best_model.pth`, `model.pth`, `model_file.pth` or one other `.pth`.
            voice: The usual speaker of a model with several.
            threads: Threads of one inference.

        Raises:
            CallCentreError: `extra.missing`, `model.missing`, `model.corrupt`.
        """
        try:
            import torch
            from TTS.utils.synthesizer import Synthesizer
        except ImportError as error:
            raise CallCentreError(
                "extra.missing",
                f"The Coqui engine needs the extra `coqui`, and {error.name} is not installed. "
                "Run `pip install 'warmline[coqui]'`.",
                fault="operator",
            ) from error
        torch.set_num_threads(threads)
        self._files = [*_checkpoint_of(folder)]
        vocoder: dict[str, Path] = {}
        if (folder / _VOCODER).is_dir():
            config, checkpoint = _checkpoint_of(folder / _VOCODER)
            vocoder = {"vocoder_config": config, "vocoder_checkpoint": checkpoint}
            self._files += [config, checkpoint]
        try:
            self._synthesizer = Synthesizer(tts_config_path=self._files[0], tts_checkpoint=self._files[1], **vocoder)
        except Exception as error:  # whatever the pickle or the config makes the library raise
            raise CallCentreError(
                "model.corrupt",
                f"The Coqui model in {folder} could not be loaded: {type(error).__name__}: {error}",
                fault="operator",
            ) from error
        self._model = self._synthesizer.tts_model
        self._voice = voice
        self._own_length_scale = float(getattr(self._model, "length_scale", 1.0))

    def describe(self) -> VoiceDescription:
        """Hash configuration and weights."""
        return VoiceDescription(weights_sha256=sha256_of(*self._files), voices=tuple(self._speakers()))

    def utter(self, text: str, *, voice: str, language: str, speed: float) -> Utterance:
        """Speak `text`; word times are shared out by letters, since Coqui's models name theirs differently.

        `speed` works for models with a length scale (VITS, Glow-TTS, FastPitch …); others keep their pace.
        """
        words = text.split()
        if not any(sign.isalnum() for sign in text):
            return Utterance(np.zeros(0, np.float32), self._rate_hz, tuple(Span(0.0, 0.0) for _ in words))
        speakers = self._speakers()
        languages = list(getattr(self._model.language_manager, "language_names", ()) or ())
        self._set_length_scale(self._own_length_scale / speed)
        try:
            audio = self._synthesizer.tts(
                text,
                speaker_name=(voice or self._voice or speakers[0]) if speakers else None,
                language_name=language if language in languages else None,
                split_sentences=False,
            )
        finally:
            self._set_length_scale(self._own_length_scale)
        samples: FloatSamples = np.trim_zeros(np.asarray(audio, dtype=np.float32), "b")
        weights = [float(sum(map(str.isalnum, word))) for word in words]
        return Utterance(samples, self._rate_hz, share_out(Span(0.0, samples.size / self._rate_hz), weights))

    @property
    def _rate_hz(self) -> int:
        return int(self._synthesizer.output_sample_rate)

    def _speakers(self) -> list[str]:
        manager = getattr(self._model, "speaker_manager", None)
        return [str(name) for name in getattr(manager, "speaker_names", ()) or ()]

    def _set_length_scale(self, value: float) -> None:
        """Set the pace for one utterance: the library takes it from the model only, which one thread uses at a time."""
        if hasattr(self._model, "length_scale"):
            self._model.length_scale = value


def _checkpoint_of(folder: Path) -> tuple[Path, Path]:
    config = require_file(folder / "config.json", "Coqui model's configuration")
    for name in _CHECKPOINTS:
        if (folder / name).is_file():
            return config, folder / name
    others = sorted(folder.glob("*.pth"))
    return config, require_file(others[0] if len(others) == 1 else folder / _CHECKPOINTS[1], "Coqui checkpoint")


def create(options: dict[str, Any]) -> SpeechEngine:
    """Make the engine; options: `model_dir`, `voice` (speaker of a model with several), `language`, `threads`."""
    model = CoquiModel(
        Path(options["model_dir"]), voice=str(options.get("voice", "")), threads=int(options.get("threads", 1))
    )
    return SpeechEngine(model, language=str(options.get("language", "en")))
