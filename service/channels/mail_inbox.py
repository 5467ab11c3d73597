"""What becomes of a mail that came: a message of a conversation, news of one of ours, a note for staff, or nothing.

person             taken; the bot may answer, as `answers` says
automatic, list    taken for staff, the bot stays silent; an auto-reply to a mail of ours is known and passed over
bounce             the message of ours that it is about failed
own, receipt       passed over
spam               left in the mailbox, unless `spam = "take"`
refused            left in the mailbox, and staff are told that it is there
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from calls.ids import LANGUAGES, Language
from channels.mail.incoming import IncomingMail, MailRefused
from channels.mail.parse import parse_mail, refused
from channels.messages import TEXT_MAX, Incoming
from records.redaction import redact_text
from service.channels.files import MessageFiles, NewFile
from service.channels.mail_imap import FetchedMail
from service.channels.mail_reader import Outcome
from service.channels_config import MailboxSection
from voice.dialog.text import guess_language

logger = logging.getLogger(__name__)

THREAD_PREFIX = "reply:"
"""Before a reply token where it stands beside Message-IDs."""
ORIGINAL: dict[Language, str] = {"es": "texto-completo.txt", "en": "whole-text.txt"}
"""Name of the file with all of a mail's text, quotes and signature included, where the message has less."""
CUT: dict[Language, str] = {
    "es": "[… el resto está en el archivo adjunto]",
    "en": "[… the rest is in the attached file]",
}
LEFT_OUT: dict[Language, str] = {
    "es": "[Archivo no guardado, por su tamaño o por ser demasiados: {name}, {size} MB. Está en el buzón.]",
    "en": "[File not kept, because of its size or there are too many: {name}, {size} MB. It is in the mailbox.]",
}
ONLY_FILES: dict[Language, str] = {"es": "[Sin texto]", "en": "[No text]"}
REFUSED: dict[Language, str] = {
    "es": "[Ha llegado un correo que no se puede abrir aquí ({reason}). Está sin leer en el buzón {mailbox}.]",
    "en": "[A mail came that cannot be opened here ({reason}). It is unread in the mailbox {mailbox}.]",
}
REASONS: dict[str, dict[Language, str]] = {
    "too_large": {"es": "es demasiado grande", "en": "it is too large"},
    "broken": {"es": "está dañado", "en": "it is broken"},
    "too_deep": {"es": "tiene demasiadas partes", "en": "it has too many parts"},
    "no_sender": {"es": "no tiene remitente", "en": "it has no sender"},
}


def language_of(text: str, otherwise: Language) -> Language:
    """Return the language that somebody writes in, as far as their words say so clearly."""
    guess = guess_language(text)
    return next((language for language in LANGUAGES if language == guess), otherwise)


class MailTaker(Protocol):
    """The conversations, as a mailbox sees them."""

    async def received(self, incoming: Incoming) -> object:
        """Take a message once."""
        ...

    async def failed_at_provider(
        self, channel: str, provider: str, external_id: str, reason: str, *, retryable: bool = False
    ) -> bool:
        """Take it that a message of ours did not reach its receiver; False: not known here."""
        ...


class MailInbox:
    """One mailbox's mails, each taken once."""

    def __init__(
        self,
        name: str,
        section: MailboxSection,
        conversations: MailTaker,
        files: MessageFiles,
        mark: Callable[[str, str], str],
        is_known: Callable[[str], Awaitable[bool]],
    ) -> None:
        """Take nothing yet.

        Args:
            name: Of the mailbox.
            section: Its settings.
            conversations: Where messages go.
            files: Where attachments are kept.
            mark: `MasterKey.mark`.
            is_known: Tells whether a Message-ID or token is one of a conversation.
        """
        self.name, self._section, self._conversations, self._files = name, section, conversations, files
        self._mark, self._is_known = mark, is_known
        self._rules = section.rules(name)

    async def take(self, fetched: FetchedMail) -> Outcome:
        """Write down what a mail says.

        Raises:
            CallCentreError: retryable when it could not be written, so that it is taken again.
        """
        if fetched.is_whole:
            mail = await asyncio.to_thread(parse_mail, fetched.raw, self._rules)
        else:
            mail = refused("too_large", fetched.raw)
        if isinstance(mail, MailRefused):
            return await self._refused(mail)
        spam = fetched.is_spam or mail.kind == "spam"
        if mail.kind in ("own", "receipt"):
            return "known"
        if mail.kind == "bounce":
            return await self._bounced(mail)
        if spam and self._section.spam == "skip":
            return "left"
        if mail.kind == "automatic" and await self._answers_us(mail):
            logger.info("the mailbox %s: an automatic answer to a mail of ours was passed over", self.name)
            return "known"
        await self._message(mail, silent=spam or mail.wants_no_answer)
        return "taken"

    async def _message(self, mail: IncomingMail, *, silent: bool) -> None:
        language = self._section.language
        text = mail.text
        new = [NewFile(name=file.name, media_type=file.media_type, content=file.content) for file in mail.files]
        notes = [
            LEFT_OUT[language].format(name=file.name, size=f"{file.size_bytes / 1_000_000:.1f}")
            for file in mail.left_out
        ]
        room = TEXT_MAX - sum(len(note) + 2 for note in notes[:20]) - len(CUT[language]) - 2
        if mail.text != mail.whole_text or len(text) > room:
            whole = "\n".join(redact_text(line) for line in mail.whole_text.splitlines())
            new.append(NewFile(name=ORIGINAL[language], media_type="text/plain", content=whole.encode()))
        if len(text) > room:
            text = f"{text[:room]}\n\n{CUT[language]}"
        text = "\n\n".join([text or ONLY_FILES[language], *notes[:20]])
        key = self._mark(f"{self.name}\0{mail.message_id}", "mail files")
        kept = await asyncio.to_thread(self._files.keep, new, key=key)
        await self._conversations.received(
            Incoming(
                channel="email",
                provider=self.name,
                address=mail.reply_to.key,
                text=text,
                name=mail.sender.name or mail.reply_to.name,
                subject=mail.subject,
                language=language_of(f"{mail.subject} {mail.text}", language),
                attachments=kept,
                external_id=mail.message_id,
                refers_to=(*(f"{THREAD_PREFIX}{token}" for token in mail.tokens), *mail.thread),
                own_thread=True,
                for_staff=silent,
            )
        )

    async def _answers_us(self, mail: IncomingMail) -> bool:
        for name in (*(f"{THREAD_PREFIX}{token}" for token in mail.tokens), *mail.thread):
            if await self._is_known(name):
                return True
        return False

    async def _bounced(self, mail: IncomingMail) -> Outcome:
        """Tell the conversation whose mail did not arrive; a delay is no failure yet."""
        bounce = mail.bounce
        if bounce is None:
            return "left"
        if not bounce.final:
            return "known"
        names = (*bounce.message_ids, *mail.thread)
        reason = f"mail.bounced_{bounce.status}" if bounce.status else "mail.bounced"
        for name in names:
            if await self._conversations.failed_at_provider("email", self.name, name, reason):
                return "known"
        logger.warning("the mailbox %s: a bounce is about no mail of ours and stays unseen", self.name)
        return "left"

    async def _refused(self, mail: MailRefused) -> Outcome:
        """Tell staff that there is a mail that they have to read elsewhere."""
        language = self._section.language
        text = REFUSED[language].format(reason=REASONS[mail.reason][language], mailbox=self.name)
        await self._conversations.received(
            Incoming(
                channel="email",
                provider=self.name,
                address=mail.sender.lower() or "unknown@invalid",
                text=text,
                language=language,
                external_id=mail.message_id,
                own_thread=True,
                for_staff=True,
            )
        )
        return "left"
