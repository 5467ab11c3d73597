"""Customer records in a database: the same suite on SQLite and on PostgreSQL."""

from __future__ import annotations

import random
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from calls.conversation_events import Attachment, ConversationOpened, MessageReceived
from calls.customer_events import ContactKind, IdentifierEvidence, IdentifierKind
from calls.errors import CallCentreError
from calls.events import CallEnded, CallOffered, EventBody, NewEvent, TopicFound, TurnEnded
from calls.ids import CustomerId, MessageId, TurnId
from customers import tables
from customers.changes import Change
from customers.store import CONFIDENCE, CustomerStore, NewIdentifier
from customers.timeline import TimelineItem
from customers.upkeep import Upkeep
from records.erasure import erase_person
from records.retention import apply_retention
from records.store import EventStore
from tests.customers.conftest import SteppingClock

PHONE, MAIL = "+34600123456", "ana@example.com"


def new(kind: IdentifierKind, value: str, evidence: IdentifierEvidence = "by_staff") -> NewIdentifier:
    return NewIdentifier(kind=kind, value=value, evidence=evidence)


def said(text: str, speaker: str = "caller") -> TurnEnded:
    return TurnEnded(
        turn_id=TurnId("t1"),
        speaker="caller" if speaker == "caller" else "bot",
        text=text,
        language="en",
        start_ms=0,
        end_ms=900,
        utterance_ids=(),
        interrupted=False,
    )


OFFERED = CallOffered(transport="sip", caller=PHONE, caller_name="", called="bot", peer_call_id="x")
CHAT = ConversationOpened(
    channel="chat", provider="web", address="v1", name="", subject="", language="es", external_id=""
)

BILL = Attachment(
    file=f"ab/{'ab' * 16}/01.pdf", name="factura.pdf", media_type="application/pdf", size_bytes=9, seal="s"
)


def write(facts: EventStore, kind: ContactKind, contact_id: str, *bodies: EventBody, at: datetime) -> None:
    facts.append(
        [NewEvent(stream_kind=kind, stream_id=contact_id, body=b, at_utc=at, t_ms=0, source="call") for b in bodies]
    )


def everything(facts: EventStore) -> dict[str, set[tuple[object, ...]]]:
    """Return all rows of our tables."""
    with facts.engine.connect() as connection:
        return {
            table.name: {tuple(row) for row in connection.execute(sa.select(table))}
            for table in tables.metadata.sorted_tables
            if table.name != "customer_progress"
        }


def test_when_tables_are_migrated_then_they_are_those_of_the_room(facts: EventStore) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    def is_ours(_item: object, name: str | None, kind: str, *_: object) -> bool:
        return kind != "table" or name in tables.metadata.tables

    with facts.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": is_ours})
        assert compare_metadata(context, tables.metadata) == []


def test_when_a_customer_is_opened_then_it_is_found_by_identifier_and_by_words(store: CustomerStore) -> None:
    ana = store.open("staff", name="Ana García", identifiers=[new("phone", "600 12 34 56"), new("email", MAIL)], by="x")
    assert store.persons_with("phone", PHONE) == (ana,)
    assert store.persons_with("email", MAIL) == (ana,)
    assert store.persons_with("email", "ben@example.com") == ()
    (found,) = store.search("garcia")
    assert (found.customer_id, found.name, found.in_sources) == (ana, "Ana García", ("record",))
    assert store.search("garcía lópez") == []


@pytest.mark.parametrize("steps", [(3, 9, 10_000), (1, 10_000), (10_000,)])
def test_when_words_are_common_then_the_newest_persons_with_all_of_them_are_found_in_order(
    store: CustomerStore, monkeypatch: pytest.MonkeyPatch, steps: tuple[int, ...]
) -> None:
    monkeypatch.setattr("customers.queries.STEPS", steps)
    chance = random.Random(4)
    people = [" ".join(chance.sample(("rosa", "rosas", "mora", "gil", "vega", "soto"), 3)) for _ in range(60)]
    names = {store.open("staff", name=name, by="x"): set(name.split()) for name in people}
    for query in (("rosa",), ("gil",), ("rosas", "gil"), ("vega", "mora", "soto"), ("rosa", "soto"), ("gil", "nadie")):
        same = [{word, *(("rosa", "rosas") if "rosa" in word else ())} for word in query]
        wanted = [one for one, words in names.items() if all(words & forms for forms in same)]
        for limit in (3, 50):
            found = [each.customer_id for each in store.search(" ".join(query), limit)]
            assert found == wanted[::-1][:limit], (query, limit)


def test_when_two_people_share_a_line_then_they_are_not_joined_and_both_are_found(store: CustomerStore) -> None:
    ana = store.open("call", name="Ana García", identifiers=[new("phone", PHONE)], by="x")
    luis = store.open("call", name="Luis Gil", identifiers=[new("phone", PHONE)], by="x")
    nobody = store.open("call", identifiers=[new("phone", PHONE)], by="x")
    assert set(store.persons_with("phone", PHONE)) == {ana, luis, nobody}
    assert store.pairs() == []
    assert [store.members(name) for name in (ana, luis, nobody)] == [(ana,), (luis,), (nobody,)]


def test_when_both_verified_the_same_address_then_they_are_joined_and_parting_restores_everything(
    store: CustomerStore, facts: EventStore
) -> None:
    ana = store.open("staff", name="Ana García", identifiers=[new("email", MAIL, "verified")], by="x")
    store.write_note(ana, "prefers mornings", "x")
    other = store.open("call", identifiers=[new("phone", PHONE)], by="x")
    store.link_contact(other, "call", "k1", evidence="presented", by="x")
    before = {name: store.record(name) for name in (ana, other)}
    rows = everything(facts)
    store.add_identifiers(other, [new("email", MAIL, "verified")], "x")
    assert store.members(other) == (ana, other)
    person = store.person(other)
    assert person is not None
    assert (person.name, [c.id for c in person.contacts]) == ("Ana García", ["k1"])
    (pair,) = store.pairs("joined")
    assert [reason.code for reason in pair.reasons] == ["same_email_verified"]
    store.part(pair.join_id, by="boss", reason="mother and daughter share it")
    store.remove_identifier(other, "email", MAIL, reason="not hers", by="boss")
    assert (store.members(ana), store.members(other)) == ((ana,), (other,))
    for name, was in before.items():
        now = store.record(name)
        assert was is not None
        assert now is not None
        assert (now.name, now.identifiers, now.contacts, now.notes) == (
            was.name,
            was.identifiers,
            was.contacts,
            was.notes,
        )
    after = everything(facts)
    for table in ("customer_identifiers", "customer_contacts", "customer_words"):
        assert after[table] == rows[table]


def test_when_a_pair_was_parted_then_it_is_not_joined_again_by_itself(store: CustomerStore) -> None:
    ana = store.open("staff", identifiers=[new("email", MAIL, "verified")], by="x")
    other = store.open("staff", identifiers=[new("email", MAIL, "verified")], by="x")
    (pair,) = store.pairs("joined")
    store.part(pair.join_id, by="x", reason="two persons")
    store.consider(ana)
    store.consider(other)
    assert store.members(ana) == (ana,)
    store.add_identifiers(ana, [new("account", "LU1234567", "verified")], "x")
    store.add_identifiers(other, [new("account", "LU1234567", "verified")], "x")
    assert store.members(ana) == (ana,)
    assert [pair.state for pair in store.pairs_of(ana)] == ["proposed", "parted"]


def test_when_a_pair_is_likely_then_people_are_asked_once_and_a_dismissal_holds_until_there_is_a_new_reason(
    store: CustomerStore,
) -> None:
    ana = store.open("call", name="Ana García", identifiers=[new("phone", PHONE, "presented")], by="x")
    again = store.open("call", name="Ana Garcia", identifiers=[new("phone", PHONE, "presented")], by="x")
    store.consider(ana)
    (pair,) = store.pairs()
    assert {pair.one, pair.other} == {ana, again}
    assert {pair.one_name, pair.other_name} == {"Ana García", "Ana Garcia"}
    assert [reason.code for reason in pair.reasons] == ["same_name", "same_phone"]
    store.dismiss(pair.join_id, by="x", reason="sisters in law")
    store.consider(ana)
    store.consider(again)
    assert store.pairs() == []
    for name in (ana, again):
        store.add_identifiers(name, [new("email", MAIL, "written")], "x")
    (fresh,) = store.pairs()
    assert "same_email" in [reason.code for reason in fresh.reasons]
    join_id = store.accept(fresh.join_id, by="boss")
    assert join_id == fresh.join_id
    assert store.members(again) == (ana, again)
    with pytest.raises(CallCentreError, match="settled meanwhile"):
        store.dismiss(fresh.join_id, by="x", reason="")


def test_when_staff_join_three_records_then_parting_one_leaves_the_others_joined(store: CustomerStore) -> None:
    a, b, c = (store.open("staff", name=name, by="x") for name in ("Ana", "Bea", "Carla"))
    first = store.join(a, b, by="x")
    store.join(b, c, by="x")
    assert store.members(c) == (a, b, c)
    with pytest.raises(CallCentreError, match="already"):
        store.join(a, c, by="x")
    store.part(first, by="x", reason="wrong")
    assert (store.members(a), store.members(c)) == ((a,), (b, c))


def test_when_words_of_two_joined_records_are_searched_then_the_person_is_found_by_both(store: CustomerStore) -> None:
    a = store.open("staff", name="Ana García", by="x")
    b = store.open("staff", by="x")
    store.write_note(b, "asked about the solar panels", "x")
    assert store.search("garcía panel") == []
    join_id = store.join(a, b, by="x")
    assert [found.customer_ids for found in store.search("garcía panel")] == [(a, b)]
    store.part(join_id, by="x", reason="wrong")
    assert store.search("garcía panel") == []


def test_when_contacts_notes_and_cases_follow_then_the_timeline_has_all_of_them_newest_first(
    store: CustomerStore, facts: EventStore, clock: SteppingClock
) -> None:
    ana = store.open("staff", name="Ana García", by="x")
    write(
        facts,
        "conversation",
        "m1",
        CHAT,
        MessageReceived(message_id=MessageId("1"), text="Mi factura es muy alta", attachments=(BILL,), external_id=""),
        at=clock.now_utc(),
    )
    store.link_contact(ana, "conversation", "m1", evidence="verified", by="x")
    case = store.open_case(ana, subject="Factura alta", topic="bill-explained", by="x")
    store.add_case_contact(case, "conversation", "m1", "x")
    found = TopicFound(turn_id=TurnId("t1"), topic="bill-explained", score=0.9, article_id=None)
    end = CallEnded(result="completed", reason="caller_hung_up")
    write(facts, "call", "k1", OFFERED, said("my bill again"), found, end, at=clock.now_utc())
    store.link_contact(ana, "call", "k1", evidence="presented", by="x")
    store.add_case_contact(case, "call", "k1", "x")
    store.write_note(ana, "refund promised", "desk")
    store.set_case_status(case, "waiting_for_us", reason="refund", by="desk")
    items = store.timeline(ana).items
    assert [item.kind for item in items] == ["case_status", "note", "call", "case_opened", "conversation"]
    call, chat = items[2], items[4]
    assert call.contact is not None
    assert chat.contact is not None
    assert (call.contact.topics, call.contact.result, call.case_ids) == (("bill-explained",), "completed", (case,))
    assert (chat.contact.channel, chat.contact.quote) == ("chat", "Mi factura es muy alta")
    assert [(file.file, file.name) for file in chat.contact.files] == [(BILL.file, "factura.pdf")]
    pages: list[TimelineItem] = []
    before = ""
    while True:
        page = store.timeline(ana, before=before, limit=2)
        pages += page.items
        before = page.next
        if not before:
            break
    assert tuple(pages) == items
    assert [case.status for case in store.cases(ana)] == ["waiting_for_us"]
    assert store.cases_of_contact("call", "k1") == [case]


def test_when_records_and_cases_were_changed_then_it_is_told_who_changed_what_also_over_joins(
    store: CustomerStore,
) -> None:
    ana, other = store.open("staff", name="Ana García", by="eva"), store.open("call", by="calls")
    store.add_identifiers(ana, [new("email", "ana@example.net")], "eva")
    case = store.open_case(other, subject="Factura alta", topic="", by="ben")
    store.note_case(case, "refund promised", by="ben")
    join_id = store.join(ana, other, by="sue")
    changes = store.changes(ana).items
    assert [(change.what, change.by, change.code, change.text) for change in changes][-1] == (
        "customer_opened",
        "eva",
        "",
        "Ana García",
    )
    told = {(change.what, change.by, change.code, change.text) for change in changes}
    assert ("identifier_added", "eva", "email", "ana@example.net") in told
    assert ("case_noted", "ben", "", "refund promised") in told
    assert any(what == "customers_joined" and by == "sue" for what, by, _, _ in told)
    assert [change.at_utc for change in changes] == sorted((change.at_utc for change in changes), reverse=True)
    store.part(join_id, by="sue", reason="not the same")
    apart = {change.what for change in store.changes(ana).items}
    assert "case_noted" not in apart, "the other one's case is the other one's again"
    assert store.changes(CustomerId("nobody")).items == ()


@pytest.mark.parametrize("limit", [1, 3, 7, 200])
def test_when_there_are_many_changes_then_every_one_is_on_one_page_and_new_ones_move_none(
    store: CustomerStore, limit: int
) -> None:
    ana = store.open("staff", name="Ana García", by="eva")
    for number in range(6):
        case = store.open_case(ana, subject=f"Asunto {number}", topic="", by="ben")
        store.note_case(case, f"nota {number}", by="ben")
        store.write_note(ana, f"apunte {number}", by="eva")
    everything = store.changes(ana, limit=10_000)
    assert len(everything.items) == 19
    assert everything.next == ""
    found: list[Change] = []
    before = ""
    while True:
        page = store.changes(ana, before=before, limit=limit)
        found += page.items
        if not page.next:
            break
        assert len(page.items) == limit
        before = page.next
        store.write_note(ana, "meanwhile", by="eva")
    assert found == list(everything.items)
    assert store.changes(ana, before="no place", limit=1).items[0].text in ("meanwhile", "apunte 5")


def test_when_words_are_said_after_the_contact_was_linked_then_they_are_found_soon(
    store: CustomerStore, facts: EventStore, upkeep: Upkeep, clock: SteppingClock
) -> None:
    ana = store.open("call", identifiers=[new("phone", PHONE)], by="x")
    write(facts, "call", "k1", OFFERED, at=clock.now_utc())
    store.link_contact(ana, "call", "k1", evidence="presented", by="x")
    write(facts, "call", "k1", said("the inverter makes a noise"), at=clock.now_utc())
    assert store.search("inverter") == []
    assert upkeep.index_new_words(clock.now_utc()) == 1
    assert [found.in_sources for found in store.search("inverters")] == [("call",)]
    clock.now += timedelta(minutes=1)
    upkeep.index_new_words(clock.now_utc())
    assert upkeep.index_new_words(clock.now_utc()) == 0
    store.unlink_contact("call", "k1", reason="somebody else", by="x")
    assert store.search("inverter") == []
    assert store.customer_of("call", "k1") is None


def test_when_a_contact_is_of_somebody_else_then_it_moves_with_its_words(
    store: CustomerStore, facts: EventStore, clock: SteppingClock
) -> None:
    ana, ben = store.open("staff", name="Ana", by="x"), store.open("staff", name="Ben", by="x")
    write(facts, "call", "k1", OFFERED, said("the inverter"), at=clock.now_utc())
    store.link_contact(ana, "call", "k1", evidence="presented", by="x")
    store.link_contact(ben, "call", "k1", evidence="confirmed", by="x")
    assert [found.name for found in store.search("inverter")] == ["Ben"]
    assert store.customer_of("call", "k1") == (ben, CONFIDENCE["confirmed"])
    assert store.timeline(ana).items == ()
    left = store.record(ana)
    assert left is not None
    assert left.contacts == ()


def test_when_the_tables_are_made_anew_then_they_are_the_same(
    store: CustomerStore, facts: EventStore, upkeep: Upkeep, clock: SteppingClock
) -> None:
    ana = store.open("staff", name="Ana García", identifiers=[new("email", MAIL, "verified")], by="x")
    ben = store.open("staff", identifiers=[new("email", MAIL, "verified")], by="x")
    carla = store.open("call", name="Ana Garcia", identifiers=[new("email", MAIL, "written")], by="x")
    write(facts, "call", "k1", OFFERED, said("the inverter"), at=clock.now_utc())
    store.link_contact(ben, "call", "k1", evidence="confirmed", by="x")
    case = store.open_case(ana, subject="Noise", topic="", by="x")
    store.add_case_contact(case, "call", "k1", "x")
    store.note_case(case, "sent a technician", by="x", contact=("call", "k1"))
    store.remove_identifier(carla, "email", MAIL, reason="typo", by="x")
    store.verify(ana, ("call", "k1"), "knowledge", passed=True, how="account_and_postcode")
    rows, items = everything(facts), store.timeline(ana).items
    assert all(rows[name] for name in rows)
    rebuilt = upkeep.rebuild()
    assert rebuilt.customers == 3
    assert everything(facts) == rows
    assert store.timeline(ana).items == items


def test_when_a_person_is_erased_then_nothing_of_them_is_found_anywhere_and_others_stay(
    store: CustomerStore, facts: EventStore, upkeep: Upkeep, clock: SteppingClock, tmp_path: Path
) -> None:
    ana = store.open("staff", name="Ana García", identifiers=[new("email", MAIL, "verified")], by="x")
    twin = store.open("call", identifiers=[new("email", MAIL, "verified"), new("phone", PHONE)], by="x")
    ben = store.open("staff", name="Ben Smith", identifiers=[new("phone", PHONE)], by="x")
    write(facts, "call", "k1", OFFERED, said("my secret garden"), at=clock.now_utc())
    store.link_contact(twin, "call", "k1", evidence="presented", by="x")
    case = store.open_case(ana, subject="Garden lights", topic="", by="x")
    store.write_note(ana, "loves her garden", "x")
    store.write_note(ben, "loves the garden too", "x")
    subjects = upkeep.subjects_of(twin)
    assert subjects == [f"customer:{ana}", f"customer:{twin}"]
    done = erase_person(facts, subjects, clock.now_utc(), data_dir=tmp_path, recordings=tmp_path / "recordings")
    assert set(done.subjects) == {*subjects, f"case:{case}", "call:k1"}
    assert (store.person(ana), store.person(twin), store.case(case)) == (None, None, None)
    assert store.persons_with("email", MAIL) == ()
    assert store.persons_with("phone", PHONE) == (ben,)
    assert [found.name for found in store.search("garden")] == ["Ben Smith"]
    assert store.customer_of("call", "k1") is None
    left = str(everything(facts))
    assert not any(name in left for name in (str(ana), str(twin), case))
    with pytest.raises(CallCentreError) as caught:
        store.write_note(ana, "again", "x")
    assert caught.value.code == "customer.unknown"
    rows = everything(facts)
    upkeep.rebuild()
    assert everything(facts) == rows


def test_when_a_person_is_erased_then_no_file_of_the_database_holds_their_words_or_what_they_stood_for(
    store: CustomerStore, facts: EventStore, upkeep: Upkeep, clock: SteppingClock, tmp_path: Path
) -> None:
    ana = store.open("staff", name="Xaveria Quux", identifiers=[new("email", "xaveria@example.com")], by="x")
    store.write_note(ana, "zygomorphic", "x")
    with facts.engine.connect() as connection:
        kept = str([connection.execute(sa.select(table)).all() for table in tables.metadata.sorted_tables])
    assert not any(word in kept.lower() for word in ("xaveria", "quux", "zygomorphic"))
    marks = [row[0] for row in everything_of(facts, "customer_identifiers", "mark")]
    erase_person(facts, upkeep.subjects_of(ana), clock.now_utc(), data_dir=tmp_path, recordings=tmp_path)
    files = [path.read_bytes() for path in tmp_path.glob("warmline.sqlite3*")]
    assert not any(str(mark).encode() in data for mark in marks for data in files)


def everything_of(facts: EventStore, table: str, column: str) -> list[tuple[object, ...]]:
    with facts.engine.connect() as connection:
        rows = connection.execute(sa.select(tables.metadata.tables[table].c[column])).all()
    return [tuple(row) for row in rows]


def test_when_a_call_is_too_old_then_its_words_leave_the_search_and_the_record_stays(
    store: CustomerStore, facts: EventStore, upkeep: Upkeep, clock: SteppingClock, tmp_path: Path
) -> None:
    ana = store.open("staff", name="Ana García", by="x")
    end = CallEnded(result="completed", reason="caller_hung_up")
    write(facts, "call", "k1", OFFERED, said("the inverter"), end, at=clock.now_utc())
    store.link_contact(ana, "call", "k1", evidence="confirmed", by="x")
    assert store.search("inverter")
    apply_retention(facts, tmp_path / "recordings", days=90, now_utc=clock.now_utc() + timedelta(days=91))
    assert store.search("inverter") == []
    assert [found.name for found in store.search("garcía")] == ["Ana García"]
    (item,) = store.timeline(ana).items
    assert item.contact is not None
    assert item.contact.result == "completed"
    assert upkeep.rebuild().customers == 1
    assert store.search("inverter") == []


def test_when_nothing_happened_for_long_then_a_person_is_idle_unless_a_case_is_open(
    store: CustomerStore, upkeep: Upkeep, clock: SteppingClock
) -> None:
    old = store.open("staff", name="Old", by="x")
    waiting = store.open("staff", name="Waiting", by="x")
    store.open_case(waiting, subject="Refund", topic="", by="x")
    joined = store.open("staff", name="Joined", by="x")
    clock.now += timedelta(days=400)
    fresh = store.open("staff", name="Fresh", by="x")
    assert upkeep.idle(clock.now_utc(), 365) == [old, joined]
    store.join(fresh, joined, by="x")
    assert upkeep.idle(clock.now_utc(), 365) == [old]


def test_when_preferences_are_set_then_they_hold_until_they_are_taken_back(store: CustomerStore) -> None:
    a, b = store.open("staff", by="x"), store.open("staff", by="x")
    store.join(a, b, by="x")
    store.set_preference(a, "slower", "yes", "x")
    store.set_preference(b, "language", "es", "x")
    store.set_consent(b, "marketing", "email", given=False, how="letter", by="x")
    person = store.person(a)
    assert person is not None
    assert {item.name: item.value for item in person.preferences} == {"slower": "yes", "language": "es"}
    assert [(c.purpose, c.channel, c.given) for c in person.consents] == [("marketing", "email", False)]
    store.set_preference(b, "slower", "", "x")
    person = store.person(a)
    assert person is not None
    assert person.preference("slower") == ""
    with pytest.raises(CallCentreError, match="language is one of"):
        store.set_preference(a, "language", "fr", "x")


def test_when_two_processes_write_the_same_record_then_both_facts_are_kept(
    store: CustomerStore, facts: EventStore, clock: SteppingClock
) -> None:
    ana = store.open("staff", name="Ana", by="x")
    url = facts.engine.url.render_as_string(hide_password=False)
    neighbour_facts = EventStore(url, facts.master)
    numbers = iter(range(1000, 2000))
    neighbour = CustomerStore(neighbour_facts, facts.master.mark, clock, lambda: f"id-{next(numbers)}")

    def write_notes(by: CustomerStore) -> None:
        for number in range(10):
            by.write_note(ana, f"note {number}", "x")

    threads = [threading.Thread(target=write_notes, args=(one,)) for one in (store, neighbour)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    neighbour_facts.close()
    record = store.record(ana)
    assert record is not None
    assert len(record.notes) == 20
    assert len(store.timeline(ana, limit=100).items) == 20


def test_when_something_is_unknown_then_the_sentence_says_so(store: CustomerStore) -> None:
    nobody = CustomerId("nobody")
    for wrong in (
        lambda: store.write_note(nobody, "x", "x"),
        lambda: store.open_case(nobody, subject="x", topic="", by="x"),
        lambda: store.set_case_status("none", "solved", reason="", by="x"),
        lambda: store.part("none", by="x", reason=""),
        lambda: store.open("staff", identifiers=[new("email", "no")], by="x"),
    ):
        with pytest.raises(CallCentreError) as caught:
            wrong()
        assert caught.value.fault == "user"
    assert (store.person(nobody), store.search("x"), store.timeline(nobody).items) == (None, [], ())
    assert not store.unlink_contact("call", "none", reason="", by="x")
