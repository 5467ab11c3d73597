"""Challenges of ours and what came back (RFC 3261 section 22.4, RFC 7616 section 3.3).

A nonce carries its time under a seal of ours, so that a challenge costs no memory; only one that was answered rightly
is remembered, with the highest count that it was used with.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass

from telephony.sip.digest import Algorithm, Challenge, digest_response, hash_text, parse_answers
from telephony.sip.message import SipRequest

NONCE_MS = 300_000
"""How long a nonce serves. Source: a phone that registers every few minutes is challenged once each time; what is
overheard is worthless within 5 min."""
_SEAL_HEX = 32
"""128 bits of the seal."""

FindHash = Callable[[str, Algorithm], str | None]
"""Gives the stored hash (`digest.account_hash`) of a user name, None when there is none."""


@dataclass(frozen=True, slots=True)
class Proven:
    """The request comes from this user."""

    username: str


@dataclass(frozen=True, slots=True)
class NotProven:
    """Nobody is proven; challenge (again)."""

    stale: bool = False
    """The nonce is not one of ours that is young, or its count was seen before; what the answer proves was not looked
    at, so that nobody guesses passwords with a nonce of his own."""
    tried: bool = False
    """An answer came, and it was wrong: what a guesser of passwords sends."""


class DigestServer:
    """The side that asks."""

    def __init__(
        self,
        realm: str,
        new_token: Callable[[], str],
        *,
        algorithms: tuple[Algorithm, ...] = ("SHA-256", "MD5"),
        nonce_ms: int = NONCE_MS,
    ) -> None:
        """Begin without any nonce.

        Args:
            realm: Told to users and part of the stored hashes.
            new_token: Gives an unpredictable word each time.
            algorithms: The best first (RFC 8760 section 2.3).
            nonce_ms: How long a nonce serves.
        """
        self.realm = realm
        self._new_token = new_token
        self._algorithms = algorithms
        self._nonce_ms = nonce_ms
        self._secret = (new_token() + new_token()).encode()
        self._opaque = new_token()
        self._nobody = {name: hash_text(name, new_token()) for name in algorithms}
        """What the password of a user is held against who does not exist."""
        self._counts: dict[str, tuple[int, int]] = {}
        """Nonces that were answered rightly, the first used first, with their time and the highest count seen."""

    @property
    def remembered(self) -> int:
        """How many nonces are in use."""
        return len(self._counts)

    def challenges(self, now_ms: int, *, stale: bool = False) -> tuple[Challenge, ...]:
        """Return one challenge for each algorithm, the best first."""
        nonce = self._make_nonce(now_ms)
        return tuple(Challenge(self.realm, nonce, name, ("auth",), self._opaque, stale) for name in self._algorithms)

    def check(
        self, request: SipRequest, find_hash: FindHash, now_ms: int, field_name: str = "Authorization"
    ) -> Proven | NotProven:
        """Say who a request comes from.

        A user name that does not exist takes the same way and time as one with a wrong password.
        """
        answers = [item for item in parse_answers(request.headers.all(field_name)) if item.realm == self.realm]
        answer = answers[0] if answers else None
        if answer is None:
            return NotProven()
        self._forget_old(now_ms)
        issued_ms = self._issued_ms(answer.nonce)
        if issued_ms is None or not 0 <= now_ms - issued_ms < self._nonce_ms:
            return NotProven(stale=True)
        if answer.algorithm not in self._algorithms or answer.qop is None or answer.uri != request.uri:
            return NotProven(tried=True)
        ha1 = find_hash(answer.username, answer.algorithm)
        expected = digest_response(answer, ha1 or self._nobody[answer.algorithm], request.method, request.body)
        right = hmac.compare_digest(expected.encode(), answer.response.encode("utf-8", "surrogateescape"))
        if not right or ha1 is None:
            return NotProven(tried=True)
        if answer.nc <= self._counts.get(answer.nonce, (0, 0))[1]:
            return NotProven(stale=True)
        self._counts[answer.nonce] = (issued_ms, answer.nc)
        return Proven(answer.username)

    def _make_nonce(self, now_ms: int) -> str:
        head = f"{now_ms:x}-{self._new_token()}"
        return f"{head}-{self._seal(head)}"

    def _seal(self, head: str) -> str:
        return hmac.new(self._secret, head.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()[:_SEAL_HEX]

    def _issued_ms(self, nonce: str) -> int | None:
        head, _, seal = nonce.rpartition("-")
        if not hmac.compare_digest(self._seal(head).encode(), seal.encode("utf-8", "surrogateescape")):
            return None
        return int(head.partition("-")[0], 16)

    def _forget_old(self, now_ms: int) -> None:
        """Forget nonces that serve no more, the first used first."""
        while self._counts:
            first = next(iter(self._counts))
            if now_ms - self._counts[first][0] < self._nonce_ms:
                return
            del self._counts[first]
