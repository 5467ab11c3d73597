"""How much sooner a customer is served who is angry, or a very important one: in milliseconds of waiting, capped.

A contact's rank is the moment at which it would have had to arrive, had it been ordinary: `arrived - boost`. Time
passes for all alike, so the order of two contacts changes only when a boost does. As `0 <= boost <= BOOST_AT_MOST_MS`:

    whoever arrived more than BOOST_AT_MOST_MS after somebody never overtakes them, however angry,

which is proven over whole queues in `tests/desk/test_acd_fairness.py`.
"""

from __future__ import annotations

FEELING_AT_MOST_MS = 120_000
"""What anger and frustration together are worth. Source: our choice: noticeable when a queue is long, and never more
than what callers hold out on average, so that a calm one is not punished for being calm."""
VIP_MS = 60_000
"""What being very important is worth. Source: our choice, half of that."""
BOOST_AT_MOST_MS = FEELING_AT_MOST_MS + VIP_MS
"""The bound N of the promise above."""

ANGER_FROM_PROB, ANGER_TO_PROB = 0.25, 0.8
"""Calibrated: below the first a contact is calm, from the second on it is worth all. Source: our choice; half of the
dialog's own threshold of a heated turn (`voice/dialog/settings.py`), and a clear case."""
FRUSTRATION_FROM_SCORE, FRUSTRATION_TO_SCORE = 0.35, 0.95
FRUSTRATION_SHARE = 0.7
"""A score only orders, so it is worth less than a probability that was checked. Source: our choice."""
HALF_LIFE_MS = 45_000
"""How fast what was felt before stops to count. Source: our choice, some turns of a talk."""
TREND_WEIGHT = 0.5
"""How much getting angrier counts beside being angry. Source: our choice; a sudden rage is worth half at once."""


def feeling_level(anger_prob: float, frustration_score: float) -> float:
    """Return how upset somebody is, 0 (calm) to 1."""
    anger = _ramp(anger_prob, ANGER_FROM_PROB, ANGER_TO_PROB)
    frustration = _ramp(frustration_score, FRUSTRATION_FROM_SCORE, FRUSTRATION_TO_SCORE)
    return max(anger, FRUSTRATION_SHARE * frustration)


class Boost:
    """How far ahead one contact is: follows its feelings, with their trend."""

    def __init__(self, *, vip: bool, anger_prob: float, frustration_score: float, now_ms: int) -> None:
        """Begin with what is known when it arrives."""
        self._vip = vip
        self._smooth = feeling_level(anger_prob, frustration_score)
        self._trend = 0.0
        self._at_ms = now_ms

    def felt(self, anger_prob: float, frustration_score: float, now_ms: int) -> None:
        """Take a newer estimate."""
        level = feeling_level(anger_prob, frustration_score)
        past_ms = max(0, now_ms - self._at_ms)
        self._trend = level - self._smooth
        self._smooth += self._trend * (1 - 0.5 ** (past_ms / HALF_LIFE_MS))
        self._at_ms = max(self._at_ms, now_ms)

    @property
    def ms(self) -> int:
        """What it is worth now, 0 to `BOOST_AT_MOST_MS`."""
        level = min(1.0, max(0.0, self._smooth + TREND_WEIGHT * self._trend))
        return round(level * FEELING_AT_MOST_MS) + (VIP_MS if self._vip else 0)


def _ramp(value: float, low: float, high: float) -> float:
    """Return 0 below `low`, 1 above `high`; what is no number counts as calm."""
    return min(1.0, max(0.0, (value - low) / (high - low))) if value == value else 0.0
