"""How sure a contact is of who it is, what may be said at that level, and one-time codes. Pure.

    none           nobody is known
    caller_id      a number or address that anybody can forge: nothing of the record is revealed, not even that it is
    knowledge      an account number and something else that only the customer should know
    one_time_code  a code that was sent over another channel came back
    staff          a member of staff says so

A code lives for `CODE_LIFE_MS`, stands `CODE_ATTEMPTS` wrong answers, and is kept as a salted hash only.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from typing import Literal

from calls.customer_events import VerificationLevel

LEVELS: tuple[VerificationLevel, ...] = ("none", "caller_id", "knowledge", "one_time_code", "staff")

Secret = Literal[
    "general", "needs", "name", "that_known", "case_subject", "history", "contact_details", "account", "change", "erase"
]
"""What could be revealed or done. `general`: what any caller may hear; `needs`: speaking slower and in their language,
which is not said but done; `that_known`: that there is a record at all."""

_FROM: dict[Secret, VerificationLevel] = {
    "general": "none",
    "needs": "caller_id",
    "name": "knowledge",
    "that_known": "knowledge",
    "case_subject": "knowledge",
    "history": "knowledge",
    "contact_details": "one_time_code",
    "account": "one_time_code",
    "change": "one_time_code",
    "erase": "staff",
}

CODE_DIGITS = 6
"""Source: NIST SP 800-63B section 5.1.3.2, at least six digits (20 bits) with attempts limited."""
CODE_LIFE_MS = 10 * 60 * 1000
"""Source: NIST SP 800-63B section 5.1.3.2: at most 10 minutes."""
CODE_ATTEMPTS = 3
"""Wrong answers until a code is void: a guess succeeds with at most 3 in a million. Source: our choice; the limit of
NIST SP 800-63B section 5.2.2 is 100."""
CODES_AN_HOUR = 3
"""Codes that one customer is sent within an hour, so that nobody is flooded and nobody guesses on for long."""

_HOUR_MS = 3_600_000

Outcome = Literal["right", "wrong", "void", "expired"]


def at_least(level: VerificationLevel, wanted: VerificationLevel) -> bool:
    """Tell whether a level is as sure as another, or surer."""
    return LEVELS.index(level) >= LEVELS.index(wanted)


def may_reveal(level: VerificationLevel, what: Secret) -> bool:
    """Tell whether something may be said or done in a contact of this level."""
    return at_least(level, _FROM[what])


def strongest(levels: list[VerificationLevel]) -> VerificationLevel:
    """Return the surest level, `none` of none."""
    return max(levels, key=LEVELS.index, default="none")


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTimeCode:
    """A code that was sent; the code itself is not kept."""

    digest: bytes
    salt: bytes
    sent_ms: int
    wrong: int = 0
    used: bool = False


def issue(code: str, salt: bytes, now_ms: int) -> OneTimeCode:
    """Return what is kept of a code of `CODE_DIGITS` random digits; `salt` is random too, at least 16 bytes."""
    return OneTimeCode(digest=_digest(code, salt), salt=salt, sent_ms=now_ms)


def check(kept: OneTimeCode, said: str, now_ms: int) -> tuple[OneTimeCode, Outcome]:
    """Check what was said; digits alone count, as people say "12 34 56". A right code is right once."""
    if kept.used or kept.wrong >= CODE_ATTEMPTS:
        return kept, "void"
    if now_ms - kept.sent_ms > CODE_LIFE_MS:
        return kept, "expired"
    digits = "".join(sign for sign in said if sign.isascii() and sign.isdigit())
    if hmac.compare_digest(_digest(digits, kept.salt), kept.digest):
        return replace(kept, used=True), "right"
    return replace(kept, wrong=kept.wrong + 1), "wrong"


def may_send(sent_ms: list[int], now_ms: int) -> bool:
    """Tell whether another code may be sent after those that were."""
    return sum(now_ms - at_ms < _HOUR_MS for at_ms in sent_ms) < CODES_AN_HOUR


def _digest(code: str, salt: bytes) -> bytes:
    return hmac.digest(salt, code.encode(), "sha256")
