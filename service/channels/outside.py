"""The channels that lead outside: mailboxes, webhooks, event hooks of the configuration, opened and closed together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from calls.conversation_events import DeliveredState
from calls.errors import CallCentreError
from calls.ids import ConversationId, MessageId
from channels.conversation import HOUR_MS, ConversationRules
from channels.file_names import checked_type, safe_name
from channels.messages import Incoming, Outgoing
from channels.pace import Pace
from channels.places import Places
from channels.webhook.contract import MessageIn, StatusIn
from records.store import EventStore
from service.channels.codes_out import MailCodes, WebhookCodes
from service.channels.conversations import Conversations
from service.channels.event_hooks import EventHook
from service.channels.files import MessageFiles, NewFile
from service.channels.mail_answers import mail_editor
from service.channels.mail_inbox import ONLY_FILES, THREAD_PREFIX, MailInbox, language_of
from service.channels.mail_port import MailParts, MailPort, MayWrite, everybody
from service.channels.mail_reader import MailReader
from service.channels.webhook_port import WebhookPort
from service.channels.webhook_routes import WebhookDoor, content_of
from service.channels_config import MailboxSection, WebhookSection
from service.config import Config
from service.tasks import Tasks

if TYPE_CHECKING:
    from calls.ports import Clock

logger = logging.getLogger(__name__)

MAIL_CLOSES_MS = 14 * 24 * HOUR_MS
"""Silence after which a thread counts as over. Source: our choice; people answer mails after a holiday."""
MAIL_REOPENS_MS = 365 * 24 * HOUR_MS
"""How long after that an answer in the thread goes on with it."""
MAIL_GATHERS_MS = 2_000
"""Two mails within seconds are one question and its missing attachment."""
STOPS_S = 3.0
"""How long a mail that is being taken may take at the end; one that is cut off comes again."""
_STATES: dict[str, DeliveredState] = {"sent": "accepted", "delivered": "delivered", "read": "read"}


class OutsideChannels:
    """All of them. Create, `start`, `stop`."""

    def __init__(
        self,
        config: Config,
        conversations: Conversations,
        store: EventStore,
        clock: Clock,
        may_write: MayWrite = everybody,
        failed: Callable[[str], None] = lambda _part: None,
    ) -> None:
        """Know the channels; nothing is opened.

        Raises:
            CallCentreError: `config.unreadable` or `channels.bad_ca` when a secret or an issuer cannot be read.
        """
        self._config, self._conversations, self._store, self._clock = config, conversations, store, clock
        self._may_write, self._failed = may_write, failed
        self.files = MessageFiles(config.data_path, store.master)
        self._places = Places(store.engine, store.owner)
        self.tasks = Tasks("channels")
        self._reading: list[asyncio.Task[None]] = []
        self.readers: dict[str, MailReader] = {}
        self.mail_ports: dict[str, MailPort] = {}
        self.doors: dict[str, WebhookDoor] = {}
        self.webhook_ports: dict[str, WebhookPort] = {}
        self.hooks: dict[str, EventHook] = {}
        for name, mailbox in config.channels.mailboxes.items():
            self._add_mailbox(name, mailbox)
        for name, webhook in config.channels.webhooks.items():
            self._add_webhook(name, webhook)
        for name, hook in config.channels.event_hooks.items():
            self.hooks[name] = EventHook(name, hook, store, self._places, clock, failed)

    def start(self) -> None:
        """Read mailboxes and tell hooks from now on."""
        for name, reader in self.readers.items():
            self._reading.append(self.tasks.start(f"mailbox-{name}", reader.run()))
        for name, hook in self.hooks.items():
            self.tasks.start(f"hook-{name}", hook.run())

    async def stop(self) -> None:
        """Finish the mail that is being taken, and let other processes go on."""
        await asyncio.gather(*(reader.stop() for reader in self.readers.values()))
        if self._reading:
            await asyncio.wait(self._reading, timeout=STOPS_S)
        await self.tasks.close()
        ends = [*(reader.close() for reader in self.readers.values()), *(hook.leave() for hook in self.hooks.values())]
        for result in await asyncio.gather(*ends, return_exceptions=True):
            if isinstance(result, BaseException):
                logger.warning("a channel was not left in order: %s", type(result).__name__)

    def troubles(self) -> dict[str, str]:
        """Return what cannot be read or told at the moment: name -> code."""
        troubles = {f"mailbox {name}": reader.trouble for name, reader in self.readers.items()}
        troubles.update({f"event hook {name}": hook.trouble for name, hook in self.hooks.items()})
        return {name: trouble.code for name, trouble in troubles.items() if trouble is not None}

    def code_senders(self) -> dict[Literal["email", "phone"], MailCodes | WebhookCodes]:
        """Return what can send one-time codes: the mailbox for notices, and the first SMS webhook that is posted to."""
        senders: dict[Literal["email", "phone"], MailCodes | WebhookCodes] = {}
        company = self._config.dial_plan.company
        mailbox = self.mail_ports.get(self._config.channels.notices_from)
        if mailbox is not None:
            senders["email"] = MailCodes(mailbox, company)
        webhooks = self._config.channels.webhooks.items()
        text = next((self.webhook_ports[n] for n, w in webhooks if w.channel == "sms" and w.url), None)
        if text is not None:
            senders["phone"] = WebhookCodes(text, company)
        return senders

    # Mail

    def _add_mailbox(self, name: str, section: MailboxSection) -> None:
        port = MailPort(
            name,
            section,
            MailParts(
                clock=self._clock,
                company=self._config.dial_plan.company,
                mark=self._store.master.mark,
                files=self.files,
                may_write=self._may_write,
                note_token=self._note_token,
            ),
        )
        self.mail_ports[name] = port
        rules = ConversationRules(
            bot=section.answers != "never",
            gather_ms=MAIL_GATHERS_MS,
            close_after_ms=MAIL_CLOSES_MS,
            reopen_ms=MAIL_REOPENS_MS,
            delivers=True,
            queue=section.queue,
        )
        self._conversations.add_channel(
            "email", name, rules, port, mail_editor(section.answers, tells_hours=section.tells_hours)
        )
        if not section.imap_host:
            return

        async def is_known(message: str) -> bool:
            index = self._conversations.index
            return await asyncio.to_thread(index.message, "email", name, message) is not None

        inbox = MailInbox(name, section, self._conversations, self.files, self._store.master.mark, is_known)
        self.readers[name] = MailReader(name, section, self._clock, self._places, inbox.take, self._failed)

    async def _note_token(self, token: str, message: Outgoing) -> None:
        await asyncio.to_thread(
            self._conversations.index.note,
            "email",
            message.provider,
            f"{THREAD_PREFIX}{token}",
            message.conversation_id,
            message.message_id,
        )

    # Webhooks

    def _add_webhook(self, name: str, section: WebhookSection) -> None:
        port = WebhookPort(name, section, self._clock, self.files, self._may_write) if section.url else None
        if port is not None:
            self.webhook_ports[name] = port
        rules = ConversationRules(bot=section.answers == "bot" and bool(section.url), queue=section.queue)
        self._conversations.add_channel(section.channel, name, rules, port)

        async def message(told: MessageIn) -> bool:
            return await self._received(name, section, told)

        self.doors[name] = WebhookDoor(
            name=name,
            section=section,
            secrets=section.secrets(f"the webhook {name}"),
            pace=Pace(section.takes_per_minute, 60_000),
            message=message,
            status=self._status,
        )

    async def _received(self, name: str, section: WebhookSection, told: MessageIn) -> bool:
        files: list[NewFile] = []
        for number, file in enumerate(told.files, 1):
            content = content_of(file)
            kind = checked_type(file.media_type, content)
            files.append(NewFile(name=safe_name(file.name, kind, number=number), media_type=kind, content=content))
        key = self._store.master.mark(f"{section.channel}\0{name}\0{told.id}", "webhook files")
        kept = await asyncio.to_thread(self.files.keep, files, key=key)
        receipt = await self._conversations.received(
            Incoming(
                channel=section.channel,
                provider=name,
                address=told.sender,
                name=told.sender_name,
                text=told.text if told.text.strip() or not files else ONLY_FILES[told.language or section.language],
                language=told.language or language_of(told.text, section.language),
                attachments=kept,
                external_id=told.id,
            )
        )
        return receipt.is_new

    async def _status(self, told: StatusIn) -> bool:
        conversation_id, message_id = ConversationId(told.conversation_id), MessageId(told.message_id)
        state = await self._conversations.state(conversation_id)
        if state is None or message_id not in state.messages:
            sentence = "There is no such message of ours; message_id and conversation_id are those that we posted."
            raise CallCentreError("webhook.unknown_message", sentence, fault="peer")
        before = state.messages[message_id].delivery
        if told.status == "failed":
            reason = f"webhook.{told.reason or 'failed'}"
            await self._conversations.failed(conversation_id, message_id, reason, retryable=told.retryable)
        else:
            await self._conversations.arrived(conversation_id, message_id, _STATES[told.status])
        after = await self._conversations.state(conversation_id)
        return after is not None and after.messages[message_id].delivery != before
