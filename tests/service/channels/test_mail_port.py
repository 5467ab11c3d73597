"""Mails sent through a real Exim: in their thread, signed in over TLS, and whether a refusal passes is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from calls.errors import CallCentreError
from calls.ids import ConversationId, MessageId
from channels.messages import Outgoing
from records.keys import MasterKey
from service.channels.files import MessageFiles, NewFile
from service.channels.mail_port import MailParts, MailPort
from service.channels_config import MailboxSection
from service.clock import SystemClock
from tests.mail_servers import ANA, NOBODY, PASSWORD, SUPPORT, UNKNOWN, MailServers
from tests.waiting import eventually

pytestmark = pytest.mark.peer

MASTER = MasterKey(bytes(32))
ANSWER = Outgoing(
    conversation_id=ConversationId("c1"),
    message_id=MessageId("m1"),
    channel="email",
    provider="support",
    address=ANA,
    name="Ana Ruiz",
    subject="RE: Avería",
    language="es",
    author="bot",
    by="",
    text="La luz vuelve a las 12.",
    attachments=(),
    answers="<c2@example.net>",
    thread=("<c1@example.net>", "<c2@example.net>"),
)


def port(servers: MailServers, folder: Path, **settings: Any) -> MailPort:
    given: dict[str, Any] = {
        "address": SUPPORT,
        "smtp_host": "localhost",
        "smtp_port": servers.smtp,
        "password": SecretStr(PASSWORD),
        "ca_file": servers.ca,
        "sender_name": "Lumina",
    }
    parts = MailParts(
        clock=SystemClock(),
        company="Lumina",
        mark=lambda text, use: f"{abs(hash((text, use))):064x}"[-64:],
        files=MessageFiles(folder, MASTER),
    )
    return MailPort("support", MailboxSection(**{**given, **settings}), parts)


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_when_the_bot_answers_then_it_lands_in_the_thread(
    security: str, servers: MailServers, tmp_path: Path
) -> None:
    files = MessageFiles(tmp_path, MASTER).keep(
        [NewFile(name="plan.pdf", media_type="application/pdf", content=b"%PDF-1.7")]
    )
    at = servers.smtps if security == "tls" else servers.smtp
    sender = port(servers, tmp_path, smtp_security=security, smtp_port=at)

    name = await sender.send(replace(ANSWER, attachments=files))
    again = await sender.send(replace(ANSWER, attachments=files))

    await eventually(lambda: len(servers.mails(ANA)) == 2, servers.log())
    mail, _ = servers.mails(ANA)[0]
    assert name == again == mail["Message-ID"]
    assert mail["Subject"] == "Re: Avería"
    assert mail["In-Reply-To"] == "<c2@example.net>"
    assert mail["References"] == "<c1@example.net> <c2@example.net>"
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["Reply-To"].addresses[0].addr_spec == f"support+{sender.token('c1')}@lumina.example"
    assert [file.get_filename() for file in mail.iter_attachments()] == ["plan.pdf"]
    assert "(version=" in str(mail["Received"]) or "TLS" in str(mail["Received"])


async def test_when_an_agent_writes_then_nothing_says_that_it_is_automatic(
    servers: MailServers, tmp_path: Path
) -> None:
    await port(servers, tmp_path, reply_token=False).send(replace(ANSWER, author="agent", by="Eva"))

    await eventually(lambda: len(servers.mails(ANA)) == 1)
    mail, _ = servers.mails(ANA)[0]
    assert mail["Auto-Submitted"] is None
    assert mail["Reply-To"] is None


@pytest.mark.parametrize(
    ("address", "settings", "code", "retryable"),
    [
        (UNKNOWN, {}, "mail.smtp_550", False),
        ("later@example.net", {}, "mail.smtp_451", True),
        ("no address", {}, "mail.bad_address", False),
        (ANA, {"password": SecretStr("wrong")}, "mail.login", True),
        (ANA, {"ca_file": ""}, "mail.bad_certificate", True),
        (ANA, {"smtp_port": 1}, "mail.unreachable", True),
        (ANA, {"smtp_user": "-"}, "mail.smtp_550", False),
    ],
)
async def test_when_a_server_refuses_then_it_is_known_whether_a_try_helps(
    address: str, settings: dict[str, Any], code: str, retryable: bool, servers: MailServers, tmp_path: Path
) -> None:
    with pytest.raises(CallCentreError) as raised:
        await port(servers, tmp_path, **settings).send(replace(ANSWER, address=address))

    assert (raised.value.code, raised.value.retryable) == (code, retryable)
    assert PASSWORD not in raised.value.message


async def test_when_the_receiver_turns_out_not_to_be_there_then_a_bounce_comes_back(
    servers: MailServers, tmp_path: Path
) -> None:
    name = await port(servers, tmp_path).send(replace(ANSWER, address=NOBODY))

    await eventually(lambda: len(servers.mails(SUPPORT)) == 1, servers.log())
    assert name in servers.mails(SUPPORT)[0][0].as_string()


async def test_when_the_bot_writes_to_one_address_again_and_again_then_people_take_over(
    servers: MailServers, tmp_path: Path
) -> None:
    sender = port(servers, tmp_path, automatic_per_hour=2)
    for at in range(2):
        await sender.send(replace(ANSWER, message_id=MessageId(f"m{at}")))

    with pytest.raises(CallCentreError) as raised:
        await sender.send(replace(ANSWER, message_id=MessageId("m3"), address=ANA.upper()))
    await sender.send(replace(ANSWER, message_id=MessageId("m4"), author="agent", by="Eva"))

    assert (raised.value.code, raised.value.retryable) == ("mail.too_many_answers", False)
    await eventually(lambda: len(servers.mails(ANA)) == 3)


async def test_when_a_customer_wants_no_mail_then_none_is_sent(servers: MailServers, tmp_path: Path) -> None:
    async def nobody(_address: str) -> bool:
        return False

    sender = port(servers, tmp_path)
    sender = MailPort("support", sender._section, replace(sender._parts, may_write=nobody))
    with pytest.raises(CallCentreError) as raised:
        await sender.send(ANSWER)

    assert (raised.value.code, raised.value.retryable) == ("mail.do_not_contact", False)
    assert servers.mails(ANA) == []


async def test_when_a_code_goes_out_then_it_is_a_mail_of_its_own(servers: MailServers, tmp_path: Path) -> None:
    await port(servers, tmp_path).notify(ANA, "Su código", "Su código es 123456.", "es", "code-1")

    await eventually(lambda: len(servers.mails(ANA)) == 1)
    mail, _ = servers.mails(ANA)[0]
    assert (mail["Subject"], mail["Auto-Submitted"], mail["In-Reply-To"]) == ("Su código", "auto-generated", None)
    assert "123456" in mail.as_string()
