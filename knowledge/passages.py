"""Which section of an article answers the question: the one whose heading, words and known sayings resemble it most.

The likeness of meaning is measured from the middle of the article, so that what all its sections share does not count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calls.ports import Passage
from knowledge.articles import Article

Floats = npt.NDArray[np.float32]

BASE_SHARE = 0.5
"""Weight of the heading, and of the spoken words, against the one saying that is most like the question."""
WORDS_SHARE = 0.6
"""What equal words add to equal meaning.

Source of both: leaving out each saying of the articles in turn, the right section of its article comes first for 71 %,
and for 73 % of those that are not about the first section (heading alone: 59 and 65 %)."""
MEANING_WIDTH = 0.5
"""Width of the kernel over cosines, as in `knowledge.ranking`."""


@dataclass(frozen=True, slots=True)
class SectionRows:
    """Where the texts of one section stand among the sayings of the ranking."""

    heading: int
    text: int
    phrases: tuple[int, ...]

    @property
    def all(self) -> tuple[int, ...]:
        """Every row of the section."""
        return (self.heading, self.text, *self.phrases)


class IndexedArticle:
    """An article with what is needed to choose among its sections."""

    def __init__(self, article: Article, rows: tuple[SectionRows, ...], vectors: Floats) -> None:
        """Take the place of each section's texts among all sayings, and the vectors of all sayings."""
        self.article = article
        self._rows = np.array([row for section in rows for row in section.all])
        self._starts = np.cumsum([0, *(len(section.all) for section in rows[:-1])])
        chosen = vectors[self._rows]
        self._middle: Floats = chosen.mean(axis=0)
        self._vectors = _directions(chosen - self._middle)

    def best_section(self, vector: Floats, words: Floats) -> int:
        """Return the section that answers a question, the first when level.

        Args:
            vector: unit vector of the question, shape (width,).
            words: likeness of its words to each saying of the ranking, shape (n_sayings,).
        """
        meaning = np.exp((self._vectors @ _directions((vector - self._middle)[None])[0] - 1.0) / MEANING_WIDTH)
        likeness = meaning + WORDS_SHARE * words[self._rows]
        nearest = np.maximum.reduceat(likeness, self._starts)
        base = likeness[self._starts] + likeness[self._starts + 1]  # heading and text come first in a section
        return int(np.argmax(nearest + BASE_SHARE * base))

    def passage(self, section: int, score: float) -> Passage:
        """Return a section as a passage."""
        return Passage(
            article_id=self.article.article_id,
            topic=self.article.topic,
            title=self.article.title,
            language=self.article.language,
            text=self.article.sections[section].text,
            score=score,
            flow=self.article.sections[section].flow or self.article.flow or "",
        )


def _directions(vectors: Floats) -> Floats:
    unit: Floats = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.float32(1e-9))
    return unit
