"""Whole ways of a provider's messages: an adapter over real HTTP both ways, real database, conversations."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from channels import conversation
from channels.webhook.signature import signature_headers
from service.channels import conversations
from service.channels.outside import OutsideChannels
from service.channels.webhook_routes import webhook_routes
from service.clock import SystemClock
from service.config import Config
from tests.ports import free_port
from tests.service.channels.talk_in_writing import BILL, Desk
from tests.service.channels.web_servers import Adapter, adapter, served
from tests.waiting import eventually

pytestmark = pytest.mark.realtime

SECRET = "new-secret-0123456789abcdef"
QUESTION = "¿Por qué es tan alta mi factura?"


@dataclass
class House:
    desk: Desk
    outside: OutsideChannels
    url: str
    other: Adapter

    def facts(self, *types: str) -> list[Any]:
        return [event.body for event in self.desk.store.scan(types)]

    async def post(self, **what: Any) -> tuple[int, dict[str, Any]]:
        body = json.dumps(what).encode()
        signed = signature_headers(body, int(SystemClock().now_utc().timestamp()), (SECRET,))
        async with httpx.AsyncClient() as client:
            answer = await client.post(f"{self.url}/api/webhooks/wa", content=body, headers=signed, timeout=20)
        return answer.status_code, answer.json()

    async def write(
        self, text: str, name: str, sender: str = "+34600123456", **more: Any
    ) -> tuple[int, dict[str, Any]]:
        return await self.post(type="message", id=name, sender=sender, text=text, **more)

    def sent(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.other.got]


@asynccontextmanager
async def house(folder: Path, other: Adapter, **settings: Any) -> AsyncIterator[House]:
    desk = Desk(folder)
    webhook = {"channel": "whatsapp", "secret": SECRET, "url": other.url, **settings}
    config = Config.model_validate({"data_dir": str(folder), "channels": {"webhooks": {"wa": webhook}}})
    outside = OutsideChannels(config, desk.conversations, desk.store, SystemClock())
    outside.start()
    app = FastAPI()
    app.include_router(webhook_routes(outside.doors, SystemClock()))
    port = free_port()
    async with served(app, port):
        try:
            yield House(desk, outside, f"http://127.0.0.1:{port}", other)
        finally:
            await outside.stop()
            await desk.stop()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "RETRY_AFTER_MS", (200, 200, 200, 200, 200, 200))
    monkeypatch.setattr(conversation, "SENDING_MS", 200)
    monkeypatch.setattr(conversations, "LATE_MS", 500)
    monkeypatch.setattr(conversations, "LOOK_EVERY_S", 0.2)


async def test_when_a_customer_writes_by_a_provider_then_the_bot_answers_there_and_news_are_kept(
    tmp_path: Path,
) -> None:
    async with adapter() as other, house(tmp_path, other) as ours:
        other.answers.append((200, b'{"id": "wamid.out"}'))
        assert (await ours.write(QUESTION, "wamid.1", sender_name="Ana"))[1]["taken"]
        assert (await ours.write(QUESTION, "wamid.1"))[1]["duplicate"]
        await eventually(lambda: len(other.got) == 1)
        sent = ours.sent()[0]
        assert BILL["es"] in sent["text"]
        assert (sent["to"], sent["answers"], sent["author"]) == ("+34600123456", "wamid.1", "bot")

        await eventually(lambda: ours.facts("message_delivered"))
        about = {"message_id": sent["id"], "conversation_id": sent["conversation_id"]}
        delivered = {"type": "status", "id": "s1", "status": "delivered", **about}
        assert (await ours.post(**delivered))[1] == {"taken": True, "duplicate": False}
        assert (await ours.post(**delivered))[1] == {"taken": False, "duplicate": True}
        assert [body.state for body in ours.facts("message_delivered")] == ["accepted", "delivered"]

        await ours.write("Otra vez mi factura", "wamid.2")
        await eventually(lambda: len(other.got) == 2)
        assert len(ours.facts("conversation_opened")) == 1
        assert len(ours.facts("message_received")) == 2


async def test_when_the_adapter_is_away_then_the_answer_goes_out_later_also_after_a_restart(tmp_path: Path) -> None:
    async with adapter() as other:
        other.answers += [(500, b"")] * 2
        async with house(tmp_path, other) as ours:
            await ours.write(QUESTION, "wamid.1")
            await eventually(lambda: ours.facts("message_failed"))
        async with house(tmp_path, other) as ours:
            await eventually(lambda: ours.facts("message_delivered"), most_s=20)
            assert {sent["id"] for sent in ours.sent()} == {ours.facts("message_sent")[0].message_id}


async def test_when_a_provider_says_that_a_message_failed_then_staff_are_told(tmp_path: Path) -> None:
    async with adapter() as other, house(tmp_path, other) as ours:
        await ours.write(QUESTION, "wamid.1")
        await eventually(lambda: ours.facts("message_delivered"))
        about = {"message_id": ours.sent()[0]["id"], "conversation_id": ours.sent()[0]["conversation_id"]}
        status, _ = await ours.post(type="status", id="s1", status="failed", reason="no_such_number", **about)
        unknown, told = await ours.post(type="status", id="s2", status="read", message_id="m0", conversation_id="c0")

        assert status == 200
        assert ours.facts("message_failed")[0].reason == "webhook.no_such_number"
        assert ours.facts("staff_awaited")
        assert (unknown, told["code"]) == (404, "webhook.unknown_message")


async def test_when_a_photo_comes_alone_then_it_is_kept_and_the_message_says_so(tmp_path: Path) -> None:
    photo = base64.b64encode(b"\xff\xd8\xff\xe0").decode()
    async with adapter() as other, house(tmp_path, other, answers="never") as ours:
        files = [{"name": "../x.jpg", "media_type": "image/jpeg", "content_base64": photo}]
        await ours.write("", "wamid.1", files=files, language="es")
        received = ours.facts("message_received")[0]

        assert received.text == "[Sin texto]"
        assert received.attachments[0].name == "x.jpg"
        assert ours.outside.files.read(received.attachments[0]) == b"\xff\xd8\xff\xe0"
        assert ours.facts("staff_awaited")
        assert not ours.facts("message_sent")


async def test_when_a_code_goes_out_by_sms_then_no_fact_holds_it(tmp_path: Path) -> None:
    async with adapter() as other, house(tmp_path, other, channel="sms") as ours:
        await ours.outside.code_senders()["phone"].send_code("+34600123456", "123456", "en")

        assert ours.sent()[0]["text"].startswith("Your code is 123456.")
        assert ours.facts("message_sent", "conversation_opened") == []


async def test_when_a_message_is_empty_then_the_adapter_is_told(tmp_path: Path) -> None:
    async with adapter() as other, house(tmp_path, other) as ours:
        status, told = await ours.write(" ", "wamid.1")

    assert (status, told["code"]) == (422, "message.empty")
