"""Which section of an article answers the question: the one whose heading and words are nearest to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calls.ports import Passage
from knowledge.articles import Article
from knowledge.text import terms

Floats = npt.NDArray[np.float32]

HEADING_SHARE = 0.6
"""Weight of the heading's meaning against that of the words below it."""
WORDS_SHARE = 0.15
"""What each shared stem adds, relative to all stems of the question."""
FIRST_BONUS = 0.01
"""The first section answers the question that names no detail. Source: cosines of one article differ by 0.02 to 0.1."""


@dataclass(frozen=True, slots=True)
class IndexedArticle:
    """An article with what is needed to choose among its sections."""

    article: Article
    headings: Floats
    """Unit vectors of the headings, shape (n_sections, width)."""
    texts: Floats
    """Unit vectors of the spoken words, shape (n_sections, width)."""

    def best_section(self, vector: Floats, question_terms: Sequence[str]) -> int:
        """Return the index of the section that answers the question best."""
        meaning = HEADING_SHARE * (self.headings @ vector) + (1.0 - HEADING_SHARE) * (self.texts @ vector)
        asked = set(question_terms)
        shared = [
            len(asked & set(terms(f"{section.heading} {section.text}", self.article.language))) / max(1, len(asked))
            for section in self.article.sections
        ]
        relevance = meaning + WORDS_SHARE * np.array(shared)
        relevance[0] += FIRST_BONUS
        return int(relevance.argmax())

    def passage(self, section: int, score: float) -> Passage:
        """Return a section as a passage."""
        return Passage(
            article_id=self.article.article_id,
            topic=self.article.topic,
            title=self.article.title,
            language=self.article.language,
            text=self.article.sections[section].text,
            score=score,
        )
