"""The frames between the service and a worker: pure bytes in, messages out.

A frame is two big-endian 32-bit lengths (header, body), a JSON header and the raw bytes of the arrays one after the
other::

    +-----------+-----------+---------------------------+---------------------+
    | len(head) | len(body) | JSON: kind, id, data, ... | array bytes, packed |
    +-----------+-----------+---------------------------+---------------------+

Client to worker: `request`, `cancel`. Worker to client: `ready`, `failed` (start), `reply`, `end`, `error`.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from calls.errors import CallCentreError

MessageKind = Literal["request", "cancel", "ready", "failed", "reply", "end", "error"]
KINDS: tuple[MessageKind, ...] = get_args(MessageKind)

Arrays = Mapping[str, npt.NDArray[Any]]

_LENGTHS = struct.Struct(">II")
MAX_HEADER_BYTES = 4 * 1024 * 1024
"""Bound of the JSON part. Source: a 90 s transcript with word times is below 100 kB; more means a broken peer."""
MAX_BODY_BYTES = 64 * 1024 * 1024
"""Bound of the arrays. Source: 10 minutes of 16 kHz float32 are 38 MB; no request carries more."""
_DTYPE_KINDS = "biuf"


@dataclass(frozen=True, slots=True)
class Message:
    """One frame, decoded."""

    kind: MessageKind
    id: int
    """Number of the request that it belongs to; 0 for messages about the worker itself."""
    data: dict[str, Any] = field(default_factory=dict)
    arrays: Arrays = field(default_factory=dict)
    """Decoded arrays are read-only views of the frame."""


def encode(message: Message) -> bytes:
    """Return the frame of `message`; arrays are sent in C order, little-endian.

    Raises:
        CallCentreError: `worker.bad_frame` when the message is too large or holds an array of objects.
    """
    shapes: list[dict[str, Any]] = []
    parts: list[bytes] = []
    for name, array in message.arrays.items():
        if array.dtype.kind not in _DTYPE_KINDS:
            raise _bad_frame(f"the array {name!r} has the type {array.dtype}")
        plain = array.astype(array.dtype.newbyteorder("<"), order="C", copy=False)
        shapes.append({"name": name, "dtype": plain.dtype.str, "shape": list(plain.shape)})
        parts.append(plain.tobytes())
    head = json.dumps(
        {"kind": message.kind, "id": message.id, "data": message.data, "arrays": shapes}, separators=(",", ":")
    ).encode()
    body_bytes = sum(len(part) for part in parts)
    if len(head) > MAX_HEADER_BYTES or body_bytes > MAX_BODY_BYTES:
        raise _bad_frame(f"it would hold {len(head)} + {body_bytes} bytes")
    return b"".join([_LENGTHS.pack(len(head), body_bytes), head, *parts])


class Decoder:
    """Turns a byte stream, cut anywhere, back into messages."""

    def __init__(self) -> None:
        """Begin at a frame boundary."""
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Message]:
        """Take the next bytes and return the messages that they complete.

        Raises:
            CallCentreError: `worker.bad_frame` when the bytes are no frames; the stream is then unusable.
        """
        self._buffer += data
        messages: list[Message] = []
        while len(self._buffer) >= _LENGTHS.size:
            head_bytes, body_bytes = _LENGTHS.unpack_from(self._buffer)
            if head_bytes > MAX_HEADER_BYTES or body_bytes > MAX_BODY_BYTES:
                raise _bad_frame(f"it claims {head_bytes} + {body_bytes} bytes")
            end = _LENGTHS.size + head_bytes + body_bytes
            if len(self._buffer) < end:
                break
            head = bytes(self._buffer[_LENGTHS.size : _LENGTHS.size + head_bytes])
            body = bytes(self._buffer[_LENGTHS.size + head_bytes : end])
            del self._buffer[:end]
            messages.append(_message(head, body))
        return messages

    @property
    def pending_bytes(self) -> int:
        """Bytes of a frame that has begun; non-zero at the end of the stream means that it was cut off."""
        return len(self._buffer)


def _message(head: bytes, body: bytes) -> Message:
    try:
        header = json.loads(head)
        kind, request_id, data, shapes = header["kind"], header["id"], header["data"], header["arrays"]
        if kind not in KINDS or not isinstance(request_id, int) or not isinstance(data, dict):
            raise _bad_frame("its header has fields of the wrong type")
        arrays: dict[str, npt.NDArray[Any]] = {}
        offset = 0
        for entry in shapes:
            dtype = np.dtype(entry["dtype"])
            shape = tuple(int(size) for size in entry["shape"])
            if dtype.kind not in _DTYPE_KINDS or min(shape, default=0) < 0:
                raise _bad_frame("it announces an array that is none")
            count = 1
            for size in shape:
                count *= size
            if offset + count * dtype.itemsize > len(body):
                raise _bad_frame("its arrays are longer than its body")
            arrays[entry["name"]] = np.frombuffer(body, dtype, count, offset).reshape(shape)
            offset += count * dtype.itemsize
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _bad_frame(f"its header cannot be read ({type(error).__name__})") from error
    if offset != len(body):
        raise _bad_frame("its body is longer than its arrays")
    return Message(kind, request_id, data, arrays)


def _bad_frame(why: str) -> CallCentreError:
    return CallCentreError("worker.bad_frame", f"A frame between service and worker is malformed: {why}.", fault="us")
