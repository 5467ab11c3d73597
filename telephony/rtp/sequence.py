"""Counting a sender's packets: wrap-around, restarts, loss and jitter. Source: RFC 3550 appendix A."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from telephony.rtp.packet import RtpPacket

_MAX_DROPOUT = 3000
"""A forward jump of at least this many packets is a restart, not loss. Source: RFC 3550 appendix A.1."""

_MAX_MISORDER = 100
"""A packet at most this far back is reordered, not a restart. Source: RFC 3550 appendix A.1."""

_SEQUENCE_SPAN = 1 << 16

Verdict = Literal["in_order", "reordered", "restarted", "on_trial"]
"""`restarted`: a new sender or numbering begins; `on_trial`: too strange to believe until its successor comes."""


class Unwrapper:
    """Makes a counter of fixed width grow without end: each value is taken as the nearest to the one before."""

    def __init__(self, bits: int) -> None:
        """Count modulo 2**bits."""
        self._span = 1 << bits
        self._last: int | None = None

    def extend(self, value: int) -> int:
        """Return the unwrapped value; it may be lower than the last when packets are reordered."""
        if self._last is None:
            extended = value
        else:
            half = self._span >> 1
            extended = self._last + (value - self._last + half) % self._span - half
        if self._last is None or extended > self._last:
            self._last = extended
        return extended

    def reset(self) -> None:
        """Forget what was seen; the next value starts anew."""
        self._last = None


@dataclass(slots=True)
class SourceStats:
    """What RTCP reports about a sender, over all its restarts."""

    received: int = 0
    reordered: int = 0
    restarts: int = 0
    expected_before: int = 0
    """Packets expected from the numberings before the last restart."""


class SourceTracker:
    """Follows the one sender of a stream; a change of SSRC or of numbering is believed at its second packet."""

    def __init__(self, clock_rate_hz: int) -> None:
        """Measure jitter in units of `clock_rate_hz`."""
        self.stats = SourceStats()
        self.ssrc: int | None = None
        self.jitter_units = 0.0
        """Interarrival jitter in clock units. Source: RFC 3550 appendix A.8."""
        self._units_per_ms = clock_rate_hz / 1000.0
        self._unwrap = Unwrapper(16)
        self._base = 0
        self._highest = 0
        self._trial: tuple[int, int] | None = None
        self._transit: float | None = None
        self._reported_expected = 0
        self._reported_received = 0

    def use_clock(self, clock_rate_hz: int) -> None:
        """Measure jitter in units of another clock: the codec of the stream has changed."""
        if clock_rate_hz / 1000.0 != self._units_per_ms:
            self._units_per_ms = clock_rate_hz / 1000.0
            self.jitter_units = 0.0
            self._transit = None

    def judge(self, packet: RtpPacket) -> Verdict:
        """Count a packet and say how it follows the ones before."""
        if self.ssrc is None:
            self._start(packet)
            return "in_order"
        if packet.ssrc != self.ssrc:
            return self._try(packet)
        step = (packet.sequence - self._highest) % _SEQUENCE_SPAN
        if 0 < step < _MAX_DROPOUT:
            self._highest = self._unwrap.extend(packet.sequence)
            self._trial = None
            self.stats.received += 1
            return "in_order"
        if step == 0 or step > _SEQUENCE_SPAN - _MAX_MISORDER:
            self.stats.received += 1
            self.stats.reordered += step != 0
            return "reordered"
        return self._try(packet)

    def measure_jitter(self, timestamp: int, now_ms: float) -> None:
        """Take the arrival of an audio packet with its unwrapped timestamp."""
        transit = now_ms * self._units_per_ms - timestamp
        if self._transit is not None:
            self.jitter_units += (abs(transit - self._transit) - self.jitter_units) / 16.0
        self._transit = transit

    @property
    def highest_sequence(self) -> int:
        """Highest sequence number with its count of wrap-arounds in the upper 16 bits."""
        return self._highest & 0xFFFFFFFF

    @property
    def expected(self) -> int:
        """How many packets were sent, as far as the numbers tell."""
        running = self._highest - self._base + 1 if self.ssrc is not None else 0
        return self.stats.expected_before + running

    @property
    def lost(self) -> int:
        """Expected minus received; below zero when there were more duplicates than losses."""
        return self.expected - self.stats.received

    def fraction_lost(self) -> float:
        """Return the share lost since the last call, 0 to 1. Source: RFC 3550 appendix A.3."""
        expected = self.expected - self._reported_expected
        received = self.stats.received - self._reported_received
        self._reported_expected, self._reported_received = self.expected, self.stats.received
        return max(0.0, (expected - received) / expected) if expected > 0 else 0.0

    def _start(self, packet: RtpPacket) -> None:
        self.ssrc = packet.ssrc
        self._unwrap.reset()
        self._base = self._highest = self._unwrap.extend(packet.sequence)
        self._trial = None
        self._transit = None
        self.stats.received += 1

    def _try(self, packet: RtpPacket) -> Verdict:
        if self._trial == (packet.ssrc, packet.sequence):
            self.stats.expected_before = self.expected
            self.stats.restarts += 1
            self._start(packet)
            return "restarted"
        self._trial = (packet.ssrc, (packet.sequence + 1) % _SEQUENCE_SPAN)
        return "on_trial"
