"""Sockets of staff end with the session that opened them: a member who is removed hears nothing more."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from calls.errors import CallCentreError
from calls.ports import Clock
from service.staff.accounts import StaffAccounts
from service.staff_door import NO_STAFF, SESSION
from service.tasks import Tasks

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 3.0
"""How soon a socket is closed after its session ended, by whichever process. Source: our choice; one query for all."""


class SessionWatch:
    """ASGI middleware in front of every socket."""

    def __init__(self, app: ASGIApp, *, accounts: StaffAccounts, clock: Clock, tasks: Tasks) -> None:
        """Stand before `app`; `tasks` owns the look-out, which runs while a socket is open."""
        self._app = app
        self._accounts = accounts
        self._clock = clock
        self._tasks = tasks
        self._open: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._is_looking = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a socket through, and end it when its session ends."""
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        sessions: list[str] = []
        scope[SESSION] = sessions
        ended, closed = asyncio.Event(), False
        pending: asyncio.Task[Any] | None = None

        async def watched_receive() -> Any:
            nonlocal pending, closed
            self._watch(sessions, ended)
            pending = pending or asyncio.ensure_future(receive())
            waiter = asyncio.ensure_future(ended.wait())
            try:
                await asyncio.wait({pending, waiter}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                waiter.cancel()
            if pending.done():
                message, pending = pending.result(), None
                return message
            await send({"type": "websocket.close", "code": 4401, "reason": NO_STAFF})
            closed = True
            return {"type": "websocket.disconnect", "code": 4401}

        async def watched_send(message: Any) -> None:
            if not closed:
                await send(message)

        try:
            await self._app(scope, watched_receive, watched_send)
        finally:
            if pending is not None:
                pending.cancel()
            for mark in sessions:
                self._open[mark].discard(ended)
                if not self._open[mark]:
                    del self._open[mark]

    def _watch(self, sessions: list[str], ended: asyncio.Event) -> None:
        for mark in sessions:
            self._open[mark].add(ended)
        if sessions and not self._is_looking:
            self._is_looking = True
            self._tasks.start("staff-sessions", self._look_out())

    async def _look_out(self) -> None:
        try:
            while self._open:
                await asyncio.sleep(LOOK_EVERY_S)
                marks = set(self._open)
                try:
                    standing = await asyncio.to_thread(self._accounts.tables.standing, marks, self._clock.now_utc())
                except CallCentreError as error:
                    logger.warning("the sessions of staff could not be looked at (%s)", error.code)
                    continue
                for mark in marks - standing:
                    for event in self._open.get(mark, ()):
                        event.set()
        finally:
            self._is_looking = False
