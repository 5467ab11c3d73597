"""What the encoder makes of speech, pooled over time: computed for the words anyway, it carries the mood too.

Pure. Source of mean and standard deviation as the pooling: `docs/figures.md`, emotion.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]

POSITION_MS = 20
"""Two frames of the spectrogram make a position. Source: Radford et al. 2022, section 2.2."""


@dataclass(frozen=True, slots=True, eq=False)
class PooledStates:
    """Sums over the encoder's positions of one stretch; stretches can be put together."""

    n: int
    """Positions."""
    total: npt.NDArray[np.float64]
    """Shape (dimensions,)."""
    squares: npt.NDArray[np.float64]
    """Shape (dimensions,)."""

    @property
    def vector(self) -> FloatArray:
        """Mean and standard deviation of each dimension, shape (2 * dimensions,)."""
        mean = self.total / self.n
        spread = np.sqrt(np.maximum(self.squares / self.n - mean**2, 0.0))
        return np.asarray(np.concatenate([mean, spread]), dtype=np.float32)


def pool(states: FloatArray, start_ms: int, end_ms: int) -> PooledStates:
    """Pool the positions that lie in the speech.

    Args:
        states: Shape (positions, dimensions), of one window.
        start_ms: Begin of the speech in the window.
        end_ms: End of the speech in the window.
    """
    first = min(start_ms // POSITION_MS, len(states) - 1)
    last = max(first + 1, min(-(-end_ms // POSITION_MS), len(states)))
    inside = states[first:last].astype(np.float64)
    return PooledStates(len(inside), inside.sum(axis=0), np.square(inside).sum(axis=0))


def together(parts: Iterable[PooledStates]) -> PooledStates | None:
    """Return the states of several stretches of one utterance; None without any."""
    found = list(parts)
    if not found:
        return None
    totals, squares = sum(part.total for part in found), sum(part.squares for part in found)
    return PooledStates(sum(part.n for part in found), np.asarray(totals), np.asarray(squares))
