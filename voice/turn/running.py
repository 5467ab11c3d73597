"""Bookkeeping of one utterance while it runs: its voice, its decodes under way, its words so far."""

from __future__ import annotations

from dataclasses import dataclass, field

from calls.speech import Word
from voice.turn.settings import WINDOW_MS


@dataclass(slots=True)
class Request:
    """A decode under way."""

    end_ms: int
    """It covers the utterance up to here, on the media clock."""
    sent_ms: int
    """Wall clock."""
    final: bool
    voice_ms: int
    """Voice in the utterance up to `end_ms`."""


@dataclass(slots=True)
class RunningUtterance:
    """An utterance that is not over, or whose final words are still missing."""

    number: int
    onset_ms: int
    start_ms: int
    """What is decoded begins here: the onset less the pre-roll."""
    voice_until_ms: int
    burst_ms: int = 0
    """Voice since the last pause."""
    voiced_ms: int = 0
    """Voice in all."""
    words: tuple[Word, ...] = ()
    covers_ms: int = -1
    """The words are those of the sound up to here."""
    final_until_ms: int = -1
    """A final decode covered the sound up to here; only its words have exact times."""
    grown_voice_ms: int = 0
    """Voice in the decode that last found more words than any before."""
    most_words: int = 0
    answers: int = 0
    wordless: int = 0
    """Answers without words, and none with."""
    requested_ms: int = -1
    """End of the last decode asked for."""
    requests: dict[int, Request] = field(default_factory=dict)
    asked_ms: int | None = None
    """Wall clock at which the words were first needed to go on; None while they are not."""
    retry_ms: int | None = None
    """Wall clock before which a failed decode is not asked for again."""
    given_up: bool = False
    """The recogniser is not waited for any more."""

    @property
    def settled(self) -> bool:
        """True when final words cover all the voice, or will never come."""
        return self.given_up or self.final_until_ms >= self.voice_until_ms

    @property
    def covered_by_request(self) -> bool:
        """True when a final decode under way covers all the voice."""
        return any(request.final and request.end_ms >= self.voice_until_ms for request in self.requests.values())

    def voice(self, t_ms: int) -> None:
        """Take note of a window of voice that ends at `t_ms`; words that were final are so no more."""
        self.voice_until_ms = t_ms
        self.burst_ms += WINDOW_MS
        self.voiced_ms += WINDOW_MS
        self.asked_ms = None
        self.given_up = False

    def answer(self, request: Request, words: tuple[Word, ...]) -> None:
        """Take the words of a decode; an answer that covers less than an earlier one is ignored."""
        self.answers += 1
        is_last = request.final and request.end_ms >= self.voice_until_ms
        if request.end_ms < self.covers_ms and not is_last:
            return
        if len(words) > self.most_words:
            self.most_words, self.grown_voice_ms = len(words), request.voice_ms
        if request.final:
            self.final_until_ms = request.end_ms
        self.words = words
        self.covers_ms = request.end_ms
        self.wordless = 0 if words else self.wordless + 1
