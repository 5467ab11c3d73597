"""What a voice is inside a worker: a model that utters text, and the finishing that makes all voices alike."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from calls.audio import SPEECH_RATE_HZ, FloatSamples
from calls.errors import CallCentreError
from voice.tts.finish import finish
from voice.tts.words import Span
from voice.workers.engine import Reply
from voice.workers.protocol import Arrays

SLOWEST, FASTEST = 0.5, 2.0
"""Bounds of `speed`. Source: beyond them the voices' own length models break up."""

_WARM_UP = {"es": "Hola, buenas tardes.", "en": "Hello, good afternoon."}


@dataclass(frozen=True, slots=True)
class Utterance:
    """Speech as a model gives it."""

    samples: FloatSamples
    """Shape (n_samples,), at the model's own rate and level."""
    rate_hz: int
    spans: tuple[Span, ...]
    """One for each whitespace-separated word of the text."""


@dataclass(frozen=True, slots=True)
class VoiceDescription:
    """What tells one voice's sound from another's."""

    weights_sha256: str
    """Hash of the weights, or the version of a program: part of every cache key."""
    voices: tuple[str, ...]
    """Names that `voice` may take; empty for any."""


class SpeechModel(Protocol):
    """A loaded voice. It is only ever called by its worker's one inference thread."""

    def describe(self) -> VoiceDescription:
        """Say which weights these are."""
        ...

    def utter(self, text: str, *, voice: str, language: str, speed: float) -> Utterance:
        """Speak `text`, in which numbers and signs are already words.

        Args:
            text: A clause, with its punctuation.
            voice: A name of the description, empty for the usual one.
            language: `es` or `en`.
            speed: 1.0 is the voice's own pace, 0.8 slower; within `SLOWEST` and `FASTEST`.
        """
        ...


class SpeechEngine:
    """Serves a `SpeechModel` inside a worker.

    Methods: `describe` -> data {weights_sha256, voices}; `synthesise` (data {text, voice, language, speed}) -> one
    reply for the clause: arrays samples int16 at data.rate_hz (16 kHz), data.words [[start_ms, end_ms], …], one for
    each whitespace-separated word of the text.
    """

    def __init__(self, model: SpeechModel, *, language: str) -> None:
        """Serve `model`; `language` is the one it is warmed up in."""
        self._model = model
        self._language = language
        self._description: VoiceDescription | None = None

    def warm_up(self) -> None:
        """Hash the weights and speak once, so that the first caller waits for neither."""
        self._description = self._model.describe()
        self._model.utter(_WARM_UP.get(self._language, "a"), voice="", language=self._language, speed=1.0)

    def handle(self, method: str, data: dict[str, Any], arrays: Arrays) -> Iterator[Reply]:  # noqa: ARG002 - no arrays come in
        """Answer `describe` or `synthesise`.

        Raises:
            CallCentreError: `tts.unknown_method`, `tts.bad_speed` or what the model says.
        """
        if method == "describe":
            description = self._description or self._model.describe()
            yield Reply({"weights_sha256": description.weights_sha256, "voices": list(description.voices)})
            return
        if method != "synthesise":
            raise CallCentreError("tts.unknown_method", f"A voice has no method {method!r}.", fault="us")
        speed = float(data.get("speed", 1.0))
        if not SLOWEST <= speed <= FASTEST:
            raise CallCentreError(
                "tts.bad_speed", f"The speed {speed} is not within {SLOWEST} to {FASTEST}.", fault="us"
            )
        text = str(data["text"])
        utterance = self._model.utter(
            text, voice=str(data.get("voice") or ""), language=str(data.get("language", self._language)), speed=speed
        )
        speech = finish(utterance.samples, utterance.rate_hz, utterance.spans)
        words = [[round(span.start_s * 1000), round(span.end_s * 1000)] for span in speech.spans]
        yield Reply({"rate_hz": SPEECH_RATE_HZ, "words": words}, {"samples": speech.samples})


def sha256_of(*paths: Path) -> str:
    """Return the hash of the files' bytes one after the other."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def require_file(path: Path, purpose: str) -> Path:
    """Return `path` when it is a file.

    Raises:
        CallCentreError: `model.missing`, naming the file and what mends it.
    """
    if not path.is_file():
        raise CallCentreError(
            "model.missing",
            f"The {purpose} {path} is missing. Fetch the models with `warmline models fetch`.",
            fault="operator",
        )
    return path
