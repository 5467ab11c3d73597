"""Files of visitors: announced, bounded, taken in pieces, kept under a ticket of their visitor alone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from calls.errors import CallCentreError
from records.keys import MasterKey
from service.channels.chat_limits import ChatGuard
from service.channels.files import MessageFiles
from service.channels.outgoing_files import OutgoingFiles
from service.channels.visitor_files import FILE_MS, FileAnnounced, VisitorFiles
from service.chat_config import ChatSection
from tests.service.channels.test_chat_limits import LIMITS

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
MASTER = MasterKey(bytes(32))
PDF = b"%PDF-1.7 the bill"
SECTION = ChatSection(file_mb=1, files_at_most=2, file_kinds=("pdf", "png"))


class Line:
    """The files of one page, over a folder."""

    def __init__(self, folder: Path, visitor: str = "v1", section: ChatSection = SECTION) -> None:
        self.kept = MessageFiles(folder, MASTER)
        self.files = VisitorFiles(OutgoingFiles(self.kept, MASTER), section, ChatGuard(LIMITS), visitor, "10.0.0.1")

    def announce(self, name: str = "bill.pdf", size_bytes: int = len(PDF), at_ms: int = 0) -> dict[str, Any]:
        return self.files.announced(FileAnnounced(kind="file", id="file-0001", name=name, size_bytes=size_bytes), at_ms)


async def test_when_a_file_comes_in_pieces_then_its_ticket_brings_it_to_a_message_of_its_visitor_alone(
    tmp_path: Path,
) -> None:
    line = Line(tmp_path)
    assert line.announce("../my\u202ebill.pdf") == {"kind": "file_wanted", "id": "file-0001"}
    assert await line.files.piece(PDF[:5], NOW) is None
    told = await line.files.piece(PDF[5:], NOW)
    assert told is not None
    assert (told["kind"], told["name"], told["size_bytes"]) == ("file_taken", "mybill.pdf", len(PDF))
    (file,) = await line.files.taken([told["ticket"]], NOW)
    assert line.kept.read(file) == PDF
    stored = (tmp_path / "attachments" / file.file).read_bytes()
    assert b"bill" not in stored, "what is on the disk is encrypted"
    with pytest.raises(CallCentreError, match="attach it again"):
        await Line(tmp_path, "v2").files.taken([told["ticket"]], NOW)
    with pytest.raises(CallCentreError, match="2 files at most"):
        await line.files.taken([told["ticket"]] * 3, NOW)


@pytest.mark.parametrize(
    ("name", "size_bytes", "code"),
    [
        ("bill.exe", 10, "files.bad_type"),
        ("bill", 10, "files.bad_type"),
        ("page.html", 10, "files.bad_type"),
        ("notes.txt", 10, "files.bad_type"),
        ("bill.pdf", 0, "files.empty"),
        ("bill.PDF", 1_000_001, "files.too_large"),
    ],
)
async def test_when_a_file_may_not_come_then_the_page_is_told_before_a_byte_of_it(
    tmp_path: Path, name: str, size_bytes: int, code: str
) -> None:
    line = Line(tmp_path)
    assert line.announce(name, size_bytes)["code"] == code
    assert await line.files.piece(PDF, NOW) is None, "nobody asked for it"
    assert Line(tmp_path, section=ChatSection(files_at_most=0)).announce()["code"] == "files.off"
    assert not (tmp_path / "attachments").exists()


async def test_when_a_file_is_another_than_it_says_larger_or_too_slow_then_nothing_of_it_is_kept(
    tmp_path: Path,
) -> None:
    line = Line(tmp_path)
    line.announce(size_bytes=len(PDF))
    told = await line.files.piece(b"MZ" + PDF[2:], NOW)
    assert told is not None
    assert told["code"] == "files.bad_type"
    line.announce(size_bytes=3)
    told = await line.files.piece(PDF, NOW)
    assert told is not None
    assert told["code"] == "files.too_large"
    line = Line(tmp_path)
    line.announce()
    assert line.files.look(FILE_MS) is None
    late = line.files.look(FILE_MS + 1)
    assert late is not None
    assert late["code"] == "files.too_slow"
    assert await line.files.piece(PDF, NOW) is None
    assert not (tmp_path / "attachments").exists()
