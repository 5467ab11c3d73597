"""Posts what conversations say to a provider's adapter (`channels.messages.ChannelPort`). Tries are the caller's."""

from __future__ import annotations

import asyncio
import base64

from pydantic import ValidationError

from calls.errors import CallCentreError
from calls.ids import Language
from calls.ports import Clock
from channels.messages import Outgoing
from channels.pace import Pace
from channels.webhook.contract import ErrorOut, FileOut, MessageOut, TakenOut
from service.channels.files import MessageFiles
from service.channels.mail_port import MayWrite, everybody
from service.channels.webhook_poster import Posted, SignedPoster, refusal
from service.channels_config import WebhookSection

WAITS_AT_MOST_MS = 60_000
"""How long a message waits for its turn here; beyond that it is tried later."""
FILES_BYTES = 5_000_000
"""Of all files of one message. Source: what WhatsApp takes of a picture."""


class WebhookPort:
    """The way out to one adapter."""

    def __init__(
        self, name: str, section: WebhookSection, clock: Clock, files: MessageFiles, may_write: MayWrite = everybody
    ) -> None:
        """Connect to nothing yet.

        Raises:
            CallCentreError: `config.unreadable` when the secret's file cannot be read.
        """
        self.name, self._section, self._clock, self._files, self._may_write = name, section, clock, files, may_write
        self._poster = SignedPoster(name, section.url, section, clock)
        self._pace = Pace(section.sends_per_minute, 60_000)

    async def send(self, message: Outgoing) -> str:
        """Deliver to the adapter; return the provider's name of the message, empty when it has none yet.

        Raises:
            CallCentreError: `webhook.*`; with `retryable` it is tried again later.
        """
        social = self._section.channel == "social"  # as customer records know handles
        if not await self._may_write(f"{self.name}:{message.address}" if social else message.address):
            sentence = "This customer does not want to be written to; see the customer record."
            raise CallCentreError("webhook.do_not_contact", sentence, fault="user")
        made = MessageOut(
            id=message.message_id,
            conversation_id=message.conversation_id,
            channel=self._section.channel,
            to=message.address,
            text=message.text,
            language=message.language,
            author="bot" if message.author == "bot" else "agent",
            answers=message.answers,
            files=await asyncio.to_thread(self._contents, message),
            sent_at=self._clock.now_utc(),
        )
        return await self._hand_over(made)

    async def notify(self, address: str, text: str, language: Language, notice_id: str) -> None:
        """Send something that is no part of a conversation, such as a one-time code. It is nowhere written down.

        Raises:
            CallCentreError: `webhook.*`.
        """
        await self._hand_over(
            MessageOut(
                id=notice_id,
                conversation_id="",
                channel=self._section.channel,
                to=address,
                text=text,
                language=language,
                author="bot",
                answers="",
                sent_at=self._clock.now_utc(),
            )
        )

    async def _hand_over(self, made: MessageOut) -> str:
        now_ms = self._clock.now_ms()
        if self._pace.wait_ms(now_ms) > WAITS_AT_MOST_MS:
            sentence = "Too many messages want to go out; this one is sent later."
            raise CallCentreError("webhook.too_fast", sentence, fault="us", retryable=True)
        await asyncio.sleep(self._pace.book(now_ms) / 1000)
        posted = await self._poster.post(made.model_dump_json().encode(), made.id)
        return self._name_of(posted)

    def _contents(self, message: Outgoing) -> tuple[FileOut, ...]:
        files: list[FileOut] = []
        room = FILES_BYTES
        for attachment in message.attachments:
            room -= attachment.size_bytes
            if room < 0:
                sentence = "The files are too large for this channel; send fewer, or a link."
                raise CallCentreError("webhook.files_too_large", sentence, fault="user")
            content = base64.b64encode(self._files.read(attachment)).decode()
            files.append(FileOut(name=attachment.name, media_type=attachment.media_type, content_base64=content))
        return tuple(files)

    def _name_of(self, posted: Posted) -> str:
        if 200 <= posted.status < 300:
            try:
                return TakenOut.model_validate_json(posted.body or b"{}").id
            except ValidationError:
                return ""  # taken all the same; an adapter need not answer in JSON
        try:
            told = ErrorOut.model_validate_json(posted.body)
        except ValidationError:
            told = ErrorOut()
        raise refusal(self.name, posted, told.code, told.retryable)
