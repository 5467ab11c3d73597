"""The line between a page's chat and its conversation: a WebSocket, made so that nothing is lost or doubled.

The page keeps a token of its own making; the visitor is a keyed hash of it, so that a reload, or another tab, shows the
same conversation. Each message carries an id of the page's making and is taken once, however often it is sent. What we
say carries its number in the log; after a break the page names the last number that it has and gets everything above.

    page  -> hello(token, after)            service -> snapshot(messages above `after`, who answers)
    page  -> message(id, text)              service -> message(seq, id, …) | refused(id, why, retry_after_s)
    page  -> typing | seen(seq) | end | call        service -> typing | answering | pass(token)
    page  -> file(id, name, size), pieces           service -> file_wanted | file_taken(ticket) | file_refused
                                                    service -> people(whether they are in, when they are back)
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import WebSocket, WebSocketDisconnect
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from calls.conversation_events import (
    AgentEntered,
    AgentWentOut,
    Attachment,
    Channel,
    ConversationClosed,
    ConversationReopened,
    MessageReceived,
    MessageSent,
)
from calls.errors import CallCentreError
from calls.events import Event
from calls.ids import CallId, ConversationId, Language
from channels.conversation import ConversationState
from channels.messages import Incoming
from service.channels.chat_files import file_link
from service.channels.chat_limits import ChatGuard
from service.channels.chat_pass import new_pass, visitor_of_token
from service.channels.conversations import Conversations
from service.channels.outgoing_files import FILES_MOST, TICKET_CHARS, OutgoingFiles
from service.channels.people_in import PeopleIn, people_in
from service.channels.visitor_files import PIECE_MAX, FileAnnounced, VisitorFiles
from service.chat_config import ChatSection
from service.live import LiveFeed, Watcher
from service.web_limits import Refused

logger = logging.getLogger(__name__)

CHANNEL: Channel = "chat"
PROVIDER = "web"

HELLO_S = 10.0
"""How long an open socket may say nothing at first."""
IDLE_S = 45.0
"""A page that sends nothing for so long is gone; it sends a sign of life every 20 s. Source: proxies cut after 60 s."""
LOOK_S = 3.0
"""How often the log is read for what another process wrote, where several share a database."""
FRAME_MAX = 40_000
"""Longest frame in characters: the longest message, tickets of ten files, and its wrapping."""
FRAMES_MOST, FRAMES_MS = 150, 10_000
"""So many frames in so long a time are no person's. Source: our choice; a fast typist with the chat open sends 2 a
second."""
SNAPSHOT_MOST = 500
"""Messages of a conversation that a page gets at once: its last ones."""


class Hello(BaseModel):
    """The first frame."""

    kind: Literal["hello"]
    token: str = Field(pattern=r"^[A-Za-z0-9_-]{32,64}$")
    after: int = Field(default=0, ge=0)
    language: Literal["es", "en", ""] = ""
    conversation: str = Field(default="", max_length=64)
    """The one that `after` counts in."""


class Written(BaseModel):
    """A message."""

    kind: Literal["message"]
    id: str = Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")
    text: str = Field(default="", max_length=16_000)
    files: tuple[Annotated[str, Field(max_length=TICKET_CHARS)], ...] = Field(default=(), max_length=FILES_MOST)
    """Tickets of files that came before."""


class Seen(BaseModel):
    """The visitor has our messages up to a number before their eyes."""

    kind: Literal["seen"]
    seq: int = Field(ge=0)


class Sign(BaseModel):
    """Typing, a sign of life, the end of the conversation, or a wish to call."""

    kind: Literal["typing", "alive", "end", "call"]


Frame = Written | FileAnnounced | Seen | Sign
_FRAME: TypeAdapter[Frame] = TypeAdapter(Frame)


class ChatLine:
    """One open page."""

    def __init__(
        self,
        socket: WebSocket,
        conversations: Conversations,
        live: LiveFeed,
        section: ChatSection,
        guard: ChatGuard,
        about: Mapping[str, Any],
        outgoing: OutgoingFiles,
        *,
        shared: bool,
        display_name: Callable[[str], str] = str,
    ) -> None:
        """Nothing is heard before `run`.

        Args:
            socket: Of the page, not accepted yet.
            conversations: All of them.
            live: What happens in them.
            section: Limits of one message.
            guard: Limits of all together.
            about: What the page has to know and say.
            outgoing: Keeps the files that come.
            shared: Other processes write the same database.
            display_name: Name of a member of staff -> how customers are told it.
        """
        self._display_name = display_name
        self._socket, self._conversations, self._live = socket, conversations, live
        self._section, self._guard, self._about, self._shared = section, guard, about, shared
        self._address = socket.client.host if socket.client else ""
        self._outgoing = outgoing
        self._files: VisitorFiles | None = None
        self._visitor = ""
        self._language: Language | None = None
        self._conversation: ConversationId | None = None
        self._watcher: Watcher | None = None
        self._people: dict[Language, PeopleIn] = {}
        """What the page was told of people's hours."""
        self._told = 0
        """Number of the last fact that the page was told of, or may not see."""
        self._sending = asyncio.Lock()
        self._changed = asyncio.Event()
        self._frames: deque[int] = deque(maxlen=FRAMES_MOST)
        """When the last frames came."""

    async def run(self) -> None:
        """Talk with the page until it goes."""
        await self._socket.accept()
        speaker: asyncio.Task[None] | None = None
        try:
            async with asyncio.timeout(HELLO_S):
                hello = Hello.model_validate_json(await self._frame())
            await self._greet(hello)
            speaker = asyncio.create_task(self._speak())
            while True:
                async with asyncio.timeout(IDLE_S):
                    frame = await self._frame()
                if isinstance(frame, bytes):
                    await self._piece(frame)
                elif self._is_flooding():
                    await self._close(4429, "That was too much at once.")
                    return
                else:
                    await self._take(_FRAME.validate_json(frame))
        except ValidationError:
            await self._close(4400, "The page sent what this version does not understand; load it again.")
        except CallCentreError as error:
            logger.warning("a chat page was cut off: %s", error.code)
            await self._close(1013, "Something is out of order here; the page tries again by itself.")
        except TimeoutError:
            await self._close(4408, "Nothing was heard of the page.")
        except (WebSocketDisconnect, RuntimeError):
            pass  # the page is gone
        finally:
            if speaker is not None:
                speaker.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await speaker
            if self._watcher is not None:
                self._live.leave(self._watcher)
            if self._files is not None:
                self._files.give_up()

    def _is_flooding(self) -> bool:
        """Count a frame; a page that sends far more than people can is cut off."""
        now_ms = self._conversations.now_ms()
        self._frames.append(now_ms)
        return len(self._frames) == FRAMES_MOST and now_ms - self._frames[0] < FRAMES_MS

    async def _frame(self) -> str | bytes:
        """Return the next frame: a text, or a piece of a file."""
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        frame: str | bytes = message["text"] if message.get("text") is not None else message["bytes"]
        if len(frame) > (PIECE_MAX if isinstance(frame, bytes) else FRAME_MAX):
            await self._close(1009, "That was too long.")
            raise WebSocketDisconnect(1009)
        return frame

    async def _piece(self, piece: bytes) -> None:
        if self._files is not None:
            await self._send_if(await self._files.piece(piece, self._conversations.now_utc()))

    async def _greet(self, hello: Hello) -> None:
        conversations = self._conversations
        self._visitor = visitor_of_token(conversations.mark, hello.token)
        self._language = hello.language or None
        self._files = VisitorFiles(self._outgoing, self._section, self._guard, self._visitor, self._address)
        latest = await asyncio.to_thread(conversations.index.latest, CHANNEL, PROVIDER, self._visitor)
        if latest is not None and not await conversations.goes_on(latest):
            latest = None
        await self._follow(latest, hello.after if latest == hello.conversation else 0)

    async def _follow(self, conversation_id: ConversationId | None, after: int) -> None:
        """Show a conversation from a number on, and everything that comes."""
        if self._watcher is not None:
            self._live.leave(self._watcher)
            self._watcher = None
        self._conversation, self._told = conversation_id, after
        events: Sequence[Event] = ()
        state: ConversationState | None = None
        if conversation_id is not None:
            self._watcher = self._live.watch(CallId(conversation_id))  # first, so that nothing falls in between
            events = await self._conversations.events(conversation_id, after=after)
            state = await self._conversations.state(conversation_id)
        self._changed.set()
        told = (self._shown(event) for event in events)
        shown = [each for each in told if each is not None][-SNAPSHOT_MOST:]
        self._told = events[-1].seq if events else after
        self._people = self._people_now()
        await self._send(
            {
                "kind": "snapshot",
                "conversation": conversation_id or "",
                "after": after,
                "seq": self._told,
                "messages": shown,
                "answering": state.answering if state is not None else "none",
                "agent": self._named(state.agent) if state is not None else "",
                "people": self._people,
                **self._about,
            }
        )

    async def _take(self, frame: Frame) -> None:
        assert self._files is not None
        now_ms = self._conversations.now_ms()
        await self._send_if(self._files.look(now_ms))
        await self._send_if(self._people_changed())
        match frame:
            case Written():
                await self._written(frame, self._files)
            case FileAnnounced():
                await self._send(self._files.announced(frame, now_ms))
            case Seen(seq=seq):
                if self._conversation is not None:
                    await self._conversations.seen(self._conversation, seq)
            case Sign(kind="typing"):
                if self._conversation is not None:
                    self._conversations.typing(self._conversation)
            case Sign(kind="end"):
                if self._conversation is not None:
                    await self._conversations.customer_left(self._conversation)
            case Sign(kind="call"):
                token = new_pass(self._conversations.mark, self._visitor, self._conversations.now_utc())
                await self._send({"kind": "pass", "token": token})
            case _:
                pass  # a sign of life

    def _people_now(self) -> dict[Language, PeopleIn]:
        return people_in(lambda language: self._conversations.hours_of(self._section.queue, language))

    def _people_changed(self) -> dict[str, Any] | None:
        """Return the news when people came or went since the page was told; it asks at least every 20 s."""
        people = self._people_now()
        if people == self._people:
            return None
        self._people = people
        return {"kind": "people", "people": people}

    async def _written(self, frame: Written, files: VisitorFiles) -> None:
        if len(frame.text) > self._section.message_at_most:
            most = self._section.message_at_most
            sentence = f"A message may have {most} characters at most; please send it in parts."
            await self._refuse(frame.id, Refused("chat.too_long", 413, sentence, 0))
            return
        refused = self._guard.may_write(
            self._visitor, self._address, self._conversations.now_ms(), begins=self._conversation is None
        )
        if refused is not None:
            await self._refuse(frame.id, refused)
            return
        try:
            attached = await files.taken(frame.files, self._conversations.now_utc())
            receipt = await self._conversations.received(
                Incoming(
                    channel=CHANNEL,
                    provider=PROVIDER,
                    address=self._visitor,
                    text=frame.text,
                    attachments=attached,
                    language=self._language if self._conversation is None else None,
                    external_id=f"{self._visitor}:{frame.id}",
                )
            )
        except CallCentreError as error:
            if error.fault != "user":
                logger.warning("a chat message was not kept: %s", error.code)
            await self._refuse(frame.id, Refused(error.code, 503, error.message, 5 if error.fault != "user" else 0))
            return
        if receipt.conversation_id != self._conversation:
            await self._follow(receipt.conversation_id, 0)
        elif not receipt.is_new:
            await self._send({"kind": "known", "id": frame.id})

    async def _refuse(self, client_id: str, why: Refused) -> None:
        await self._send(
            {
                "kind": "refused",
                "id": client_id,
                "code": why.code,
                "sentence": why.sentence,
                "retry_after_s": why.retry_after_s,
            }
        )

    async def _speak(self) -> None:
        """Tell the page what happens, in the order of the log."""
        while True:
            watcher = self._watcher
            if watcher is None:
                await self._changed.wait()
                self._changed.clear()
                continue
            message = await self._next(watcher)
            if watcher is not self._watcher:
                continue
            if message is None or message["kind"] == "restart":
                await self._catch_up()
            elif message["kind"] == "event":
                await self._catch_up() if message["event"]["seq"] > self._told else None
            elif message["name"] == "typing" and message["data"].get("who") != "customer":
                await self._send({"kind": "typing", "who": message["data"]["who"]})
            elif message["name"] == "answering":
                data = message["data"]
                await self._send({"kind": "answering", "who": data["who"], "agent": self._named(data["agent"])})
            elif message["name"] == "waiting":
                await self._send({"kind": "waiting", **message["data"]})

    async def _next(self, watcher: Watcher) -> dict[str, Any] | None:
        """Return the next news; None when it is time to look into the log."""
        self._changed.clear()
        news = asyncio.create_task(watcher.get())
        changed = asyncio.create_task(self._changed.wait())
        try:
            timeout = LOOK_S if self._shared else None
            await asyncio.wait({news, changed}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            return news.result() if news.done() else None
        finally:
            news.cancel()
            changed.cancel()

    async def _catch_up(self) -> None:
        """Send what the log holds above what the page was told of."""
        if self._conversation is None:
            return
        for event in await self._conversations.events(self._conversation, after=self._told):
            self._told = event.seq
            told = self._shown(event)
            if told is not None:
                await self._send({"kind": "message", **told})

    def _shown(self, event: Event) -> dict[str, Any] | None:
        now_utc = self._conversations.now_utc()
        return shown_to_visitor(
            event,
            self._display_name,
            lambda file: file_link(self._conversations.mark, str(event.stream_id), file, now_utc),
        )

    def _named(self, agent: str) -> str:
        return self._display_name(agent) if agent else ""

    async def _send(self, message: Mapping[str, Any]) -> None:
        async with self._sending:
            await self._socket.send_text(json.dumps(message, ensure_ascii=False, separators=(",", ":")))

    async def _send_if(self, message: Mapping[str, Any] | None) -> None:
        if message is not None:
            await self._send(message)

    async def _close(self, code: int, why: str) -> None:
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await self._socket.close(code, why)


def shown_to_visitor(
    event: Event, display_name: Callable[[str], str], link: Callable[[str], str]
) -> dict[str, Any] | None:
    """Return what the page may see of a fact: words, files and who writes, nothing of notes and decisions.

    Args:
        event: The fact.
        display_name: Name of a member of staff -> how customers are told it.
        link: Name of a file -> path by which the page gets it.
    """
    body = event.body

    def by(agent: str) -> str:
        return display_name(agent) if agent else ""

    told: dict[str, Any] = {"seq": event.seq, "at": event.at_utc.isoformat(timespec="milliseconds")}
    match body:
        case MessageReceived():
            client_id = body.external_id.rpartition(":")[2]
            wrote = {"id": body.message_id, "client_id": client_id, "author": "customer", "text": body.text}
            return told | wrote | _files(body.attachments, link)
        case MessageSent():
            sent = {"id": body.message_id, "author": body.author, "by": by(body.by), "text": body.text}
            return told | sent | _files(body.attachments, link)
        case AgentEntered():
            return told | {"id": f"note-{event.seq}", "author": "note", "note": "agent_entered", "by": by(body.agent)}
        case AgentWentOut():
            return told | {"id": f"note-{event.seq}", "author": "note", "note": "agent_went_out", "by": by(body.agent)}
        case ConversationClosed():
            return told | {"id": f"note-{event.seq}", "author": "note", "note": "closed"}
        case ConversationReopened():
            return told | {"id": f"note-{event.seq}", "author": "note", "note": "reopened"}
        case _:
            return None


def _files(attachments: Sequence[Attachment], link: Callable[[str], str]) -> dict[str, Any]:
    files = [{"name": file.name, "size_bytes": file.size_bytes, "href": link(file.file)} for file in attachments]
    return {"files": files} if files else {}
