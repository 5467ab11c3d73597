"""Passes from a chat to a call: who clicks "call us" in the chat is the same visitor on the call page. Nothing is kept.

A pass is the visitor, when it runs out, and a keyed hash of both; any process of the installation can check it.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from datetime import datetime

PASS_S = 600
"""How long a pass is good. Source: our choice; long enough to find the microphone, too short to be handed around."""

TOKEN = re.compile(r"[A-Za-z0-9_-]{32,64}")
"""What a page makes up once and keeps: 192 random bits in base64 and more."""

_PASS = re.compile(r"([0-9a-f]{32})\.([0-9]{10})\.([0-9a-f]{64})")

Mark = Callable[[str, str], str]


def visitor_of_token(mark: Mark, token: str) -> str:
    """Return the name of the visitor that keeps a token; the token cannot be told from it."""
    return mark(token, "chat-visitor")[:32]


def new_pass(mark: Mark, visitor: str, now_utc: datetime) -> str:
    """Return a pass for a visitor."""
    until = f"{int(now_utc.timestamp()) + PASS_S:010d}"
    return f"{visitor}.{until}.{mark(f'{visitor}.{until}', 'chat-pass')}"


def visitor_of_pass(mark: Mark, text: str, now_utc: datetime) -> str | None:
    """Return the visitor whose pass this is; None when it is none of ours, or ran out."""
    found = _PASS.fullmatch(text)
    if found is None or int(found[2]) < now_utc.timestamp():
        return None
    good = hmac.compare_digest(mark(f"{found[1]}.{found[2]}", "chat-pass"), found[3])
    return found[1] if good else None
