"""Facts about conversations in text (web chat, e-mail, SMS, social): bodies of the streams of kind `conversation`.

What the dialog decides there (`ActDecided`, `TopicFound`, `SlotFilled`, `EscalationRequested`, `BriefPrepared` …) are
the facts of `calls.events`, with the id of a message as the turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from calls.ids import Language, MessageId

Channel = Literal["chat", "email", "sms", "whatsapp", "social"]
DeliveredState = Literal["accepted", "delivered", "read"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationOpened:
    """Somebody wrote, or was written to."""

    type: Literal["conversation_opened"] = "conversation_opened"
    channel: Channel
    provider: str
    """Name of the mailbox, widget or webhook in the configuration."""
    address: str
    """Who it is with: e-mail address, number, handle, id of the visitor."""
    name: str
    subject: str
    language: Language
    external_id: str
    """The provider's name of the thread; empty for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationReopened:
    """The customer wrote again after it was closed: the same matter, as far as anybody can tell."""

    type: Literal["conversation_reopened"] = "conversation_reopened"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that came or went with a message."""

    file: str
    """Name inside the attachments folder."""
    name: str
    """As the sender called it."""
    media_type: str
    size_bytes: int
    """As it was sent."""
    seal: str
    """What reads the stored file, together with the master key; gone when the person is erased."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReceived:
    """The customer wrote; secrets already masked."""

    type: Literal["message_received"] = "message_received"
    message_id: MessageId
    text: str
    """Without quoted text and signature."""
    attachments: tuple[Attachment, ...]
    external_id: str
    """The provider's name of the message, or the page's; what is known already is not taken twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSent:
    """We wrote. Kept together with what it follows from, so that a reply is decided once."""

    type: Literal["message_sent"] = "message_sent"
    message_id: MessageId
    author: Literal["bot", "agent"]
    by: str
    """Name of the agent; empty for the bot."""
    text: str
    attachments: tuple[Attachment, ...]
    answers: MessageId | None
    """The customer's last message that was read when it was written; null for a word of our own accord."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePassed:
    """The bot read the customer's messages up to this one and has nothing to say to them."""

    type: Literal["message_passed"] = "message_passed"
    message_id: MessageId


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyDrafted:
    """What the bot would answer. It does not go out: a human sends it, changes it or lets it be."""

    type: Literal["reply_drafted"] = "reply_drafted"
    answers: MessageId
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDelivered:
    """It got further: the provider took it, the customer has it, the customer read it."""

    type: Literal["message_delivered"] = "message_delivered"
    message_id: MessageId
    external_id: str
    state: DeliveredState


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFailed:
    """It did not reach the customer; staff are told."""

    type: Literal["message_failed"] = "message_failed"
    message_id: MessageId
    reason: str
    final: bool
    """False: it is tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffAwaited:
    """A human shall answer."""

    type: Literal["staff_awaited"] = "staff_awaited"
    queue: str
    """Name of the queue; empty for the ordinary one."""
    live: bool
    """True while the customer waits for one; false when staff answer once they come to it, and the bot goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffWaitOver:
    """No human is waited for any more, and none came."""

    type: Literal["staff_wait_over"] = "staff_wait_over"
    reason: Literal["withdrawn", "nobody"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentEntered:
    """A human answers from here on."""

    type: Literal["agent_entered"] = "agent_entered"
    agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentWentOut:
    """The human is gone; the bot, or nobody, answers."""

    type: Literal["agent_went_out"] = "agent_went_out"
    agent: str
    reason: Literal["done", "handed_back", "transferred", "lost"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationClosed:
    """It is over until the customer writes again."""

    type: Literal["conversation_closed"] = "conversation_closed"
    reason: Literal["solved", "left", "silent", "by_agent", "shutdown"]


ConversationBody = (
    ConversationOpened
    | ConversationReopened
    | MessageReceived
    | MessageSent
    | MessagePassed
    | ReplyDrafted
    | MessageDelivered
    | MessageFailed
    | StaffAwaited
    | StaffWaitOver
    | AgentEntered
    | AgentWentOut
    | ConversationClosed
)

CONVERSATION_PERSONAL: dict[str, tuple[str, ...]] = {
    "conversation_opened": ("address", "name", "subject", "external_id"),
    "message_received": ("text", "attachments", "external_id"),
    "message_sent": ("text", "attachments"),
    "reply_drafted": ("text",),
    "message_delivered": ("external_id",),
}
"""See `calls.events.PERSONAL_FIELDS`."""
