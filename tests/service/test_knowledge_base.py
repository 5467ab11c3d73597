"""The knowledge base on a worker that counts: each turn of a caller is embedded once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import numpy.typing as npt
import pytest

from calls.errors import CallCentreError
from knowledge.articles import DEFAULT_FOLDER
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


async def test_when_the_words_were_guessed_before_the_turn_was_over_then_they_are_embedded_once(
    mind: CountingMind, tmp_path: Path
) -> None:
    knowledge = KnowledgeBase(Config(data_dir=str(tmp_path)), cast("Worker", mind), ModelStore())
    await knowledge.load()
    mind.asked.clear()
    await knowledge.prepare("how do I pay my bill")
    await knowledge.meaning("How do I pay my bill?", "en")
    await knowledge.search("How do I pay my bill?", "en")
    assert mind.asked == ["how do i pay my bill"]


async def test_when_a_file_vanishes_while_the_articles_are_looked_at_then_the_others_are_read_again(
    mind: CountingMind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "articles"
    for language in ("es", "en"):
        shutil.copytree(DEFAULT_FOLDER / language, folder / language, ignore=_all_but("complaint-procedure.md"))
    config = Config.model_validate({"data_dir": str(tmp_path), "knowledge": {"dir": str(folder)}})
    knowledge = KnowledgeBase(config, cast("Worker", mind), ModelStore())
    await knowledge.load()
    assert knowledge.human_topics() == frozenset()
    article = folder / "en" / "complaint-procedure.md"
    article.write_text(article.read_text().replace("language: en\n", "language: en\nescalate: yes\n"))
    vanishing = folder / "en" / "4913"  # what an editor writes for a moment
    vanishing.write_text("")
    real = Path.stat

    def stat(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        if path == vanishing:
            vanishing.unlink(missing_ok=True)
        return real(path, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(Path, "stat", stat)
    assert await knowledge.reload_if_changed()
    assert not vanishing.exists()
    assert knowledge.human_topics() == {"complaint-procedure"}
    assert not await knowledge.reload_if_changed()


def _all_but(*names: str) -> Callable[[str, list[str]], set[str]]:
    return lambda folder, found: set(found) - set(names)
