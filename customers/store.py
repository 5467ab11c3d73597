"""The customer records as the service uses them: writes facts, and keeps what finds customers beside them. Blocking.

Each write is one transaction over the facts and the tables that follow of them. Streams are let go at once, so that
every process of a database may write them in turn.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from calls.customer_events import (
    CaseContactAdded,
    CaseNoted,
    CaseOpened,
    CaseStatus,
    CaseStatusSet,
    ContactKind,
    ContactLinked,
    ContactUnlinked,
    CustomerNamed,
    CustomerOpened,
    CustomersJoined,
    CustomerSource,
    CustomersParted,
    CustomerVerified,
    IdentifierAdded,
    IdentifierEvidence,
    IdentifierKind,
    IdentifierRemoved,
    JoinDismissed,
    JoinProposed,
    JoinReason,
    NoteWritten,
    VerificationLevel,
)
from calls.errors import CallCentreError
from calls.events import Event, EventBody, NewEvent, StreamKind
from calls.ids import CustomerId
from calls.ports import Clock
from customers import matching, tables
from customers.identifiers import normal_or_raise
from customers.projection import FactStore, Mark, Projection, identifier_mark, spoken_text
from customers.queries import CustomerQueries
from customers.record import STRENGTH, CustomerRecord
from customers.wishes import Wishes

TRIES = 8
"""How often a write is tried when another process writes the same record in that moment."""
FIRST_WAIT_S = 0.01
"""Wait before the second try; doubled each time, 1.3 s together."""
CANDIDATES = 50
"""Most records that one is compared with; an identifier of more tells nothing anyway."""

SPOKEN_TYPES = ("turn_ended", "message_received", "message_sent")
CONFIDENCE: Mapping[IdentifierEvidence, float] = {
    "presented": 0.4,
    "said": 0.5,
    "written": 0.6,
    "imported": 0.8,
    "confirmed": 0.75,
    "by_staff": 0.9,
    "verified": 0.98,
}
"""How sure an identifier is theirs, by where it comes from. Source: our choice; ordered as `STRENGTH` is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIdentifier:
    """An identifier to be added; its value is brought into its normal form."""

    kind: IdentifierKind
    value: str
    evidence: IdentifierEvidence
    contact_kind: ContactKind | None = None
    contact_id: str = ""


class CustomerStore(CustomerQueries, Wishes):
    """Customer records over the call log. One object a process; its methods may be called from any thread."""

    def __init__(
        self, facts: FactStore, mark: Mark, clock: Clock, new_id: Callable[[], str], *, country: str = ""
    ) -> None:
        """Use the call log.

        Args:
            facts: The call log.
            mark: `MasterKey.mark`.
            clock: Says the time of facts.
            new_id: Makes names of records, cases, notes and joins.
            country: ISO 3166 code of the country whose numbers need no prefix; empty: Spain.
        """
        super().__init__(facts, mark)
        self._clock = clock
        self._new_id = new_id
        self._country = country
        self.projection = Projection(mark, self._began)

    def _began(self, kind: StreamKind, stream_id: str) -> datetime | None:
        seen = self._facts.stream(kind, stream_id)
        return seen.opened_at_utc if seen is not None else None

    # Records

    def open(
        self, source: CustomerSource, *, name: str = "", identifiers: Sequence[NewIdentifier] = (), by: str
    ) -> CustomerId:
        """Begin a record; return its id. Records that may be the same person are joined or proposed."""
        customer_id = CustomerId(self._new_id())
        bodies: list[EventBody] = [CustomerOpened(source=source, name=name, by=by)]
        bodies += [self._added(item, by) for item in identifiers]
        self._write("customer", customer_id, bodies)
        self.consider(customer_id)
        return customer_id

    def name(self, customer_id: CustomerId, name: str, evidence: IdentifierEvidence, by: str) -> None:
        """Say what the customer is called."""
        self._write("customer", customer_id, [CustomerNamed(name=name, evidence=evidence, by=by)])
        self.consider(customer_id)

    def add_identifiers(self, customer_id: CustomerId, items: Iterable[NewIdentifier], by: str) -> int:
        """Add what the record lacks, or had by weaker evidence; return how many that were."""
        record = self._known_record(customer_id)
        news = []
        for item in items:
            body = self._added(item, by)
            known = next((i for i in record.identifiers if (i.kind, i.value) == (body.kind, body.value)), None)
            if known is None or STRENGTH[body.evidence] > STRENGTH[known.evidence]:
                news.append(body)
        if news:
            self._write("customer", customer_id, news)
            self.consider(customer_id)
        return len(news)

    def remove_identifier(
        self, customer_id: CustomerId, kind: IdentifierKind, value: str, *, reason: str, by: str
    ) -> bool:
        """Take an identifier off every record of the person that has it; False when none has."""
        value = normal_or_raise(kind, value, self._country)
        body = IdentifierRemoved(kind=kind, value=value, reason=reason, by=by)
        having = [record for record in self._person_records(customer_id) if record.has(kind, value)]
        for record in having:
            self._write("customer", record.customer_id, [body])
        return bool(having)

    def write_note(self, customer_id: CustomerId, text: str, by: str) -> str:
        """Write a note; return its id."""
        note_id = self._new_id()
        self._write("customer", customer_id, [NoteWritten(note_id=note_id, text=text, by=by)])
        return note_id

    def verify(
        self,
        customer_id: CustomerId,
        contact: tuple[ContactKind, str],
        level: VerificationLevel,
        *,
        passed: bool,
        how: str,
    ) -> None:
        """Note that a contact showed who it is, or did not."""
        kind, contact_id = contact
        body = CustomerVerified(contact_kind=kind, contact_id=contact_id, level=level, passed=passed, how=how)
        self._write("customer", customer_id, [body])

    # Contacts

    def link_contact(
        self,
        customer_id: CustomerId,
        kind: ContactKind,
        contact_id: str,
        *,
        evidence: IdentifierEvidence,
        by: str,
        confidence: float | None = None,
    ) -> None:
        """Say that a call or conversation is the customer's. From another record it is taken away first."""
        self._known(customer_id)
        sure = CONFIDENCE[evidence] if confidence is None else confidence
        before = self.customer_of(kind, contact_id)
        if before is not None and before[0] == customer_id and before[1] >= sure:
            return
        entries = []
        if before is not None and before[0] != customer_id:
            gone = ContactUnlinked(contact_kind=kind, contact_id=contact_id, by=by, reason="linked_elsewhere")
            entries.append(self._fact("customer", before[0], gone))
        body = ContactLinked(contact_kind=kind, contact_id=contact_id, confidence=sure, evidence=evidence, by=by)
        entries.append(self._fact("customer", customer_id, body))
        subject = f"{kind}:{contact_id}"
        texts = [
            (event.at_utc, spoken_text(event))
            for event in self._facts.read_many(kind, [contact_id], SPOKEN_TYPES).get(contact_id, ())
        ]

        def also(connection: sa.Connection, events: Sequence[Event]) -> None:
            self.projection.project(connection, events)
            self.projection.index_words(connection, customer_id, subject, texts)

        self._append(entries, links={subject: f"customer:{customer_id}"}, also=also)

    def unlink_contact(self, kind: ContactKind, contact_id: str, *, reason: str, by: str) -> bool:
        """Say that a contact was somebody else's; False when it was nobody's."""
        before = self.customer_of(kind, contact_id)
        if before is None:
            return False
        body = ContactUnlinked(contact_kind=kind, contact_id=contact_id, by=by, reason=reason)
        self._append([self._fact("customer", before[0], body)], links={f"{kind}:{contact_id}": None})
        return True

    # Joining and parting

    def join(self, one: CustomerId, other: CustomerId, *, by: str, reason: str = "") -> str:
        """Say that two records are one person; return the id of the join.

        Raises:
            CallCentreError: `customer.same` when they are one person already, `customer.unknown`.
        """
        self._known(one)
        self._known(other)
        if other in self.members(one):
            raise CallCentreError("customer.same", "These two records are one person already.", fault="user")
        reasons = (JoinReason(code="staff", detail=reason, weight=1.0),)
        return self._join(one, other, 1.0, reasons, by)

    def part(self, join_id: str, *, by: str, reason: str) -> None:
        """Take a join back: everything is as it would be without it.

        Raises:
            CallCentreError: `join.unknown` when there is no such join that holds.
        """
        owner, other = self._ends(join_id, "joined")
        body = CustomersParted(join_id=join_id, other=other, by=by, reason=reason)
        self._append([self._fact("customer", owner, body)])

    def dismiss(self, join_id: str, *, by: str, reason: str) -> None:
        """Say that a proposed pair is two persons, as far as is known; it comes again only for a new reason.

        Raises:
            CallCentreError: `join.unknown` when there is no such proposal.
        """
        owner, other = self._ends(join_id, "proposed")
        body = JoinDismissed(join_id=join_id, other=other, by=by, reason=reason)
        self._append([self._fact("customer", owner, body)])

    def accept(self, join_id: str, *, by: str) -> str:
        """Join a proposed pair; return the id of the join, which is that of the proposal.

        Raises:
            CallCentreError: `join.unknown` when there is no such proposal, `customer.same`.
        """
        owner, other = self._ends(join_id, "proposed")
        if other in self.members(owner):
            raise CallCentreError("customer.same", "These two records are one person already.", fault="user")
        pair = self.pair(join_id)
        reasons = (*(pair.reasons if pair is not None else ()), JoinReason(code="staff", detail="", weight=1.0))
        return self._join(owner, other, 1.0, reasons, by, join_id)

    def consider(self, customer_id: CustomerId) -> list[matching.Decision]:
        """Compare a record with those that share an identifier: join what is certain, propose what is likely.

        Returns the decisions of this run, pairs that were settled before left out.
        """
        mine = self.record(customer_id)
        if mine is None:
            return []
        members = set(self.members(customer_id))
        others = self.records(self._sharing(mine, members))
        crowd = self._crowds(mine)
        decisions = []
        for other in others.values():
            decision = matching.compare(mine, other, crowd)
            if decision.verdict not in ("join", "propose") or other.customer_id in members:
                continue
            settled, pending = _ties_between(mine, other)
            if matching.is_settled(decision.reasons, settled) or matching.is_settled(decision.reasons, pending):
                continue
            first, second = sorted((mine.customer_id, other.customer_id))
            if decision.verdict == "join" and not settled:
                self._join(first, second, decision.score, decision.reasons, "matching")
                members |= set(self.members(customer_id))
            else:
                self._propose(first, second, decision)
            decisions.append(decision)
        return decisions

    def _sharing(self, mine: CustomerRecord, members: set[CustomerId]) -> list[CustomerId]:
        """Return records that share an identifier with one, those of the same person left out."""
        table = tables.identifiers
        marks = {(item.kind, identifier_mark(self._mark, item.kind, item.value)) for item in mine.identifiers}
        found: dict[CustomerId, None] = {}
        with self._facts.engine.connect() as connection:
            for kind, mark in sorted(marks):
                query = sa.select(table.c.customer_id).where(table.c.kind == kind, table.c.mark == mark)
                for name in connection.execute(query.limit(CANDIDATES)).scalars():
                    found[CustomerId(name)] = None
        return [name for name in found if name not in members][:CANDIDATES]

    def _crowds(self, mine: CustomerRecord) -> list[tuple[IdentifierKind, str, int]]:
        return [
            (item.kind, item.value, len(self.persons_with(item.kind, item.value)))
            for item in mine.identifiers
            if item.kind in ("phone", "chat_visitor")
        ]

    def _propose(self, one: CustomerId, other: CustomerId, decision: matching.Decision) -> None:
        body = JoinProposed(join_id=self._new_id(), other=other, score=decision.score, reasons=decision.reasons)
        self._append([self._fact("customer", one, body)])

    def _join(
        self,
        one: CustomerId,
        other: CustomerId,
        confidence: float,
        reasons: tuple[JoinReason, ...],
        by: str,
        join_id: str = "",
    ) -> str:
        body = CustomersJoined(
            join_id=join_id or self._new_id(), other=other, confidence=confidence, reasons=reasons, by=by
        )
        self._append([self._fact("customer", one, body)])
        return body.join_id

    def _ends(self, join_id: str, state: str) -> tuple[CustomerId, CustomerId]:
        table = tables.joins
        query = sa.select(table.c.one, table.c.other).where(table.c.join_id == join_id, table.c.state == state)
        with self._facts.engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            sentence = f"There is no pair {join_id} that is {state}; it may have been settled meanwhile."
            raise CallCentreError("join.unknown", sentence, fault="user")
        return CustomerId(row.one), CustomerId(row.other)

    # Cases

    def open_case(self, customer_id: CustomerId, *, subject: str, topic: str, by: str) -> str:
        """Open a case; return its id."""
        self._known(customer_id)
        case_id = self._new_id()
        body = CaseOpened(customer_id=customer_id, subject=subject, topic=topic, by=by)
        self._append([self._fact("case", case_id, body)], links={f"case:{case_id}": f"customer:{customer_id}"})
        return case_id

    def add_case_contact(self, case_id: str, kind: ContactKind, contact_id: str, by: str) -> None:
        """Say that a contact is about a case; once is enough."""
        self._known_case(case_id)
        if case_id not in self.cases_of_contact(kind, contact_id):
            self._write("case", case_id, [CaseContactAdded(contact_kind=kind, contact_id=contact_id, by=by)])

    def set_case_status(self, case_id: str, status: CaseStatus, *, reason: str, by: str) -> None:
        """Say how a case stands."""
        self._known_case(case_id)
        self._write("case", case_id, [CaseStatusSet(status=status, by=by, reason=reason)])

    def note_case(self, case_id: str, text: str, *, by: str, contact: tuple[ContactKind, str] | None = None) -> None:
        """Write a note on a case."""
        self._known_case(case_id)
        kind, contact_id = contact or (None, "")
        self._write("case", case_id, [CaseNoted(text=text, by=by, contact_kind=kind, contact_id=contact_id)])

    # Writing

    def _write(self, kind: StreamKind, stream_id: str, bodies: Sequence[EventBody]) -> None:
        """Append facts of one stream.

        Raises:
            CallCentreError: `customer.unknown` when there is no such record; nothing was kept.
        """
        self._append([self._fact(kind, stream_id, body) for body in bodies])

    def _fact(self, kind: StreamKind, stream_id: str, body: EventBody) -> NewEvent:
        now_utc = self._clock.now_utc()
        return NewEvent(stream_kind=kind, stream_id=stream_id, body=body, at_utc=now_utc, t_ms=None, source="customers")

    def _append(
        self,
        entries: Sequence[NewEvent],
        *,
        links: Mapping[str, str | None] | None = None,
        also: Callable[[sa.Connection, Sequence[Event]], None] | None = None,
    ) -> None:
        wait_s = FIRST_WAIT_S
        for attempt in range(TRIES):
            try:
                self._facts.append_with(entries, also=also or self._project, links=links, release=True)
            except CallCentreError as error:
                if error.code != "stream.conflict" or attempt == TRIES - 1:
                    raise
                time.sleep(wait_s)
                wait_s *= 2
            else:
                return

    def _project(self, connection: sa.Connection, events: Sequence[Event]) -> None:
        if self.projection.project(connection, events):
            raise _unknown()

    def _added(self, item: NewIdentifier, by: str) -> IdentifierAdded:
        return IdentifierAdded(
            kind=item.kind,
            value=normal_or_raise(item.kind, item.value, self._country),
            evidence=item.evidence,
            confidence=CONFIDENCE[item.evidence],
            contact_kind=item.contact_kind,
            contact_id=item.contact_id,
            by=by,
        )

    def _known(self, customer_id: CustomerId) -> None:
        """Make sure that there is such a record.

        Raises:
            CallCentreError: `customer.unknown`.
        """
        table = tables.customers
        with self._facts.engine.connect() as connection:
            query = sa.select(table.c.customer_id).where(table.c.customer_id == customer_id)
            if connection.execute(query).first() is None:
                raise _unknown()

    def _known_record(self, customer_id: CustomerId) -> CustomerRecord:
        record = self.record(customer_id)
        if record is None:
            raise _unknown()
        return record

    def _person_records(self, customer_id: CustomerId) -> list[CustomerRecord]:
        self._known(customer_id)
        return list(self.records(self.members(customer_id)).values())

    def _known_case(self, case_id: str) -> None:
        if self.case(case_id) is None:
            raise CallCentreError("case.unknown", "There is no such case.", fault="user")


def _unknown() -> CallCentreError:
    sentence = "There is no such customer record, or the person was erased."
    return CallCentreError("customer.unknown", sentence, fault="user")


def _ties_between(one: CustomerRecord, other: CustomerRecord) -> tuple[tuple[JoinReason, ...], tuple[JoinReason, ...]]:
    """Return the reasons on which people settled a pair (dismissed or parted), and those that still wait for them."""
    ties = [tie for tie in one.ties if tie.other == other.customer_id]
    ties += [tie for tie in other.ties if tie.other == one.customer_id]
    settled = tuple(reason for tie in ties if tie.state in ("dismissed", "parted") for reason in tie.reasons)
    pending = tuple(reason for tie in ties if tie.state == "proposed" for reason in tie.reasons)
    return settled, pending
