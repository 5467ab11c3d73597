"""Does this leg echo? What comes back is compared with what was sent, by the rise and fall of their loudness. Pure.

::

    PROVING --FOUND--> ECHOING <--FOUND-- CLEAR
       '----FREE-----> CLEAR   <--FREE------'  (from ECHOING too, after longer)

A leg is guarded until it has proved to be free of echo, so that the bot's first words already do not come back to it.
The changes of loudness from tick to tick are correlated over lags of half a second: an echo follows the sender's
syllables at one lag; another talker does not, and a line without echo does not either. Measured on speech through a
telephone band and µ-law, over windows of 4 s: echoes of -12 to -30 dB give 0.41 to 0.73, a caller alone at most 0.30,
a caller who never pauses over an echo of -20 dB the same, noise nothing. Four finds at one lag are believed.
"""

from __future__ import annotations

from enum import Enum

import numpy as np
import numpy.typing as npt

FLOOR_DBFS = -70.0
"""Quieter is as good as silent: the noise of an idle telephone line. Source: ITU-T G.712, below -65 dBm0."""

_LAGS = 25
"""Ticks of delay that are looked at: 500 ms, twice the longest that phones, jitter buffers and two networks make."""

_WINDOW = 200
"""Ticks that are compared: 4 s hold about 15 syllables."""

_LOOK_EVERY = 25
"""Ticks between two looks: half a second; a look costs 35 us."""

_LOOK_EVERY_CLEAR = 50
"""The same while a leg is clear and nothing looks like an echo."""

_FOUND = 0.36
"""Correlation that only an echo reaches: in the middle between 0.30 and 0.41, see above."""

_BELIEVED_LOOKS = 4
"""Looks in a row that must find an echo at the same lag: half a window of news, which chance does not survive."""

_STEEPEST_DB = 8.0
"""Greater changes from tick to tick count as this: the beginning of speech after silence, which everybody has, would
otherwise outweigh its syllables. Measured: unlimited, echoes begin at 0.30 and callers reach 0.31."""

_LOUD_DBFS = -45.0
"""Above this the sender speaks; our own speech comes at about -20 dBFS."""

_LEAST_LOUD = 40
"""Ticks of speech without which a window says nothing."""

_PROVED_TICKS = 150
"""Ticks of our speech without echo after which a leg is clear: 3 s."""

_CALMED_TICKS = 750
"""The same for a leg that echoed: 15 s, since a caller who speaks over the echo hides it."""

_Levels = npt.NDArray[np.float64]


class EchoState(Enum):
    """What is known of a leg."""

    PROVING = "not known yet: guarded"
    ECHOING = "echoes: guarded"
    CLEAR = "does not echo"


class EchoEvent(Enum):
    """What a look can say."""

    FOUND = "an echo was found"
    FREE = "enough was said without one"


_S, _E = EchoState, EchoEvent
ECHO_STATES: dict[tuple[EchoState, EchoEvent], EchoState] = {
    (_S.PROVING, _E.FOUND): _S.ECHOING,
    (_S.PROVING, _E.FREE): _S.CLEAR,
    (_S.ECHOING, _E.FOUND): _S.ECHOING,
    (_S.ECHOING, _E.FREE): _S.CLEAR,
    (_S.CLEAR, _E.FOUND): _S.ECHOING,
    (_S.CLEAR, _E.FREE): _S.CLEAR,
}


class EchoWatch:
    """One leg's watch; `step` once a tick."""

    def __init__(self) -> None:
        """Begin guarded."""
        self.state = EchoState.PROVING
        self.delay_ticks: int | None = None
        """Delay of the echo that was found last."""
        self._sent: _Levels = np.full(_WINDOW + 1, FLOOR_DBFS)
        self._received: _Levels = np.full(_WINDOW + 1, FLOOR_DBFS)
        self._at = 0
        self._until_look = _LOOK_EVERY
        self._free_ticks = 0
        self._suspected: int | None = None
        self._looks_alike = 0

    def step(self, sent_dbfs: float, received_dbfs: float) -> EchoState:
        """Take the loudness of one tick in both directions; returns what is known now."""
        self._sent[self._at] = max(FLOOR_DBFS, sent_dbfs)
        self._received[self._at] = max(FLOOR_DBFS, received_dbfs)
        self._at = (self._at + 1) % (_WINDOW + 1)
        if sent_dbfs > _LOUD_DBFS:
            self._free_ticks += 1
        self._until_look -= 1
        if self._until_look == 0:
            self._look()
            calm = self.state is EchoState.CLEAR and self._suspected is None
            self._until_look = _LOOK_EVERY_CLEAR if calm else _LOOK_EVERY
        return self.state

    def _look(self) -> None:
        if np.count_nonzero(self._sent > _LOUD_DBFS) < _LEAST_LOUD:
            return
        similarity, lag = _similarity(self._in_order(self._sent), self._in_order(self._received))
        if similarity >= _FOUND:
            same = self._suspected is not None and abs(self._suspected - lag) <= 1
            self._looks_alike = self._looks_alike + 1 if same else 1
            self._suspected = lag
            if self._looks_alike < _BELIEVED_LOOKS:
                return
            self.delay_ticks = lag
            self._free_ticks = 0
            self.state = ECHO_STATES[self.state, EchoEvent.FOUND]
            return
        self._suspected = None
        if self._free_ticks >= (_CALMED_TICKS if self.state is EchoState.ECHOING else _PROVED_TICKS):
            self.state = ECHO_STATES[self.state, EchoEvent.FREE]

    def _in_order(self, ring: _Levels) -> _Levels:
        return np.concatenate((ring[self._at :], ring[: self._at]))


def _similarity(sent: _Levels, received: _Levels) -> tuple[float, int]:
    """Return the best correlation of the two rises and falls over all lags, and its lag in ticks."""
    rises, theirs = (np.clip(levels[1:] - levels[:-1], -_STEEPEST_DB, _STEEPEST_DB) for levels in (sent, received))
    theirs = theirs[_LAGS:]
    windows = np.lib.stride_tricks.sliding_window_view(rises, len(theirs))[::-1]
    power = np.einsum("ij,ij->i", windows, windows) * np.dot(theirs, theirs)
    scores = windows @ theirs / np.sqrt(np.maximum(power, 1.0))
    best = int(np.argmax(scores))
    return float(scores[best]), best
