"""Whose conversation it is: linked to a customer record by what the channel and the customer say, and to their case.

begun       address of one person: linked, as sure as an address is; of nobody: a record is opened
confirmed   an account number, an e-mail address, a telephone number that was read back: of one person: linked to them
            instead; else added to the record
matter      topics and forms continue an open case of the customer, or open one

Blocking on the records: one task takes the facts in order and works in a thread. Nothing that is answered waits for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from calls.conversation_events import ConversationClosed, StaffAwaited
from calls.customer_events import IdentifierEvidence, IdentifierKind
from calls.errors import CallCentreError
from calls.events import Event, FlowFinished, SlotFilled, TopicFound
from calls.ids import ConversationId, CustomerId, Language
from calls.ports import Clock
from channels.conversation import ConversationState
from customers.cases import most_likely
from customers.identifiers import normal
from customers.store import CustomerStore, NewIdentifier
from service.customers.matters import FLOW_PREFIX, topic_of
from service.customers.whose import visitors_person

logger = logging.getLogger(__name__)

BY = "conversations"
WAITING_MAX = 10_000
"""Facts that wait for the records; then they are passed over."""
REMEMBERED = 2_000
"""Conversations whose customer is remembered; others are looked up again."""

_SLOTS: Mapping[str, IdentifierKind] = {"account_number": "account", "phone": "phone", "email": "email"}
"""Slots whose confirmed values are identifiers."""


@dataclass(slots=True)
class _Known:
    """What is known of one conversation's customer."""

    linked: CustomerId | None = None
    evidence: IdentifierEvidence = "presented"
    case_id: str = ""


@dataclass(slots=True)
class _News:
    """Facts of a conversation, and what must be known of it."""

    conversation_id: ConversationId
    channel: str
    provider: str
    address: str
    name: str
    language: Language
    events: Sequence[Event] = field(default_factory=tuple)


class ConversationLinks:
    """Links conversations to customers."""

    def __init__(
        self,
        store: CustomerStore,
        clock: Clock,
        titles: Callable[[Language], Mapping[str, str]],
        *,
        country: str,
        opens_records: bool,
    ) -> None:
        """`titles` gives the title of each topic in a language; `country` is where national numbers are from."""
        self._store, self._clock, self._titles = store, clock, titles
        self._country, self._opens_records = country, opens_records
        self._waiting: asyncio.Queue[_News] = asyncio.Queue(WAITING_MAX)
        self._known: dict[ConversationId, _Known] = {}

    def happened(self, conversation_id: ConversationId, state: ConversationState, events: Sequence[Event]) -> None:
        """Take facts that were written; returns at once."""
        news = _News(
            conversation_id, state.channel, state.provider, state.address, state.name, state.language, tuple(events)
        )
        try:
            self._waiting.put_nowait(news)
        except asyncio.QueueFull:
            logger.error("too many conversations wait for the customer records; one was passed over")

    async def run(self) -> None:
        """Link conversations for as long as the service runs."""
        while True:
            news = await self._waiting.get()
            try:
                await asyncio.to_thread(self.take, news)
            except CallCentreError as error:
                logger.warning("conversation %s: the customer records failed: %s", news.conversation_id, error.code)
            except Exception:
                logger.exception("conversation %s: the customer records failed", news.conversation_id)

    def take(self, news: _News) -> None:
        """Take facts of one conversation; blocks."""
        known = self._known_of(news)
        if known.linked is None:
            self._by_address(news, known)
        for event in news.events:
            match event.body:
                case SlotFilled(slot=slot, value=value, confirmed=True) if slot in _SLOTS and "*" not in value:
                    self._identifier(news, known, _SLOTS[slot], value)
                case SlotFilled(slot="name", value=value, confirmed=True) if "*" not in value:
                    self._name(known, value)
                case TopicFound(topic=str(topic)):
                    self._matter(news, known, topic)
                case FlowFinished(flow=flow):
                    self._matter(news, known, topic_of(flow))
                case StaffAwaited():
                    self._owed(news, known)
                case ConversationClosed():
                    self._known.pop(news.conversation_id, None)
                case _:
                    continue

    def _known_of(self, news: _News) -> _Known:
        known = self._known.get(news.conversation_id)
        if known is None:
            while len(self._known) >= REMEMBERED:
                self._known.pop(next(iter(self._known)))
            known = self._known[news.conversation_id] = _Known()
            found = self._store.customer_of("conversation", news.conversation_id)
            known.linked = found[0] if found is not None else None
            cases = self._store.cases_of_contact("conversation", news.conversation_id)
            known.case_id = cases[-1] if cases else ""
        return known

    def _address(self, news: _News) -> tuple[IdentifierKind, str] | None:
        kind: IdentifierKind
        match news.channel:
            case "chat":
                kind, text = "chat_visitor", news.address
            case "email":
                kind, text = "email", news.address
            case "sms" | "whatsapp":
                kind, text = "phone", news.address
            case _:
                kind, text = "social", f"{news.provider}:{news.address}"
        value = normal(kind, text, self._country)
        return None if value is None else (kind, value)

    def _by_address(self, news: _News, known: _Known) -> None:
        address = self._address(news)
        if address is None:
            return
        people = self._store.persons_with(*address)
        visitor = visitors_person(self._store, address[1]) if address[0] == "chat_visitor" else None
        person = people[0] if len(people) == 1 else visitor
        if person is not None:
            self._link(news, known, person, "presented")
        elif not people and self._opens_records:
            item = self._item(news, *address, "presented")
            opened = self._store.open("conversation", name=news.name, identifiers=[item], by=BY)
            self._link(news, known, opened, "presented")

    def _link(self, news: _News, known: _Known, customer_id: CustomerId, evidence: IdentifierEvidence) -> None:
        self._store.link_contact(customer_id, "conversation", news.conversation_id, evidence=evidence, by=BY)
        known.linked, known.evidence = customer_id, evidence
        if known.case_id:
            known.case_id = ""  # the matter is looked for anew among those of this customer

    def _identifier(self, news: _News, known: _Known, kind: IdentifierKind, text: str) -> None:
        value = normal(kind, text, self._country)
        if value is None:
            return
        people = self._store.persons_with(kind, value)
        theirs = known.linked is not None and bool(people) and known.linked in self._store.members(people[0])
        if len(people) == 1 and kind != "phone" and not theirs:
            before = known.linked
            self._link(news, known, people[0], "confirmed")
            address = self._address(news)
            if address is not None and before is not None:
                self._store.add_identifiers(people[0], [self._item(news, *address, "confirmed")], BY)
        if known.linked is not None:
            self._store.add_identifiers(known.linked, [self._item(news, kind, value, "confirmed")], BY)

    def _item(self, news: _News, kind: IdentifierKind, value: str, evidence: IdentifierEvidence) -> NewIdentifier:
        return NewIdentifier(
            kind=kind,
            value=value,
            evidence=evidence,
            contact_kind="conversation",
            contact_id=news.conversation_id,
        )

    def _name(self, known: _Known, name: str) -> None:
        person = self._store.person(known.linked) if known.linked is not None else None
        if known.linked is not None and person is not None and not person.name:
            self._store.name(known.linked, name, "written", BY)

    def _matter(self, news: _News, known: _Known, topic: str) -> None:
        """Find the case that it is about, or open one."""
        if known.linked is None or known.case_id:
            return
        found = most_likely(self._store.matters(known.linked), topic, self._clock.now_utc())
        if found is not None and found.how == "use":
            known.case_id = found.case_id
        else:
            subject = self._titles(news.language).get(topic, topic.removeprefix(FLOW_PREFIX).replace("-", " "))
            known.case_id = self._store.open_case(known.linked, subject=subject, topic=topic, by=BY)
        self._store.add_case_contact(known.case_id, "conversation", news.conversation_id, BY)

    def _owed(self, news: _News, known: _Known) -> None:
        """Staff owe an answer: so does the case."""
        case = self._store.case(known.case_id) if known.case_id else None
        if case is not None and case.status != "waiting_for_us":
            self._store.set_case_status(case.case_id, "waiting_for_us", reason="conversation", by=BY)
        del news
