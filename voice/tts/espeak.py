"""The unmodified `espeak-ng` program over a pipe: phonemes for the neural voices, and a last-resort voice of its own.

espeak-ng is GPL-3.0. It is only ever run as a separate program; nothing of it is linked, imported or shipped.
"""

# ruff: noqa: RUF001, RUF002 - phonetic letters and typographic marks are this module's matter
from __future__ import annotations

import io
import re
import shutil
import subprocess
import wave
from dataclasses import dataclass
from typing import Any

import numpy as np

from calls.audio import to_float
from calls.errors import CallCentreError
from voice.tts.engine import SpeechEngine, SpeechModel, Utterance, VoiceDescription
from voice.tts.words import Span, align_groups, share_out

PROGRAM = "espeak-ng"
_TIMEOUT_S = 10.0
_LONGEST_TEXT = 2000
"""Characters of one request; a clause has at most a few hundred."""

_VARIANTS = {"es": "es", "en": "en-us"}
"""espeak's voices for our languages: Castilian Spanish and General American."""

_PUNCTUATION = ",.;:!?…"
_NOT_SPOKEN = re.compile(r"[^\w'’-]|_", re.UNICODE)
_LANGUAGE_FLAG = re.compile(r"\([a-z-]+\)")
_BASE_WORDS_PER_MINUTE = 165
"""espeak's rate at our speed 1.0; its default of 175 is brisk on a telephone."""


@dataclass(frozen=True, slots=True)
class PhonemeGroup:
    """What espeak runs together in one breath: one word, or a few short ones (`ˈɛnðə` for "in the")."""

    phonemes: str
    """IPA with stress marks, without blanks."""
    first_word: int
    """Index of the first word of the text that it reads."""
    word_count: int
    punctuation: str
    """One of `,.;:!?…` that follows, or empty."""


def phonemise(text: str, variant: str) -> tuple[PhonemeGroup, ...]:
    """Return the phonemes of `text`, group by group, each tied to the whitespace-separated words that it reads.

    Args:
        text: Words as they are to be spoken; brackets and other signs are left out.
        variant: espeak's name of the accent, e.g. `es`, `es-419`, `en-us`.

    Raises:
        CallCentreError: `tts.espeak_missing`, `tts.espeak_failed`.
    """
    segments = _segments(text[:_LONGEST_TEXT].split())
    spoken = [segment for segment in segments if segment.words]
    if not spoken:
        return ()
    lines = _ipa([" ".join(word for _, word in segment.words) for segment in spoken], variant)
    groups: list[PhonemeGroup] = []
    for segment, line in zip(spoken, lines, strict=True):
        parts = line.split()
        indices = [index for index, _ in segment.words]
        spans = align_groups([len(part) for part in parts], [len(word) for _, word in segment.words])
        for position, (part, (low, high)) in enumerate(zip(parts, spans, strict=True)):
            groups.append(
                PhonemeGroup(
                    phonemes=part,
                    first_word=indices[low],
                    word_count=indices[high - 1] - indices[low] + 1,
                    punctuation=segment.punctuation if position == len(parts) - 1 else "",
                )
            )
    return tuple(groups)


@dataclass(slots=True)
class _Segment:
    words: list[tuple[int, str]]
    punctuation: str


def _segments(words: list[str]) -> list[_Segment]:
    segments = [_Segment([], "")]
    for index, word in enumerate(words):
        plain = _NOT_SPOKEN.sub("", word).strip("-'’")
        if plain:
            segments[-1].words.append((index, plain))
        mark = _closing_mark(word)
        if mark and segments[-1].words:
            segments[-1].punctuation = mark
            segments.append(_Segment([], ""))
    return segments


def _closing_mark(word: str) -> str:
    if word in ("-", "–", "—"):
        return ","
    tail = re.search(r"[,.;:!?…]+(?=[^\w]*$)", word)
    if tail is None:
        return ""
    marks = tail.group()
    for mark in "?!…":
        if mark in marks:
            return mark
    return "…" if marks.startswith("...") else marks[0]


def _ipa(lines: list[str], variant: str) -> list[str]:
    """Return one line of IPA for each line; a line that espeak cuts in two is asked for alone."""
    answered = [line.strip() for line in _run(["--ipa", "-q", "-v", variant], "\n".join(lines)).splitlines()]
    answered = [_clean(line) for line in answered]
    if len(answered) == len(lines):
        return answered
    return [_clean(" ".join(_run(["--ipa", "-q", "-v", variant], line).split())) for line in lines]


def _clean(line: str) -> str:
    return " ".join(_LANGUAGE_FLAG.sub(" ", line).replace("\u200d", "").split())


def _run(arguments: list[str], text: str) -> str:
    return _run_raw(arguments, text).decode("utf-8", errors="replace")


def _run_raw(arguments: list[str], text: str) -> bytes:
    program = shutil.which(PROGRAM)
    if program is None:
        raise CallCentreError(
            "tts.espeak_missing",
            "The program espeak-ng is not installed; it gives the voices their phonemes. "
            "Install Debian's package espeak-ng.",
            fault="operator",
        )
    try:
        done = subprocess.run(
            [program, *arguments], input=text.encode(), capture_output=True, timeout=_TIMEOUT_S, check=True
        )
    except (subprocess.SubprocessError, OSError) as error:
        raise CallCentreError(
            "tts.espeak_failed",
            f"The program espeak-ng failed ({type(error).__name__}).",
            fault="operator",
            retryable=True,
        ) from error
    return done.stdout


class EspeakModel(SpeechModel):
    """espeak-ng's own formant voice: always there, robotic."""

    def __init__(self, variants: dict[str, str] | None = None) -> None:
        """Take espeak's variant for each of our languages."""
        self._variants = variants or _VARIANTS

    def describe(self) -> VoiceDescription:
        """Name the program's version in place of weights."""
        version = _run(["--version"], "").strip()
        return VoiceDescription(weights_sha256=version, voices=tuple(sorted(self._variants.values())))

    def utter(self, text: str, *, voice: str, language: str, speed: float) -> Utterance:
        """Speak `text`; `voice` names an espeak variant, empty for the language's usual one."""
        variant = voice or self._variants.get(language, language)
        rate = str(round(_BASE_WORDS_PER_MINUTE * speed))
        spoken = " ".join(_NOT_SPOKEN.sub(" ", part) if part not in _PUNCTUATION else part for part in _parts(text))
        raw = _run_raw(["--stdout", "-z", "-s", rate, "-v", variant], spoken)
        with wave.open(io.BytesIO(_with_true_sizes(raw))) as wav:
            rate_hz = wav.getframerate()
            samples = to_float(np.frombuffer(wav.readframes(wav.getnframes()), dtype="<i2"))
        words = text.split()
        total_s = samples.size / rate_hz
        weights = [float(len(_NOT_SPOKEN.sub("", word))) + 1.0 for word in words]
        return Utterance(samples=samples, rate_hz=rate_hz, spans=share_out(Span(0.0, total_s), weights))


def _parts(text: str) -> list[str]:
    return [part for part in re.split(r"([,.;:!?…])", text) if part.strip()]


def _with_true_sizes(raw: bytes) -> bytes:
    """Put the true lengths into the header: a WAV written to a pipe announces 2 GB."""
    if len(raw) < 44 or raw[:4] != b"RIFF":
        raise CallCentreError("tts.espeak_failed", "The program espeak-ng gave no sound.", fault="operator")
    data_at = raw.index(b"data")
    body = raw[data_at + 8 :]
    head = raw[8:data_at]
    riff_bytes = len(head) + 8 + len(body)
    return b"RIFF" + riff_bytes.to_bytes(4, "little") + head + b"data" + len(body).to_bytes(4, "little") + body


def create(options: dict[str, Any]) -> SpeechEngine:
    """Make the engine; options: `variants` (our language -> espeak's name), `language` for warming up."""
    return SpeechEngine(EspeakModel(options.get("variants")), language=options.get("language", "es"))
