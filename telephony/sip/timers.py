"""The timers of transactions (RFC 3261 section 17 and table 4, RFC 6026), and a set of running ones."""

from __future__ import annotations

from enum import Enum

T1_MS = 500
"""Estimate of the round trip. Source: RFC 3261 section 17.1.1.1."""
T2_MS = 4_000
"""Longest pause between retransmissions of non-INVITE requests and of final INVITE responses."""
T4_MS = 5_000
"""Longest time that a message stays in the network."""
TIMEOUT_MS = 64 * T1_MS
"""Timers B, F, H, J, L, M and the wait for an ACK of a 2xx."""
NO_FINAL_MS = 200_000
"""Timer C: who rings on says so each minute (RFC 3261 section 13.3.1.1). Source: section 16.6, more than 3 min."""
COMPLETED_CLIENT_MS = 32_000
"""Timer D on unreliable transports: at least 32 s."""


class Timer(Enum):
    """One letter each, as in RFC 3261; L and M are of RFC 6026."""

    A = "INVITE client: send the request again"
    B = "INVITE client: nobody answered"
    C = "INVITE client: somebody was there, but a final response never came"
    D = "INVITE client: absorb repeated final responses"
    E = "non-INVITE client: send the request again"
    F = "non-INVITE client: nobody answered"
    G = "INVITE server: send the final response again"
    H = "INVITE server: no ACK came"
    I = "INVITE server: absorb repeated ACKs"  # noqa: E741 - the RFC's name
    J = "non-INVITE server: absorb repeated requests"
    K = "non-INVITE client: absorb repeated responses"
    L = "INVITE server: absorb repeated INVITEs after a 2xx"
    M = "INVITE client: take further 2xx of forks"


FIRST_MS = {
    Timer.A: T1_MS,
    Timer.B: TIMEOUT_MS,
    Timer.C: NO_FINAL_MS,
    Timer.D: COMPLETED_CLIENT_MS,
    Timer.E: T1_MS,
    Timer.F: TIMEOUT_MS,
    Timer.G: T1_MS,
    Timer.H: TIMEOUT_MS,
    Timer.I: T4_MS,
    Timer.J: TIMEOUT_MS,
    Timer.K: T4_MS,
    Timer.L: TIMEOUT_MS,
    Timer.M: TIMEOUT_MS,
}
"""Duration on the first start."""

LONGEST_MS = {Timer.A: TIMEOUT_MS, Timer.E: T2_MS, Timer.G: T2_MS}
"""Repeating timers double up to this."""

ZERO_IF_RELIABLE = frozenset({Timer.D, Timer.I, Timer.J, Timer.K})
"""Timers that absorb retransmissions, of which reliable transports have none."""
NONE_IF_RELIABLE = frozenset({Timer.A, Timer.E, Timer.G})
"""Timers that retransmit."""


class TimerSet:
    """The running timers of one transaction."""

    def __init__(self, *, reliable: bool) -> None:
        """Start empty; `reliable` says that the transport repeats nothing."""
        self._reliable = reliable
        self._deadlines_ms: dict[Timer, int] = {}
        self._lengths_ms: dict[Timer, int] = {}

    def start(self, timer: Timer, now_ms: int) -> None:
        """Start with the first duration."""
        if self._reliable and timer in NONE_IF_RELIABLE:
            return
        length_ms = 0 if self._reliable and timer in ZERO_IF_RELIABLE else FIRST_MS[timer]
        self._lengths_ms[timer] = length_ms
        self._deadlines_ms[timer] = now_ms + length_ms

    def restart(self, timer: Timer, now_ms: int, *, at_longest: bool = False) -> None:
        """Start again with twice the duration, or the longest one at once."""
        longest_ms = LONGEST_MS[timer]
        length_ms = longest_ms if at_longest else min(2 * self._lengths_ms[timer], longest_ms)
        self._lengths_ms[timer] = length_ms
        self._deadlines_ms[timer] = now_ms + length_ms

    def stop_all(self) -> None:
        """Stop every timer."""
        self._deadlines_ms.clear()

    def stop(self, timer: Timer) -> None:
        """Stop one timer; nothing happens when it does not run."""
        self._deadlines_ms.pop(timer, None)

    def next_deadline_ms(self) -> int | None:
        """Return when the next one fires, None when none runs."""
        return min(self._deadlines_ms.values(), default=None)

    def pop_due(self, now_ms: int) -> Timer | None:
        """Stop and return the timer that fired first, None when none is due."""
        if not self._deadlines_ms:
            return None
        timer = min(self._deadlines_ms, key=self._deadlines_ms.__getitem__)
        if self._deadlines_ms[timer] > now_ms:
            return None
        del self._deadlines_ms[timer]
        return timer
