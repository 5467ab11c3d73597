"""Which live words stay while an utterance goes on: local agreement of successive hypotheses. Pure.

What is committed is for the eye: it does not flicker. The final words of the utterance come from a decode of their own,
with a wider search and more guards, and take the place of all live words, committed ones too.

Source of the idea: Liu, Spanakis, Niehues 2020, "Low-Latency Sequence-to-Sequence Speech Recognition and Translation by
Partial Hypothesis Selection" (local agreement); here on words aligned in time, and not trusting the newest sound.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from calls.speech import Word

MARGIN_MS = 500
"""Words that end this close to the newest sound are not committed. Source: Whisper rewrites its last words."""
TOLERANCE_MS = 600
"""How far the start of a word may move between hypotheses. Source: partial times are estimated from letters."""


def same_word(left: str, right: str) -> bool:
    """Tell whether two spellings are one word: case, accents and punctuation apart."""
    return _core(left) == _core(right)


def _core(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    core = "".join(character for character in decomposed if character.isalnum())
    return core or text


class Committer:
    """Commits the words on which two hypotheses in a row agree; a committed word stays as long as there are more."""

    def __init__(self) -> None:
        """Begin an utterance."""
        self._committed: tuple[Word, ...] = ()
        self._tentative: tuple[Word, ...] = ()

    def update(
        self, words: Sequence[Word], *, heard_until_ms: int | None = None
    ) -> tuple[tuple[Word, ...], tuple[Word, ...]]:
        """Take the newest hypothesis of the whole utterance and return (committed, tentative).

        Args:
            words: The hypothesis, from the beginning of the utterance.
            heard_until_ms: End of the sound that it was made from; words within the last half second stay tentative.
                Without it the last word stays tentative.
        """
        rest = self._behind_committed(words)
        agreed = 0
        for new, old in zip(rest, self._tentative, strict=False):
            if not same_word(new.text, old.text) or abs(new.start_ms - old.start_ms) > TOLERANCE_MS:
                break
            if heard_until_ms is not None and new.end_ms > heard_until_ms - MARGIN_MS:
                break
            if heard_until_ms is None and agreed == len(rest) - 1:
                break
            agreed += 1
        self._committed += self._after_committed(rest[:agreed])
        self._tentative = tuple(rest[agreed:])
        return self._committed, self._tentative

    def _behind_committed(self, words: Sequence[Word]) -> tuple[Word, ...]:
        """Return the words of a hypothesis that follow what is committed.

        Where the hypothesis repeats the committed words, it goes on behind them; where it differs, time decides.
        """
        count = len(self._committed)
        if not count:
            return tuple(words)
        repeats = all(same_word(new.text, old.text) for new, old in zip(words, self._committed, strict=False))
        if len(words) >= count and repeats:
            return tuple(words[count:])
        end_ms = self._committed[-1].end_ms
        behind = [word for word in words if (word.start_ms + word.end_ms) // 2 >= end_ms]
        if behind and same_word(behind[0].text, self._committed[-1].text) and behind[0].start_ms < end_ms:
            behind = behind[1:]
        return tuple(behind)

    def _after_committed(self, words: Sequence[Word]) -> tuple[Word, ...]:
        """Move words so that none begins before the last committed one ends."""
        floor = self._committed[-1].end_ms if self._committed else None
        out: list[Word] = []
        for word in words:
            start = word.start_ms if floor is None else max(word.start_ms, floor)
            floor = max(word.end_ms, start)
            out.append(Word(text=word.text, start_ms=start, end_ms=floor, prob=word.prob))
        return tuple(out)
