"""What `warmline check` looks at about mailboxes and webhooks: it signs in at each mail server and out again."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from functools import partial

from calls.errors import CallCentreError
from records.keys import KEY_BYTES, MasterKey
from service.channels.files import MessageFiles
from service.channels.mail_imap import ImapConnection
from service.channels.mail_port import MailParts, MailPort
from service.channels.webhook_poster import SignedPoster
from service.channels_config import MailboxSection, SignedSection
from service.clock import SystemClock
from service.config import Config


def channel_probes(config: Config) -> Iterator[tuple[str, Callable[[], str]]]:
    """Yield what to look at, each with what finds out."""
    for name, mailbox in config.channels.mailboxes.items():
        if mailbox.imap_host:
            yield f"mail to {name}", partial(_imap, name, mailbox)
        yield f"mail from {name}", partial(_smtp, name, mailbox, config)
    for name, webhook in config.channels.webhooks.items():
        yield f"webhook {name}", partial(_webhook, name, webhook.url, webhook)
    for name, hook in config.channels.event_hooks.items():
        yield f"event hook {name}", partial(_webhook, name, hook.url, hook)


def _imap(name: str, section: MailboxSection) -> str:
    connection = ImapConnection(name, section, SystemClock())
    connection.close()
    how = "tells at once (IDLE)" if connection.has_idle else f"looked at every {section.poll_s} s"
    return f"{connection.server}, {how}; the bot: {section.answers}"


def _smtp(name: str, section: MailboxSection, config: Config) -> str:
    parts = MailParts(
        clock=SystemClock(),
        company=config.dial_plan.company,
        mark=lambda text, use: f"{use}{text}",
        files=MessageFiles(config.data_path, MasterKey(os.urandom(KEY_BYTES))),
    )
    return asyncio.run(MailPort(name, section, parts).check())


def _webhook(name: str, url: str, section: SignedSection) -> str:
    if not url:
        section.secrets(f"the webhook {name}")
        return "brings messages; nothing is posted to it"
    poster = SignedPoster(name, url, section, SystemClock())
    try:
        asyncio.run(poster.resolve())
    except CallCentreError as error:
        if error.retryable:
            raise CallCentreError(error.code, f"{error.message} Look at its url.", fault="operator") from error
        raise
    return url
