"""Names of things. Each is a string in the log and on the wire; the types keep them from being mixed up in code."""

from __future__ import annotations

from typing import Literal, NewType

CallId = NewType("CallId", str)
LegId = NewType("LegId", str)
TurnId = NewType("TurnId", str)
UtteranceId = NewType("UtteranceId", str)
CustomerId = NewType("CustomerId", str)
ConversationId = NewType("ConversationId", str)
MessageId = NewType("MessageId", str)

Language = Literal["es", "en"]
"""ISO 639-1 code of a language that the service speaks. Spanish and English are equals."""

LANGUAGES: tuple[Language, ...] = ("es", "en")

MemberRole = Literal["caller", "bot", "agent", "supervisor"]
"""Who someone is inside a conference. `agent` is a human, the machine is the `bot`."""
