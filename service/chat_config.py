"""What an operator may choose about conversations in writing: the web chat's limits, and how long one stays open."""

from __future__ import annotations

from pydantic import Field, field_validator

from channels.file_names import SENDABLE
from service.config_section import Section


class ChatSection(Section):
    """The chat on web pages. Sites that may embed it are those of `[service] allowed_origins`."""

    enabled: bool = Field(default=True, strict=True)
    """Serve `/chat`, `/chat.js` and the line behind them."""
    call_button: bool = Field(default=True, strict=True)
    """Offer visitors to call from the page, too."""
    queue: str = ""
    """Whose people answer, in their opening hours; empty: "main"."""
    message_at_most: int = Field(default=2_000, ge=100, le=16_000, strict=True)
    """Longest message, in characters."""
    messages_per_minute: int = Field(default=20, ge=1, strict=True)
    """Of one visitor."""
    address_messages_per_minute: int = Field(default=60, ge=1, strict=True)
    """Of all visitors of one address, e.g. of an office."""
    conversations_per_hour: int = Field(default=20, ge=1, strict=True)
    """That one address may begin."""
    files_at_most: int = Field(default=5, ge=0, le=10, strict=True)
    """Files that a visitor may send with one message; 0: none at all."""
    file_mb: int = Field(default=10, ge=1, le=25, strict=True)
    """Largest file."""
    file_kinds: tuple[str, ...] = tuple(sorted(extension.lstrip(".") for extension in SENDABLE))
    """Which files, by extension; what is inside must agree with it."""
    files_per_hour: int = Field(default=20, ge=1, strict=True)
    """Of one visitor."""
    address_file_mb_per_hour: int = Field(default=200, ge=1, strict=True)
    """Of all visitors of one address."""
    file_mb_per_hour: int = Field(default=2_000, ge=1, strict=True)
    """Of all visitors together."""
    pages_per_address: int = Field(default=20, ge=1, strict=True)
    """Open chats at once from one address."""
    pages_per_origin: int = Field(default=500, ge=1, strict=True)
    """Open chats at once of one further site."""
    pages: int = Field(default=2_000, ge=1, strict=True)
    """Open chats at once altogether."""
    close_after_hours: int = Field(default=24, ge=1, le=24 * 30, strict=True)
    """Silence after which a conversation ends, unless staff still owe an answer."""
    reopen_days: int = Field(default=7, ge=0, le=365, strict=True)
    """How long after its end a new message goes on with a conversation; later ones begin another."""

    @field_validator("file_kinds")
    @classmethod
    def _are_known(cls, kinds: tuple[str, ...]) -> tuple[str, ...]:
        for kind in kinds:
            if f".{kind}" not in SENDABLE:
                known = sorted(extension.lstrip(".") for extension in SENDABLE)
                raise ValueError(f"{kind!r} is none of the kinds that can be checked: {', '.join(known)}")
        return kinds
