"""The text embedding as an engine for a worker: `knowledge.embedding:create`, method `embed`.

Request: data `{"texts": [...], "kind": "query" | "passage"}`. Reply: arrays `vectors`, float32, shape (n_texts, width),
unit length. Meant for `EngineSpec("embedding", "knowledge.embedding:create", {"path": ...})`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from calls.errors import CallCentreError
from knowledge.e5_encoder import E5Encoder
from knowledge.e5_file import Floats, read_weights
from knowledge.e5_tokenizer import E5Tokenizer

MAX_TEXTS = 64
"""Texts in one request, so that a request never holds the worker for long."""

MAX_TOKENS = 128
"""A longer text loses its end. Source: 128 tokens are about 90 spoken words, more than a turn's question holds."""

_KINDS = ("query", "passage")


class EmbeddingReply(tuple[dict[str, Any], Mapping[str, npt.NDArray[Any]]]):
    """A reply as workers read it: `data` and `arrays`; this room may not import theirs."""

    @property
    def data(self) -> dict[str, Any]:
        """The JSON part."""
        return self[0]

    @property
    def arrays(self) -> Mapping[str, npt.NDArray[Any]]:
        """The arrays by name."""
        return self[1]


class EmbeddingEngine:
    """Texts to unit vectors; the same texts always give the same vectors."""

    def __init__(self, path: Path, *, threads: int = 1) -> None:
        """Read the weights at `path`.

        Raises:
            CallCentreError: `model.missing` or `model.corrupt`.
        """
        weights = read_weights(path)
        self._tokenizer = E5Tokenizer(weights.vocabulary)
        self._encoder = E5Encoder(weights, threads=threads)

    def warm_up(self) -> None:
        """Touch every weight once."""
        self.embed(["query: hello, how can I pay my bill?"])

    def handle(
        self, method: str, data: dict[str, Any], arrays: Mapping[str, npt.NDArray[Any]]
    ) -> Iterator[EmbeddingReply]:
        """Answer one request; see the module."""
        del arrays
        texts, kind = data.get("texts"), data.get("kind")
        if method != "embed" or kind not in _KINDS or not isinstance(texts, list) or len(texts) > MAX_TEXTS:
            raise CallCentreError("engine.bad_request", "The embedding was asked in a wrong way.", fault="us")
        yield EmbeddingReply(({}, {"vectors": self.embed([f"{kind}: {text}" for text in texts])}))

    def embed(self, texts: list[str]) -> Floats:
        """Return unit vectors, shape (n_texts, width), of texts that carry their `query: ` or `passage: `."""
        if not texts:
            return np.zeros((0, self._encoder.width), dtype=np.float32)
        return self._encoder.embed([self._tokenizer.encode(text, MAX_TOKENS) for text in texts])


def create(options: dict[str, Any]) -> EmbeddingEngine:
    """Make the engine; `options["path"]` names the weights' file, `options["threads"]` how many cores it may use."""
    return EmbeddingEngine(Path(options["path"]), threads=int(options.get("threads", 1)))
