"""Files that come and go with messages: encrypted, a private folder a message, nothing of a stranger's in a path."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from calls.conversation_events import Attachment
from calls.errors import CallCentreError
from channels.file_names import extension_of
from records.attachments import FILE, FOLDER, open_file, seal_file
from records.keys import MasterKey
from records.private import FILE_MODE, private_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """A file to be kept."""

    name: str
    """Safe to show; see `channels.file_names.safe_name`."""
    media_type: str
    content: bytes


class MessageFiles:
    """The folder of attachments. Everything here blocks."""

    def __init__(self, data_path: Path, master: MasterKey) -> None:
        """Files lie in the data folder, encrypted; it is made with the first."""
        self._root, self._master = data_path / FOLDER, master

    def keep(self, files: Sequence[NewFile], *, key: str = "") -> tuple[Attachment, ...]:
        """Write the files of one message, and return how the facts name them.

        Args:
            files: Checked already: bounded, with safe names.
            key: 32 hexadecimal digits that stand for the message, so that one that is taken again, after a crash, has
                its files in the same place; empty: a new place.

        Raises:
            CallCentreError: `files.unwritable`, retryable.
        """
        if not files:
            return ()
        key = key[:32] or secrets.token_hex(16)
        folder = self._root / key[:2] / key
        kept: list[Attachment] = []
        try:
            private_folder(self._root)
            private_folder(folder.parent)
            private_folder(folder)
            for number, file in enumerate(files[:99], 1):
                place = f"{key[:2]}/{key}/{number:02}{extension_of(file.name)}"
                stored, seal = seal_file(self._master, place, file.content)
                path = self._root / place
                with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE), "wb") as out:
                    out.write(stored)
                kept.append(
                    Attachment(
                        file=place,
                        name=file.name,
                        media_type=file.media_type,
                        size_bytes=len(file.content),
                        seal=seal,
                    )
                )
        except OSError as error:
            raise CallCentreError(
                "files.unwritable",
                f"Attachments cannot be written to {self._root} ({error.strerror}). Make room or mend its rights; what "
                "waits is taken then.",
                fault="operator",
                retryable=True,
            ) from error
        return tuple(kept)

    def read(self, attachment: Attachment) -> bytes:
        """Return the content of a file that a fact names.

        Raises:
            CallCentreError: `files.unknown` when it is none of ours, or is gone; `files.damaged`.
        """
        path = self._root / attachment.file
        if not FILE.fullmatch(attachment.file) or not path.is_file():
            raise CallCentreError("files.unknown", "This file is not kept here, or not any more.", fault="user")
        try:
            stored = path.read_bytes()
        except OSError as error:
            raise CallCentreError("files.unknown", "This file cannot be read any more.", fault="us") from error
        return open_file(self._master, attachment.file, attachment.seal, stored)
