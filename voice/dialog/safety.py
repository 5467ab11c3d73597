"""Danger to life, gas, self-harm and fraud in what a caller says. These go before everything else.

High recall first: a false alarm costs one sentence, a miss may cost a life. Figures of speech ("this bill is killing
me", "me muero de risa") are blanked before matching. Both languages are always tried and patterns are matched on
plain text (no accents, no punctuation), because recognisers drop both.
"""

from __future__ import annotations

from voice.dialog.acts import SafetyKind
from voice.dialog.dangers import DANGER, GAS, SELF_HARM, is_harmless
from voice.dialog.figures_of_speech import FIGURES
from voice.dialog.fraud import FRAUD, FRAUD_AS_INSULT, REAL_FRAUD
from voice.dialog.text import plain_speech


def find_danger(text: str) -> SafetyKind | None:
    """Return the gravest danger that `text` speaks of, or None. Order: self-harm, gas, danger to life, fraud."""
    speech = plain_speech(text)
    if not speech:
        return None
    literal = " ".join(FIGURES.sub(" xx ", speech).split())
    if SELF_HARM.search(literal):
        return "self_harm"
    if GAS.search(literal):
        return "gas"
    if DANGER.search(literal) and not is_harmless(literal):
        return "danger_to_life"
    meant = FRAUD_AS_INSULT.search(literal) is None or REAL_FRAUD.search(literal)
    if meant and FRAUD.search(literal):
        return "fraud"
    return None
