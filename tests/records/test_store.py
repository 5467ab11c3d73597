"""Appending, reading, one writer a stream, encryption and real erasure; on SQLite, and on PostgreSQL where it is."""

from __future__ import annotations

import json
import sqlite3
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings

from calls.errors import CallCentreError
from calls.events import CallAnswered, CallEnded, CallOffered, Event, EventBody, NewEvent, TurnEnded, UtteranceHeard
from calls.ids import TurnId, UtteranceId
from calls.speech import Word
from records import database, schema
from records.erasure import erase_subjects
from records.keys import ERASED, MasterKey
from records.phone_bindings import BindingTable
from records.store import EventStore
from tests.records.strategies import streams

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
OFFERED = CallOffered(transport="sip", caller="+34600123456", caller_name="Ana Ruiz", called="bot", peer_call_id="x@y")
HEARD = UtteranceHeard(
    utterance_id=UtteranceId("u1"),
    member="caller",
    language="es",
    language_prob=0.9,
    start_ms=100,
    end_ms=900,
    words=(
        Word(text="hola", start_ms=100, end_ms=400, prob=0.9),
        Word(text="buenas", start_ms=450, end_ms=900, prob=0.8),
    ),
    engine="whisper-base",
)
ENDED = CallEnded(result="completed", reason="caller_hung_up")


def turn(text: str) -> TurnEnded:
    return TurnEnded(
        turn_id=TurnId("t1"),
        speaker="caller",
        text=text,
        language="es",
        start_ms=100,
        end_ms=900,
        utterance_ids=(UtteranceId("u1"),),
        interrupted=False,
    )


def fact(body: EventBody, call: str = "c1", t_ms: int | None = 0) -> NewEvent:
    return NewEvent(stream_kind="call", stream_id=call, body=body, at_utc=NOW, t_ms=t_ms, source="call")


def test_when_facts_are_appended_then_they_are_read_back_with_dense_numbers(store: EventStore) -> None:
    store.append([fact(OFFERED, t_ms=None), fact(CallAnswered(language="es", flow="main"))])
    store.append([fact(HEARD, t_ms=900)])
    events = store.read("call", "c1")
    assert [event.seq for event in events] == [1, 2, 3]
    assert [event.body for event in events] == [OFFERED, CallAnswered(language="es", flow="main"), HEARD]
    assert events[0].at_utc == NOW
    assert events[0].t_ms is None
    assert store.read("call", "c1", after=2) == events[2:]
    assert store.read("call", "c1", limit=1) == events[:1]
    assert store.read("call", "other") == []


def test_when_several_streams_are_in_one_group_then_each_counts_for_itself(store: EventStore) -> None:
    done = store.append([fact(OFFERED, "a"), fact(OFFERED, "b"), fact(turn("x"), "a"), fact(ENDED, "b")])
    assert [(event.stream_id, event.seq) for event in done] == [("a", 1), ("b", 1), ("a", 2), ("b", 2)]


@given(events=streams(max_size=8))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_when_any_fact_is_stored_then_it_comes_back_the_same(store: EventStore, events: list[Event]) -> None:
    call = uuid.uuid4().hex
    ended = False
    for event in events:
        if isinstance(event.body, CallEnded):
            if ended:
                continue
            ended = True
        store.append([fact(event.body, call)])
    kept = [event.body for event in store.read("call", call)]
    firsts = [event.body for event in events]
    seen_end = False
    wanted = []
    for body in firsts:
        if isinstance(body, CallEnded):
            if seen_end:
                continue
            seen_end = True
        wanted.append(body)
    assert kept == wanted


def test_when_one_stream_of_many_is_refused_then_nothing_of_that_commit_is_kept_and_each_works_alone(
    url: str, master: MasterKey
) -> None:
    ours, other = EventStore(url, master, owner="us"), EventStore(url, master, owner="them")
    ours.append([fact(OFFERED, "a"), fact(OFFERED, "b")])
    other.append([fact(OFFERED, "theirs")])
    ours.append([fact(OFFERED, "d"), fact(ENDED, "d")])
    for refused in (fact(HEARD, "theirs"), fact(ENDED, "d")):
        with pytest.raises(CallCentreError) as caught:
            ours.append([fact(HEARD, "a"), fact(ENDED, "b"), refused])
        assert caught.value.code == "stream.conflict"
    assert [len(ours.read("call", call)) for call in ("a", "b", "theirs", "d")] == [1, 1, 1, 2]
    done = ours.append([fact(HEARD, "a"), fact(ENDED, "b"), fact(HEARD, "a")])
    assert [(event.stream_id, event.seq) for event in done] == [("a", 2), ("b", 2), ("a", 3)]
    closed = {info.stream_id: info.closed_at_utc for info in ours.streams("call")}
    assert closed["a"] is None
    assert closed["b"] == NOW
    ours.close()
    other.close()


def test_when_another_process_writes_a_stream_then_it_is_refused(
    url: str, master: MasterKey, store: EventStore
) -> None:
    other = EventStore(url, master)
    store.append([fact(OFFERED)])
    with pytest.raises(CallCentreError) as caught:
        other.append([fact(turn("x"))])
    assert caught.value.code == "stream.conflict"
    store.append([fact(turn("mine"))])
    store.release("call", "c1")
    assert [event.seq for event in other.append([fact(turn("theirs"))])] == [3]
    with pytest.raises(CallCentreError):
        store.append([fact(turn("late"))])
    other.close()


def test_when_a_call_ended_then_it_cannot_end_again_but_may_be_corrected(store: EventStore) -> None:
    store.append([fact(OFFERED), fact(ENDED)])
    with pytest.raises(CallCentreError) as caught:
        store.append([fact(ENDED)])
    assert caught.value.code == "stream.conflict"
    assert [event.seq for event in store.append([fact(turn("a correction"))])] == [3]


def test_when_streams_are_listed_then_open_ones_and_pages_can_be_asked_for(store: EventStore) -> None:
    for n in range(5):
        entry = fact(OFFERED, f"c{n}")
        at = NOW + timedelta(seconds=n)
        store.append([NewEvent(stream_kind="call", stream_id=f"c{n}", body=OFFERED, at_utc=at, t_ms=None, source="x")])
        if n % 2 == 0:
            store.append([NewEvent(stream_kind="call", stream_id=f"c{n}", body=ENDED, at_utc=at, t_ms=0, source="x")])
        assert entry.stream_id == f"c{n}"
    assert [info.stream_id for info in store.streams("call")] == ["c4", "c3", "c2", "c1", "c0"]
    assert [info.stream_id for info in store.streams("call", open_only=True)] == ["c3", "c1"]
    first = store.streams("call", limit=2)
    assert [info.stream_id for info in store.streams("call", before_utc=first[-1].opened_at_utc)] == ["c2", "c1", "c0"]


def test_when_facts_are_read_by_type_then_only_that_type_comes_oldest_first(store: EventStore) -> None:
    store.append([fact(OFFERED, "a"), fact(ENDED, "a"), fact(OFFERED, "b")])
    assert [event.stream_id for event in store.read_type("call_offered", NOW)] == ["a", "b"]
    assert store.read_type("call_offered", NOW + timedelta(seconds=1)) == []


def test_when_personal_fields_are_stored_then_they_are_unreadable_in_the_database(store: EventStore) -> None:
    store.append([fact(OFFERED), fact(HEARD), fact(turn("me llamo Ana"))])
    with store.engine.connect() as connection:
        raw = json.dumps([row.body for row in connection.execute(sa.select(schema.events))])
    for secret in ("600123456", "Ana", "hola", "buenas", "llamo"):
        assert secret not in raw
    assert "whisper-base" in raw


def test_when_a_sealed_field_is_moved_to_another_event_then_it_is_refused(store: EventStore) -> None:
    store.append([fact(turn("one")), fact(turn("two"))])
    table = schema.events
    with store.engine.execution_options(writes=True).begin() as connection:
        body = connection.execute(sa.select(table.c.body).where(table.c.seq == 1)).scalar_one()
        connection.execute(sa.update(table).where(table.c.seq == 2).values(body=body))
    with pytest.raises(CallCentreError) as caught:
        store.read("call", "c1")
    assert caught.value.code == "event.damaged"


def test_when_a_subject_is_erased_then_its_fields_are_gone_and_the_stream_is_whole(store: EventStore) -> None:
    store.append([fact(OFFERED), fact(HEARD), fact(turn("me llamo Ana")), fact(OFFERED, "c2")])
    assert erase_subjects(store, ["call:c1"], NOW) == ("call:c1",)
    events = store.read("call", "c1")
    assert [event.seq for event in events] == [1, 2, 3]
    assert isinstance(events[0].body, CallOffered)
    assert (events[0].body.caller, events[0].body.caller_name, events[0].body.called) == (ERASED, ERASED, "bot")
    assert isinstance(events[1].body, UtteranceHeard)
    assert events[1].body.words == (Word(text=ERASED, start_ms=100, end_ms=900, prob=0.0),)
    assert isinstance(events[2].body, TurnEnded)
    assert events[2].body.text == ERASED
    other = store.read("call", "c2")[0].body
    assert isinstance(other, CallOffered)
    assert other.caller == "+34600123456"


def test_when_facts_come_after_the_erasure_then_nothing_personal_is_kept(store: EventStore) -> None:
    store.append([fact(OFFERED)])
    erase_subjects(store, ["call:c1"], NOW)
    store.append([fact(turn("me llamo Ana"))])
    late = store.read("call", "c1")[1].body
    assert isinstance(late, TurnEnded)
    assert late.text == ERASED


def test_when_a_person_is_erased_then_all_linked_subjects_are(store: EventStore) -> None:
    store.append([fact(OFFERED, "a"), fact(OFFERED, "b"), fact(OFFERED, "c")])
    store.link_subject("call:a", "customer:7", NOW)
    store.link_subject("call:b", "customer:7", NOW)
    assert set(erase_subjects(store, ["customer:7"], NOW)) == {"call:a", "call:b"}
    callers = [
        event.body.caller for event in store.read_type("call_offered", NOW) if isinstance(event.body, CallOffered)
    ]
    assert callers == [ERASED, ERASED, "+34600123456"]
    assert erase_subjects(store, ["customer:7"], NOW) == ()


def test_when_the_key_is_destroyed_then_its_bytes_are_in_no_file(tmp_path: Path, master: MasterKey) -> None:
    store = EventStore(database.default_url(tmp_path), master)
    store.append([fact(OFFERED)])
    with store.engine.connect() as connection:
        wrapped = connection.execute(sa.select(schema.keys.c.wrapped)).scalar_one()
    assert any(wrapped in path.read_bytes() for path in tmp_path.iterdir())
    erase_subjects(store, ["call:c1"], NOW)
    assert not any(wrapped in path.read_bytes() for path in tmp_path.iterdir())
    store.close()


def test_when_the_master_key_is_another_then_the_start_says_so(url: str, store: EventStore) -> None:
    store.append([fact(OFFERED)])
    with pytest.raises(CallCentreError, match="does not fit the database"):
        EventStore(url, MasterKey(bytes(32)))


def test_when_the_key_file_is_made_then_only_the_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "master.key"
    MasterKey.load_or_create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_bytes()
    MasterKey.load_or_create(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("text", ["", "not base64 !", "c2hvcnQ="])
def test_when_the_key_is_not_a_key_then_the_sentence_says_so(text: str) -> None:
    with pytest.raises(CallCentreError) as caught:
        MasterKey.from_text(text)
    assert caught.value.code == "key.invalid"


def test_when_the_database_cannot_be_made_then_the_sentence_says_what_to_do(tmp_path: Path, master: MasterKey) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CallCentreError, match=r"cannot be written .* name another `data_dir`") as caught:
        EventStore(f"sqlite:///{tmp_path}/file/db.sqlite3", master)
    assert caught.value.code == "database.not_writable"


def test_when_the_server_does_not_answer_then_the_sentence_hides_the_password(master: MasterKey) -> None:
    with pytest.raises(CallCentreError, match="cannot be used") as caught:
        EventStore("postgresql://user:secret@127.0.0.1:1/warmline", master)
    assert caught.value.code == "database.unreachable"
    assert "secret" not in str(caught.value)


def test_when_the_database_may_only_be_read_then_writing_says_so(tmp_path: Path, master: MasterKey) -> None:
    EventStore(database.default_url(tmp_path), master).close()
    reader = EventStore(f"sqlite:///file:{tmp_path}/{database.FILE_NAME}?mode=ro&uri=true", master)
    with pytest.raises(CallCentreError, match="cannot be written") as caught:
        reader.renew(NOW)
    assert caught.value.code == "database.not_writable"
    reader.close()


def test_when_the_database_is_not_one_then_the_sentence_says_restore(tmp_path: Path, master: MasterKey) -> None:
    path = tmp_path / "db.sqlite3"
    path.write_bytes(b"this is not a database, but it is long enough to be taken for one" * 100)
    with pytest.raises(CallCentreError, match="warmline restore") as caught:
        EventStore(f"sqlite:///{path}", master)
    assert caught.value.code == "database.damaged"


def test_when_the_database_is_of_a_newer_version_then_it_is_left_alone(tmp_path: Path, master: MasterKey) -> None:
    EventStore(database.default_url(tmp_path), master).close()
    with sqlite3.connect(tmp_path / database.FILE_NAME) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(CallCentreError, match="newer Warmline"):
        EventStore(database.default_url(tmp_path), master)


def test_when_the_url_is_nonsense_then_the_sentence_names_the_forms(master: MasterKey) -> None:
    for url in ("nonsense", "oracle://x/y", "sqlite://", "sqlite:///:memory:"):
        with pytest.raises(CallCentreError) as caught:
            EventStore(url, master)
        assert caught.value.code == "database.url"


def test_when_tables_are_migrated_then_they_are_those_of_the_schema(store: EventStore) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    def is_ours(_item: object, name: str | None, kind: str, *_: object) -> bool:
        return kind != "table" or name in schema.metadata.tables  # other rooms' tables are theirs to compare

    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": is_ours})
        assert compare_metadata(context, schema.metadata) == []


def test_when_a_database_of_the_first_version_is_opened_then_its_facts_stay_and_the_new_tables_are_there(
    tmp_path: Path, master: MasterKey
) -> None:
    first = EventStore(database.default_url(tmp_path), master)
    first.append([fact(OFFERED, t_ms=None)])
    first.close()
    with sqlite3.connect(tmp_path / database.FILE_NAME) as connection:
        _drop_all_but(connection, "streams", "events", "keys", "owners", "alembic_version")
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    connection.close()
    again = EventStore(database.default_url(tmp_path), master)
    assert [event.body for event in again.read("call", "c1")] == [OFFERED]
    assert {"phone_bindings", "outbound_counts", "nonce_counts"} <= set(sa.inspect(again.engine).get_table_names())
    again.close()


def _drop_all_but(connection: sqlite3.Connection, *kept: str) -> None:
    """Make a database as an older version left it."""
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    for (name,) in names.fetchall():
        if name not in kept:
            connection.execute(f"DROP TABLE {name}")


def test_when_a_database_without_paths_of_phones_is_opened_then_its_phones_stay_registered(
    tmp_path: Path, master: MasterKey
) -> None:
    EventStore(database.default_url(tmp_path), master).close()
    with sqlite3.connect(tmp_path / database.FILE_NAME) as connection:
        connection.execute("ALTER TABLE phone_bindings DROP COLUMN path")
        first = ("streams", "events", "keys", "owners", "alembic_version")
        _drop_all_but(connection, *first, "phone_bindings", "outbound_counts")
        connection.execute("UPDATE alembic_version SET version_num = '0002'")
        stored = ("alice", "p", "<sip:alice@10.1.2.3>", 1000, "c", 1, *[f"2026-11-22T1{n}:00:00.000Z" for n in (2, 3)])
        row = (*stored, "udp", "10.1.2.3", 5062, 0, False, "one", "192.0.2.1:5060", "Desk 1.0")
        connection.execute(f"INSERT INTO phone_bindings VALUES ({', '.join('?' * len(row))})", row)
    connection.close()
    again = EventStore(database.default_url(tmp_path), master)
    (binding,) = BindingTable(again).of("alice")
    assert (binding.contact, binding.path) == ("<sip:alice@10.1.2.3>", ())
    again.close()
