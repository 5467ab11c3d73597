"""What every slot parser returns."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Parsed:
    """A spoken value in its normal form."""

    value: str
    """account_number `40718236`, phone E.164, date ISO 8601, time `HH:MM`, money `64.15 EUR`, email, name, postcode,
    yes_no `true` or `false`."""
    confidence_score: float
    """0 to 1, not calibrated: how sure the reading is."""
    needs_confirmation: bool
    """True when it should be read back before it is used."""
