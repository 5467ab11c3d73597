"""Joins and parts in any order, against a model that tries every path."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from calls.customer_events import CustomersJoined, CustomersParted, PreferenceSet
from calls.ids import CustomerId
from customers import record as record_fold
from customers.identity import Joins, person_of
from customers.record import Contact, CustomerRecord
from tests.customers.made import NOW, event, identifier, record

PEOPLE = [CustomerId(name) for name in "abcdef"]
_PAIRS = st.sampled_from(list(itertools.combinations(PEOPLE, 2)))
_MOVES = st.lists(st.tuples(st.sampled_from(["join", "part"]), st.integers(0, 7), _PAIRS), max_size=30)

Moves = list[tuple[str, int, tuple[CustomerId, CustomerId]]]
"""Join or part, number of the join, pair."""


def brute_force(active: dict[str, tuple[CustomerId, CustomerId]]) -> set[frozenset[CustomerId]]:
    """Return the components by merging sets until nothing changes."""
    groups = [{person} for person in PEOPLE]
    for one, other in active.values():
        first = next(group for group in groups if one in group)
        second = next(group for group in groups if other in group)
        if first is not second:
            first |= second
            groups.remove(second)
    return {frozenset(group) for group in groups}


def play(
    moves: Moves,
) -> tuple[Joins, dict[str, tuple[CustomerId, CustomerId]]]:
    joins = Joins()
    active: dict[str, tuple[CustomerId, CustomerId]] = {}
    for move, number, (one, other) in moves:
        join_id = f"j{number}"
        if move == "join":
            body = CustomersJoined(join_id=join_id, other=other, confidence=1.0, reasons=(), by="x")
            joins.take(one, body)
            active[join_id] = (one, other)
        else:
            joins.take(one, CustomersParted(join_id=join_id, other=other, by="x", reason=""))
            active.pop(join_id, None)
    return joins, active


@given(_MOVES)
def test_when_records_are_joined_and_parted_in_any_order_then_persons_are_the_components(
    moves: Moves,
) -> None:
    joins, active = play(moves)
    assert {joins.person(name) for name in PEOPLE} == brute_force(active)
    assert dict(joins.active) == active


@given(_MOVES, _MOVES)
def test_when_later_joins_are_parted_then_everything_is_as_before(moves: Moves, later: Moves) -> None:
    joins, active = play(moves)
    before = {name: joins.person(name) for name in PEOPLE}
    fresh = [f"later-{n}" for n in range(len(later))]
    for join_id, (_, _, (one, other)) in zip(fresh, later, strict=True):
        joins.join(join_id, one, other)
    for join_id in reversed(fresh) if len(fresh) % 2 else fresh:
        joins.part(join_id)
    assert {name: joins.person(name) for name in PEOPLE} == before
    assert dict(joins.active) == active


_KINDS = st.sampled_from(["phone", "email", "account"])
_RECORDS = st.lists(
    st.lists(st.tuples(_KINDS, st.sampled_from(["1", "2", "3"])), max_size=4), min_size=1, max_size=len(PEOPLE)
)


@given(_RECORDS, st.randoms())
def test_when_records_are_one_person_then_no_identifier_and_no_contact_is_lost(
    held: list[list[tuple[str, str]]], chance: object
) -> None:
    records = []
    for name, items in zip(PEOPLE, held, strict=False):
        contacts = (Contact(kind="call", id=f"call-{name}", confidence=1.0, evidence="said", by="x", at_utc=NOW),)
        made = record(name, "", *(identifier(kind, value) for kind, value in items))  # type: ignore[arg-type]
        records.append(
            CustomerRecord(
                customer_id=made.customer_id,
                opened_at_utc=made.opened_at_utc,
                identifiers=made.identifiers,
                contacts=contacts,
            )
        )
    person = person_of(records)
    chance.shuffle(records)  # type: ignore[attr-defined]
    assert person_of(records) == person
    assert {(i.kind, i.value) for i in person.identifiers} == {(k, v) for items in held for k, v in items}
    assert {contact.id for contact in person.contacts} == {f"call-{r.customer_id}" for r in records}


def test_when_one_record_asks_not_to_be_contacted_then_the_person_is_not() -> None:
    asked = record_fold.over([event(PreferenceSet(name="do_not_contact", value="yes", by="x"))], record("a"))
    silent = record_fold.over([event(PreferenceSet(name="do_not_contact", value="", by="x"), 5)], record("b"))
    assert person_of([asked, silent]).do_not_contact
    taken_back = record_fold.over([event(PreferenceSet(name="do_not_contact", value="", by="x"), 9)], asked)
    assert not person_of([taken_back, silent]).do_not_contact


def test_when_records_differ_then_the_surest_name_and_the_newest_wish_count() -> None:
    old = record_fold.over([event(PreferenceSet(name="language", value="en", by="x"))], record("a", "A. García"))
    new = record_fold.over([event(PreferenceSet(name="language", value="es", by="x"), 3)], record("b", ""))
    person = person_of([old, new])
    assert (person.name, person.preference("language")) == ("A. García", "es")
