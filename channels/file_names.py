"""Names and media types of files from strangers, made safe. Pure."""

from __future__ import annotations

import re
import unicodedata

LONGEST_CHARS = 100
"""Source: our choice; file systems take 255 bytes, and a page shows less."""
UNKNOWN_TYPE = "application/octet-stream"

_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}")
_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,8}")
_EXTENSIONS = {
    "application/pdf": ".pdf",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/heic": ".heic",
    "text/plain": ".txt",
    "text/html": ".html",
    "text/calendar": ".ics",
    "message/rfc822": ".eml",
    "audio/ogg": ".ogg",
    "audio/mpeg": ".mp3",
    "video/mp4": ".mp4",
}
_BEGINNINGS: dict[str, tuple[bytes, ...]] = {
    "application/pdf": (b"%PDF-",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/gif": (b"GIF87a", b"GIF89a"),
    "image/webp": (b"RIFF",),
}
"""How files of types that pages show begin. Source: https://mimesniff.spec.whatwg.org section 6."""
_ZIPPED = (b"PK\x03\x04",)
SENDABLE: dict[str, tuple[str, tuple[bytes, ...]]] = {
    ".pdf": ("application/pdf", _BEGINNINGS["application/pdf"]),
    ".png": ("image/png", _BEGINNINGS["image/png"]),
    ".jpg": ("image/jpeg", _BEGINNINGS["image/jpeg"]),
    ".jpeg": ("image/jpeg", _BEGINNINGS["image/jpeg"]),
    ".gif": ("image/gif", _BEGINNINGS["image/gif"]),
    ".webp": ("image/webp", _BEGINNINGS["image/webp"]),
    ".txt": ("text/plain", ()),
    ".csv": ("text/csv", ()),
    ".ics": ("text/calendar", (b"BEGIN:VCALENDAR",)),
    ".docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", _ZIPPED),
    ".xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _ZIPPED),
    ".odt": ("application/vnd.oasis.opendocument.text", _ZIPPED),
    ".ods": ("application/vnd.oasis.opendocument.spreadsheet", _ZIPPED),
}
"""What we send to customers: extension -> media type and beginnings. Nothing that a click runs; macros have other
extensions (ECMA-376 part 1)."""


def safe_name(name: str, media_type: str = UNKNOWN_TYPE, *, number: int = 1) -> str:
    """Return a name that is no path, hides nothing and is never empty.

    Left out are folders, control signs and those that turn the direction of writing.
    """
    last = re.split(r"[/\\]", name)[-1]
    plain = "".join(char for char in unicodedata.normalize("NFC", last) if unicodedata.category(char)[0] != "C")
    plain = " ".join(_UNSAFE.sub("_", plain).split()).strip(". ")
    if not plain:
        return f"file-{number}{_EXTENSIONS.get(media_type, '')}"
    if len(plain) > LONGEST_CHARS:
        extension = extension_of(plain)
        plain = plain[: LONGEST_CHARS - len(extension)].rstrip(". ") + extension
    return plain


def extension_of(name: str) -> str:
    """Return the last extension of a name with its dot, in lower case; empty when it has none of the usual form."""
    found = re.search(r"\.[^.]*\Z", name)
    return found.group().lower() if found and _EXTENSION.fullmatch(found.group()) else ""


def checked_type(media_type: str, content: bytes) -> str:
    """Return the media type if it is well formed and the content begins as such a file does, else the unknown one."""
    kind = media_type.strip().lower()
    if not _TYPE.fullmatch(kind):
        return UNKNOWN_TYPE
    beginnings = _BEGINNINGS.get(kind)
    return kind if beginnings is None or content.startswith(beginnings) else UNKNOWN_TYPE


def sendable_type(name: str, content: bytes) -> str | None:
    """Return the media type of a file that may be sent to a customer: its extension says it, its content agrees."""
    known = SENDABLE.get(extension_of(name.strip()))
    if known is None:
        return None
    kind, beginnings = known
    if kind.startswith("text/") and b"\0" in content:
        return None
    return kind if not beginnings or content.startswith(beginnings) else None
