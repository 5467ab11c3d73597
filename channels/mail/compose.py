"""Makes the mails that go out: answers in their thread, and notices such as one-time codes. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from html import escape

from calls.ids import Language
from channels.file_names import UNKNOWN_TYPE
from channels.mail.automatic import MAILBOX_HEADER

MOST_REFERENCES = 20
"""The first of a thread and its last ones. Source: RFC 5322 section 3.6.4 lets programs shorten them."""
SUBJECT_CHARS = 200

_PREFIX = re.compile(r"\s*(?:(?:re|rv|fw|fwd|aw|wg|sv|tr|r)\s*(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>")

NO_SUBJECT: dict[Language, str] = {"es": "Su mensaje", "en": "Your message"}
AUTOMATIC: dict[Language, str] = {
    "es": "Esta respuesta es automática: la ha escrito el asistente de {company}. Si prefiere que le atienda una "
    "persona, conteste a este correo con la palabra «agente».",
    "en": "This answer is automatic: it was written by the assistant of {company}. If you would rather have a person, "
    "reply to this e-mail with the word “agent”.",
}
"""Under each answer of the bot: who wrote it, and how a person is reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingFile:
    """A file that goes along."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMail:
    """What a mail shall say and to whom."""

    sender: str
    """Address of ours."""
    sender_name: str
    to: str
    to_name: str = ""
    subject: str
    text: str
    language: Language
    message_id: str
    """With its brackets; the same each time that it is tried."""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    """Of the thread, oldest first."""
    reply_to: str = ""
    """Address with our token; empty: the sender's."""
    automatic: bool
    """Written by the bot, or by no reply at all (a code)."""
    mailbox: str
    """Our mark, by which a mail of ours that comes back is known."""
    sent_at: datetime
    files: tuple[OutgoingFile, ...] = ()
    footer: str = ""


def reply_subject(subject: str, language: Language) -> str:
    """Return the subject of an answer: one `Re:`, whatever stood before."""
    plain = _clean(_PREFIX.sub("", subject, count=1)) or NO_SUBJECT[language]
    return f"Re: {plain[:SUBJECT_CHARS]}"


def automatic_footer(company: str, language: Language) -> str:
    """Return what stands under an answer of the bot."""
    return AUTOMATIC[language].format(company=company)


def with_token(address: str, token: str) -> str:
    """Return the address under which answers to this thread come in: `support+TOKEN@example.com`."""
    local, _, domain = address.rpartition("@")
    return f"{local}+{token}@{domain}"


def new_message_id(message_id: str, mark: str, address: str) -> str:
    """Return the Message-ID of a message of ours: the same each time, and not to be guessed because of the mark."""
    return f"<{re.sub(r'[^A-Za-z0-9-]', '', message_id)[:64]}.{mark[:24]}@{address.rpartition('@')[2]}>"


def compose(mail: OutgoingMail) -> bytes:
    """Return the mail as it is handed to a server, with lines of CRLF.

    Raises:
        ValueError: an address is none.
    """
    needs_utf8 = not (mail.to.isascii() and mail.sender.isascii())
    made = EmailMessage(policy=SMTPUTF8 if needs_utf8 else SMTP)
    made["From"] = _address(mail.sender, mail.sender_name)
    made["To"] = _address(mail.to, mail.to_name)
    made["Subject"] = _clean(mail.subject)[: SUBJECT_CHARS + 10]
    made["Date"] = format_datetime(mail.sent_at)
    made["Message-ID"] = _one_id(mail.message_id)
    if mail.in_reply_to and _MESSAGE_ID.fullmatch(mail.in_reply_to):
        made["In-Reply-To"] = mail.in_reply_to
    references = references_of(mail.references, mail.in_reply_to)
    if references:
        made["References"] = " ".join(references)
    if mail.reply_to:
        made["Reply-To"] = _address(mail.reply_to, mail.sender_name)
    if mail.automatic:
        made["Auto-Submitted"] = "auto-replied" if mail.in_reply_to else "auto-generated"
        made["X-Auto-Response-Suppress"] = "All"
    made[MAILBOX_HEADER] = _clean(mail.mailbox)
    made["Content-Language"] = mail.language
    text = _plain(mail.text)
    footer = _plain(mail.footer)
    made.set_content(f"{text}\n\n-- \n{footer}\n" if footer else f"{text}\n", charset="utf-8", cte="quoted-printable")
    made.add_alternative(_page(text, footer, mail.language), subtype="html", charset="utf-8", cte="quoted-printable")
    for file in mail.files:
        kind, _, subtype = (file.media_type if "/" in file.media_type else UNKNOWN_TYPE).partition("/")
        if kind in ("message", "multipart"):
            kind, subtype = "application", "octet-stream"
        made.add_attachment(file.content, maintype=kind, subtype=subtype, filename=_clean(file.name))
    return made.as_bytes()


def references_of(thread: Sequence[str], in_reply_to: str) -> tuple[str, ...]:
    """Return the References of an answer: the thread's Message-IDs with the answered one last, bounded."""
    ids = [name for name in dict.fromkeys(thread) if _MESSAGE_ID.fullmatch(name) and name != in_reply_to]
    if _MESSAGE_ID.fullmatch(in_reply_to):
        ids.append(in_reply_to)
    return tuple(ids if len(ids) <= MOST_REFERENCES else [ids[0], *ids[-(MOST_REFERENCES - 1) :]])


def _address(address: str, name: str) -> Address:
    local, _, domain = address.rpartition("@")
    if not local or not domain or any(char.isspace() or not char.isprintable() for char in address):
        raise ValueError("this is no address of e-mail")
    return Address(display_name=_clean(name)[:100], username=local, domain=domain)


def _one_id(message_id: str) -> str:
    if not _MESSAGE_ID.fullmatch(message_id):
        raise ValueError("a Message-ID stands in brackets")
    return message_id


def _clean(text: str) -> str:
    """Return one line: whoever wrote the text cannot begin another header with it."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _plain(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept = ("".join(char for char in line if char.isprintable() or char == "\t").rstrip() for line in lines)
    return "\n".join(kept).strip()


def _page(text: str, footer: str, language: Language) -> str:
    """Return the same as the plainest of pages."""
    paragraphs = "".join(
        f"<p>{escape(part.strip(), quote=False).replace(chr(10), '<br>')}</p>\n"
        for part in re.split(r"\n{2,}", text)
        if part.strip()
    )
    below = f'<hr>\n<p style="color:#555;font-size:90%">{escape(footer, quote=False)}</p>\n' if footer else ""
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8"></head>\n'
        f"<body>\n{paragraphs}{below}</body></html>\n"
    )
