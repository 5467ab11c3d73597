"""The torture messages of RFC 4475 and RFC 5118 over real sockets to a running gateway, then a call that must work."""

from __future__ import annotations

import asyncio
import re
import socket

import pytest

from calls.ports import IncomingCall
from telephony.sip.message import SipResponse
from telephony.sip.parse_message import NotSipError, parse_message
from tests.telephony.baresip import EchoHouse
from tests.telephony.likeness import heard_s
from tests.telephony.raw_phone import HOST, RawPhone, RtpEnd
from tests.telephony.sip.test_torture import VERDICTS, load

pytestmark = pytest.mark.recorded

SENDER = "127.0.0.2"
"""Responses go to the address that a message came from, at the port of its Via: here every port is ours."""
WAITS_S = 0.25
BY_THEIR_LENGTH = {
    "clerr": "dropped",  # the rest of its body is waited for
    "dblreq": "405",  # what follows is a message of its own
    "inv2543": "400",  # without Content-Length nobody knows where it ends (RFC 3261 section 18.3)
}
"""Where a stream makes another outcome right than a datagram."""


class Deaf(EchoHouse):
    """Lets the calls of torture ring and refuses them; answers only our own phone."""

    def _take(self, call: IncomingCall) -> None:
        if call.offer.caller == "raw":
            super()._take(call)
        else:
            call.ring()
            call.reject(480, "")


def call_id(data: bytes) -> str:
    found = re.search(rb"^(?:call-id|i)[ \t]*:\s*(\S+)", data, re.IGNORECASE | re.MULTILINE)
    return found[1].decode("utf-8", "replace") if found else ""


def first_via(data: bytes) -> bytes:
    found = re.search(rb"^(?:via|v)[ \t]*:(.*(?:\r?\n[ \t].*)*)", data, re.IGNORECASE | re.MULTILINE)
    return found[1].strip() if found else b""


def via_port(data: bytes) -> int:
    """Return the port that the first Via names."""
    sent_by = re.search(rb"(\w+)\s+(?:\[[^\]]*\]|[^:;,\s]+)\s*(?::\s*(\d+))?", first_via(data).split(b"/")[-1])
    if sent_by is None:
        return 5060
    return int(sent_by[2]) if sent_by[2] else 5061 if sent_by[1] == b"TLS" else 5060


def outcome(statuses: list[int]) -> str:
    """Write the first response as the verdicts do."""
    return "dropped" if not statuses else "call" if statuses[0] == 100 else str(statuses[0])


async def over_udp(data: bytes, port: int, waits_s: float = WAITS_S) -> str:
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        sender.bind((SENDER, via_port(data)))
        sender.sendto(data, (HOST, port))
        statuses: list[int] = []
        try:
            async with asyncio.timeout(waits_s):
                while not statuses:
                    answer = parse_message(await loop.sock_recv(sender, 65_535))
                    same = (answer.headers.get("Call-ID") or "") == call_id(data) or not call_id(data)
                    statuses += [answer.status] if isinstance(answer, SipResponse) and same else []
        except TimeoutError:
            pass
        return outcome(statuses)


async def over_tcp(data: bytes, port: int, waits_s: float = WAITS_S) -> str:
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(data)
    got = b""
    try:
        async with asyncio.timeout(waits_s):
            while b"\r\n\r\n" not in got and (piece := await reader.read(65_536)):
                got += piece
    except TimeoutError:
        pass
    writer.close()
    try:
        answer = parse_message(got)
    except NotSipError:
        return "dropped"
    return outcome([answer.status] if isinstance(answer, SipResponse) else [])


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_when_every_torture_message_came_over_a_socket_then_each_had_its_outcome_and_a_call_still_works(
    transport: str,
) -> None:
    houses = (Deaf(), Deaf())
    ports = []
    for house in houses:
        await house.gateway.start()
        ports.append(house.gateway.listen_address[1])
    try:
        wrong, seen = {}, set()
        for rfc, verdicts in VERDICTS.items():
            for name, verdict in verdicts.items():
                data = load(rfc, name)
                expected = verdict["outcome"]
                if transport == "tcp":
                    expected = BY_THEIR_LENGTH.get(name, expected)
                # Some share a branch: to one gateway the second would be a retransmission of the first.
                port = ports[first_via(data) in seen]
                seen.add(first_via(data))
                found = await (over_udp if transport == "udp" else over_tcp)(data, port)
                if found != expected:
                    wrong[name] = (found, expected)
        assert wrong == {}
        for port in ports:
            with RawPhone(port) as phone, RtpEnd() as rtp:
                call = await phone.call(rtp)
                assert heard_s(rtp.says, await rtp.talk(call.remote_port)) >= 0.4
                await phone.hang_up(call)
    finally:
        for house in houses:
            await house.close()
