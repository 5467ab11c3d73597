"""Files that a visitor of the chat sends: announced, taken in pieces over the page's own line, kept encrypted.

    page -> file(id, name, size)        service -> file_wanted(id) | file_refused(id, why)
    page -> pieces, as binary frames    service -> file_taken(id, ticket) | file_refused(id, why)
    page -> message(id, text, files: [ticket, …])

The line knows the site, the visitor and the address, so a file needs no door of its own. A ticket (`outgoing_files`)
holds for its visitor alone; a file whose message is never written can be read by nobody, and goes with its age. Nothing
of a file is opened, shown or run: it is saved by who wants it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from calls.conversation_events import Attachment
from calls.errors import CallCentreError
from channels.file_names import extension_of
from service.channels.chat_limits import ChatGuard, Leave
from service.channels.outgoing_files import OutgoingFiles
from service.chat_config import ChatSection
from service.web_limits import Refused

PIECE_MAX = 256 * 1024
"""Largest piece in bytes. Source: our choice; pages send 64 KiB, and a line that is slow tells where it is."""
FILE_MS = 5 * 60_000
"""How long a file may take to come. Source: our choice; 10 MB at 0.3 Mbit/s."""
MB = 1_000_000


class FileAnnounced(BaseModel):
    """A file that the page would send."""

    kind: Literal["file"]
    id: str = Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")
    name: str = Field(min_length=1, max_length=255)
    size_bytes: int = Field(ge=0, le=1_000_000_000)


@dataclass(slots=True)
class _Coming:
    """A file of which pieces come."""

    announced: FileAnnounced
    since_ms: int
    leave: Leave
    content: bytearray = field(default_factory=bytearray)


class VisitorFiles:
    """The files of one open page, one after the other."""

    def __init__(
        self, outgoing: OutgoingFiles, section: ChatSection, guard: ChatGuard, visitor: str, address: str
    ) -> None:
        """Nothing has come yet."""
        self._outgoing, self._section, self._guard = outgoing, section, guard
        self._visitor, self._address = visitor, address
        self._coming: _Coming | None = None

    def announced(self, file: FileAnnounced, now_ms: int) -> dict[str, Any]:
        """Return whether a file may come; one that had begun to come is given up."""
        self.give_up()
        refused = self._refusal(file)
        if refused is not None:
            return _refused(file.id, refused)
        entered = self._guard.file_begins(self._visitor, self._address, file.size_bytes, now_ms)
        if isinstance(entered, Refused):
            return _refused(file.id, entered)
        self._coming = _Coming(file, now_ms, entered)
        return {"kind": "file_wanted", "id": file.id}

    async def piece(self, data: bytes, now_utc: datetime) -> dict[str, Any] | None:
        """Take a piece; with the last one, return what became of the file. What nobody wants is dropped."""
        coming = self._coming
        if coming is None:
            return None
        coming.content += data
        file = coming.announced
        if len(coming.content) < file.size_bytes:
            return None
        content = bytes(coming.content)
        self.give_up()
        if len(content) > file.size_bytes:
            return _refused(file.id, Refused("files.too_large", 413, "More came of this file than was announced.", 0))
        try:
            kept, ticket = await asyncio.to_thread(self._outgoing.take, file.name, content, self._place, now_utc)
        except CallCentreError as error:
            wait_s = 5 if error.retryable else 0
            return _refused(file.id, Refused(error.code, 503 if wait_s else 415, error.message, wait_s))
        told = {"kind": "file_taken", "id": file.id, "ticket": ticket}
        return told | {"name": kept.name, "size_bytes": kept.size_bytes}

    async def taken(self, tickets: Sequence[str], now_utc: datetime) -> tuple[Attachment, ...]:
        """Return the files of a message.

        Raises:
            CallCentreError: `files.too_many`, `files.bad_ticket`.
        """
        most = self._section.files_at_most
        if len(tickets) > most:
            raise CallCentreError("files.too_many", f"A message may have {most} files at most.", fault="user")
        if not tickets:
            return ()
        most_bytes = most * self._section.file_mb * MB
        take = self._outgoing.taken
        return await asyncio.to_thread(take, tickets, self._place, "chat", now_utc, most_bytes=most_bytes)

    def look(self, now_ms: int) -> dict[str, Any] | None:
        """Give up a file that takes too long to come, and return what the page is told then."""
        coming = self._coming
        if coming is None or now_ms - coming.since_ms <= FILE_MS:
            return None
        self.give_up()
        return _refused(coming.announced.id, Refused("files.too_slow", 408, "This file took too long to come.", 0))

    def give_up(self) -> None:
        """Forget a file that had begun to come."""
        if self._coming is not None:
            self._coming.leave()
            self._coming = None

    def _refusal(self, file: FileAnnounced) -> Refused | None:
        section = self._section
        if section.files_at_most == 0:
            return Refused("files.off", 403, "No files are taken here.", 0)
        if file.size_bytes == 0:
            return Refused("files.empty", 400, "This file is empty; choose another.", 0)
        if file.size_bytes > section.file_mb * MB:
            return Refused("files.too_large", 413, f"A file may have {section.file_mb} MB at most.", 0)
        if extension_of(file.name.strip()).lstrip(".") not in section.file_kinds:
            return Refused("files.bad_type", 415, f"Files may be: {', '.join(section.file_kinds)}.", 0)
        return None

    @property
    def _place(self) -> str:
        return f"visitor\0{self._visitor}"


def _refused(name: str, why: Refused) -> dict[str, Any]:
    told = {"kind": "file_refused", "id": name, "code": why.code}
    return told | {"sentence": why.sentence, "retry_after_s": why.retry_after_s}
