"""Whose a conversation is, on a real database: who chats and then calls is one customer with one matter."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from calls.events import CallAnswered, CallEnded, CallOffered, Event, EventBody, TopicFound
from calls.ids import CustomerId, Language, TurnId
from customers.store import CustomerStore, NewIdentifier
from records.erasure import erase_subjects
from service.channels.linking import ConversationLinks
from service.clock import SystemClock
from service.config import Config
from service.customers.open_records import customer_store
from service.customers.recognising import Caller, Recognising
from service.customers.whose import visitors_person
from tests.service.channels.talk_in_writing import Desk
from tests.waiting import eventually

TITLES: dict[Language, dict[str, str]] = {"en": {"bill-explained": "Your bill"}, "es": {"bill-explained": "Su factura"}}


def titles(language: Language) -> dict[str, str]:
    return TITLES[language]


class Linked:
    """A desk whose conversations are linked to customers."""

    def __init__(self, folder: Path) -> None:
        self.desk = Desk(folder)
        self.clock = SystemClock()
        self.customers: CustomerStore = customer_store(self.desk.store, self.clock, Config())
        self.links = ConversationLinks(self.customers, self.clock, titles, country="ES", opens_records=True)
        self.desk.conversations.listen(self.links.happened)
        self.work = asyncio.get_running_loop().create_task(self.links.run())

    async def owner(self, conversation: str) -> CustomerId:
        await eventually(lambda: self.customers.customer_of("conversation", conversation), "the link")
        found = self.customers.customer_of("conversation", conversation)
        assert found is not None
        return found[0]

    def call(self, name: str, *bodies: EventBody) -> None:
        """Let a call happen, as the customers' side sees it."""
        recognising = Recognising(self.customers, self.clock, titles, country="ES", opens_records=True)
        caller = Caller(call_id=name)
        for at, body in enumerate(bodies, 1):
            event = Event(
                stream_kind="call",
                stream_id=name,
                seq=at,
                at_utc=self.clock.now_utc(),
                t_ms=None,
                source="test",
                schema_version=1,
                body=body,
            )
            recognising.take(caller, event)


@pytest.fixture
async def linked(tmp_path: Path) -> AsyncIterator[Linked]:
    made = Linked(tmp_path)
    yield made
    made.work.cancel()
    await made.desk.stop()


async def test_when_a_visitor_chats_and_then_calls_with_a_pass_then_both_are_one_customer_and_one_matter(
    linked: Linked,
) -> None:
    receipt = await linked.desk.write("Hello, what is on my bill?", address="3f" * 16)
    await linked.desk.answer_to(receipt)
    owner = await linked.owner(receipt.conversation_id)
    await eventually(lambda: linked.customers.matters(owner), "the case")
    linked.call(
        "call-1",
        CallOffered(transport="webrtc", caller="", caller_name="", called="web", peer_call_id="x", visitor="3f" * 16),
        CallAnswered(language="en", flow="main"),
        TopicFound(turn_id=TurnId("t1"), topic="bill-explained", score=0.9, article_id=None),
        CallEnded(result="completed", reason="caller_hung_up"),
    )
    found = linked.customers.customer_of("call", "call-1")
    assert found is not None
    assert found[0] == owner
    cases = linked.customers.cases(owner)
    assert len(cases) == 1
    assert {(contact.kind, contact.id) for contact in cases[0].contacts} == {
        ("conversation", receipt.conversation_id),
        ("call", "call-1"),
    }


async def test_when_a_visitor_says_who_they_are_then_their_next_chat_and_their_call_are_that_customers(
    linked: Linked,
) -> None:
    visitor = "5e" * 16
    ana = linked.customers.open(
        "import", identifiers=[NewIdentifier(kind="account", value="40217300", evidence="imported")], by="test"
    )
    receipt = await linked.desk.write("What is on my bill?", address=visitor)
    own = await linked.owner(receipt.conversation_id)
    assert own != ana
    said = NewIdentifier(
        kind="chat_visitor",
        value=visitor,
        evidence="confirmed",
        contact_kind="conversation",
        contact_id=receipt.conversation_id,
    )
    linked.customers.add_identifiers(ana, [said], "conversations")  # as once the account number was confirmed
    assert len(linked.customers.persons_with("chat_visitor", visitor)) == 2
    assert visitors_person(linked.customers, visitor) == ana
    linked.call(
        "call-2",
        CallOffered(transport="webrtc", caller="", caller_name="", called="web", peer_call_id="x", visitor=visitor),
        CallAnswered(language="en", flow="main"),
    )
    assert linked.customers.customer_of("call", "call-2") == (ana, 0.4)


async def test_when_somebody_writes_from_an_address_of_a_customer_then_it_is_theirs_and_of_two_nobodys(
    linked: Linked,
) -> None:
    item = NewIdentifier(kind="chat_visitor", value="aa" * 16, evidence="presented")
    mine = linked.customers.open("staff", identifiers=[item], by="test")
    receipt = await linked.desk.write("What is on my bill?", address="aa" * 16)
    assert await linked.owner(receipt.conversation_id) == mine


async def test_when_a_number_is_confirmed_in_the_chat_then_the_customer_has_it(linked: Linked) -> None:
    receipt = await linked.desk.write("I want a call back please")
    await linked.desk.answer_to(receipt)
    await linked.desk.ask("612 345 678")
    await linked.desk.ask("yes")
    owner = await linked.owner(receipt.conversation_id)

    def numbers() -> set[tuple[str, str]]:
        person = linked.customers.person(owner)
        return {(each.kind, each.evidence) for each in person.identifiers} if person is not None else set()

    await eventually(lambda: ("phone", "confirmed") in numbers(), "the number")


async def test_when_a_conversation_is_erased_then_nothing_finds_it_any_more(linked: Linked) -> None:
    receipt = await linked.desk.write("What is on my bill?", "m-1")
    await linked.desk.answer_to(receipt)
    index = linked.desk.conversations.index
    assert index.message("chat", "web", "m-1") is not None
    erase_subjects(linked.desk.store, [f"conversation:{receipt.conversation_id}"], linked.clock.now_utc())
    assert index.message("chat", "web", "m-1") is None
    assert index.latest("chat", "web", "visitor-1") is None
    events = await linked.desk.conversations.events(receipt.conversation_id)
    assert all(getattr(event.body, "text", "[erased]") == "[erased]" for event in events)
