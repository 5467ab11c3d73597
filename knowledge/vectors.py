"""Embeddings that are kept: texts are embedded once, in memory and, if wished, in one file between starts."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

logger = logging.getLogger(__name__)

Floats = npt.NDArray[np.float32]
EmbedKind = Literal["query", "passage"]
Embed = Callable[[Sequence[str], EmbedKind], Awaitable[Floats]]
"""Gives unit vectors, shape (n_texts, width), of texts; runs in a worker."""

BATCH = 32
"""Texts asked for at once while the index is built: a live question waits for one batch at the most, about 100 ms."""


class VectorStore:
    """Remembers the vectors of the articles' texts. Never asked for callers' words."""

    def __init__(self, embed: Embed, path: Path | None, model: str) -> None:
        """Use `embed` for what is not known; `path` is the file between starts, `model` the sha256 of the weights."""
        self._embed = embed
        self._path = path
        self._model = model
        self._known: dict[str, Floats] = self._read()

    async def vectors(self, texts: Sequence[str], kind: EmbedKind) -> Floats:
        """Return unit vectors, shape (n_texts, width), embedding only what was never seen."""
        keys = [self._key(text, kind) for text in texts]
        missing = [(key, text) for key, text in dict(zip(keys, texts, strict=True)).items() if key not in self._known]
        missing.sort(key=lambda item: len(item[1]))
        for start in range(0, len(missing), BATCH):
            batch = missing[start : start + BATCH]
            found = await self._embed([text for _, text in batch], kind)
            for (key, _), vector in zip(batch, found, strict=True):
                self._known[key] = vector.astype(np.float16).astype(np.float32)
        return np.stack([self._known[key] for key in keys])

    def keep(self) -> None:
        """Write the file, whole or not at all; a failure only costs time at the next start."""
        if self._path is None:
            return
        temporary = self._path.with_name(f"{self._path.name}.{os.getpid()}.tmp")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("wb") as file:
                np.savez(
                    file,
                    keys=np.array(list(self._known), dtype="S32"),
                    vectors=np.stack(list(self._known.values())).astype(np.float16),
                )
            temporary.replace(self._path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            logger.warning("the article vectors could not be kept at %s: %s", self._path, error.strerror)

    def _key(self, text: str, kind: EmbedKind) -> str:
        return hashlib.sha256(f"{self._model}\n{kind}\n{text}".encode()).hexdigest()[:32]

    def _read(self) -> dict[str, Floats]:
        if self._path is None or not self._path.exists():
            return {}
        try:
            with np.load(self._path, allow_pickle=False) as kept:
                vectors = kept["vectors"].astype(np.float32)
                return {key.decode(): vector for key, vector in zip(kept["keys"], vectors, strict=True)}
        except (OSError, ValueError, KeyError, EOFError):
            logger.warning("the kept article vectors at %s are damaged and are made anew", self._path)
            return {}
