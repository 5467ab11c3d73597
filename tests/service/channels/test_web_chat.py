"""The chat's line of the real service: asked over its socket in both languages, broken, repeated, limited."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.service_process import ServiceProcess

WAIT_S = 30.0
"""What takes 0.2 s on two idle cores."""


class Page:
    """A page with a chat, as the service sees it."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.messages: list[dict[str, Any]] = []
        self.seq = 0
        self.conversation = ""

    async def send(self, **frame: Any) -> None:
        await self._socket.send(json.dumps(frame))

    async def write(self, text: str, name: str = "") -> str:
        name = name or secrets.token_urlsafe(9)
        await self.send(kind="message", id=name, text=text)
        return name

    async def until(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Return the first frame of a kind with these fields; everything before it is taken note of."""
        async with asyncio.timeout(WAIT_S):
            while True:
                frame: dict[str, Any] = json.loads(await self._socket.recv())
                self._note(frame)
                in_snapshot = frame.get("messages", []) if kind == "message" else []
                told: list[dict[str, Any]] = [*([frame] if frame["kind"] == kind else []), *in_snapshot]
                for each in told:
                    if all(each.get(field) == value for field, value in fields.items()):
                        return each

    def _note(self, frame: dict[str, Any]) -> None:
        if frame["kind"] == "snapshot":
            self.conversation = frame["conversation"]
            self.messages = (self.messages if frame["after"] else []) + frame["messages"]
            self.seq = frame["seq"]
        elif frame["kind"] == "message":
            self.messages.append(frame)
            self.seq = max(self.seq, frame["seq"])

    @property
    def texts(self) -> list[tuple[str, str]]:
        return [(m["author"], m["text"]) for m in self.messages if m["author"] != "note"]


@asynccontextmanager
async def page(
    service: ServiceProcess, token: str, *, after: int = 0, conversation: str = "", origin: str = ""
) -> AsyncIterator[Page]:
    url = service.base_url.replace("http", "ws", 1) + "/api/chat"
    headers = {"origin": origin} if origin else {}
    async with connect(url, additional_headers=headers, proxy=None) as socket:
        opened = Page(socket)
        await opened.send(kind="hello", token=token, after=after, conversation=conversation, language="")
        yield opened


def new_token() -> str:
    return secrets.token_urlsafe(24)


async def closing_code(service: ServiceProcess, *frames: str | bytes, origin: str = "") -> int:
    url = service.base_url.replace("http", "ws", 1) + "/api/chat"
    headers = {"origin": origin} if origin else {}
    async with connect(url, additional_headers=headers, proxy=None) as socket:
        try:
            for frame in frames:
                await socket.send(frame)
            async with asyncio.timeout(WAIT_S):
                while True:
                    await socket.recv()
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd is not None else 0


async def test_when_visitors_ask_then_the_articles_answer_comes_in_their_language(
    running_service: ServiceProcess,
) -> None:
    async with page(running_service, new_token()) as english:
        hello = await english.until("snapshot", conversation="")
        assert (hello["company"], hello["days"]) == ("Lumina", 90)
        await english.write("Hello, can you explain my bill to me?")
        answer = await english.until("message", author="bot")
        assert "I'm an automatic assistant" in answer["text"]
        assert "bill" in answer["text"].partition("assistant")[2]
        await english.write("¿Y cuándo vuelve la luz si hay un corte en mi calle?")
        await english.until("message", author="customer", text="¿Y cuándo vuelve la luz si hay un corte en mi calle?")
        spanish = await english.until("message", author="bot")
        assert any(word in spanish["text"].lower() for word in ("corte", "luz", "avería"))


async def test_when_the_page_is_loaded_again_then_it_has_the_same_conversation_and_nothing_twice(
    running_service: ServiceProcess,
) -> None:
    token = new_token()
    async with page(running_service, token) as first:
        await first.until("snapshot")
        name = await first.write("Can you explain my bill?")
        await first.until("message", author="bot")
        before, seq, conversation = first.texts, first.seq, first.conversation
    async with page(running_service, token) as again:
        await again.until("snapshot", conversation=conversation)
        assert again.texts == before
        await again.write("Can you explain my bill?", name)
        assert (await again.until("known"))["id"] == name
    async with page(running_service, token, after=seq, conversation=conversation) as more:
        snapshot = await more.until("snapshot")
        assert snapshot["messages"] == []
        await more.write("I want to talk to a person please")
        await more.until("message", author="bot")
    async with page(running_service, new_token()) as other:
        assert (await other.until("snapshot"))["conversation"] == "", "another visitor sees nothing of it"


async def test_when_two_pages_of_a_visitor_are_open_then_both_show_what_is_written_in_one(
    running_service: ServiceProcess,
) -> None:
    token = new_token()
    async with page(running_service, token) as one:
        await one.until("snapshot")
        await one.write("Hello there, what can you do for me?")
        await one.until("message", author="bot")
        async with page(running_service, token) as two:
            await two.until("snapshot")
            await two.write("Can you explain my bill?")
            await one.until("message", author="customer", text="Can you explain my bill?")
            await one.until("message", author="bot")
            await two.until("message", author="bot")
        assert one.texts[-2:] == two.texts[-2:]


async def test_when_a_page_sends_what_it_should_not_then_the_line_is_closed_with_the_reason(
    running_service: ServiceProcess,
) -> None:
    hello = json.dumps({"kind": "hello", "token": new_token()})
    assert await closing_code(running_service, "no json") == 4400
    assert await closing_code(running_service, json.dumps({"kind": "hello", "token": "short"})) == 4400
    assert await closing_code(running_service, hello, json.dumps({"kind": "message", "id": "x", "text": "a"})) == 4400
    assert await closing_code(running_service, hello, "x" * 50_000) == 1009
    assert await closing_code(running_service, hello, bytes(300_000)) == 1009
    assert await closing_code(running_service, hello, origin="https://evil.example") == 4403
    async with page(running_service, new_token(), origin="https://shop.example") as embedded:
        await embedded.until("snapshot")


async def test_when_a_message_is_too_long_or_they_come_too_fast_then_it_is_refused_and_kept_by_the_page(
    running_service: ServiceProcess,
) -> None:
    async with page(running_service, new_token()) as visitor:
        await visitor.until("snapshot")
        name = await visitor.write("x" * 3_000)
        refused = await visitor.until("refused")
        assert (refused["id"], refused["code"]) == (name, "chat.too_long")
        for _ in range(21):
            await visitor.write("hello")
        refused = await visitor.until("refused")
        assert refused["code"] == "chat.too_fast"
        assert 0 < refused["retry_after_s"] <= 60


async def test_when_the_visitor_wants_to_call_then_the_page_gets_a_pass_that_is_taken(
    running_service: ServiceProcess,
) -> None:
    async with page(running_service, new_token()) as visitor:
        await visitor.until("snapshot")
        await visitor.send(kind="call")
        token = (await visitor.until("pass"))["token"]
        assert len(token.split(".")) == 3
    offer = {"sdp": "nonsense", "type": "offer", "visitor_pass": token}
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"{running_service.base_url}/api/web-calls", json=offer)
    assert answer.json()["code"].startswith("webrtc."), "the pass was read, the sound was not"


def test_when_a_site_embeds_the_chat_then_script_and_page_are_served(running_service: ServiceProcess) -> None:
    script = httpx.get(f"{running_service.base_url}/chat.js", trust_env=False)
    assert script.status_code == 200
    assert script.headers["content-type"].startswith("text/javascript")
    assert script.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "max-age=300" in script.headers["cache-control"]
    page_ = httpx.get(f"{running_service.base_url}/chat", trust_env=False)
    assert '<script src="/chat.js" data-page' in page_.text


async def test_when_a_page_floods_the_line_then_it_is_cut_off(running_service: ServiceProcess) -> None:
    hello = json.dumps({"kind": "hello", "token": new_token()})
    assert await closing_code(running_service, hello, *[json.dumps({"kind": "typing"})] * 200) == 4429
