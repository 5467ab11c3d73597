"""The frames between service and worker."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from calls.errors import CallCentreError
from voice.workers.protocol import KINDS, Decoder, Message, encode

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
array_dtypes = st.sampled_from([np.dtype(code) for code in ("<i2", "<f4", ">f4", "<i8", "|u1", "|b1", "<f8")])
arrays = array_dtypes.flatmap(lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_side=5, min_side=0)))
messages = st.builds(
    Message,
    st.sampled_from(KINDS),
    st.integers(0, 2**31),
    st.dictionaries(st.text(), json_values, max_size=3),
    st.dictionaries(st.text(max_size=5), arrays, max_size=3),
)


def same(left: Message, right: Message) -> bool:
    return (
        (left.kind, left.id, left.data) == (right.kind, right.id, right.data)
        and list(left.arrays) == list(right.arrays)
        and all(
            np.array_equal(left.arrays[name], right.arrays[name], equal_nan=left.arrays[name].dtype.kind == "f")
            and left.arrays[name].shape == right.arrays[name].shape
            for name in left.arrays
        )
    )


@given(st.lists(messages, max_size=4), st.data())
def test_when_frames_are_cut_anywhere_then_the_same_messages_come_out(sent: list[Message], data: st.DataObject) -> None:
    stream = b"".join(encode(message) for message in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    decoder = Decoder()
    received: list[Message] = []
    for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        received += decoder.feed(stream[begin:end])
    assert decoder.pending_bytes == 0
    assert len(received) == len(sent)
    assert all(same(left, right) for left, right in zip(sent, received, strict=True))


@given(st.binary(max_size=200))
def test_when_bytes_are_garbage_then_it_is_a_bad_frame_or_nothing_yet(garbage: bytes) -> None:
    try:
        Decoder().feed(garbage)
    except CallCentreError as error:
        assert error.code == "worker.bad_frame"  # noqa: PT017 - either outcome is right, only the code is checked


def frame(head: object, body: bytes = b"") -> bytes:
    text = json.dumps(head).encode()
    return struct.pack(">II", len(text), len(body)) + text + body


def announcing(dtype: str, shape: list[int]) -> dict[str, object]:
    return {"kind": "reply", "id": 1, "data": {}, "arrays": [{"name": "a", "dtype": dtype, "shape": shape}]}


@pytest.mark.parametrize(
    "data",
    [
        struct.pack(">II", 2**31, 0),
        struct.pack(">II", 2, 2**31),
        frame([1]),
        frame({"kind": "dance", "id": 1, "data": {}, "arrays": []}),
        frame({"kind": "reply", "id": "1", "data": {}, "arrays": []}),
        frame({"kind": "reply", "id": 1, "data": {}, "arrays": [{"name": "a", "dtype": "<f4", "shape": [2]}]}, b"1234"),
        frame(
            {"kind": "reply", "id": 1, "data": {}, "arrays": [{"name": "a", "dtype": "|O", "shape": [1]}]}, b"12345678"
        ),
        frame(
            {"kind": "reply", "id": 1, "data": {}, "arrays": [{"name": "a", "dtype": "<f4", "shape": [-1]}]}, b"1234"
        ),
        frame({"kind": "reply", "id": 1, "data": {}, "arrays": []}, b"left over"),
    ],
)
def test_when_a_frame_lies_about_itself_then_it_is_refused(data: bytes) -> None:
    with pytest.raises(CallCentreError, match="malformed") as caught:
        Decoder().feed(data)
    assert caught.value.code == "worker.bad_frame"


def test_when_an_array_holds_objects_then_it_is_not_sent() -> None:
    with pytest.raises(CallCentreError, match="type object"):
        encode(Message("reply", 1, {}, {"a": np.array([object()])}))


def test_when_a_received_array_is_written_to_then_it_refuses() -> None:
    (message,) = Decoder().feed(encode(Message("reply", 1, {}, {"a": np.zeros(3)})))
    with pytest.raises(ValueError, match="read-only"):
        message.arrays["a"][0] = 1
