"""Keeps card numbers and secret digits of one call out of the log and out of the recording."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Protocol

from calls.events import DigitsPressed, EventBody, RecordingSilenced, UtteranceHeard
from calls.speech import Hypothesis, Turn, Utterance, Word
from records.keyed_digits import KeyedDigits, KeyGroup, KeysShown
from records.redaction import PAD_MS, Redacted, Redactor, redact_text, redact_words
from records.secrets_said import SilenceReason, label_before
from records.split_cards import DigitsGiven, SplitCards
from records.spoken_digits import digit_runs, plain

NO_END_MS = sys.maxsize
"""A secret that is asked for is expected until it is said that it is not any more."""
CARD_GOES_ON_MS = 1_500
"""A pause inside a card number that is read out is shorter. Source: our choice."""


class FactsNoted(Protocol):
    """Where facts go: `CallLog` of a live call, the list of an import."""

    def note(self, body: EventBody, source: str, *, t_ms: int | None = None) -> None:
        """Write one fact."""
        ...


class SoundSilenced(Protocol):
    """Whose sound is silenced: `CallRecording` of a live call, the sound of an import."""

    def silence(self, start_ms: int, end_ms: int) -> bool:
        """Overwrite a stretch; False when no sound is kept."""
        ...


Withdraw = Callable[[SplitCards, int], None]
"""`withdraw(cards, since_ms)`: take these card numbers out of what was written since then."""


class SecretsKept:
    """Everything that the caller says or presses passes here before it is written."""

    def __init__(
        self,
        log: FactsNoted,
        recording: SoundSilenced,
        engine: str,
        redactor: Redactor | None = None,
        *,
        withdraw: Withdraw | None = None,
    ) -> None:
        """`engine` is the recogniser's name, for the log; people who talk to each other share a `redactor`."""
        self._withdraw = withdraw
        self._secret = False
        self._keys = KeyedDigits()
        self._log = log
        self._recording = recording
        self._engine = engine
        self.redactor = redactor or Redactor()
        """What it knows of numbers that are being said, shared by people who talk to each other."""
        self._card_until_ms: int | None = None

    def expect_secret(self) -> None:
        """The caller is asked for digits that nobody shall read, pressed or said."""
        self._secret = True
        self.redactor.expect_secret(NO_END_MS)

    def secret_over(self, now_ms: int) -> None:
        """The secret was given, or is not wanted any more; what was said until now may still come."""
        if self._secret:
            self._secret = False
            self.redactor.expect_secret(now_ms)

    def keys(self, group: KeyGroup) -> None:
        """Write pressed keys, as far as they can't be a part of a card number any more."""
        if not self._secret and group.digits:
            self._given(DigitsGiven(group.digits, group.t_ms, group.t_ms, asked=group.slot))
        self._write_keys(self._keys.press(group, secret=self._secret))

    def turn_said(self, turn: Turn, asked: str) -> None:
        """Look at the digits of a turn before it is written: they may be the rest of a number from earlier ones.

        Args:
            turn: As it was heard.
            asked: What the caller was asked for; empty: nothing.
        """
        words = turn.text.split()
        flat = [plain(word) for word in words]
        for run in digit_runs(words):
            if label_before(flat, run.first) != "other":
                self._given(
                    DigitsGiven(run.digits, turn.start_ms, turn.end_ms, asked, spoken=True, source=turn.turn_id)
                )

    def turn_reopened(self, turn_id: str) -> None:
        """The last turn was not over; its digits come again."""
        self.redactor.cards.take_back(turn_id)

    def shown(self, text: str) -> str:
        """Return a text of the bot, or a value, as it may be written."""
        return self.redactor.shown(redact_text(text))

    def _given(self, given: DigitsGiven) -> None:
        card = self.redactor.cards.take(given)
        if not card:
            return
        for part in card if len(card) > 1 else ():  # a whole one is silenced with its words
            if part.spoken:
                self._silence(max(0, part.start_ms - PAD_MS), part.end_ms + PAD_MS, "card_number")
        if self._withdraw is not None:
            self._withdraw(self.redactor.cards, card[0].start_ms)

    def call_over(self, now_ms: int) -> None:
        """Write all that was held back, said or pressed: the call is over."""
        self.turn_over(now_ms)
        self._write_keys(self._keys.flush())

    def hypothesis(self, hypothesis: Hypothesis) -> tuple[tuple[Word, ...], tuple[Word, ...]]:
        """Return the committed and the tentative words as they may be shown."""
        words = (*hypothesis.committed, *hypothesis.tentative)
        shown, _ = redact_words(words, secret_expected=self._secret)
        n_committed = len(hypothesis.committed)
        return shown[:n_committed], shown[n_committed:]

    def utterance(self, utterance: Utterance, now_ms: int) -> None:
        """Write the final words, as far as they can't be the beginning of a secret any more."""
        self._silence_rest_of_card(utterance)
        self._write(self.redactor.hear(utterance), now_ms)

    def late(self, utterance: Utterance, now_ms: int) -> None:
        """Write words that came too late for their utterance; what is held back of the running turn stays so."""
        aside = deepcopy(self.redactor)
        parts = (aside.hear(utterance), aside.flush())
        own = tuple(told for part in parts for told in part.utterances if told.utterance_id == utterance.utterance_id)
        self._write(Redacted(own, tuple(silence for part in parts for silence in part.silences)), now_ms)

    def turn_over(self, now_ms: int) -> None:
        """Write what was held back: the turn is over."""
        self._write(self.redactor.flush(), now_ms)
        self._write_keys(self._keys.time_passes(now_ms))

    def text(self, turn: Turn) -> str:
        """Return the words of a turn that is over as they may be shown."""
        return self.redactor.text(turn.utterance_ids, turn.text)

    def silence_turn(self, turn: Turn) -> None:
        """The turn holds a card number, however it was recognised: nobody shall hear any of it."""
        self._silence(max(0, turn.start_ms - PAD_MS), turn.end_ms + PAD_MS, "card_number")

    def _silence_rest_of_card(self, utterance: Utterance) -> None:
        """Silence what follows a card number at once: its other half, whatever the recogniser made of it."""
        if self._card_until_ms is None or utterance.start_ms > self._card_until_ms + CARD_GOES_ON_MS:
            return
        self._card_until_ms = utterance.end_ms
        self._silence(utterance.start_ms, utterance.end_ms, "card_number")

    def _write(self, clean: Redacted, now_ms: int) -> None:
        for silence in clean.silences:
            end_ms = silence.end_ms
            if silence.reason == "card_number":  # until now: the recogniser may have lost the rest of it
                end_ms = self._card_until_ms = max(end_ms, now_ms)
            self._silence(silence.start_ms, end_ms, silence.reason)
        for utterance in clean.utterances:
            self._log.note(
                UtteranceHeard(
                    utterance_id=utterance.utterance_id,
                    member=utterance.member,
                    language=utterance.language,
                    language_prob=utterance.language_prob,
                    start_ms=utterance.start_ms,
                    end_ms=utterance.end_ms,
                    words=utterance.words,
                    engine=self._engine,
                ),
                "asr",
                t_ms=utterance.end_ms,
            )

    def _write_keys(self, groups: Iterable[KeysShown]) -> None:
        for group in groups:
            secret = group.secret or self.redactor.cards.knows("".join(key for key in group.keys if key.isdigit()))
            keys = "*" * len(group.keys) if secret else group.keys
            self._log.note(DigitsPressed(digits=keys, secret=secret), "call", t_ms=group.t_ms)

    def _silence(self, start_ms: int, end_ms: int, reason: SilenceReason) -> None:
        if self._recording.silence(start_ms, end_ms):
            self._log.note(RecordingSilenced(start_ms=start_ms, end_ms=end_ms, reason=reason), "recorder")
