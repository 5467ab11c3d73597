"""Bytes from a mail server as an `IncomingMail`, or why they are none. Pure; never raises, whatever the bytes are.

The old policy of `email` takes the mail apart without judging it, and headers are decoded here, each of bounded length:
the modern one parses structured headers by itself, raises on some that real mails have, and is slow on long ones.
"""

from __future__ import annotations

import email
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from channels.file_names import checked_type, safe_name
from channels.mail.automatic import Signs, kind_of, wants_no_answer
from channels.mail.bounces import read_bounce
from channels.mail.charsets import decode
from channels.mail.html_text import html_to_text
from channels.mail.incoming import FileLeftOut, IncomingMail, MailAddress, MailFile, MailRefused, RefusedReason
from channels.mail.new_text import new_text

HEADER_CHARS = 4_000
"""More of one header's value is not looked at. Source: RFC 5322 allows lines of 998; a thread of 50 mails has
References of about 4,000."""
MOST_PARTS = 300
"""Source: our choice; newsletters with inline images have some 30."""
MOST_DEPTH = 20
MOST_REFERENCES = 50
SUBJECT_CHARS = 500

_BROKEN = (
    LookupError,
    ValueError,
    AttributeError,
    TypeError,
    AssertionError,
    RecursionError,
    ArithmeticError,
    MessageError,
)
"""What the standard library's parser raises on malformed mails."""
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,250})>")
_ADDRESS = re.compile(r"[^\s@<>\"(),;:\\]{1,64}@[^\s@<>\"(),;:\\]{1,253}")
_Mail = Message


@dataclass(frozen=True, slots=True, kw_only=True)
class MailRules:
    """What is taken, and which addresses are ours."""

    ours: tuple[str, ...]
    """Our addresses in lower case: what comes from them is ours, and tokens are looked for behind them."""
    mailbox: str = ""
    """Our mark in the header `X-Warmline-Mailbox` of what we send; empty: none."""
    largest_bytes: int = 25_000_000
    most_files: int = 20
    largest_file_bytes: int = 10_000_000
    all_files_bytes: int = 20_000_000


def parse_mail(raw: bytes, rules: MailRules) -> IncomingMail | MailRefused:
    """Return the mail; see `MailRefused` for what cannot be one."""
    if len(raw) > rules.largest_bytes:
        head = raw.partition(b"\r\n\r\n")[0][:100_000]
        return refused("too_large", head)
    try:
        mail = email.message_from_bytes(raw, policy=policy.compat32)
        parts = _parts_of(mail)
    except _BROKEN:
        return refused("broken", raw[:100_000])
    if parts is None:
        return refused("too_deep", raw[:100_000])
    sender = _first(addresses_of(mail, "From")) or _first(addresses_of(mail, "Sender"))
    if sender is None:
        return MailRefused(reason="no_sender", message_id=message_id_of(mail, raw), sender="")
    return _taken(raw, mail, sender, parts, rules)


def refused(reason: RefusedReason, head: bytes) -> MailRefused:
    """Return a refusal that names the mail as far as its headers can be read."""
    try:
        mail: _Mail = email.message_from_bytes(head, policy=policy.compat32)
        sender = _first(addresses_of(mail, "From"))
    except _BROKEN:
        mail, sender = Message(), None
    return MailRefused(reason=reason, message_id=message_id_of(mail, head), sender=sender.address if sender else "")


def _taken(raw: bytes, mail: _Mail, sender: MailAddress, parts: Sequence[_Part], rules: MailRules) -> IncomingMail:
    plain, fresh = _texts(parts)
    files, left_out = _files(parts, rules)
    recipients = tuple(
        address
        for name in ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To")
        for address in addresses_of(mail, name)
    )
    signs = Signs(
        headers={name: tuple(values_of(mail, name)) for name in Signs.NAMES},
        content_type=mail.get_content_type(),
        report_type=_report_type(mail),
        sender=sender.key,
        subject=text_of(mail, "Subject"),
        ours=rules.ours,
        mailbox=rules.mailbox,
    )
    bounce = read_bounce(mail, [part.mail for part in parts], tuple(values_of(mail, "X-Failed-Recipients")))
    kind = kind_of(signs, is_bounce=bounce is not None)
    return IncomingMail(
        message_id=message_id_of(mail, raw),
        sender=sender,
        reply_to=_first(addresses_of(mail, "Reply-To")) or sender,
        recipients=tuple({address.key: address for address in recipients}.values()),
        subject=signs.subject[:SUBJECT_CHARS],
        sent_at=_date(mail),
        text=fresh,
        whole_text=plain,
        files=files,
        left_out=left_out,
        in_reply_to=_ids(mail, "In-Reply-To")[:MOST_REFERENCES],
        references=_ids(mail, "References")[-MOST_REFERENCES:],
        tokens=tokens_of([address.address for address in recipients], rules.ours),
        kind=kind,
        wants_no_answer=wants_no_answer(signs, kind),
        bounce=bounce,
    )


def tokens_of(addresses: Sequence[str], ours: Sequence[str]) -> tuple[str, ...]:
    """Return the tokens of addresses such as `support+TOKEN@example.com` when `support@example.com` is ours."""
    tokens: dict[str, None] = {}
    for address in addresses:
        local, _, domain = address.lower().rpartition("@")
        base, plus, token = local.partition("+")
        if plus and f"{base}@{domain}" in ours and re.fullmatch(r"[a-z0-9]{8,64}", token):
            tokens[token] = None
    return tuple(tokens)


# Headers


def values_of(mail: _Mail, name: str) -> Iterator[str]:
    """Yield the values of a header as they stand, unfolded and of bounded length."""
    wanted = name.lower()
    for key, value in mail.raw_items():
        if key.lower() == wanted:
            text = str(value)[:HEADER_CHARS].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            yield " ".join(text.split())


def text_of(mail: _Mail, name: str) -> str:
    """Return the decoded value of a header; empty without one."""
    for value in values_of(mail, name):
        return _decoded(value)
    return ""


def _decoded(value: str) -> str:
    try:
        pieces = decode_header(value)
        text = "".join(
            decode(piece, charset or "utf-8") if isinstance(piece, bytes) else piece for piece, charset in pieces
        )
    except _BROKEN:
        text = value
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def addresses_of(mail: _Mail, name: str) -> list[MailAddress]:
    """Return the well-formed addresses of a header, in order."""
    found: list[MailAddress] = []
    try:
        pairs = getaddresses(list(values_of(mail, name)))
    except _BROKEN:
        pairs = []
    for shown, address in pairs:
        made = address_from(address, _decoded(shown))
        if made is not None:
            found.append(made)
    if not found:  # a broken header that has an address all the same
        for value in values_of(mail, name):
            found += [made for text in _ADDRESS.findall(value)[:20] if (made := address_from(text))]
    return found


def address_from(text: str, name: str = "") -> MailAddress | None:
    """Return an address, None when the text is none."""
    plain = text.strip().strip("<>")
    if not _ADDRESS.fullmatch(plain) or not plain.isprintable():
        return None
    local, _, domain = plain.rpartition("@")
    return MailAddress(address=f"{local}@{domain.lower()}", name=name[:200])


def message_id_of(mail: _Mail, raw: bytes) -> str:
    """Return the Message-ID with its brackets; one made of the content for a mail without."""
    ids = _ids(mail, "Message-ID")
    if ids:
        return ids[0]
    given = next(values_of(mail, "Message-ID"), "")
    if given and len(given) <= 250 and " " not in given:
        return f"<{given.strip('<>')}>"
    return f"<{hashlib.sha256(raw).hexdigest()[:40]}@no-message-id.invalid>"


def _ids(mail: _Mail, name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f"<{found}>" for value in values_of(mail, name) for found in _MESSAGE_ID.findall(value)))


def _first(found: Sequence[MailAddress]) -> MailAddress | None:
    return found[0] if found else None


def _date(mail: _Mail) -> datetime | None:
    try:
        at = parsedate_to_datetime(next(values_of(mail, "Date")))
        return (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (StopIteration, *_BROKEN):
        return None


def _report_type(mail: _Mail) -> str:
    try:
        return str(mail.get_param("report-type", "")).lower()
    except _BROKEN:
        return ""


# Parts


@dataclass(frozen=True, slots=True)
class _Part:
    mail: _Mail
    role: str
    """`plain`, `html`, `file`, `report` or `inside` (of a mail that came as a file)."""
    alternative: int
    """Number of the group of alternatives that it belongs to; 0 for none."""


def _parts_of(mail: _Mail) -> list[_Part] | None:
    """Return the leaves in order; None when there are too many, or too deep within each other."""
    leaves: list[_Part] = []
    waiting: list[tuple[_Mail, int, int, bool]] = [(mail, 0, 0, False)]
    groups = seen = 0
    while waiting:
        part, depth, group, inside = waiting.pop()
        seen += 1
        if depth > MOST_DEPTH or seen > MOST_PARTS:
            return None
        kind = part.get_content_type()
        payload = part.get_payload()
        if isinstance(payload, list):
            within = inside
            if kind == "multipart/alternative":
                groups += 1
                group = groups
            if kind in ("message/rfc822", "message/global"):
                leaves.append(_Part(part, "file", 0))
                within = True
            waiting += [(child, depth + 1, group, within) for child in reversed(payload) if isinstance(child, Message)]
            continue
        leaves.append(_Part(part, "inside" if inside else _role(part, kind), group))
    return leaves


def _role(part: _Mail, kind: str) -> str:
    if kind in ("message/delivery-status", "message/disposition-notification", "text/rfc822-headers"):
        return "report"
    is_file = _disposition(part) == "attachment" or (_file_name(part) and kind not in ("text/plain", "text/html"))
    if kind == "text/plain" and not is_file:
        return "plain"
    return "html" if kind == "text/html" and not is_file else "file"


def _texts(parts: Sequence[_Part]) -> tuple[str, str]:
    """Return all of the text, and what is new in it; of alternatives the plain one unless it is empty."""
    whole: list[str] = []
    fresh: list[str] = []
    done: set[int] = set()
    for part in parts:
        if part.role not in ("plain", "html") or (part.alternative and part.alternative in done):
            continue
        text = _text(part.mail)
        if part.role == "plain":
            all_of_it = new = text
        else:
            all_of_it, new = html_to_text(text), html_to_text(text, quoted=False)
        if not all_of_it.strip():
            continue
        if part.alternative:
            done.add(part.alternative)
        whole.append(all_of_it.strip())
        fresh.append(new_text(new).strip() or new_text(all_of_it).strip())
    return "\n\n".join(whole).replace("\0", ""), "\n\n".join(text for text in fresh if text).replace("\0", "")


def _text(part: _Mail) -> str:
    try:
        charset = part.get_content_charset("") or ""
    except _BROKEN:
        charset = ""
    return decode(_content(part), charset).replace("\r\n", "\n")


def _content(part: _Mail) -> bytes:
    try:
        payload = part.get_payload(decode=True)
    except _BROKEN:
        payload = str(part.get_payload()).encode("utf-8", "replace")
    return payload if isinstance(payload, bytes) else b""


def _files(parts: Sequence[_Part], rules: MailRules) -> tuple[tuple[MailFile, ...], tuple[FileLeftOut, ...]]:
    kept: list[MailFile] = []
    left_out: list[FileLeftOut] = []
    room = rules.all_files_bytes
    for part in parts:
        if part.role != "file":
            continue
        content = _inner_mail(part.mail) if part.mail.is_multipart() else _content(part.mail)
        kind = checked_type(part.mail.get_content_type(), content)
        name = safe_name(_file_name(part.mail), kind, number=len(kept) + len(left_out) + 1)
        if not content:
            continue
        if len(kept) >= rules.most_files:
            left_out.append(FileLeftOut(name=name, size_bytes=len(content), reason="too_many"))
        elif len(content) > min(room, rules.largest_file_bytes):
            left_out.append(FileLeftOut(name=name, size_bytes=len(content), reason="too_large"))
        else:
            room -= len(content)
            kept.append(MailFile(name=name, media_type=kind, content=content))
    return tuple(kept), tuple(left_out)


def _inner_mail(part: _Mail) -> bytes:
    """Return a mail that came as a file."""
    inner = part.get_payload()
    try:
        return inner[0].as_bytes() if isinstance(inner, list) and isinstance(inner[0], Message) else b""
    except _BROKEN:
        return b""


def _disposition(part: _Mail) -> str:
    try:
        return str(part.get_content_disposition() or "")
    except _BROKEN:
        return ""


def _file_name(part: _Mail) -> str:
    try:
        return _decoded(str(part.get_filename() or ""))[:HEADER_CHARS]
    except _BROKEN:
        return ""
