"""Reads what servers say of mails that did not arrive (RFC 3464; Exim in a header). Pure; never raises."""

from __future__ import annotations

import re
from collections.abc import Sequence
from email.message import Message

from channels.mail.incoming import Bounce

MOST_TEXT_CHARS = 50_000

_FIELD = re.compile(r"^(?P<name>[A-Za-z-]{1,40}):[ \t]*(?P<value>.{0,500})$", re.MULTILINE)
_RECIPIENT = re.compile(r"(?:[^;]{1,20};)?\s*<?(?P<address>[^\s<>;]{1,64}@[^\s<>;]{1,253}?)>?\s*")
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_MESSAGE_ID = re.compile(r"^message-id:\s*(<[^<>\s]{1,250}>)", re.IGNORECASE | re.MULTILINE)


def read_bounce(mail: Message, parts: Sequence[Message], failed_header: Sequence[str] = ()) -> Bounce | None:
    """Return what a delivery status notification says; None when the mail is none.

    Args:
        mail: The whole.
        parts: Its leaves.
        failed_header: Values of `X-Failed-Recipients`, which Exim writes.
    """
    is_report = mail.get_content_type() == "multipart/report"
    statuses = [part for part in parts if part.get_content_type() == "message/delivery-status"]
    reports = [_raw(part) for part in statuses] or [_raw(part) for part in _walk(mail) if _is_status(part)]
    if not reports and not failed_header:
        return None
    if not (is_report or failed_header or mail.get_content_type() == "multipart/mixed"):
        return None
    failed: dict[str, None] = {}
    actions: list[str] = []
    status = ""
    for name, value in (pair for report in reports for pair in _fields(report)):
        if name == "final-recipient" or (name == "original-recipient" and not failed):
            found = _RECIPIENT.fullmatch(value)
            if found:
                failed[found["address"].lower()] = None
        elif name == "action":
            actions.append(value.strip().lower())
        elif name == "status" and not status:
            code = _STATUS.search(value)
            status = code.group() if code else ""
    for value in failed_header:
        failed.update(dict.fromkeys(part.strip().lower() for part in value.split(",")[:20] if "@" in part))
    if actions and not {"failed", "delayed"} & set(actions):
        return None  # it tells of success: delivered, relayed, expanded
    final = "failed" in actions or (not actions and not status.startswith("4"))
    return Bounce(failed=tuple(failed)[:50], final=final, status=status, message_ids=_original_ids(mail))


def _fields(report: str) -> list[tuple[str, str]]:
    unfolded = re.sub(r"\r?\n[ \t]+", " ", report[:MOST_TEXT_CHARS])
    return [(found["name"].lower(), found["value"].strip()) for found in _FIELD.finditer(unfolded.replace("\r", ""))]


def _original_ids(mail: Message) -> tuple[str, ...]:
    """Return the Message-IDs of mails or headers that stand within."""
    ids: dict[str, None] = {}
    for part in _walk(mail):
        if part is mail or part.get_content_type() not in ("message/rfc822", "text/rfc822-headers", "message/global"):
            continue
        ids.update(dict.fromkeys(_MESSAGE_ID.findall(_raw(part)[:MOST_TEXT_CHARS])))
    return tuple(ids)[:20]


def _walk(mail: Message) -> list[Message]:
    found: list[Message] = []
    waiting = [mail]
    while waiting and len(found) < 300:
        part = waiting.pop()
        found.append(part)
        payload = part.get_payload()
        if isinstance(payload, list):
            waiting += [child for child in reversed(payload) if isinstance(child, Message)]
    return found


def _is_status(part: Message) -> bool:
    return part.get_content_type() in ("message/delivery-status", "message/global-delivery-status")


def _raw(part: Message) -> str:
    """Return a part with all that stands in it, headers of inner mails included."""
    payload = part.get_payload()
    try:
        if isinstance(payload, list):
            return "\n".join(inner.as_string() for inner in payload if isinstance(inner, Message))
        plain = part.get_payload(decode=True)
        return plain.decode("utf-8", "replace") if isinstance(plain, bytes) else str(payload)
    except (LookupError, ValueError, AttributeError, TypeError, AssertionError, RecursionError):
        return ""
