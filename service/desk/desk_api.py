"""The desk's way to the pages: `/api/desk`, a snapshot and then messages; what the page says comes the same way."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from service.desk.desk_commands import obey
from service.desk.feed import RESTART, DeskWatcher, as_text
from service.desk.room import DeskRoom
from service.desk.who import Who, who

LOST_AFTER_S = 30.0
"""How long an agent without any page is still at work. Source: our choice; a page that is loaded again takes seconds,
and an offer is open for twenty."""
LONGEST_MESSAGE = 20_000
LONGEST_PAGE = 64
"""Longest name of a window."""


def desk_routes(room: DeskRoom, door: Sequence[Any]) -> APIRouter:
    """Return the routes; `door` holds the dependencies that let staff in."""
    router = APIRouter(dependencies=list(door))

    @router.websocket("/api/desk")
    async def desk(socket: WebSocket) -> None:
        """The desk of one agent, or of somebody who looks on."""
        await socket.accept()
        await _serve(socket, room, who(socket))

    @router.get("/api/desk/voicemails")
    async def voicemails(limit: int = 100) -> list[dict[str, Any]]:
        """Messages that callers left, newest first; the sound is in the recording of the call."""
        return await asyncio.to_thread(room.voicemails, min(max(limit, 1), 500))

    return router


async def _serve(socket: WebSocket, room: DeskRoom, member: Who) -> None:
    watcher = room.feed.watch(member.name, socket.query_params.get("page", "")[:LONGEST_PAGE])
    listener = asyncio.create_task(_listen(socket, room, member, watcher))
    try:
        await socket.send_json(room.snapshot(member.name))
        sender = asyncio.create_task(_send(socket, room, member, watcher))
        await asyncio.wait({sender, listener}, return_when=asyncio.FIRST_COMPLETED)
        sender.cancel()
    except (WebSocketDisconnect, RuntimeError):
        pass  # the page went away while we were sending
    finally:
        room.feed.leave(watcher)
        listener.cancel()
        if member.name and not room.feed.pages_of(member.name):
            room.tasks.start("lost", sign_out_lost(room, member.name))
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await socket.close()


async def _send(socket: WebSocket, room: DeskRoom, member: Who, watcher: DeskWatcher) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            text = await watcher.get()
            await socket.send_text(as_text(room.snapshot(member.name)) if text is RESTART else text)


async def _listen(socket: WebSocket, room: DeskRoom, member: Who, watcher: DeskWatcher) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            text = await socket.receive_text()
            if len(text) > LONGEST_MESSAGE:
                return
            watcher.put(obey(room, member, text))


async def sign_out_lost(room: DeskRoom, agent: str, after_s: float = LOST_AFTER_S) -> None:
    """Take an agent whose last page has just gone for home, unless one comes back or they are reached by telephone."""
    visits = room.feed.visits_of(agent)
    await asyncio.sleep(after_s)
    came_back = room.feed.visits_of(agent) != visits  # if that one is gone as well, it has its own time
    if not came_back and room.is_working(agent) and not room.phone_of(agent):
        room.sign_out(agent, lost=True)
