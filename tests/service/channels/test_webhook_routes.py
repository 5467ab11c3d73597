"""Webhooks as adapters post them, over real HTTP."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from calls.errors import CallCentreError
from channels.pace import Pace
from channels.webhook.contract import LARGEST_BYTES, MessageIn, StatusIn
from channels.webhook.signature import signature_headers
from service.channels.webhook_routes import WebhookDoor, content_of, webhook_routes
from service.channels_config import WebhookSection
from service.clock import SystemClock
from tests.ports import free_port
from tests.service.channels.web_servers import served

pytestmark = pytest.mark.realtime

SECRET, OLD = "new-secret-0123456789abcdef", "old-secret-0123456789abcdef"
MESSAGE = {"type": "message", "id": "wamid.1", "sender": "+34600123456", "text": "No tengo luz"}


@dataclass
class Adapter:
    """Somebody who posts to us, and what we made of it."""

    url: str
    clock: SystemClock = field(default_factory=SystemClock)
    messages: list[MessageIn] = field(default_factory=list)
    statuses: list[StatusIn] = field(default_factory=list)
    away: bool = False

    async def take(self, message: MessageIn) -> bool:
        if self.away:
            raise CallCentreError("database.unreachable", "Not now.", fault="operator", retryable=True)
        for file in message.files:
            content_of(file)
        known = any(each.id == message.id for each in self.messages)
        if not known:
            self.messages.append(message)
        return not known

    async def news(self, status: StatusIn) -> bool:
        if status.message_id != "m1":
            raise CallCentreError("webhook.unknown_message", "There is no such message of ours.", fault="peer")
        self.statuses.append(status)
        return True

    async def post(
        self, what: Any, *secrets: str, name: str = "wa", age_s: int = 0, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, Any], httpx.Headers]:
        body = what if isinstance(what, bytes) else json.dumps(what).encode()
        now_s = int(self.clock.now_utc().timestamp()) - age_s
        signed = signature_headers(body, now_s, secrets or (SECRET,))
        async with httpx.AsyncClient() as client:
            answer = await client.post(
                f"{self.url}/api/webhooks/{name}", content=body, headers={**signed, **(headers or {})}, timeout=20
            )
        return answer.status_code, answer.json(), answer.headers


@asynccontextmanager
async def our_side(takes_per_minute: int = 600) -> AsyncIterator[Adapter]:
    port = free_port()
    other = Adapter(f"http://127.0.0.1:{port}")
    section = WebhookSection(channel="whatsapp", secret=SecretStr(SECRET), old_secret=SecretStr(OLD))
    door = WebhookDoor(
        name="wa",
        section=section,
        secrets=section.secrets("the webhook wa"),
        pace=Pace(takes_per_minute, 60_000),
        message=other.take,
        status=other.news,
    )
    app = FastAPI()
    app.include_router(webhook_routes({"wa": door}, other.clock))
    async with served(app, port):
        yield other


async def test_when_a_signed_message_comes_then_it_is_taken_once() -> None:
    async with our_side() as other:
        first = await other.post(MESSAGE)
        again = await other.post(MESSAGE)

    assert first[:2] == (200, {"taken": True, "duplicate": False})
    assert again[:2] == (200, {"taken": False, "duplicate": True})
    assert [message.text for message in other.messages] == ["No tengo luz"]


async def test_when_the_secret_is_changed_then_both_are_good_and_others_are_not() -> None:
    async with our_side() as other:
        statuses = [
            (await other.post({**MESSAGE, "id": str(at)}, *secrets))[0]
            for at, secrets in enumerate([(SECRET,), (OLD,), (SECRET, OLD), ("another-0123456789abcdefgh",)])
        ]

    assert statuses == [200, 200, 200, 401]


async def test_when_a_request_is_unsigned_altered_or_replayed_late_then_it_is_refused_with_a_sentence() -> None:
    async with our_side() as other:
        async with httpx.AsyncClient() as client:
            unsigned = await client.post(f"{other.url}/api/webhooks/wa", json=MESSAGE)
        now_s = int(other.clock.now_utc().timestamp())
        of_another = signature_headers(b"{}", now_s, (SECRET,))
        altered = await other.post(MESSAGE, headers=of_another)
        late = await other.post(MESSAGE, age_s=301)
        early = await other.post(MESSAGE, age_s=-400)

    assert unsigned.status_code == 401
    assert "X-Warmline-Signature" in unsigned.json()["message"]
    assert altered[:2][0] == 401
    assert altered[1]["code"] == "webhook.bad_signature"
    assert (late[0], late[1]["code"]) == (401, "webhook.too_old")
    assert (early[0], early[1]["code"]) == (401, "webhook.too_early")
    assert other.messages == []


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"no json", "the body"),
        (b"[]", "the body"),
        ({"type": "gossip"}, "the body"),
        ({**MESSAGE, "text": "x" * 16_001}, "message.text"),
        ({**MESSAGE, "colour": "red"}, "message.colour"),
        ({**MESSAGE, "id": "with space"}, "message.id"),
        ({**MESSAGE, "sent_at": "2026-11-30T09:00:00"}, "message.sent_at"),
        ({key: value for key, value in MESSAGE.items() if key != "sender"}, "message.sender"),
        ({"type": "status", "id": "1", "message_id": "m1", "conversation_id": "c", "status": "eaten"}, "status.status"),
    ],
)
async def test_when_a_body_is_not_as_agreed_then_the_answer_names_the_field(body: Any, where: str) -> None:
    async with our_side() as other:
        status, told, _ = await other.post(body)

    assert status == 422
    assert told["code"] == "webhook.not_as_agreed"
    assert told["message"].startswith(f"{where}: ")
    assert "x" * 100 not in told["message"]


async def test_when_news_of_a_message_come_then_they_are_taken_or_unknown() -> None:
    news = {"type": "status", "id": "s1", "message_id": "m1", "conversation_id": "c1", "status": "delivered"}
    async with our_side() as other:
        taken = await other.post(news)
        unknown = await other.post({**news, "message_id": "m2"})

    assert taken[:2] == (200, {"taken": True, "duplicate": False})
    assert (unknown[0], unknown[1]["code"]) == (404, "webhook.unknown_message")


async def test_when_nothing_can_be_kept_then_the_adapter_is_told_to_come_again_and_nothing_is_lost() -> None:
    async with our_side() as other:
        other.away = True
        refused = await other.post(MESSAGE)
        other.away = False
        later = await other.post(MESSAGE)

    assert (refused[0], refused[1]["code"], refused[2]["retry-after"]) == (503, "database.unreachable", "10")
    assert later[0] == 200
    assert len(other.messages) == 1


async def test_when_files_come_along_then_their_content_is_there_or_refused() -> None:
    good = {"name": "x.png", "media_type": "image/png", "content_base64": base64.b64encode(b"png").decode()}
    async with our_side() as other:
        taken = await other.post({**MESSAGE, "files": [good]})
        broken = await other.post({**MESSAGE, "id": "2", "files": [{**good, "content_base64": "abc"}]})

    assert taken[0] == 200
    assert content_of(other.messages[0].files[0]) == b"png"
    assert (broken[0], broken[1]["code"]) == (422, "webhook.not_as_agreed")


async def test_when_a_body_is_too_large_or_too_many_come_then_the_adapter_is_told() -> None:
    async with our_side(takes_per_minute=2) as other:
        large = await other.post(b"x" * (LARGEST_BYTES + 1))
        for at in range(2):
            assert (await other.post({**MESSAGE, "id": str(at)}))[0] == 200
        many = await other.post({**MESSAGE, "id": "3"})
        unknown = await other.post(MESSAGE, name="another")

    assert (large[0], large[1]["code"]) == (413, "webhook.too_large")
    assert (many[0], many[1]["code"]) == (429, "webhook.too_fast")
    assert 1 <= int(many[2]["retry-after"]) <= 61
    assert unknown[0] == 404


async def test_when_a_key_is_sent_then_it_must_be_the_id() -> None:
    async with our_side() as other:
        same = await other.post(MESSAGE, headers={"X-Warmline-Idempotency-Key": "wamid.1"})
        another = await other.post(MESSAGE, headers={"X-Warmline-Idempotency-Key": "wamid.2"})

    assert (same[0], another[0]) == (200, 422)


def test_when_the_api_is_described_then_the_contract_is_in_it() -> None:
    app = FastAPI()
    app.include_router(webhook_routes({}, SystemClock()))

    described = app.openapi()["paths"]["/api/webhooks/{name}"]["post"]

    assert "401" in described["responses"]
    assert described["requestBody"]["content"]["application/json"]["schema"]["discriminator"]["propertyName"] == "type"
