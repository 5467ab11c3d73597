"""The framer of streams: whatever the splits, the same messages; whatever the bytes, a bound and an end."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telephony.sip.framing import (
    MAX_HEAD_BYTES,
    MAX_START_LINE_BYTES,
    Frame,
    FramedMessage,
    KeepAlive,
    StreamBroken,
    StreamFramer,
)
from telephony.sip.parse_message import MAX_MESSAGE_BYTES, MalformedRequestError, NotSipError, parse_message

HEAD = "OPTIONS sip:bot@x SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKx\r\nCall-ID: c\r\n"


def message(body: bytes = b"", length: str | None = None, field: str = "Content-Length", more: str = "") -> bytes:
    declared = str(len(body)) if length is None else length
    return f"{HEAD}{more}{field}: {declared}\r\n\r\n".encode() + body


def feed_all(data: bytes, cuts: list[int] | None = None, *, opened_by_us: bool = False) -> list[Frame]:
    """Feed the bytes cut at these places; return every frame."""
    framer = StreamFramer(opened_by_us=opened_by_us)
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts or [])})
    return [frame for start, end in itertools.pairwise(places) for frame in framer.feed(data[start:end])]


def kinds(frames: list[Frame]) -> list[object]:
    """Return the frames without the wording of a break."""
    return [type(frame) if isinstance(frame, StreamBroken) else frame for frame in frames]


PIECES = st.one_of(
    st.binary(max_size=40).map(message),
    st.just(message(b"12345", field="l")),
    st.just(message(b"1", length="\r\n 1")),
    st.just(message(b"", more="X: a\r\n folded\r\n")),
    st.just(b"\r\n"),
    st.just(b"\r\n\r\n"),
    st.just(b"SIP/2.0 200 OK\nContent-Length: 2\n\nok"),
)
GARBAGE = st.one_of(
    st.binary(max_size=80),
    st.just(message(b"x", length="-1")),
    st.just(message(b"x", length="1\r\nContent-Length: 2")),
    st.just(message(length="70000")),
    st.just(HEAD.encode() + b"\r\n"),
    st.just(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    st.just(b"\x16\x03\x01\x02\x00\x01"),
    st.just(b"A" * (MAX_START_LINE_BYTES + 2)),
    st.just(b"OPTIONS sip:" + b"b" * (MAX_START_LINE_BYTES - 20) + b" SIP/2.0\r\n"),
    st.just(HEAD.encode() + b"X: " + b"y" * MAX_HEAD_BYTES + b"\r\n\r\n"),
)
CUTS = st.lists(st.integers(min_value=0, max_value=10**6), max_size=12)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=6), GARBAGE, CUTS, st.booleans())
def test_when_a_stream_is_split_anywhere_then_the_same_frames_come(
    pieces: list[bytes], garbage: bytes, cuts: list[int], opened_by_us: bool
) -> None:
    data = b"".join(pieces) + garbage
    whole = feed_all(data, opened_by_us=opened_by_us)
    assert kinds(feed_all(data, cuts, opened_by_us=opened_by_us)) == kinds(whole)
    assert sum(isinstance(frame, StreamBroken) for frame in whole) <= 1
    assert all(not isinstance(frame, StreamBroken) for frame in whole[:-1])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=60), max_size=8), CUTS)
def test_when_messages_are_pipelined_then_each_comes_out_whole_and_can_be_parsed(
    bodies: list[bytes], cuts: list[int]
) -> None:
    frames = feed_all(b"".join(message(body) for body in bodies), cuts)
    messages = [parse_message(frame.data, from_stream=True) for frame in frames if isinstance(frame, FramedMessage)]
    assert [message.body for message in messages] == bodies


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(PIECES, GARBAGE), max_size=6))
def test_when_anything_comes_then_the_memory_is_bounded_and_every_frame_is_parsed_or_refused(
    pieces: list[bytes],
) -> None:
    framer = StreamFramer(opened_by_us=False)
    for frame in framer.feed(b"".join(pieces)):
        if isinstance(frame, FramedMessage):
            assert len(frame.data) <= MAX_MESSAGE_BYTES
            try:
                parse_message(frame.data, from_stream=True)
            except (NotSipError, MalformedRequestError):
                continue
    if framer.is_broken:
        assert framer.feed(message()) == []
        assert not framer.is_amid


def test_when_every_byte_comes_alone_then_a_message_with_a_body_comes_out() -> None:
    data = b"\r\n" + message(b"a\r\n\r\nb") + message()
    frames = feed_all(data, list(range(len(data))))
    assert frames == [FramedMessage(message(b"a\r\n\r\nb")), FramedMessage(message())]


def test_when_the_one_who_opened_the_stream_pings_then_a_ping_is_seen_and_a_lone_crlf_is_none() -> None:
    assert feed_all(b"\r\n\r\n") == [KeepAlive.PING]
    assert feed_all(b"\r\n" + message() + b"\r\n") == [FramedMessage(message())]
    assert feed_all(b"\r\n\r\n\r\n\r\n", [1, 3, 5]) == [KeepAlive.PING, KeepAlive.PING]


def test_when_we_opened_the_stream_then_each_crlf_is_a_pong() -> None:
    assert feed_all(b"\r\n" + message() + b"\r\n", opened_by_us=True) == [
        KeepAlive.PONG,
        FramedMessage(message()),
        KeepAlive.PONG,
    ]


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (HEAD.encode() + b"\r\n", 400),
        (message(length="x"), 400),
        (message(length="-5"), 400),
        (message(b"ab", length="1\r\nl: 2"), 400),
        (message(length=str(MAX_MESSAGE_BYTES + 1)), 513),
        (message(length=str(MAX_MESSAGE_BYTES - 10)), 513),
        (HEAD.encode() + b"X: y\r\n" * (MAX_HEAD_BYTES // 6) + b"\r\n", 513),
    ],
)
def test_when_the_end_of_a_request_cannot_be_known_then_it_is_refused_and_the_stream_ends(
    data: bytes, status: int
) -> None:
    refused, broken = feed_all(data + message())
    assert isinstance(refused, FramedMessage)
    assert isinstance(broken, StreamBroken)
    with pytest.raises(MalformedRequestError) as error:
        parse_message(refused.data, from_stream=True)
    assert error.value.status == status


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n",
        b"\x16\x03\x01\x00\xa5",
        b"hello\n",
        b"A" * (MAX_START_LINE_BYTES + 1),
        b"\x00\x01\x00\x00\x21\x12\xa4\x42",
    ],
)
def test_when_it_is_no_sip_then_the_stream_ends_before_a_head_is_awaited(data: bytes) -> None:
    (broken,) = feed_all(data)
    assert isinstance(broken, StreamBroken)


def test_when_a_message_has_begun_then_the_framer_says_so_until_it_ends() -> None:
    framer = StreamFramer(opened_by_us=False)
    framer.feed(b"\r\n")
    assert not framer.is_amid
    begun = framer.feed(message(b"12", length="4"))
    states = [framer.is_amid, framer.feed(b"34"), framer.is_amid]
    assert begun == []
    assert states == [True, [FramedMessage(message(b"12", length="4") + b"34")], False]


def test_when_many_bytes_trickle_in_then_the_work_grows_with_their_number_only() -> None:
    framer = StreamFramer(opened_by_us=False)
    head = HEAD.encode() + b"X: " + b"y" * 20_000
    for index in range(0, len(head), 7):
        framer.feed(head[index : index + 7])
    assert framer.is_amid
