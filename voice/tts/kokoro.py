"""Kokoro-82M as ONNX: many styles over one model; the phonemes come from espeak-ng's program.

The model reads at most 510 phonemes between two zeros, a style vector that depends on their number, and a speed.
Source: the model card of hexgrad/Kokoro-82M.
"""

# ruff: noqa: RUF001 - phonetic letters are this module's matter
from __future__ import annotations

import json
from collections.abc import Sequence
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
    """Kokoro with the styles that lie in one folder."""

    def __init__(
        self, folder: Path, *, language: str, voice: str, variant: str | None = None, threads: int = 1
    ) -> None:
        """Load `model.onnx`, `vocab.json` and the styles (`NAME.bin` or `voices*.npz`) of `folder`.

        Args:
            folder: Where the files lie.
            language: `es` or `en`: which phonemes to make.
            voice: The usual style.
            variant: espeak's accent in place of the language's usual one.
            threads: Threads of one inference.

        Raises:
            CallCentreError: `model.missing`, `model.corrupt`, `tts.unknown_voice`.
        """
        self._folder = folder
        self._variant = variant or _VARIANTS[language]
        self._voice = voice
        self._vocabulary = _read_vocabulary(folder / "vocab.json")
        self._styles = _read_styles(folder)
        self._style(voice)
        self._session = open_session(folder / "model.onnx", threads=threads, extra_output=_DURATIONS)

    def describe(self) -> VoiceDescription:
        """Hash the weights and the accent; the styles are told apart by their names."""
        weights = sha256_of(self._folder / "model.onnx")
        return VoiceDescription(weights_sha256=f"{weights}-{self._variant}", voices=tuple(sorted(self._styles)))

    def utter(self, text: str, *, voice: str, language: str, speed: float) -> Utterance:  # noqa: ARG002 - the accent is fixed
        """Speak `text` in the style `voice`.

        Raises:
            CallCentreError: `tts.unknown_voice`.
        """
        style = self._style(voice or self._voice)
        tokens = tokens_of(phonemise(text, self._variant), self._vocabulary, english=self._variant.startswith("en"))
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
    """Make the engine; options: `folder`, `language`, `voice`, `variant` (espeak's accent), `threads`."""
    language = str(options.get("language", "es"))
    model = KokoroModel(
        Path(options["folder"]),
        language=language,
        voice=str(options["voice"]),
        variant=options.get("variant"),
        threads=int(options.get("threads", 1)),
    )
    return SpeechEngine(model, language=language)
