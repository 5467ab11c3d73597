"""Who a call is from, decided step by step as more is said: pure of clocks and sockets, blocking on the records alone.

rings      number of one person: linked, as sure as a number is      of several: nobody yet       of nobody: nobody yet
           a visitor of the chat, by a pass: linked to whom the chat is
confirmed  an account number or an address of one person: linked, from whoever it was linked to before; of nobody:
added to the record, or a new one when the record has another account already
named      of several persons of the number the one with that name is linked
over, or   a record is opened for a number that nobody has; the matter opens a case or continues one
escalated
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from calls.customer_events import CaseStatus, ContactKind, IdentifierEvidence, IdentifierKind
from calls.events import (
    CallAnswered,
    CallbackBooked,
    CallEnded,
    CallOffered,
    EscalationRequested,
    Event,
    FlowFinished,
    HandoverCompleted,
    SlotFilled,
    TopicFound,
    TurnReopened,
)
from calls.ids import CustomerId, Language
from calls.ports import Clock
from customers.cases import most_likely
from customers.identifiers import normal
from customers.names import likeness
from customers.record import STRENGTH
from customers.store import CustomerStore, NewIdentifier
from service.customers.matters import FLOW_PREFIX, topic_of
from service.customers.whose import visitors_person

BY = "calls"
_SLOTS: Mapping[str, IdentifierKind] = {"account_number": "account", "phone": "phone", "email": "email"}
"""Slots whose confirmed values are identifiers."""

Titles = Callable[[Language], Mapping[str, str]]


@dataclass(slots=True, kw_only=True)
class Caller:
    """What is known of one call's caller."""

    call_id: str
    number: str = ""
    language: Language = "es"
    answered: bool = False
    linked: CustomerId | None = None
    evidence: IdentifierEvidence = "presented"
    opened_here: bool = False
    """The record was opened in this call."""
    topics: list[tuple[str, str]] = field(default_factory=list)
    """Turn and topic, in order."""
    flow: str = ""
    waits_for_us: bool = False
    reached_human: bool = False
    case_id: str = ""
    proven: bool = False
    """The caller knew what only the customer should know."""


class Recognising:
    """Links calls to customers. Blocking: a thread runs it."""

    def __init__(
        self, store: CustomerStore, clock: Clock, titles: Titles, *, country: str, opens_records: bool
    ) -> None:
        """`titles` gives the title of each topic in a language."""
        self._store, self._clock, self._titles = store, clock, titles
        self._country, self._opens_records = country, opens_records

    def take(self, caller: Caller, event: Event) -> bool:
        """Take one fact of the call; return whether the caller is now another customer, or a surer one, than before."""
        before = (caller.linked, caller.evidence, caller.proven)
        match event.body:
            case CallOffered() as body:
                caller.number = normal("phone", body.caller, self._country) or ""
                self._by_number(caller)
                self._by_visitor(caller, body.visitor)
            case CallAnswered(language=language):
                caller.answered, caller.language = True, language
            case SlotFilled(slot=slot, value=value, confirmed=True):
                self._slot(caller, slot, value)
            case TopicFound(turn_id=turn_id, topic=topic) if topic is not None:
                caller.topics.append((turn_id, topic))
            case TurnReopened(turn_id=turn_id):
                caller.topics = [known for known in caller.topics if known[0] != turn_id]
            case FlowFinished(flow=flow):
                caller.flow = flow
            case CallbackBooked(number=number):
                caller.waits_for_us = True
                self._add(caller, "phone", number, "said")
            case EscalationRequested():
                caller.waits_for_us = True
                self._settle(caller)
            case HandoverCompleted():
                caller.reached_human = True
            case CallEnded():
                self._settle(caller)
                self._state_of_case(caller)
            case _:
                return False
        return (caller.linked, caller.evidence, caller.proven) != before

    def _by_number(self, caller: Caller) -> None:
        people = self._store.persons_with("phone", caller.number) if caller.number else ()
        if len(people) == 1:
            self._link(caller, people[0], "presented")

    def _by_visitor(self, caller: Caller, visitor: str) -> None:
        """Link who calls from the chat to whom the chat is linked to: the page showed a pass."""
        person = visitors_person(self._store, visitor) if visitor and caller.linked is None else None
        if person is not None:
            self._link(caller, person, "presented")

    def _slot(self, caller: Caller, slot: str, value: str) -> None:
        kind = _SLOTS.get(slot)
        if kind is not None:
            self._identifier(caller, kind, value)
        elif slot == "name" and "*" not in value:
            self._name(caller, value)

    def _identifier(self, caller: Caller, kind: IdentifierKind, text: str) -> None:
        value = normal(kind, text, self._country) if "*" not in text else None
        if value is None:
            return
        people = self._store.persons_with(kind, value)
        if len(people) == 1 and kind != "phone":
            proven = self._knows(caller, people[0], kind, value)
            known = caller.linked is not None and caller.linked in self._store.members(people[0])
            self._link(caller, caller.linked if known and caller.linked else people[0], "confirmed")
            if proven and caller.linked is not None:
                contact: tuple[ContactKind, str] = ("call", caller.call_id)
                self._store.verify(caller.linked, contact, "knowledge", passed=True, how="account_and_number")
                caller.proven = True
        elif caller.linked is None and len(people) == 1:
            self._link(caller, people[0], "said")  # a number to be called back at may be a neighbour's
        elif (kind == "account" and self._has_another_account(caller, value)) or caller.linked is None:
            self._open(caller)
        self._add(caller, kind, value, "confirmed")

    def _knows(self, caller: Caller, customer_id: CustomerId, kind: IdentifierKind, value: str) -> bool:
        """Tell whether an account number and the line it is said on were both known of the person before this call."""
        person = self._store.person(customer_id)
        if kind != "account" or person is None or not caller.number:
            return False
        before = {
            (item.kind, item.value)
            for item in person.identifiers
            if STRENGTH[item.evidence] >= STRENGTH["imported"] and item.contact_id != caller.call_id
        }
        return {("account", value), ("phone", caller.number)} <= before

    def _has_another_account(self, caller: Caller, value: str) -> bool:
        person = self._store.person(caller.linked) if caller.linked is not None else None
        if person is None:
            return False
        sure = [
            item.value
            for item in person.identifiers
            if item.kind == "account" and STRENGTH[item.evidence] >= STRENGTH["imported"]
        ]
        return bool(sure) and value not in sure

    def _name(self, caller: Caller, name: str) -> None:
        if caller.linked is None and caller.number:
            people = [self._store.person(known) for known in self._store.persons_with("phone", caller.number)]
            alike = [person for person in people if person and likeness(person.name, name) in ("same", "similar")]
            if len(alike) == 1:
                self._link(caller, alike[0].customer_id, "said")
        if caller.linked is not None:
            person = self._store.person(caller.linked)
            if person is not None and not person.name:
                self._store.name(caller.linked, name, "said", BY)

    def _add(self, caller: Caller, kind: IdentifierKind, text: str, evidence: IdentifierEvidence) -> None:
        value = normal(kind, text, self._country)
        if caller.linked is not None and value is not None:
            item = NewIdentifier(
                kind=kind, value=value, evidence=evidence, contact_kind="call", contact_id=caller.call_id
            )
            self._store.add_identifiers(caller.linked, [item], BY)

    def _link(self, caller: Caller, customer_id: CustomerId, evidence: IdentifierEvidence) -> None:
        if caller.linked == customer_id and STRENGTH[evidence] <= STRENGTH[caller.evidence]:
            return
        left = caller.linked if caller.opened_here and caller.linked != customer_id else None
        self._store.link_contact(customer_id, "call", caller.call_id, evidence=evidence, by=BY)
        caller.linked, caller.evidence, caller.opened_here = customer_id, evidence, False
        if left is not None and caller.number:  # the record that was opened for the number alone is found no more
            self._store.remove_identifier(left, "phone", caller.number, reason="caller_known", by=BY)
        if caller.number:
            self._add(caller, "phone", caller.number, "presented")

    def _open(self, caller: Caller) -> None:
        if not self._opens_records:
            return
        customer_id = self._store.open("call", by=BY)
        self._link(caller, customer_id, "presented")
        caller.opened_here = True

    def _settle(self, caller: Caller) -> None:
        """Open a record for a number that nobody has, and find or open the case."""
        if not caller.answered:
            return
        if caller.linked is None and caller.number and not self._store.persons_with("phone", caller.number):
            self._open(caller)
        topic = topic_of(caller.flow, caller.topics[-1][1] if caller.topics else "")
        if caller.linked is None or caller.case_id or not (topic or caller.waits_for_us):
            return
        found = most_likely(self._store.matters(caller.linked), topic, self._clock.now_utc())
        if found is not None and found.how == "use":
            caller.case_id = found.case_id
        elif topic:
            subject = self._titles(caller.language).get(topic, topic.removeprefix(FLOW_PREFIX).replace("-", " "))
            caller.case_id = self._store.open_case(caller.linked, subject=subject, topic=topic, by=BY)
        if caller.case_id:
            self._store.add_case_contact(caller.case_id, "call", caller.call_id, BY)

    def _state_of_case(self, caller: Caller) -> None:
        """Who has to do something next: we, when a person or a call back was promised; the customer, when answered."""
        case = self._store.case(caller.case_id) if caller.case_id else None
        if case is None or caller.reached_human:
            return
        status: CaseStatus = "waiting_for_us" if caller.waits_for_us or caller.flow else "waiting_for_customer"
        if case.status != status and not (case.status == "waiting_for_us" and status == "waiting_for_customer"):
            self._store.set_case_status(case.case_id, status, reason="call_ended", by=BY)
