"""What the encoder makes of an utterance, read from the silence behind it: computed for the words anyway.

The encoder has nothing to describe there but what it just heard, so these states tell how something was said better
than those of the speech itself, which tell its sounds (docs/adr/0025). Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]

POSITION_MS = 20
"""Two frames of the spectrogram make a position. Source: Radford et al. 2022, section 2.2."""
BEHIND_MS = 1_000
"""How much of the silence is looked at: as much as every window has, however long the speech is. States drift on
through longer silence, so that more of it would make short utterances sound unlike long ones."""


@dataclass(frozen=True, slots=True, eq=False)
class PooledStates:
    """A sum over the encoder's positions; those of several stretches can be put together."""

    n: int
    """Positions."""
    total: npt.NDArray[np.float64]
    """Shape (dimensions,)."""

    @property
    def vector(self) -> FloatArray:
        """Mean of each dimension, shape (dimensions,)."""
        return np.asarray(self.total / self.n, dtype=np.float32)


def pool(states: FloatArray, end_ms: int) -> PooledStates:
    """Pool the positions behind the speech; the last ones of a window in which there are too few.

    Args:
        states: Shape (positions, dimensions), of one window.
        end_ms: End of the speech in the window.
    """
    n = BEHIND_MS // POSITION_MS
    first = max(0, min(-(-end_ms // POSITION_MS), len(states) - n))
    behind = states[first : first + n].astype(np.float64)
    return PooledStates(len(behind), behind.sum(axis=0))


def together(parts: Iterable[PooledStates]) -> PooledStates | None:
    """Return the states of several stretches of one utterance; None without any."""
    found = list(parts)
    if not found:
        return None
    return PooledStates(sum(part.n for part in found), np.asarray(sum(part.total for part in found)))
