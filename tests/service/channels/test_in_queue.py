"""Conversations at the desk: they wait, are offered with a brief, taken, handed on, given back; a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from calls.ids import ConversationId, Language, MessageId
from channels.conversation import ConversationState
from desk.acd_messages import AgentSignedIn
from service.channels.in_queue import ConversationsInQueue
from service.clock import SystemClock
from service.desk.queue_hours import HoursNow, QueueHours
from service.desk.room import DeskRoom
from service.desk_config import DeskSection, QueueSection
from tests.fakes.hand_clock import MONDAY, Hand
from tests.service.channels.talk_in_writing import BILL, RULES, Desk
from tests.waiting import eventually


def no_titles(language: Language) -> dict[str, str]:
    del language
    return {}


WEB = QueueSection(name="web", hours={"mon": "09:00-18:00", "tue": "10:00-18:00"})


class Floor:
    """A desk with its room."""

    def __init__(self, folder: Path, *queues: QueueSection) -> None:
        section, self.clock = DeskSection(queue=queues), Hand()
        self.hours = QueueHours(section, self.clock, ZoneInfo("Europe/Madrid"))
        rules = replace(RULES, queue=queues[0].name if queues else "")
        self.desk = Desk(folder, rules=rules, hours=self._hours)
        self.desk.store.be_alone(folder)
        self.room = DeskRoom(section, self.desk.store, SystemClock())
        self.shown: list[tuple[str, dict[str, Any]]] = []
        self.queue = ConversationsInQueue(
            self.desk.conversations,
            self.room,
            self.hours.queue_for,
            no_titles,
            lambda _conversation, name, data: self.shown.append((name, data)),
        )
        self.desk.conversations.staff = self.queue

    def _hours(self, _at: datetime, queue: str, language: Language) -> HoursNow:
        return self.hours.in_writing(queue, language, self.clock.now_utc())

    def it_is(self, at_utc: datetime) -> None:
        """Set the clock, and tell the room which queues are open."""
        self.clock.at = at_utc
        for name in self.room.section.names():
            self.room.queue_hours(name, self.hours.is_open(name))

    async def start(self) -> None:
        await self.room.start()
        await self.queue.run()

    async def stop(self) -> None:
        await self.room.stop()
        await self.desk.stop()

    def at_work(self, agent: str) -> None:
        self.room.sign_in(AgentSignedIn(agent=agent, languages=frozenset({"en", "es"}), skills=frozenset()))
        self.room.ready(agent)

    def offer_to(self, agent: str) -> dict[str, Any]:
        offers: list[dict[str, Any]] = self.room.snapshot(agent)["offers"]
        return offers[0] if offers else {}

    def work_of(self, agent: str) -> list[dict[str, Any]]:
        views = [view for view in self.room.snapshot()["agents"] if view["name"] == agent]
        return views[0]["work"] if views else []

    async def answering(self, conversation_id: ConversationId) -> str:
        state: ConversationState | None = await self.desk.conversations.state(conversation_id)
        return state.answering if state is not None else "none"

    async def asks_for_person(self, **who: str) -> ConversationId:
        receipt = await self.desk.write("I want to talk to a person about my bill", **who)
        await self.desk.answer_to(receipt)
        return receipt.conversation_id


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    made = Floor(tmp_path)
    await made.start()
    yield made
    await made.stop()


async def test_when_an_agent_accepts_then_they_answer_and_the_offer_told_what_it_is_about(floor: Floor) -> None:
    floor.at_work("ada")
    conversation = await floor.asks_for_person()
    await eventually(lambda: floor.offer_to("ada").get("card"), "the card")
    offer = floor.offer_to("ada")
    assert (offer["contact_kind"], offer["contact_id"]) == ("conversation", conversation)
    brief = offer["card"]["brief"]
    assert brief["reason"] == "caller_asked"
    assert brief["open_questions"][-1]["quote"] == "I want to talk to a person about my bill"
    assert next(data["position"] for name, data in floor.shown if name == "waiting") == 1
    floor.room.accept("ada", offer["reservation_id"])
    await eventually(lambda: floor.desk.has_kept("agent_entered"))
    assert [work["contact_id"] for work in floor.work_of("ada")] == [conversation]
    await floor.desk.conversations.agent_writes(conversation, "ada", "Hello, this is Ada.", MessageId("a-1"))
    await floor.desk.conversations.agent_leaves(conversation, "ada", "done")
    assert floor.work_of("ada")[0]["wrap_up_ends_utc"] is not None, "the work after it begins"


async def test_when_nobody_is_at_work_then_the_customer_is_told_at_once_and_it_stays_for_staff(floor: Floor) -> None:
    conversation = await floor.asks_for_person()
    assert await floor.answering(conversation) == "bot"
    assert [row.conversation_id for row in floor.desk.conversations.index.newest(only="owed")] == [conversation]


async def test_when_the_last_agent_goes_home_then_who_waits_is_told(floor: Floor) -> None:
    floor.at_work("ada")
    conversation = await floor.asks_for_person()
    floor.room.sign_out("ada")
    await eventually(lambda: floor.desk.has_kept("staff_wait_over"))
    assert await floor.answering(conversation) == "bot"
    sent = await floor.desk.bodies(conversation, "message_sent")
    assert "A colleague will read this" in sent[-1].text


async def test_when_the_agent_goes_home_in_the_middle_then_the_customer_waits_for_another_one(floor: Floor) -> None:
    floor.at_work("ada")
    conversation = await floor.asks_for_person()
    await eventually(lambda: floor.offer_to("ada"))
    floor.room.accept("ada", floor.offer_to("ada")["reservation_id"])
    await eventually(lambda: floor.desk.has_kept("agent_entered"))
    floor.at_work("bob")
    floor.room.sign_out("ada", lost=True)
    await eventually(lambda: floor.offer_to("bob"), "the offer to Bob")
    assert await floor.answering(conversation) == "waiting"
    floor.room.accept("bob", floor.offer_to("bob")["reservation_id"])
    await eventually(lambda: floor.work_of("bob"))


async def test_when_an_agent_takes_a_conversation_from_the_list_then_it_waits_no_more_and_is_their_work(
    floor: Floor,
) -> None:
    floor.at_work("ada")
    conversation = await floor.asks_for_person()
    await floor.desk.conversations.agent_joins(conversation, "ada")
    await eventually(lambda: floor.work_of("ada"))
    assert floor.offer_to("ada") == {}
    await floor.desk.conversations.agent_leaves(conversation, "ada", "handed_back")
    assert BILL["en"] in await floor.desk.ask("so what is on my bill?")


async def test_when_the_customer_changes_their_mind_then_the_offer_goes(floor: Floor) -> None:
    floor.at_work("ada")
    await floor.asks_for_person()
    await eventually(lambda: floor.offer_to("ada"))
    await floor.desk.ask("never mind")
    await eventually(lambda: floor.offer_to("ada") == {})


async def test_when_the_service_restarts_then_who_waited_waits_again_and_work_in_hand_is_counted(
    tmp_path: Path,
) -> None:
    before = Floor(tmp_path)
    await before.start()
    before.at_work("ada")
    first = await before.asks_for_person(address="one")
    await eventually(lambda: before.offer_to("ada"))
    before.room.accept("ada", before.offer_to("ada")["reservation_id"])
    await eventually(lambda: before.desk.has_kept("agent_entered"))
    waited = len(before.shown)
    second = await before.asks_for_person(address="two")
    await eventually(lambda: "waiting" in [name for name, _ in before.shown[waited:]], "its place in the queue")
    await before.stop()
    after = Floor(tmp_path)
    await after.start()
    after.at_work("ada")
    await eventually(lambda: after.offer_to("ada"), "the offer of who waited", most_s=60)
    assert after.offer_to("ada")["contact_id"] == second
    await eventually(lambda: first in [work["contact_id"] for work in after.work_of("ada")], "the work in hand")
    await after.stop()


async def test_when_their_queue_is_closed_then_visitors_are_told_when_it_opens_and_wait_only_when_it_has(
    tmp_path: Path,
) -> None:
    floor = Floor(tmp_path, WEB)
    await floor.start()
    floor.it_is(MONDAY)
    floor.at_work("ada")  # of other queues too: she is at work at this hour
    receipt = await floor.desk.write("Quiero hablar con una persona de mi factura")
    told = await floor.desk.answer_to(receipt)
    assert "a esta hora no están nuestros compañeros" in told
    assert "Nuestros compañeros vuelven hoy a las 9:00." in told
    assert "¿Quiere que además le llamemos?" in told
    english = await floor.desk.ask("I want to talk to a person", address="ann")
    assert "Our colleagues are back today at 9:00." in english
    assert [row.queue for row in floor.desk.conversations.index.newest(only="owed")] == ["web", "web"]
    assert floor.offer_to("ada") == {}

    floor.it_is(MONDAY + timedelta(hours=1))
    assert "a esta hora" not in await floor.desk.ask("no")
    assert "Voy a buscarle a un compañero" in await floor.desk.ask("quiero hablar con una persona ahora")
    await eventually(lambda: floor.offer_to("ada"), "the offer, at an open hour")
    assert floor.offer_to("ada")["queue"] == "web"

    floor.it_is(MONDAY + timedelta(hours=11))
    await floor.room.settled()
    assert await floor.answering(receipt.conversation_id) == "waiting", "who works still serves who waited"
    floor.room.sign_out("ada")
    await eventually(lambda: floor.desk.has_kept("staff_wait_over"))
    sent = await floor.desk.bodies(receipt.conversation_id, "message_sent")
    assert "a esta hora no están nuestros compañeros" in sent[-1].text
    assert "Nuestros compañeros vuelven mañana a las 10:00." in sent[-1].text
    await floor.stop()
