"""A caller with an address of its own, whose SIP is written by hand: no stack has a part in it."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.telephony.sip.ua_bench import OFFER, request

T1_MS = 500


class Caller:
    """A socket of its own address that sends SIP by hand."""

    def __init__(self, host: str) -> None:
        self.host = host
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind((host, 0))
        self.replies: list[str] = []

    async def ask(self, address: str, *extra: str, method: str = "INVITE", call_id: str, wait_s: float = 4.0) -> str:
        """Send a request, again while it is unheard; return the final reply, acknowledged, or nothing when none comes.

        Source for when it is sent again: RFC 3261 section 17.1.
        """
        host, _, port = address.partition(":")
        own = f"{self.host}:{self._socket.getsockname()[1]}"
        wanted = {"target": f"sip:bot@{address}", "call_id": call_id, "sent_by": own, "branch": f"z9hG4bK{call_id}"}
        body = OFFER if method == "INVITE" else ""
        loop = asyncio.get_running_loop()
        asked = request(method, extra=extra, body=body, **wanted)  # type: ignore[arg-type]
        until_s, again_ms = loop.time() + wait_s, T1_MS
        while (left_s := until_s - loop.time()) > 0:
            self._socket.sendto(asked, (host, int(port)))
            reply = await self._answer(call_id, min(left_s, again_ms / 1000))
            while reply.startswith("SIP/2.0 1"):  # heard: it is not sent again
                reply = await self._answer(call_id, until_s - loop.time())
            if reply:
                tag = re.search(r"^To:.*;tag=(\S+)", reply, re.MULTILINE)
                ack = request("ACK", to_tag=tag[1] if tag else "", **wanted)  # type: ignore[arg-type]
                self._socket.sendto(ack, (host, int(port)))
                return reply
            again_ms *= 2
        return ""

    async def _answer(self, call_id: str, most_s: float) -> str:
        """Return the next response to a request, or nothing when none comes in time."""
        loop = asyncio.get_running_loop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(most_s):
                while call_id not in (reply := (await loop.sock_recv(self._socket, 4_000)).decode()):
                    pass
                return reply
        return ""

    def close(self) -> None:
        self._socket.close()


@asynccontextmanager
async def calling_from(host: str) -> AsyncIterator[Caller]:
    made = Caller(host)
    try:
        yield made
    finally:
        made.close()
