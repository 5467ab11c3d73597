"""One person in every place that takes words; after `warmline erase --number` no store, file or dump knows any of it.

A fact of every type with personal fields is made here from the types themselves, so that a new one is looked at too.
"""

from __future__ import annotations

import base64
import dataclasses
import subprocess
import types
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, NewType, Union, get_args, get_origin, get_type_hints

import pytest
import sqlalchemy as sa

from calls.conversation_events import Attachment, MessageReceived
from calls.customer_events import CUSTOMER_PERSONAL
from calls.events import EVENT_BODIES, PERSONAL_FIELDS, CallEnded, EventBody, NewEvent, RecordingStarted, StreamKind
from calls.ids import CustomerId, MessageId
from calls.staff_events import STAFF_PERSONAL
from customers.store import NewIdentifier
from records import database, schema
from records.keys import open_body
from records.rows import place_of
from records.store import EventStore
from service.call_store import open_store
from service.channels.files import MessageFiles, NewFile
from service.cli import main
from service.clock import SystemClock
from service.config import Config, load_config
from service.customers.open_records import customer_store, upkeep_of
from service.desk.desk_tables import Callback, DeskTables
from service.staff.drafts import Draft, Drafts, drafts
from tests.postgres_server import PostgresServer

MARK = "Quetzalhilfe"
NUMBER = "+34600123456"
OTHER = "Nachbarin"
CALL, CONVERSATION, SMS = "c-ana", "v-ana", "v-sms"
FORMS = (
    MARK.encode(),
    MARK.lower().encode(),
    MARK.encode("utf-16-le"),
    base64.b64encode(MARK.encode()).rstrip(b"="),
    b"600123456",
    b"600 12 34 56",
)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.peer)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A data folder and its database."""
    url = database.default_url(tmp_path / "data")
    server: PostgresServer | None = None
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres")
        if server is None:
            pytest.skip("needs a PostgreSQL server (apt-get install postgresql)")
        url = server.new_database()
    file = tmp_path / "warmline.toml"
    lines = f'data_dir = "{tmp_path / "data"}"\n'
    file.write_text(lines + (f'database_url = "{url}"\n' if server else ""))
    return Place(file, load_config(file).config, url, server)


@dataclass
class Place:
    file: Path
    config: Config
    url: str
    server: PostgresServer | None

    def raw(self) -> dict[str, bytes]:
        """Return everything that is stored, as it is: files, and what a dump of the server holds."""
        found = {str(path): path.read_bytes() for path in self.config.data_path.rglob("*") if path.is_file()}
        if self.server is not None:
            command = (str(self.server.programs / "pg_dump"), "-h", str(self.server.folder), "-U", "wl", "--inserts")
            name = sa.make_url(self.url).database or ""
            done = subprocess.run([*command, name], check=True, capture_output=True)
            found["dump"] = done.stdout
        return found

    def readable(self, store: EventStore) -> set[str]:
        """Return where the person's words can be read by whoever has the disk, the database and the master key."""
        found: set[str] = set()
        with store.engine.connect() as connection:
            rows = connection.execute(sa.select(schema.events)).all()
            keys = store.stored_keys(connection, {row.subject for row in rows})
            for row in rows:
                where = place_of(row.stream_kind, row.stream_id, row.seq)
                if _has(str(open_body(row.body, keys.get(row.subject), where))):
                    found.add(f"{row.stream_kind} {row.type}")
            for row in connection.execute(sa.select(drafts)):
                if _has(store.master.open(row.sealed, f"draft:{row.contact_id}").decode()):
                    found.add(f"draft {row.contact_id}")
        for name, content in self.raw().items():
            if any(form in content for form in FORMS):
                found.add(f"file {Path(name).relative_to(self.config.data_path) if name != 'dump' else name}")
        return found


def _has(text: str) -> bool:
    return MARK in text or "600123456" in text


def filled(hint: Any, *, words: bool) -> Any:
    """Return a value of a type, the person's word in every text of it."""
    if isinstance(hint, NewType):
        hint = hint.__supertype__
    origin = get_origin(hint)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return fact_of(hint, everywhere=words)
    if origin is Literal:
        return get_args(hint)[0]
    if origin is tuple:
        return (filled(get_args(hint)[0], words=words),)
    if origin in (Union, types.UnionType):
        return filled(get_args(hint)[0], words=words)
    plain: dict[Any, Any] = {str: MARK if words else "x1", int: 0, float: 0.5, bool: False}
    return plain[hint]


def fact_of(cls: type[Any], *, everywhere: bool = False) -> Any:
    """Return one fact of a type, with the person's word in its personal fields."""
    kind = str(cls.__dataclass_fields__["type"].default) if "type" in cls.__dataclass_fields__ else ""
    personal = PERSONAL_FIELDS.get(kind, ())
    hints = get_type_hints(cls)
    values = {
        field.name: filled(hints[field.name], words=everywhere or field.name in personal)
        for field in dataclasses.fields(cls)
        if field.name != "type"
    }
    return cls(**values)


def stream_for(kind: str, ana: str, case: str) -> tuple[StreamKind, str]:
    if kind in CUSTOMER_PERSONAL:
        return ("case", case) if kind.startswith("case_") else ("customer", ana)
    conversational = ("conversation_", "message_", "reply_")
    return ("conversation", CONVERSATION) if kind.startswith(conversational) else ("call", CALL)


def write(place: Place, store: EventStore) -> CustomerId:
    """Put the person everywhere; return their record."""
    clock, config = SystemClock(), place.config
    customers = customer_store(store, clock, config)
    phone = NewIdentifier(kind="phone", value=NUMBER, evidence="by_staff")
    ana = customers.open("staff", name=MARK, identifiers=[phone], by="ben")
    case = customers.open_case(ana, subject=MARK, topic="", by="ben")

    def put(kind: StreamKind, stream_id: str, *bodies: EventBody) -> None:
        now_utc = clock.now_utc()
        new = [
            NewEvent(stream_kind=kind, stream_id=stream_id, body=body, at_utc=now_utc, t_ms=0, source="x")
            for body in bodies
        ]
        store.append_with(new, release=True) if kind != "call" else store.append(new)

    files = MessageFiles(config.data_path, store.master)
    kept = files.keep([NewFile(name=f"{MARK}.txt", media_type="text/plain", content=MARK.encode() * 9)])
    for cls in EVENT_BODIES:
        kind = str(cls.__dataclass_fields__["type"].default)
        if kind in PERSONAL_FIELDS and kind not in STAFF_PERSONAL:
            body = fact_of(cls)
            if isinstance(body, MessageReceived):
                body = dataclasses.replace(body, attachments=kept)
            elif kind == "message_sent":
                body = dataclasses.replace(body, attachments=())
            put(*stream_for(kind, ana, case), body)
    put("call", CALL, RecordingStarted(file=f"{CALL}.wav", rate_hz=8000))
    put("call", CALL, CallEnded(result="completed", reason="caller_hung_up"))
    put("conversation", SMS, _sms(NUMBER), _received(MARK))
    config.recordings_path.mkdir(exist_ok=True)
    (config.recordings_path / f"{CALL}.wav").write_bytes(MARK.encode() * 100)
    spoken = config.data_path / "cache" / "speech"
    spoken.mkdir(parents=True)
    (spoken / "a.speech").write_bytes(MARK.encode())
    customers.link_contact(ana, "call", CALL, evidence="by_staff", by="ben")
    customers.link_contact(ana, "conversation", CONVERSATION, evidence="by_staff", by="ben")
    DeskTables(store).owe(
        Callback(
            callback_id="b-ana",
            call_id=CALL,
            queue="main",
            language="es",
            skills=(),
            vip=False,
            since_utc=clock.now_utc(),
            attempts=0,
            not_before_utc=clock.now_utc() + timedelta(hours=1),
            state="owed",
        )
    )
    for contact in (CALL, CONVERSATION, SMS, "b-ana"):
        Drafts(store, clock).keep("ben", contact, Draft(summary=MARK, reply=MARK))
    upkeep_of(store, customers).index_new_words(clock.now_utc())
    return ana


def _sms(address: str) -> EventBody:
    cls = next(c for c in EVENT_BODIES if c.__name__ == "ConversationOpened")
    opened: EventBody = dataclasses.replace(fact_of(cls), channel="sms", address=address)
    return opened


def _received(text: str) -> EventBody:
    return MessageReceived(message_id=MessageId("m9"), text=text, attachments=(), external_id="")


def write_other(place: Place, store: EventStore) -> CustomerId:
    """Put somebody else beside them, who stays."""
    customers = customer_store(store, SystemClock(), place.config)
    other = customers.open("staff", name=OTHER, by="ben")
    Drafts(store, SystemClock()).keep("ben", "c-other", Draft(summary=OTHER))
    return other


def test_when_a_number_is_erased_then_nothing_of_its_person_is_left_anywhere(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    store = open_store(place.config, to_serve=True)
    ana, other = write(place, store), write_other(place, store)
    before = place.readable(store)
    names = {str(cls.__dataclass_fields__["type"].default) for cls in EVENT_BODIES} & set(PERSONAL_FIELDS)
    assert {name.partition(" ")[2] for name in before} >= names - set(STAFF_PERSONAL), "the test puts words everywhere"
    assert {f"draft {name}" for name in (CALL, CONVERSATION, SMS, "b-ana")} <= before
    assert not {name for name in before if "attachments" in name}, "files are encrypted before anybody is erased"
    store.close()

    assert main(["erase", "--config", str(place.file), "--number", NUMBER, "--yes"]) == 0

    printed = capsys.readouterr().out
    assert "2 conversations" in printed
    store = open_store(place.config)
    try:
        assert place.readable(store) == set()
        assert [path for path in (place.config.data_path / "attachments").rglob("*") if path.is_file()] == []
        assert list(place.config.recordings_path.iterdir()) == []
        assert DeskTables(store).owed() == []
        customers = customer_store(store, SystemClock(), place.config)
        assert customers.person(ana) is None
        assert not customers.persons_with("phone", NUMBER)
        with store.engine.connect() as connection:
            for name in ("customer_words", "customer_identifiers", "conversations", "messages", "customer_timeline"):
                if name in sa.inspect(store.engine).get_table_names():
                    rows = connection.execute(sa.text(f"SELECT * FROM {name}")).mappings().all()
                    assert [row for row in rows if other not in (row.get("customer_id"), row.get("person_id"))] == []
        person = customers.person(other)
        assert person is not None
        assert person.name == OTHER
        assert Drafts(store, SystemClock()).read("ben", "c-other") == Draft(summary=OTHER)
    finally:
        store.close()


def test_when_an_attachment_is_made_then_its_type_names_what_reads_it() -> None:
    assert "seal" in {field.name for field in dataclasses.fields(Attachment)}
