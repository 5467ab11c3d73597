"""The contract with adapters: what they post to us and what we post to them, as pydantic checks it. Pure.

An adapter is a small program between Warmline and a provider of SMS, WhatsApp or social messages. `docs/channels.md`
explains it and has an example.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from calls.ids import Language

LARGEST_BYTES = 8_000_000
"""Of a request's body. Source: our choice, a photo or two in base64; WhatsApp lets pictures have 5 MB."""
MOST_FILES = 10
TEXT_CHARS = 16_000

WebhookChannel = Literal["sms", "whatsapp", "social"]
Id = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]
Text = Annotated[str, StringConstraints(max_length=TEXT_CHARS)]


class Strict(BaseModel):
    """Unknown keys are refused: a misspelt one would be lost without a word."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FileIn(Strict):
    """A file that came with a message. The adapter brings the content: we fetch nothing from where others say."""

    name: Annotated[str, StringConstraints(max_length=200)] = ""
    media_type: Annotated[str, StringConstraints(max_length=129)] = "application/octet-stream"
    content_base64: Annotated[str, StringConstraints(max_length=LARGEST_BYTES, pattern=r"^[A-Za-z0-9+/]*={0,2}$")]


class MessageIn(Strict):
    """A customer wrote."""

    type: Literal["message"]
    id: Id
    """The provider's name of the message; the same message always has the same."""
    sender: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    """Number in E.164 for SMS and WhatsApp, else the handle at the provider; the same each time."""
    sender_name: Annotated[str, StringConstraints(max_length=200)] = ""
    text: Text = ""
    language: Language | None = None
    files: Annotated[tuple[FileIn, ...], Field(max_length=MOST_FILES)] = ()
    sent_at: AwareDatetime | None = None


class StatusIn(Strict):
    """What became of a message of ours."""

    type: Literal["status"]
    id: Id
    """Name of this notice; the same notice always has the same."""
    message_id: Id
    """Of our message, as we posted it."""
    conversation_id: Id
    """Of our message, as we posted it."""
    status: Literal["sent", "delivered", "read", "failed"]
    reason: Annotated[str, StringConstraints(max_length=100, pattern=r"^[a-z0-9_.-]*$")] = ""
    """A code, for `failed`; no words of the customer."""
    retryable: bool = False
    """For `failed`: whether we shall try again."""


class Taken(BaseModel):
    """Our answer to what was posted."""

    taken: bool
    """True: it is written down. False: it was known already."""
    duplicate: bool


class FileOut(BaseModel):
    """A file that goes with a message of ours."""

    name: str
    media_type: str
    content_base64: str


class MessageOut(BaseModel):
    """What we post to an adapter: a message to be delivered."""

    type: Literal["message"] = "message"
    id: str
    """Ours; the same each time that it is tried, also in the header of the idempotency key."""
    conversation_id: str
    """Empty for a notice that belongs to none, such as a one-time code."""
    channel: WebhookChannel
    to: str
    text: str
    language: Language
    author: Literal["bot", "agent"]
    answers: str
    """The provider's name of the customer's message that it answers; empty for none."""
    files: tuple[FileOut, ...] = ()
    sent_at: datetime


class TakenOut(BaseModel):
    """What an adapter answers, with a status of 2xx."""

    model_config = ConfigDict(extra="ignore")

    id: Annotated[str, StringConstraints(max_length=200)] = ""
    """The provider's name of the message, if there is one already."""


class ErrorOut(BaseModel):
    """What an adapter answers when it does not take a message, with a status of 4xx or 5xx."""

    model_config = ConfigDict(extra="ignore")

    code: Annotated[str, StringConstraints(max_length=100, pattern=r"^[a-z0-9_.-]*$")] = ""
    retryable: bool | None = None
    """None: as the status says."""


WebhookIn = Annotated[MessageIn | StatusIn, Field(discriminator="type")]
