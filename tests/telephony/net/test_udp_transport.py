"""The signalling socket: what the network says of datagrams that found nobody."""

from __future__ import annotations

import asyncio
import socket

import pytest

from telephony.net.udp_transport import UdpTransport, open_udp
from telephony.sip.message import Flow
from tests.ports import free_port
from tests.waiting import eventually


class Line:
    """An open socket, and what it told."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.failed: list[Flow] = []
        self.transport: UdpTransport | None = None

    async def open(self, host: str = "127.0.0.1") -> UdpTransport:
        self.transport = await open_udp(host, 0, lambda data, _: self.heard.append(data), self.failed.append)
        return self.transport


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_when_nobody_listens_at_a_port_then_that_peer_is_told_at_once(host: str) -> None:
    line = Line()
    transport = await line.open(host)
    nobody = Flow(host, free_port())
    transport.send(b"hello", nobody)
    await eventually(lambda: line.failed)
    transport.close()
    assert line.failed == [nobody]


async def test_when_one_peer_is_gone_then_datagrams_to_others_still_go_out() -> None:
    line, other = Line(), Line()
    transport, far = await line.open(), await other.open()
    nobody, somebody = Flow("127.0.0.1", free_port()), Flow(*far.local_address)
    for number in range(20):
        transport.send(b"lost", nobody)
        transport.send(str(number).encode(), somebody)
    await eventually(lambda: len(other.heard) == 20 and line.failed)
    transport.close()
    far.close()
    assert other.heard == [str(number).encode() for number in range(20)]
    assert set(line.failed) == {nobody}


async def test_when_news_of_a_dead_peer_comes_in_the_moment_of_sending_then_nobody_else_is_blamed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    line, other = Line(), Line()
    transport, far = await line.open(), await other.open()
    somebody = Flow(*far.local_address)
    monkeypatch.setattr("telephony.net.udp_transport.read_undelivered", lambda bound: iter(()))
    for number in range(5):
        transport.send(b"lost", Flow("127.0.0.1", free_port()))
        transport.send(str(number).encode(), somebody)
    await eventually(lambda: len(other.heard) == 5)
    monkeypatch.undo()
    transport.close()
    far.close()
    assert line.failed == []


async def test_when_undelivered_datagrams_were_told_then_the_loop_is_not_kept_busy() -> None:
    line = Line()
    transport = await line.open()
    for _ in range(300):  # more than are read in one go
        transport.send(b"lost", Flow("127.0.0.1", free_port()))
    await asyncio.sleep(0.1)
    assert asyncio.get_running_loop()._selector.select(0) == []  # type: ignore[attr-defined]
    transport.close()


async def test_when_the_socket_cannot_send_there_at_all_then_the_failure_is_told_too() -> None:
    line = Line()
    transport = await line.open()
    unreachable = Flow("192.0.2.1", 5060)  # from loopback there is no way
    transport.send(b"hello", unreachable)
    await eventually(lambda: line.failed)
    transport.close()
    assert line.failed == [unreachable]


async def test_when_a_port_is_taken_then_it_is_never_shared() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as first:
        first.bind(("127.0.0.1", 0))
        with pytest.raises(Exception, match="already used"):
            await open_udp("127.0.0.1", first.getsockname()[1], lambda _d, _f: None, lambda _f: None)
