"""Masks the secrets of what a customer writes, also when a number is spread over several messages."""

from __future__ import annotations

import re

from calls.ids import UtteranceId
from calls.speech import Utterance, Word
from records.redaction import MASK, Redactor

_STEP_MS = 1_000
"""What one message takes on the redactor's clock, which reckons with pauses of speech: whoever writes may pause."""
_PIECES = re.compile(r"\S+")


class WrittenSecrets:
    """One conversation's watch over card numbers, codes and passwords. Each message is masked before it is kept."""

    def __init__(self) -> None:
        """Start with nothing read."""
        self._redactor = Redactor()
        self._count = 0

    def mask(self, text: str) -> str:
        """Return the text of the next message, secrets masked, white space as it was."""
        pieces = list(_PIECES.finditer(text))
        if not pieces:
            return text
        self._count += 1
        at_ms = self._count * _STEP_MS
        words = tuple(Word(text=piece.group(), start_ms=at_ms, end_ms=at_ms, prob=1.0) for piece in pieces)
        name = UtteranceId(f"written-{self._count}")
        utterance = Utterance(
            utterance_id=name,
            member="caller",
            words=words,
            language="es",
            language_prob=1.0,
            start_ms=at_ms,
            end_ms=at_ms,
        )
        heard = self._redactor.hear(utterance)
        done = (*heard.utterances, *self._redactor.flush().utterances)
        masked = next(each.words for each in done if each.utterance_id == name)
        out, at = [], 0
        for piece, word in zip(pieces, masked, strict=True):
            out += [text[at : piece.start()], MASK if word.text == MASK else piece.group()]
            at = piece.end()
        return "".join([*out, text[at:]])
