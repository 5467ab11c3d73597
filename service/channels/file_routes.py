"""Files of conversations over HTTP: staff save what came, attach what goes; visitors save what was sent to them.

What comes out is always saved and never shown: the type of unknown bytes, no guessing, a sandbox without rights.

Annotations are evaluated here, since FastAPI finds the gate's dependencies, which are local, in them.
"""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response

from calls.conversation_events import Attachment, MessageReceived, MessageSent
from calls.errors import CallCentreError
from calls.events import Event
from calls.ids import ConversationId
from channels.file_names import UNKNOWN_TYPE
from service.bounded_body import read_bounded
from service.channels.chat_files import may_have
from service.channels.files import MessageFiles
from service.channels.outgoing_files import FILE_BYTES, OutgoingFiles
from service.house import House
from service.staff.member import ANSWERING, EVERYBODY, StaffMember
from service.staff_door import Gate

SAVED_ONLY = {"Content-Security-Policy": "sandbox; default-src 'none'", "X-Content-Type-Options": "nosniff"}


def file_routes(house: House, gate: Gate) -> APIRouter:
    """Return the routes of staff, behind their door, and the visitors' link."""
    routes = APIRouter()
    conversations = house.conversations
    staff = Depends(gate.needs(*EVERYBODY))
    answering = Depends(gate.needs(*ANSWERING))

    @routes.get("/api/conversations/{contact_id}/files/{folder}/{key}/{name}", dependencies=[staff])
    async def came(contact_id: str, folder: str, key: str, name: str) -> Response:
        """A file that came or went with a message, to be saved; nothing of it runs on our pages."""
        events = await conversations.events(ConversationId(contact_id))
        found = attachment_of(events, f"{folder}/{key}/{name}")
        if found is None:
            raise HTTPException(404, "This conversation has no such file.")
        return await _saved(house.outside.files, found)

    @routes.post("/api/conversations/{contact_id}/files")
    async def attach(
        contact_id: str,
        request: Request,
        name: Annotated[str, Query(min_length=1, max_length=255)],
        member: StaffMember = answering,
    ) -> dict[str, Any]:
        """Take a file that an answer shall carry (its bytes are the body); the ticket goes with the message."""
        if not await conversations.events(ConversationId(contact_id), limit=1):
            raise HTTPException(404, "There is no such conversation.")
        content = await read_bounded(request, FILE_BYTES)
        if content is None:
            raise HTTPException(413, f"The file is larger than {FILE_BYTES // 1_000_000} MB; send a link instead.")
        now_utc, place = conversations.now_utc(), _place(contact_id, member)
        kept, ticket = await asyncio.to_thread(_outgoing(house).take, name, content, place, now_utc)
        return {"name": kept.name, "size_bytes": kept.size_bytes, "ticket": ticket}

    @routes.get("/chat/files/{contact_id}/{until}/{given}/{folder}/{key}/{name}", include_in_schema=False)
    async def sent(contact_id: str, until: int, given: str, folder: str, key: str, name: str) -> Response:
        """A file that was sent to a visitor of the chat, by the link that their page was told."""
        file = f"{folder}/{key}/{name}"
        if not may_have(conversations.mark, contact_id, until, given, file, conversations.now_utc()):
            raise HTTPException(404, "This link is not good any more; load the chat again.")
        found = attachment_of(await conversations.events(ConversationId(contact_id)), file)
        if found is None:
            raise HTTPException(404, "This file is not kept any more.")
        return await _saved(house.outside.files, found)

    return routes


async def taken_files(
    house: House, contact_id: str, member: StaffMember, tickets: Sequence[str]
) -> tuple[Attachment, ...]:
    """Return the files that an answer carries.

    Raises:
        CallCentreError: see `OutgoingFiles.taken`; `conversation.unknown`.
    """
    if not tickets:
        return ()
    state = await house.conversations.state(ConversationId(contact_id))
    if state is None:
        raise CallCentreError("conversation.unknown", "There is no such conversation.", fault="user")
    now_utc, place = house.conversations.now_utc(), _place(contact_id, member)
    return await asyncio.to_thread(_outgoing(house).taken, tickets, place, state.channel, now_utc)


def attachment_of(events: Sequence[Event], file: str) -> Attachment | None:
    """Return the file of this name, if it is one of the conversation's."""
    bodies = (event.body for event in events)
    attached = (each for body in bodies if isinstance(body, MessageReceived | MessageSent) for each in body.attachments)
    return next((each for each in attached if each.file == file), None)


def shown_file(file: Attachment) -> dict[str, Any]:
    """Return what pages of staff are told of a file."""
    return {"file": file.file, "name": file.name, "media_type": file.media_type, "size_bytes": file.size_bytes}


def _outgoing(house: House) -> OutgoingFiles:
    return OutgoingFiles(house.outside.files, house.store.master)


def _place(contact_id: str, member: StaffMember) -> str:
    return f"{contact_id}\0{member.name}"


async def _saved(files: MessageFiles, file: Attachment) -> Response:
    content = await asyncio.to_thread(files.read, file)
    disposition = f"attachment; filename*=utf-8''{quote(file.name, safe='')}"
    return Response(content, media_type=UNKNOWN_TYPE, headers={"Content-Disposition": disposition, **SAVED_ONLY})
