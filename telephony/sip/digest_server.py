"""Challenges of ours and what came back (RFC 3261 section 22.4, RFC 7616 section 3.3).

A nonce carries its time under a seal of ours, so that a challenge costs no memory; only one that was answered rightly
is remembered, with the highest count that it was used with. There are two kinds::

    TIME-WORD-SEAL    our own: sealed with a secret of this process, counted here
    sTIME-WORD-SEAL   shared: sealed with the key of its time, which every process that shares our phones has; whoever
                      hears the answer must still count it where all of them do (`Proven.use`)

Shared ones are made and believed while the clock that the processes share is known, else our own: what cannot be
counted together is not believed together.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass

from calls.nonces import NONCE_MS, NonceUse
from telephony.sip.digest import Algorithm, Challenge, digest_response, hash_text, parse_answers
from telephony.sip.message import SipRequest

_SEAL_HEX = 32
"""128 bits of the seal."""
SEAL_PERIOD_MS = 24 * 3_600_000
"""How long one key seals what the processes share. A nonce names its time and so its key: one that was sealed just
before the change serves until its own time is over. Source: our choice; a key that leaked serves forgers for a day."""
AHEAD_MS = 5_000
"""So far ahead of ours the clock of another process may seem. Source: both ask the same database for the time, and wait
2 s for it at most; only whoever has the key can write a time."""
_SHARED_HEAD = re.compile(r"s([0-9a-f]{1,15})-[0-9A-Za-z]{1,40}")

FindHash = Callable[[str, Algorithm], str | None]
"""Gives the stored hash (`digest.account_hash`) of a user name, None when there is none."""


@dataclass(frozen=True, slots=True)
class Proven:
    """The request comes from this user."""

    username: str
    use: NonceUse | None = None
    """What must be counted before the request is believed; None: it was counted here."""


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
        seal_key: Callable[[int], bytes] | None = None,
    ) -> None:
        """Begin without any nonce.

        Args:
            realm: Told to users and part of the stored hashes.
            new_token: Gives an unpredictable word each time.
            algorithms: The best first (RFC 8760 section 2.3).
            nonce_ms: How long a nonce serves.
            seal_key: Gives the key of a period that is shared with other processes; None: nothing is shared.
        """
        self.realm = realm
        self._seal_key = seal_key
        self._ahead_ms: int | None = None
        """How far the shared clock is ahead of ours; None while it is not known."""
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

    def set_shared_clock(self, shared_ms: int | None, now_ms: int) -> None:
        """Take the time of the clock that the processes share; None: it cannot be asked, and nothing is shared."""
        self._ahead_ms = shared_ms - now_ms if shared_ms is not None else None

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
        shared = self._shared_ms(answer.nonce, now_ms)
        issued_ms = self._own_ms(answer.nonce, now_ms) if shared is None else shared
        if issued_ms is None or answer.nc < 1:
            return NotProven(stale=True)
        if answer.algorithm not in self._algorithms or answer.qop is None or answer.uri != request.uri:
            return NotProven(tried=True)
        ha1 = find_hash(answer.username, answer.algorithm)
        expected = digest_response(answer, ha1 or self._nobody[answer.algorithm], request.method, request.body)
        right = hmac.compare_digest(expected.encode(), answer.response.encode("utf-8", "surrogateescape"))
        if not right or ha1 is None:
            return NotProven(tried=True)
        if shared is not None:
            return Proven(answer.username, NonceUse(_head(answer.nonce), shared, answer.nc))
        if answer.nc <= self._counts.get(answer.nonce, (0, 0))[1]:
            return NotProven(stale=True)
        self._counts[answer.nonce] = (issued_ms, answer.nc)
        return Proven(answer.username)

    def _make_nonce(self, now_ms: int) -> str:
        if self._seal_key is not None and self._ahead_ms is not None:
            shared_ms = now_ms + self._ahead_ms
            head = f"s{shared_ms:x}-{self._new_token()}"
            return f"{head}-{_seal(self._seal_key(shared_ms // SEAL_PERIOD_MS), head)}"
        head = f"{now_ms:x}-{self._new_token()}"
        return f"{head}-{_seal(self._secret, head)}"

    def _own_ms(self, nonce: str, now_ms: int) -> int | None:
        """Return when we made this nonce; None when we did not, or too long ago."""
        head = _head(nonce)
        if not _is_sealed(nonce, self._secret):
            return None
        issued_ms = int(head.partition("-")[0], 16)
        return issued_ms if 0 <= now_ms - issued_ms < self._nonce_ms else None

    def _shared_ms(self, nonce: str, now_ms: int) -> int | None:
        """Return when one of the processes made this nonce; None when none did, or too long ago, or nobody can tell."""
        named = _SHARED_HEAD.fullmatch(_head(nonce))
        if named is None or self._seal_key is None or self._ahead_ms is None:
            return None
        issued_ms = int(named[1], 16)
        if not -AHEAD_MS <= now_ms + self._ahead_ms - issued_ms < self._nonce_ms:
            return None
        return issued_ms if _is_sealed(nonce, self._seal_key(issued_ms // SEAL_PERIOD_MS)) else None

    def _forget_old(self, now_ms: int) -> None:
        """Forget nonces that serve no more, the first used first."""
        while self._counts:
            first = next(iter(self._counts))
            if now_ms - self._counts[first][0] < self._nonce_ms:
                return
            del self._counts[first]


def _head(nonce: str) -> str:
    return nonce.rpartition("-")[0]


def _seal(secret: bytes, head: str) -> str:
    return hmac.new(secret, head.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()[:_SEAL_HEX]


def _is_sealed(nonce: str, secret: bytes) -> bool:
    head, _, seal = nonce.rpartition("-")
    return hmac.compare_digest(_seal(secret, head).encode(), seal.encode("utf-8", "surrogateescape"))
