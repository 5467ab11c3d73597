"""Voice that is none: what is remembered while the voice activity hears a voice and the recogniser no words. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from voice.turn.messages import Decode
from voice.turn.running import Request, RunningUtterance
from voice.turn.settings import TurnSettings


def wordless_ms(utterance: RunningUtterance, request: Request, *, closing: bool) -> int:
    """Return for how much voice an answered decode of an utterance brought nothing new.

    Args:
        utterance: With the answer's words.
        request: What was answered.
        closing: It was cut, and only its final words were missing.
    """
    lasting_ms = request.voice_ms - utterance.grown_voice_ms
    if closing and utterance.words:
        lasting_ms = max(lasting_ms, request.end_ms - utterance.words[-1].end_ms)
    return lasting_ms


@dataclass(frozen=True, slots=True)
class Probe:
    """A decode that looks into the noise."""

    request_id: int
    start_ms: int
    end_ms: int
    sent_ms: int
    """Wall clock."""


class NoiseWatch:
    """Looks into noise now and then whether somebody speaks in it."""

    def __init__(self, settings: TurnSettings) -> None:
        """No noise yet."""
        self._settings = settings
        self._looked_until_ms = 0
        self.probe: Probe | None = None
        """Under way."""
        self.untold = False
        """An utterance that was noise was dropped, and nobody was told that nothing was heard."""

    def begin(self, media_ms: int) -> None:
        """Noise was found at `media_ms`."""
        self._looked_until_ms = media_ms

    def look(self, request_id: int, floor_ms: int, media_ms: int, now_ms: int) -> Decode:
        """Decode the newest noise, twice as far back as the last look, so that no word lies across the edge of both."""
        start_ms = max(floor_ms, media_ms - 2 * self._settings.wordless_voice_ms)
        self.probe = Probe(request_id, start_ms, media_ms, now_ms)
        self._looked_until_ms = media_ms
        return Decode(
            request_id=request_id,
            utterance=0,
            start_ms=start_ms,
            end_ms=media_ms,
            voice_ms=media_ms - start_ms,
            final=False,
        )

    def answered(self, request_id: int) -> Probe | None:
        """Return the probe that an answer, or a failure, belongs to; it is under way no more."""
        if self.probe is None or self.probe.request_id != request_id:
            return None
        probe, self.probe = self.probe, None
        return probe

    def pass_to(self, now_ms: int) -> None:
        """Wait no longer for a probe that is overdue."""
        if self.probe is not None and now_ms - self.probe.sent_ms >= self._settings.decode_deadline_ms:
            self.probe = None

    def is_over(self, voice_until_ms: int, *, ended: bool, stalled: bool) -> bool:
        """Tell whether the noise is over and nothing in it is left to look into; a probe is then forgotten.

        Args:
            voice_until_ms: End of what sounds like voice.
            ended: It has been still for long enough.
            stalled: Nobody reports voice any more.
        """
        left_ms = voice_until_ms - self._looked_until_ms
        over = stalled or (ended and self.probe is None and left_ms < self._settings.nothing_voice_ms)
        if over:
            self.probe = None
        return over

    def is_due(self, until_ms: int, *, ended: bool) -> bool:
        """Tell whether it is time to look again at noise up to `until_ms`: at its end, else when there is enough."""
        enough_ms = 1 if ended else self._settings.wordless_voice_ms
        return self.probe is None and until_ms - self._looked_until_ms >= enough_ms
