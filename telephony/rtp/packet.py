"""RTP packets as bytes and back. Source: RFC 3550 section 5.1."""

from __future__ import annotations

import struct
from dataclasses import dataclass

_HEADER = struct.Struct("!BBHII")
_VERSION = 2
_MAX_PAYLOAD_BYTES = 1500
"""Nothing longer fits an Ethernet frame; a longer datagram is not ours."""

COMFORT_NOISE = 13
"""Payload type of comfort noise. Source: RFC 3389 section 4."""


class RtpParseError(ValueError):
    """A datagram that is not RTP."""


@dataclass(frozen=True, slots=True)
class RtpPacket:
    """One RTP packet; header extensions and contributing sources are skipped."""

    payload_type: int
    """0 to 127."""
    sequence: int
    """16 bits, wraps."""
    timestamp: int
    """32 bits, in units of the codec's clock, wraps."""
    ssrc: int
    payload: bytes
    marker: bool = False


def parse_rtp(data: bytes) -> RtpPacket:
    """Return the packet of one datagram.

    Raises:
        RtpParseError: too short, another version, or lengths that do not add up.
    """
    if len(data) < _HEADER.size or len(data) > _MAX_PAYLOAD_BYTES:
        raise RtpParseError("length is outside of what RTP allows")
    first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
    if first >> 6 != _VERSION:
        raise RtpParseError("not version 2")
    start = _HEADER.size + 4 * (first & 0x0F)
    end = len(data)
    if first & 0x10:
        if start + 4 > end:
            raise RtpParseError("header extension is cut off")
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    if first & 0x20:
        padding = data[-1]
        if padding == 0:
            raise RtpParseError("padding length is zero")
        end -= padding
    if start > end:
        raise RtpParseError("header is longer than the datagram")
    return RtpPacket(second & 0x7F, sequence, timestamp, ssrc, data[start:end], second >= 0x80)


def build_rtp(packet: RtpPacket) -> bytes:
    """Return the datagram of a packet; sequence and timestamp are wrapped to their width."""
    second = packet.payload_type | (0x80 if packet.marker else 0)
    head = _HEADER.pack(_VERSION << 6, second, packet.sequence & 0xFFFF, packet.timestamp & 0xFFFFFFFF, packet.ssrc)
    return head + packet.payload


def is_rtcp(data: bytes) -> bool:
    """True when a datagram on a shared port is RTCP and not RTP. Source: RFC 5761 section 4."""
    return len(data) >= 2 and 192 <= data[1] <= 223
