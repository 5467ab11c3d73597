"""How good a leg's media was, as numbers for logs, metrics and the desk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from calls.audio import FRAME_MS

_BEST_RATING = 93.2
"""R of a perfect connection with default settings. Source: ITU-T G.107 section 7.7."""

_LOSS_ROBUSTNESS = 25.1
"""Bpl of G.711 with concealment. Source: ITU-T G.113 table I.4."""

_TALKING_OVER_MS = 177.3
"""Beyond this delay people begin to talk over each other. Source: Cole and Rosenbluth 2001."""


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
    ticks: int
    """How often sound was asked for."""
    concealed: int
    """Ticks whose sound was made up while the sender was active."""
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

    @property
    def concealed_share(self) -> float:
        """Share of ticks whose sound was made up while the sender was active, 0 to 1."""
        return self.concealed / max(1, self.ticks)


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityReport:
    """What one stretch of a leg sounded like on our side."""

    duration_ms: int
    loss_share: float
    """Share of what the peer said that was not there when it was to be heard, lost or late, 0 to 1."""
    network_loss_share: float
    """Share of the packets that never came, 0 to 1."""
    jitter_ms: float
    """Interarrival jitter as RTCP defines it."""
    delay_ms: float
    """Mouth to ear, as far as it is known: half the round trip, the jitter buffer, one packet."""
    round_trip_ms: float | None
    """By RTCP; None while unknown."""
    remote_loss_share: float | None
    """What the peer lost of ours lately, 0 to 1; None while unknown."""
    mos: float
    """Estimated opinion of a listener, 1 (bad) to 4.4 (as good as a telephone gets)."""


@runtime_checkable
class ReportsQuality(Protocol):
    """A leg that tells how good it is while it lives."""

    def on_quality(self, listener: Callable[[QualityReport], None]) -> None:
        """Call `listener` on the media loop with the quality of each `quality_every_ms` in which the leg listened."""
        ...

    def quality(self) -> MediaQuality | None:
        """Return how good the media was until now, also after its end; None when there was none."""
        ...


_NOTHING = MediaQuality(
    received=0,
    sent=0,
    lost=0,
    late=0,
    ticks=0,
    concealed=0,
    jitter_ms=0.0,
    delay_ms=0.0,
    round_trip_ms=None,
    remote_fraction_lost=None,
    refused=0,
    garbage=0,
)


def report_of(quality: MediaQuality) -> QualityReport:
    """Return the quality of a leg from its start until a look at it."""
    return report_between(_NOTHING, quality, quality.ticks * FRAME_MS)


def report_between(before: MediaQuality, after: MediaQuality, duration_ms: int) -> QualityReport:
    """Return the quality of the time between two looks at a leg."""
    ticks = after.ticks - before.ticks
    received, lost = after.received - before.received, max(0, after.lost - before.lost)
    loss_share = max(0.0, min(1.0, (after.concealed - before.concealed) / ticks)) if ticks > 0 else 0.0
    delay_ms = (after.round_trip_ms or 0.0) / 2 + after.delay_ms + FRAME_MS
    return QualityReport(
        duration_ms=duration_ms,
        loss_share=loss_share,
        network_loss_share=lost / (lost + received) if lost + received > 0 else 0.0,
        jitter_ms=after.jitter_ms,
        delay_ms=delay_ms,
        round_trip_ms=after.round_trip_ms,
        remote_loss_share=after.remote_fraction_lost,
        mos=estimate_mos(loss_share, delay_ms),
    )


def estimate_mos(loss_share: float, delay_ms: float) -> float:
    """Return the opinion score of the E-model for random loss (0 to 1) and mouth-to-ear delay, 1 to 4.4.

    Everything but loss and delay is at its default. All codecs are judged by the narrowband scale with the figures of
    G.711 and concealment: ITU-T gives none for Opus, and the scale cannot show what wideband is better.
    Source: ITU-T G.107; the delay term simplified as by Cole and Rosenbluth (2001).
    """
    late_ms = max(0.0, delay_ms - _TALKING_OVER_MS)
    impaired_by_delay = 0.024 * delay_ms + 0.11 * late_ms
    per_cent = 100.0 * loss_share
    impaired_by_loss = 95.0 * per_cent / (per_cent + _LOSS_ROBUSTNESS)
    rating = max(0.0, _BEST_RATING - impaired_by_delay - impaired_by_loss)
    return max(1.0, 1.0 + 0.035 * rating + 7e-6 * rating * (rating - 60.0) * (100.0 - rating))
