from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.rtp.packet import RtpPacket, RtpParseError, build_rtp, is_rtcp, parse_rtp


@given(
    st.builds(
        RtpPacket,
        st.integers(0, 127),
        st.integers(0, 0xFFFF),
        st.integers(0, 0xFFFFFFFF),
        st.integers(0, 0xFFFFFFFF),
        st.binary(max_size=400),
        st.booleans(),
    )
)
def test_when_a_packet_is_built_then_parsing_gives_it_back(packet: RtpPacket) -> None:
    assert parse_rtp(build_rtp(packet)) == packet


@given(st.binary(max_size=1600))
def test_when_bytes_are_garbage_then_only_the_parse_error_is_raised(data: bytes) -> None:
    try:
        parse_rtp(data)
    except RtpParseError:
        return
    assert data[0] >> 6 == 2


def test_when_there_are_sources_extension_and_padding_then_the_payload_is_what_remains() -> None:
    head = bytes([0b10_1_1_0010, 0x80, 0, 5, 0, 0, 0, 9, 0, 0, 0, 1])
    sources = bytes(8)
    extension = bytes([0xBE, 0xDE, 0, 1, 1, 2, 3, 4])
    packet = parse_rtp(head + sources + extension + b"voice" + bytes([0, 0, 3]))
    assert packet == RtpPacket(0, 5, 9, 1, b"voice", True)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(12),
        bytes([0x8F, *bytes(11)]),
        bytes([0x90, *bytes(11)]),
        bytes([0x90, *bytes(11), 0xBE, 0xDE, 0, 9]),
        bytes([0xA0, *bytes(11), 0]),
        bytes([0xA0, *bytes(11), 2]),
    ],
    ids=["empty", "version 0", "sources cut", "no extension", "extension cut", "padding zero", "padding too long"],
)
def test_when_lengths_do_not_add_up_then_it_is_no_packet(data: bytes) -> None:
    with pytest.raises(RtpParseError):
        parse_rtp(data)


def test_when_ports_are_shared_then_rtcp_is_told_from_rtp() -> None:
    assert is_rtcp(bytes([0x80, 200]))
    assert not is_rtcp(build_rtp(RtpPacket(0, 1, 2, 3, b"", True)))
    assert not is_rtcp(b"\x80")
