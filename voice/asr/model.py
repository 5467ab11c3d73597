"""The Whisper network itself: encode, decode, align and detect, on a window of any length up to 30 s."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from calls.audio import SPEECH_RATE_HZ, FloatSamples
from calls.errors import CallCentreError
from voice.asr.model_folder import look_into

FULL_WINDOW_MS = 30_000
"""The window that Whisper was trained on."""
_MEL_HOP_MS = 10
_MAX_PROMPT_TOKENS = 100
"""Room for prompt words. Source: faster-whisper keeps 223; each costs time in every step, names need few."""


@dataclass(frozen=True, slots=True)
class Decoding:
    """What the decoder wrote for one window."""

    tokens: tuple[int, ...]
    """Text tokens only."""
    avg_log_prob: float
    """Mean natural-log probability of a token, the end token included."""
    no_speech_prob: float
    """Whisper's own guess that nobody spoke; not calibrated over noise."""
    complete: bool
    """False when the decoder was stopped by the limit and not by its own end token."""


class WhisperModel:
    """A CTranslate2 Whisper with its tokenizer and feature extractor."""

    def __init__(self, folder: Path, *, compute_type: str, threads: int, at_once: int = 1) -> None:
        """Load the weights, which `at_once` threads may then use side by side.

        Raises:
            CallCentreError: `model.missing` or `model.corrupt`.
        """
        look_into(folder)
        import ctranslate2
        import tokenizers
        from faster_whisper.feature_extractor import FeatureExtractor

        try:
            self._whisper = ctranslate2.models.Whisper(
                str(folder), device="auto", compute_type=compute_type, intra_threads=threads, inter_threads=at_once
            )
            self._tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:
            sentence = (
                f"The recognition model in {folder} cannot be read ({type(error).__name__}): a file is damaged or of "
                "another version. Run `warmline models verify`, then `warmline models fetch`."
            )
            raise CallCentreError("model.corrupt", sentence, fault="operator") from error
        self._storage = ctranslate2.StorageView
        self._features = FeatureExtractor(feature_size=self._whisper.n_mels)
        self.is_multilingual: bool = self._whisper.is_multilingual
        self._start = self._special("<|startoftranscript|>")
        self._transcribe = self._special("<|transcribe|>")
        self._no_times = self._special("<|notimestamps|>")
        self._previous = self._special("<|startofprev|>")
        self._end = self._special("<|endoftext|>")

    def _special(self, name: str) -> int:
        token = self._tokenizer.token_to_id(name)
        if token is None:
            raise CallCentreError(
                "model.corrupt", f"The tokenizer of the recognition model has no {name}.", fault="operator"
            )
        return int(token)

    def encode(self, samples: FloatSamples, window_ms: int) -> Any:
        """Return the encoder's states of `samples` (16 kHz, mono) padded or cut to `window_ms`; opaque, reusable."""
        frames = min(window_ms, FULL_WINDOW_MS) // _MEL_HOP_MS
        frames += frames % 2
        # Silence is appended to the sound, as Whisper was trained; faster-whisper appends zeros to the features, which
        # mean a level of -40 dB: measured on 34 Spanish clips that costs 0.5 to 2 points of word error rate.
        missing = frames * _MEL_HOP_MS * SPEECH_RATE_HZ // 1000 - samples.size
        sound = np.pad(samples.astype(np.float32, copy=False), (0, max(0, missing)))
        mel = np.ascontiguousarray(self._features(sound)[None, :, :frames], dtype=np.float32)
        return self._whisper.encode(self._storage.from_array(mel))

    def array_of(self, states: Any) -> FloatSamples:
        """Return states as an array of shape (positions, dimensions)."""
        import ctranslate2

        if states.device != "cpu" or states.dtype != ctranslate2.DataType.float32:
            states = states.to(ctranslate2.DataType.float32).to_device(ctranslate2.Device.cpu)
        return np.asarray(np.asarray(states)[0], dtype=np.float32)

    def language_probs(self, states: Any, languages: Sequence[str]) -> dict[str, float]:
        """Return the probability of each of `languages`, which add up to 1, from states already computed."""
        if not self.is_multilingual:
            return {language: float(language == "en") for language in languages}
        found = {token[2:-2]: float(prob) for token, prob in self._whisper.detect_language(states)[0]}
        total = sum(found.get(language, 0.0) for language in languages)
        if total <= 0.0:
            return {language: 1.0 / len(languages) for language in languages}
        return {language: found.get(language, 0.0) / total for language in languages}

    def decode(
        self,
        states: Any,
        language: str,
        *,
        max_tokens: int,
        forced: Sequence[int] = (),
        prompt: Sequence[int] = (),
        beam: int = 1,
        temperature: float = 0.0,
    ) -> Decoding:
        """Write the text of the window.

        Args:
            states: From `encode`.
            language: ISO 639-1.
            max_tokens: Stop after so many new tokens.
            forced: Text tokens that the answer begins with; they cost one pass together and not one each.
            prompt: Tokens that bias towards their words.
            beam: Width of the search; 1 is greedy.
            temperature: Above 0 it samples.
        """
        head = [*self._head(prompt), *self._sequence(language), *forced]
        options: dict[str, Any] = {"beam_size": beam}
        if temperature > 0.0:
            options = {"beam_size": 1, "sampling_temperature": temperature, "sampling_topk": 0}
        # CTranslate2 lets the answer grow to half of max_length at the most.
        result = self._whisper.generate(
            states,
            [head],
            max_length=min(448, max(2 * max_tokens, len(head) + max_tokens)),
            return_scores=True,
            return_no_speech_prob=True,
            # Otherwise the end could not follow the forced words at once.
            suppress_blank=not forced,
            **options,
        )[0]
        raw = list(result.sequences_ids[0])
        new = [token for token in raw if token < self._end]
        score = float(result.scores[0])
        steps = max(1, len(raw))
        return Decoding(
            tokens=(*forced, *new),
            avg_log_prob=score * steps / (steps + 1) if math.isfinite(score) else -10.0,
            no_speech_prob=float(result.no_speech_prob),
            complete=len(raw) < max_tokens,
        )

    def align(self, states: Any, language: str, tokens: Sequence[int], speech_ms: int) -> tuple[Any, list[float]]:
        """Return the path of (token, encoder position) and the probability of each token, in one decoder pass."""
        start = [token for token in self._sequence(language) if token != self._no_times]
        frames = max(2, speech_ms // _MEL_HOP_MS)
        result = self._whisper.align(states, start, [list(tokens)], frames)[0]
        return result.alignments, [float(prob) for prob in result.text_token_probs]

    def tokens_of(self, text: str) -> list[int]:
        """Return the tokens of plain text, with the blank that speech begins with."""
        return list(self._tokenizer.encode(" " + text.strip(), add_special_tokens=False).ids)

    def text_of(self, tokens: Sequence[int]) -> str:
        """Return the text of tokens."""
        text: str = self._tokenizer.decode(list(tokens))
        return text

    def _head(self, prompt: Sequence[int]) -> list[int]:
        return [self._previous, *prompt[-_MAX_PROMPT_TOKENS:]] if prompt else []

    def _sequence(self, language: str) -> list[int]:
        if not self.is_multilingual:
            return [self._start, self._no_times]
        return [self._start, self._special(f"<|{language}|>"), self._transcribe, self._no_times]
