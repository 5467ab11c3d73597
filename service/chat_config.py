"""What an operator may choose about conversations in writing: the web chat's limits, and how long one stays open."""

from __future__ import annotations

from pydantic import Field

from service.config_section import Section


class ChatSection(Section):
    """The chat on web pages. Sites that may embed it are those of `[service] allowed_origins`."""

    enabled: bool = Field(default=True, strict=True)
    """Serve `/chat`, `/chat.js` and the line behind them."""
    call_button: bool = Field(default=True, strict=True)
    """Offer visitors to call from the page, too."""
    message_at_most: int = Field(default=2_000, ge=100, le=16_000, strict=True)
    """Longest message, in characters."""
    messages_per_minute: int = Field(default=20, ge=1, strict=True)
    """Of one visitor."""
    address_messages_per_minute: int = Field(default=60, ge=1, strict=True)
    """Of all visitors of one address, e.g. of an office."""
    conversations_per_hour: int = Field(default=20, ge=1, strict=True)
    """That one address may begin."""
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
