"""One call's conference: members, who hears whom, taps, and the call's media clock.

A call has one conference for its whole life. Hold, consult, brief, whisper, barge and transfer are changes of the
matrix; nobody is moved between rooms. At each tick:

    1. every member's source is read once, at its native rate
    2. every tap hears every member's frame, before mixing; silence too, so that clocks never stop
    3. every member's sink gets the sum of those it hears: never itself, silence when there is nobody

A sum is made at its listener's rate, from each speaker's own sound resampled at most once: a narrow member never
narrows what two wide ones hear of each other, and what two narrow ones say passes untouched.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calls.audio import FRAME_MS, AudioFrame, Samples
from calls.ids import MemberRole
from calls.ports import AudioSink, AudioSource, AudioTap
from telephony.conference_member import Member
from telephony.hearing_matrix import Edge, HearingMatrix
from telephony.mixing import add_up, ramp, release
from telephony.net.ticker import Ticker

logger = logging.getLogger(__name__)

_DUCKED = 0.2
"""What is left of the music while its listener speaks: -14 dB."""

_MUSIC_STEP = 1 / 15
"""How far music may go from silence to full in one frame: 300 ms all the way, so that it swells and never bursts."""


@dataclass(slots=True)
class _HoldSound:
    """What one member on hold hears, at its own rate."""

    player: Member
    listener_id: str
    ended: bool = False


class Conference:
    """Who hears whom in one call, driven by the ticker."""

    def __init__(self, ticker: Ticker, conference_id: str = "") -> None:
        """Make an empty conference; its clock starts with `start` or the first member. The id is for logs."""
        self._ticker = ticker
        self._id = conference_id
        self._members: dict[str, Member] = {}
        self._matrix = HearingMatrix()
        self._gains: dict[Edge, float] = {}
        """What is heard now."""
        self._goals: dict[Edge, float] = {}
        """What the matrix asks for; a gain is faded to its goal."""
        self._moving: set[Edge] = set()
        """Edges whose gain is not their goal."""
        self._hold_sounds: list[_HoldSound] = []
        self._hold_count = 0
        self._ducked: set[str] = set()
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
        self._goals.clear()
        self._moving.clear()
        self._hold_sounds.clear()
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
        self._members[member_id] = Member(member_id, source, sink, rate_hz, self._id)
        self._matrix.join(member_id, role)
        self._set_goals()
        self.start()

    def remove(self, member_id: str) -> None:
        """Let a member go; what it was saying ends in a short ramp. Unknown ids are ignored."""
        member = self._members.pop(member_id, None)
        if member is None:
            return
        for listener in self._members.values():
            gain = self._gains.get((member_id, listener.member_id), 0.0)
            last = round(gain * member.last_given(listener.rate_hz))
            if last:
                self._releases.append((listener.member_id, last))
        self._matrix.leave(member_id)
        self._hold_sounds = [sound for sound in self._hold_sounds if sound.listener_id != member_id]
        self._ducked.discard(member_id)
        self._set_goals()

    def connect(self, speaker: str, listener: str, on: bool) -> None:
        """Let `listener` hear `speaker` or not, from the next tick on, faded over one frame.

        Raises:
            KeyError: one of them is no member.
            ValueError: they are the same: nobody hears themselves.
        """
        self.set_gain(speaker, listener, 1.0 if on else 0.0)

    def set_gain(self, speaker: str, listener: str, gain: float) -> None:
        """Let `listener` hear `speaker` with this factor, 0 to 4, from the next tick on, faded over one frame.

        Raises:
            KeyError: one of them is no member.
            ValueError: they are the same, or the gain is out of range.
        """
        self._matrix.set_gain(speaker, listener, gain)
        self._set_goals()

    def mute(self, member_id: str, on: bool) -> None:
        """Let nobody hear the member, or as before again; it hears the others, and taps hear it.

        Raises:
            KeyError: it is no member.
        """
        self._matrix.mute(member_id, on)
        self._set_goals()

    def whisper(self, speaker: str, listener: str | None) -> None:
        """Let only `listener` hear `speaker`, whatever the matrix says; None ends it.

        Raises:
            KeyError: one of them is no member.
            ValueError: they are the same.
        """
        self._matrix.whisper(speaker, listener)
        self._set_goals()

    def hold(self, member_id: str, sound: AudioSource) -> None:
        """Put a member on hold: it hears `sound` alone, nobody hears it, the others go on. Again: another sound.

        Args:
            member_id: Who waits.
            sound: Frames at the member's rate, such as `HoldSounds.music` gives; no tap hears it.

        Raises:
            KeyError: it is no member.
        """
        self._matrix.hold(member_id, True)
        self._end_hold_sound(member_id)
        self._hold_count += 1
        player = Member(f"hold-{self._hold_count}", sound, None, self._members[member_id].rate_hz, self._id)
        self._hold_sounds.append(_HoldSound(player, member_id))
        self._set_goals()

    def resume(self, member_id: str) -> None:
        """Take a member back from hold; without effect when it is not on hold.

        Raises:
            KeyError: it is no member.
        """
        self._matrix.hold(member_id, False)
        self._end_hold_sound(member_id)
        self._set_goals()

    def duck(self, member_id: str, on: bool) -> None:
        """Turn the member's hold sound down while it speaks; whoever detects speech calls this."""
        if on and member_id in self._members:
            self._ducked.add(member_id)
        else:
            self._ducked.discard(member_id)
        self._set_goals()

    def is_held(self, member_id: str) -> bool:
        """True while the member is on hold."""
        return self._matrix.is_held(member_id)

    def hears(self, listener: str, speaker: str) -> bool:
        """True when `listener` hears `speaker`."""
        return self._goals.get((speaker, listener), 0.0) > 0.0

    def tap(self, tap: AudioTap) -> Callable[[], None]:
        """Let `tap` hear every member from the next tick on; returns what ends it. A tap that raises is dropped."""
        self._taps.append(tap)

        def untap() -> None:
            self._taps = [other for other in self._taps if other is not tap]

        return untap

    def tick(self) -> None:
        """Run one tick. The ticker calls this; tests may."""
        members = list(self._members.values())
        frames = {member.member_id: member.read(self._t_ms) for member in members}
        for tap in list(self._taps):
            self._feed(tap, members, frames)
        for sound in self._hold_sounds:
            frames[sound.player.member_id] = sound.player.read(self._t_ms)
        faded = {edge: self._next_gain(edge) for edge in self._moving}
        at_rate: dict[tuple[str, int], Samples | None] = {}
        for listener in members:
            if listener.sink is not None:
                listener.write(self._mix(listener, members, frames, at_rate, faded), self._t_ms)
        if self._moving:
            self._settle(faded)
        self._releases.clear()
        self._t_ms += FRAME_MS

    def _end_hold_sound(self, listener_id: str) -> None:
        for sound in self._hold_sounds:
            if sound.listener_id == listener_id:
                sound.ended = True

    def _set_goals(self) -> None:
        """Ask the matrix what each gain shall be, and note which have a way to go."""
        self._hold_sounds = [
            sound
            for sound in self._hold_sounds
            if not sound.ended or self._gains.get((sound.player.member_id, sound.listener_id))
        ]
        self._goals = self._matrix.gains()
        for sound in self._hold_sounds:
            loud = _DUCKED if sound.listener_id in self._ducked else 1.0
            self._goals[sound.player.member_id, sound.listener_id] = 0.0 if sound.ended else loud
        self._gains = {edge: gain for edge, gain in self._gains.items() if edge in self._goals}
        self._moving = {edge for edge, goal in self._goals.items() if self._gains.get(edge, 0.0) != goal}

    def _next_gain(self, edge: Edge) -> float:
        """Return where an edge that moves is at the end of this tick: at its goal, or for music one step nearer."""
        goal = self._goals[edge]
        if edge[0] in self._members:
            return goal
        gain = self._gains.get(edge, 0.0)
        return min(goal, gain + _MUSIC_STEP) if goal > gain else max(goal, gain - _MUSIC_STEP)

    def _settle(self, faded: dict[Edge, float]) -> None:
        """Keep what the tick reached; members may have come and gone while it ran. Music that faded out is let go."""
        self._gains.update({edge: gain for edge, gain in faded.items() if edge in self._goals})
        self._set_goals()

    def _feed(self, tap: AudioTap, members: list[Member], frames: dict[str, AudioFrame | None]) -> None:
        for member in members:
            frame = frames[member.member_id]
            if frame is None:
                frame = AudioFrame(samples=member.quiet, rate_hz=member.rate_hz, t_ms=self._t_ms)
            elif frame.t_ms != self._t_ms:
                frame = AudioFrame(frame.samples, frame.rate_hz, self._t_ms, frame.concealed)
            try:
                tap.hear(member.member_id, frame)
            except Exception:
                self._taps = [other for other in self._taps if other is not tap]
                logger.exception("a tap failed and was dropped", extra={**member.names, "tap": type(tap).__name__})
                return

    def _mix(
        self,
        listener: Member,
        members: list[Member],
        frames: dict[str, AudioFrame | None],
        at_rate: dict[tuple[str, int], Samples | None],
        faded: dict[Edge, float],
    ) -> Samples:
        size = len(listener.quiet)
        voices: list[npt.NDArray[np.signedinteger]] = []
        if self._hold_sounds:
            mine = (sound.player for sound in self._hold_sounds if sound.listener_id == listener.member_id)
            members = [*members, *mine]
        for speaker in members:
            edge = (speaker.member_id, listener.member_id)
            gain = self._gains.get(edge, 0.0)
            wanted = faded.get(edge, gain)
            if gain == 0.0 and wanted == 0.0:
                continue
            key = (speaker.member_id, listener.rate_hz)
            if key not in at_rate:
                at_rate[key] = speaker.at_rate(frames[speaker.member_id], listener.rate_hz)
            voice = at_rate[key]
            if voice is None:
                continue
            if gain != wanted:
                voices.append(np.rint(voice * ramp(gain, wanted, size)).astype(np.int32))
            elif gain != 1.0:
                voices.append(np.rint(voice * np.float32(gain)).astype(np.int32))
            else:
                voices.append(voice)
        voices += [release(last, listener.rate_hz, size) for name, last in self._releases if name == listener.member_id]
        if listener.limiter.open:
            if not voices:
                return listener.quiet
            if len(voices) == 1 and voices[0].dtype == np.int16:
                alone: Samples = voices[0].astype(np.int16, copy=False)
                return alone
        return listener.limiter.process(add_up(voices, size), listener.rate_hz)
