"""The index with the real embedding, built once, and a folder of two small articles for the rest."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from calls.errors import CallCentreError
from knowledge.embedding import EmbeddingEngine, create
from knowledge.index import KnowledgeIndex
from knowledge.vectors import EmbedKind, Floats
from service.models_store import ModelStore


@pytest.fixture(scope="session")
def weights_path() -> Path:
    """Return where the weights of the embedding lie, or skip."""
    try:
        return ModelStore().path("e5") / "e5-small-q4.bin"
    except CallCentreError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"the embedding cannot run here: {error.message}")


@pytest.fixture(scope="session")
def engine(weights_path: Path) -> EmbeddingEngine:
    """Return the real engine."""
    engine = create({"path": str(weights_path)})
    engine.warm_up()
    return engine


@pytest.fixture(scope="session")
def lumina(engine: EmbeddingEngine) -> KnowledgeIndex:
    """Return the shipped articles, indexed with the real embedding."""

    async def embed(texts: Sequence[str], kind: EmbedKind) -> Floats:
        return engine.embed([f"{kind}: {text}" for text in texts])

    index = KnowledgeIndex(embed, model=ModelStore().sha256("e5"))
    asyncio.run(index.load())
    return index


class LetterEmbedding:
    """Counts letter triples: enough meaning for two articles, and it remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def __call__(self, texts: Sequence[str], kind: EmbedKind) -> Floats:
        assert kind in ("query", "passage")
        self.asked += texts
        vectors = np.full((len(texts), 256), 1e-3, dtype=np.float32)
        for row, text in enumerate(texts):
            for start in range(len(text) - 2):
                vectors[row, sum(text[start : start + 3].encode()) * 31 % 256] += 1.0
        unit: Floats = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit


@pytest.fixture
def letters() -> LetterEmbedding:
    return LetterEmbedding()


PIZZA = """---
id: pizza:en
topic: pizza
language: en
title: Ordering a pizza
keywords: pizza, mozzarella, delivery of pizza
---

## How do I order a pizza?

- I want to order a pizza
- can I order a margherita pizza

You order a pizza by phone.

## When is the pizza delivered?

- when does my pizza arrive

The pizza arrives in 40 minutes.
"""

BICYCLE = """---
id: bicycle:en
topic: bicycle
language: en
title: Renting a bicycle
keywords: bicycle, bike, rent a bicycle
flow: appointment
---

## What does a bicycle cost?

- how much do you charge for a bicycle
- I want to rent a bicycle

A bicycle costs 9 euros a day.
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Return a folder with an article on pizza and one on bicycles."""
    (tmp_path / "en").mkdir()
    (tmp_path / "es").mkdir()
    (tmp_path / "en" / "pizza.md").write_text(PIZZA, encoding="utf-8")
    (tmp_path / "en" / "bicycle.md").write_text(BICYCLE, encoding="utf-8")
    (tmp_path / "outside.en.txt").write_text("# none\nwhat is the weather\nthank you\n", encoding="utf-8")
    return tmp_path
