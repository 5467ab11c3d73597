"""Keeps a caller's phone from saying the bot's own words back to it.

Phones on loudspeaker, cheap headsets and analogue gateways return what they are sent; recognition would take it for the
caller, and the bot would interrupt itself. While something is being sent to a leg that echoes, or may, what comes from
it goes through WebRTC's echo canceller (AEC3, by `pywebrtc-audio`), which lets the caller speak over the bot. Legs that
proved to be free of echo (`telephony.rtp.echo_watch`) pay for the watch only.

While nothing is known of a leg yet, what is louder than an echo can be is a caller and passes untouched: a canceller
that has not learned the echo's way takes words away. Measured on a leg without echo, a caller who speaks over the bot's
first second: 23 % of the words kept through the canceller, all of them this way. And while nothing comes back from such
a leg, there is nothing to take out of it: the canceller rests.

Measured a frame of 20 ms: the watch 4 us, the canceller 250 us at 16 kHz, resampling of narrowband 30 us.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from pywebrtc_audio import EchoCanceller

from calls.audio import SILENCE_DBFS, SPEECH_RATE_HZ, Samples, level_dbfs, silence
from calls.resample import Resampler
from telephony.rtp.echo_watch import FLOOR_DBFS, EchoState, EchoWatch

_LINGER_TICKS = 40
"""The canceller runs on for 0.8 s after the last sound sent, and on a leg that only may echo after the last that came
back: the longest delay looked for and the room's tail."""

_SENT_DBFS = -60.0
"""Quieter than this nothing was sent that could be heard coming back."""

_LEAST_RETURN_LOSS_DB = 10.0
"""An echo is at least this much quieter than what was sent. Source: ITU-T G.131, talker echo loudness rating; phones on
loudspeaker return -12 dB and less."""

_QUIET_DBFS = -50.0
"""Below this nobody speaks. Source: ITU-T P.56, active speech on telephone lines lies from -36 to -16 dBov, its margin
is 15.9 dB."""

_SENT_WINDOW_TICKS = 25
"""The loudest of this long is what an echo is held against: 500 ms, the longest delay looked for."""

_CALLER_TICKS = 25
"""A caller goes on to speak for half a second after the last syllable that was too loud for an echo."""

_FADE_MS = 5
"""Cross-fade between the leg's own sound and the canceller's, which comes a few milliseconds later."""


class EchoGuard:
    """One leg's guard: `sent` for each frame that goes out, `received` for each that came in, once a tick each."""

    def __init__(self, rate_hz: int) -> None:
        """Work on frames of 20 ms at `rate_hz`: 8000 or 16000."""
        self._watch = EchoWatch()
        self._rate_hz = rate_hz
        self._silence = silence(rate_hz)
        self._sent = self._silence
        self._sent_level = SILENCE_DBFS
        self._quiet_ticks = self._unheard_ticks = _LINGER_TICKS
        self._sent_levels: deque[float] = deque([SILENCE_DBFS], maxlen=_SENT_WINDOW_TICKS)
        self._caller_ticks = 0
        self._canceller: EchoCanceller | None = None
        self._resamplers: tuple[Resampler, Resampler, Resampler] | None = None
        self._active = False
        self._fade = np.linspace(0.0, 1.0, rate_hz * _FADE_MS // 1000, dtype=np.float32)

    @property
    def state(self) -> EchoState:
        """What is known of the leg."""
        return self._watch.state

    @property
    def active(self) -> bool:
        """True while the canceller works."""
        return self._active

    def sent(self, samples: Samples) -> None:
        """Note what goes out in this tick."""
        self._sent = samples
        self._sent_level = level_dbfs(samples)

    def received(self, samples: Samples, heard_dbfs: float | None = None) -> Samples:
        """Return what the caller said in this tick, without what came back of ours.

        Args:
            samples: One frame.
            heard_dbfs: Its level when that is known already: to measure it again is a fifth of the cost of a clear leg.
        """
        far, level = self._sent, self._sent_level
        self._sent, self._sent_level = self._silence, SILENCE_DBFS
        self._quiet_ticks = 0 if level > _SENT_DBFS else self._quiet_ticks + 1
        if heard_dbfs is None:
            heard_dbfs = level_dbfs(samples)
        state = self._watch.step(level, heard_dbfs)
        if state is EchoState.CLEAR and not self._active:
            return samples
        wanted = state is EchoState.ECHOING or (state is EchoState.PROVING and self._may_be_echo(level, heard_dbfs))
        wanted = wanted and self._quiet_ticks < _LINGER_TICKS
        if not wanted and not self._active:
            return samples
        cleaned = self._cancel(samples, far)
        if wanted == self._active:
            return cleaned
        self._active = wanted
        before, after = (samples, cleaned) if wanted else (cleaned, samples)
        mixed = after.copy()
        size = len(self._fade)
        mixed[:size] = np.rint(before[:size] * (1.0 - self._fade) + after[:size] * self._fade).astype(np.int16)
        return mixed

    def _may_be_echo(self, sent_dbfs: float, heard_dbfs: float) -> bool:
        """True while, or a moment ago, something came in; not while, or a moment ago, it was too loud for an echo."""
        self._sent_levels.append(sent_dbfs)
        self._unheard_ticks = 0 if heard_dbfs > FLOOR_DBFS else self._unheard_ticks + 1
        too_loud = heard_dbfs > max(_QUIET_DBFS, max(self._sent_levels) - _LEAST_RETURN_LOSS_DB)
        self._caller_ticks = _CALLER_TICKS if too_loud else max(0, self._caller_ticks - 1)
        return self._caller_ticks == 0 and self._unheard_ticks < _LINGER_TICKS

    def _cancel(self, near: Samples, far: Samples) -> Samples:
        if self._canceller is None:
            self._canceller = EchoCanceller(sample_rate=SPEECH_RATE_HZ)
            if self._rate_hz != SPEECH_RATE_HZ:
                up, down = (self._rate_hz, SPEECH_RATE_HZ), (SPEECH_RATE_HZ, self._rate_hz)
                self._resamplers = (Resampler(*up), Resampler(*up), Resampler(*down))
        if self._resamplers is None:
            cleaned: Samples = self._canceller.process(near, far)
            return cleaned
        wide_near, wide_far = self._resamplers[0].process(near), self._resamplers[1].process(far)
        return self._resamplers[2].process(self._canceller.process(wide_near, wide_far))
