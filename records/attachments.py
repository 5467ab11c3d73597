"""Where files of messages lie beside the log, encrypted, and how they go: with the person, or with age. It all blocks.

A file's key comes from the master key and its seal, which stands among the personal fields of the fact that names it:
whoever has the folder alone, or with the master key after the person was erased, reads nothing (docs/adr/0019).
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from calls.errors import CallCentreError
from records.keys import NONCE_BYTES, MasterKey

FOLDER = "attachments"
"""Beside the recordings."""
FILE = re.compile(r"[0-9a-f]{2}/[0-9a-f]{32}/[0-9]{2}(?:\.[a-z0-9]{1,8})?")
"""How facts name a file: a folder a message, and a number. Nothing of a sender's is in it."""


def attachments_beside(recordings: Path) -> Path:
    """Return the folder of attachments of a data folder whose recordings lie there."""
    return recordings.with_name(FOLDER)


def seal_file(master: MasterKey, file: str, content: bytes) -> tuple[bytes, str]:
    """Encrypt the content of a file; return what is to be stored, and its seal, without which nobody reads it.

    The same content in the same place has the same seal and the same stored bytes, so that a message that is taken
    again leaves the fact that was written of it right.
    """
    seal = master.mark(f"{file}\0{hashlib.sha256(content).hexdigest()}", "attachment seal")
    return _cipher(master, file, seal).encrypt(_NONCE, content, file.encode()), seal


def open_file(master: MasterKey, file: str, seal: str, stored: bytes) -> bytes:
    """Return the content of a stored file.

    Raises:
        CallCentreError: `files.damaged` when it was changed, or the seal is another one's.
    """
    try:
        return _cipher(master, file, seal).decrypt(_NONCE, stored, file.encode())
    except InvalidTag as error:
        sentence = "This file was changed after it was kept, or belongs to another master key; restore a backup."
        raise CallCentreError("files.damaged", sentence, fault="operator") from error


_NONCE = bytes(NONCE_BYTES)
"""A key encrypts one content in one place and nothing else, so its nonce may always be the same."""


def _cipher(master: MasterKey, file: str, seal: str) -> AESGCM:
    return AESGCM(bytes.fromhex(master.mark(f"{file}\0{seal}", "attachment key")))


def stored_files(root: Path) -> list[str]:
    """Return the names of all files, as facts name them."""
    names = (path.relative_to(root).as_posix() for path in sorted(root.glob("??/*/*")))
    return [name for name in names if FILE.fullmatch(name)]


def delete_files(root: Path, files: Iterable[str]) -> int:
    """Delete the messages' folders of these files, and return how many files there were; other names count not."""
    folders = {(root / file).parent for file in files if FILE.fullmatch(file)}
    count = 0
    for folder in folders:
        count += sum(1 for _ in folder.glob("*"))
        shutil.rmtree(folder, ignore_errors=True)
    return count


def delete_older(root: Path, before_s: float) -> int:
    """Delete the folders of messages that came before a time, and return how many that were."""
    old = [folder for folder in root.glob("??/*") if folder.stat().st_mtime < before_s]
    for folder in old:
        shutil.rmtree(folder, ignore_errors=True)
    return len(old)
