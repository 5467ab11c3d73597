"""Bookkeeping of one utterance while it runs: its voice, its decodes under way, its words so far."""

from __future__ import annotations

from dataclasses import dataclass, field

from calls.speech import Word
from voice.turn.messages import Decode, UtteranceEnded
from voice.turn.settings import WINDOW_MS, TurnSettings
from voice.turn.words import plain


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
    is_over: bool = False
    """Its words were told, or that it has none; what comes later is told as a rest."""

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

    def ask(self, request_id: int, end_ms: int, now_ms: int, *, final: bool) -> Decode:
        """Have it decoded up to `end_ms`."""
        self.requests[request_id] = Request(end_ms, now_ms, final, self.voiced_ms)
        self.requested_ms = end_ms
        return Decode(
            request_id=request_id,
            utterance=self.number,
            start_ms=self.start_ms,
            end_ms=end_ms,
            voice_ms=self.voiced_ms,
            final=final,
        )

    def due_ms(self, settings: TurnSettings) -> list[int]:
        """Return the wall-clock times at which its final words are given up, and asked for again."""
        if self.settled or self.asked_ms is None:
            return []
        again = [] if self.retry_ms is None or self.covered_by_request else [self.retry_ms]
        return [self.asked_ms + settings.decode_deadline_ms, *again]

    def forget_overdue(self, now_ms: int, settings: TurnSettings) -> None:
        """Wait no longer for decodes that were sent long ago."""
        for request_id, request in list(self.requests.items()):
            if now_ms - request.sent_ms >= settings.decode_deadline_ms:
                del self.requests[request_id]

    def ended(self, words: tuple[Word, ...], *, in_turn: bool, is_rest: bool = False) -> UtteranceEnded:
        """Return what is told of its words; a rest begins where they do."""
        start_ms = words[0].start_ms if is_rest else self.onset_ms
        return UtteranceEnded(
            utterance=self.number,
            start_ms=start_ms,
            end_ms=max(self.voice_until_ms, start_ms),
            words=words,
            in_turn=in_turn,
            is_rest=is_rest,
        )

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


class Overdue:
    """Final decodes that were not waited for any longer. Whoever spoke is not asked again, so no word may be lost."""

    def __init__(self) -> None:
        """None yet."""
        self._asked: dict[int, tuple[RunningUtterance, Request]] = {}

    def give_up(self, utterance: RunningUtterance) -> None:
        """Go on without the answers of an utterance."""
        utterance.given_up = True
        self._asked |= {number: (utterance, request) for number, request in utterance.requests.items() if request.final}
        utterance.requests.clear()

    def forget(self, request_id: int) -> None:
        """An answer will not come."""
        self._asked.pop(request_id, None)

    def answer(self, request_id: int, words: tuple[Word, ...]) -> tuple[RunningUtterance, tuple[Word, ...]] | None:
        """Take an answer after all.

        Returns:
            An utterance that is over and the words that were not told of it; None when there are none, or when it is
            not over: then they are its words like any others.
        """
        utterance, request = self._asked.pop(request_id, (None, None))
        if utterance is None or request is None:
            return None
        if not utterance.is_over:
            utterance.answer(request, words)
            return None
        if request.end_ms < utterance.final_until_ms:
            return None
        rest = _rest(utterance.words, words)
        utterance.words, utterance.final_until_ms = (*utterance.words, *rest), request.end_ms
        return (utterance, rest) if rest else None


def _rest(told: tuple[Word, ...], words: tuple[Word, ...]) -> tuple[Word, ...]:
    """Return what follows in `words` after what was told; partial words have no exact times, so texts go first."""
    texts = [plain(word.text) for word in told]
    if texts == [plain(word.text) for word in words[: len(told)]]:
        return words[len(told) :]
    until_ms = told[-1].end_ms if told else -1
    return tuple(word for word in words if (word.start_ms + word.end_ms) // 2 >= until_ms)
