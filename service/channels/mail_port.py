"""Sends what conversations say by e-mail, and notices such as one-time codes, over SMTP. Tries are the caller's matter.

A mail has the same Message-ID each time that it is tried, so that one that was taken although we did not hear of it is
known as the same by the mail program of who gets it twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiosmtplib

from calls.conversation_events import Attachment
from calls.errors import CallCentreError
from calls.ids import Language
from calls.ports import Clock
from channels.mail.compose import (
    OutgoingFile,
    OutgoingMail,
    automatic_footer,
    compose,
    new_message_id,
    reply_subject,
    with_token,
)
from channels.messages import Outgoing
from channels.pace import Pace
from service.channels.files import MessageFiles
from service.channels.mail_tokens import MailTokens
from service.channels.tls import explained, tls_context
from service.channels_config import MailboxSection

logger = logging.getLogger(__name__)

TIMEOUT_S = 30.0
"""Source: our choice; RFC 5321 section 4.5.3.2 lets servers take minutes, and what is slower is tried again."""
WAITS_AT_MOST_MS = 60_000
"""How long a mail waits for its turn here; beyond that it is tried later."""
ADDRESSES_COUNTED = 5_000
HOUR_MS = 3_600_000
TOKEN_CHARS = 20
"""Of a reply token: 80 bits of a keyed hash, not to be guessed."""

MayWrite = Callable[[str], Awaitable[bool]]
"""Tells whether an address may be written to."""


async def everybody(_address: str) -> bool:
    """Return True."""
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class MailParts:
    """What sending needs of the house."""

    clock: Clock
    company: str
    mark: Callable[[str, str], str]
    """`MasterKey.mark`."""
    files: MessageFiles
    may_write: MayWrite = everybody
    note_token: Callable[[str, Outgoing], Awaitable[None]] | None = None
    """Notes which conversation a reply token stands for."""


class MailPort:
    """The way out of one mailbox (`channels.messages.ChannelPort`)."""

    def __init__(self, name: str, section: MailboxSection, parts: MailParts) -> None:
        """Connect to nothing yet."""
        self.name, self._section, self._parts = name, section, parts
        self._pace = Pace(section.sends_per_minute, 60_000)
        self._automatic: OrderedDict[str, Pace] = OrderedDict()
        self.server = f"{section.outgoing_host}:{section.outgoing_port}"
        tokens = section.oauth if section.smtp_tokens else None
        self._tokens = MailTokens(name, tokens, parts.clock) if tokens is not None else None

    async def send(self, message: Outgoing) -> str:
        """Deliver to our mail server; return the Message-ID.

        Raises:
            CallCentreError: `mail.*`; with `retryable` it is tried again later.
        """
        await self._check(message.address)
        automatic = message.author == "bot"
        if automatic:
            self._check_loop(message.address)
        token = self.token(message.conversation_id) if self._section.reply_token else ""
        if token and self._parts.note_token is not None:
            await self._parts.note_token(token, message)
        mark = self._parts.mark(message.message_id, "Message-ID")
        mail = OutgoingMail(
            sender=self._section.address,
            sender_name=self._sender_name,
            to=message.address,
            to_name=message.name,
            subject=reply_subject(message.subject, message.language),
            text=message.text,
            language=message.language,
            message_id=new_message_id(message.message_id, mark, self._section.address),
            in_reply_to=message.answers,
            references=message.thread,
            reply_to=with_token(self._section.address, token) if token else "",
            automatic=automatic,
            mailbox=self.name,
            sent_at=self._parts.clock.now_utc(),
            files=tuple([await self._file(attachment) for attachment in message.attachments]),
            footer=automatic_footer(self._parts.company, message.language) if automatic else "",
        )
        await self._hand_over(mail)
        return mail.message_id

    async def notify(self, address: str, subject: str, text: str, language: Language, notice_id: str) -> None:
        """Send something that is no part of a conversation, such as a one-time code. It is nowhere written down.

        Raises:
            CallCentreError: `mail.*`.
        """
        await self._check(address)
        mark = self._parts.mark(notice_id, "Message-ID")
        await self._hand_over(
            OutgoingMail(
                sender=self._section.address,
                sender_name=self._sender_name,
                to=address,
                subject=subject,
                text=text,
                language=language,
                message_id=new_message_id(notice_id, mark, self._section.address),
                automatic=True,
                mailbox=self.name,
                sent_at=self._parts.clock.now_utc(),
            )
        )

    async def check(self) -> str:
        """Sign in and out again; return the server's name.

        Raises:
            CallCentreError: `mail.*`.
        """
        client = await self._signed_in()
        await _quit(client)
        return self.server

    def token(self, conversation_id: str) -> str:
        """Return what stands for a conversation in the address that answers go to."""
        return self._parts.mark(conversation_id, "reply token")[:TOKEN_CHARS]

    @property
    def _sender_name(self) -> str:
        return self._section.sender_name or self._parts.company

    async def _check(self, address: str) -> None:
        if not await self._parts.may_write(address):
            sentence = "This customer does not want to be written to; see the customer record."
            raise CallCentreError("mail.do_not_contact", sentence, fault="user")

    def _check_loop(self, address: str) -> None:
        """Count an answer of the bot; several within minutes are two programs that talk to each other."""
        key = self._parts.mark(address.lower(), "automatic mail")
        pace = self._automatic.pop(key, None) or Pace(self._section.automatic_per_hour, HOUR_MS)
        self._automatic[key] = pace
        while len(self._automatic) > ADDRESSES_COUNTED:
            self._automatic.popitem(last=False)
        now_ms = self._parts.clock.now_ms()
        if pace.wait_ms(now_ms) > 0:
            sentence = "The bot wrote to this address too often within the hour; people answer from here on."
            raise CallCentreError("mail.too_many_answers", sentence, fault="peer")
        pace.book(now_ms)

    async def _file(self, attachment: Attachment) -> OutgoingFile:
        content = await asyncio.to_thread(self._parts.files.read, attachment)
        return OutgoingFile(name=attachment.name, media_type=attachment.media_type, content=content)

    async def _hand_over(self, mail: OutgoingMail) -> None:
        now_ms = self._parts.clock.now_ms()
        if self._pace.wait_ms(now_ms) > WAITS_AT_MOST_MS:
            sentence = "Too many mails want to go out; this one is tried later."
            raise CallCentreError("mail.too_fast", sentence, fault="us", retryable=True)
        await asyncio.sleep(self._pace.book(now_ms) / 1000)
        try:
            raw = compose(mail)
        except ValueError as error:
            sentence = "This is no address that a mail can be sent to."
            raise CallCentreError("mail.bad_address", sentence, fault="user") from error
        client = await self._signed_in()
        try:
            options = ["SMTPUTF8"] if not (mail.to.isascii() and mail.sender.isascii()) else []
            await client.sendmail(mail.sender, [mail.to], raw, mail_options=options)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise self._explained(error) from error
        finally:
            await _quit(client)

    async def _signed_in(self) -> aiosmtplib.SMTP:
        section = self._section
        context = tls_context(section.ca_file) if section.smtp_security != "none" else None
        client = aiosmtplib.SMTP(
            hostname=section.outgoing_host,
            port=section.outgoing_port,
            use_tls=section.smtp_security == "tls",
            start_tls=False,
            tls_context=context,
            timeout=TIMEOUT_S,
            local_hostname=section.address.rpartition("@")[2],
        )
        login = section.smtp_login(self.name) if self._tokens is None else None
        token = await asyncio.to_thread(self._tokens.token) if self._tokens is not None else ""
        plain: asyncio.BaseTransport | None = None
        try:
            await client.connect()
            plain = client.transport
            if section.smtp_security == "starttls":
                await client.starttls(tls_context=context)
            if login is not None:
                await client.login(*login)
            elif token:
                await client.auth_xoauth2(section.smtp_user or section.account, token)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            client.close()
            if plain is not None:
                plain.close()  # a handshake that failed leaves it open
            raise self._explained(error) from error
        return client

    def _explained(self, error: BaseException) -> CallCentreError:
        """Return what an answer of the server means: 4xx passes, 5xx does not (RFC 5321 section 4.2.1)."""
        cause = error.__cause__
        if isinstance(error, aiosmtplib.SMTPAuthenticationError):
            if self._tokens is not None:
                self._tokens.refused()
            what = "user and password" if self._tokens is None else "user, oauth and its scope"
            return CallCentreError(
                "mail.login",
                f"The mail server {self.server} does not let the mailbox {self.name} in: look at {what}.",
                fault="operator",
                retryable=True,
            )
        if isinstance(error, aiosmtplib.SMTPRecipientsRefused) and error.recipients:
            error = error.recipients[0]
        if isinstance(error, aiosmtplib.SMTPSenderRefused):
            return CallCentreError(
                "mail.sender_refused",
                f"The mail server {self.server} does not take mails from {self.name}; look at its address and account.",
                fault="operator",
                retryable=True,
            )
        if isinstance(error, aiosmtplib.SMTPResponseException):
            code = getattr(error, "code", 0)
            sentence = f"The mail server {self.server} refused a mail (SMTP {code})."
            return CallCentreError(f"mail.smtp_{code}", sentence, fault="peer", retryable=not 500 <= code < 600)
        if isinstance(error, aiosmtplib.SMTPNotSupported):
            sentence = f"The mail server {self.server} cannot do what this mail or its settings ask for."
            return CallCentreError("mail.not_supported", sentence, fault="operator")
        return explained(cause if isinstance(cause, OSError) else error, self.server)


async def _quit(client: aiosmtplib.SMTP) -> None:
    try:
        await client.quit(timeout=5.0)
    except (aiosmtplib.SMTPException, OSError):
        client.close()
