"""Signs webhooks and checks signatures: HMAC-SHA256 over the time and the body, with a window against replays. Pure.

    X-Warmline-Timestamp: 1764495000
    X-Warmline-Signature: v1=HEX[, v1=HEX]

The signed text is `TIMESTAMP.BODY`. Several signatures may stand beside each other, one a secret, so that a secret is
changed without losing a message: whoever checks takes the message if one of them fits one of its secrets. Source: the
scheme of https://docs.stripe.com/webhooks/signature and https://www.standardwebhooks.com.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from typing import Literal

TIMESTAMP_HEADER = "X-Warmline-Timestamp"
SIGNATURE_HEADER = "X-Warmline-Signature"
KEY_HEADER = "X-Warmline-Idempotency-Key"
WINDOW_S = 300
"""How far a timestamp may be from our clock. Source: the five minutes of the schemes above."""
MOST_SIGNATURES = 5
LEAST_SECRET_CHARS = 24
"""Source: NIST SP 800-107 section 5.3.2 wants keys of at least 112 bits; 24 letters and digits are about 140."""

Verdict = Literal["good", "unsigned", "too_old", "too_early", "wrong"]

_SIGNATURE = re.compile(r"v1=([0-9a-f]{64})")


def sign(body: bytes, timestamp_s: int, secret: str) -> str:
    """Return the signature of a body at a time, in hexadecimal."""
    return hmac.digest(secret.encode(), str(timestamp_s).encode() + b"." + body, "sha256").hex()


def signature_headers(body: bytes, timestamp_s: int, secrets: Sequence[str]) -> dict[str, str]:
    """Return the headers of a request of ours, signed with each of our secrets."""
    signatures = ", ".join(f"v1={sign(body, timestamp_s, secret)}" for secret in secrets if secret)
    return {TIMESTAMP_HEADER: str(timestamp_s), SIGNATURE_HEADER: signatures}


def verify(body: bytes, timestamp: str, signature: str, secrets: Sequence[str], now_s: int) -> Verdict:
    """Say whether a request was signed, lately, by somebody who knows one of the secrets."""
    if not timestamp or not signature:
        return "unsigned"
    if not re.fullmatch(r"[0-9]{1,12}", timestamp):
        return "wrong"
    given = [
        found.group(1)
        for item in signature.split(",")[:MOST_SIGNATURES]
        if (found := _SIGNATURE.fullmatch(item.strip()))
    ]
    good = False
    for secret in secrets:
        expected = sign(body, int(timestamp), secret) if secret else ""
        for mark in given:  # all of them, so that time tells nothing
            good |= bool(expected) and hmac.compare_digest(mark, expected)
    if not good:
        return "wrong"
    age_s = now_s - int(timestamp)
    return "too_old" if age_s > WINDOW_S else "too_early" if age_s < -WINDOW_S else "good"
