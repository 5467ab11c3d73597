"""Opens a voice's ONNX graph and shows one more of its inner tensors: how long each phoneme lasts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from calls.errors import CallCentreError
from voice.tts.engine import require_file

_MODEL_GRAPH = 7
_GRAPH_OUTPUT = 12
_VALUE_NAME = 1
"""Field numbers of ModelProto.graph, GraphProto.output and ValueInfoProto.name. Source: onnx.proto, IR version 10."""


def open_session(path: Path, *, threads: int, extra_output: str | None) -> Any:
    """Return an onnxruntime session whose last output is the inner tensor `extra_output`, when that is given.

    Raises:
        CallCentreError: `model.missing`; `model.corrupt` when onnxruntime cannot read the file.
    """
    import onnxruntime

    require_file(path, "voice")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    model = path.read_bytes()
    if extra_output is not None:
        model = with_output(model, extra_output)
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own exceptions share no base
        raise CallCentreError(
            "model.corrupt",
            f"The voice {path} cannot be read as a model. Check it with `warmline models verify`.",
            fault="operator",
        ) from error


def with_output(model: bytes, tensor: str) -> bytes:
    """Return the serialised ONNX model with `tensor` as one more output of its graph.

    Two serialised messages one after the other parse as their merge: repeated fields are joined, inner messages are
    merged in turn (Source: Protocol Buffers, encoding, "last one wins"). So no ONNX library is needed at run time.
    """
    value_info = _field(_VALUE_NAME, tensor.encode())
    return model + _field(_MODEL_GRAPH, _field(_GRAPH_OUTPUT, value_info))


def _field(number: int, payload: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(payload)) + payload


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
