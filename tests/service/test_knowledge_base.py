"""The knowledge base on a worker that counts: each turn of a caller is embedded once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy.typing as npt
import pytest

from calls.errors import CallCentreError
from knowledge.embedding import create
from service.config import Config
from service.knowledge_base import KnowledgeBase
from service.models_store import ModelStore
from voice.workers.client import Reply, Worker


class CountingMind:
    """The embedding without a process of its own."""

    def __init__(self, weights: Path) -> None:
        self._engine = create({"path": str(weights)})
        self.asked: list[str] = []

    async def call(
        self,
        engine: str,
        method: str,
        data: dict[str, Any],
        arrays: Mapping[str, npt.NDArray[Any]] | None = None,
        *,
        priority: int = 0,
    ) -> Reply:
        assert (engine, method) == ("embedding", "embed")
        self.asked += data["texts"]
        (reply,) = self._engine.handle(method, data, arrays or {})
        return Reply(reply.data, reply.arrays)


@pytest.fixture
def mind() -> CountingMind:
    try:
        return CountingMind(ModelStore().path("e5") / "e5-small-q4.bin")
    except CallCentreError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"the embedding cannot run here: {error.message}")


async def test_when_a_turn_was_weighed_and_is_looked_up_then_it_is_embedded_once(
    mind: CountingMind, tmp_path: Path
) -> None:
    knowledge = KnowledgeBase(Config(data_dir=str(tmp_path)), cast("Worker", mind), ModelStore())
    await knowledge.load()
    mind.asked.clear()
    alone = await knowledge.search("How do I pay my bill?", "en")
    assert mind.asked == ["how do i pay my bill"]
    mind.asked.clear()
    meaning = await knowledge.meaning("How do I pay my bill?", "en")
    assert await knowledge.search("How do I pay my bill?", "en") == alone
    assert mind.asked == ["how do i pay my bill"]
    assert meaning.danger_score < 0.36
    await knowledge.search("How do I pay my bill?", "en")
    assert len(mind.asked) == 2, "the vector of a turn leaves with its look-up"
