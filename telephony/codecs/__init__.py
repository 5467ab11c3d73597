"""Audio codecs: one object a stream, because some keep state."""

from __future__ import annotations

from typing import Protocol

from calls.audio import Samples
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


def make_codec(name: str) -> AudioCodec:
    """Return a fresh codec by its SDP name (`PCMU`, `PCMA`, `OPUS`), upper or lower case.

    Raises:
        CallCentreError: `media.unknown_codec`.
    """
    upper = name.upper()
    if upper in ("PCMU", "PCMA"):
        from telephony.codecs.g711 import G711

        return G711("PCMU" if upper == "PCMU" else "PCMA")
    if upper == "OPUS":
        from telephony.codecs.opus import Opus

        return Opus()
    raise CallCentreError(
        "media.unknown_codec", f"The codec {upper[:20]!r} is not built in; use PCMU, PCMA or OPUS.", fault="peer"
    )
