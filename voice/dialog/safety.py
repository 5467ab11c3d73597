"""Danger to life, gas, self-harm and fraud in what a caller says. These go before everything else.

High recall first: a false alarm costs one sentence, a miss may cost a life. Figures of speech ("this bill is killing
me", "me muero de risa") are blanked before matching. Both languages are always tried and patterns are matched on
plain text (no accents, no punctuation), because recognisers drop both.
"""

from __future__ import annotations

from calls.speech import SafetyKind
from voice.dialog.dangers import speaks_of_danger
from voice.dialog.figures_of_speech import FIGURES
from voice.dialog.fraud import speaks_of_fraud
from voice.dialog.gas import speaks_of_gas
from voice.dialog.self_harm import speaks_of_self_harm
from voice.dialog.text import plain_speech


def find_danger(text: str) -> SafetyKind | None:
    """Return the gravest danger that `text` speaks of, or None. Order: self-harm, gas, danger to life, fraud."""
    speech = plain_speech(text)
    if not speech:
        return None
    literal = " ".join(FIGURES.sub(" xx ", speech).split())
    if speaks_of_self_harm(literal):
        return "self_harm"
    if speaks_of_gas(speech, literal):
        return "gas"
    if speaks_of_danger(literal):
        return "danger_to_life"
    return "fraud" if speaks_of_fraud(literal) else None
