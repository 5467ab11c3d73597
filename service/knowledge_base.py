"""The articles in a running service: opened with the embedding of the `mind` worker, read again when they change."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from calls.errors import CallCentreError
from calls.ids import Language
from calls.ports import Passage
from calls.speech import MeaningEstimate
from knowledge.articles import DEFAULT_FOLDER
from knowledge.index import KnowledgeIndex
from knowledge.meaning import MeaningNet
from knowledge.text import fold
from knowledge.vectors import EmbedKind
from service.config import Config
from service.models_store import ModelStore
from service.vocabulary import names_in
from voice.workers.client import Worker

logger = logging.getLogger(__name__)

EMBEDDING = "embedding"
QUERY_PRIORITY = 5
"""A caller waits for a question's vector; articles are indexed behind it."""
DOUBT_SCORE = 0.2
"""Below it nobody asks back, so no article needs to be compared (which costs as much as the estimate itself)."""
TURNS_KEPT = 64
"""Vectors of turns that may still be looked up: one for each call that a machine can hold, and some. A vector leaves
when its turn is looked up or newer ones come; none is written anywhere."""
BATCH = 32
"""Texts a request, so that indexing never holds up a caller's question for long."""


def articles_dir(config: Config) -> Path:
    """Return the folder of the articles."""
    return Path(config.knowledge.dir).expanduser() if config.knowledge.dir else DEFAULT_FOLDER


def vectors_file(config: Config, models: Path) -> Path:
    """Return where the articles' vectors are kept between starts.

    They follow from the articles and the weights alone, and making them takes half a minute of one core: so they lie
    beside the weights, where every `data_dir` finds them, unless that folder cannot be written.
    """
    folder = models if os.access(models, os.W_OK) else config.data_path / "cache"
    return folder / "article-vectors.npz"


class KnowledgeBase:
    """`KnowledgeSearch` over the articles; `reload_if_changed` keeps the old ones when the new ones are wrong."""

    def __init__(self, config: Config, mind: Worker, models: ModelStore) -> None:
        """Nothing is read before `load`."""
        self._mind = mind
        self._folder = articles_dir(config)
        cache = vectors_file(config, models.folder)
        self._index = KnowledgeIndex(self._embed_question, folder=self._folder, cache=cache, model=models.sha256("e5"))
        self._meaning = MeaningNet(self._embed, model=models.sha256("e5"))
        self._turns: dict[bytes, npt.NDArray[np.float32]] = {}
        self._stamp: tuple[int, int] = (0, 0)
        self._human_topics: frozenset[str] = frozenset()
        self._names: list[str] = []

    async def load(self) -> None:
        """Read and index the articles.

        Raises:
            CallCentreError: an article is missing or wrong; the sentence names file and line.
        """
        self._stamp = self._look()
        await self._index.load()
        self._note_heads()
        await self._meaning.load()

    async def reload_if_changed(self) -> bool:
        """Read the articles again if any file changed; True when new ones are in force.

        Raises:
            CallCentreError: a new article is wrong; the old ones go on.
        """
        stamp = self._look()
        if stamp == self._stamp:
            return False
        self._stamp = stamp  # wrong files are complained about once
        await self._index.load()
        self._note_heads()
        return True

    async def search(self, query: str, language: Language, limit: int = 5) -> Sequence[Passage]:
        """Return the best passages, best first."""
        return await self._index.search(query, language, limit)

    async def meaning(self, text: str, language: Language) -> MeaningEstimate:
        """Return what a turn means beside its matter; a `search` for the same words then needs no new vector."""
        return (await self.understand(text, language))[0]

    async def understand(self, text: str, language: Language) -> tuple[MeaningEstimate, npt.NDArray[np.float32]]:
        """Return `meaning` and the vector it comes from, shape (width,)."""
        vector = await self._embed_turn(fold(text))
        estimate = self._meaning.weigh(vector, text, language)
        if max(estimate.danger_score, estimate.wish_score) >= DOUBT_SCORE:
            estimate = replace(estimate, matter_score=self._index.relevance(vector, text, language))
        return estimate, vector[0]

    async def prepare(self, text: str) -> None:
        """Make the vector of what may be all of a turn; `understand` for the same words then needs no new one.

        Raises:
            CallCentreError: the engine failed.
        """
        await self._embed_turn(fold(text))

    def spoken_texts(self, language: Language) -> Iterator[str]:
        """Yield every passage that may be spoken, so that speech can be made ahead of need."""
        for article in self._index.library.articles:
            if article.language == language:
                yield from (section.text for section in article.sections)

    def names(self) -> list[str]:
        """Return names that stand in several articles, for recognition to expect."""
        return self._names

    def titles(self, language: Language) -> dict[str, str]:
        """Return topic -> title, for what people read."""
        return {a.topic: a.title for a in self._index.library.articles if a.language == language}

    def titles_by_topic(self) -> dict[str, dict[Language, str]]:
        """Return topic -> language -> title, for pages that show either language."""
        titles: dict[str, dict[Language, str]] = {}
        for article in self._index.library.articles:
            titles.setdefault(article.topic, {})[article.language] = article.title
        return titles

    def human_topics(self) -> frozenset[str]:
        """Return the topics that are for people, as the heads of the articles say."""
        return self._human_topics

    def _note_heads(self) -> None:
        self._human_topics = frozenset(article.topic for article in self._index.library.articles if article.escalate)
        self._names = names_in(" ".join(section.text for section in a.sections) for a in self._index.library.articles)

    def _look(self) -> tuple[int, int]:
        """Return the number of files and the newest change: cheap, and any edit changes it."""
        stamps = []
        for path in self._folder.rglob("*"):
            with contextlib.suppress(OSError):  # an editor's files come and go
                found = path.stat()
                if stat.S_ISREG(found.st_mode):
                    stamps.append(found.st_mtime_ns)
        return len(stamps), max(stamps, default=0)

    async def _embed_turn(self, folded: str) -> npt.NDArray[np.float32]:
        key = _key(folded)
        known = self._turns.get(key)
        vector = await self._embed([folded], "query") if known is None else known
        self._turns[key] = vector
        while len(self._turns) > TURNS_KEPT:
            del self._turns[next(iter(self._turns))]
        return vector

    async def _embed_question(self, texts: Sequence[str], kind: EmbedKind) -> npt.NDArray[np.float32]:
        known = self._turns.pop(_key(texts[0]), None) if len(texts) == 1 and kind == "query" else None
        return await self._embed(texts, kind) if known is None else known

    async def _embed(self, texts: Sequence[str], kind: EmbedKind) -> npt.NDArray[np.float32]:
        priority = QUERY_PRIORITY if len(texts) < BATCH else -1
        found = []
        for start in range(0, len(texts), BATCH):
            data = {"texts": list(texts[start : start + BATCH]), "kind": kind}
            reply = await self._mind.call(EMBEDDING, "embed", data, priority=priority)
            try:
                found.append(reply.arrays["vectors"])
            except KeyError as error:
                sentence = "The embedding engine gave an unusable reply."
                raise CallCentreError("engine.bad_reply", sentence, fault="us") from error
        return np.concatenate(found)


def _key(text: str) -> bytes:
    """Stand for a caller's words, which are not kept."""
    return hashlib.sha256(text.encode()).digest()
