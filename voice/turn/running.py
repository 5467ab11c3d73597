"""Bookkeeping of one utterance while it runs (its voice, its decodes, its words so far) and of the last turn."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from calls.speech import Word
from voice.turn.settings import WINDOW_MS, TurnSettings


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


class OnsetDetector:
    """Tells voice from clicks: speech starts with enough voice within a short span."""

    def __init__(self, settings: TurnSettings) -> None:
        """Begin with silence."""
        self._needed_ms = settings.onset_voice_ms
        self._windows: deque[tuple[int, bool]] = deque(maxlen=max(1, settings.onset_span_ms // WINDOW_MS))

    def window(self, t_ms: int, voiced: bool) -> int | None:
        """Take a window that ends at `t_ms`; return the start of the speech once there is enough voice."""
        self._windows.append((t_ms, voiced))
        ends = [end for end, is_voice in self._windows if is_voice]
        if not voiced or len(ends) * WINDOW_MS < self._needed_ms:
            return None
        self._windows.clear()
        return ends[0] - WINDOW_MS
