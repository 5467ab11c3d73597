"""Whether one call more is let in: what is scarce is counted apart, media legs and the bot's attention.

A leg costs half a percent of a core, a call that the bot listens and speaks to twenty times as much. People who are
called for a caller are legs alone. So each has a limit of its own, and each trunk may have one.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from calls.ports import CallOffer
from service.telephony_config import TelephonySection

TALKING_PER_CORE = 8
"""Calls that the bot can talk to on one core. Source: recognition takes 0.12 (en) to 0.23 (es) cores while a caller
speaks (`python -m bench asr`), about 40 % of the time, so eight take 0.4 to 0.7; the voice needs the rest."""

NoRoom = Literal["draining", "not_ready", "media_legs", "talking", "trunk"]
"""Why a call is not let in; the `reason` of `warmline_calls_total`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is taken now."""

    legs: int
    """Legs with media, ringing ones too: callers, and whoever is called for them."""
    talking: int
    """Calls that the bot talks to."""
    of_trunk: int
    """Calls in over the trunk of the one that asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much there is."""

    legs: int
    talking: int
    by_trunk: Mapping[str, int]
    """Trunks with a limit of their own."""

    def no_room(self, offer: CallOffer, load: Load) -> NoRoom | None:
        """Return what is used up for one call more, None when it may come in."""
        if load.legs >= self.legs:
            return "media_legs"
        if load.talking >= self.talking:
            return "talking"
        if offer.trunk in self.by_trunk and load.of_trunk >= self.by_trunk[offer.trunk]:
            return "trunk"
        return None


def limits(section: TelephonySection) -> Limits:
    """Return the limits of the configuration; `max_talking` of 0 asks for what this machine can do."""
    return Limits(
        legs=section.max_calls,
        talking=section.max_talking or TALKING_PER_CORE * len(os.sched_getaffinity(0)),
        by_trunk={name: trunk.max_calls for name, trunk in section.sip.trunks.items() if trunk.max_calls},
    )
