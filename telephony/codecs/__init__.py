"""Audio codecs: one object a stream, because some keep state."""

from __future__ import annotations

import contextlib
import functools
from typing import Protocol, runtime_checkable

import numpy as np

from calls.audio import FRAME_MS, Samples
from calls.errors import CallCentreError


class AudioCodec(Protocol):
    """Turns 20 ms of sound into a payload and payloads into sound."""

    @property
    def name(self) -> str:
        """Name as in SDP, upper case."""
        ...

    @property
    def rate_hz(self) -> int:
        """Rate of the samples."""
        ...

    @property
    def clock_rate_hz(self) -> int:
        """Rate of the RTP timestamps."""
        ...

    def encode(self, samples: Samples) -> bytes:
        """Return the payload of one frame."""
        ...

    def decode(self, payload: bytes) -> Samples:
        """Return the samples of one payload, as many as it holds.

        Raises:
            ValueError: the payload is damaged.
        """
        ...


@runtime_checkable
class LossRepairer(Protocol):
    """A codec that makes up what is lost better than its waveform tells, and hears how much is lost."""

    def restore(self, following: bytes | None, count: int) -> Samples:
        """Return up to `count` samples in the place of lost ones, by the packet after the gap if it is there.

        Raises:
            ValueError: the packet is damaged.
        """
        ...

    def expect_loss(self, share: float) -> None:
        """Learn what share of ours the peer loses, 0 to 1."""
        ...


def make_codec(name: str, *, rate_hz: int | None = None, fmtp: str = "") -> AudioCodec:
    """Return a fresh codec by its SDP name, upper or lower case.

    Args:
        name: `PCMU`, `PCMA`, `G722` or `OPUS`.
        rate_hz: Of the samples, for the codec that leaves a choice (Opus); None for its full band.
        fmtp: What the peer's SDP says about the codec.

    Raises:
        CallCentreError: `media.unknown_codec`.
    """
    upper = name.upper()
    if upper in ("PCMU", "PCMA"):
        from telephony.codecs.g711 import G711

        return G711("PCMU" if upper == "PCMU" else "PCMA")
    if upper == "G722":
        from telephony.codecs.g722 import G722

        return G722()
    if upper == "OPUS":
        from telephony.codecs.opus import Opus

        return Opus(fmtp=fmtp) if rate_hz is None else Opus(rate_hz, fmtp)
    raise CallCentreError(
        "media.unknown_codec", f"The codec {upper[:20]!r} is not built in; use OPUS, G722, PCMU or PCMA.", fault="peer"
    )


@functools.cache
def prepare_codecs() -> None:
    """Load what codecs need at first use, tables and libraries: 15 ms that the first call shall not wait for."""
    for name in ("PCMU", "PCMA", "G722", "OPUS"):
        with contextlib.suppress(CallCentreError):  # told to whoever wants this codec
            codec = make_codec(name)
            codec.decode(codec.encode(np.zeros(codec.rate_hz * FRAME_MS // 1000, dtype=np.int16)))
