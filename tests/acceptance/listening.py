"""An independent pair of ears: stock faster-whisper with the base weights, and how alike two texts are."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import soxr

from calls.audio import Samples
from tests.acceptance.callers import RATE_HZ
from tests.fakes.real_engines import model

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

_FILLERS = ("One moment, please.", "Just a little longer, please.", "Let me see.", "Un momento, por favor.")


@functools.lru_cache(maxsize=1)
def _whisper() -> WhisperModel:
    from faster_whisper import WhisperModel

    return WhisperModel(str(model("whisper-base", "model.bin").parent), device="cpu", compute_type="int8")


def recognise(samples: Samples, language: str) -> str:
    """Return what an independent recogniser hears in 8 kHz speech."""
    wide = soxr.resample(samples.astype(np.float32) / 32768, RATE_HZ, 16_000)
    segments, _ = _whisper().transcribe(
        np.concatenate([np.zeros(4_000, np.float32), wide, np.zeros(8_000, np.float32)]),
        language=language,
        beam_size=1,
        condition_on_previous_text=False,
    )
    return " ".join(segment.text.strip() for segment in segments)


def words(text: str) -> list[str]:
    """Return words without case, accents and marks."""
    bare = unicodedata.normalize("NFD", text.lower().replace("\u2019", "'"))
    return re.findall(r"[a-z0-9']+", "".join(c for c in bare if not unicodedata.combining(c)))


def without_fillers(text: str) -> str:
    """Leave out what is said only to bridge a wait."""
    for filler in _FILLERS:
        text = text.replace(filler, " ")
    return " ".join(text.split())


def word_accuracy(found: str, wanted: str) -> float:
    """Return 1 - word error rate, at least 0."""
    a, b = words(found), words(wanted)
    row = list(range(len(a) + 1))
    for i, word in enumerate(b, start=1):
        row, before = [i], row
        for j, other in enumerate(a, start=1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (word != other)))
    return max(0.0, 1 - row[-1] / max(1, len(b)))


def word_overlap(found: str, wanted: str) -> float:
    """Return which share of the wanted words was found, wherever it stands."""
    left = words(found)
    hits = 0
    for word in words(wanted):
        if word in left:
            left.remove(word)
            hits += 1
    return hits / max(1, len(words(wanted)))


def digits_said(text: str) -> int:
    """Count the digits of a text, spoken or written."""
    named = {"zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}
    return sum(len(word) if word.isdigit() else word in named for word in words(text))


def level_dbfs(samples: Samples) -> float:
    """Return the level of a stretch."""
    power = float(np.mean(np.square(samples.astype(np.float64)))) if samples.size else 0.0
    return float(10 * np.log10(max(power, 1e-3) / 32768**2))


def cut(samples: Samples, start_ms: int, end_ms: int) -> Samples:
    """Return the part between two times of the call."""
    return samples[max(0, start_ms) * RATE_HZ // 1000 : end_ms * RATE_HZ // 1000]


def longest_run(flags: Sequence[bool]) -> int:
    """Return the length of the longest run of True."""
    best = run = 0
    for flag in flags:
        run = run + 1 if flag else 0
        best = max(best, run)
    return best
