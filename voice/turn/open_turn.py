"""The turn in hand, the last one while it may be taken back, and what Smart Turn says of the pause."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from voice.turn.settings import TurnSettings


@dataclass(slots=True)
class LastTurn:
    """A turn that was told to be over, while it may still be taken back."""

    start_ms: int
    end_ms: int
    """End of its last voice, on the media clock."""
    utterances: tuple[int, ...]
    words: tuple[str, ...]
    over_ms: int
    """Wall clock at which it was told."""
    answered_ms: int | None = None
    """Wall clock at which its answer began to be heard."""

    def may_reopen(self, settings: TurnSettings, now_ms: int) -> bool:
        """Tell whether voice that begins now still belongs to this turn."""
        if self.answered_ms is not None:
            return now_ms - self.answered_ms <= settings.just_begun_ms
        return now_ms - self.over_ms <= settings.reopen_ms


@dataclass(slots=True)
class OpenTurn:
    """The utterances of a turn that were told so far."""

    start_ms: int = 0
    utterances: list[int] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def add(self, utterance: int, words: Iterable[str]) -> None:
        """One more utterance was told."""
        self.utterances.append(utterance)
        self.words += words

    def take_back(self, last: LastTurn) -> None:
        """Go on with a turn that was told to be over."""
        self.start_ms = last.start_ms
        self.utterances[:0] = last.utterances
        self.words[:0] = last.words

    def over(self, end_ms: int, now_ms: int) -> LastTurn:
        """Begin anew; return what the turn was."""
        last = LastTurn(self.start_ms, end_ms, tuple(self.utterances), tuple(self.words), over_ms=now_ms)
        self.utterances, self.words = [], []
        return last


@dataclass(slots=True)
class Judgement:
    """What Smart Turn says of the current pause."""

    end_prob: float | None = None
    awaited: bool = False
    sent_ms: int = 0
    """Wall clock."""
    _request_id: int | None = None

    def ask(self, request_id: int, now_ms: int) -> None:
        """It was asked."""
        self.end_prob, self.awaited, self.sent_ms, self._request_id = None, True, now_ms, request_id

    def answer(self, request_id: int, prob: float | None) -> None:
        """Take its answer; late ones count as well, those about an earlier pause do not."""
        if request_id == self._request_id:
            self.end_prob, self.awaited, self._request_id = prob, False, None

    def forget(self) -> None:
        """The pause is over."""
        self.end_prob, self.awaited, self._request_id = None, False, None
