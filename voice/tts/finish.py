"""Makes all voices alike: one rate, one loudness, no silence at the edges, no clipping."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import soxr

from calls.audio import SPEECH_RATE_HZ, FloatSamples, Samples, to_int16
from voice.tts.words import Span

SPEECH_LEVEL_DBFS = -23.0
"""Level of speech while it is active. Source: EBU R 128's target; 3 dB above the -26 dBov of ITU-T P.56 test speech,
since a telephone loses some and the caller should not have to strain."""

PEAK_LIMIT = 0.84
"""Highest sample, -1.5 dBFS: leaves room for resampling and G.711 companding."""

_KNEE = 0.6
"""Above this the limiter bends."""
_LARGEST_GAIN_DB = 24.0
_ACTIVE_BELOW_PEAK_DB = 30.0
"""Frames this far below the loudest are pauses. Source: ITU-T P.56 takes 15.9 dB below the active level as margin;
the loudest 20 ms lie some 12 dB above that level in our voices."""
_FRAME_S = 0.005
_EDGE_BELOW_LEVEL_DB = 20.0
"""An edge frame this far below the speech level is silence: -43 dBFS, just above the -45 dBFS from which
`bench latency` counts audio as an answer."""
_LEAD_S = 0.005
_TAIL_S = 0.040
_EDGE_FADE_S = 0.003


@dataclass(frozen=True, slots=True)
class FinishedSpeech:
    """16 kHz speech that is ready to be played."""

    samples: Samples
    spans: tuple[Span, ...]


def finish(samples: FloatSamples, rate_hz: int, spans: tuple[Span, ...]) -> FinishedSpeech:
    """Resample to 16 kHz, bring the speech to `SPEECH_LEVEL_DBFS`, cut silent edges, move the words' spans along.

    At most 5 ms of silence are left before the first sound and 40 ms after the last. Sound without any speech comes
    out empty.
    """
    speech = samples.astype(np.float32, copy=False)
    if rate_hz != SPEECH_RATE_HZ and speech.size:
        speech = soxr.resample(speech, rate_hz, SPEECH_RATE_HZ, quality="HQ")
    levels = _frame_levels_db(speech)
    if levels.size == 0 or float(levels.max()) < -90.0:
        return FinishedSpeech(np.zeros(0, np.int16), tuple(Span(0.0, 0.0) for _ in spans))
    active = levels > levels.max() - _ACTIVE_BELOW_PEAK_DB
    level_db = 10.0 * np.log10(float(np.mean(10.0 ** (levels[active] / 10.0))))
    gain_db = min(SPEECH_LEVEL_DBFS - level_db, _LARGEST_GAIN_DB)
    loud = np.flatnonzero(levels > level_db - _EDGE_BELOW_LEVEL_DB)
    frame = round(_FRAME_S * SPEECH_RATE_HZ)
    first = max(0, int(loud[0]) * frame - round(_LEAD_S * SPEECH_RATE_HZ))
    last = min(speech.size, (int(loud[-1]) + 1) * frame + round(_TAIL_S * SPEECH_RATE_HZ))
    cut = _limited(speech[first:last] * np.float32(10.0 ** (gain_db / 20.0)))
    _fade_edges(cut)
    offset_s, total_s = first / SPEECH_RATE_HZ, cut.size / SPEECH_RATE_HZ
    moved = tuple(
        Span(min(max(span.start_s - offset_s, 0.0), total_s), min(max(span.end_s - offset_s, 0.0), total_s))
        for span in spans
    )
    return FinishedSpeech(to_int16(cut), moved)


def _frame_levels_db(samples: FloatSamples) -> np.typing.NDArray[np.float64]:
    frame = round(_FRAME_S * SPEECH_RATE_HZ)
    count = samples.size // frame
    if count == 0:
        return np.zeros(0)
    squares = np.mean(np.square(samples[: count * frame].astype(np.float64)).reshape(count, frame), axis=1)
    levels: np.typing.NDArray[np.float64] = 10.0 * np.log10(squares + 1e-12)
    return levels


def _limited(samples: FloatSamples) -> FloatSamples:
    """Bend what lies above the knee so that nothing passes `PEAK_LIMIT`; quieter samples stay as they are."""
    magnitude = np.abs(samples)
    room = PEAK_LIMIT - _KNEE
    bent = _KNEE + room * np.tanh((magnitude - _KNEE) / room)
    limited: FloatSamples = np.where(magnitude > _KNEE, np.sign(samples) * bent, samples).astype(np.float32)
    return limited


def _fade_edges(samples: FloatSamples) -> None:
    count = min(round(_EDGE_FADE_S * SPEECH_RATE_HZ), samples.size // 2)
    ramp = np.linspace(0.0, 1.0, count, dtype=np.float32)
    samples[:count] *= ramp
    samples[samples.size - count :] *= ramp[::-1]
