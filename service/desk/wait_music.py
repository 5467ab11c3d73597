"""Music for who waits in a queue: soft, and softer still while anybody speaks."""

from __future__ import annotations

from calls.audio import AudioFrame, to_int16
from calls.ports import AudioSource
from telephony.hold_sound import HoldSounds

DUCKED = 0.15
"""What is left of the music while somebody speaks: -16 dB. Source: our choice; -46 dBFS is heard and in no way."""
STEP = 1 / 15
"""How far the loudness may go in one frame: 300 ms all the way, as in the conference."""


class WaitMusic:
    """An `AudioSource` around another; everything runs on the event loop."""

    def __init__(self, music: AudioSource) -> None:
        """Begin silent and swell."""
        self._music = music
        self._gain = 0.0
        self._speakers: set[str] = set()

    def duck(self, speaker: str, *, on: bool) -> None:
        """Somebody speaks, or is silent again."""
        (self._speakers.add if on else self._speakers.discard)(speaker)

    def read(self, t_ms: int) -> AudioFrame | None:
        """Return the next frame."""
        frame = self._music.read(t_ms)
        goal = DUCKED if self._speakers else 1.0
        self._gain = min(goal, self._gain + STEP) if goal > self._gain else max(goal, self._gain - STEP)
        if frame is None:
            return None
        return AudioFrame(to_int16(frame.samples / 32768.0 * self._gain), frame.rate_hz, t_ms)


def wait_sound(sounds: HoldSounds, rate_hz: int, *, music: bool) -> AudioSource:
    """Return what is heard while waiting, from its beginning: music, or a soft tone as a sign of life."""
    return sounds.music(rate_hz) if music else sounds.comfort_tone(rate_hz)
