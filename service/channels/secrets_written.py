"""Masks the secrets of what a customer writes, also when a number is spread over several messages."""

from __future__ import annotations

import re
from dataclasses import replace

from calls.ids import UtteranceId
from calls.speech import Utterance, Word
from records.redaction import MASK, Redactor
from records.secrets_said import label_before
from records.split_cards import DigitsGiven, SplitCards
from records.spoken_digits import digit_runs, plain
from records.withdrawal import holds, withdrawn
from service.channels.text_runner import Replied

_STEP_MS = 1_000
"""What one message takes on the redactor's clock, which reckons with pauses of speech: whoever writes may pause."""
_PIECES = re.compile(r"\S+")


class WrittenSecrets:
    """One conversation's watch over card numbers, codes and passwords. Each message is masked before it is kept."""

    def __init__(self) -> None:
        """Start with nothing read."""
        self._redactor = Redactor()
        self._count = 0
        self.found = False
        """A card number came in several messages, and earlier ones hold parts of it."""

    @property
    def cards(self) -> SplitCards:
        """Card numbers that came in several messages."""
        return self._redactor.cards

    def clean(self, replied: Replied) -> Replied:
        """Return a reply and its facts without the card numbers that came in several messages."""
        facts = tuple(withdrawn(body) if holds(body, self.cards) else body for body in replied.facts)
        lines = "\n".join(self._redactor.shown(line) for line in replied.text.split("\n"))
        return replace(replied, text=lines, facts=facts)

    def mask(self, text: str, asked: str = "") -> str:
        """Return the text of the next message, secrets masked, white space as it was; `asked`: for which value."""
        pieces = list(_PIECES.finditer(text))
        if not pieces:
            return text
        self._count += 1
        at_ms = self._count * _STEP_MS
        words = tuple(Word(text=piece.group(), start_ms=at_ms, end_ms=at_ms, prob=1.0) for piece in pieces)
        flat = [plain(word.text) for word in words]
        for run in digit_runs([word.text for word in words]):
            if label_before(flat, run.first) != "other":
                given = DigitsGiven(run.digits, at_ms, at_ms, asked, source=str(self._count))
                self.found = bool(self.cards.take(given)) or self.found
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
