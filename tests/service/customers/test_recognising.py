"""Who a call is from, fact by fact, on a real database."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from calls.conversation_events import ConversationOpened, MessageReceived
from calls.events import (
    CallAnswered,
    CallbackBooked,
    CallEnded,
    CallOffered,
    EscalationRequested,
    EventBody,
    FlowFinished,
    NewEvent,
    SlotFilled,
    TopicFound,
    TurnReopened,
)
from calls.ids import CallId, CustomerId, Language, MessageId, TurnId
from customers.store import CustomerStore, NewIdentifier
from records.store import EventStore
from service.call_store import open_store
from service.config import Config
from service.config_values import zone_named
from service.customers.in_calls import CustomersInCalls
from service.customers.open_records import customer_store
from service.customers.part import Customers
from service.customers.recognising import Caller, Recognising
from service.customers.related import related_facts
from service.customers.view import level_of
from voice.dialog.acts import CallerNeeds, HistoryKnown

PHONE, OTHER = "+34600123456", "+34911222333"
BEGAN = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)
TITLES: dict[Language, dict[str, str]] = {
    "en": {"bill-explained": "Your bill explained"},
    "es": {"bill-explained": "Su factura explicada"},
}


class HouseClock:
    def __init__(self) -> None:
        self.now = BEGAN

    def now_ms(self) -> int:
        return 0

    def now_utc(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


class Line:
    """A line that calls come in on, and the records behind it."""

    def __init__(self, folder: Path) -> None:
        self.config = Config(data_dir=str(folder))
        self.clock = HouseClock()
        self.facts: EventStore = open_store(self.config)
        self.store: CustomerStore = customer_store(self.facts, self.clock, self.config)
        self.recognising = Recognising(
            self.store, self.clock, lambda lang: TITLES[lang], country="ES", opens_records=True
        )
        self._numbers = itertools.count(1)

    def customer(self, name: str, *identifiers: NewIdentifier) -> CustomerId:
        return self.store.open("staff", name=name, identifiers=identifiers, by="x")

    def fact(self, call_id: str, body: EventBody) -> NewEvent:
        at = self.clock.now_utc()
        return NewEvent(stream_kind="call", stream_id=call_id, body=body, at_utc=at, t_ms=0, source="x")

    def call(self, *bodies: EventBody, caller: str = PHONE) -> Caller:
        call_id = f"k{next(self._numbers)}"
        known = Caller(call_id=call_id)
        offered = CallOffered(transport="sip", caller=caller, caller_name="", called="bot", peer_call_id="x")
        answered = CallAnswered(language="en", flow="main")
        for body in (offered, answered, *bodies):
            (event,) = self.facts.append(
                [
                    NewEvent(
                        stream_kind="call",
                        stream_id=call_id,
                        body=body,
                        at_utc=self.clock.now_utc(),
                        t_ms=0,
                        source="x",
                    )
                ]
            )
            self.recognising.take(known, event)
        return known


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    opened = Line(tmp_path / "data")
    yield opened
    opened.facts.close()


def phone(value: str = PHONE) -> NewIdentifier:
    return NewIdentifier(kind="phone", value=value, evidence="by_staff")


def account(value: str) -> NewIdentifier:
    return NewIdentifier(kind="account", value=value, evidence="imported")


def slot(name: str, value: str, *, confirmed: bool = True) -> SlotFilled:
    return SlotFilled(slot=name, value=value, confirmed=confirmed, turn_id=TurnId("t1"))


def topic(name: str = "bill-explained", turn: str = "t1") -> TopicFound:
    return TopicFound(turn_id=TurnId(turn), topic=name, score=0.9, article_id=None)


END = CallEnded(result="completed", reason="caller_hung_up")
ESCALATED = EscalationRequested(reason="caller_asked", detail="", turn_id=None)


def test_when_the_number_is_one_persons_then_the_call_is_linked_but_no_surer_than_a_number(line: Line) -> None:
    ana = line.customer("Ana García", phone())
    caller = line.call()
    assert line.store.customer_of("call", caller.call_id) == (ana, 0.4)
    assert line.facts.engine is not None


def test_when_two_people_share_the_number_then_nobody_is_linked_until_a_name_or_an_account_says_who(line: Line) -> None:
    ana, luis = line.customer("Ana García", phone()), line.customer("Luis Gil", phone(), account("LU2"))
    assert line.call(END).linked is None
    assert line.call(slot("name", "Ana Garcia")).linked == ana
    assert line.call(slot("name", "Eva Ruiz")).linked is None
    assert line.call(slot("account_number", "LU2")).linked == luis
    assert line.call(slot("account_number", "LU2", confirmed=False)).linked is None


def test_when_an_account_is_confirmed_then_it_wins_over_the_number(line: Line) -> None:
    line.customer("Ana García", phone())
    ben = line.customer("Ben Smith", account("LU7"))
    caller = line.call(slot("account_number", "lu 7"))
    assert line.store.customer_of("call", caller.call_id) == (ben, 0.75)
    person = line.store.person(ben)
    assert person is not None
    assert {(i.kind, i.value, i.evidence) for i in person.identifiers} == {
        ("account", "LU7", "confirmed"),
        ("phone", PHONE, "presented"),
    }


def test_when_account_and_line_were_known_before_then_the_contact_is_verified_by_knowledge(line: Line) -> None:
    ana = line.customer("Ana García", phone(), account("LU7"))
    ben = line.customer("Ben Smith", account("LU8"))
    known = line.call(slot("account_number", "LU7"))
    stranger = line.call(slot("account_number", "LU8"), caller=OTHER)
    again = line.call(slot("account_number", "LU8"), caller=OTHER)
    assert level_of(line.store, ana, "call", known.call_id) == "knowledge"
    for call in (stranger, again):
        assert level_of(line.store, ben, "call", call.call_id) == "caller_id"


def test_when_nobody_has_the_number_then_a_record_is_opened_once_and_found_the_next_time(line: Line) -> None:
    first = line.call(slot("name", "Ana García"), slot("email", "ana@example.com"), END)
    assert first.linked is not None
    person = line.store.person(first.linked)
    assert person is not None
    assert {(i.kind, i.value) for i in person.identifiers} == {("phone", PHONE), ("email", "ana@example.com")}
    assert line.call(END).linked == first.linked
    assert line.call(END, caller="anonymous").linked is None
    assert line.call(END, caller="alice").linked is None


def test_when_a_daughter_calls_from_the_line_with_an_account_of_her_own_then_she_gets_a_record_of_her_own(
    line: Line,
) -> None:
    father = line.customer("Luis Gil", phone(), account("LU1"))
    caller = line.call(slot("account_number", "LU2"), END)
    assert caller.linked not in (None, father)
    assert line.store.persons_with("account", "LU2") == (caller.linked,)
    person = line.store.person(father)
    assert person is not None
    assert [i.value for i in person.identifiers if i.kind == "account"] == ["LU1"]


def test_when_the_record_of_a_number_turns_out_to_be_a_known_customer_then_the_number_is_theirs_alone(
    line: Line,
) -> None:
    ben = line.customer("Ben Smith", NewIdentifier(kind="email", value="ben@example.com", evidence="imported"))
    caller = line.call(topic(), ESCALATED, slot("email", "ben@example.com"), END)
    assert caller.linked == ben
    assert line.store.persons_with("phone", PHONE) == (ben,)


def test_when_a_masked_value_is_said_then_nothing_is_added(line: Line) -> None:
    caller = line.call(slot("account_number", "****"), END)
    person = line.store.person(caller.linked or "")
    assert person is not None
    assert [i.kind for i in person.identifiers] == ["phone"]


def test_when_a_matter_comes_up_again_then_both_calls_are_one_case(line: Line) -> None:
    ana = line.customer("Ana García", phone())
    first = line.call(topic(), END)
    (case,) = line.store.cases(ana)
    assert (case.subject, case.topic, case.status) == ("Your bill explained", "bill-explained", "waiting_for_customer")
    second = line.call(topic(), ESCALATED, END)
    (case,) = line.store.cases(ana)
    assert [contact.id for contact in case.contacts] == [first.call_id, second.call_id]
    assert case.status == "waiting_for_us"
    line.call(topic("outage"), FlowFinished(flow="outage_report", reference="ABC234"), END)
    assert [case.topic for case in line.store.cases(ana)] == ["power-outage-report", "bill-explained"]
    line.call(END)
    assert len(line.store.cases(ana)) == 2


def test_when_a_form_is_filled_in_then_it_belongs_to_the_matter_of_its_article_and_a_call_back_to_what_was_asked(
    line: Line,
) -> None:
    ana = line.customer("Ana García", phone())
    line.call(topic(), END)
    line.call(FlowFinished(flow="bill_explained", reference="ABC234"), END)  # by keys alone no topic is found
    line.call(topic(), FlowFinished(flow="callback", reference="ABC235"), END)
    (case,) = line.store.cases(ana)
    assert (case.topic, len(case.contacts)) == ("bill-explained", 3)
    line.call(FlowFinished(flow="callback", reference="ABC236"), END)
    assert [one.topic for one in line.store.cases(ana)] == ["flow:callback", "bill-explained"]


def test_when_the_turn_of_a_topic_is_taken_back_then_it_opens_no_case(line: Line) -> None:
    ana = line.customer("Ana García", phone())
    line.call(topic(), TurnReopened(turn_id=TurnId("t1")), END)
    assert line.store.cases(ana) == []


def test_when_a_call_back_is_booked_for_another_number_then_it_is_kept_as_said(line: Line) -> None:
    ana = line.customer("Ana García", phone())
    line.call(topic(), CallbackBooked(number=OTHER, language="en", matter="bill"), END)
    person = line.store.person(ana)
    assert person is not None
    assert (OTHER, "said") in {(i.value, i.evidence) for i in person.identifiers}
    assert [case.status for case in line.store.cases(ana)] == ["waiting_for_us"]


def test_when_somebody_chatted_this_morning_then_the_brief_of_the_afternoons_call_says_so_with_its_source(
    line: Line,
) -> None:
    ana = line.customer("Ana García", phone())
    at = BEGAN - timedelta(hours=6)
    bodies = (
        ConversationOpened(
            channel="chat", provider="web", address="v1", name="", subject="", language="es", external_id=""
        ),
        MessageReceived(message_id=MessageId("1"), text="Mi factura es muy alta", attachments=(), external_id=""),
        topic(),
    )
    for body in bodies:
        line.facts.append(
            [NewEvent(stream_kind="conversation", stream_id="m1", body=body, at_utc=at, t_ms=None, source="x")]
        )
    line.store.link_contact(ana, "conversation", "m1", evidence="verified", by="x")
    case = line.store.open_case(ana, subject="Factura", topic="bill-explained", by="x")
    line.store.add_case_contact(case, "conversation", "m1", "x")
    caller = line.call(topic(), ESCALATED)
    assert caller.case_id == case
    told: dict[Language, str] = {}
    for language in ("en", "es"):
        facts = related_facts(
            line.store.timeline(ana).items,
            without=caller.call_id,
            cases=[case],
            now_local=BEGAN.astimezone(zone_named("Europe/Madrid")),
            language=language,
            titles=TITLES[language],
        )
        chat = next(fact for fact in facts if fact.stream_id == "m1")
        assert (chat.stream_kind, chat.event_seq, chat.quote) == ("conversation", 3, "Mi factura es muy alta")
        told[language] = chat.text
    assert told == {
        "en": "Chat of today at 11:00 about Your bill explained",
        "es": "Chat de hoy a las 11:00 sobre Su factura explicada",
    }


def test_when_earlier_words_hold_a_secret_then_the_brief_leaves_them_out(line: Line) -> None:
    ana = line.customer("Ana García", phone())
    line.store.write_note(ana, "card 4111 1111 1111 1111", "x")
    facts = related_facts(
        line.store.timeline(ana).items,
        without="",
        cases=[],
        now_local=BEGAN,
        language="en",
        titles={},
    )
    assert facts == ()


async def test_when_a_known_caller_rings_then_the_call_is_told_their_needs_and_the_brief_waits_for_the_records(
    line: Line,
) -> None:
    ana = line.customer("Ana García", phone())
    line.store.set_preference(ana, "slower", "yes", "x")
    line.store.set_preference(ana, "language", "en", "x")
    line.store.write_note(ana, "prefers mornings", "x")
    told: list[tuple[CallId, CallerNeeds | HistoryKnown]] = []
    part = CustomersInCalls(
        line.store,
        line.clock,
        lambda language: TITLES[language],
        lambda call_id, needs: told.append((call_id, needs)),
        country="ES",
        zone=zone_named("Europe/Madrid"),
        opens_records=True,
    )
    worker = asyncio.create_task(part.run())
    for body in (
        CallOffered(transport="sip", caller=PHONE, caller_name="", called="bot", peer_call_id="x"),
        CallAnswered(language="es", flow="main"),
    ):
        (event,) = line.facts.append([line.fact("k", body)])
        part.take(event)
    related = await part.related(CallId("k"), "en")
    worker.cancel()
    assert told == [(CallId("k"), CallerNeeds(slower=True, language="en"))]
    assert [fact.text.partition(": ")[2] for fact in related] == ["prefers mornings"]


def test_when_a_recording_was_imported_then_its_call_is_linked_too(line: Line) -> None:
    ana = line.customer("Ana García", phone())
    offered = CallOffered(transport="import", caller=PHONE, caller_name="", called="", peer_call_id="x")
    bodies = (offered, CallAnswered(language="es", flow="main"), END)
    line.facts.append([line.fact("import-1", body) for body in bodies])
    Customers(line.config, line.facts, line.clock).calls.link_past("import-1", line.facts.read("call", "import-1"))
    assert line.store.customer_of("call", "import-1") == (ana, 0.4)
    assert [item.contact.channel for item in line.store.timeline(ana).items if item.contact] == ["import"]


async def test_when_a_caller_proves_who_they_are_then_an_earlier_contact_may_be_mentioned_and_before_not(
    line: Line,
) -> None:
    ana = line.customer("Ana García", phone(), account("LU7"))
    line.call(topic(), END)
    told: list[object] = []
    part = CustomersInCalls(
        line.store,
        line.clock,
        TITLES.__getitem__,
        lambda _call, news: told.append(news),
        country="ES",
        zone=zone_named("Europe/Madrid"),
        opens_records=True,
    )
    worker = asyncio.create_task(part.run())
    offered = CallOffered(transport="sip", caller=PHONE, caller_name="", called="bot", peer_call_id="x")
    history = HistoryKnown(matter="Your bill explained", when="today")
    steps: list[tuple[list[EventBody], bool]] = [
        ([offered, CallAnswered(language="en", flow="main")], False),
        ([slot("account_number", "LU7")], True),
    ]
    for bodies, mentioned in steps:
        for body in bodies:
            (event,) = line.facts.append([line.fact("k", body)])
            part.take(event)
        await part.related(CallId("k"), "en")
        assert (history in told) is mentioned
    worker.cancel()
    assert level_of(line.store, ana, "call", "k") == "knowledge"


async def test_when_the_records_do_not_answer_then_the_brief_goes_without(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.customers.in_calls.BRIEF_WAIT_S", 0.05)
    part = CustomersInCalls(
        line.store,
        line.clock,
        lambda language: TITLES[language],
        lambda _call, _needs: None,
        country="ES",
        zone=zone_named("Europe/Madrid"),
        opens_records=True,
    )
    assert await part.related(CallId("k"), "en") == ()  # nobody runs the worker
