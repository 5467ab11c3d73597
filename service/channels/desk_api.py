"""Conversations as staff see and answer them: lists, one with its brief, writing, taking, handing on, a feed.

Annotations are evaluated here, since FastAPI finds the gate's dependencies, which are local, in them.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, Field

from calls.codec import to_json
from calls.conversation_events import Attachment, MessageReceived, MessageSent, ReplyDrafted
from calls.events import Event
from calls.ids import CallId, ConversationId, Language, MessageId
from channels.conversation import ConversationState
from channels.index import ConversationRow
from desk.conversation_brief import build_conversation_brief
from service.channels.file_routes import shown_file, taken_files
from service.channels.outgoing_files import FILES_MOST, TICKET_CHARS
from service.house import House
from service.staff.member import ANSWERING, EVERYBODY, StaffMember
from service.staff_door import Gate

LIST_MOST = 200
LOOK_S = 3.0
"""How often the log is read for what another process wrote, where several share a database."""


class Written(BaseModel):
    """What a member of staff writes to the customer."""

    id: str = Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")
    """Made up by the page: what comes twice is sent once."""
    text: str = Field(max_length=16_000)
    files: tuple[Annotated[str, Field(max_length=TICKET_CHARS)], ...] = Field(default=(), max_length=FILES_MOST)
    """Tickets of files that were taken before; see `service/channels/outgoing_files.py`."""


class Leave(BaseModel):
    """How a member of staff lets go of a conversation."""

    reason: Literal["done", "handed_back", "transferred"]
    queue: str = Field(default="", max_length=64)


def conversation_routes(house: House, gate: Gate) -> APIRouter:
    """Return the routes, behind the staff's door."""
    routes = APIRouter()
    conversations = house.conversations
    staff = Depends(gate.needs(*EVERYBODY))
    answering = Depends(gate.needs(*ANSWERING))

    @routes.get("/api/conversations", dependencies=[staff])
    async def newest(
        only: Literal["all", "open", "owed", "mine"] = "open",
        before: Annotated[str, Field(max_length=40)] = "",
        agent: Annotated[str, Field(max_length=64)] = "",
        limit: int = 50,
    ) -> list[dict[str, Any]]:
        """Conversations, the last one written in first; those that staff owe an answer, the longest waiting first."""
        rows = await asyncio.to_thread(
            conversations.index.newest,
            only=only,
            before_utc=before,
            agent=agent,
            limit=min(max(limit, 1), LIST_MOST),
        )
        return [await asyncio.to_thread(_row, house, row) for row in rows]

    @routes.get("/api/conversations/{contact_id}", dependencies=[staff])
    async def one(contact_id: str, language: Language | None = None) -> dict[str, Any]:
        """One conversation: its messages, who answers, and the brief."""
        return await _detail(house, ConversationId(contact_id), language)

    @routes.post("/api/conversations/{contact_id}/take", status_code=204)
    async def take(contact_id: str, member: StaffMember = answering) -> None:
        """Answer it oneself from here on."""
        await conversations.agent_joins(ConversationId(contact_id), member.name)

    @routes.post("/api/conversations/{contact_id}/messages", status_code=204)
    async def write(contact_id: str, words: Written, member: StaffMember = answering) -> None:
        """Write to the customer; who writes takes it."""
        name = MessageId(f"{contact_id}-{words.id}")
        files = await taken_files(house, contact_id, member, words.files)
        await conversations.agent_writes(ConversationId(contact_id), member.name, words.text, name, files)

    @routes.post("/api/conversations/{contact_id}/typing", status_code=204)
    async def typing(contact_id: str, member: StaffMember = answering) -> None:
        """Show the customer that somebody is writing."""
        conversations.agent_types(ConversationId(contact_id), member.name)

    @routes.post("/api/conversations/{contact_id}/leave", status_code=204)
    async def leave(contact_id: str, how: Leave, member: StaffMember = answering) -> None:
        """Let go of it: it is done, the bot goes on, or others do."""
        await conversations.agent_leaves(ConversationId(contact_id), member.name, how.reason, how.queue)

    @routes.websocket("/api/conversations/{contact_id}/feed", dependencies=[staff])
    async def feed(socket: WebSocket, contact_id: str) -> None:
        """One conversation as it goes on: a snapshot, then each fact and who is typing."""
        await _feed(socket, house, ConversationId(contact_id))

    return routes


def _row(house: House, row: ConversationRow) -> dict[str, Any]:
    events = house.store.read("conversation", row.conversation_id)
    opened = events[0].body if events else None
    shown: dict[str, Any] = dict(to_json(row))
    if opened is not None and opened.type == "conversation_opened":
        shown |= {"name": opened.name, "address": opened.address, "subject": opened.subject}
    last = next((e.body for e in reversed(events) if isinstance(e.body, MessageReceived)), None)
    files = ", ".join(file.name for file in last.attachments) if last is not None else ""
    return shown | {"last": (last.text or files)[:200] if last is not None else ""}


async def _detail(house: House, conversation_id: ConversationId, language: Language | None) -> dict[str, Any]:
    state = await house.conversations.state(conversation_id)
    if state is None:
        raise HTTPException(404, "There is no such conversation.")
    events = await house.conversations.events(conversation_id)
    wanted = language or state.language
    titles = house.knowledge.titles(wanted)
    known = await asyncio.to_thread(house.customers.known, "conversation", conversation_id, wanted, titles)
    brief = build_conversation_brief(events, wanted, titles=titles, related=known.related, proven=known.proven)
    return {
        "conversation_id": conversation_id,
        "seq": events[-1].seq if events else 0,
        "state": shown_state(state),
        "messages": shown_messages(events, state),
        "brief": to_json(brief),
        "draft": draft_for(events),
    }


def draft_for(events: Sequence[Event]) -> str:
    """Return what the bot suggests to answer; empty when nothing, or when somebody wrote since."""
    draft, answers = "", None
    for event in events:
        match event.body:
            case ReplyDrafted() as body:
                draft, answers = body.text, body.answers
            case MessageSent(author="bot", answers=str(name)) if name == answers:
                pass  # the bot only confirmed that the message came
            case MessageReceived() | MessageSent():
                draft = ""
            case _:
                pass
    return draft


def shown_state(state: ConversationState) -> dict[str, Any]:
    """Return where a conversation stands, for pages of staff."""
    return {
        "channel": state.channel,
        "provider": state.provider,
        "name": state.name,
        "address": state.address,
        "subject": state.subject,
        "language": state.language,
        "answering": state.answering,
        "agent": state.agent,
        "queue": state.queue,
        "staff_owed": state.staff_owed,
    }


def shown_messages(events: Sequence[Event], state: ConversationState) -> list[dict[str, Any]]:
    """Return the messages of a conversation with what became of them, for pages of staff."""
    shown = []
    for event in events:
        body = event.body
        if isinstance(body, MessageReceived):
            shown.append(_message(event, body.message_id, "customer", "", body.text, body.attachments))
        elif isinstance(body, MessageSent):
            known = state.messages.get(body.message_id)
            told = _message(event, body.message_id, body.author, body.by, body.text, body.attachments)
            delivery = known.delivery if known is not None else "pending"
            fetched = state.channel == "chat" and delivery == "pending"  # it lies ready for the customer's page
            shown.append(told | {"delivery": "accepted" if fetched else delivery})
    return shown


def _message(
    event: Event, name: str, author: str, by: str, text: str, attachments: Sequence[Attachment]
) -> dict[str, Any]:
    return {
        "seq": event.seq,
        "id": name,
        "author": author,
        "by": by,
        "text": text,
        "at": event.at_utc.isoformat(timespec="milliseconds"),
        "attachments": [shown_file(each) for each in attachments],
    }


async def _feed(socket: WebSocket, house: House, conversation_id: ConversationId) -> None:
    await socket.accept()
    watcher = house.live.watch(CallId(conversation_id))
    reader = asyncio.create_task(_until_closed(socket))
    timeout = LOOK_S if house.store.is_shared else None
    try:
        seen = -1
        while not reader.done():
            detail = await _detail(house, conversation_id, None)
            if detail["seq"] != seen:
                seen = detail["seq"]
                await socket.send_json({"kind": "conversation", **detail})
            news = asyncio.create_task(watcher.get())
            await asyncio.wait({news, reader}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            message = news.result() if news.done() else None
            news.cancel()
            if message is not None and message["kind"] == "signal":
                await socket.send_json({"kind": "signal", "name": message["name"], "data": message["data"]})
    except HTTPException as error:
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await socket.close(4404, str(error.detail))
    except (WebSocketDisconnect, RuntimeError):
        pass  # the page went away while we were sending
    finally:
        house.live.leave(watcher)
        reader.cancel()
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await socket.close()


async def _until_closed(socket: WebSocket) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await socket.receive_text()
