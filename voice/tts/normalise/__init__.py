"""Turns written text into the words that people say: numbers, dates, money, addresses, in both languages."""

from __future__ import annotations

from functools import lru_cache

from calls.ids import Language
from voice.tts.normalise.common import Reader, ReadPiece

__all__ = ["ReadPiece", "read_aloud", "spoken_text"]


@lru_cache(maxsize=2)
def _reader(language: Language) -> Reader:
    from voice.tts.normalise.en import english_reader
    from voice.tts.normalise.es import spanish_reader

    return spanish_reader() if language == "es" else english_reader()


def read_aloud(text: str, language: Language) -> tuple[ReadPiece, ...]:
    """Return `text` piece by piece, each as written and as spoken; no digit is left in what is spoken.

    Total: any string has a reading. What was not understood is read sign by sign.
    """
    return _reader(language).read(text)


def spoken_text(text: str, language: Language) -> str:
    """Return the words of `read_aloud` in one line."""
    return " ".join(piece.spoken for piece in read_aloud(text, language) if piece.spoken)
