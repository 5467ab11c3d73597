"""The audio codecs that can be negotiated; a further one is a further row."""

from __future__ import annotations

from dataclasses import dataclass

TELEPHONE_EVENT = "TELEPHONE-EVENT"


@dataclass(frozen=True, slots=True)
class CodecInfo:
    """How a codec looks in SDP."""

    name: str
    """Upper case; `calls` and media use the same name."""
    clock_rate_hz: int
    """The RTP clock, which for G.722 is not the sampling rate (RFC 3551 section 4.5.2)."""
    payload_type: int
    """Static, or the one that our own offers use for it."""
    channels: int = 1
    fmtp: str = ""


CODECS: dict[str, CodecInfo] = {
    codec.name: codec
    for codec in (
        CodecInfo("PCMU", 8000, 0),
        CodecInfo("PCMA", 8000, 8),
        CodecInfo("G722", 8000, 9),
        CodecInfo("OPUS", 48000, 96, channels=2, fmtp="maxplaybackrate=16000;useinbandfec=1"),
    )
}
"""By name. Source: RFC 3551 table 4, RFC 7587."""

EQUAL_CODECS = ("PCMU", "PCMA")
"""Of these the peer's order decides: whoever sent the call that way need not transcode it."""

STATIC_PAYLOADS: dict[int, tuple[str, int]] = {0: ("PCMU", 8000), 8: ("PCMA", 8000), 9: ("G722", 8000)}
"""What a payload type means when no rtpmap says otherwise."""

OFFERED_EVENT_PAYLOADS = {8000: 101, 48000: 102}
"""By clock: 101 is what everybody uses for telephone-event at 8000 Hz, though it is dynamic. Events share the clock of
the codec beside them (RFC 4733 section 2.5.1.2), so that an offer has one for each clock."""
EVENT_RANGE = "0-15"
"""The digits, star, pound and A to D. Source: RFC 4733 section 3.2."""
