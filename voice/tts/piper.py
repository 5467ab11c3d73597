"""Our loader of Piper's voices: VITS as one ONNX graph, phonemes from espeak-ng by way of its program.

The tokens follow the voice's own JSON: `^ _ phoneme _ phoneme _ … $`, each phoneme a code point of the NFD form.
Source: the JSON beside the voice, and the model card of rhasspy/piper-voices.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from calls.audio import FloatSamples
from calls.errors import CallCentreError
from voice.tts.engine import SpeechEngine, SpeechModel, Utterance, VoiceDescription, require_file, sha256_of
from voice.tts.espeak import PhonemeGroup, phonemise
from voice.tts.onnx_session import open_session
from voice.tts.words import Span, spans_of_words

_BEGIN, _PAD, _END, _BLANK = "^", "_", "$", " "
_DURATIONS = "/Ceil_output_0"
"""Frames of each token, before they are stretched over the spectrogram: the output of VITS' duration predictor."""
_HOP_SAMPLES = 256
"""Samples of one frame. Source: the VITS configuration that every Piper voice is trained with."""
_SENTENCE_MARKS = {"…": "."}


@dataclass(frozen=True, slots=True)
class _Config:
    rate_hz: int
    variant: str
    noise_scale: float
    length_scale: float
    noise_width: float
    ids: dict[str, list[int]]


class PiperModel(SpeechModel):
    """One single-speaker Piper voice."""

    def __init__(self, path: Path, *, threads: int = 1) -> None:
        """Load `NAME.onnx` and the `NAME.onnx.json` beside it.

        Raises:
            CallCentreError: `model.missing`, `model.corrupt`.
        """
        self._path = path
        self._config = _read_config(path.with_name(path.name + ".json"))
        self._session = open_session(path, threads=threads, extra_output=_DURATIONS)

    def describe(self) -> VoiceDescription:
        """Hash weights and configuration."""
        return VoiceDescription(
            weights_sha256=sha256_of(self._path, self._path.with_name(self._path.name + ".json")),
            voices=(self._path.stem,),
        )

    def utter(self, text: str, *, voice: str, language: str, speed: float) -> Utterance:  # noqa: ARG002 - one voice, one language
        """Speak `text` at the voice's own noise scales; `speed` divides its length scale."""
        config = self._config
        tokens = tokens_of(phonemise(text, config.variant), config.ids)
        words = text.split()
        if not tokens.ids:
            return Utterance(np.zeros(0, np.float32), config.rate_hz, tuple(Span(0.0, 0.0) for _ in words))
        scales = np.array([config.noise_scale, config.length_scale / speed, config.noise_width], np.float32)
        ids = np.array([tokens.ids], np.int64)
        audio, frames = self._session.run(
            None, {"input": ids, "input_lengths": np.array([ids.shape[1]], np.int64), "scales": scales}
        )
        samples: FloatSamples = np.asarray(audio, np.float32).ravel()
        frame_s = _HOP_SAMPLES / config.rate_hz
        return Utterance(samples, config.rate_hz, word_spans(tokens, np.ravel(frames) * frame_s, words))


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a model reads, and which of its tokens belong to which words."""

    ids: list[int]
    groups: tuple[tuple[int, int, int, int], ...]
    """`(first token, end token, first word, word count)` of each phoneme group."""


def tokens_of(groups: Sequence[PhonemeGroup], ids: dict[str, list[int]]) -> Tokens:
    """Return Piper's token ids for phonemes; phonemes that the voice does not know are left out."""
    if not groups:
        return Tokens([], ())
    out = list(ids[_BEGIN]) + list(ids[_PAD])
    placed: list[tuple[int, int, int, int]] = []

    def put(symbols: str) -> None:
        for symbol in symbols:
            if symbol in ids:
                out.extend(ids[symbol])
                out.extend(ids[_PAD])

    for index, group in enumerate(groups):
        if index:
            put(_BLANK)
        first = len(out)
        put(unicodedata.normalize("NFD", group.phonemes))
        placed.append((first, len(out), group.first_word, group.word_count))
        put(_SENTENCE_MARKS.get(group.punctuation, group.punctuation))
    out.extend(ids[_END])
    return Tokens(out, tuple(placed))


def word_spans(tokens: Tokens, seconds: np.typing.NDArray[np.floating], words: Sequence[str]) -> tuple[Span, ...]:
    """Return each word's span from the seconds that each token lasts."""
    edges = np.concatenate([[0.0], np.cumsum(seconds)])
    group_spans = [
        (word, count, Span(float(edges[first]), float(edges[end]))) for first, end, word, count in tokens.groups
    ]
    return spans_of_words(group_spans, [float(sum(map(str.isalnum, word))) for word in words])


def _read_config(path: Path) -> _Config:
    try:
        data = json.loads(require_file(path, "voice's configuration").read_text(encoding="utf-8"))
        inference = data["inference"]
        ids = {str(symbol): [int(number) for number in numbers] for symbol, numbers in data["phoneme_id_map"].items()}
        if not {_BEGIN, _PAD, _END, _BLANK} <= set(ids) or data.get("num_speakers", 1) > 1:
            raise KeyError("phoneme_id_map")
        return _Config(
            rate_hz=int(data["audio"]["sample_rate"]),
            variant=str(data["espeak"]["voice"]),
            noise_scale=float(inference["noise_scale"]),
            length_scale=float(inference["length_scale"]),
            noise_width=float(inference["noise_w"]),
            ids=ids,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CallCentreError(
            "model.corrupt",
            f"The voice's configuration {path} is not one of a single-speaker Piper voice.",
            fault="operator",
        ) from error


def create(options: dict[str, Any]) -> SpeechEngine:
    """Make the engine; options: `path` of the .onnx, `threads`, `language` (of the voice)."""
    model = PiperModel(Path(options["path"]), threads=int(options.get("threads", 1)))
    return SpeechEngine(model, language=options.get("language", "en"))
