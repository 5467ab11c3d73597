"""What a peer says about Opus in `a=fmtp`. Source: RFC 7587 section 6.1 and 7."""

from __future__ import annotations

import re
from dataclasses import dataclass

_RATES_HZ = (8_000, 48_000)
_BIT_RATES = (6_000, 510_000)
"""Least and most that Opus knows. Source: RFC 6716 section 2.1.1."""


@dataclass(frozen=True, slots=True)
class OpusParameters:
    """A receiver's wishes towards us."""

    max_playback_rate_hz: int = 48_000
    """It hears nothing above half of this."""
    max_average_bit_rate: int | None = None
    """Bits a second; None for no limit."""
    in_band_fec: bool = False
    """It can make use of coarse copies of lost frames."""
    dtx: bool = False
    """It would like packets to pause while nobody speaks."""


def parse_opus_parameters(fmtp: str) -> OpusParameters:
    """Read the text after the payload type; what is unknown or out of range is as if it were not there."""
    pairs = (part.partition("=") for part in fmtp.split(";"))
    values = {key.strip().lower(): value.strip() for key, _, value in pairs}
    rate_hz = _whole(values.get("maxplaybackrate"), _RATES_HZ)
    return OpusParameters(
        max_playback_rate_hz=rate_hz or 48_000,
        max_average_bit_rate=_whole(values.get("maxaveragebitrate"), _BIT_RATES),
        in_band_fec=values.get("useinbandfec") == "1",
        dtx=values.get("usedtx") == "1",
    )


def _whole(text: str | None, bounds: tuple[int, int]) -> int | None:
    if text is None or not re.fullmatch(r"\d{1,7}", text, re.ASCII):
        return None
    return int(text) if bounds[0] <= int(text) <= bounds[1] else None
