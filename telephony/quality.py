"""How good a leg's media was, as numbers for logs, metrics and the desk."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaQuality:
    """One leg's media from its start until now."""

    received: int
    """Packets."""
    sent: int
    """Packets."""
    lost: int
    """Packets that never came; duplicates count against it."""
    late: int
    """Packets that came after their turn."""
    concealed_share: float
    """Share of ticks whose sound was made up while the sender was active, 0 to 1."""
    jitter_ms: float
    """Interarrival jitter as RTCP defines it."""
    delay_ms: float
    """What the jitter buffer adds now."""
    round_trip_ms: float | None
    """By RTCP; None while unknown."""
    remote_fraction_lost: float | None
    """What the peer lost of ours lately, 0 to 1; None while unknown."""
    refused: int
    """Packets from strangers."""
    garbage: int
    """Datagrams that were neither RTP nor RTCP."""
