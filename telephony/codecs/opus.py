"""Opus mono by libopus, 20 ms frames; losses are repaired from the next packet. Source: RFC 6716, RFC 7587."""

from __future__ import annotations

import numpy as np

from calls.audio import FRAME_MS, Samples
from telephony.codecs.libopus import OpusDecoder, OpusEncoder
from telephony.codecs.opus_parameters import OpusParameters, parse_opus_parameters

_CLOCK_RATE_HZ = 48_000
"""Of the timestamps, whatever the sampling rate. Source: RFC 7587 section 4.1."""

_BIT_RATES = {48_000: 32_000, 16_000: 24_000}
"""Speech, mono; the wideband one with room for the copies. Source: RFC 6716 section 2.1.1 (16 to 20 kbit/s for
wideband, 28 to 40 for full band), and 20 % more for forward error correction."""

_COMPLEXITY = 5
"""Of 10. Measured at 16 kHz: 0 costs 37 us a frame, 5 costs 130, 10 costs 230."""

_STEP_MS = 2.5
"""Losses are restored in multiples of this. Source: libopus, `opus_decode`."""

_LEAST_EXPECTED_LOSS = 0.05
"""Assumed until RTCP tells more: below about 3 % libopus spares the copies at our bit rates."""

_DTX_BYTES = 2
"""A packet no longer than this says that nothing is said and need not be sent. Source: libopus, `opus_encode`."""

_NONE: Samples = np.zeros(0, dtype=np.int16)


class Opus:
    """One stream's encoder and decoder; both keep state and are made at first use."""

    name = "OPUS"
    clock_rate_hz = _CLOCK_RATE_HZ

    def __init__(self, rate_hz: int = _CLOCK_RATE_HZ, fmtp: str = "") -> None:
        """Make nothing yet: a leg that only listens needs no encoder.

        Args:
            rate_hz: Of the samples on our side: 16000 for telephones, 48000 for browsers.
            fmtp: What the peer says in SDP.
        """
        self.rate_hz = rate_hz
        self._wishes = parse_opus_parameters(fmtp)
        self._encoder: OpusEncoder | None = None
        self._decoder: OpusDecoder | None = None

    def encode(self, samples: Samples) -> bytes:
        """Return the payload of one frame of 20 ms; empty when it need not be sent.

        Raises:
            ValueError: another length.
        """
        if len(samples) != self.rate_hz * FRAME_MS // 1000:
            raise ValueError(f"Opus frames here have 20 ms, not {len(samples)} samples at {self.rate_hz} Hz")
        if self._encoder is None:
            self._encoder = _encoder(self.rate_hz, self._wishes)
        payload = self._encoder.encode(samples)
        return b"" if len(payload) <= _DTX_BYTES else payload

    def decode(self, payload: bytes) -> Samples:
        """Return the samples of one payload, mono whatever the sender's channels.

        Raises:
            ValueError: the payload is damaged.
        """
        return self._decoding().decode(payload)

    def restore(self, following: bytes | None, count: int) -> Samples:
        """Return at most `count` samples in the place of lost ones, in whole steps of 2.5 ms; perhaps none.

        Raises:
            ValueError: `following` is damaged.
        """
        step = int(_STEP_MS * self.rate_hz / 1000)
        return self._decoding().restore(following, count // step * step) if count >= step else _NONE

    def expect_loss(self, share: float) -> None:
        """Learn what the peer reports to lose, 0 to 1: more copies, less else."""
        if self._wishes.in_band_fec and self._encoder is not None:
            self._encoder.repair_losses(max(_LEAST_EXPECTED_LOSS, share))

    def _decoding(self) -> OpusDecoder:
        if self._decoder is None:
            self._decoder = OpusDecoder(self.rate_hz)
        return self._decoder


def _encoder(rate_hz: int, wishes: OpusParameters) -> OpusEncoder:
    usual = _BIT_RATES.get(rate_hz, _BIT_RATES[_CLOCK_RATE_HZ])
    encoder = OpusEncoder(rate_hz, min(usual, wishes.max_average_bit_rate or usual), _COMPLEXITY)
    encoder.limit_bandwidth(min(rate_hz, wishes.max_playback_rate_hz))
    encoder.repair_losses(_LEAST_EXPECTED_LOSS if wishes.in_band_fec else 0.0)
    encoder.pause_in_silence(wishes.dtx)
    return encoder
