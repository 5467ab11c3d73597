"""What processes of one database share about challenges: the keys of the seals, that no table holds."""

from __future__ import annotations

from pathlib import Path

from calls.nonces import NonceUse
from records import database
from records.keys import MasterKey
from records.store import EventStore
from service.shared_tables import CountedNonces


async def test_when_processes_share_the_master_key_then_they_seal_alike_and_the_database_holds_no_key(
    tmp_path: Path,
) -> None:
    url = database.default_url(tmp_path)
    stores = [EventStore(url, MasterKey(bytes(range(32)))) for _ in range(2)]
    here, there = (CountedNonces(store) for store in stores)
    elsewhere_store = EventStore(database.default_url(tmp_path / "elsewhere"), MasterKey(bytes(32)))
    elsewhere = CountedNonces(elsewhere_store)
    assert here.seal_key(7) == there.seal_key(7)
    assert len({here.seal_key(7), here.seal_key(8), elsewhere.seal_key(7)}) == 3
    assert len(here.seal_key(7)) == 32
    use = NonceUse("s1-tok", await here.now_ms(), 1)
    assert [await here.take(use), await there.take(use)] == [True, False]
    for store in (*stores, elsewhere_store):
        store.close()
    stored = _bytes_of(tmp_path)
    assert b"s1-tok" in stored
    for secret in (here.seal_key(7), here.seal_key(8)):
        assert secret not in stored
        assert secret.hex().encode() not in stored


def _bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob(f"{database.FILE_NAME}*"))
