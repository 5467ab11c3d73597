"""Phones whose connection to the proxy broke: a call goes on at once to the next place, and the dead one is forgotten.

The kamailio that is delivered and baresip, over TCP and UDP on loopback.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from pathlib import Path

import pytest

from calls.errors import CallCentreError
from calls.phones import PhoneBinding
from telephony.dialling import CallWatch
from tests.telephony.baresip import Phone, PhoneLine, phone
from tests.telephony.certificates import Authority
from tests.telephony.gateway.test_phones import REALM, SECRET
from tests.telephony.gateway.test_phones_behind_proxy import HIDDEN, Desk, desk
from tests.telephony.gateway.test_stream_peers import tls_phone
from tests.telephony.kamailio_edge import HOST
from tests.telephony.raw_line import RawLine
from tests.waiting import eventually

pytestmark = pytest.mark.peer
AT_ONCE_S = 0.5
"""Well below 1.5 s, the time that the proxy waits for a phone that says nothing."""
SILENT_S = 1.5
"""`fr_timer` of deploy/kamailio.cfg."""


async def _kill(killed: Phone) -> None:
    """End it without a word: its connections are closed by the kernel."""
    assert killed.process is not None
    killed.process.kill()
    await killed.process.wait()


async def _rings(raw: RawLine) -> float:
    """Say that the phone is busy once it is called; return when the call came."""
    invite = await raw.next_request("INVITE")
    came_s = time.monotonic()
    await raw.answer(invite, 486, "Busy Here")
    return came_s


async def _listen_at(port: int, came: list[object]) -> asyncio.Server:
    """Listen at the port of a connection that was closed, once the proxy closed it too."""
    for _ in range(100):
        with contextlib.suppress(OSError):
            return await asyncio.start_server(lambda *ends: came.append(ends), "127.0.0.1", port, reuse_address=True)
        await asyncio.sleep(0.03)
    pytest.fail(f"the port {port} is not free")


async def _place(made: Desk, transport: str) -> PhoneBinding:
    found = [item for item in await made.near.bindings.of("alice") if item.transport == transport]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(("transport", "q"), [("tcp", ""), ("tcp", ";q=0.5"), ("tls", ";q=0.5")])
async def test_when_a_phone_was_killed_then_the_next_place_rings_at_once_and_the_dead_one_is_forgotten(
    tmp_path: Path, transport: str, q: str
) -> None:
    authority = Authority(tmp_path)
    line = tls_phone(authority) if transport == "tls" else PhoneLine()
    async with (
        desk(tmp_path, tls=authority.issue("localhost", HOST)) as made,
        phone(tmp_path, line=made.line(transport, line)) as alice,
    ):
        await made.near.until(1)
        async with RawLine.open(made.edge.port, "udp", HOST) as raw:
            assert await raw.register("alice", SECRET, REALM, f"<sip:alice@127.0.0.1:{raw.local_port}>{q}") == 200
            await made.near.until(2)
            await _kill(alice)
            caller = made.near
            began_s = time.monotonic()
            call = asyncio.create_task(caller.gateway.call_phone("alice"))
            assert await _rings(raw) - began_s < AT_ONCE_S
            with pytest.raises(CallCentreError, match="486"):
                await call
            await made.near.until(1)
            assert (await _place(made, "udp")).port == raw.local_port
            call = asyncio.create_task(made.far.gateway.call_phone("alice"))  # the other process knows it too
            await _rings(raw)
            await asyncio.gather(call, return_exceptions=True)


async def test_when_the_only_phone_was_killed_then_the_call_says_so_at_once_and_it_may_come_back(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as made:
        async with phone(tmp_path, line=made.line("tcp")) as alice:
            await made.near.until(1)
            await _kill(alice)
            watch = CallWatch()
            began_s = time.monotonic()
            with pytest.raises(CallCentreError) as error:
                await made.far.gateway.call_out("phone:alice", "callback", watch=watch)
            assert time.monotonic() - began_s < AT_ONCE_S
            assert (error.value.code, watch.status) == ("phone.not_registered", 430)
            await made.near.until(0)
            with pytest.raises(CallCentreError) as error:
                await made.near.gateway.call_phone("alice")
            assert error.value.code == "phone.not_registered"
        async with phone(tmp_path, answers=True, line=made.line("tcp")):
            await made.near.until(1)
            leg = await made.far.gateway.call_phone("alice")
            await leg.hang_up()
            await eventually(lambda: made.far.gateway.open_calls == 0)


async def test_when_a_phone_closed_its_connection_then_nobody_is_connected_to_at_its_port(tmp_path: Path) -> None:
    """Somebody else may have the port by now: behind a translator, another phone."""
    async with desk(tmp_path) as made:
        async with RawLine.open(made.edge.port, "tcp", HOST) as raw:
            assert await raw.register("alice", SECRET, REALM, HIDDEN) == 200
            port = raw.local_port
        came: list[object] = []
        async with await _listen_at(port, came):
            with pytest.raises(CallCentreError) as error:
                await (await made.other()).gateway.call_phone("alice")
            assert error.value.code == "phone.not_registered"
            await made.near.until(0)
            assert came == []


async def test_when_a_phone_registers_on_a_new_connection_then_it_is_called_there_though_the_old_one_died(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as made:
        async with RawLine.open(made.edge.port, "tcp", HOST) as raw:
            assert await raw.register("alice", SECRET, REALM, HIDDEN) == 200
        async with RawLine.open(made.edge.port, "tcp", HOST) as raw:
            assert await raw.register("alice", SECRET, REALM, HIDDEN) == 200
            await made.near.until(1)
            call = asyncio.create_task((await made.other()).gateway.call_phone("alice"))
            await _rings(raw)
            with pytest.raises(CallCentreError, match="486"):
                await call
            assert (await made.binding()).port == raw.local_port


async def test_when_a_phone_behind_a_translator_vanished_then_the_next_place_rings_after_the_time_of_silence(
    tmp_path: Path,
) -> None:
    """Nothing tells over UDP that it is gone: it stays registered until its time is over."""
    async with desk(tmp_path) as made, RawLine.open(made.edge.port, "udp", HOST) as raw:
        async with RawLine.open(made.edge.port, "udp", HOST) as vanished:
            assert await vanished.register("alice", SECRET, REALM, HIDDEN, expires_s=60) == 200
        assert await raw.register("alice", SECRET, REALM, f"<sip:alice@127.0.0.1:{raw.local_port}>;q=0.5") == 200
        await made.near.until(2)
        began_s = time.monotonic()
        call = asyncio.create_task(made.near.gateway.call_phone("alice"))
        assert SILENT_S - 0.2 < await _rings(raw) - began_s < SILENT_S + 2 * AT_ONCE_S
        with pytest.raises(CallCentreError, match="486"):
            await call
        assert await made.near.places() == 2
        await eventually(lambda: made.near.gateway.open_calls == 0)
