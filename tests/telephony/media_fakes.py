"""Sounds, a clock and a network that do what the test says."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from calls.audio import AudioFrame, Samples
from telephony.codecs.g711 import G711
from telephony.rtp.packet import RtpPacket
from telephony.rtp.receiver import PulledFrame, RtpReceiver

RATE = 8000
FRAME = 160


class FakeClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now_ms: int = 1_000_000) -> None:
        self.at_ms = now_ms

    def now_ms(self) -> int:
        return self.at_ms

    def now_utc(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(milliseconds=self.at_ms)


class LoopClock(FakeClock):
    """The event loop's clock."""

    def now_ms(self) -> int:
        return round(asyncio.get_running_loop().time() * 1000)


def tone(frequency_hz: float, frames: int, rate_hz: int = RATE, level: float = 8000.0) -> Samples:
    at = np.arange(frames * rate_hz // 50) / rate_hz
    return (level * np.sin(2 * np.pi * frequency_hz * at)).astype(np.int16)


def voice(frames: int, rate_hz: int = RATE, pitch_hz: float = 120.0, seed: int = 1) -> Samples:
    """Something like speech: harmonics under a moving envelope, a pause of 200 ms in each second."""
    at = np.arange(frames * rate_hz // 50) / rate_hz
    phase = 2 * np.pi * np.cumsum(pitch_hz * (1 + 0.05 * np.sin(2 * np.pi * 0.7 * at))) / rate_hz
    weights = np.random.default_rng(seed).uniform(0.2, 1.0, 12) / np.arange(1, 13)
    sound = sum(weight * np.sin((n + 1) * phase) for n, weight in enumerate(weights))
    envelope = (0.6 + 0.4 * np.sin(2 * np.pi * 3 * at)) * (at % 1.0 < 0.8)
    return np.asarray(6000 * sound * envelope).astype(np.int16)


def packets(
    samples: Samples, *, sequence: int = 65_500, timestamp: int = 0xFFFF_F000, ssrc: int = 7
) -> list[RtpPacket]:
    """Cut µ-law packets of 20 ms; numbering and timestamps wrap soon."""
    codec = G711("PCMU")
    return [
        RtpPacket(
            0,
            (sequence + n) & 0xFFFF,
            (timestamp + n * FRAME) & 0xFFFF_FFFF,
            ssrc,
            codec.encode(samples[n * FRAME : (n + 1) * FRAME]),
            n == 0,
        )
        for n in range(len(samples) // FRAME)
    ]


def run_network(
    receiver: RtpReceiver, arrivals: Iterable[tuple[float, RtpPacket]], ticks: int, *, phase_ms: float = 7.0
) -> list[PulledFrame]:
    """Push packets at their arrival times and pull each 20 ms."""
    waiting = sorted(arrivals, key=lambda item: item[0])
    pulled = []
    for tick in range(ticks):
        now_ms = phase_ms + 20.0 * tick
        while waiting and waiting[0][0] <= now_ms:
            at_ms, packet = waiting.pop(0)
            receiver.push(packet, at_ms)
        pulled.append(receiver.pull(now_ms))
    return pulled


def joined(frames: Sequence[PulledFrame]) -> Samples:
    return np.concatenate([frame.samples for frame in frames])


def lag_of(sound: Samples, within: Samples) -> int:
    """Return at which sample `sound` begins inside `within`, by correlation."""
    size = 1 << (len(within) + len(sound)).bit_length()
    spectrum = np.fft.rfft(within.astype(float), size) * np.conj(np.fft.rfft(sound.astype(float), size))
    return int(np.argmax(np.fft.irfft(spectrum, size)[: len(within)]))


def level_of(frequency_hz: float, samples: Samples, rate_hz: int = RATE) -> float:
    """Return the amplitude of one frequency (Goertzel by correlation)."""
    at = np.arange(len(samples)) / rate_hz
    turning = np.exp(-2j * np.pi * frequency_hz * at)
    return float(2 * abs(np.mean(samples * turning)))


def usual_level_of(frequency_hz: float, frames: Sequence[Samples]) -> float:
    """Return the median over frames of 20 ms: a busy machine makes jitter buffers shift a tone, which is no matter."""
    return float(np.median([level_of(frequency_hz, frame, 50 * len(frame)) for frame in frames]))


class FakeSource:
    """Plays samples frame by frame, then nothing."""

    def __init__(self, samples: Samples, rate_hz: int = RATE) -> None:
        self.samples = samples
        self.rate_hz = rate_hz
        self.at = 0
        self.asked: list[int] = []

    def read(self, t_ms: int) -> AudioFrame | None:
        self.asked.append(t_ms)
        size = self.rate_hz // 50
        frame = self.samples[self.at : self.at + size]
        self.at += size
        return AudioFrame(frame, self.rate_hz, t_ms) if len(frame) == size else None


class FakeSink:
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.frames: list[AudioFrame] = []

    def write(self, frame: AudioFrame) -> None:
        self.frames.append(frame)

    @property
    def heard(self) -> Samples:
        return np.concatenate([frame.samples for frame in self.frames])
