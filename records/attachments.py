"""Where files of messages lie beside the log, and how they go: with the person, or with age. All of it blocks."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

FOLDER = "attachments"
"""Beside the recordings."""
FILE = re.compile(r"[0-9a-f]{2}/[0-9a-f]{32}/[0-9]{2}(?:\.[a-z0-9]{1,8})?")
"""How facts name a file: a folder a message, and a number. Nothing of a sender's is in it."""


def attachments_beside(recordings: Path) -> Path:
    """Return the folder of attachments of a data folder whose recordings lie there."""
    return recordings.with_name(FOLDER)


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
