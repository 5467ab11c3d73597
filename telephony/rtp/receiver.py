"""One incoming stream from packets to frames: counting, keys, jitter buffer, decoding, concealment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calls.audio import FRAME_MS, Samples, level_dbfs
from telephony.codecs import AudioCodec, LossRepairer
from telephony.rtp.comfort_noise import ComfortNoise
from telephony.rtp.concealment import Concealer, remove_period
from telephony.rtp.dtmf import Digit, DtmfReceiver
from telephony.rtp.jitter_buffer import JitterBuffer, JitterSettings
from telephony.rtp.packet import COMFORT_NOISE, RtpPacket
from telephony.rtp.sequence import SourceTracker

_QUIET_DBFS = -50.0
"""Below this a frame holds no speech and may be dropped or doubled unheard. Source: ITU-T P.56, active speech on
telephone lines lies between -36 and -16 dBov, its margin is 15.9 dB."""

_RESYNC_MS = 1000.0
"""Nobody pulled for this long: what lies in the buffer is the past. Source: the buffer's capacity."""

_HURRY_MS = 60.0
"""Excess delay from which voiced sound is shortened too; less waits for a pause."""

_REPAIR_HOLD_MS = 30.0
"""Delay while a codec can repair losses from the next packet: one packet and the margin of the tick."""

_REPAIR_HELD_PULLS = 500
"""That delay is held for 10 s after a loss: as long as the buffer remembers the network."""


@dataclass(frozen=True, slots=True)
class PulledFrame:
    """What one tick brought."""

    samples: Samples
    """Shape (rate_hz * FRAME_MS / 1000,)."""
    concealed: bool
    """True when at least half of it was made up."""
    level_dbfs: float
    """Of the samples, as `calls.audio.level_dbfs` says."""


@dataclass(slots=True)
class ReceiverStats:
    """Ticks and packets of one stream."""

    pulled: int = 0
    concealed: int = 0
    """Ticks that were made up although a sender was active; a pause of the sender is taken off when it is known."""
    repaired: int = 0
    """Times that a loss was repaired from the packet after it."""
    shortened_ms: float = 0.0
    lengthened_ms: float = 0.0
    unknown_payload_types: int = 0
    undecodable: int = 0


class RtpReceiver:
    """Pushed on arrival, pulled on the tick."""

    def __init__(
        self,
        codec: AudioCodec,
        payload_type: int,
        dtmf_payload_type: int | None = None,
        settings: JitterSettings | None = None,
        tracker: SourceTracker | None = None,
    ) -> None:
        """Decode `payload_type` by `codec`; `tracker` is given when a new codec goes on with an old stream."""
        self.stats = ReceiverStats()
        self.tracker = tracker or SourceTracker(codec.clock_rate_hz)
        self.tracker.use_clock(codec.clock_rate_hz)
        self.jitter = JitterBuffer(codec.clock_rate_hz, self.tracker, settings)
        self._codec = codec
        self._payload_type = payload_type
        self._dtmf_payload_type = dtmf_payload_type
        self._dtmf = DtmfReceiver(codec.clock_rate_hz)
        self._units_per_sample = codec.clock_rate_hz / codec.rate_hz
        self._frame_size = codec.rate_hz * FRAME_MS // 1000
        self._concealer = Concealer(codec.rate_hz)
        self._repairer = codec if isinstance(codec, LossRepairer) else None
        self._repair_pulls = 0
        self._noise: ComfortNoise | None = None
        self._unsure = 0
        self._held: Samples = np.zeros(0, dtype=np.int16)
        self._sender_is_quiet = False
        self._last_was_quiet = True
        self._pulled_ms: float | None = None

    def push(self, packet: RtpPacket, now_ms: float) -> list[Digit]:
        """Take a packet that arrived at `now_ms`; returns the keys that it completes."""
        verdict = self.tracker.judge(packet)
        if verdict == "on_trial":
            return []
        if verdict == "restarted":
            self.jitter.restart()
        kind = packet.payload_type
        if kind == self._payload_type or kind == COMFORT_NOISE:
            if packet.payload or kind == COMFORT_NOISE:
                self.jitter.put(packet, now_ms)
        elif kind == self._dtmf_payload_type:
            return self._dtmf.push(packet, now_ms)
        else:
            self.stats.unknown_payload_types += 1
        return []

    def digits_due(self, now_ms: float) -> list[Digit]:
        """Return the key whose end was lost, once it is certain; asked each tick."""
        return self._dtmf.tick(now_ms)

    def resync(self) -> None:
        """Forget what waits and begin with what comes next: listening was interrupted."""
        self.jitter.restart()
        self._held = self._held[:0]

    def pull(self, now_ms: float) -> PulledFrame:
        """Return the frame of the tick at `now_ms`; always a whole one."""
        if self._pulled_ms is not None and now_ms - self._pulled_ms > _RESYNC_MS:
            self.resync()
        self._pulled_ms = now_ms
        self.stats.pulled += 1
        self._hold_for_repair()
        made_up = 0
        self.jitter.observe_delay(now_ms, self._units(len(self._held)))
        if self._may_lengthen():
            made_up += self._append_made_up(self._frame_size)
            self.stats.lengthened_ms += FRAME_MS
            self.jitter.delay_changed(FRAME_MS)
        while len(self._held) < self._frame_size:
            made_up += self._fill(now_ms)
        self._shorten(now_ms)
        frame, self._held = self._held[: self._frame_size], self._held[self._frame_size :]
        concealed = 2 * made_up >= self._frame_size
        if concealed and self.jitter.started and not self._sender_is_quiet:
            self.stats.concealed += 1
            self._unsure += 1
        level = level_dbfs(frame)
        self._last_was_quiet = level < _QUIET_DBFS
        return PulledFrame(frame, concealed, level)

    def _fill(self, now_ms: float) -> int:
        """Append the next piece to what is held; returns how many samples of it were made up."""
        packet = self.jitter.next_packet(now_ms)
        if packet is None:
            return self._make_up()
        if self.jitter.sender_paused:
            self.stats.concealed -= self._unsure
        self._unsure = 0
        if packet.payload_type == COMFORT_NOISE:
            self._sender_is_quiet = True
            if self._noise is None:
                self._noise = ComfortNoise(self._codec.rate_hz)
            self._noise.describe(packet.payload)
            return 0
        if self.jitter.lost_before and self._repairer is not None:
            self._repair_pulls = _REPAIR_HELD_PULLS
        try:
            decoded = self._codec.decode(packet.payload)
        except ValueError:
            decoded = np.zeros(0, dtype=np.int16)
        if len(decoded) == 0:
            self.stats.undecodable += 1
            self.jitter.advance(self._units(self._frame_size), made_up=True)
            return self._append_made_up(self._frame_size)
        self._sender_is_quiet = False
        self.jitter.advance(self._units(len(decoded)))
        self._append(self._concealer.good(decoded))
        return 0

    def _make_up(self) -> int:
        """Append what stands for a packet that is not there; returns how many samples."""
        if self._repairer is not None and self.jitter.started and not self._sender_is_quiet:
            restored = self._restore(self._repairer)
            if restored:
                return restored
        missing = self._frame_size - len(self._held)
        units = self.jitter.units_missing(self._units(missing))
        samples = max(1, min(missing, round(units / self._units_per_sample)))
        self.jitter.advance(self._units(samples), made_up=True)
        return self._append_made_up(samples)

    def _restore(self, repairer: LossRepairer) -> int:
        """Append what the codec makes of the gap, by the packet after it when that is there; 0 when it cannot."""
        units = self.jitter.units_missing(self._units(self._frame_size))
        following = self.jitter.packet_after(units)
        copy = following.payload if following is not None and following.payload_type == self._payload_type else None
        try:
            restored = repairer.restore(copy or None, round(units / self._units_per_sample))
        except ValueError:
            return 0
        if len(restored):
            self.stats.repaired += bool(copy)
            self.jitter.advance(self._units(len(restored)), made_up=True)
            self._append(self._concealer.good(restored))
        return len(restored)

    def _hold_for_repair(self) -> None:
        self._repair_pulls = max(0, self._repair_pulls - 1)
        self.jitter.hold_ms = _REPAIR_HOLD_MS if self._repair_pulls else 0.0

    def _may_lengthen(self) -> bool:
        return self._last_was_quiet and self.jitter.shortage_ms >= FRAME_MS

    def _shorten(self, now_ms: float) -> None:
        """Take out at most one frame of quiet or one pitch period a tick while the delay is too long."""
        excess_ms = self.jitter.excess_ms
        if excess_ms < FRAME_MS:
            return
        if self._last_was_quiet and level_dbfs(self._held[: self._frame_size]) < _QUIET_DBFS:
            rest = self._held[self._frame_size :]
        elif excess_ms >= _HURRY_MS:
            while len(self._held) < 2 * self._frame_size:
                if self._fill(now_ms) > 0:
                    return
            rest = remove_period(self._held, self._codec.rate_hz)
        else:
            return
        removed = len(self._held) - len(rest)
        self._held = rest
        while len(self._held) < self._frame_size:
            self._fill(now_ms)
        removed_ms = 1000.0 * removed / self._codec.rate_hz
        self.stats.shortened_ms += removed_ms
        self.jitter.delay_changed(-removed_ms)

    def _append_made_up(self, samples: int) -> int:
        if self._sender_is_quiet and self._noise is not None:
            self._append(self._concealer.good(self._noise.next(samples)))
        else:
            self._append(self._concealer.lost(samples))
        return samples

    def _append(self, samples: Samples) -> None:
        self._held = np.concatenate((self._held, samples)) if len(self._held) else samples

    def _units(self, samples: int) -> int:
        return round(samples * self._units_per_sample)
