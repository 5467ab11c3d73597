"""Messages and facts posted to real servers: signed, tried again, and nowhere but where they may go."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from calls.errors import CallCentreError
from calls.ids import ConversationId, MessageId
from channels.messages import Outgoing
from channels.webhook.signature import verify
from records.keys import MasterKey
from service.channels.files import MessageFiles, NewFile
from service.channels.webhook_port import WebhookPort
from service.channels_config import WebhookSection
from service.clock import SystemClock
from tests.ports import free_port
from tests.service.channels.web_servers import Adapter, adapter
from tests.telephony.certificates import Authority

pytestmark = pytest.mark.realtime

SECRET = "new-secret-0123456789abcdef"
MASTER = MasterKey(bytes(32))
ANSWER = Outgoing(
    conversation_id=ConversationId("c1"),
    message_id=MessageId("m1"),
    channel="whatsapp",
    provider="wa",
    address="+34600123456",
    name="Ana",
    subject="",
    language="es",
    author="bot",
    by="",
    text="La luz vuelve a las 12.",
    attachments=(),
    answers="wamid.1",
    thread=("wamid.1",),
)


def port(url: str, folder: Path, **settings: Any) -> WebhookPort:
    section = WebhookSection(channel="whatsapp", secret=SecretStr(SECRET), url=url, timeout_s=2, **settings)
    return WebhookPort("wa", section, SystemClock(), MessageFiles(folder, MASTER))


async def refused(sender: WebhookPort, message: Outgoing = ANSWER) -> tuple[str, bool]:
    with pytest.raises(CallCentreError) as raised:
        await sender.send(message)
    return raised.value.code, raised.value.retryable


async def test_when_a_message_goes_out_then_it_is_signed_and_has_its_key(tmp_path: Path) -> None:
    files = MessageFiles(tmp_path, MASTER).keep([NewFile(name="x.pdf", media_type="application/pdf", content=b"%PDF-")])
    async with adapter() as other:
        other.answers.append((202, b'{"id": "wamid.2", "more": 1}'))
        name = await port(other.url, tmp_path).send(replace(ANSWER, attachments=files))

    headers, body = other.got[0]
    told = json.loads(body)
    now_s = int(SystemClock().now_utc().timestamp())
    assert name == "wamid.2"
    assert (told["type"], told["id"], told["to"], told["answers"]) == ("message", "m1", "+34600123456", "wamid.1")
    assert told["files"][0]["content_base64"] == "JVBERi0="
    assert headers["x-warmline-idempotency-key"] == "m1"
    assert headers["host"] == f"localhost:{other.port}"
    assert verify(body, headers["x-warmline-timestamp"], headers["x-warmline-signature"], (SECRET,), now_s) == "good"


@pytest.mark.parametrize(
    ("answer", "code", "retryable"),
    [
        ((400, b'{"code": "no_such_number"}'), "webhook.no_such_number", False),
        ((400, b'{"code": "busy", "retryable": true}'), "webhook.busy", True),
        ((401, b"<html>"), "webhook.status_401", False),
        ((429, b""), "webhook.status_429", True),
        ((500, b"oops"), "webhook.status_500", True),
        ((503, b'{"retryable": false, "code": "closed"}'), "webhook.closed", False),
        ((302, b""), "webhook.status_302", True),
    ],
)
async def test_when_an_adapter_refuses_then_it_is_known_whether_a_try_helps(
    answer: tuple[int, bytes], code: str, retryable: bool, tmp_path: Path
) -> None:
    async with adapter() as other:
        other.answers.append(answer)
        assert await refused(port(other.url, tmp_path)) == (code, retryable)
        assert len(other.got) == 1  # no redirect was followed


async def test_when_an_adapter_is_slow_or_away_then_it_is_tried_again(tmp_path: Path) -> None:
    async with adapter() as other:
        other.waits_s = 3
        slow = await refused(port(other.url, tmp_path))
    away = await refused(port(f"http://localhost:{free_port()}/in", tmp_path))

    assert slow == ("webhook.too_slow", True)
    assert away == ("webhook.unreachable", True)


async def test_when_an_answer_is_endless_then_only_its_beginning_is_read(tmp_path: Path) -> None:
    async with adapter() as other:
        other.answers.append((200, b"x" * 5_000_000))
        assert await port(other.url, tmp_path).send(ANSWER) == ""


@pytest.mark.parametrize(
    "url", ["http://10.255.255.1/in", "https://169.254.169.254/latest", "http://192.0.2.1/in", "https://[fe80::1]/in"]
)
async def test_when_an_address_may_not_be_posted_to_then_nothing_is_sent(url: str, tmp_path: Path) -> None:
    assert await refused(port(url, tmp_path)) == ("webhook.denied_address", False)


async def test_when_an_adapter_has_a_certificate_then_it_must_hold(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    authority, other_authority = Authority(tmp_path), Authority(tmp_path / "other")
    async with adapter(authority.issue("localhost")) as other:
        assert await port(other.url, tmp_path, ca_file=authority.ca).send(ANSWER) == ""
        unknown = Adapter(other.port, "https")
        assert await refused(port(unknown.url, tmp_path)) == ("webhook.unreachable", True)
    async with adapter(other_authority.issue("elsewhere.example")) as other:
        assert await refused(port(other.url, tmp_path, ca_file=other_authority.ca)) == ("webhook.unreachable", True)


async def test_when_a_customer_wants_no_message_then_none_is_sent(tmp_path: Path) -> None:
    async def nobody(_address: str) -> bool:
        return False

    async with adapter() as other:
        section = WebhookSection(channel="sms", secret=SecretStr(SECRET), url=other.url)
        sender = WebhookPort("wa", section, SystemClock(), MessageFiles(tmp_path, MASTER), nobody)
        assert await refused(sender) == ("webhook.do_not_contact", False)
        assert other.got == []
