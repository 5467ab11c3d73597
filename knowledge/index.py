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
from knowledge.articles import DEFAULT_FOLDER, Article, Library, load_library
from knowledge.passages import IndexedArticle, SectionRows
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
    relevance: Floats
    """Of each topic."""
    words: Floats
    """Likeness of the words to each known saying."""

    @property
    def topic(self) -> int:
        """Column of the most relevant topic."""
        return int(self.relevance.argmax())

    @property
    def score(self) -> float:
        """Relevance of that topic."""
        return float(self.relevance.max())


@dataclass(frozen=True, slots=True)
class _Built:
    """Everything that a reload replaces at once."""

    library: Library
    ranking: TopicRanking
    articles: dict[tuple[str, Language], IndexedArticle]

    def passage(self, part: _Part, column: int, language: Language) -> Passage | None:
        """Return what the article of a topic says to `part`; None when it is not near, or not in this language."""
        article = self.articles.get((self.ranking.topics[column], language))
        score = float(part.relevance[column])
        if article is None or score < NEAR_SCORE:
            return None
        return article.passage(article.best_section(part.vector, part.words), score)


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
            lesson = _Lesson()
            rows = [lesson.take_article(article) for article in library.articles]
            for language in LANGUAGES:
                for saying in library.outside[language]:
                    lesson.take(saying, language, None)
            vectors = await self._store.vectors(lesson.texts, "query")
            ranking = await asyncio.to_thread(TopicRanking, lesson.sayings, vectors)
            articles = {
                (article.topic, article.language): IndexedArticle(article, places, vectors)
                for article, places in zip(library.articles, rows, strict=True)
            }
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
        found = [built.passage(part, part.topic, language) for part in pair]
        taken = {part.topic for part in pair}
        order = [int(column) for column in np.argsort(-whole.relevance, kind="stable") if column not in taken]
        if pair and whole.relevance[order[0]] >= ANSWER_SCORE:
            order = order[1:]  # what both parts together resemble is neither part's answer
        found.extend(built.passage(whole, column, language) for column in order)
        return tuple(passage for passage in found if passage is not None)[:limit]

    async def _parts(self, built: _Built, query: str, language: Language) -> tuple[_Part, tuple[_Part, ...]]:
        """Return the whole question, and its two parts when they are about different topics."""
        cuts = splits(query, language)
        texts = [query, *(part for cut in cuts for part in cut)]
        vectors = await self._embed([fold(text) for text in texts], "query")
        ranked = built.ranking.rank(vectors, [terms(text, language) for text in texts])
        parts = [_Part(*each) for each in zip(vectors, ranked.relevance, ranked.words, strict=True)]
        best: tuple[_Part, ...] = ()
        best_score = PART_SCORE
        for first, second in zip(parts[1::2], parts[2::2], strict=True):
            level = min(first.score, second.score)
            if level >= best_score and first.topic != second.topic:
                best, best_score = (first, second), level
        return parts[0], best

    def _ready(self) -> _Built:
        if self._built is None:
            raise CallCentreError(
                "knowledge.not_loaded", "The articles are not loaded yet.", fault="us", retryable=True
            )
        return self._built


class _Lesson:
    """Gathers what the ranking learns from, and the folded text of each saying to be embedded."""

    def __init__(self) -> None:
        self.sayings: list[Saying] = []
        self.texts: list[str] = []

    def take(self, text: str, language: Language, topic: str | None, weight: float = 1.0) -> int:
        """Add one saying and return its row."""
        self.sayings.append(Saying(tuple(terms(text, language)), topic, weight))
        self.texts.append(fold(text))
        return len(self.texts) - 1

    def take_article(self, article: Article) -> tuple[SectionRows, ...]:
        """Add everything that an article says and is asked; return where each section stands."""
        language, topic = article.language, article.topic
        self.take(article.title, language, topic)
        for keyword in article.keywords:
            self.take(keyword, language, topic, KEYWORD_WEIGHT)
        return tuple(
            SectionRows(
                heading=self.take(section.heading, language, topic),
                text=self.take(section.text, language, topic),
                phrases=tuple(self.take(phrase, language, topic) for phrase in section.phrases),
            )
            for section in article.sections
        )
