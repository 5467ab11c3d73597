"""What understands a turn in a running service, for benches: the `mind` worker and the knowledge base on it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator

from bench.report import progress
from service.config import Config
from service.knowledge_base import KnowledgeBase
from service.models_store import ModelStore
from voice.workers.client import EngineSpec, Worker

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def one_thread() -> None:
    """Give numeric libraries one thread, as the service does."""
    for name in _THREAD_VARIABLES:
        os.environ[name] = "1"


@contextlib.asynccontextmanager
async def knowledge_base(store: ModelStore) -> AsyncIterator[KnowledgeBase]:
    """Start the embedding in a worker and read articles and wordings; ends the worker afterwards."""
    weights = store.path("e5") / "e5-small-q4.bin"
    worker = Worker("mind", [EngineSpec("embedding", "knowledge.embedding:create", {"path": str(weights)})], threads=1)
    await worker.start()
    try:
        progress("indexing the articles and wordings")
        knowledge = KnowledgeBase(Config(), worker, store)
        await knowledge.load()
        yield knowledge
    finally:
        await worker.stop()
