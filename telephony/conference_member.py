"""One member of a conference: what it says, read once a tick and given at each listener's rate, and what it is told."""

from __future__ import annotations

import logging

import numpy as np

from calls.audio import AudioFrame, Samples, silence
from calls.ports import AudioSink, AudioSource
from calls.resample import Resampler
from telephony.mixing import Limiter, release

logger = logging.getLogger(__name__)


class Member:
    """A source, a sink, or both. One that fails is silent, or deaf, from then on; the failure is logged once."""

    def __init__(
        self, member_id: str, source: AudioSource | None, sink: AudioSink | None, rate_hz: int, conference_id: str
    ) -> None:
        """Take part at `rate_hz`; the conference's id is for logs."""
        self.member_id = member_id
        self.sink = sink
        self.rate_hz = rate_hz
        self.quiet = silence(rate_hz)
        """A frame of silence."""
        self.limiter = Limiter()
        """Of what it hears."""
        self.names = {"conference_id": conference_id, "member_id": member_id}
        """For logs."""
        self._source = source
        self._source_failed = self._sink_failed = False
        self._last_read = 0
        """Last sample of the frame that the source gave, 0 after silence."""
        self._tail: Samples | None = None
        """In the tick in which the source fell silent: a ramp from where it was to zero."""
        self._resamplers: dict[int, Resampler] = {}
        self._flushed: set[int] = set()
        """Rates whose resampler has nothing but silence inside."""
        self._last_given: dict[int, int] = {}

    def read(self, t_ms: int) -> AudioFrame | None:
        """Return what it says in the tick at `t_ms`, None for silence; called once a tick."""
        if self._source is None:
            return None
        try:
            frame = self._source.read(t_ms)
            if frame is None:
                self._fall_silent()
                return None
            if frame.rate_hz == self.rate_hz and len(frame.samples) == len(self.quiet):
                self._last_read = int(frame.samples[-1])
                return frame
            raise ValueError(f"a frame of {len(frame.samples)} samples at {frame.rate_hz} Hz does not fit")
        except Exception:
            if not self._source_failed:
                self._source_failed = True
                logger.exception("a member's sound failed, it is silent now", extra=self.names)
            self._fall_silent()
            return None

    def at_rate(self, frame: AudioFrame | None, rate_hz: int) -> Samples | None:
        """Return what was read as a listener at `rate_hz` hears it, None for silence; once a tick and rate."""
        said = frame.samples if frame is not None else self._tail
        resampler = self._resamplers.get(rate_hz)
        if said is None and (resampler is None or rate_hz in self._flushed):
            self._last_given.pop(rate_hz, None)
            return None
        samples = self.quiet if said is None else said
        if rate_hz != self.rate_hz:
            if resampler is None:
                resampler = self._resamplers[rate_hz] = Resampler(self.rate_hz, rate_hz)
            samples = resampler.process(samples)
            if said is None:
                self._flushed.add(rate_hz)
            else:
                self._flushed.discard(rate_hz)
        self._last_given[rate_hz] = int(samples[-1])
        return samples

    def last_given(self, rate_hz: int) -> int:
        """Return the last sample given to listeners at this rate, where a ramp to silence begins; 0 after silence."""
        return self._last_given.get(rate_hz, 0)

    def write(self, samples: Samples, t_ms: int) -> None:
        """Let it hear one frame at its rate."""
        assert self.sink is not None
        try:
            self.sink.write(AudioFrame(samples=samples, rate_hz=self.rate_hz, t_ms=t_ms))
        except Exception:
            if not self._sink_failed:
                self._sink_failed = True
                logger.exception("a member cannot be reached with sound", extra=self.names)

    def _fall_silent(self) -> None:
        last, self._last_read = self._last_read, 0
        self._tail = release(last, self.rate_hz, len(self.quiet)).astype(np.int16) if last else None
