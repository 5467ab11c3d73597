"""The web chat's doors: the socket, the page, the script that other sites embed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fastapi import APIRouter, HTTPException, Response, WebSocket
from fastapi.responses import FileResponse
from starlette.datastructures import Headers

from channels.conversation import HOUR_MS, ConversationRules
from service.channels.chat import CHANNEL, PROVIDER, ChatLine
from service.channels.chat_limits import ChatGuard, ChatLimits
from service.channels.outgoing_files import OutgoingFiles
from service.chat_config import ChatSection
from service.house import House
from service.web_limits import Refused

WEB = Path(__file__).parents[1] / "web_dist"

SCRIPT_HEADERS = {"Cache-Control": "public, max-age=300", "Cross-Origin-Resource-Policy": "cross-origin"}
"""Sites name the script without a version, so it is asked for anew every five minutes."""


def chat_routes(house: House, is_allowed: Any) -> APIRouter:
    """Return the routes; `is_allowed(headers, origins)` tells whether a site may use them."""
    routes = APIRouter()
    section, service = house.config.chat, house.config.service
    allowed = service.origin_limits()
    guard = ChatGuard(
        ChatLimits(
            per_address=section.pages_per_address,
            per_origin=section.pages_per_origin,
            of_origin={},
            in_total=section.pages,
            messages_per_minute=section.messages_per_minute,
            address_messages_per_minute=section.address_messages_per_minute,
            conversations_per_hour=section.conversations_per_hour,
            files_per_hour=section.files_per_hour,
            address_file_mb_per_hour=section.address_file_mb_per_hour,
            file_mb_per_hour=section.file_mb_per_hour,
        )
    )
    about = {
        "company": house.config.dial_plan.company,
        "days": house.config.privacy.retention_days,
        "feels": house.config.privacy.emotion == "stay",
        "calls": section.call_button,
        "most": section.message_at_most,
        "files": {"most": section.files_at_most, "mb": section.file_mb, "kinds": section.file_kinds},
    }

    @routes.websocket("/api/chat")
    async def chat(socket: WebSocket) -> None:
        """The line of one page; see `service/channels/chat.py`."""
        if not section.enabled or not is_allowed(socket.headers, allowed):
            await _turn_away(socket, 4403, "This site may not chat here; add it to service.allowed_origins.")
            return
        origin = _foreign_origin(socket.headers, allowed)
        entered = guard.enter(origin, socket.client.host if socket.client else "")
        if isinstance(entered, Refused):
            await _turn_away(socket, 4429, entered.sentence)
            return
        try:
            line = ChatLine(
                socket,
                house.conversations,
                house.live,
                section,
                guard,
                about,
                OutgoingFiles(house.outside.files, house.store.master),
                shared=house.store.is_shared,
                display_name=house.desk.display_name,
            )
            await line.run()
        finally:
            entered()

    @routes.get("/chat", include_in_schema=False)
    async def page() -> FileResponse:
        if not section.enabled:
            raise HTTPException(404, "There is no chat here.")
        return FileResponse(WEB / "chat.html")

    @routes.get("/chat.js", include_in_schema=False)
    async def script() -> Response:
        if not section.enabled:
            raise HTTPException(404, "There is no chat here.")
        return FileResponse(WEB / "chat.js", media_type="text/javascript", headers=SCRIPT_HEADERS)

    return routes


def chat_rules(section: ChatSection) -> ConversationRules:
    """Return what holds for conversations of the web chat; their pages fetch what is written."""
    return ConversationRules(
        close_after_ms=section.close_after_hours * HOUR_MS,
        reopen_ms=section.reopen_days * 24 * HOUR_MS,
        delivers=False,
        queue=section.queue,
    )


def add_web_chat(house: House) -> None:
    """Let the conversations know the web chat."""
    house.conversations.add_channel(CHANNEL, PROVIDER, chat_rules(house.config.chat))


def _foreign_origin(headers: Headers, allowed: Iterable[str]) -> str:
    origin = headers.get("origin", "")
    return origin if origin in allowed else ""


async def _turn_away(socket: WebSocket, code: int, why: str) -> None:
    await socket.accept()  # a page learns the reason only of a socket that was open
    await socket.close(code, why[:120])
