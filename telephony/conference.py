"""One call's conference: members, who hears whom, taps, and the call's media clock.

A call has one conference for its whole life. Hold, consult, brief, whisper, barge and transfer are changes of the
matrix; nobody is moved between rooms. At each tick:

    1. every member's source is read once, at its native rate
    2. every tap hears every member's frame, before mixing; silence too, so that clocks never stop
    3. every member's sink gets the sum of those it hears: never itself, silence when there is nobody
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from calls.audio import FRAME_MS, AudioFrame, Samples, silence
from calls.ids import MemberRole
from calls.ports import AudioSink, AudioSource, AudioTap
from calls.resample import Resampler
from telephony.mixing import add_up, ramp, release
from telephony.net.ticker import Ticker

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Member:
    member_id: str
    role: MemberRole
    source: AudioSource | None
    sink: AudioSink | None
    rate_hz: int
    quiet: AudioFrame
    """A frame of silence at the member's rate; its time is not looked at."""
    resamplers: dict[int, Resampler] = field(default_factory=dict)
    flushed: set[int] = field(default_factory=set)
    """Rates whose resampler has nothing but silence inside."""
    last_samples: dict[int, int] = field(default_factory=dict)
    """Last sample given to listeners, by rate: where a release ramp begins."""
    source_failed: bool = False
    sink_failed: bool = False


class Conference:
    """Who hears whom in one call, driven by the ticker."""

    def __init__(self, ticker: Ticker, conference_id: str = "") -> None:
        """Make an empty conference; its clock starts with `start` or the first member. The id is for logs."""
        self._ticker = ticker
        self._id = conference_id
        self._members: dict[str, _Member] = {}
        self._gains: dict[tuple[str, str], float] = {}
        self._wanted: dict[tuple[str, str], float] = {}
        self._releases: list[tuple[str, int]] = []
        self._taps: list[AudioTap] = []
        self._t_ms = 0
        self._leave_ticker: Callable[[], None] | None = None
        self._closed = False

    @property
    def t_ms(self) -> int:
        """The call's media clock: start of the next tick, in milliseconds since the first."""
        return self._t_ms

    @property
    def member_ids(self) -> tuple[str, ...]:
        """Members in the order in which they joined."""
        return tuple(self._members)

    def start(self) -> None:
        """Start the media clock; idempotent, and without effect after `close`."""
        if self._leave_ticker is None and not self._closed:
            self._leave_ticker = self._ticker.add(self.tick)

    def close(self) -> None:
        """Stop the clock and let go of members and taps; idempotent."""
        self._closed = True
        if self._leave_ticker is not None:
            self._leave_ticker()
            self._leave_ticker = None
        self._members.clear()
        self._gains.clear()
        self._wanted.clear()
        self._taps.clear()
        self._releases.clear()

    def add(
        self, member_id: str, role: MemberRole, source: AudioSource | None, sink: AudioSink | None, rate_hz: int
    ) -> None:
        """Let a member in, faded in over one frame. All hear each other, but nobody hears a supervisor.

        Args:
            member_id: Unique in this conference.
            role: Decides the first row and column of the matrix; `connect` changes them.
            source: What it says; None for one who only listens.
            sink: What it hears; None for one who only speaks, such as the bot.
            rate_hz: Rate of both: 8000, 16000 or 48000.

        Raises:
            ValueError: the id is taken.
        """
        if member_id in self._members:
            raise ValueError(f"member {member_id} is in the conference already")
        quiet = AudioFrame(samples=silence(rate_hz), rate_hz=rate_hz, t_ms=self._t_ms)
        member = _Member(member_id, role, source, sink, rate_hz, quiet)
        for other in self._members.values():
            self._wanted[member_id, other.member_id] = 0.0 if role == "supervisor" else 1.0
            self._wanted[other.member_id, member_id] = 0.0 if other.role == "supervisor" else 1.0
        self._members[member_id] = member
        self.start()

    def remove(self, member_id: str) -> None:
        """Let a member go; what it was saying ends in a short ramp. Unknown ids are ignored."""
        member = self._members.pop(member_id, None)
        if member is None:
            return
        for listener in self._members.values():
            gain = self._gains.get((member_id, listener.member_id), 0.0)
            last = round(gain * member.last_samples.get(listener.rate_hz, 0))
            if last:
                self._releases.append((listener.member_id, last))
        for edges in (self._gains, self._wanted):
            for edge in [edge for edge in edges if member_id in edge]:
                del edges[edge]

    def connect(self, speaker: str, listener: str, on: bool) -> None:
        """Let `listener` hear `speaker` or not, from the next tick on, faded over one frame.

        Raises:
            KeyError: one of them is no member.
            ValueError: they are the same: nobody hears themselves.
        """
        if speaker == listener:
            raise ValueError("nobody hears themselves")
        for member_id in (speaker, listener):
            if member_id not in self._members:
                raise KeyError(member_id)
        self._wanted[speaker, listener] = 1.0 if on else 0.0

    def hears(self, listener: str, speaker: str) -> bool:
        """True when `listener` hears `speaker`."""
        return self._wanted.get((speaker, listener), 0.0) > 0.0

    def tap(self, tap: AudioTap) -> Callable[[], None]:
        """Let `tap` hear every member from the next tick on; returns what ends it. A tap that raises is dropped."""
        self._taps.append(tap)

        def untap() -> None:
            self._taps = [other for other in self._taps if other is not tap]

        return untap

    def tick(self) -> None:
        """Run one tick. The ticker calls this; tests may."""
        members = list(self._members.values())
        frames = {member.member_id: self._read(member) for member in members}
        for tap in list(self._taps):
            self._feed(tap, members, frames)
        at_rate: dict[tuple[str, int], Samples | None] = {}
        for listener in members:
            if listener.sink is not None:
                self._write(listener, self._mix(listener, members, frames, at_rate))
        self._gains.update(self._wanted)
        self._releases.clear()
        self._t_ms += FRAME_MS

    def _read(self, member: _Member) -> AudioFrame | None:
        if member.source is None:
            return None
        try:
            frame = member.source.read(self._t_ms)
            if frame is None or (frame.rate_hz == member.rate_hz and len(frame.samples) == len(member.quiet.samples)):
                return frame
            raise ValueError(f"a frame of {len(frame.samples)} samples at {frame.rate_hz} Hz does not fit")
        except Exception:
            if not member.source_failed:
                member.source_failed = True
                logger.exception("a member's sound failed, it is silent now", extra=self._names(member))
            return None

    def _feed(self, tap: AudioTap, members: list[_Member], frames: dict[str, AudioFrame | None]) -> None:
        for member in members:
            frame = frames[member.member_id]
            if frame is None:
                frame = AudioFrame(samples=member.quiet.samples, rate_hz=member.rate_hz, t_ms=self._t_ms)
            elif frame.t_ms != self._t_ms:
                frame = AudioFrame(frame.samples, frame.rate_hz, self._t_ms, frame.concealed)
            try:
                tap.hear(member.member_id, frame)
            except Exception:
                self._taps = [other for other in self._taps if other is not tap]
                logger.exception(
                    "a tap failed and was dropped", extra={**self._names(member), "tap": type(tap).__name__}
                )
                return

    def _mix(
        self,
        listener: _Member,
        members: list[_Member],
        frames: dict[str, AudioFrame | None],
        at_rate: dict[tuple[str, int], Samples | None],
    ) -> Samples:
        size = len(listener.quiet.samples)
        voices: list[npt.NDArray[np.signedinteger]] = []
        for speaker in members:
            edge = (speaker.member_id, listener.member_id)
            gain, wanted = self._gains.get(edge, 0.0), self._wanted.get(edge, 0.0)
            if gain == 0.0 and wanted == 0.0:
                continue
            key = (speaker.member_id, listener.rate_hz)
            if key not in at_rate:
                at_rate[key] = self._resampled(speaker, frames[speaker.member_id], listener.rate_hz)
            voice = at_rate[key]
            if voice is None:
                continue
            if gain != wanted:
                voices.append(np.rint(voice * ramp(gain, wanted, size)).astype(np.int32))
            else:
                voices.append(voice)
        voices += [release(last, listener.rate_hz, size) for name, last in self._releases if name == listener.member_id]
        if not voices:
            return listener.quiet.samples
        if len(voices) == 1 and voices[0].dtype == np.int16:
            alone: Samples = voices[0].astype(np.int16, copy=False)
            return alone
        return add_up(voices, size)

    def _resampled(self, speaker: _Member, frame: AudioFrame | None, rate_hz: int) -> Samples | None:
        if frame is None and (rate_hz == speaker.rate_hz or rate_hz in speaker.flushed):
            speaker.last_samples.pop(rate_hz, None)
            return None
        samples = speaker.quiet.samples if frame is None else frame.samples
        if rate_hz != speaker.rate_hz:
            resampler = speaker.resamplers.get(rate_hz)
            if resampler is None:
                if frame is None:
                    return None
                resampler = speaker.resamplers[rate_hz] = Resampler(speaker.rate_hz, rate_hz)
            samples = resampler.process(samples)
            if frame is None:
                speaker.flushed.add(rate_hz)
            else:
                speaker.flushed.discard(rate_hz)
        speaker.last_samples[rate_hz] = int(samples[-1])
        return samples

    def _write(self, listener: _Member, samples: Samples) -> None:
        assert listener.sink is not None
        try:
            listener.sink.write(AudioFrame(samples=samples, rate_hz=listener.rate_hz, t_ms=self._t_ms))
        except Exception:
            if not listener.sink_failed:
                listener.sink_failed = True
                logger.exception("a member cannot be reached with sound", extra=self._names(listener))

    def _names(self, member: _Member) -> dict[str, str]:
        return {"conference_id": self._id, "member_id": member.member_id}
