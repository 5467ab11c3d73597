"""Mixes what members say into the two channels of a recording, at the place that their time gives them.

Runs in the recorder's thread. The mix is held for a moment, so that every member's frame of a tick is in before the
tick is written; what comes later still is added to the file. A member's frames that follow each other are resampled and
mixed in one go when the mix is written: a third of the work of doing so frame by frame.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from calls.audio import AudioFrame, Samples
from calls.resample import Resampler
from records.wav_file import CHANNELS, Block, WavFile

HOLD_MS = 200
"""How long a tick waits for the frames of other members. They come within the same tick; the thread wakes later."""

LEFT, RIGHT = 0, 1

_Mix = npt.NDArray[np.int32]


@dataclass(slots=True)
class _Member:
    """Frames of one member that follow each other without a gap."""

    channel: int
    rate_hz: int
    resampler: Resampler
    start_ms: int
    """Where the first frame that waits begins."""
    next_ms: int
    """Where the next one shall begin."""
    waiting: list[Samples] = field(default_factory=list)


class Mixdown:
    """Turns frames into the samples of one file. Sample index = t_ms * rate / 1000, whatever happens in between."""

    def __init__(self, file: WavFile, caller_id: str) -> None:
        """Write to `file`; the member `caller_id` goes left, everybody else right."""
        self._file = file
        self._caller_id = caller_id
        self._rate_hz = file.rate_hz
        self._base = 0  # first sample of the mix in memory; everything before it is in the file
        self._mix: _Mix = np.zeros((self._index(2000), CHANNELS), dtype=np.int32)
        self._end = 0  # samples that time has covered
        self._members: dict[str, _Member] = {}
        self._silenced: list[tuple[int, int]] = []

    @property
    def duration_ms(self) -> int:
        """How much time the recording covers."""
        return self._end * 1000 // self._rate_hz

    def add(self, member_id: str, frame: AudioFrame) -> None:
        """Mix one frame in."""
        member = self._members.get(member_id)
        if member is None or member.rate_hz != frame.rate_hz or member.next_ms != frame.t_ms:
            if member is not None:
                self._settle(member)
            channel = LEFT if member_id == self._caller_id else RIGHT
            resampler = Resampler(frame.rate_hz, self._rate_hz)
            member = _Member(channel, frame.rate_hz, resampler, frame.t_ms, frame.t_ms)
            self._members[member_id] = member
        member.waiting.append(frame.samples)
        member.next_ms += len(frame.samples) * 1000 // frame.rate_hz
        self.cover(member.next_ms)

    def cover(self, t_ms: int) -> None:
        """Let time reach `t_ms`: where nobody was heard there is silence."""
        end = self._index(t_ms)
        if end <= self._end:
            return
        self._end = end
        need = end - self._base + self._index(HOLD_MS)
        if need > len(self._mix):
            grown: _Mix = np.zeros((need * 2, CHANNELS), dtype=np.int32)
            grown[: len(self._mix)] = self._mix
            self._mix = grown

    def silence(self, start_ms: int, end_ms: int) -> None:
        """Make a stretch silent for good: what is written, and what is still to come."""
        start, end = max(0, self._index(start_ms)), self._index(end_ms)
        if end <= start:
            return
        self._silenced.append((start, end))
        written = min(end, self._file.length)
        if start < written:
            self._file.write(start, np.zeros((written - start, CHANNELS), dtype=np.int16))
            self._file.sync()

    def flush(self, *, everything: bool = False) -> None:
        """Write what is complete; at the end, everything."""
        for member in self._members.values():
            self._settle(member)
        until = self._end if everything else self._end - self._index(HOLD_MS)
        n = until - self._base
        if n <= 0:
            return
        block: Block = np.clip(self._mix[:n], -32768, 32767).astype(np.int16)
        self._blank(self._base, block)
        self._file.write(self._base, block)
        held = self._end - until
        self._mix[:held] = self._mix[n : n + held]
        self._mix[held : held + n] = 0
        self._base = until

    def _settle(self, member: _Member) -> None:
        """Add what waits of a member at its place, with the resampler's delay taken back."""
        if not member.waiting:
            return
        start = self._index(member.start_ms)
        if member.rate_hz != self._rate_hz:
            start -= round(member.resampler.delay_ms * self._rate_hz / 1000)
        samples = member.resampler.process(np.concatenate(member.waiting))
        member.waiting.clear()
        member.start_ms = member.next_ms
        if start < 0:
            samples, start = samples[-start:], 0
        late = min(max(0, self._base - start), len(samples))
        if late:
            self._add_late(start, samples[:late], member.channel)
        rest = samples[late:]
        if len(rest):
            at = start + late - self._base
            self._mix[at : at + len(rest), member.channel] += rest

    def _add_late(self, start: int, samples: Samples, channel: int) -> None:
        """Add to what is in the file already."""
        block = self._file.read(start, len(samples))
        mixed = block[:, channel].astype(np.int32) + samples[: len(block)]
        block[:, channel] = np.clip(mixed, -32768, 32767).astype(np.int16)
        self._blank(start, block)
        self._file.write(start, block)

    def _blank(self, start: int, block: Block) -> None:
        for first, last in self._silenced:
            block[max(0, first - start) : max(0, last - start)] = 0

    def _index(self, t_ms: int) -> int:
        return t_ms * self._rate_hz // 1000
