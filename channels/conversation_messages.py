"""What goes into the machine of a conversation (`channels/conversation.py`) and comes out; times are arguments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from calls.conversation_events import Attachment, Channel, DeliveredState
from calls.events import EventBody
from calls.ids import Language, MessageId

# Inputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """The customer wrote; secrets already masked."""

    message_id: MessageId
    text: str
    attachments: tuple[Attachment, ...] = ()
    external_id: str = ""
    channel: Channel
    provider: str
    address: str
    name: str = ""
    subject: str = ""
    language: Language
    thread_id: str = ""
    for_staff: bool = False
    """No bot answers it; people are told."""


@dataclass(frozen=True, slots=True)
class CustomerTypes:
    """The customer is writing."""


@dataclass(frozen=True, slots=True)
class CustomerLeft:
    """The customer ended it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BotReplied:
    """The bot is done with the messages up to `answers`."""

    answers: MessageId
    message_id: MessageId
    facts: tuple[EventBody, ...]
    """What was decided on the way, in order."""
    text: str
    """Empty for nothing to say."""
    ends: bool = False
    """It said goodbye."""
    wants_staff: Literal["no", "live", "later"] = "no"
    queue: str = ""
    stops_waiting: bool = False
    """The customer does not want to wait any more."""


@dataclass(frozen=True, slots=True)
class BotFailed:
    """The bot could not make a reply; the messages stay due, after a while."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NobodyCame:
    """No human is free: the bot says so and goes on, and staff find it later."""

    message_id: MessageId
    text: str
    facts: tuple[EventBody, ...] = ()


@dataclass(frozen=True, slots=True)
class AgentJoins:
    """A human takes it."""

    agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentWrites:
    """A human wrote; entering is implied."""

    agent: str
    message_id: MessageId
    text: str
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLeaves:
    """The human is done, hands back to the bot, hands over to others, or is lost."""

    agent: str
    reason: Literal["done", "handed_back", "transferred", "lost"]
    queue: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """News of a message of ours."""

    message_id: MessageId
    state: DeliveredState
    external_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotDelivered:
    """A message of ours was not taken."""

    message_id: MessageId
    reason: str
    retryable: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """A deadline may have come."""


ConversationInput = (
    Received
    | CustomerTypes
    | CustomerLeft
    | BotReplied
    | BotFailed
    | NobodyCame
    | AgentJoins
    | AgentWrites
    | AgentLeaves
    | Arrived
    | NotDelivered
    | Tick
)

# Outputs


@dataclass(frozen=True, slots=True)
class Write:
    """Append facts, all or none, and `take` them."""

    bodies: tuple[EventBody, ...]
    by: Literal["customer", "bot", "agent", "channel", "service"]


@dataclass(frozen=True, slots=True)
class Answer:
    """The bot shall answer these messages, in order, as one."""

    message_ids: tuple[MessageId, ...]


@dataclass(frozen=True, slots=True)
class Deliver:
    """Hand a message of ours to the provider."""

    message_id: MessageId


@dataclass(frozen=True, slots=True)
class Refuse:
    """What was asked cannot be done."""

    code: Literal["conversation.not_open", "conversation.taken"]


ConversationOutput = Write | Answer | Deliver | Refuse
