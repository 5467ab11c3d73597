"""The network of multilingual-e5-small in numpy: token ids to a unit vector that means the same in every language.

Source: Devlin et al., "BERT", 2018 (post-norm encoder, GELU); Wang et al., "Multilingual E5", 2024 (mean pooling).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from knowledge.e5_file import E5Weights, Floats, unpack

_ERF = (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)
_ERF_SLOPE = 0.3275911
"""Source: Abramowitz and Stegun 7.1.26; off by at most 1.5e-7, far below the 4-bit weights."""


class E5Encoder:
    """The unpacked network, 85 MB; the word vectors stay packed in the mapped file. `embed` may be called again and again."""

    def __init__(self, weights: E5Weights) -> None:
        """Unpack the layers; takes about 0.2 s."""
        shape = weights.shape
        self._shape = shape
        self._words = weights.matrices["emb.word"].reshape(-1, shape.width // 32, 18)
        self._positions = weights.vectors["emb.pos"].reshape(-1, shape.width)
        self._type = weights.vectors["emb.type"][: shape.width]
        self._first_norm = (weights.vectors["emb.ln.w"], weights.vectors["emb.ln.b"])
        self._layers = [_Layer(weights, index) for index in range(shape.layers)]

    @property
    def max_tokens(self) -> int:
        """Longest text, begin and end marks included."""
        return self._shape.max_tokens

    @property
    def width(self) -> int:
        """Numbers in an embedding."""
        return self._shape.width

    def embed(self, texts: Sequence[Sequence[int]]) -> Floats:
        """Return unit vectors, shape (n_texts, width), of texts given as token ids (each at most `max_tokens` long)."""
        if not texts:
            return np.zeros((0, self.width), dtype=np.float32)
        sizes = [len(ids) for ids in texts]
        ends = np.cumsum(sizes)
        spans = [slice(int(end) - size, int(end)) for end, size in zip(ends, sizes, strict=True)]
        ids = np.concatenate([np.asarray(each) for each in texts])
        hidden = unpack(self._words[ids].reshape(-1, 18)).reshape(-1, self.width)
        hidden += np.concatenate([self._positions[:size] for size in sizes]) + self._type
        hidden = _normalised(hidden, *self._first_norm, self._shape.epsilon)
        for layer in self._layers:
            hidden = layer.forward(hidden, spans)
        means = np.stack([hidden[span].mean(axis=0) for span in spans])
        unit: Floats = means / np.linalg.norm(means, axis=1, keepdims=True)
        return unit


class _Layer:
    """One block: attention inside each text, then the feed-forward net, each added and normalised."""

    def __init__(self, weights: E5Weights, index: int) -> None:
        self._heads = weights.shape.heads
        self._epsilon = weights.shape.epsilon

        def matrix(name: str) -> Floats:
            bias = weights.vectors[f"l{index}.{name}.b"]
            return unpack(weights.matrices[f"l{index}.{name}.w"]).reshape(bias.size, -1)

        def vector(name: str) -> Floats:
            return weights.vectors[f"l{index}.{name}"]

        self._qkv = np.ascontiguousarray(np.concatenate([matrix(name) for name in "qkv"]).T)
        self._qkv_bias = np.concatenate([vector(f"{name}.b") for name in "qkv"])
        self._out = np.ascontiguousarray(matrix("ao").T)
        self._out_bias = vector("ao.b")
        self._widen = np.ascontiguousarray(matrix("fi").T)
        self._widen_bias = vector("fi.b")
        self._narrow = np.ascontiguousarray(matrix("fo").T)
        self._narrow_bias = vector("fo.b")
        self._norm_attention = (vector("aln.w"), vector("aln.b"))
        self._norm_output = (vector("oln.w"), vector("oln.b"))

    def forward(self, hidden: Floats, spans: Sequence[slice]) -> Floats:
        """Return the hidden states after this block, shape (n_tokens, width)."""
        qkv = hidden @ self._qkv + self._qkv_bias
        context = np.concatenate([self._attend(qkv[span]) for span in spans])
        hidden = _normalised(hidden + context @ self._out + self._out_bias, *self._norm_attention, self._epsilon)
        inner = _gelu(hidden @ self._widen + self._widen_bias)
        return _normalised(hidden + inner @ self._narrow + self._narrow_bias, *self._norm_output, self._epsilon)

    def _attend(self, qkv: Floats) -> Floats:
        tokens, width = qkv.shape[0], qkv.shape[1] // 3
        query, key, value = qkv.reshape(tokens, 3, self._heads, width // self._heads).transpose(1, 2, 0, 3)
        weight = query @ key.transpose(0, 2, 1) * np.float32((width // self._heads) ** -0.5)
        weight = np.exp(weight - weight.max(axis=2, keepdims=True))
        weight /= weight.sum(axis=2, keepdims=True)
        context: Floats = (weight @ value).transpose(1, 0, 2).reshape(tokens, width)
        return context


def _normalised(hidden: Floats, scale: Floats, shift: Floats, epsilon: float) -> Floats:
    centred = hidden - hidden.mean(axis=1, keepdims=True)
    variance = np.einsum("ij,ij->i", centred, centred)[:, None] / np.float32(hidden.shape[1])
    normal: Floats = centred / np.sqrt(variance + np.float32(epsilon)) * scale + shift
    return normal


def _gelu(x: Floats) -> Floats:
    """Return x times the normal distribution function of x."""
    size = np.abs(x) * np.float32(0.5**0.5)
    t = 1.0 / (1.0 + np.float32(_ERF_SLOPE) * size)
    tail = np.float32(_ERF[4])
    for term in _ERF[3::-1]:
        tail = tail * t + np.float32(term)
    erf = np.copysign(1.0 - tail * t * np.exp(-size * size), x)
    out: Floats = np.float32(0.5) * x * (1.0 + erf)
    return out
