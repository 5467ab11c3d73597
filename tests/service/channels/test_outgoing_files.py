"""Files that staff attach: kept once, named by a ticket that holds for one conversation, one person, one day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from calls.errors import CallCentreError
from records.keys import MasterKey
from service.channels.files import MessageFiles
from service.channels.outgoing_files import MESSAGE_BYTES, OutgoingFiles

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
MASTER = MasterKey(bytes(32))


def outgoing(folder: Path) -> tuple[MessageFiles, OutgoingFiles]:
    files = MessageFiles(folder, MASTER)
    return files, OutgoingFiles(files, MASTER)


def refusal(desk: OutgoingFiles, ticket: str, place: str, at: datetime = NOW, channel: str = "chat") -> str:
    with pytest.raises(CallCentreError) as raised:
        desk.taken([ticket], place, channel, at)
    return raised.value.code


def test_when_a_file_was_taken_then_its_ticket_brings_it_back(tmp_path: Path) -> None:
    files, desk = outgoing(tmp_path)

    kept, ticket = desk.take("../plan.pdf", b"%PDF-1.7", "c1 eva", NOW)

    assert (kept.name, kept.media_type) == ("plan.pdf", "application/pdf")
    assert desk.taken([ticket, ticket], "c1 eva", "email", NOW) == (kept,)
    assert files.read(kept) == b"%PDF-1.7"


def test_when_a_ticket_is_anothers_old_or_made_up_then_it_brings_nothing(tmp_path: Path) -> None:
    _, desk = outgoing(tmp_path)
    _, ticket = desk.take("plan.pdf", b"%PDF-1.7", "c1 eva", NOW)

    assert refusal(desk, ticket, "c2 eva") == "files.bad_ticket"
    assert refusal(desk, ticket, "c1 eva", NOW + timedelta(hours=25)) == "files.bad_ticket"
    assert refusal(desk, "ñ", "c1 eva") == "files.bad_ticket"
    assert refusal(desk, "AAAA" * 20, "c1 eva") == "files.bad_ticket"


def test_when_files_are_too_much_for_the_channel_then_it_says_so_before_anything_is_sent(tmp_path: Path) -> None:
    _, desk = outgoing(tmp_path)
    large = b"%PDF-" + bytes(6_000_000)
    _, ticket = desk.take("large.pdf", large, "c1 eva", NOW)
    tickets = [desk.take("large.pdf", large, "c1 eva", NOW)[1] for _ in range(MESSAGE_BYTES // len(large) + 1)]

    assert len(desk.taken([ticket], "c1 eva", "email", NOW)) == 1
    assert refusal(desk, ticket, "c1 eva", channel="whatsapp") == "files.too_large"
    with pytest.raises(CallCentreError, match="15 MB together"):
        desk.taken(tickets, "c1 eva", "email", NOW)


def test_when_a_file_is_empty_then_it_is_not_taken(tmp_path: Path) -> None:
    with pytest.raises(CallCentreError, match="empty"):
        outgoing(tmp_path)[1].take("plan.txt", b"", "c1 eva", NOW)
