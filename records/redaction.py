"""Masks card numbers and secret digits in what was recognised, and says what to silence. Pure.

Applied before anything is written. A number may be spread over several utterances, so an utterance that ends in
digits is held back until the next one, or until the turn is over. `records.secrets_said` says what counts as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from calls.speech import Utterance, Word
from records.card_numbers import WHOLE_CARD
from records.secrets_said import LABEL_WORDS, SilenceReason, find_secrets
from records.split_cards import SplitCards
from records.spoken_digits import FILLERS, digit_runs, plain

MASK = "***"
"""Stands in place of every word of a secret."""

PAD_MS = 200
"""Silenced before and after the masked words, since word times of the recogniser are off by up to about 100 ms."""
LABEL_MS = 20_000
"""How long after a label, over utterances, its number may start."""
JOIN_MS = 12_000
"""Longest pause inside a number that is spread over utterances."""


@dataclass(frozen=True, slots=True)
class Silence:
    """A stretch of the recording to overwrite."""

    start_ms: int
    end_ms: int
    reason: SilenceReason


@dataclass(frozen=True, slots=True)
class Redacted:
    """What may be written now, and what must be silenced now."""

    utterances: tuple[Utterance, ...]
    silences: tuple[Silence, ...]


def redact_words(
    words: Sequence[Word], *, secret_expected: bool = False
) -> tuple[tuple[Word, ...], tuple[Silence, ...]]:
    """Mask the secrets of one stretch of words on its own: hypotheses on their way to a page, texts."""
    masks = find_secrets([word.text for word in words], secret_expected=secret_expected)
    return _mask(words, masks), _silences(words, masks)


def redact_text(text: str, *, secret_expected: bool = False) -> str:
    """Mask the secrets of a plain text: chat messages, what the bot says, notes."""
    words = text.split()
    masks = find_secrets(words, secret_expected=secret_expected)
    return " ".join(MASK if at in masks else word for at, word in enumerate(words))


class Redactor:
    """Keeps watch over what one member says during a call. Pure: no clock, only the times of the words."""

    def __init__(self) -> None:
        """Start with nothing heard."""
        self.cards = SplitCards()
        """Card numbers that came in several turns or groups of keys."""
        self._held: list[Utterance] = []
        self._behind: tuple[Word, ...] = ()
        """Words that were released already but whose digits may go on; only times matter."""
        self._texts: dict[str, str] = {}
        self._secret_until_ms = -1
        self._card_digits = 0
        """Digits of a card number that was masked but not whole; 0 when none is under way."""
        self._card_until_ms = -1

    def expect_secret(self, until_ms: int) -> None:
        """Treat digits until this time as secret: the bot asked for them."""
        self._secret_until_ms = until_ms

    def hear(self, utterance: Utterance) -> Redacted:
        """Take the next finished utterance; return those that may be written, masked, in order."""
        silences: tuple[Silence, ...] = ()
        released: tuple[Utterance, ...] = ()
        if self._held and utterance.start_ms - self._held[-1].end_ms > JOIN_MS:
            done = self.flush()
            released, silences = done.utterances, done.silences
        self._held.append(utterance)
        if _ends_in_digits(utterance.words):
            return Redacted(released, silences)
        done = self.flush()
        return Redacted(released + done.utterances, silences + done.silences)

    def flush(self) -> Redacted:
        """Release what is held back: the turn, or the call, is over."""
        if not self._held:
            return Redacted((), ())
        held, self._held = self._held, []
        start_ms = held[0].start_ms
        behind = tuple(word for word in self._behind if start_ms - word.end_ms <= LABEL_MS)
        words = behind + tuple(word for utterance in held for word in utterance.words)
        texts = [word.text for word in words]
        card_begun = self._card_digits if start_ms <= self._card_until_ms else 0
        masks = find_secrets(
            texts,
            secret_expected=start_ms <= self._secret_until_ms,
            said_before=len(behind),
            card_begun=card_begun,
        )
        self._follow_card(words, masks, len(behind), card_begun=card_begun)
        silences = _silences(words, masks)
        released, at = [], len(behind)
        for utterance in held:
            n = len(utterance.words)
            own = {index - at: reason for index, reason in masks.items() if at <= index < at + n}
            for index in self.cards.masks([word.text for word in utterance.words]):
                own.setdefault(index, "card_number")
            masked = replace(utterance, words=_mask(utterance.words, own))
            self._texts[utterance.utterance_id] = masked.text
            released.append(masked)
            at += n
        # A secret that was masked is over; digits that were not may go on in the next turn.
        clean = [index for index in range(len(words)) if index not in masks]
        after = max(masks, default=-1)
        self._behind = tuple(words[index] for index in clean if index > after)[-LABEL_WORDS * 2 :]
        return Redacted(tuple(released), silences)

    def _follow_card(
        self, words: Sequence[Word], masks: dict[int, SilenceReason], said_before: int, *, card_begun: int
    ) -> None:
        """Note how much of a card number was masked, so that the rest is known when it comes in the next turn."""
        hidden = sorted(at for at, reason in masks.items() if reason == "card_number")
        texts = [words[at].text for at in hidden if at >= said_before]
        digits = sum(len(run.digits) for run in digit_runs(texts)) + card_begun
        if hidden and digits < WHOLE_CARD:
            self._card_digits, self._card_until_ms = max(1, digits), words[hidden[-1]].end_ms + LABEL_MS
        elif hidden or not card_begun:
            self._card_digits = 0

    def text(self, utterance_ids: Sequence[str], otherwise: str) -> str:
        """Return the masked text of a turn from its utterances; `otherwise`, masked by itself, if they are unknown.

        Call `flush` first: the turn is over.
        """
        known = [self._texts[name] for name in utterance_ids if name in self._texts]
        if known and len(known) == len(utterance_ids):
            return self.shown(" ".join(known))
        return self.shown(redact_text(otherwise))

    def shown(self, text: str) -> str:
        """Return a text without the card numbers that came in parts."""
        words = text.split()
        masks = self.cards.masks(words)
        return " ".join(MASK if at in masks else word for at, word in enumerate(words)) if masks else text


def _mask(words: Sequence[Word], masks: dict[int, SilenceReason]) -> tuple[Word, ...]:
    return tuple(replace(word, text=MASK) if at in masks else word for at, word in enumerate(words))


def _silences(words: Sequence[Word], masks: dict[int, SilenceReason]) -> tuple[Silence, ...]:
    silences: list[Silence] = []
    for at in sorted(masks):
        word = words[at]
        start_ms, end_ms = max(0, word.start_ms - PAD_MS), word.end_ms + PAD_MS
        if silences and silences[-1].reason == masks[at] and start_ms <= silences[-1].end_ms + PAD_MS:
            silences[-1] = replace(silences[-1], end_ms=max(end_ms, silences[-1].end_ms))
        else:
            silences.append(Silence(start_ms, end_ms, masks[at]))
    return tuple(silences)


def _ends_in_digits(words: Sequence[Word]) -> bool:
    """Tell whether a number, or the wait for one, may go on in the next utterance."""
    texts = [word.text for word in words]
    runs = digit_runs(texts)
    if not runs:
        return False
    rest = [plain(text) for text in texts[runs[-1].last + 1 :]]
    return len(runs[-1].digits) >= 2 and all(word in FILLERS for word in rest)
