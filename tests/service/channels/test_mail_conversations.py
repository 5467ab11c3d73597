"""Whole ways of e-mail: real servers, real database, conversations as the service has them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from calls.ids import ConversationId, Language, MessageId
from channels import conversation
from service.channels import conversations, mail_imap, mail_reader
from service.channels.desk_api import draft_for
from service.channels.outside import OutsideChannels
from service.clock import SystemClock
from service.config import Config
from service.desk.queue_hours import HoursNow
from tests.channels.mail.samples import OUT_OF_OFFICE, plain
from tests.mail_servers import ANA, JOHN, NOBODY, PASSWORD, SUPPORT, MailServers
from tests.service.channels.talk_in_writing import BILL, Desk, always
from tests.waiting import eventually

pytestmark = pytest.mark.peer

QUESTION = "¿Por qué es tan alta mi factura?"


def closed(at_utc: datetime, queue: str, _language: Language) -> HoursNow:
    """Return that people of the letters are in tomorrow at nine."""
    assert queue == "letters"
    tomorrow = (at_utc + timedelta(days=1)).replace(hour=9, minute=0)
    return HoursNow(now_local=at_utc, open=False, opens_at=tomorrow)


@dataclass
class House:
    """The part of a service that matters here."""

    desk: Desk
    outside: OutsideChannels
    servers: MailServers

    def facts(self, *types: str) -> list[Any]:
        """Return the bodies of facts of some types, as they stand in the log."""
        return [event.body for event in self.desk.store.scan(types)]

    def streams(self) -> set[str]:
        return {event.stream_id for event in self.desk.store.scan(("conversation_opened",))}


@asynccontextmanager
async def house(servers: MailServers, folder: Path, **mailbox: Any) -> AsyncIterator[House]:
    desk = Desk(folder, hours=closed if mailbox.get("queue") else always)
    settings = {
        "address": SUPPORT,
        "imap_host": "localhost",
        "imap_port": servers.imaps,
        "smtp_port": servers.smtp,
        "password": PASSWORD,
        "ca_file": servers.ca,
        "poll_s": 1,
        "answers": "sure",
        **mailbox,
    }
    sections = {"channels": {"mailboxes": {"support": settings}}, "desk": {"queue": [{"name": "letters"}]}}
    config = Config.model_validate({"data_dir": str(folder), **sections})
    outside = OutsideChannels(config, desk.conversations, desk.store, SystemClock())
    outside.start()
    try:
        yield House(desk, outside, servers)
    finally:
        await outside.stop()
        await desk.stop()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    from service.channels import outside

    monkeypatch.setattr(mail_reader, "BACK_OFF_S", (0.1, 0.2))
    monkeypatch.setattr(mail_imap, "LOOK_EVERY_S", 0.2)
    monkeypatch.setattr(outside, "MAIL_GATHERS_MS", 10)
    monkeypatch.setattr(conversation, "RETRY_AFTER_MS", (300, 300, 300, 300, 300, 300))
    monkeypatch.setattr(conversation, "SENDING_MS", 300)
    monkeypatch.setattr(conversations, "LATE_MS", 500)
    monkeypatch.setattr(conversations, "LOOK_EVERY_S", 0.2)


def mail(text: str, sender: str, *, reply_to: EmailMessage | None = None, name: str = "1") -> bytes:
    made = EmailMessage()
    made["From"], made["Message-ID"] = f"Ana Ruiz <{sender}>", f"<{name}@example.net>"
    made["To"] = str(reply_to["Reply-To"] or reply_to["From"]) if reply_to else SUPPORT
    made["Subject"] = f"Re: {reply_to['Subject']}" if reply_to else "Mi factura"
    if reply_to:
        made["In-Reply-To"] = str(reply_to["Message-ID"])
        quoted = "\n".join(f"> {line}" for line in reply_to.get_body(("plain",)).get_content().splitlines())  # type: ignore[union-attr]
        text = f"{text}\n\nEl lun, 30 nov 2026 a las 9:30, Lumina (<{SUPPORT}>) escribió:\n{quoted}"
    made.set_content(text)
    return made.as_bytes()


def texts_of(servers: MailServers, address: str) -> list[str]:
    bodies = [each.get_body(("plain",)) for each, _ in servers.mails(address)]
    return [body.get_content() for body in bodies if body is not None]


async def test_when_a_customer_asks_by_mail_then_the_answer_lands_in_the_thread_and_the_thread_goes_on(
    servers: MailServers, tmp_path: Path
) -> None:
    async with house(servers, tmp_path) as ours:
        servers.deliver(ANA, SUPPORT, mail(QUESTION, ANA))
        await eventually(lambda: len(servers.mails(ANA)) == 1, servers.log())
        answer, _ = servers.mails(ANA)[0]
        assert BILL["es"] in texts_of(servers, ANA)[0].replace("\n", " ")
        assert "automática" in texts_of(servers, ANA)[0]
        assert answer["In-Reply-To"] == "<1@example.net>"
        assert answer["Subject"] == "Re: Mi factura"
        assert answer["Auto-Submitted"] == "auto-replied"

        again = mail(f"{QUESTION} Otra vez.", ANA, reply_to=answer, name="2")
        servers.deliver(ANA, SUPPORT, again.replace(b"In-Reply-To", b"X-Forgotten"))  # the token alone tells
        await eventually(lambda: len(servers.mails(ANA)) == 2, servers.log())
        second, _ = servers.mails(ANA)[1]
        assert str(second["References"]).split() == ["<1@example.net>", answer["Message-ID"], "<2@example.net>"]

        received = ours.facts("message_received")
        assert [body.text for body in received] == [QUESTION, f"{QUESTION} Otra vez."]
        assert [file.name for file in received[1].attachments] == ["texto-completo.txt"]
        assert len(ours.streams()) == 1
        await eventually(lambda: len(ours.facts("message_delivered")) == 2)
        assert all("\\Seen" in flags for _, flags in servers.mails(SUPPORT))


async def test_when_the_bot_is_not_sure_then_staff_get_the_mail_with_a_suggestion_and_nothing_goes_out(
    servers: MailServers, tmp_path: Path
) -> None:
    async with house(servers, tmp_path) as ours:
        servers.put(SUPPORT, mail("Quisiera hablar de otra cosa muy distinta.", ANA))
        await eventually(lambda: ours.facts("staff_awaited"))
        assert ours.facts("message_passed")
        assert not ours.facts("message_sent")

        name = next(iter(ours.streams()))
        await ours.desk.conversations.agent_writes(ConversationId(name), "eva", "Buenos días, Ana.", MessageId("m1"))
        await eventually(lambda: len(servers.mails(ANA)) == 1, servers.log())
        assert servers.mails(ANA)[0][0]["Auto-Submitted"] is None
        assert "automática" not in texts_of(servers, ANA)[0]


async def test_when_answers_are_drafts_then_the_agent_gets_the_suggestion(servers: MailServers, tmp_path: Path) -> None:
    async with house(servers, tmp_path, answers="draft") as ours:
        servers.put(SUPPORT, mail(QUESTION, ANA))
        await eventually(lambda: ours.facts("reply_drafted"))
        assert ours.facts("reply_drafted")[0].text.startswith(BILL["es"])
        assert ours.facts("staff_awaited")[0].live is False
        await asyncio.sleep(0.5)
        assert not ours.facts("message_sent")


async def test_when_answers_are_drafts_and_people_are_not_in_then_a_mail_says_when_they_are_once_a_night(
    servers: MailServers, tmp_path: Path
) -> None:
    async with house(servers, tmp_path, queue="letters", answers="draft") as ours:
        servers.put(SUPPORT, mail(QUESTION, ANA))
        await eventually(lambda: len(servers.mails(ANA)) == 1, servers.log())
        told = texts_of(servers, ANA)[0].replace("\n", " ")
        assert "Nuestros compañeros vuelven mañana a las 9:00." in told
        assert BILL["es"] not in told
        assert servers.mails(ANA)[0][0]["Auto-Submitted"] == "auto-replied"
        events = await ours.desk.conversations.events(ConversationId(next(iter(ours.streams()))))
        assert draft_for(events).startswith(BILL["es"]), "staff still see what the bot would answer"
        assert [(body.queue, body.live) for body in ours.facts("staff_awaited")] == [("letters", False)]

        servers.put(SUPPORT, mail("Otra cosa de mi factura.", ANA, reply_to=servers.mails(ANA)[0][0], name="2"))
        await eventually(lambda: ours.facts("message_passed"))
        await asyncio.sleep(0.5)
        assert len(ours.facts("message_sent")) == 1


async def test_when_no_bot_answers_then_people_get_everything(servers: MailServers, tmp_path: Path) -> None:
    async with house(servers, tmp_path, answers="never") as ours:
        servers.put(SUPPORT, mail(QUESTION, ANA))
        await eventually(lambda: ours.facts("staff_awaited"))
        await asyncio.sleep(0.3)
        assert not ours.facts("message_sent", "reply_drafted")


async def test_when_a_customer_asks_for_an_agent_at_a_closed_hour_then_people_are_told_and_a_mail_says_when_they_are_in(
    servers: MailServers, tmp_path: Path
) -> None:
    async with house(servers, tmp_path, queue="letters") as ours:
        servers.put(SUPPORT, mail(QUESTION, ANA))
        await eventually(lambda: len(servers.mails(ANA)) == 1, servers.log())
        servers.put(SUPPORT, mail("agente", ANA, reply_to=servers.mails(ANA)[0][0], name="2"))
        await eventually(lambda: ours.facts("staff_awaited"))
        assert [body.reason for body in ours.facts("escalation_requested")] == ["caller_asked"]
        assert [(body.queue, body.live) for body in ours.facts("staff_awaited")] == [("letters", False)]
        await eventually(lambda: len(servers.mails(ANA)) == 2, servers.log())
        told = texts_of(servers, ANA)[1].replace("\n", " ")
        assert "Nuestros compañeros vuelven mañana a las 9:00." in told


async def test_when_the_same_mail_lies_there_twice_and_is_read_again_after_a_crash_then_it_is_taken_once(
    servers: MailServers, tmp_path: Path
) -> None:
    servers.put(SUPPORT, mail(QUESTION, ANA))
    servers.put(SUPPORT, mail(QUESTION, ANA))
    async with house(servers, tmp_path) as ours:
        await eventually(lambda: len(servers.mails(ANA)) == 1, servers.log())
        await eventually(lambda: all("\\Seen" in flags for _, flags in servers.mails(SUPPORT)))
    servers.renumber(SUPPORT)  # everything is read again, as after a crash before the place was kept
    servers.put(SUPPORT, mail("Otra pregunta sobre mi factura", JOHN, name="9"))
    async with house(servers, tmp_path) as ours:
        await eventually(lambda: len(servers.mails(JOHN)) == 1, servers.log())
        assert len(ours.facts("message_received")) == 2
        assert len(servers.mails(ANA)) == 1


async def test_when_the_address_is_not_there_then_the_bounce_fails_the_message_and_staff_are_told(
    servers: MailServers, tmp_path: Path
) -> None:
    async with house(servers, tmp_path) as ours:
        servers.put(SUPPORT, mail(QUESTION, NOBODY))
        await eventually(lambda: ours.facts("message_failed"), servers.log())
        failed = ours.facts("message_failed")[0]
        assert failed.final
        assert failed.reason.startswith("mail.bounced")
        assert ours.facts("staff_awaited")
        assert len(ours.streams()) == 1  # the bounce began none
        await asyncio.sleep(0.5)
        assert len(ours.facts("message_sent")) == 1  # and was not answered


async def test_when_the_server_is_away_then_the_answer_goes_out_once_when_it_is_back_also_after_a_restart(
    servers: MailServers, tmp_path: Path
) -> None:
    servers.put(SUPPORT, mail(QUESTION, ANA))
    servers.stop("exim4")
    try:
        async with house(servers, tmp_path) as ours:
            await eventually(lambda: ours.facts("message_failed"))
            assert not ours.facts("message_failed")[0].final
    finally:
        servers.start("exim4")
    async with house(servers, tmp_path) as ours:
        await eventually(lambda: ours.facts("message_delivered"), servers.log(), most_s=20)
        await eventually(lambda: len(servers.mails(ANA)) == 1)


async def test_when_somebody_else_answers_in_a_thread_then_it_is_another_conversation(
    servers: MailServers, tmp_path: Path
) -> None:
    async with house(servers, tmp_path) as ours:
        servers.put(SUPPORT, mail(QUESTION, ANA))
        await eventually(lambda: len(servers.mails(ANA)) == 1, servers.log())
        servers.put(SUPPORT, mail("¿Y qué dice mi factura?", JOHN, reply_to=servers.mails(ANA)[0][0], name="2"))
        await eventually(lambda: len(servers.mails(JOHN)) == 1, servers.log())
        assert len(ours.streams()) == 2
        assert len(servers.mails(ANA)) == 1


async def test_when_programs_write_then_none_is_answered_and_people_see_what_matters(
    servers: MailServers, tmp_path: Path
) -> None:
    async with house(servers, tmp_path) as ours:
        servers.put(SUPPORT, mail(QUESTION, ANA))
        await eventually(lambda: len(servers.mails(ANA)) == 1, servers.log())
        name = str(servers.mails(ANA)[0][0]["Message-ID"]).encode()
        servers.put(SUPPORT, OUT_OF_OFFICE.replace(b"<m2.fedcba9876543210@lumina.example>", name))
        servers.put(SUPPORT, plain(QUESTION, "X-Spam-Flag: YES"))
        servers.put(SUPPORT, plain(QUESTION, sender=SUPPORT).replace(b"<1@", b"<own@"))
        servers.put(SUPPORT, plain(QUESTION, "Auto-Submitted: auto-generated").replace(b"<1@", b"<form@"))
        await eventually(lambda: len(ours.facts("message_received")) == 2)
        await eventually(lambda: len(ours.facts("message_passed")) == 1)
        await asyncio.sleep(0.5)
        assert len(ours.facts("message_sent")) == 1
        assert [("\\Seen" in flags) for _, flags in servers.mails(SUPPORT)] == [True, True, False, True, True]


async def test_when_a_mail_is_too_large_then_staff_are_told_and_it_stays_unread(
    servers: MailServers, tmp_path: Path
) -> None:
    servers.put(SUPPORT, plain("x" * 1_200_000))
    async with house(servers, tmp_path, largest_mb=1) as ours:
        await eventually(lambda: ours.facts("staff_awaited"))
        assert "demasiado grande" in ours.facts("message_received")[0].text
        assert "\\Seen" not in servers.mails(SUPPORT)[0][1]


async def test_when_words_hold_a_card_number_then_it_is_masked_everywhere(servers: MailServers, tmp_path: Path) -> None:
    async with house(servers, tmp_path, answers="never") as ours:
        servers.put(SUPPORT, mail("Mi tarjeta es 4539 1488 0343 6467.\n\nUn saludo,\nAna", ANA))
        await eventually(lambda: ours.facts("staff_awaited"))
        received = ours.facts("message_received")[0]
        assert "4539" not in received.text
        kept = ours.outside.files.read(received.attachments[0])
        assert b"4539" not in kept
        assert b"Un saludo" in kept


async def test_when_a_code_goes_out_then_no_fact_holds_it(servers: MailServers, tmp_path: Path) -> None:
    async with house(servers, tmp_path) as ours:
        await ours.outside.code_senders()["email"].send_code(ANA, "123456", "es")
        await eventually(lambda: len(servers.mails(ANA)) == 1)
        assert "Su código es 123456." in texts_of(servers, ANA)[0]
        assert ours.facts("message_sent", "conversation_opened") == []
