"""Where the time between a caller's last word and the bot's first goes: the figures behind `bench latency`."""

from __future__ import annotations

from calls.ports import Clock


class ReplyWatch:
    """Follows one reply from the end of the caller's speech; media times in milliseconds."""

    def __init__(self, spoken_until_ms: int, words_final_ms: int, turn_ended_ms: int, clock: Clock) -> None:
        """The turn has just ended: its last voice, its final words and its end are known."""
        self._clock = clock
        self._spoken_until_ms = spoken_until_ms
        self._asr_final_ms = max(0, words_final_ms - spoken_until_ms)
        self._endpoint_ms = max(0, turn_ended_ms - spoken_until_ms)
        self._turn_at_ms = clock.now_ms()
        self._decided_at_ms: int | None = None

    def decided(self) -> None:
        """The first words of the answer are known; only the first call counts."""
        if self._decided_at_ms is None:
            self._decided_at_ms = self._clock.now_ms()

    def heard(self, t_ms: int) -> dict[str, int]:
        """The first frame of the answer goes out at media time `t_ms`: return the whole and its parts."""
        now_ms = self._clock.now_ms()
        decided_at_ms = now_ms if self._decided_at_ms is None else self._decided_at_ms
        return {
            "reply_ms": t_ms - self._spoken_until_ms,
            "endpoint_ms": self._endpoint_ms,
            "asr_final_ms": self._asr_final_ms,
            "decide_ms": decided_at_ms - self._turn_at_ms,
            "tts_first_ms": now_ms - decided_at_ms,
        }
