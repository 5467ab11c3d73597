"""Files with personal data are readable by their owner alone: new ones from their first byte, old ones at a start."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

FOLDER_MODE, FILE_MODE = 0o700, 0o600
OURS = (
    "warmline.sqlite3*",
    "master.key",
    "warmline.lock",
    "erased.jsonl",
    "unwritten*.events",
    "recordings",
    "attachments",
    "cache",
    "staff",
)
"""Names in a data folder that are ours; one that holds others too may serve something else, and keeps its own mode."""


def private_folder(path: Path) -> None:
    """Make a folder that only its owner opens, if it is not there.

    Raises:
        OSError: it cannot be made, or is a file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir(mode=FOLDER_MODE, exist_ok=True)


def private_file(path: Path) -> None:
    """Make an empty file that only its owner reads, if it is not there.

    Raises:
        OSError: it cannot be made.
    """
    os.close(os.open(path, os.O_RDONLY | os.O_CREAT, FILE_MODE))


def private_from_now_on() -> None:
    """Whatever this process and its children make from now on is theirs alone. For a whole program, at its start."""
    os.umask(0o077)


def close_to_others(data_dir: Path) -> None:
    """Take from everybody else the right to what lies in a data folder already. What is not ours is left alone."""
    if not data_dir.is_dir():
        return
    ours = {path for pattern in OURS for path in data_dir.glob(pattern)}
    for path in ours:
        _close(path)
        if path.is_dir() and not path.is_symlink():
            for inner in path.rglob("*"):
                _close(inner)
    if ours and set(data_dir.iterdir()) <= ours:
        _close(data_dir)


def _close(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError, PermissionError):  # gone meanwhile, or another user's
        mode = path.lstat().st_mode
        if not stat.S_ISLNK(mode) and mode & 0o077:
            path.chmod(stat.S_IMODE(mode) & 0o700)
