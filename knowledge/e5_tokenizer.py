"""Text to the token ids of multilingual-e5-small: the most probable cut into pieces of a unigram vocabulary.

Source: Kudo, "Subword Regularization", 2018 (unigram language model, Viterbi); SentencePiece writes a space as U+2581.
"""

from __future__ import annotations

import re

from knowledge.e5_file import E5Vocabulary

_SPACE = "\u2581"
_UNKNOWN_PENALTY = 10.0
"""An unknown character scores this much less than the rarest piece. Source: SentencePiece, `kUnkPenalty`."""
_IMPOSSIBLE = float("-inf")


class E5Tokenizer:
    """Cuts texts into token ids; holds no state of a text."""

    def __init__(self, vocabulary: E5Vocabulary) -> None:
        """Index the vocabulary; takes about 0.1 s."""
        specials = {vocabulary.begin_id, vocabulary.end_id, vocabulary.unknown_id}
        scores = vocabulary.scores.tolist()
        self._pieces = {
            piece: (scores[token_id], token_id)
            for token_id, piece in enumerate(vocabulary.pieces)
            if piece and token_id not in specials
        }
        self._longest = max(map(len, self._pieces))
        self._unknown = (min(scores) - _UNKNOWN_PENALTY, vocabulary.unknown_id)
        self._normalisation = vocabulary.normalisation
        self._begin_id = vocabulary.begin_id
        self._end_id = vocabulary.end_id

    def encode(self, text: str, max_tokens: int) -> list[int]:
        """Return at most `max_tokens` ids, begin and end marks included; a longer text loses its end."""
        normal = re.sub(" {2,}", " ", text.translate(self._normalisation))
        if not normal.startswith(" "):
            normal = " " + normal
        ids = self._cut(normal.replace(" ", _SPACE))
        return [self._begin_id, *ids[: max_tokens - 2], self._end_id]

    def _cut(self, text: str) -> list[int]:
        """Viterbi: `best[i]` is the score of the best cut of `text[:i]`, `came[i]` its last piece."""
        size = len(text)
        best = [_IMPOSSIBLE] * (size + 1)
        best[0] = 0.0
        came: list[tuple[int, int]] = [(0, 0)] * (size + 1)
        unknown_score, unknown_id = self._unknown
        for start in range(size):
            here = best[start]
            if here + unknown_score > best[start + 1]:
                best[start + 1] = here + unknown_score
                came[start + 1] = (start, unknown_id)
            for end in range(start + 1, min(size, start + self._longest) + 1):
                found = self._pieces.get(text[start:end])
                if found is not None and here + found[0] > best[end]:
                    best[end] = here + found[0]
                    came[end] = (start, found[1])
        ids: list[int] = []
        end = size
        while end > 0:
            end, token_id = came[end]
            ids.append(token_id)
        return ids[::-1]
