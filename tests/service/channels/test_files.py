from __future__ import annotations

import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from calls.conversation_events import Attachment, MessageReceived
from calls.errors import CallCentreError
from calls.events import NewEvent
from calls.ids import MessageId
from records.attachments import attachments_beside, delete_files, delete_older
from records.erasure import erase_streams
from records.keys import MasterKey
from records.store import EventStore
from service.channels.files import MessageFiles, NewFile

MASTER = MasterKey(bytes(range(32)))
KEY = "0123456789abcdef" * 2
PHOTO = NewFile(name="contador ñ.JPG", media_type="image/jpeg", content=b"\xff\xd8\xff")


def test_when_files_are_kept_then_they_are_private_and_nothing_of_a_strangers_is_in_their_path(tmp_path: Path) -> None:
    files = MessageFiles(tmp_path, MASTER)

    kept = files.keep([PHOTO, NewFile(name="x", media_type="text/plain", content=b"hi")], key=KEY)

    assert [each.file for each in kept] == [f"01/{KEY}/01.jpg", f"01/{KEY}/02"]
    assert kept[0].name == "contador ñ.JPG"
    assert files.read(kept[0]) == PHOTO.content
    for path in tmp_path.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def test_when_a_message_is_taken_again_then_its_files_are_in_the_same_place(tmp_path: Path) -> None:
    files = MessageFiles(tmp_path, MASTER)

    assert files.keep([PHOTO], key=KEY) == files.keep([PHOTO], key=KEY)
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1
    assert files.keep([], key=KEY) == ()


def test_when_somebody_has_the_disk_then_no_file_can_be_read_without_its_fact(tmp_path: Path) -> None:
    words = NewFile(name="brief.txt", media_type="text/plain", content=b"Ana Ruiz, Calle Mayor 3" * 40)
    files = MessageFiles(tmp_path, MASTER)
    (kept,) = files.keep([words], key=KEY)
    stored = (tmp_path / "attachments" / kept.file).read_bytes()

    assert b"Ana" not in stored
    assert files.read(kept) == words.content
    for other in (replace(kept, seal="00" * 32), replace(kept, seal="")):
        with pytest.raises(CallCentreError, match="another master key"):
            files.read(other)
    with pytest.raises(CallCentreError, match="another master key"):
        MessageFiles(tmp_path, MasterKey(bytes(32))).read(kept)


def test_when_a_file_is_changed_or_moved_then_it_is_not_read(tmp_path: Path) -> None:
    files = MessageFiles(tmp_path, MASTER)
    (kept,), (other,) = files.keep([PHOTO], key=KEY), files.keep([PHOTO])
    path, elsewhere = (tmp_path / "attachments" / each.file for each in (kept, other))
    stored = path.read_bytes()

    elsewhere.write_bytes(stored)
    path.write_bytes(stored[:-1] + bytes([stored[-1] ^ 1]))

    for each in (kept, other):
        with pytest.raises(CallCentreError) as raised:
            files.read(each)
        assert raised.value.code == "files.damaged"


@pytest.mark.parametrize("file", ["../../etc/passwd", "01/../../x", f"01/{KEY}/01.jpg", "", "/etc/passwd"])
def test_when_a_file_is_none_of_ours_then_it_is_unknown(file: str, tmp_path: Path) -> None:
    with pytest.raises(CallCentreError, match="not kept here"):
        MessageFiles(tmp_path, MASTER).read(
            Attachment(file=file, name="x", media_type="image/jpeg", size_bytes=1, seal="")
        )


def test_when_messages_are_forgotten_then_their_files_are_gone(tmp_path: Path) -> None:
    files = MessageFiles(tmp_path, MASTER)
    kept, other = files.keep([PHOTO], key=KEY), files.keep([PHOTO])
    root, now_s = attachments_beside(tmp_path / "recordings"), datetime.now(UTC).timestamp()

    assert delete_files(root, [kept[0].file, "../../x", "/etc/passwd"]) == 1
    assert files.read(other[0]) == PHOTO.content
    assert delete_older(root, now_s - 86_400) == 0
    assert delete_older(root, now_s + 86_400) == 1
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_when_a_conversation_is_erased_then_its_files_go_with_it(tmp_path: Path) -> None:
    files, store = MessageFiles(tmp_path, MASTER), EventStore.open_dir(tmp_path)
    kept, other = files.keep([PHOTO], key=KEY), files.keep([PHOTO])
    now_utc = datetime.now(UTC)
    received = MessageReceived(message_id=MessageId("m1"), text="Hola", attachments=kept, external_id="")
    store.append(
        [NewEvent(stream_kind="conversation", stream_id="c1", body=received, at_utc=now_utc, t_ms=None, source="t")]
    )

    erase_streams(store, ["conversation:c1"], now_utc, recordings=tmp_path / "recordings")

    with pytest.raises(CallCentreError):
        files.read(kept[0])
    assert files.read(other[0]) == PHOTO.content
    store.close()
