"""What media can be told by configuration."""

from __future__ import annotations

from dataclasses import dataclass, field

from telephony.rtp.jitter_buffer import JitterSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaSettings:
    """Section `[telephony.media]`, already checked by the configuration."""

    bind_host: str = "0.0.0.0"  # noqa: S104 - media comes from wherever the peer is; narrow it by configuration
    """Local address of the RTP sockets, IPv4 or IPv6."""
    port_min: int = 20_000
    """First port of the range; RTP takes even ports, RTCP the odd one above."""
    port_max: int = 29_999
    """Last port of the range."""
    drain_ms: int = 5_000
    """How long a port rests after a call, so that late packets reach nobody else."""
    media_timeout_ms: int = 20_000
    """Silence of the network, while the peer should send, after which the leg is given up; 0 for never."""
    relatch_silent_ms: int = 1_000
    """How long the peer must be silent before another address may take its place."""
    quality_every_ms: int = 10_000
    """How often a leg reports its quality to who wants to know. Source: twice the interval of RTCP."""
    echo_guard: bool = True
    """Keep telephone legs from returning what they are sent; browsers have a guard of their own."""
    jitter: JitterSettings = field(default_factory=JitterSettings)
    """Limits of the jitter buffer."""
