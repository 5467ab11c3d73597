"""A phone written by hand on bare sockets: it says exactly what a test says, and proves by RTP what it hears."""

from __future__ import annotations

import asyncio
import itertools
import socket
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from calls.audio import Samples
from telephony.codecs.g711 import G711
from telephony.rtp.packet import RtpPacket, RtpParseError, build_rtp, parse_rtp
from telephony.sip.grammar import format_host
from telephony.sip.message import SipRequest, SipResponse
from telephony.sip.parse_message import NotSipError, parse_message
from tests.telephony.likeness import unique_sound

HOST = "127.0.0.1"
WAITS_S = 3.0
_serials = itertools.count(1)
Message = SipRequest | SipResponse


class NothingCameError(AssertionError):
    """What was expected did not come."""


def bound(host: str) -> socket.socket:
    """Return a UDP socket on any port of an address of ours."""
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((host, 0))
    return made


def description(port: int, *, host: str = HOST, direction: str = "sendrecv", formats: str = "0 8 101") -> str:
    """Return an offer or answer of one audio stream."""
    family = "IP6" if ":" in host else "IP4"
    return (
        f"v=0\r\no=- 1 {next(_serials)} IN {family} {host}\r\ns=-\r\nc=IN {family} {host}\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP {formats}\r\na=rtpmap:101 telephone-event/8000\r\na={direction}\r\n"
    )


class RtpEnd:
    """One RTP socket: speaks and listens in real time."""

    def __init__(self, seed: int = 1, host: str = HOST) -> None:
        self.host = host
        self.says = unique_sound(seed)
        self.heard: list[RtpPacket] = []
        self._socket = bound(host)
        self._socket.setblocking(False)
        self.port = int(self._socket.getsockname()[1])
        self._ssrc = 0x1234 + seed
        self._at = self._sequence = self._timestamp = 0
        self._law = G711("PCMU")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._socket.close()

    def begin_anew(self, *, ssrc: int, sequence: int, timestamp: int) -> None:
        """Go on as another stream."""
        self._ssrc = ssrc
        self._sequence, self._timestamp = sequence, timestamp

    async def press(self, to_port: int, code: int, *, marker: bool, end: bool = True) -> None:
        """Press one key for 100 ms (RFC 4733), with or without its marker and its end packets."""
        start = self._timestamp
        for number in range(1, 6):
            self._send_key(to_port, start, code, number * 160, marker=marker and number == 1)
            await asyncio.sleep(0.02)
        for _ in range(3 if end else 0):
            self._send_key(to_port, start, code, 800, is_end=True)
        self._timestamp += 800

    def _send_key(
        self, to_port: int, start: int, code: int, units: int, *, marker: bool = False, is_end: bool = False
    ) -> None:
        payload = bytes((code, 0x8A if is_end else 0x0A)) + units.to_bytes(2)
        packet = RtpPacket(101, self._sequence & 0xFFFF, start, self._ssrc, payload, marker)
        self._socket.sendto(build_rtp(packet), (self.host, to_port))
        self._sequence += 1

    async def talk(self, to_port: int, seconds: float = 1.0, *, silent: bool = False) -> Samples:
        """Say the next piece, or silence, and return what came meanwhile, in order of arrival."""
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        before = len(self.heard)
        for _ in range(round(seconds * 50)):
            frame = self.says[self._at * 160 : (self._at + 1) * 160]
            coded = self._law.encode(np.zeros_like(self.says[:160]) if silent else frame)
            packet = RtpPacket(0, self._sequence & 0xFFFF, self._timestamp, self._ssrc, coded, False)
            self._socket.sendto(build_rtp(packet), (self.host, to_port))
            self._at += 0 if silent else 1
            self._sequence += 1
            self._timestamp += 160
            due_s += 0.02
            await asyncio.sleep(max(0.0, due_s - loop.time()))
            self.drain()
        return self.sound(before)

    def drain(self) -> int:
        """Take what waits; return how many packets."""
        taken = 0
        while True:
            try:
                data = self._socket.recv(2048)
            except BlockingIOError:
                return taken
            try:
                self.heard.append(parse_rtp(data))
                taken += 1
            except RtpParseError:
                continue

    def sound(self, since: int = 0) -> Samples:
        """Return the audio of the packets from a number on."""
        frames = [self._law.decode(packet.payload) for packet in self.heard[since:] if packet.payload_type == 0]
        return np.concatenate(frames) if frames else np.zeros(0, np.int16)


@dataclass
class RawCall:
    """What one dialog needs to be spoken in."""

    call_id: str
    to_tag: str = ""
    cseq: int = 1
    remote_port: int = 0
    """Where our side sends RTP."""
    messages: list[SipResponse] = field(default_factory=list)
    """What answered its INVITE."""


class RawPhone:
    """One UDP socket with SIP on it."""

    def __init__(self, gateway_port: int, host: str = HOST) -> None:
        self.gateway = (host, gateway_port)
        self.host = format_host(host)
        self._socket = bound(host)
        self._socket.setblocking(False)
        self.port = int(self._socket.getsockname()[1])
        self.kept: list[Message] = []
        """What came while something else was waited for."""

    def __enter__(self) -> RawPhone:
        return self

    def __exit__(self, *error: object) -> None:
        self._socket.close()

    def request(
        self,
        method: str,
        *,
        call_id: str = "",
        cseq: int = 1,
        to_tag: str = "",
        body: str = "",
        branch: str = "",
        extra: tuple[str, ...] = (),
        target: str = "",
        content_type: str = "application/sdp",
        via: str = "",
    ) -> bytes:
        """Write a request; a branch and a Call-ID of its own unless they are given."""
        content = body.encode()
        tag = f";tag={to_tag}" if to_tag else ""
        branch = branch or f"z9hG4bKraw{next(_serials)}"
        lines = [
            f"{method} {target or f'sip:bot@{self.host}:{self.gateway[1]}'} SIP/2.0",
            via or f"Via: SIP/2.0/UDP {self.host}:{self.port};branch={branch};rport",
            "Max-Forwards: 70",
            f"From: <sip:raw@{self.host}:{self.port}>;tag=raw",
            f"To: <sip:bot@{self.host}>{tag}",
            f"Call-ID: {call_id or f'raw-{self.port}-{next(_serials)}'}",
            f"CSeq: {cseq} {method}",
            f"Contact: <sip:raw@{self.host}:{self.port}>",
            *extra,
            *((f"Content-Type: {content_type}",) if content else ()),
            f"Content-Length: {len(content)}",
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + content

    def send(self, data: bytes) -> None:
        self._socket.sendto(data, self.gateway)

    async def receive(self, most_s: float = WAITS_S) -> Message | None:
        """Return the next message, None when none came in time."""
        try:
            async with asyncio.timeout(most_s):
                while True:
                    data = await asyncio.get_running_loop().sock_recv(self._socket, 65_535)
                    try:
                        return parse_message(data)
                    except NotSipError:
                        continue
        except TimeoutError:
            return None

    async def response(self, *, cseq: str = "", least: int = 200, most_s: float = WAITS_S) -> SipResponse:
        """Return the next response of at least that status to the request with this CSeq."""
        while (message := await self.receive(most_s)) is not None:
            is_it = isinstance(message, SipResponse) and message.status >= least
            if is_it and (not cseq or message.headers.get("CSeq") == cseq):
                assert isinstance(message, SipResponse)
                return message
            self.kept.append(message)
        raise NothingCameError(f"no response to {cseq or 'it'}, only {[_name(message) for message in self.kept]}")

    async def next_request(self, method: str, most_s: float = WAITS_S) -> SipRequest:
        """Return the next request of that method."""
        while (message := await self.receive(most_s)) is not None:
            if isinstance(message, SipRequest) and message.method == method:
                return message
            self.kept.append(message)
        raise NothingCameError(f"no {method}, only {[_name(message) for message in self.kept]}")

    def respond(self, asked: SipRequest, status: int, *, tag: str = "rawcallee", body: str = "") -> None:
        """Answer a request that came to us."""
        to = asked.headers.get("To") or ""
        if status > 100 and "tag=" not in to:
            to += f";tag={tag}"
        kept = [f"{name}: {value}" for name, value in asked.headers if name in ("Via", "From", "Call-ID", "CSeq")]
        kind = ["Content-Type: application/sdp"] if body else []
        fields = [
            *kept,
            f"To: {to}",
            f"Contact: <sip:raw@{self.host}:{self.port}>",
            *kind,
            f"Content-Length: {len(body)}",
        ]
        self.send(("\r\n".join([f"SIP/2.0 {status} x", *fields]) + "\r\n\r\n" + body).encode())

    async def ask(self, method: str, **how: object) -> SipResponse:
        """Send a request outside of any call and return its final response; an INVITE's refusal is acknowledged."""
        branch = f"z9hG4bKraw{next(_serials)}"
        call_id = f"raw-{self.port}-{next(_serials)}"
        data = self.request(method, **{"branch": branch, "call_id": call_id, **how})  # type: ignore[arg-type]
        self.send(data)
        answer = await self.response()
        if method == "INVITE" and answer.status >= 300:
            self.send(self.request("ACK", branch=branch, call_id=call_id, to_tag=tag_of(answer)))
        return answer

    async def call(self, rtp: RtpEnd, *, extra: tuple[str, ...] = (), body: str | None = None) -> RawCall:
        """Place a call and confirm it."""
        call = RawCall(f"raw-{self.port}-{next(_serials)}")
        offer = description(rtp.port, host=rtp.host) if body is None else body
        self.send(self.request("INVITE", call_id=call.call_id, body=offer, extra=extra))
        answer = await self.response(cseq="1 INVITE")
        assert answer.status == 200, answer
        call.messages.append(answer)
        call.to_tag = tag_of(answer)
        call.remote_port = media_port(answer)
        self.confirm(call)
        return call

    def confirm(self, call: RawCall, body: str = "") -> None:
        """Send the ACK of the latest INVITE."""
        self.send(self.request("ACK", call_id=call.call_id, cseq=call.cseq, to_tag=call.to_tag, body=body))

    async def within(self, call: RawCall, method: str, **how: object) -> SipResponse:
        """Send the next request of a call and return its final response; an INVITE is acknowledged."""
        call.cseq += 1
        branch = f"z9hG4bKraw{next(_serials)}"
        base = {"call_id": call.call_id, "cseq": call.cseq, "to_tag": call.to_tag, "branch": branch}
        self.send(self.request(method, **{**base, **how}))  # type: ignore[arg-type]
        answer = await self.response(cseq=f"{call.cseq} {method}")
        if method == "INVITE":
            same = branch if answer.status >= 300 else ""
            ack = self.request("ACK", call_id=call.call_id, cseq=call.cseq, to_tag=call.to_tag, branch=same)
            self.send(ack)
        return answer

    async def hang_up(self, call: RawCall) -> None:
        answer = await self.within(call, "BYE")
        assert answer.status == 200


def tag_of(message: Message) -> str:
    """Return the To tag."""
    return (message.headers.get("To") or "").partition("tag=")[2].partition(";")[0]


def media_port(message: Message) -> int:
    """Return the port of the first audio stream that lives."""
    audio = (line.split() for line in message.body.decode().splitlines() if line.startswith("m=audio"))
    return next(int(words[1]) for words in audio if words[1] != "0")


def _name(message: Message) -> str:
    return f"{message.status}" if isinstance(message, SipResponse) else message.method
