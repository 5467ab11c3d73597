"""Descriptions as phones write them, and as we write them."""

from __future__ import annotations

import pytest

from telephony.sdp.session_description import RtpMap, SdpError, parse_sdp, serialise_sdp

FULL = b"""v=0
o=alice 123 4 IN IP4 192.0.2.7
s=
i=about
c=IN IP4 192.0.2.7
b=AS:64
t=0 0
a=tool:phone
a=recvonly
m=audio 40000/2 RTP/AVP 9 0 101 96
a=rtpmap:101 telephone-event/8000
a=rtpmap:96 opus/48000/2
a=fmtp:101 0-15
m=video 0 RTP/AVP 31
c=IN IP6 2001:db8::1
a=sendonly
"""


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
def test_when_a_description_is_read_then_session_values_hold_for_media_without_their_own(ending: bytes) -> None:
    read = parse_sdp(FULL.replace(b"\n", ending))
    audio, video = read.media
    assert (read.session_id, read.version, read.direction) == ("123", "4", "recvonly")
    assert (audio.port, audio.formats, audio.connection) == (40_000, ("9", "0", "101", "96"), "192.0.2.7")
    assert (video.port, video.connection, video.direction("sendrecv")) == (0, "2001:db8::1", "sendonly")
    assert audio.rtpmap(101) == RtpMap("TELEPHONE-EVENT", 8000)
    assert audio.rtpmap(96) == RtpMap("OPUS", 48_000, 2)
    assert audio.rtpmap(0) is None
    assert audio.attribute("fmtp") == "101 0-15"
    assert audio.attribute("ptime") is None


def test_when_a_description_is_written_and_read_then_it_is_the_same() -> None:
    read = parse_sdp(FULL)
    assert parse_sdp(serialise_sdp(read)) == read


def test_when_lines_are_written_then_they_end_in_crlf_and_stand_in_order() -> None:
    text = serialise_sdp(parse_sdp(FULL)).decode()
    assert text.endswith("\r\n")
    assert [line[0] for line in text.splitlines()[:5]] == ["v", "o", "s", "c", "t"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\r\n",
        b"o=- 1 1 IN IP4 1.2.3.4",
        b"v=1",
        b"v=0\nwhat is this",
        b"v=0\no=- 1 1 IN IP4",
        b"v=0\nc=IN IP5 x",
        b"v=0\nm=audio x RTP/AVP 0",
        b"v=0\nm=audio 70000 RTP/AVP 0",
        b"v=0\nm=audio 5",
        b"v=0\n" + b"a=x\n" * 1001,
    ],
)
def test_when_it_is_no_description_then_an_error(body: bytes) -> None:
    with pytest.raises(SdpError):
        parse_sdp(body)
