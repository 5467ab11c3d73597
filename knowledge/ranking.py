"""Which topic a question is about: kernel ridge regression over meaning (embedding) and words (stems) together.

Every known saying votes for its topic, or for "no article", as much as it resembles the question in meaning
and in words; the regression finds the votes under which the known sayings themselves come out right. Pure and
deterministic: the same articles and vectors give the same scores.

Source: Saunders, Gammerman & Vovk, "Ridge Regression Learning Algorithm in Dual Variables", 1998. The constants were
chosen by five-fold cross-validation on the sayings in the articles, translations kept in one fold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

MEANING_WIDTH = 0.5
"""Width of the kernel over centred cosines: exp((cos - 1) / width)."""
WORDS_SHARE = 0.3
"""What equal words add to equal meaning."""
RIDGE = 0.2
"""Resistance against single sayings that pull alone."""
SLOPE = 8.0
"""Steepness from margin to probability. Source: logistic fit on the held-out folds of the sayings gives 7.8."""


@dataclass(frozen=True, slots=True)
class Saying:
    """One text that teaches the ranking."""

    terms: tuple[str, ...]
    """From `knowledge.text.terms`."""
    topic: str | None
    """None: no article answers it."""
    weight: float = 1.0
    """How much it counts; a bare keyword less than a whole question."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """What the ranking says of some questions."""

    relevance: Floats
    """Shape (n_questions, n_topics), 0 to 1: the probability that this topic, and not its best rival or "no article",
    is meant. 0.5 says that they are level, so at most one topic of a question is above it."""
    words: Floats
    """Shape (n_questions, n_sayings): likeness of the words alone to each saying, 0 to 1."""


class TopicRanking:
    """Learned once from sayings and their embeddings; `rank` is then a few matrix products."""

    def __init__(self, sayings: Sequence[Saying], vectors: Floats) -> None:
        """Learn from `sayings` and their unit vectors, shape (n_sayings, width); about 1 s for 2,500 of them."""
        self.topics: tuple[str, ...] = tuple(sorted({s.topic for s in sayings if s.topic is not None}))
        self._centre: Floats = vectors.mean(axis=0)
        self._vectors = self._centred(vectors)
        self._words = _WordIndex([saying.terms for saying in sayings])
        likeness = self._likeness(self._vectors, self._word_likeness([saying.terms for saying in sayings]))
        column = {topic: index for index, topic in enumerate(self.topics)}
        targets = np.zeros((len(sayings), len(self.topics) + 1))
        for row, saying in enumerate(sayings):
            targets[row, len(self.topics) if saying.topic is None else column[saying.topic]] = 1.0
        self._prior = targets.mean(axis=0)
        ridge = RIDGE / np.array([saying.weight for saying in sayings])
        self._votes = np.linalg.solve(likeness.astype(np.float64) + np.diag(ridge), targets - self._prior)

    def rank(self, vectors: Floats, terms: Sequence[Sequence[str]]) -> Ranked:
        """Rank questions given as unit vectors, shape (n_questions, width), and terms."""
        words = self._word_likeness(terms)
        raw = self._raw(vectors, words)
        rivals = np.empty((len(raw), len(self.topics)))
        for column in range(len(self.topics)):
            rivals[:, column] = np.delete(raw, column, axis=1).max(axis=1)
        relevance = 1.0 / (1.0 + np.exp(-SLOPE * (raw[:, :-1] - rivals)))
        return Ranked(relevance.astype(np.float32), words)

    def votes(self, vectors: Floats, terms: Sequence[Sequence[str]]) -> Floats:
        """Return the votes for each topic and, last, for none: shape (n_questions, n_topics + 1), about 0 to 1."""
        return self._raw(vectors, self._word_likeness(terms)).astype(np.float32)

    def _raw(self, vectors: Floats, words: Floats) -> npt.NDArray[np.float64]:
        raw: npt.NDArray[np.float64] = self._likeness(self._centred(vectors), words) @ self._votes + self._prior
        return raw

    def _likeness(self, centred: Floats, words: Floats) -> Floats:
        meaning = np.exp((centred @ self._vectors.T - np.float32(1.0)) / np.float32(MEANING_WIDTH))
        likeness: Floats = meaning + np.float32(WORDS_SHARE) * words
        return likeness

    def _word_likeness(self, terms: Sequence[Sequence[str]]) -> Floats:
        likeness: Floats = np.stack([self._words.cosines(each) for each in terms])
        return likeness

    def _centred(self, vectors: Floats) -> Floats:
        moved = vectors - self._centre
        unit: Floats = moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), np.float32(1e-9))
        return unit


class _WordIndex:
    """Cosines of term vectors weighted by rarity, over an inverted index."""

    def __init__(self, documents: Sequence[Sequence[str]]) -> None:
        self._size = len(documents)
        frequency = Counter(term for document in documents for term in set(document))
        self._rarity = {term: float(np.log1p(self._size / count)) for term, count in frequency.items()}
        rows: dict[str, list[int]] = {}
        weights: dict[str, list[float]] = {}
        for row, document in enumerate(documents):
            for term, weight in self._weights(document).items():
                rows.setdefault(term, []).append(row)
                weights.setdefault(term, []).append(weight)
        self._postings = {
            term: (np.array(found), np.array(weights[term], dtype=np.float32)) for term, found in rows.items()
        }

    def cosines(self, document: Sequence[str]) -> Floats:
        """Return the likeness of `document` to every known one, shape (n_documents,)."""
        sums = np.zeros(self._size, dtype=np.float32)
        for term, weight in self._weights(document).items():
            rows, weights = self._postings[term]
            sums[rows] += np.float32(weight) * weights
        return sums

    def _weights(self, document: Sequence[str]) -> dict[str, float]:
        known = {term: self._rarity[term] for term in dict.fromkeys(document) if term in self._rarity}
        norm = float(np.sqrt(sum(weight**2 for weight in known.values())))
        return {term: weight / norm for term, weight in known.items()}
