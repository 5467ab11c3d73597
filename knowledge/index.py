"""The search over the articles: finds what a question is about and the words that answer it, or admits that none do.

Implements `calls.ports.KnowledgeSearch`. A question may hold two ("how do I pay, and when does the bill come?"):
each part is then looked up for itself, and both answers come back with a score of `ANSWER_SCORE` or more.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from calls.errors import CallCentreError
from calls.ids import LANGUAGES, Language
from calls.ports import Passage
from knowledge.articles import DEFAULT_FOLDER, Library, load_library
from knowledge.passages import IndexedArticle
from knowledge.ranking import Saying, TopicRanking
from knowledge.text import fold, splits, terms
from knowledge.vectors import Embed, VectorStore

logger = logging.getLogger(__name__)

Floats = npt.NDArray[np.float32]

ANSWER_SCORE = 0.5
"""From here on a passage answers a part of the question: its topic beats every other and "no article"."""

PART_SCORE = 0.6
"""Both parts of a double question must reach this. Source: on pairs of the articles' own phrases, `tests/knowledge`."""

NEAR_SCORE = 0.02
"""Passages below this are not returned."""

KEYWORD_WEIGHT = 0.3
"""A bare keyword counts less than a question. Source: cross-validation, see `knowledge.ranking`."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A question, or one clause of it, with what is needed to answer it."""

    vector: Floats
    terms: tuple[str, ...]
    scores: Floats
    """Relevance of each topic."""


@dataclass(frozen=True, slots=True)
class _Built:
    """Everything that a reload replaces at once."""

    library: Library
    ranking: TopicRanking
    articles: dict[tuple[str, Language], IndexedArticle]


class KnowledgeIndex:
    """Articles ready to be searched. `load` first; `load` again reloads, and searches use the old ones meanwhile."""

    def __init__(
        self, embed: Embed, *, folder: Path = DEFAULT_FOLDER, cache: Path | None = None, model: str = ""
    ) -> None:
        """Take the embedding from `embed`.

        Args:
            embed: gives unit vectors of texts, usually by a worker.
            folder: where the articles lie.
            cache: file that keeps the articles' vectors between starts; None keeps them in memory only.
            model: sha256 of the embedding's weights, so that vectors of other weights are not used.
        """
        self._embed = embed
        self._folder = folder
        self._store = VectorStore(embed, cache, model)
        self._built: _Built | None = None
        self._loading = asyncio.Lock()

    @property
    def library(self) -> Library:
        """The articles that are being searched."""
        return self._ready().library

    async def load(self) -> None:
        """Read, check and index the articles; on an error the index stays as it was.

        Raises:
            CallCentreError: `knowledge.missing` or `knowledge.invalid` with the file and the line.
        """
        async with self._loading:
            library = await asyncio.to_thread(load_library, self._folder)
            sayings, texts = _sayings(library)
            vectors = await self._store.vectors(texts, "query")
            articles: dict[tuple[str, Language], IndexedArticle] = {}
            for article in library.articles:
                headings = await self._store.vectors([fold(section.heading) for section in article.sections], "query")
                spoken = await self._store.vectors([section.text for section in article.sections], "passage")
                articles[article.topic, article.language] = IndexedArticle(article, headings, spoken)
            ranking = await asyncio.to_thread(TopicRanking, sayings, vectors)
            await asyncio.to_thread(self._store.keep)
            self._built = _Built(library, ranking, articles)
            logger.info("%d articles are ready", len(library.articles))

    async def search(self, query: str, language: Language, limit: int = 5) -> Sequence[Passage]:
        """Return the best passages, best first, at most one an article; empty when nothing is near.

        Every passage with a score of at least `ANSWER_SCORE` answers a part of the question; there are two of them only
        when the question has two parts about different topics, and then they come in the order of the parts.
        """
        built = self._ready()
        if not fold(query):
            return ()
        whole, pair = await self._parts(built, query, language)
        found: list[Passage] = []
        for part in pair:
            best = int(part.scores.argmax())
            found += _passages(built, part, language, [best])
        taken = {passage.topic for passage in found}
        order = np.argsort(-whole.scores, kind="stable")
        rest = _passages(
            built, whole, language, [int(i) for i in order if built.ranking.topics[i] not in taken][:limit]
        )
        if pair:
            rest = [passage for passage in rest if passage.score < ANSWER_SCORE]
        return tuple((found + rest)[:limit])

    async def _parts(self, built: _Built, query: str, language: Language) -> tuple[_Part, tuple[_Part, ...]]:
        """Return the whole question, and its two parts when they are about different topics."""
        cuts = splits(query, language)
        texts = [query, *(part for cut in cuts for part in cut)]
        vectors = await self._embed([fold(text) for text in texts], "query")
        words = [tuple(terms(text, language)) for text in texts]
        scores = built.ranking.scores(vectors, words)
        parts = [_Part(*each) for each in zip(vectors, words, scores, strict=True)]
        best: tuple[_Part, ...] = ()
        best_score = PART_SCORE
        for first, second in zip(parts[1::2], parts[2::2], strict=True):
            level = min(float(first.scores.max()), float(second.scores.max()))
            if level >= best_score and first.scores.argmax() != second.scores.argmax():
                best, best_score = (first, second), level
        return parts[0], best

    def _ready(self) -> _Built:
        if self._built is None:
            raise CallCentreError(
                "knowledge.not_loaded", "The articles are not loaded yet.", fault="us", retryable=True
            )
        return self._built


def _sayings(library: Library) -> tuple[list[Saying], list[str]]:
    """Return what the ranking learns from, and the folded text of each to be embedded."""
    rows: list[tuple[str, Language, str | None, float]] = []
    for article in library.articles:
        whole = [article.title, *article.phrases]
        for section in article.sections:
            whole += [section.heading, section.text]
        rows += [(text, article.language, article.topic, 1.0) for text in whole]
        rows += [(text, article.language, article.topic, KEYWORD_WEIGHT) for text in article.keywords]
    for language in LANGUAGES:
        rows += [(text, language, None, 1.0) for text in library.outside[language]]
    sayings = [Saying(tuple(terms(text, language)), topic, weight) for text, language, topic, weight in rows]
    return sayings, [fold(text) for text, _, _, _ in rows]


def _passages(built: _Built, part: _Part, language: Language, columns: Sequence[int]) -> list[Passage]:
    found: list[Passage] = []
    for column in columns:
        article = built.articles.get((built.ranking.topics[column], language))
        score = float(part.scores[column])
        if article is not None and score >= NEAR_SCORE:
            found.append(article.passage(article.best_section(part.vector, part.terms), score))
    return found
