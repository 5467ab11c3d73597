"""Links by which a visitor of the chat saves a file that staff sent: each good for one file, for a while.

A page of another site cannot send our cookies or headers along with a link, so the link itself is what may be shown: a
keyed hash of the conversation, the file and its end. Any process of the installation can check it; nothing is kept.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime

LINK_S = 24 * 3600
"""How long a link is good; a page that is loaded again gets new ones. Source: our choice."""
_SIGNS = 43
"""Hexadecimal digits of the hash in a link: 172 bits."""

Mark = Callable[[str, str], str]


def file_link(mark: Mark, conversation_id: str, file: str, now_utc: datetime) -> str:
    """Return the path of a file, for whoever reads the conversation."""
    until = int(now_utc.timestamp()) + LINK_S
    return f"/chat/files/{conversation_id}/{until}/{_hash(mark, conversation_id, until, file)}/{file}"


def may_have(mark: Mark, conversation_id: str, until: int, given: str, file: str, now_utc: datetime) -> bool:
    """Tell whether a link is one of ours and still good."""
    good = hmac.compare_digest(_hash(mark, conversation_id, until, file).encode(), given.encode())
    return good and until >= now_utc.timestamp()


def _hash(mark: Mark, conversation_id: str, until: int, file: str) -> str:
    return mark(f"{conversation_id}\0{until}\0{file}", "chat-file")[:_SIGNS]
