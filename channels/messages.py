"""What comes from a text channel and what goes back: the words between a channel (chat, e-mail, webhook) and its shell.

A channel turns what its provider sends into `Incoming`, and delivers `Outgoing` through a `ChannelPort`. It knows
neither the dialog nor the log.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from calls.conversation_events import Attachment, Channel
from calls.ids import ConversationId, Language, MessageId

TEXT_MAX = 16_000
"""Longest text of one message, in characters; channels cut or refuse what is longer. Source: our choice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One message of a customer, as a provider delivered it."""

    channel: Channel
    provider: str
    """Name of the mailbox, widget or webhook in the configuration."""
    address: str
    """Who wrote, in a form that is the same each time: lower-case e-mail address, E.164, handle, id of a visitor."""
    text: str
    """What was written, quoted text and signature left out."""
    name: str = ""
    """What the sender is called, as far as the channel says."""
    subject: str = ""
    language: Language | None = None
    """What the channel knows of the language, e.g. of the page; None: by the words."""
    attachments: tuple[Attachment, ...] = ()
    external_id: str = ""
    """The provider's name of this message: what comes twice with the same one is taken once. Empty: never the same."""
    refers_to: tuple[str, ...] = ()
    """Names of earlier messages that it answers, ours or theirs, nearest first (In-Reply-To, References)."""
    own_thread: bool = False
    """True: without a known `refers_to` of its own address it begins a conversation (e-mail); false: it goes on with
    the last one of its address (chat, SMS, social)."""
    for_staff: bool = False
    """True: no bot answers it, e.g. because a program wrote it; people are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One message of ours, to be delivered."""

    conversation_id: ConversationId
    message_id: MessageId
    """Ours, unique; the same each time that delivery is tried."""
    channel: Channel
    provider: str
    address: str
    name: str
    subject: str
    """Of the conversation."""
    language: Language
    author: str
    """`bot` or `agent`."""
    by: str
    """Name of the agent; empty for the bot."""
    text: str
    attachments: tuple[Attachment, ...]
    answers: str
    """The provider's name of the customer's message that it answers; empty for none."""
    thread: tuple[str, ...]
    """The provider's names of the conversation's messages so far, oldest first."""


class ChannelPort(Protocol):
    """The way out to one provider."""

    async def send(self, message: Outgoing) -> str:
        """Deliver; return the provider's name of the message, empty when it has none.

        Called again with the same `message_id` after a failure, or after a crash that left the outcome unknown.

        Raises:
            CallCentreError: it was not taken; with `retryable` it is tried again later.
        """
        ...
