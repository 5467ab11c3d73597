"""RTCP of one stream each way: sender and receiver reports, loss, jitter, round trip. Source: RFC 3550 section 6."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from telephony.rtp.packet import RtpParseError
from telephony.rtp.sender import RtpSender
from telephony.rtp.sequence import SourceTracker

_SR, _RR, _SDES, _BYE = 200, 201, 202, 203
_CNAME = 1
_HEADER = struct.Struct("!BBH")
_SENDER_INFO = struct.Struct("!IIIII")
_BLOCK = struct.Struct("!IB3sIIII")
_NTP_EPOCH_S = 2_208_988_800
"""Seconds from 1900 to 1970. Source: RFC 868."""

_INTERVAL_MS = 5000
"""Mean time between reports; each lies within half of it around. Source: RFC 3550 sections 6.2 and 6.3.1."""


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """What a receiver tells about one sender."""

    ssrc: int
    fraction_lost: float
    """Since its last report, 0 to 1."""
    lost: int
    """In all; below zero when there were more duplicates than losses."""
    highest_sequence: int
    jitter_units: int
    last_report: int
    """Middle 32 bits of the NTP time of the last sender report it got; 0 for none."""
    delay_since_last_report: int
    """In 1/65536 s."""


@dataclass(slots=True)
class RtcpReport:
    """What one compound packet says."""

    blocks: list[ReportBlock] = field(default_factory=list)
    sender_ssrc: int | None = None
    """Who sent a sender report, if there is one."""
    sender_ntp: int = 0
    """Its NTP time, 64 bits."""
    goodbye: bool = False


def parse_rtcp(data: bytes) -> RtcpReport:
    """Return what a compound packet says; types that we do not use are skipped.

    Raises:
        RtpParseError: cut off, or another version.
    """
    report = RtcpReport()
    at = 0
    while at < len(data):
        if at + 4 > len(data):
            raise RtpParseError("RTCP header is cut off")
        first, kind, words = _HEADER.unpack_from(data, at)
        end = at + 4 + 4 * words
        if first >> 6 != 2 or end > len(data):
            raise RtpParseError("RTCP length or version does not fit")
        count = first & 0x1F
        if kind in (_SR, _RR):
            _parse_report(data[at + 4 : end], count, kind == _SR, report)
        elif kind == _BYE:
            report.goodbye = True
        at = end
    return report


def _parse_report(body: bytes, count: int, from_sender: bool, report: RtcpReport) -> None:
    at = 4
    needed = at + (_SENDER_INFO.size if from_sender else 0) + count * _BLOCK.size
    if len(body) < needed:
        raise RtpParseError("RTCP report is cut off")
    if from_sender:
        seconds, fraction, _, _, _ = _SENDER_INFO.unpack_from(body, at)
        report.sender_ssrc = int.from_bytes(body[:4], "big")
        report.sender_ntp = seconds << 32 | fraction
        at += _SENDER_INFO.size
    for index in range(count):
        ssrc, share, lost, highest, jitter, last, delay = _BLOCK.unpack_from(body, at + index * _BLOCK.size)
        block = ReportBlock(ssrc, share / 256, int.from_bytes(lost, "big", signed=True), highest, jitter, last, delay)
        report.blocks.append(block)


def _packet(kind: int, count: int, body: bytes) -> bytes:
    return _HEADER.pack(0x80 | count, kind, len(body) // 4) + body


class RtcpSession:
    """When to report, what, and what the peer's reports mean. Times are monotonic milliseconds."""

    def __init__(self, *, cname: str, utc_ms_at_zero: int, start_ms: float, phase: float) -> None:
        """Report first within half an interval after `start_ms`.

        Args:
            cname: Canonical name; random, so that it tells nothing. Source: RFC 7022.
            utc_ms_at_zero: Milliseconds since 1970 at monotonic time 0.
            start_ms: Now.
            phase: Random number from 0 to 1 that spreads the reports of many legs.
        """
        self.round_trip_ms: float | None = None
        self.remote_fraction_lost: float | None = None
        self.remote_jitter_units: int | None = None
        self.goodbye = False
        self._cname = cname.encode()
        self._utc_ms_at_zero = utc_ms_at_zero
        self._phase = phase
        self._due_ms = start_ms + _INTERVAL_MS * (0.25 + phase / 4)
        self._their_last_report = 0
        self._their_last_ms = 0.0

    def due(self, now_ms: float) -> bool:
        """True when a report shall be sent."""
        return now_ms >= self._due_ms

    def build(self, sender: RtpSender, tracker: SourceTracker | None, now_ms: float) -> bytes:
        """Return the compound packet that is due and set the time of the next."""
        self._phase = (self._phase * 997.0 + 0.618) % 1.0
        self._due_ms = now_ms + _INTERVAL_MS * (0.5 + self._phase)
        blocks = [self._block(tracker, now_ms)] if tracker is not None and tracker.ssrc is not None else []
        ssrc = sender.ssrc.to_bytes(4, "big")
        if sender.packets_sent:
            ntp = self._ntp(now_ms)
            info = _SENDER_INFO.pack(
                ntp >> 32,
                ntp & 0xFFFFFFFF,
                sender.timestamp,
                sender.packets_sent & 0xFFFFFFFF,
                sender.bytes_sent & 0xFFFFFFFF,
            )
            report = _packet(_SR, len(blocks), ssrc + info + b"".join(blocks))
        else:
            report = _packet(_RR, len(blocks), ssrc + b"".join(blocks))
        return report + self._names(ssrc)

    def farewell(self, sender: RtpSender, tracker: SourceTracker | None, now_ms: float) -> bytes:
        """Return the last compound packet: a report and BYE."""
        return self.build(sender, tracker, now_ms) + _packet(_BYE, 1, sender.ssrc.to_bytes(4, "big"))

    def take(self, report: RtcpReport, our_ssrc: int, now_ms: float) -> None:
        """Learn from what the peer reported."""
        self.goodbye = self.goodbye or report.goodbye
        if report.sender_ssrc is not None:
            self._their_last_report = report.sender_ntp >> 16 & 0xFFFFFFFF
            self._their_last_ms = now_ms
        for block in report.blocks:
            if block.ssrc != our_ssrc:
                continue
            self.remote_fraction_lost = block.fraction_lost
            self.remote_jitter_units = block.jitter_units
            if block.last_report:
                middle = self._ntp(now_ms) >> 16 & 0xFFFFFFFF
                units = (middle - block.last_report - block.delay_since_last_report) & 0xFFFFFFFF
                if units < 60 << 16:
                    self.round_trip_ms = units * 1000 / 65536

    def _block(self, tracker: SourceTracker, now_ms: float) -> bytes:
        delay = round((now_ms - self._their_last_ms) * 65536 / 1000) if self._their_last_report else 0
        return _BLOCK.pack(
            tracker.ssrc or 0,
            min(255, int(tracker.fraction_lost() * 256)),
            max(-0x800000, min(0x7FFFFF, tracker.lost)).to_bytes(3, "big", signed=True),
            tracker.highest_sequence,
            min(0xFFFFFFFF, int(tracker.jitter_units)),
            self._their_last_report,
            min(0xFFFFFFFF, delay),
        )

    def _names(self, ssrc: bytes) -> bytes:
        item = ssrc + bytes([_CNAME, len(self._cname)]) + self._cname
        return _packet(_SDES, 1, item + bytes(4 - len(item) % 4))

    def _ntp(self, now_ms: float) -> int:
        utc_s = (self._utc_ms_at_zero + now_ms) / 1000 + _NTP_EPOCH_S
        return int(utc_s * 65536) << 16
