"""Where a caller's call stands in time: the media clock of voice activity, and the wall clock if that stalls."""

from __future__ import annotations

from collections import deque

from voice.turn.settings import WINDOW_MS, TurnSettings

_KEPT_MS = 4_000
"""A cut is made at the window with the least voice among the last of these."""


class VoiceClock:
    """Follows the windows of voice activity; pure."""

    def __init__(self, settings: TurnSettings) -> None:
        """Begin at 0 on both clocks, in silence."""
        self._deadline_ms = settings.voice_deadline_ms
        self.now_ms = 0
        """Wall clock."""
        self.t_ms = 0
        """End of the newest window, on the media clock."""
        self.voiced = False
        """Whether the newest window is voice."""
        self.voice_until_ms = 0
        """End of the last voice of the utterance, or noise, in hand."""
        self.stalled = False
        """True while windows are overdue: the wall clock stands in."""
        self._window_wall_ms = 0
        self._recent: deque[tuple[int, float]] = deque(maxlen=_KEPT_MS // WINDOW_MS)

    def pass_to(self, now_ms: int) -> None:
        """Note the wall-clock time; it never goes back."""
        self.now_ms = max(now_ms, self.now_ms)

    def window(self, t_ms: int, prob: float, threshold: float) -> None:
        """Take a window that ends at `t_ms`."""
        self.t_ms = t_ms
        self.voiced = prob >= threshold
        self.stalled = False
        self._window_wall_ms = self.now_ms
        self._recent.append((t_ms, prob))

    def watch(self) -> bool:
        """Return True once when windows become overdue."""
        newly = not self.stalled and self.now_ms >= self.stalls_at_ms
        self.stalled = self.stalled or newly
        return newly

    @property
    def stalls_at_ms(self) -> int:
        """Wall-clock time at which the next window is overdue."""
        return self._window_wall_ms + self._deadline_ms

    @property
    def media_ms(self) -> int:
        """The media clock now, going on by the wall clock while windows are overdue."""
        return self.t_ms + (self.now_ms - self._window_wall_ms if self.stalled else 0)

    @property
    def silence_ms(self) -> int:
        """How long ago the last voice ended."""
        return self.media_ms - self.voice_until_ms

    @property
    def quietest_ms(self) -> int:
        """End of the window with the least voice among the recent ones."""
        windows = [(prob, t_ms) for t_ms, prob in self._recent if t_ms > self.t_ms - _KEPT_MS]
        return min(windows)[1] if windows else self.t_ms


class OnsetDetector:
    """Tells voice from clicks: speech starts with enough voice within a short span."""

    def __init__(self, settings: TurnSettings) -> None:
        """Begin with silence."""
        self._needed_ms = settings.onset_voice_ms
        self._windows: deque[tuple[int, bool]] = deque(maxlen=max(1, settings.onset_span_ms // WINDOW_MS))

    def window(self, t_ms: int, voiced: bool) -> int | None:
        """Take a window that ends at `t_ms`; return the start of the speech once there is enough voice."""
        self._windows.append((t_ms, voiced))
        ends = [end for end, is_voice in self._windows if is_voice]
        if not voiced or len(ends) * WINDOW_MS < self._needed_ms:
            return None
        self._windows.clear()
        return ends[0] - WINDOW_MS
