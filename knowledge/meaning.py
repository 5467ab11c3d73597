"""What a caller's turn means beside its matter, in any wording: danger, or a wish about the call itself.

The second net behind the patterns of the dialog. A few hundred wordings a kind, and as many harmless ones that sound
alike, teach the same regression that finds topics (`knowledge.ranking`); a turn is then scored by how much nearer it
is to a kind than to everything harmless. Wordings live in `wordings/LANGUAGE.txt`: `[kind style]` heads the lines that
follow; `none` is harmless. Styles are ways of speaking: thresholds were chosen with each style left out in turn.
"""

from __future__ import annotations

import asyncio
import logging
import re
from pathlib import Path
from typing import get_args

import numpy as np

from calls.errors import CallCentreError
from calls.ids import LANGUAGES, Language
from calls.speech import CallWish, MeaningEstimate, SafetyKind
from knowledge.index import SHIPPED_VECTORS
from knowledge.ranking import SLOPE, Saying, TopicRanking
from knowledge.text import fold, terms
from knowledge.vectors import Embed, Floats, VectorStore

logger = logging.getLogger(__name__)

WORDINGS = Path(__file__).parent / "wordings"

DANGERS: tuple[SafetyKind, ...] = get_args(SafetyKind)
WISHES: tuple[CallWish, ...] = get_args(CallWish)

PACE: frozenset[str] = frozenset({"repeat", "slower", "wait"})
"""Wishes about how the bot talks: near to all that is said about the call, so they take nothing from other wishes."""

HARMLESS = "none"

ORDINARY_STYLE, ORDINARY_WEIGHT = "o", 0.5
"""Plain questions to the articles count less, since they are many and alike. Source: styles left out in turn."""

_HEAD = re.compile(r"\[(\w+) (\w+)\]")


def read_wordings(folder: Path, language: Language) -> list[tuple[str, str, str]]:
    """Return (kind, style, words) of each line.

    Raises:
        CallCentreError: `knowledge.invalid`, naming file and line.
    """
    path = folder / f"{language}.txt"
    kind = style = ""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        head = _HEAD.fullmatch(line.strip())
        if head is not None:
            kind, style = head[1], head[2]
        elif line.strip() and not line.startswith("#"):
            found.append((kind, style, line.strip()))
        if kind not in (*DANGERS, *WISHES, HARMLESS) and (found or head is not None):
            sentence = f"{path.name}, line {number}: {kind!r} is no kind of danger or wish, and not {HARMLESS!r}."
            raise CallCentreError("knowledge.invalid", sentence, fault="us")
    return found


class MeaningNet:
    """Scores turns; `load` first, which takes about a second when the vectors of the wordings are there."""

    def __init__(self, embed: Embed, *, model: str = "", folder: Path = WORDINGS, cache: Path | None = None) -> None:
        """Take the embedding from `embed`; `model` is the sha256 of its weights, `cache` keeps vectors that are new."""
        self._embed = embed
        self._folder = folder
        self._store = VectorStore(embed, model, path=cache, shipped=folder / SHIPPED_VECTORS)
        self._ranking: TopicRanking | None = None

    async def load(self) -> None:
        """Read the wordings and learn from them."""
        sayings, texts = await asyncio.to_thread(self._lesson)
        vectors = await self._store.vectors(texts, "query")
        self._ranking = await asyncio.to_thread(TopicRanking, sayings, vectors)
        await asyncio.to_thread(self._store.keep)
        logger.info("%d wordings of dangers and wishes are ready", len(texts))

    async def estimate(self, text: str, language: Language) -> MeaningEstimate:
        """Return what `text` seems to mean.

        Raises:
            CallCentreError: `knowledge.not_loaded`, or what the embedding says.
        """
        return self.weigh(await self._embed([fold(text)], "query"), text, language)

    def weigh(self, vector: Floats, text: str, language: Language) -> MeaningEstimate:
        """Return what `text` seems to mean, whose vector of shape (1, width) is known.

        Raises:
            CallCentreError: `knowledge.not_loaded`.
        """
        if self._ranking is None:
            raise CallCentreError(
                "knowledge.not_loaded", "The wordings are not loaded yet.", fault="us", retryable=True
            )
        return weigh(self._ranking, vector, terms(text, language))

    def _lesson(self) -> tuple[list[Saying], list[str]]:
        sayings, texts = [], []
        for language in LANGUAGES:
            for kind, style, words in read_wordings(self._folder, language):
                weight = ORDINARY_WEIGHT if style == ORDINARY_STYLE else 1.0
                topic = None if kind == HARMLESS else kind
                sayings.append(Saying(tuple(terms(words, language)), topic, weight))
                texts.append(fold(words))
        return sayings, texts


def weigh(ranking: TopicRanking, vector: Floats, of_words: list[str]) -> MeaningEstimate:
    """Compare the votes for the best danger with the best of all else, and for the best wish with the best of the rest.

    Args:
        ranking: what learned the wordings.
        vector: of the turn, shape (1, width).
        of_words: its terms.
    """
    (votes,) = ranking.votes(vector, [of_words])
    by_kind = dict(zip((*ranking.topics, HARMLESS), (float(vote) for vote in votes), strict=True))
    danger = max(DANGERS, key=lambda kind: by_kind.get(kind, 0.0))
    safe = max(vote for kind, vote in by_kind.items() if kind not in DANGERS)
    wish = max(WISHES, key=lambda kind: by_kind.get(kind, 0.0))
    rivals = (vote for kind, vote in by_kind.items() if kind != wish and (wish in PACE or kind not in PACE))
    other = max(rivals)
    return MeaningEstimate(
        danger=danger,
        danger_score=_score(by_kind.get(danger, 0.0) - safe),
        wish=wish,
        wish_score=_score(by_kind.get(wish, 0.0) - other),
    )


def _score(margin: float) -> float:
    return float(1.0 / (1.0 + np.exp(-SLOPE * margin)))
