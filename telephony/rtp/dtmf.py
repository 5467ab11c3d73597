"""Keys of the phone as RTP events: a receiver that forgives, a sender that needs no forgiveness. Source: RFC 4733."""

from __future__ import annotations

import struct
from collections import deque
from dataclasses import dataclass

from telephony.rtp.packet import RtpPacket
from telephony.rtp.sequence import Unwrapper

_EVENT = struct.Struct("!BBH")
_DIGITS = "0123456789*#ABCD"
_END_BIT = 0x80
_VOLUME_DBM0 = 10
"""Sent as -10 dBm0, the loudness of a usual telephone key. Source: RFC 4733 section 2.3.4, range 0 to -63."""

_SILENT_END_MS = 120
"""An event without a packet for this long is over: six intervals. Source: RFC 4733 section 2.5.2.2, at least three."""

_SAME_PRESS_MS = 60
"""Packets of one press come at most this far apart; only then may a growing duration excuse a new timestamp."""

_END_REPEATS = 3
"""Source: RFC 4733 section 2.5.1.4."""

_PRESS_GAP_MS = 40
"""Silence between two sent keys. Source: ITU-T Q.24, receivers accept pauses from 40 ms."""


@dataclass(frozen=True, slots=True)
class Digit:
    """A key that was pressed and released."""

    digit: str
    duration_ms: int


@dataclass(slots=True)
class _Press:
    code: int
    timestamp: int
    duration_units: int
    seen_ms: float
    ended: bool = False


class DtmfReceiver:
    """Turns telephone-event packets into digits, each exactly once.

    The marker bit is not needed; end packets may be repeated, reordered or lost; a sender that moves the timestamp
    within one press is understood.
    """

    def __init__(self, clock_rate_hz: int) -> None:
        """Durations count in units of `clock_rate_hz`."""
        self._units_per_ms = clock_rate_hz / 1000.0
        self._unwrap = Unwrapper(32)
        self._press: _Press | None = None

    def push(self, packet: RtpPacket, now_ms: float) -> list[Digit]:
        """Take one event packet; returns the digits that it completes (none, one, or two when an end was lost)."""
        if len(packet.payload) < _EVENT.size:
            return []
        code, flags, duration = _EVENT.unpack_from(packet.payload)
        if code >= len(_DIGITS):
            return []
        timestamp = self._unwrap.extend(packet.timestamp)
        done: list[Digit] = []
        press = self._press
        if press is None or not self._continues(press, code, timestamp, duration, now_ms):
            if press is not None:
                if timestamp <= press.timestamp:
                    return []
                done += self._finish(press)
            press = self._press = _Press(code, timestamp, duration, now_ms)
        press.duration_units = max(press.duration_units, duration)
        press.seen_ms = now_ms
        if flags & _END_BIT:
            done += self._finish(press)
        return done

    def tick(self, now_ms: float) -> list[Digit]:
        """Return the digit whose end packets were all lost, once its silence is long enough."""
        press = self._press
        if press is None or press.ended or now_ms - press.seen_ms < _SILENT_END_MS:
            return []
        return self._finish(press)

    def _continues(self, press: _Press, code: int, timestamp: int, duration: int, now_ms: float) -> bool:
        if code != press.code:
            return False
        if timestamp == press.timestamp:
            return True
        moved = now_ms - press.seen_ms <= _SAME_PRESS_MS and timestamp > press.timestamp
        if press.ended:
            return moved and duration == press.duration_units
        return moved and duration > press.duration_units

    def _finish(self, press: _Press) -> list[Digit]:
        if press.ended:
            return []
        press.ended = True
        return [Digit(_DIGITS[press.code], round(press.duration_units / self._units_per_ms))]


@dataclass(frozen=True, slots=True)
class EventPayload:
    """What the sender puts into one packet in place of audio."""

    payload: bytes
    timestamp: int
    """The event's start: the same in all packets of a press."""
    marker: bool


class DtmfSender:
    """Queues keys and gives, tick by tick, the packets that replace the audio."""

    def __init__(self, clock_rate_hz: int, frame_ms: int = 20) -> None:
        """Give one update each `frame_ms`."""
        self._units_per_frame = clock_rate_hz * frame_ms // 1000
        self._frame_ms = frame_ms
        self._queue: deque[tuple[int, int]] = deque()
        self._code = 0
        self._frames_left = 0
        self._gap_frames = 0
        self._start = 0
        self._duration = 0

    @property
    def busy(self) -> bool:
        """True while a key is being sent or waits."""
        return bool(self._queue) or self._frames_left > 0

    def press(self, digit: str, duration_ms: int = 100) -> None:
        """Queue one key.

        Raises:
            ValueError: not a key of a phone.
        """
        code = _DIGITS.find(digit.upper()) if len(digit) == 1 else -1
        if code < 0:
            raise ValueError(f"{digit!r} is not one of {_DIGITS}")
        self._queue.append((code, max(2, duration_ms // self._frame_ms)))

    def next_packets(self, timestamp: int) -> list[EventPayload]:
        """Return the packets of the tick at `timestamp`; empty means: send audio."""
        if self._frames_left == 0:
            if self._gap_frames > 0:
                self._gap_frames -= 1
                return []
            if not self._queue:
                return []
            self._code, self._frames_left = self._queue.popleft()
            self._start, self._duration = timestamp, 0
        first = self._duration == 0
        self._frames_left -= 1
        self._duration = min(0xFFFF, self._duration + self._units_per_frame)
        last = self._frames_left == 0
        if last:
            self._gap_frames = -(-_PRESS_GAP_MS // self._frame_ms)
        flags = _VOLUME_DBM0 | (_END_BIT if last else 0)
        payload = EventPayload(_EVENT.pack(self._code, flags, self._duration), self._start, first)
        return [payload] * (_END_REPEATS if last else 1)
