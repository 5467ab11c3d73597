"""Files that staff or visitors of the chat send along: checked, encrypted, named by a ticket until the message comes.

    page -- POST …/files?name=… (the bytes) --> ticket        page -- POST …/messages {text, files: [ticket]} --> sent

A ticket is sealed with the master key, so that any process can take it, and holds for one conversation and member of
staff. A file whose answer is never written can be read by nobody, and goes with its age.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import datetime

from calls.codec import from_json, to_json
from calls.conversation_events import Attachment
from calls.errors import CallCentreError
from channels.file_names import SENDABLE, safe_name, sendable_type
from records.keys import MasterKey
from service.channels.files import MessageFiles, NewFile
from service.channels.webhook_port import FILES_BYTES

FILE_BYTES = 10_000_000
"""Largest file. Source: our choice; base64 makes 13.7 MB of it, and most mail servers take 20 to 25 MB."""
MESSAGE_BYTES = 15_000_000
"""All files of one answer together; see `FILE_BYTES`."""
FILES_MOST = 10
TICKET_S = 24 * 3600
"""How long a file waits for its answer to be written."""
TICKET_CHARS = 2_000


class OutgoingFiles:
    """Takes files of staff. Everything here blocks."""

    def __init__(self, files: MessageFiles, master: MasterKey) -> None:
        """Keep nothing yet."""
        self._files, self._master = files, master

    def take(self, name: str, content: bytes, place: str, now_utc: datetime) -> tuple[Attachment, str]:
        """Keep a file, and return it with the ticket that names it.

        Args:
            name: As the page called it.
            content: At most `FILE_BYTES`.
            place: What the ticket holds for.
            now_utc: Time.

        Raises:
            CallCentreError: `files.empty`, `files.bad_type`, `files.unwritable`.
        """
        if not content:
            raise CallCentreError("files.empty", "This file is empty; choose another.", fault="user")
        kind = sendable_type(name, content)
        if kind is None:
            known = ", ".join(sorted(extension.lstrip(".") for extension in SENDABLE))
            sentence = f"This is no file that may be sent; these may, if they are what they say: {known}."
            raise CallCentreError("files.bad_type", sentence, fault="user")
        (kept,) = self._files.keep([NewFile(name=safe_name(name, kind), media_type=kind, content=content)])
        told = {"until_s": int(now_utc.timestamp()) + TICKET_S, "file": to_json(kept)}
        sealed = self._master.seal(json.dumps(told).encode(), f"outgoing file:{place}")
        return kept, base64.urlsafe_b64encode(sealed).decode()

    def taken(
        self, tickets: Sequence[str], place: str, channel: str, now_utc: datetime, *, most_bytes: int = 0
    ) -> tuple[Attachment, ...]:
        """Return the files that tickets name; `most_bytes` of all together is what the channel carries unless given.

        Raises:
            CallCentreError: `files.bad_ticket`, `files.too_large` when they are too much for one answer.
        """
        files = tuple(self._of(ticket, place, now_utc) for ticket in dict.fromkeys(tickets))
        most = most_bytes or (MESSAGE_BYTES if channel in ("email", "chat") else FILES_BYTES)
        if sum(file.size_bytes for file in files) > most:
            sentence = f"The files of one message have more than {most // 1_000_000} MB together; send them apart."
            raise CallCentreError("files.too_large", sentence, fault="user")
        return files

    def _of(self, ticket: str, place: str, now_utc: datetime) -> Attachment:
        try:
            sealed = base64.b64decode(ticket.encode("ascii"), altchars=b"-_", validate=True)
            told = json.loads(self._master.open(sealed, f"outgoing file:{place}"))
        except (binascii.Error, UnicodeEncodeError, CallCentreError) as error:
            raise _bad_ticket() from error
        if told["until_s"] < now_utc.timestamp():
            raise _bad_ticket()
        file: Attachment = from_json(Attachment, told["file"])
        return file


def _bad_ticket() -> CallCentreError:
    sentence = "A file of this message is not here any more; attach it again."
    return CallCentreError("files.bad_ticket", sentence, fault="user")
