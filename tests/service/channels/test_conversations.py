"""Conversations over a real database: answers, restarts, humans, deliveries, secrets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from calls.errors import CallCentreError
from calls.ids import ConversationId, MessageId
from channels.conversation import ConversationRules
from desk.conversation_brief import build_conversation_brief
from tests.postgres_server import PostgresServer
from tests.service.channels.talk_in_writing import BILL, Desk, FakeStaff, Provider
from tests.waiting import eventually

MAIL = ConversationRules(gather_ms=0)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.peer)])
def url(request: pytest.FixtureRequest) -> str:
    """Return a database of its own, SQLite or the real PostgreSQL."""
    if request.param == "sqlite":
        return ""
    server: PostgresServer | None = request.getfixturevalue("postgres")
    if server is None:
        pytest.skip("needs a PostgreSQL server (apt-get install postgresql)")
    return server.new_database()


@pytest.fixture
async def desk(tmp_path: Path, url: str) -> AsyncIterator[Desk]:
    made = Desk(tmp_path, url=url)
    yield made
    await made.stop()


async def test_when_somebody_asks_then_the_notice_and_the_articles_answer_come_in_their_language(desk: Desk) -> None:
    english = await desk.ask("Hello, why is my bill so high?", address="ann")
    assert "I'm an automatic assistant" in english
    assert "kept for 90 days" in english
    assert BILL["en"] in english
    spanish = await desk.ask("¿Por qué es tan alta mi factura?", address="eva")
    assert "Soy un asistente automático" in spanish
    assert BILL["es"] in spanish
    for said in (english, spanish):
        assert not any(word in said.lower() for word in ("press", "pulse", "call", "llamada", "voice", "voz"))


async def test_when_the_language_changes_between_messages_then_so_does_the_answer(desk: Desk) -> None:
    first = await desk.write("Hello, what is on my bill?")
    await desk.answer_to(first)
    assert BILL["es"] in await desk.ask("¿Y qué hay en la factura en español?")
    assert [body.language for body in await desk.bodies(first.conversation_id, "language_chosen")] == ["es"]


async def test_when_the_page_is_english_and_the_words_are_spanish_then_the_notice_is_given_once_in_spanish(
    desk: Desk,
) -> None:
    receipt = await desk.write("Quiero hablar con una persona, por favor", language="en")
    said = await desk.answer_to(receipt)
    assert "Soy un asistente automático" in said
    assert "automatic assistant" not in said
    assert await desk.bodies(receipt.conversation_id, "consent_refused") == []
    brief = build_conversation_brief(await desk.conversations.events(receipt.conversation_id), "es")
    assert (brief.caller, brief.reason) == ("Visitante de la web", "caller_asked")


async def test_when_the_same_message_comes_again_then_it_is_answered_once(desk: Desk) -> None:
    first = await desk.write("What is on my bill?", "m-1")
    again = await desk.write("What is on my bill?", "m-1")
    assert first.is_new
    assert not again.is_new
    assert (again.conversation_id, again.message_id) == (first.conversation_id, first.message_id)
    await desk.answer_to(first)
    await asyncio.sleep(0.2)
    assert len(await desk.bodies(first.conversation_id, "message_received")) == 1
    assert len(await desk.bodies(first.conversation_id, "message_sent")) == 1


async def test_when_the_same_message_comes_twice_at_once_then_there_is_one_conversation(desk: Desk) -> None:
    both = await asyncio.gather(*(desk.write("What is on my bill?", "m-1") for _ in range(5)))
    assert len({receipt.conversation_id for receipt in both}) == 1
    assert sum(receipt.is_new for receipt in both) == 1


async def test_when_the_service_restarts_in_the_middle_of_a_form_then_the_talk_goes_on_where_it_was(
    desk: Desk,
) -> None:
    receipt = await desk.write("Hello, I want a call back please", "m-1")
    assert "On which number shall we call you?" in await desk.answer_to(receipt)
    after = await desk.again()
    assert "+34612345678" in await after.ask("612 345 678", "m-2")
    last = await after.again()
    assert "Your reference number is" in await last.ask("yes", "m-3")
    booked = await last.bodies(receipt.conversation_id, "callback_booked")
    assert [body.number for body in booked] == ["+34612345678"]
    assert len(await last.bodies(receipt.conversation_id, "conversation_opened")) == 1
    assert len(await last.bodies(receipt.conversation_id, "notice_given")) == 1
    await last.stop()


async def test_when_the_service_stops_before_the_answer_then_it_is_given_once_after_the_start(desk: Desk) -> None:
    desk.articles.hold = asyncio.Event()
    receipt = await desk.write("What is on my bill?", "m-1")
    await eventually(lambda: desk.articles.looked_up)
    after = await desk.again()
    assert await after.bodies(receipt.conversation_id, "message_sent") == []
    await after.conversations._take_up(receipt.conversation_id)
    assert BILL["en"] in await after.answer_to(receipt)
    await after.conversations._take_up(receipt.conversation_id)
    await asyncio.sleep(0.2)
    assert len(await after.bodies(receipt.conversation_id, "message_sent")) == 1
    await after.stop()


async def test_when_a_secret_is_written_then_it_is_masked_before_it_is_kept_and_the_bot_says_so(desk: Desk) -> None:
    receipt = await desk.write("my card number is\n4111 1111 1111 1111 and that is all")
    assert "Please don't write your card number here" in await desk.answer_to(receipt)
    kept = (await desk.bodies(receipt.conversation_id, "message_received"))[0].text
    assert kept == "my card number is\n*** *** *** *** and that is all"
    raw = b"".join(path.read_bytes() for path in desk.folder.rglob("*") if path.is_file())
    assert b"4111" not in raw
    assert b"that is all" not in raw, "words are encrypted"


async def test_when_a_person_is_asked_for_and_nobody_is_there_then_it_is_said_and_stays_for_staff(desk: Desk) -> None:
    receipt = await desk.write("I want to talk to a person, please")
    said = await desk.answer_to(receipt)
    assert "A colleague will read this and answer you here" in said
    assert "Would you like us to call you back" in said
    owed = desk.conversations.index.newest(only="owed")
    assert [row.conversation_id for row in owed] == [receipt.conversation_id]
    await desk.conversations.agent_writes(receipt.conversation_id, "ada", "Hello, this is Ada.", MessageId("a-1"))
    await desk.conversations.agent_writes(receipt.conversation_id, "ada", "Hello, this is Ada.", MessageId("a-1"))
    assert desk.conversations.index.newest(only="owed") == []
    assert [row.agent for row in desk.conversations.index.newest(only="mine", agent="ada")] == ["ada"]
    said_by_us = await desk.bodies(receipt.conversation_id, "message_sent")
    assert [body.text for body in said_by_us][1:] == ["Hello, this is Ada."]
    with pytest.raises(CallCentreError, match="Somebody else"):
        await desk.conversations.agent_joins(receipt.conversation_id, "bob")


async def test_when_staff_are_there_then_the_customer_waits_a_human_answers_and_gives_back_to_the_bot(
    tmp_path: Path,
) -> None:
    desk = Desk(tmp_path, FakeStaff(here=1))
    receipt = await desk.write("I want to talk to a person, please")
    conversation = receipt.conversation_id
    assert "Please stay here" in await desk.answer_to(receipt)
    assert desk.staff.wanted == [conversation]
    assert "still looking" in await desk.ask("hello? is anybody there")
    await desk.conversations.agent_joins(conversation, "ada")
    silent = await desk.write("Thank you, my bill is too high")
    await desk.conversations.agent_writes(conversation, "ada", "Let me look.", MessageId("a-1"))
    await desk.conversations.agent_leaves(conversation, "ada", "handed_back")
    assert BILL["en"] in await desk.ask("so what is on my bill?")
    sent = await desk.bodies(conversation, "message_sent")
    assert [body.author for body in sent] == ["bot", "bot", "agent", "bot"]
    assert sent[2].answers == silent.message_id
    assert "automatic assistant" not in sent[3].text, "it was said before"
    await desk.stop()


async def test_when_the_customer_changes_their_mind_while_waiting_then_staff_are_told(tmp_path: Path) -> None:
    desk = Desk(tmp_path, FakeStaff(here=1))
    receipt = await desk.write("a person please")
    await desk.answer_to(receipt)
    await desk.ask("never mind")
    assert desk.staff.unwanted == [receipt.conversation_id]
    state = await desk.conversations.state(receipt.conversation_id)
    assert state is not None
    assert (state.answering, state.staff_owed) == ("bot", False)
    await desk.stop()


async def test_when_nobody_comes_then_the_customer_is_told_also_after_a_restart(tmp_path: Path) -> None:
    desk = Desk(tmp_path, FakeStaff(here=1))
    receipt = await desk.write("a person please")
    await desk.answer_to(receipt)
    after = await desk.again()
    await after.conversations.nobody_came(receipt.conversation_id)
    sent = await after.bodies(receipt.conversation_id, "message_sent")
    assert "nobody is free" in sent[-1].text
    assert sent[-1].answers is None
    assert "On which number" in await after.ask("yes please"), "the offer of a call back stands"
    await after.stop()


async def test_when_danger_is_written_then_it_comes_first_with_the_number_in_figures(desk: Desk) -> None:
    said = await desk.ask("Huele a gas en mi cocina, ¿y cuánto es mi factura?")
    assert "112" in said
    assert BILL["es"] not in said


async def test_when_a_provider_takes_messages_then_each_is_sent_once_with_what_it_answers(tmp_path: Path) -> None:
    provider = Provider()
    desk = Desk(tmp_path, rules=MAIL, channel="email", port=provider)
    receipt = await desk.write("What is on my bill?", "<a@x>", "ann@example.com", subject="Bill", own_thread=True)
    await desk.answer_to(receipt)
    await eventually(lambda: desk.has_kept("message_delivered"))
    assert [(m.address, m.subject, m.answers, m.thread) for m in provider.taken] == [
        ("ann@example.com", "Bill", "<a@x>", ("<a@x>",))
    ]
    reply = await desk.write("Thanks, and what else?", "<b@x>", "ann@example.com", refers_to=("ext-1",))
    assert reply.conversation_id == receipt.conversation_id, "ours was known by the provider's name"
    other = await desk.write("Something else", "<c@x>", "ann@example.com", own_thread=True)
    assert other.conversation_id != receipt.conversation_id
    assert await desk.conversations.arrived_at_provider("email", "web", "ext-1", "read")
    assert not await desk.conversations.arrived_at_provider("email", "web", "never", "read")
    await desk.stop()


async def test_when_a_provider_is_away_then_the_message_waits_and_a_refusal_for_good_is_told_to_staff(
    tmp_path: Path,
) -> None:
    provider = Provider()
    provider.errors = [CallCentreError("smtp.away", "The server is away.", fault="peer", retryable=True)]
    desk = Desk(tmp_path, rules=MAIL, channel="email", port=provider)
    receipt = await desk.write("What is on my bill?", "<a@x>", "ann@example.com")
    await desk.answer_to(receipt)
    await eventually(lambda: desk.has_kept("message_failed"))
    failed = await desk.bodies(receipt.conversation_id, "message_failed")
    assert [(body.reason, body.final) for body in failed] == [("smtp.away", False)]
    provider.errors = [CallCentreError("smtp.refused", "No such mailbox.", fault="peer")]
    await desk.answer_to(await desk.write("And what else is on my bill?", "<b@x>", "ann@example.com"))
    await eventually(lambda: desk.conversations.index.newest(only="owed"))
    await desk.stop()


async def test_when_a_message_is_empty_or_far_too_long_then_it_is_refused_with_a_sentence(desk: Desk) -> None:
    with pytest.raises(CallCentreError, match="empty"):
        await desk.write("  \n ")
    with pytest.raises(CallCentreError, match="longer than"):
        await desk.write("x" * 20_000)
    with pytest.raises(CallCentreError, match="no such conversation"):
        await desk.conversations.agent_joins(ConversationId("none"), "ada")


async def test_when_two_processes_share_the_database_then_a_message_is_answered_once(tmp_path: Path, url: str) -> None:
    one, two = Desk(tmp_path, url=url), Desk(tmp_path, url=url)
    receipt = await one.write("What is on my bill?", "m-1")
    assert not (await two.write("What is on my bill?", "m-1")).is_new
    await one.answer_to(receipt)
    await two.conversations._take_up(receipt.conversation_id)
    await asyncio.sleep(0.3)
    assert len(await two.bodies(receipt.conversation_id, "message_sent")) == 1
    await asyncio.gather(one.stop(), two.stop())


async def test_when_a_conversation_was_silent_for_long_then_it_closes_and_a_new_message_greets_again(
    tmp_path: Path,
) -> None:
    desk = Desk(tmp_path, rules=ConversationRules(gather_ms=20, delivers=False, close_after_ms=300))
    receipt = await desk.write("What is on my bill?")
    await desk.answer_to(receipt)
    await eventually(lambda: desk.has_kept("conversation_closed"))
    assert "automatic assistant" in await desk.ask("I am back, what about my bill?")
    assert len(await desk.bodies(receipt.conversation_id, "conversation_reopened")) == 1
    await desk.stop()


async def test_when_a_card_number_comes_in_two_messages_then_neither_half_stays_readable(desk: Desk) -> None:
    first = await desk.write("46769739", "m-1")
    await desk.answer_to(first)
    second = await desk.write("31617818", "m-2")
    await desk.answer_to(second)

    events = await desk.conversations.events(first.conversation_id)
    assert any(event.body.type == "secret_withdrawn" for event in events)
    for half in ("46769739", "31617818", "4676 9739", "3161 7818"):
        assert half not in str(events)
    received = await desk.bodies(first.conversation_id, "message_received")
    assert [(body.text, body.external_id) for body in received] == [("***", "m-1"), ("***", "m-2")]
    again = await desk.again()
    assert await again.ask("What is on my bill?", "m-3"), "the talk goes on, here and after a restart"
    await again.stop()
