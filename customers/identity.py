"""Which customer records are one person: the connected components of the joins that hold. Pure.

    record A --join 1-- record B --join 2-- record C        person {A, B, C}
    parting join 1:  A   |   B --join 2-- C                 persons {A}, {B, C}: each record holds what it always held

A join changes no record, so that parting restores exactly what would be without it, in whatever order joins came.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from calls.customer_events import CustomersJoined, CustomersParted, IdentifierEvidence
from calls.ids import CustomerId
from customers.record import (
    STRENGTH,
    ConsentTo,
    Contact,
    CustomerRecord,
    Identifier,
    Note,
    Preference,
    Verification,
)

NEEDS = ("slower", "more_time", "keypad", "large_text")
"""Preferences that switch something on."""


class Joins:
    """The joins that hold. Knows every customer that was ever named, alone or not."""

    def __init__(self) -> None:
        """Nobody is joined."""
        self._active: dict[str, tuple[CustomerId, CustomerId]] = {}
        self._beside: dict[CustomerId, dict[str, CustomerId]] = {}

    def take(self, owner: CustomerId, body: object) -> None:
        """Take a fact of the stream of `owner`; facts about other things change nothing."""
        match body:
            case CustomersJoined(join_id=join_id, other=other):
                self.join(join_id, owner, other)
            case CustomersParted(join_id=join_id):
                self.part(join_id)
            case _:
                return

    def join(self, join_id: str, one: CustomerId, other: CustomerId) -> None:
        """Two records are one person. The same join again changes nothing."""
        self.part(join_id)
        self._active[join_id] = (one, other)
        self._beside.setdefault(one, {})[join_id] = other
        self._beside.setdefault(other, {})[join_id] = one

    def part(self, join_id: str) -> None:
        """Take a join back; one that does not hold changes nothing."""
        for customer_id in self._active.pop(join_id, ()):
            self._beside.get(customer_id, {}).pop(join_id, None)

    def person(self, customer_id: CustomerId) -> frozenset[CustomerId]:
        """Return all records of the person whose record this is, itself among them."""
        return component(customer_id, {known: list(beside.values()) for known, beside in self._beside.items()})

    @property
    def active(self) -> Mapping[str, tuple[CustomerId, CustomerId]]:
        """The joins that hold, by their id."""
        return self._active


def component(start: CustomerId, beside: Mapping[CustomerId, Iterable[CustomerId]]) -> frozenset[CustomerId]:
    """Return what is reached from `start` over its neighbours."""
    seen, waiting = {start}, [start]
    while waiting:
        for other in beside.get(waiting.pop(), ()):
            if other not in seen:
                seen.add(other)
                waiting.append(other)
    return frozenset(seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What all records of one person say together; each of them stays as it is."""

    customer_ids: tuple[CustomerId, ...]
    """Oldest first; the first one names the person."""
    opened_at_utc: datetime | None
    name: str
    named_by: IdentifierEvidence
    """Where the name comes from."""
    identifiers: tuple[Identifier, ...]
    contacts: tuple[Contact, ...]
    preferences: tuple[Preference, ...]
    consents: tuple[ConsentTo, ...]
    notes: tuple[Note, ...]
    verifications: tuple[Verification, ...]

    @property
    def customer_id(self) -> CustomerId:
        """The oldest record, after which the person is called."""
        return self.customer_ids[0]

    def preference(self, name: str) -> str:
        """Return the value of a preference, empty when there is none."""
        return next((item.value for item in self.preferences if item.name == name), "")

    @property
    def do_not_contact(self) -> bool:
        """Whether the person asked not to be contacted."""
        return self.do_not_contact_since is not None

    @property
    def do_not_contact_since(self) -> datetime | None:
        """When the person asked, last, not to be contacted; None when that does not hold."""
        return next((item.at_utc for item in self.preferences if item.name == "do_not_contact"), None)


def person_of(records: Sequence[CustomerRecord]) -> Person:
    """Return the view of the person whose records these are (at least one)."""
    ordered = sorted(records, key=lambda record: (_begun(record), record.customer_id))
    named = [record for record in ordered if record.name and not record.is_erased]
    best = max(named, key=lambda record: STRENGTH[record.named_by], default=None)
    return Person(
        customer_ids=tuple(record.customer_id for record in ordered),
        opened_at_utc=ordered[0].opened_at_utc,
        name=best.name if best is not None else "",
        named_by=best.named_by if best is not None else "presented",
        identifiers=_identifiers(ordered),
        contacts=tuple(sorted((c for r in ordered for c in r.contacts), key=lambda c: (c.at_utc, c.id))),
        preferences=_preferences(ordered),
        consents=_consents(ordered),
        notes=tuple(sorted((n for r in ordered for n in r.notes), key=lambda n: (n.at_utc, n.note_id))),
        verifications=tuple(sorted((v for r in ordered for v in r.verifications), key=lambda v: v.at_utc)),
    )


def _begun(record: CustomerRecord) -> str:
    return record.opened_at_utc.isoformat() if record.opened_at_utc is not None else ""


def _identifiers(records: Sequence[CustomerRecord]) -> tuple[Identifier, ...]:
    best: dict[tuple[str, str], Identifier] = {}
    for record in records:
        for item in record.identifiers:
            known = best.get((item.kind, item.value))
            if known is None or (STRENGTH[item.evidence], item.confidence) > (
                STRENGTH[known.evidence],
                known.confidence,
            ):
                best[(item.kind, item.value)] = item
    return tuple(best.values())


def _preferences(records: Sequence[CustomerRecord]) -> tuple[Preference, ...]:
    """Return the newest of each; a wish not to be contacted holds while any record has it."""
    newest: dict[str, Preference] = {}
    for item in sorted((item for record in records for item in record.preferences), key=lambda item: item.at_utc):
        kept = newest.get(item.name)
        holds = item.name == "do_not_contact" and kept is not None and bool(kept.value)
        if not holds or item.value:
            newest[item.name] = item
    return tuple(item for item in newest.values() if item.value)


def _consents(records: Sequence[CustomerRecord]) -> tuple[ConsentTo, ...]:
    newest: dict[tuple[str, str], ConsentTo] = {}
    for item in sorted((item for record in records for item in record.consents), key=lambda item: item.at_utc):
        newest[(item.purpose, item.channel)] = item
    return tuple(newest.values())
