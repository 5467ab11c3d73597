"""What a caller says, as recognition gives it: one word each 300 ms."""

from __future__ import annotations

from calls.ids import UtteranceId
from calls.speech import Utterance, Word

WORD_MS = 300


def words(text: str, start_ms: int = 0) -> tuple[Word, ...]:
    """Return the words of a text."""
    return tuple(
        Word(text=word, start_ms=start_ms + n * WORD_MS, end_ms=start_ms + n * WORD_MS + 250, prob=0.9)
        for n, word in enumerate(text.split())
    )


def utterance(name: str, text: str, start_ms: int = 0) -> Utterance:
    """Return an utterance of the caller."""
    said = words(text, start_ms)
    return Utterance(
        utterance_id=UtteranceId(name),
        member="caller",
        language="es",
        language_prob=1.0,
        start_ms=start_ms,
        end_ms=said[-1].end_ms,
        words=said,
    )
