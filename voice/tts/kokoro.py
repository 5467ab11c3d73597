"""Kokoro-82M as ONNX: many styles over one model; the phonemes come from espeak-ng's program.

The model reads at most 510 phonemes between two zeros, a style vector that depends on their number, and a speed.
Source: the model card of hexgrad/Kokoro-82M.
"""

# ruff: noqa: RUF001 - phonetic letters are this module's matter
from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from calls.audio import FloatSamples
from calls.errors import CallCentreError
from voice.tts.engine import SpeechEngine, SpeechModel, Utterance, VoiceDescription, require_file, sha256_of
from voice.tts.espeak import PhonemeGroup, phonemise
from voice.tts.onnx_session import open_session
from voice.tts.piper import Tokens, word_spans
from voice.tts.words import Span

RATE_HZ = 24_000
_DURATIONS = "/encoder/Gather_output_0"
"""Frames of each token: what the graph spreads the encoder's states by."""
_FRAME_SAMPLES = 600
"""Samples of one such frame. Source: measured, sum of the durations times 600 equals the length of the audio."""
_MOST_PHONEMES = 510
_STYLE_SIZE = 256

_VARIANTS = {"es": "es", "en": "en-us"}

_COMMON_RESPELLING = (
    ("t͡ʃ", "ʧ"),
    ("tʃ", "ʧ"),
    ("d͡ʒ", "ʤ"),
    ("dʒ", "ʤ"),
    ("ɡ", "ɡ"),
    ("g", "ɡ"),
)
_ENGLISH_RESPELLING = (
    ("eɪ", "A"),
    ("aɪ", "I"),
    ("ɔɪ", "Y"),
    ("oʊ", "O"),
    ("aʊ", "W"),
    ("ɜː", "ɜɹ"),
    ("ɚ", "əɹ"),
    ("əl", "ᵊl"),
    ("n̩", "ən"),
    ("l̩", "ᵊl"),
    ("ɐ", "ə"),
    ("ɾ", "T"),
    ("r", "ɹ"),
    ("ʔ", "t"),
    ("ː", ""),
)
"""espeak's English phonemes as the model was taught them: diphthongs are one capital letter, flaps are T, length is not
marked. Source: the phoneme table of the model card."""


class KokoroModel(SpeechModel):
    """Kokoro with the styles that lie in some folders."""

    def __init__(
        self,
        folder: Path,
        *,
        styles: Sequence[Path] = (),
        voices: Mapping[str, str],
        variants: Mapping[str, str] | None = None,
        threads: int = 1,
    ) -> None:
        """Load `model.onnx` and `vocab.json` of `folder`, and the styles of `folder` and of `styles`.

        Args:
            folder: Where the files lie.
            styles: More folders with styles: `NAME.bin` (float32 rows) or `.npz` archives by name.
            voices: The usual style of each language, e.g. `{"es": "ef_dora"}`.
            variants: espeak's accents in place of a language's usual one.
            threads: Threads of one inference.

        Raises:
            CallCentreError: `model.missing`, `model.corrupt`, `tts.unknown_voice`.
        """
        self._folder = folder
        self._variants = {**_VARIANTS, **(variants or {})}
        self._voices = dict(voices)
        self._vocabulary = _read_vocabulary(folder / "vocab.json")
        self._styles: dict[str, np.typing.NDArray[np.float32]] = {}
        for place in (folder, *styles):
            self._styles.update(_read_styles(place))
        for voice in self._voices.values():
            self._style(voice)
        self._session = open_session(folder / "model.onnx", threads=threads, extra_output=_DURATIONS)

    def describe(self) -> VoiceDescription:
        """Hash the weights; accents and usual styles belong to it, since the sound depends on them."""
        weights = sha256_of(self._folder / "model.onnx")
        habits = json.dumps([self._variants, self._voices], sort_keys=True)
        return VoiceDescription(weights_sha256=f"{weights}-{habits}", voices=tuple(sorted(self._styles)))

    def utter(self, text: str, *, voice: str, language: str, speed: float) -> Utterance:
        """Speak `text` in the style `voice`, empty for the language's usual one.

        Raises:
            CallCentreError: `tts.unknown_voice`.
        """
        style = self._style(voice or self._voices.get(language, ""))
        variant = self._variants.get(language, language)
        tokens = tokens_of(phonemise(text, variant), self._vocabulary, english=variant.startswith("en"))
        words = text.split()
        if len(tokens.ids) <= 2:
            return Utterance(np.zeros(0, np.float32), RATE_HZ, tuple(Span(0.0, 0.0) for _ in words))
        row = min(len(tokens.ids) - 2, len(style) - 1)
        audio, frames = self._session.run(
            None,
            {
                "tokens": np.array([tokens.ids], np.int64),
                "style": style[row : row + 1],
                "speed": np.array([speed], np.float32),
            },
        )
        samples: FloatSamples = np.asarray(audio, np.float32).ravel()
        return Utterance(samples, RATE_HZ, word_spans(tokens, np.ravel(frames) * (_FRAME_SAMPLES / RATE_HZ), words))

    def _style(self, voice: str) -> np.typing.NDArray[np.float32]:
        if voice not in self._styles:
            raise CallCentreError(
                "tts.unknown_voice",
                f"The voice {voice!r} is not among {', '.join(sorted(self._styles))}.",
                fault="operator",
            )
        return self._styles[voice]


def tokens_of(groups: Sequence[PhonemeGroup], vocabulary: dict[str, int], *, english: bool) -> Tokens:
    """Return Kokoro's token ids between two zeros; unknown phonemes are left out, and what is beyond the limit."""
    out = [0]
    placed: list[tuple[int, int, int, int]] = []

    def put(symbols: str) -> None:
        out.extend(vocabulary[symbol] for symbol in symbols if symbol in vocabulary and len(out) <= _MOST_PHONEMES)

    for index, group in enumerate(groups):
        if index:
            put(" ")
        first = len(out)
        put(respell(group.phonemes, english=english))
        placed.append((first, len(out), group.first_word, group.word_count))
        put(group.punctuation)
    out.append(0)
    return Tokens(out, tuple(placed))


def respell(phonemes: str, *, english: bool) -> str:
    """Return espeak's phonemes in the letters that Kokoro was taught."""
    for old, new in _COMMON_RESPELLING + (_ENGLISH_RESPELLING if english else ()):
        phonemes = phonemes.replace(old, new)
    return phonemes


def _read_vocabulary(path: Path) -> dict[str, int]:
    try:
        data = json.loads(require_file(path, "voice's phoneme table").read_text(encoding="utf-8"))
        return {str(symbol): int(number) for symbol, number in data["vocab"].items()}
    except (ValueError, KeyError, AttributeError) as error:
        raise CallCentreError("model.corrupt", f"The phoneme table {path} cannot be read.", fault="operator") from error


def _read_styles(folder: Path) -> dict[str, np.typing.NDArray[np.float32]]:
    styles: dict[str, np.typing.NDArray[np.float32]] = {}
    try:
        for path in sorted(folder.glob("*.npz")):
            with np.load(path) as archive:
                styles.update({name: _rows(archive[name]) for name in archive.files})
        for path in sorted(folder.glob("*.bin")):
            styles[path.stem] = _rows(np.fromfile(path, dtype="<f4"))
    except (OSError, ValueError) as error:
        raise CallCentreError(
            "model.corrupt", f"A style of the voice in {folder} cannot be read: {error}.", fault="operator"
        ) from error
    return styles


def _rows(values: np.typing.NDArray[Any]) -> np.typing.NDArray[np.float32]:
    return np.ascontiguousarray(values, dtype=np.float32).reshape(-1, _STYLE_SIZE)


def create(options: dict[str, Any]) -> SpeechEngine:
    """Make the engine.

    Options: `folder`; `styles` (list of more folders with styles); `voices` (usual style of each language), or `voice`
    with `language` for one; `variants` (espeak's accents by language); `threads`.
    """
    language = str(options.get("language", "es"))
    voices = {str(key): str(value) for key, value in (options.get("voices") or {}).items()}
    if "voice" in options:
        voices.setdefault(language, str(options["voice"]))
    model = KokoroModel(
        Path(options["folder"]),
        styles=[Path(folder) for folder in options.get("styles", ())],
        voices=voices,
        variants=options.get("variants"),
        threads=int(options.get("threads", 1)),
    )
    return SpeechEngine(model, language=next(iter(voices), language))
