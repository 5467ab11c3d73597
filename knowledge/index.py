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
from knowledge.text import adds, asks, fold, splits, terms
from knowledge.vectors import Embed, VectorStore

logger = logging.getLogger(__name__)

Floats = npt.NDArray[np.float32]

ANSWER_SCORE = 0.5
"""From here on a passage answers a part of the question: its topic beats every other and "no article"."""

ASKING_PART_SCORE = 0.5
"""What a clause of a double question must reach when its words ask for something."""

TELLING_PART_SCORE = 0.8
"""The same when it only tells ("my internet is down, and …"): most such clauses are the story before the question.
Source of both: pairs of held-out sayings, with and without a story before them; both answers for 50 % of the double
questions and a needless second answer for 10 % of those with a story (0.6: 57 and 19 %; 0.9: 44 and 7 %)."""

ADDED_PART_SCORE = 0.6
"""The same for a clause that only tells when the caller says that there are two matters ("and another thing").
Source: own double questions; without such words 0.6 gives too many needless second answers."""

RESCUE_SCORE = 0.6
"""A clause that asks is answered alone from here on when the whole is unclear. Source: the same data, +2 % right."""

WHOLE_SCORE, CLEAR_SCORE = 0.2, 0.99
"""Clauses are looked at only when the whole is between: below, it is clearly about something that no article answers,
above, about one topic alone. Source: the same data; less than 1 % of the double questions lie outside."""

SHIPPED_VECTORS = "vectors.npz"
"""File beside the articles with the vectors of their texts, so that the first start takes seconds and not a minute.
Made by `python -m knowledge.build`; a text that it does not hold is embedded at the start."""

NEAR_SCORE = 0.02
"""Passages below this are not returned."""

KEYWORD_WEIGHT = 0.3
"""A bare keyword counts less than a question. Source: cross-validation, see `knowledge.ranking`."""

OUTSIDE_WEIGHT = 4.0
"""A saying that no article answers counts more, since there are endless ones. Source: the same; 1 to 2 % more of the
unknown ones are admitted, and 1 % fewer of the known ones answered."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A question, or one clause of it, with what is needed to answer it."""

    asks: bool
    needed: float
    """What its score must reach to be half of a double question."""
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

    @property
    def spare(self) -> float:
        """How far the clause is above what half of a double question must reach; negative below it."""
        return self.score - self.needed


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
        self._store = VectorStore(embed, model, path=cache, shipped=folder / SHIPPED_VECTORS)
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
                    lesson.take(saying, language, None, OUTSIDE_WEIGHT)
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
        when the question has two parts about different topics.
        """
        built = self._ready()
        if not fold(query):
            return ()
        added = adds(query, language)
        (whole,) = await self._parts(built, [query], language)
        open_to_two = whole.score >= WHOLE_SCORE and (added or whole.score < CLEAR_SCORE)
        cuts = splits(query, language) if open_to_two else []
        clauses = await self._parts(built, [clause for cut in cuts for clause in cut], language, added=added)
        parts = _pair(whole, clauses) or _rescue(whole, clauses)
        found = [built.passage(part, part.topic, language) for part in parts]
        taken = {part.topic for part in parts}
        order = [int(column) for column in np.argsort(-whole.relevance, kind="stable") if column not in taken]
        if parts and whole.relevance[order[0]] >= ANSWER_SCORE:
            order = order[1:]  # what both parts together resemble is neither part's answer
        found.extend(built.passage(whole, column, language) for column in order)
        return tuple(passage for passage in found if passage is not None)[:limit]

    def relevance(self, vector: Floats, text: str, language: Language) -> float:
        """Return how well the best article answers the whole of `text`, whose vector of shape (1, width) is known."""
        return float(self._ready().ranking.rank(vector, [terms(text, language)]).relevance.max())

    async def _parts(
        self, built: _Built, texts: Sequence[str], language: Language, *, added: bool = False
    ) -> list[_Part]:
        if not texts:
            return []
        vectors = await self._embed([fold(text) for text in texts], "query")
        ranked = built.ranking.rank(vectors, [terms(text, language) for text in texts])
        rows = zip(vectors, ranked.relevance, ranked.words, strict=True)
        telling = ADDED_PART_SCORE if added else TELLING_PART_SCORE
        asking = [asks(text, language) for text in texts]
        needed = [ASKING_PART_SCORE if each else telling for each in asking]
        return [_Part(a, n, *row) for a, n, row in zip(asking, needed, rows, strict=True)]

    def _ready(self) -> _Built:
        if self._built is None:
            raise CallCentreError(
                "knowledge.not_loaded", "The articles are not loaded yet.", fault="us", retryable=True
            )
        return self._built


def _pair(whole: _Part, clauses: Sequence[_Part]) -> list[_Part]:
    """Return the two clauses of a double question, first the one that the whole is more about; else nothing."""
    best: list[_Part] = []
    best_spare = 0.0
    for first, second in zip(clauses[::2], clauses[1::2], strict=True):
        spare = min(first.spare, second.spare)
        if first.topic != second.topic and spare >= best_spare:
            best, best_spare = [first, second], spare
    return sorted(best, key=lambda part: -float(whole.relevance[part.topic]))


def _rescue(whole: _Part, clauses: Sequence[_Part]) -> list[_Part]:
    """Return the clause that is clear when the whole is not; else nothing."""
    if whole.score >= ANSWER_SCORE:
        return []
    clear = [part for part in clauses if part.asks and part.score >= RESCUE_SCORE]
    return sorted(clear, key=lambda part: -part.score)[:1]


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
