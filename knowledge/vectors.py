"""Embeddings that are kept: texts are embedded once, in memory and, if wished, in a file between starts."""

from __future__ import annotations

import hashlib
import logging
import os
import zipfile
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
"""Texts asked for at once while the index is built: a live question waits for one batch at the most, about 300 ms."""

_KEY_BYTES = 16


class VectorStore:
    """Remembers the vectors of the articles' texts. Never asked for callers' words."""

    def __init__(self, embed: Embed, model: str, *, path: Path | None = None, shipped: Path | None = None) -> None:
        """Use `embed` for what is not known.

        Args:
            embed: gives the vectors of new texts.
            model: sha256 of the weights; vectors of other weights are not used.
            path: file that is read, and written by `keep`.
            shipped: file that came with the articles and is only read.
        """
        self._embed = embed
        self._model = model
        self._path = path
        self._known = _read(shipped) | _read(path)
        self._used: set[bytes] = set()

    async def vectors(self, texts: Sequence[str], kind: EmbedKind) -> Floats:
        """Return unit vectors, shape (n_texts, width), embedding only what was never seen."""
        keys = [self._key(text, kind) for text in texts]
        self._used.update(keys)
        missing = [(key, text) for key, text in dict(zip(keys, texts, strict=True)).items() if key not in self._known]
        missing.sort(key=lambda item: len(item[1]))
        for start in range(0, len(missing), BATCH):
            batch = missing[start : start + BATCH]
            found = await self._embed([text for _, text in batch], kind)
            for (key, _), vector in zip(batch, found, strict=True):
                self._known[key] = _rounded(vector)
        return np.stack([_unit(self._known[key]) for key in keys])

    def keep(self) -> None:
        """Forget what was not asked for since the last time, and write the file, whole or not at all.

        A failure to write only costs time at the next start.
        """
        self._known = {key: vector for key, vector in self._known.items() if key in self._used}
        self._used.clear()
        if self._path is None or not self._known:
            return
        temporary = self._path.with_name(f"{self._path.name}.{os.getpid()}.tmp")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("wb") as file:
                np.savez(
                    file,
                    keys=np.frombuffer(b"".join(self._known), dtype=np.uint8).reshape(-1, _KEY_BYTES),
                    vectors=np.stack(list(self._known.values())),
                )
            temporary.replace(self._path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            logger.warning("the article vectors could not be kept at %s: %s", self._path, error.strerror)

    def _key(self, text: str, kind: EmbedKind) -> bytes:
        return hashlib.sha256(f"{self._model}\n{kind}\n{text}".encode()).digest()[:_KEY_BYTES]


def _rounded(vector: Floats) -> npt.NDArray[np.int8]:
    """Keep a direction in one byte a number: the cosine with the exact one is above 0.9999."""
    rounded: npt.NDArray[np.int8] = np.rint(vector * (127.0 / np.abs(vector).max())).astype(np.int8)
    return rounded


def _unit(rounded: npt.NDArray[np.int8]) -> Floats:
    vector = rounded.astype(np.float32)
    unit: Floats = vector / np.linalg.norm(vector)
    return unit


def _read(path: Path | None) -> dict[bytes, npt.NDArray[np.int8]]:
    if path is None or not path.exists():
        return {}
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            keys, vectors = kept["keys"], kept["vectors"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        logger.warning("the kept article vectors at %s are damaged and are made anew", path)
        return {}
    if keys.dtype != np.uint8 or vectors.dtype != np.int8 or keys.shape != (len(vectors), _KEY_BYTES):
        logger.warning("the kept article vectors at %s are of another version and are made anew", path)
        return {}
    return {key.tobytes(): vector for key, vector in zip(keys, vectors, strict=True)}
