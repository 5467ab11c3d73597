"""One person's line as a member of several conferences, active in one at a time. Pure.

A leg is read and written once a tick, but an agent keeps one line for all calls. Each conference gets a seat; the fan
reads the leg once a tick, gives what it read to the active seat alone, and sends what the active seat hears. Where no
seat is active, the sound is thrown away and the line hears silence, so that its buffers and clocks go on. The leg may
be another one from one tick to the next: a line that broke comes back, and the seats stay where they are.

    tick n      fan.tick: read the leg, and send silence if nobody wrote in tick n - 1
                conferences: the active seat reads that frame, and writes; the others read nothing
"""

from __future__ import annotations

from calls.audio import FRAME_MS, AudioFrame, silence
from calls.ports import AudioSink, AudioSource
from calls.resample import Resampler


class Seat:
    """The line in one conference: source and sink of its member."""

    def __init__(self, fan: LineFan) -> None:
        """Not active before `LineFan.activate`."""
        self._fan = fan

    @property
    def rate_hz(self) -> int:
        """Rate of `read` and of what `write` takes; it stays, whatever leg the line has."""
        return self._fan.rate_hz

    @property
    def active(self) -> bool:
        """True while this is where the person is."""
        return self._fan.active is self

    def read(self, t_ms: int) -> AudioFrame | None:
        """Return what the person says in this tick, None while they are elsewhere."""
        return self._fan.take(t_ms) if self.active else None

    def write(self, frame: AudioFrame) -> None:
        """Let the person hear one frame, if they are here."""
        if self.active:
            self._fan.give(frame)


class LineFan:
    """The line of one person. `tick` is called by the ticker before the conferences are, or after: both work."""

    def __init__(self, rate_hz: int) -> None:
        """Begin without a leg and without seats, at a rate that all seats share."""
        self.rate_hz = rate_hz
        self._leg: AudioSource | None = None
        self._sink: AudioSink | None = None
        self._leg_rate_hz = rate_hz
        self._resamplers: tuple[Resampler, Resampler] | None = None
        self._seats: list[Seat] = []
        self._active: Seat | None = None
        self._frame: AudioFrame | None = None
        """What was read in this tick and not taken yet."""
        self._written = False
        self._t_ms = 0

    @property
    def active(self) -> Seat | None:
        """Where the person is; None for nowhere."""
        return self._active

    @property
    def seats(self) -> int:
        """How many conferences the line is a member of."""
        return len(self._seats)

    def connect(self, leg: AudioSource, sink: AudioSink, rate_hz: int) -> None:
        """Use this leg from the next tick on."""
        self._leg, self._sink, self._leg_rate_hz = leg, sink, rate_hz
        same = rate_hz == self.rate_hz
        self._resamplers = None if same else (Resampler(rate_hz, self.rate_hz), Resampler(self.rate_hz, rate_hz))

    def disconnect(self) -> None:
        """The leg is gone; seats stay and are silent."""
        self._leg = self._sink = self._frame = None

    def sit(self) -> Seat:
        """Return a seat for one more conference; it is not active yet."""
        seat = Seat(self)
        self._seats.append(seat)
        return seat

    def leave(self, seat: Seat) -> None:
        """Give a seat up; idempotent. Who was active there is nowhere then."""
        if seat in self._seats:
            self._seats.remove(seat)
        if self._active is seat:
            self._active = None

    def activate(self, seat: Seat | None) -> None:
        """Be in that conference and in no other; None: in none.

        Raises:
            ValueError: the seat was given up, or is another line's.
        """
        if seat is not None and seat not in self._seats:
            raise ValueError("the seat is not one of this line")
        self._active = seat

    def tick(self) -> None:
        """Read the leg for this tick; send silence if nobody wrote since the last one."""
        if not self._written and self._sink is not None:
            self._sink.write(AudioFrame(silence(self._leg_rate_hz), self._leg_rate_hz, self._t_ms))
        self._written = False
        self._frame = self._leg.read(self._t_ms) if self._leg is not None else None
        self._t_ms += FRAME_MS

    def take(self, t_ms: int) -> AudioFrame | None:
        """Called by the active seat: what the person says in this tick, once."""
        frame, self._frame = self._frame, None
        if frame is None:
            return None
        samples = frame.samples if self._resamplers is None else self._resamplers[0].process(frame.samples)
        return AudioFrame(samples, self.rate_hz, t_ms, frame.concealed)

    def give(self, frame: AudioFrame) -> None:
        """Called by the active seat: what the person hears in this tick; a second frame in one tick is dropped."""
        if self._written or self._sink is None:
            return
        self._written = True
        samples = frame.samples if self._resamplers is None else self._resamplers[1].process(frame.samples)
        self._sink.write(AudioFrame(samples, self._leg_rate_hz, frame.t_ms))
