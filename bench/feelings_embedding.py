"""Vectors of sentences as a running service makes them, for the benches of feelings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from knowledge.embedding import MAX_TEXTS, EmbeddingEngine
from knowledge.text import fold
from service.models_store import ModelStore

EMBEDDING_FILE = "e5-small-q4.bin"


def sentence_vectors(store: ModelStore, texts: Sequence[str]) -> npt.NDArray[np.float32]:
    """Return the unit vectors of `texts`, shape (n_texts, width), by the embedding of the articles."""
    engine = EmbeddingEngine(store.path("e5") / EMBEDDING_FILE)
    folded = list(dict.fromkeys(fold(text) for text in texts))
    found = []
    for start in range(0, len(folded), MAX_TEXTS):
        found += list(engine.embed([f"query: {text}" for text in folded[start : start + MAX_TEXTS]]))
    by_text = dict(zip(folded, found, strict=True))
    return np.array([by_text[fold(text)] for text in texts])
