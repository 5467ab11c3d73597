"""The desk's socket of the running service: who may come in, what it says first, what it understands."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tests.service_process import ServiceProcess


def url(service: ServiceProcess, **query: str) -> str:
    """Return the address of the socket."""
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return f"{service.base_url.replace('http', 'ws', 1)}/api/desk?{asked}"


async def answer(socket: ClientConnection, kind: str) -> dict[str, Any]:
    """Return the next message of a kind."""
    async with asyncio.timeout(10):
        while (message := json.loads(await socket.recv()))["kind"] != kind:
            pass
    found: dict[str, Any] = message
    return found


async def test_when_staff_come_to_work_then_every_page_sees_it_and_they_may_go_again(
    running_service: ServiceProcess,
) -> None:
    headers = {"authorization": f"Bearer {running_service.staff_token}"}
    async with (
        connect(url(running_service, agent="ana", languages="es"), additional_headers=headers, proxy=None) as ana,
        connect(url(running_service), additional_headers=headers, proxy=None) as other,
    ):
        assert (await answer(ana, "snapshot"))["queues"][0]["name"] == "main"
        await answer(other, "snapshot")
        await ana.send(json.dumps({"do": "ready", "id": 1}))
        assert (await answer(ana, "refused"))["code"] == "desk.not_at_work"
        await ana.send(json.dumps({"do": "sign_in", "id": 2}))
        assert (await answer(ana, "done"))["id"] == 2
        await ana.send(json.dumps({"do": "ready", "id": 3}))
        async with asyncio.timeout(10):
            while (seen := await answer(other, "agent"))["agent"]["state"] != "ready":
                pass
        assert seen["agent"]["name"] == "ana"
        assert seen["agent"]["languages"] == ["es"]
        assert (await answer(other, "queue"))["queue"]["agents"]["ready"] == 1
        await ana.send(json.dumps({"do": "accept", "reservation_id": "none", "id": 4}))
        assert (await answer(ana, "refused"))["code"] == "desk.offer_over"
        await ana.send('{"do": "dance"}')
        assert (await answer(ana, "refused"))["code"] == "desk.bad_command"
        await other.send(json.dumps({"do": "sign_in"}))
        assert (await answer(other, "refused"))["code"] == "desk.no_agent"
        await ana.send(json.dumps({"do": "sign_out"}))
        async with asyncio.timeout(10):
            while (await answer(other, "agent"))["agent"]["state"] != "signed_out":
                pass


async def test_when_somebody_else_opens_the_socket_then_it_is_closed_with_a_reason(
    running_service: ServiceProcess,
) -> None:
    async with connect(url(running_service, agent="ana"), proxy=None) as socket:
        await socket.wait_closed()
        assert socket.close_code == 4401
