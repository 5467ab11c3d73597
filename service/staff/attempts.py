"""How long somebody has to wait before the next guess at a password. Pure.

    fresh --failure--> counted --failure--> ... --free used up--> waiting --wait over--> counted
      ^                   |                                          |
      +---- forgotten ----+------------------------------------------+        (success forgets the account's count)

A guess is counted before the password is looked at, so that many at the same moment do not share one count.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """What is known of one account, one browser or one address."""

    failures: int = 0
    last_ms: int = 0
    """Wall clock, since 1970: processes share it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuessRule:
    """How many guesses are free and how the wait grows."""

    free: int
    first_wait_ms: int
    longest_wait_ms: int
    forgotten_after_ms: int

    def current(self, attempts: Attempts, now_ms: int) -> Attempts:
        """Return what still counts."""
        return Attempts() if now_ms - attempts.last_ms >= self.forgotten_after_ms else attempts

    def wait_ms(self, attempts: Attempts, now_ms: int) -> int:
        """Return how long the next guess has to wait; 0: not at all."""
        counted = self.current(attempts, now_ms)
        if counted.failures < self.free:
            return 0
        doublings = min(counted.failures - self.free, 30)
        wait_ms = min(self.first_wait_ms << doublings, self.longest_wait_ms)
        return max(0, counted.last_ms + wait_ms - now_ms)

    def counted(self, attempts: Attempts, now_ms: int) -> Attempts:
        """Return the count with one guess more."""
        return Attempts(failures=self.current(attempts, now_ms).failures + 1, last_ms=now_ms)


ACCOUNT = GuessRule(free=5, first_wait_ms=30_000, longest_wait_ms=900_000, forgotten_after_ms=86_400_000)
"""Of one account from browsers that never signed in to it: about 100 guesses a day. Source: OWASP Authentication Cheat
Sheet (exponential lock-out); NIST SP 800-63B section 3.2.2 allows 100 in all."""
BROWSER = GuessRule(free=5, first_wait_ms=30_000, longest_wait_ms=900_000, forgotten_after_ms=86_400_000)
"""Of one account from a browser that signed in to it before: counted apart, so that guessers elsewhere do not lock the
member out. Source: OWASP, "Slow down online guessing attacks with device cookies"."""
ADDRESS = GuessRule(free=20, first_wait_ms=10_000, longest_wait_ms=900_000, forgotten_after_ms=3_600_000)
"""Of one address (IPv6: /64) over all accounts. More are free, since an office shares one."""
