"""Writes the few ONNX messages that a fixed graph needs, so that a graph can be made at load without a library for it.

Pure. Source: `onnx/onnx.proto` of ONNX 1.16 (field numbers) and the protocol buffers encoding (wire types).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

FLOAT32, UINT8, INT32 = 1, 2, 6
"""Element types. Source: `TensorProto.DataType`."""

_ELEMENT_TYPES = {np.dtype(np.float32): FLOAT32, np.dtype(np.uint8): UINT8, np.dtype(np.int32): INT32}
_IR_VERSION = 9
_ATTRIBUTE_FLOAT, _ATTRIBUTE_INT = 1, 2


def node(
    operator: str,
    inputs: Sequence[str],
    output: str,
    *,
    domain: str = "",
    attributes: Mapping[str, int | float] | None = None,
) -> bytes:
    """Return a NodeProto with one output; an empty input name leaves an optional input out."""
    message = b"".join(_text(1, name) for name in inputs) + _text(2, output) + _text(3, output) + _text(4, operator)
    for name, value in (attributes or {}).items():
        if isinstance(value, float):
            content = _text(1, name) + _tag(2, 5) + struct.pack("<f", value) + _integer(20, _ATTRIBUTE_FLOAT)
        else:
            content = _text(1, name) + _integer(3, value) + _integer(20, _ATTRIBUTE_INT)
        message += _bytes(5, content)
    return message + (_text(7, domain) if domain else b"")


def tensor(name: str, values: npt.NDArray[np.float32] | npt.NDArray[np.uint8]) -> bytes:
    """Return a TensorProto that holds `values`."""
    dims = b"".join(_integer(1, size) for size in values.shape)
    raw = np.ascontiguousarray(values).tobytes()
    return dims + _integer(2, _ELEMENT_TYPES[values.dtype]) + _text(8, name) + _bytes(9, raw)


def value(name: str, element_type: int, shape: Sequence[int | str]) -> bytes:
    """Return a ValueInfoProto; a size given as text is free."""
    dims = b"".join(_bytes(1, _text(2, size) if isinstance(size, str) else _integer(1, size)) for size in shape)
    kind = _bytes(1, _integer(1, element_type) + _bytes(2, dims))
    return _text(1, name) + _bytes(2, kind)


def model(
    nodes: Sequence[bytes],
    tensors: Sequence[bytes],
    inputs: Sequence[bytes],
    outputs: Sequence[bytes],
    opsets: Mapping[str, int],
) -> bytes:
    """Return a ModelProto; `opsets` gives the version of each operator domain."""
    graph = b"".join(_bytes(1, each) for each in nodes) + _text(2, "graph")
    graph += b"".join(_bytes(5, each) for each in tensors)
    graph += b"".join(_bytes(11, each) for each in inputs) + b"".join(_bytes(12, each) for each in outputs)
    versions = b"".join(_bytes(8, _text(1, domain) + _integer(2, version)) for domain, version in opsets.items())
    return _integer(1, _IR_VERSION) + _bytes(7, graph) + versions


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _tag(field: int, wire_type: int) -> bytes:
    return _varint(field << 3 | wire_type)


def _integer(field: int, number: int) -> bytes:
    return _tag(field, 0) + _varint(number)


def _bytes(field: int, content: bytes) -> bytes:
    return _tag(field, 2) + _varint(len(content)) + content


def _text(field: int, content: str) -> bytes:
    return _bytes(field, content.encode())
