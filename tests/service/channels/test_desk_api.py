"""Staff see and answer conversations of the real service: lists, brief, feed, taking, writing once, closing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from tests.service.channels.test_web_chat import WAIT_S, new_token, page
from tests.service_process import ServiceProcess

PDF = b"%PDF-1.7 the bill of Ana Ruiz"
OURS = {"x-warmline": "1"}


@pytest.fixture
async def staff(running_service: ServiceProcess) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=running_service.base_url, trust_env=False, headers=OURS) as client:
        await client.get(running_service.staff_link())
        yield client


async def next_of(socket: Any, kind: str) -> dict[str, Any]:
    async with asyncio.timeout(WAIT_S):
        while True:
            frame: dict[str, Any] = json.loads(await socket.recv())
            if frame["kind"] == kind:
                return frame


async def test_when_a_visitor_wants_a_person_then_staff_find_it_read_the_brief_and_answer_once(
    running_service: ServiceProcess, staff: httpx.AsyncClient
) -> None:
    async with page(running_service, new_token()) as visitor:
        await visitor.until("snapshot")
        await visitor.write("Hello, I want to talk to a person about my bill please")
        await visitor.until("message", author="bot")
        path = f"/api/conversations/{visitor.conversation}"
        owed = (await staff.get("/api/conversations", params={"only": "owed"})).json()
        mine = next(row for row in owed if row["conversation_id"] == visitor.conversation)
        assert (mine["channel"], mine["answering"], mine["staff_owed"]) == ("chat", "bot", True)
        seen = (await staff.get(path)).json()
        assert seen["brief"]["reason"] == "caller_asked"
        assert [message["author"] for message in seen["messages"]] == ["customer", "bot"]
        url = running_service.base_url.replace("http", "ws", 1) + f"{path}/feed"
        cookie = f"warmline_staff={staff.cookies['warmline_staff']}"
        headers = {"cookie": cookie, "origin": running_service.base_url}
        async with connect(url, additional_headers=headers, proxy=None) as feed:
            await next_of(feed, "conversation")
            assert (await staff.post(f"{path}/typing")).status_code == 204
            assert (await visitor.until("typing"))["who"] == "agent"
            words = {"id": "page-made-1", "text": "Hello, a colleague here. What is it about?"}
            assert (await staff.post(f"{path}/messages", json=words)).status_code == 204
            assert (await staff.post(f"{path}/messages", json=words)).status_code == 204
            told = await visitor.until("message", author="agent")
            assert told["text"] == words["text"]
            await visitor.write("It is far too high")
            async with asyncio.timeout(WAIT_S):
                while [m["author"] for m in (await next_of(feed, "conversation"))["messages"]][-2:] != [
                    "agent",
                    "customer",
                ]:
                    pass
        authors = [message["author"] for message in (await staff.get(path)).json()["messages"]]
        assert authors == ["customer", "bot", "agent", "customer"], "sent once, and the bot stays silent"
        assert (await staff.post(f"{path}/leave", json={"reason": "done"})).status_code == 204
        await visitor.until("message", note="closed")


async def test_when_staff_attach_a_file_then_the_visitor_saves_it_and_it_lies_encrypted(
    running_service: ServiceProcess, staff: httpx.AsyncClient
) -> None:
    async with page(running_service, new_token()) as visitor:
        await visitor.until("snapshot")
        await visitor.write("Hello, please send me my bill, I want a person")
        await visitor.until("message", author="bot")
        path = f"/api/conversations/{visitor.conversation}"
        refused = await staff.post(f"{path}/files", params={"name": "bill.pdf"}, content=b"MZ\x90 a program")
        assert (refused.status_code, refused.json()["code"]) == (400, "files.bad_type")
        program = await staff.post(f"{path}/files", params={"name": "bill.pdf.exe"}, content=PDF)
        assert program.json()["code"] == "files.bad_type"
        assert (
            await staff.post(f"{path}/files", params={"name": "x.txt"}, content=b"x" * 10_000_001)
        ).status_code == 413
        taken = (await staff.post(f"{path}/files", params={"name": "../Ana's bill.pdf"}, content=PDF)).json()
        assert (taken["name"], taken["size_bytes"]) == ("Ana's bill.pdf", len(PDF))

        words = {"id": "page-made-2", "text": "", "files": [taken["ticket"]]}
        elsewhere = await staff.post("/api/conversations/none/messages", json=words)
        forged = await staff.post(f"{path}/messages", json={**words, "files": [taken["ticket"][:-8] + "AAAAAAA="]})
        assert [each.status_code for each in (elsewhere, forged)] == [404, 400]
        assert (await staff.post(f"{path}/messages", json=words)).status_code == 204

        told = await visitor.until("message", author="agent")
        assert [file["name"] for file in told["files"]] == ["Ana's bill.pdf"]
        link = told["files"][0]["href"]
        async with httpx.AsyncClient(base_url=running_service.base_url, trust_env=False) as anyone:
            saved = await anyone.get(link)
            assert (saved.content, saved.headers["content-type"]) == (PDF, "application/octet-stream")
            assert saved.headers["content-disposition"].startswith("attachment;")
            assert "sandbox" in saved.headers["content-security-policy"]
            until = link.split("/")[4]
            for wrong in (link.replace(until, str(int(until) + 9)), link[:-6] + "09.pdf", link.replace(".pdf", ".txt")):
                assert (await anyone.get(wrong)).status_code == 404
        mine = (await staff.get(path)).json()["messages"][-1]["attachments"]
        assert (await staff.get(f"{path}/files/{mine[0]['file']}")).content == PDF
        stored = (running_service.data_dir / "attachments" / mine[0]["file"]).read_bytes()
        assert b"Ana Ruiz" not in stored


async def test_when_somebody_is_no_staff_or_only_reads_then_nothing_can_be_written(
    running_service: ServiceProcess,
) -> None:
    async with httpx.AsyncClient(base_url=running_service.base_url, trust_env=False) as anyone:
        assert (await anyone.get("/api/conversations")).status_code == 401
        assert (await anyone.get("/api/conversations/x")).status_code == 401
        program = {"authorization": f"Bearer {running_service.staff_token}"}
        assert (await anyone.get("/api/conversations", headers=program)).status_code == 200
        assert (await anyone.get("/api/conversations/none", headers=program)).status_code == 404
        refused = await anyone.post("/api/conversations/x/take", headers=program | OURS)
        assert refused.status_code == 403
