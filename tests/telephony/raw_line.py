"""A SIP phone by hand on a real socket: registers with digest, reads requests, answers them."""

from __future__ import annotations

import asyncio
import re
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from telephony.sip.digest_client import Credentials, Wallet
from telephony.sip.framing import FramedMessage, StreamFramer
from telephony.sip.message import SipRequest, SipResponse, serialise
from telephony.sip.parse_message import parse_message


class _Ear(asyncio.DatagramProtocol):
    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._take(data)


class RawLine:
    """One socket to a gateway on loopback."""

    def __init__(self, transport: str) -> None:
        self.transport = transport
        self.local_port = 0
        self._messages: asyncio.Queue[str] = asyncio.Queue()
        self._kept: list[str] = []
        self._pongs: asyncio.Queue[bytes] = asyncio.Queue()
        self._send_bytes: Callable[[bytes], None] = lambda data: None
        self._end: Callable[[], None] = lambda: None
        self._reader: asyncio.Task[None] | None = None
        self._cseq = 0
        self._call_id = secrets.token_hex(8)

    @classmethod
    @asynccontextmanager
    async def open(cls, port: int, transport: str, host: str = "127.0.0.1") -> AsyncIterator[RawLine]:
        """Connect to a gateway, or to a proxy at another address, until the block ends."""
        line = cls(transport)
        if transport == "udp":
            loop = asyncio.get_running_loop()
            way, _ = await loop.create_datagram_endpoint(lambda: _Ear(line._take), remote_addr=(host, port))
            line.local_port = way.get_extra_info("sockname")[1]
            line._send_bytes, line._end = way.sendto, way.close
        else:
            reader, writer = await asyncio.open_connection(host, port)
            line.local_port = writer.get_extra_info("sockname")[1]
            own = writer.get_extra_info("socket")
            own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # others may have the port once it is closed
            line._send_bytes, line._end = writer.write, writer.close
            line._reader = asyncio.create_task(line._read(reader))
        try:
            yield line
        finally:
            await line.close()

    async def close(self) -> None:
        """Cut the line."""
        self._end()
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)

    def send(self, text: str) -> None:
        """Send a message as it is written."""
        self._send_bytes(text.encode())

    async def register(
        self, user: str, password: str, realm: str, contact: str, expires_s: int = 600, extra: Sequence[str] = ()
    ) -> int:
        """Register, proving it when asked; return the last status."""
        wallet = Wallet(Credentials(user, password, realm), lambda: secrets.token_hex(8))
        status = 0
        more = "".join(f"{field}\r\n" for field in extra)
        for _ in range(2):
            self._cseq += 1
            text = (
                f"REGISTER sip:127.0.0.1 SIP/2.0\r\n"
                f"Via: SIP/2.0/{self.transport.upper()} 10.9.9.9:5999;branch=z9hG4bK{secrets.token_hex(8)};rport\r\n"
                f"Max-Forwards: 70\r\nFrom: <sip:{user}@127.0.0.1>;tag=raw\r\nTo: <sip:{user}@127.0.0.1>\r\n"
                f"Call-ID: {self._call_id}\r\nCSeq: {self._cseq} REGISTER\r\nContact: {contact}\r\n"
                f"Expires: {expires_s}\r\n{more}Content-Length: 0\r\n\r\n"
            )
            request = parse_message(text.encode())
            assert isinstance(request, SipRequest)
            self._send_bytes(serialise(wallet.authorise(request)))
            response = parse_message((await self.next_response()).encode())
            assert isinstance(response, SipResponse)
            status = response.status
            if status != 401 or not wallet.take_challenge(response):
                break
        return status

    async def next_request(self, method: str) -> str:
        """Return the next request of a method; what else comes is kept."""
        return await self._next(f"{method} ")

    async def next_response(self, begins: str = "") -> str:
        """Return the next response, or the next whose status begins so."""
        return await self._next(f"SIP/2.0 {begins}")

    def waiting_requests(self, method: str) -> int:
        """Return how many requests of a method came that nobody read."""
        while not self._messages.empty():
            self._kept.append(self._messages.get_nowait())
        return sum(1 for text in self._kept if text.startswith(f"{method} "))

    async def next_keep_alive(self) -> None:
        """Wait for bytes that are no message."""
        async with asyncio.timeout(5):
            await self._pongs.get()

    async def answer(self, request: str, status: int, reason: str, contact: str = "", body: str = "") -> None:
        """Answer a request; with a Contact and a session description where a call shall stand."""
        kept = re.findall(r"(?m)^(?:Via|Record-Route|From|Call-ID|CSeq): .*$", request)
        to = re.search(r"(?m)^To: (.*)$", request)
        assert to is not None
        tag = "" if ";tag=" in to[1] else ";tag=rawline"
        lines = [f"SIP/2.0 {status} {reason}", *(line.strip() for line in kept), f"To: {to[1].strip()}{tag}"]
        lines += [f"Contact: {contact}"] if contact else []
        lines += ["Content-Type: application/sdp"] if body else []
        self._send_bytes(("\r\n".join([*lines, f"Content-Length: {len(body)}"]) + "\r\n\r\n" + body).encode())

    async def _next(self, begins: str) -> str:
        for at, text in enumerate(self._kept):
            if text.startswith(begins):
                return self._kept.pop(at)
        async with asyncio.timeout(8):
            while True:
                text = await self._messages.get()
                if text.startswith(begins):
                    return text
                self._kept.append(text)

    def _take(self, data: bytes) -> None:
        if data.strip():
            self._messages.put_nowait(data.decode())
        else:
            self._pongs.put_nowait(data)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        framer = StreamFramer(opened_by_us=True)
        while data := await reader.read(4096):
            for frame in framer.feed(data):
                if isinstance(frame, FramedMessage):
                    self._take(frame.data)
