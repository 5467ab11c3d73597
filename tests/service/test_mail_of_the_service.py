"""The whole service with a mailbox on real servers and an adapter: mails answered over a kill -9, a signed message."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest

from channels.webhook.signature import signature_headers
from service.clock import SystemClock
from tests.acceptance.commands import command
from tests.acceptance.running import TOKEN, RunningService
from tests.mail_servers import ANA, JOHN, PASSWORD, SUPPORT, MailServers, mail_servers, missing
from tests.service.channels.web_servers import Adapter, adapter
from tests.service_process import LIGHT, articles_of_tests
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]
SECRET = "new-secret-0123456789abcdef"
QUESTION = "¿Por qué es tan alta mi factura de la luz?"
ANSWERED_S = 240.0
"""Beside other services the start of one that was killed alone takes a minute."""
pytestmark = pytest.mark.peer


@dataclass
class Played:
    """What happened."""

    checked: tuple[int, str, str] = (0, "", "")
    answers: dict[str, list[EmailMessage]] = field(default_factory=dict)
    flags: list[str] = field(default_factory=list)
    posted: tuple[int, Any] = (0, None)
    sent: list[dict[str, Any]] = field(default_factory=list)
    file: tuple[int, bytes, str] = (0, b"", "")
    errors: str = ""


def _configure(folder: Path, servers: MailServers, other: Adapter) -> RunningService:
    articles_of_tests(folder / "articles")
    return RunningService(
        folder,
        '[speech]\nvoice_en = "espeak"\nvoice_es = "espeak"\nrender_ahead = false\n'
        f'[models]\nwhisper = "{LIGHT}"\n[dial_plan]\nlanguage = "en"\n'
        f'[knowledge]\ndir = "{folder / "articles"}"\n'
        f'[channels.mailboxes.support]\naddress = "{SUPPORT}"\nimap_host = "localhost"\nimap_port = {servers.imaps}\n'
        f'smtp_port = {servers.smtp}\npassword = "{PASSWORD}"\nca_file = "{servers.ca}"\nanswers = "sure"\npoll_s = 1\n'
        f'[channels.webhooks.wa]\nchannel = "whatsapp"\nsecret = "{SECRET}"\nurl = "{other.url}"\n',
    )


def _mail(sender: str, name: str) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"], mail["Message-ID"] = sender, SUPPORT, "Factura", f"<{name}@example.net>"
    mail.set_content(QUESTION)
    return mail.as_bytes()


async def _play(played: Played, folder: Path, servers: MailServers) -> None:
    async with adapter() as other:
        service = _configure(folder, servers, other)
        played.checked = await asyncio.to_thread(command, "check", "--config", str(service.config))
        await service.start()
        try:
            servers.deliver(ANA, SUPPORT, _mail(ANA, "1"))
            await eventually(lambda: servers.mails(ANA), servers.log(), most_s=ANSWERED_S, every_s=0.5)
            message: dict[str, Any] = {"type": "message", "id": "w1", "sender": "+34600123456", "text": QUESTION}
            photo = base64.b64encode(b"<svg onload=alert(1)>").decode()
            message["files"] = [{"name": "x.svg", "media_type": "image/svg+xml", "content_base64": photo}]
            body = json.dumps(message).encode()
            headers = signature_headers(body, int(SystemClock().now_utc().timestamp()), (SECRET,))
            async with httpx.AsyncClient() as client:
                answer = await client.post(f"{service.base_url}/api/webhooks/wa", content=body, headers=headers)
            played.posted = (answer.status_code, answer.json())
            await eventually(lambda: other.got, most_s=ANSWERED_S)
            played.file = await _file_of_a_message(service, json.loads(other.got[0][1])["conversation_id"])
            await service.kill()
            servers.deliver(JOHN, SUPPORT, _mail(JOHN, "2"))
            await service.start()
            await eventually(lambda: servers.mails(JOHN), servers.log(), most_s=ANSWERED_S, every_s=0.5)
        finally:
            await service.stop()
            played.errors = service.errors()
        played.sent = [json.loads(body) for _, body in other.got]
    played.answers = {name: [mail for mail, _ in servers.mails(name)] for name in (ANA, JOHN)}
    played.flags = [flags for _, flags in servers.mails(SUPPORT)]


async def _file_of_a_message(service: RunningService, conversation_id: str) -> tuple[int, bytes, str]:
    headers = {"authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(base_url=service.base_url, headers=headers, trust_env=False) as staff:
        path = f"/api/conversations/{conversation_id}"
        messages = (await staff.get(path)).json()["messages"]
        answer = await staff.get(f"{path}/files/{messages[0]['attachments'][0]['file']}")
        return (
            answer.status_code,
            answer.content,
            answer.headers["content-disposition"] + answer.headers["content-type"],
        )


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """Play it all once."""
    with mail_servers() as servers:
        if servers is None:
            pytest.skip(f"needs mail servers (apt-get install {missing()})")
        done = Played()
        asyncio.run(_play(done, tmp_path_factory.mktemp("mail"), servers))
        yield done


def test_when_a_mailbox_is_configured_then_the_check_signs_in(played: Played) -> None:
    code, printed, errors = played.checked

    assert code == 0, errors + printed
    assert "ok      mail to support: localhost:" in printed
    assert "tells at once (IDLE)" in printed
    assert "ok      mail from support: localhost:" in printed
    assert "ok      webhook wa: http://localhost:" in printed
    assert PASSWORD not in printed


def test_when_customers_write_over_a_killed_service_then_each_gets_one_answer_in_the_thread(played: Played) -> None:
    assert [len(mails) for mails in played.answers.values()] == [1, 1]
    assert [mails[0]["In-Reply-To"] for mails in played.answers.values()] == ["<1@example.net>", "<2@example.net>"]
    assert all("\\Seen" in flags for flags in played.flags)


def test_when_an_adapter_posts_a_message_then_the_answer_goes_to_it(played: Played) -> None:
    assert played.posted == (200, {"taken": True, "duplicate": False})
    assert played.sent[0]["to"] == "+34600123456"
    assert "factura" in played.sent[0]["text"]


def test_when_a_message_has_a_file_then_staff_save_it_and_no_page_runs_it(played: Played) -> None:
    assert played.file == (200, b"<svg onload=alert(1)>", "attachment; filename*=utf-8''x.svgapplication/octet-stream")


def test_when_mails_were_answered_then_the_logs_name_nobody(played: Played) -> None:
    for word in (ANA, JOHN, "factura", PASSWORD, "+34600123456"):
        assert word not in played.errors
