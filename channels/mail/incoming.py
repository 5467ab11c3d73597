"""What a mail that came is, once parsed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

MailKind = Literal["person", "automatic", "bounce", "receipt", "list", "own", "spam"]
"""`automatic`: an auto-reply or the output of a program; `bounce`: tells that a mail of ours did not arrive; `receipt`:
somebody read one; `list`: goes to many; `own`: one of ours that came back; `spam`: a filter before us says so."""
LeftOutReason = Literal["too_large", "too_many"]
RefusedReason = Literal["too_large", "broken", "too_deep", "no_sender"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MailAddress:
    """A mailbox of somebody."""

    address: str
    """`local@domain`, the domain in lower case."""
    name: str = ""
    """As it is presented; it proves nothing."""

    @property
    def key(self) -> str:
        """The form in which addresses are compared: servers may tell letters' cases apart, people do not."""
        return self.address.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class MailFile:
    """A file that came along."""

    name: str
    """Safe to show and to offer for saving; see `channels.file_names`."""
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLeftOut:
    """A file that is not kept."""

    name: str
    size_bytes: int
    reason: LeftOutReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """What a server says of mails of ours that it could not, or could not yet, deliver."""

    failed: tuple[str, ...]
    """Addresses."""
    final: bool
    """False: it is tried again (RFC 3464, action `delayed`)."""
    status: str
    """Enhanced status code such as `5.1.1` (RFC 3463); empty when there is none."""
    message_ids: tuple[str, ...]
    """Message-IDs of the mails that it is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingMail:
    """A mail as far as it matters here."""

    message_id: str
    """With its brackets; made of the content when the sender gave none, so that the same mail has the same."""
    sender: MailAddress
    reply_to: MailAddress
    """Where an answer goes: the sender unless it says otherwise."""
    recipients: tuple[MailAddress, ...]
    subject: str
    sent_at: datetime | None
    """As the sender says; aware."""
    text: str
    """What is new in it: without quoted text, signature and disclaimer."""
    whole_text: str
    """All of its text."""
    files: tuple[MailFile, ...]
    left_out: tuple[FileLeftOut, ...]
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    """Message-IDs of the thread, oldest first."""
    tokens: tuple[str, ...]
    """Our own reply tokens, of the addresses that it was sent to."""
    kind: MailKind
    wants_no_answer: bool
    """No program may answer it; people may."""
    bounce: Bounce | None

    @property
    def thread(self) -> tuple[str, ...]:
        """Message-IDs that it answers, nearest first."""
        seen = dict.fromkeys((*self.in_reply_to, *reversed(self.references)))
        return tuple(name for name in seen if name != self.message_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailRefused:
    """A mail that cannot be taken as one; people are told and find it in the mailbox."""

    reason: RefusedReason
    message_id: str
    """As of a mail that was taken."""
    sender: str
    """Address, as far as it could be read; empty if not."""
