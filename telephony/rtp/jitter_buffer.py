"""Packets in as the network brings them, out on the timer: ordered, delayed just long enough to be there in time.

The delay follows the network. For each packet the lateness is how much longer it travelled than the fastest one of the
last seconds; the target delay is a high percentile of it. Playing runs on a schedule:

    a packet is there at its turn        -> it is played
    it is missing, later ones may come   -> the receiver makes sound up, the schedule goes on
    it comes after all, nothing else was
    played since                         -> the schedule steps back to it: the delay grows
    the delay is above the target        -> `excess_ms` tells the receiver to shorten quiet or voiced sound
    the delay is below the target        -> `shortage_ms` tells it to lengthen a pause
    time passed but no number is missing -> the sender paused (silence suppression): nothing was lost
"""

from __future__ import annotations

import bisect
import math
from collections import deque
from dataclasses import dataclass

from telephony.rtp.packet import RtpPacket
from telephony.rtp.sequence import SourceTracker, Unwrapper

_WINDOW_PACKETS = 500
"""Packets whose lateness is remembered: 10 s at 20 ms a packet, so that clock drift of 100 ppm moves it by 1 ms."""

_REFRESH_PACKETS = 10
"""The percentile is worked out again after so many packets: each 200 ms."""

_TARGET_SHARE = 0.97
"""Share of packets that shall be in time without stepping back. Measured: tests/telephony/rtp, spiky networks."""

_MARGIN_MS = 5.0
"""Added to the percentile for the timer's own lag. Measured: tick lag p99 of 40 calls is below 5 ms."""

_RESTART_MS = 1000.0
"""A timestamp this far off its schedule is a new timeline, not delay. Source: the capacity, more is never played."""

_LATE_RUN = 5
"""So many late packets in a row mean that the schedule is wrong, not the network."""

_SETTLE_PULLS = 25
"""Excess delay counts once it has lasted this many ticks (0.5 s): a stalled loop is no reason to shorten speech."""

_START_SLACK_MS = 100.0
"""Held above the target before playing begins: two packets of the longest usual length, 40 ms, and a late tick."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JitterSettings:
    """How much delay is allowed."""

    start_ms: float = 40.0
    """Delay of the first packet, before anything is known of the network."""
    min_ms: float = 10.0
    """Lowest target: half a frame, since the tick falls anywhere between two packets."""
    max_ms: float = 200.0
    """Highest target. Source: ITU-T G.114, conversations suffer beyond 150 to 400 ms one way."""
    capacity_ms: float = 1000.0
    """Most sound that is held; beyond it the oldest is dropped. Before the first pull only the start delay is held."""


@dataclass(slots=True)
class JitterStats:
    """What happened so far, in packets."""

    played: int = 0
    late: int = 0
    """Came after its turn and was thrown away."""
    duplicates: int = 0
    overflowed: int = 0
    stepped_back: int = 0
    """Times the schedule waited for a packet after its turn."""
    restarts: int = 0
    """New timelines: another sender, another numbering or a jump of the timestamp."""


class JitterBuffer:
    """The schedule of one stream. Times are milliseconds of one monotonic clock, positions are clock units."""

    def __init__(self, clock_rate_hz: int, tracker: SourceTracker, settings: JitterSettings | None = None) -> None:
        """Count in units of `clock_rate_hz`; `tracker` is told the arrival of audio for RTCP's jitter."""
        self.stats = JitterStats()
        self.target_ms = (settings or JitterSettings()).start_ms
        self._settings = settings or JitterSettings()
        self._tracker = tracker
        self._units_per_ms = clock_rate_hz / 1000.0
        self._unwrap = Unwrapper(32)
        self._times: list[int] = []
        self._packets: dict[int, RtpPacket] = {}
        self._transits: deque[float] = deque(maxlen=_WINDOW_PACKETS)
        self._ordered: list[float] = []
        """The same, the fastest first."""
        self._fastest_ms = math.inf
        self._since_refresh = 0
        self._cursor: int | None = None
        self._gap_start: int | None = None
        self._late_run = 0
        self._started = False
        self._recent_delays: deque[float] = deque(maxlen=_SETTLE_PULLS)
        self._played_sequence: int | None = None
        self.sender_paused = False
        """The last packet played came after a pause of the sender, not after a loss."""
        self.lost_before = False
        """Numbers are missing before the last packet played."""
        self.hold_ms = 0.0
        """Least target for the sake of repairing: so that the packet after a loss is there when it is needed."""

    def restart(self) -> None:
        """Forget the timeline: what comes next is a new sender."""
        self.stats.restarts += 1
        self._times.clear()
        self._packets.clear()
        self._unwrap.reset()
        self._forget_network()
        self._cursor = self._gap_start = None
        self._started = False
        self._late_run = 0
        self._played_sequence = None

    def put(self, packet: RtpPacket, now_ms: float) -> None:
        """Take a packet that arrived at `now_ms`."""
        time = self._unwrap.extend(packet.timestamp)
        transit = now_ms - time / self._units_per_ms
        if self._transits and abs(transit - self._fastest_ms) > _RESTART_MS:
            self.restart()
            time = self._unwrap.extend(packet.timestamp)
            transit = now_ms - time / self._units_per_ms
        if time in self._packets:
            self.stats.duplicates += 1
            return
        self._tracker.measure_jitter(time, now_ms)
        self._learn(transit)
        if self._cursor is not None and time < self._cursor and not self._step_back(time):
            self._late_run += 1
            if self._late_run < _LATE_RUN:
                self.stats.late += 1
                return
            self.restart()
            time = self._unwrap.extend(packet.timestamp)
            self._learn(now_ms - time / self._units_per_ms)
        self._late_run = 0
        bisect.insort(self._times, time)
        self._packets[time] = packet
        self._trim()

    def _trim(self) -> None:
        if not self._started:
            while self._times[-1] - self._times[0] > (self.target_ms + _START_SLACK_MS) * self._units_per_ms:
                self._drop_first()
        elif self._times[-1] - self._times[0] > self._settings.capacity_ms * self._units_per_ms:
            self.stats.overflowed += 1
            self._drop_first()
            if self._cursor is not None:
                self._cursor = max(self._cursor, self._times[0])
                self._recent_delays.clear()

    def next_packet(self, now_ms: float) -> RtpPacket | None:
        """Return the packet whose turn it is, None when it is not there (or playing has not begun)."""
        if not self._times:
            return None
        first = self._times[0]
        if not self._started:
            if self._waited_ms(first, now_ms) < self.target_ms:
                return None
            while len(self._times) > 1 and self._waited_ms(self._times[1], now_ms) >= self.target_ms:
                self._drop_first()
            first = self._times[0]
            self._started = True
            self._cursor = first
        assert self._cursor is not None
        if first > self._cursor:
            return None
        self.stats.played += 1
        packet = self._drop_first()
        expected = self._played_sequence
        self.lost_before = expected is not None and packet.sequence != expected
        waited = self._gap_start is not None and first > self._gap_start
        self.sender_paused = waited and packet.sequence == expected
        self._played_sequence = (packet.sequence + 1) & 0xFFFF
        self._cursor = first
        self._gap_start = None
        return packet

    def packet_after(self, units: int) -> RtpPacket | None:
        """Return the packet that follows a gap of at most `units` from here; None when it has not come."""
        if not self._times or self._cursor is None or self._times[0] - self._cursor > units:
            return None
        return self._packets[self._times[0]]

    def advance(self, units: int, *, made_up: bool = False) -> None:
        """Move the schedule on by what was played: the length of the packet, or what was made up for a missing one."""
        if self._cursor is None:
            return
        if made_up and self._gap_start is None:
            self._gap_start = self._cursor
        self._cursor += units

    def units_missing(self, wanted: int) -> int:
        """Return how many of `wanted` units are missing before the next packet there is; `wanted` when none is."""
        if not self._times or self._cursor is None:
            return wanted
        return max(1, min(wanted, self._times[0] - self._cursor))

    @property
    def started(self) -> bool:
        """True once the first packet was played."""
        return self._started

    def observe_delay(self, now_ms: float, held_units: int) -> None:
        """Once a tick: note how far behind the fastest path playing is, `held_units` decoded ones included."""
        if self._cursor is None or not self._transits:
            return
        position_ms = (self._cursor - held_units) / self._units_per_ms
        self._recent_delays.append(now_ms - position_ms - self._fastest_ms)

    @property
    def delay_ms(self) -> float:
        """Delay that the buffer adds to the fastest path: the least of the last half second."""
        return min(self._recent_delays, default=0.0)

    @property
    def excess_ms(self) -> float:
        """How far the delay has been above the target for half a second; 0 when it has not."""
        if len(self._recent_delays) < _SETTLE_PULLS:
            return 0.0
        return max(0.0, self.delay_ms - self.target_ms)

    @property
    def shortage_ms(self) -> float:
        """How far the delay has been below the target for half a second; 0 when it has not."""
        if len(self._recent_delays) < _SETTLE_PULLS:
            return 0.0
        return max(0.0, self.target_ms - max(self._recent_delays))

    def delay_changed(self, by_ms: float) -> None:
        """The receiver shortened (below zero) or lengthened the sound; measure afresh from there."""
        self._recent_delays = deque((delay + by_ms for delay in self._recent_delays), maxlen=_SETTLE_PULLS)

    def _waited_ms(self, time: int, now_ms: float) -> float:
        return now_ms - (self._fastest_ms + time / self._units_per_ms)

    def _drop_first(self) -> RtpPacket:
        return self._packets.pop(self._times.pop(0))

    def _step_back(self, time: int) -> bool:
        if self._gap_start is None or time < self._gap_start:
            return False
        self._cursor = time
        self.stats.stepped_back += 1
        self._recent_delays.clear()
        return True

    def _forget_network(self) -> None:
        self._transits.clear()
        self._ordered.clear()
        self._fastest_ms = math.inf
        self._recent_delays.clear()
        self._since_refresh = 0

    def _learn(self, transit_ms: float) -> None:
        if len(self._transits) == _WINDOW_PACKETS:
            del self._ordered[bisect.bisect_left(self._ordered, self._transits[0])]
        self._transits.append(transit_ms)
        bisect.insort(self._ordered, transit_ms)
        self._fastest_ms = self._ordered[0]
        self._since_refresh += 1
        if self._since_refresh < _REFRESH_PACKETS:
            return
        self._since_refresh = 0
        lateness = self._ordered[math.ceil(_TARGET_SHARE * len(self._ordered)) - 1] - self._fastest_ms
        wanted = max(lateness + _MARGIN_MS, self.hold_ms)
        self.target_ms = min(self._settings.max_ms, max(self._settings.min_ms, wanted))
