"""Agents' phones that register through the kamailio that is delivered, and are called by every gateway behind it."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from calls.errors import CallCentreError
from calls.phones import PhoneBinding
from calls.ports import PeerHeld
from telephony.dialling import CallWatch
from telephony.net.tls_contexts import TlsSettings
from telephony.phone_memory import MemoryBindings
from telephony.sip.wire import MAX_DATAGRAM_BYTES
from telephony.sip_settings import SipSettings
from telephony.trunks import Trunk, parse_server
from tests.phone_binding import phone_binding
from tests.telephony.baresip import PhoneLine, phone, tone_share
from tests.telephony.certificates import Authority
from tests.telephony.gateway.test_phones import REALM, SECRET, PhoneHouse, account
from tests.telephony.gateway.test_stream_peers import tls_phone
from tests.telephony.kamailio_edge import HOST, Edge, edge
from tests.telephony.likeness import heard_s
from tests.telephony.memory_nonces import MemoryNonces
from tests.telephony.pjsua2_peer import pjsua2
from tests.telephony.raw_line import RawLine
from tests.telephony.raw_phone import RtpEnd, description
from tests.waiting import eventually

pytestmark = pytest.mark.peer
HIDDEN = "<sip:alice@10.9.9.9:5999>"
STRANGER = "127.0.0.5"


def _settings(*, keys_in_clear: bool = False, srtp: bool = False) -> SipSettings:
    proxy = Trunk(name="edge", server=parse_server(HOST), kind="proxy", keys_in_clear=keys_in_clear)
    phones = (replace(account("alice"), srtp=srtp), account("bob"))
    return SipSettings(listen="127.0.0.1:0", realm=REALM, phones=phones, trunks=(proxy,))


@dataclass
class Desk:
    """Two gateways that share where phones are, and the proxy in front."""

    near: PhoneHouse
    far: PhoneHouse
    edge: Edge
    nonces: MemoryNonces

    async def binding(self) -> PhoneBinding:
        """Return where alice is, once she is."""
        await self.near.until(1)
        (binding,) = await self.near.bindings.of("alice")
        return binding

    async def other(self) -> PhoneHouse:
        """Return the gateway that alice did not register at."""
        return {"near": self.far, "far": self.near}[(await self.binding()).owner]

    def line(self, transport: str = "udp", line: PhoneLine = PhoneLine()) -> PhoneLine:  # noqa: B008 -- frozen
        """Return how a phone of alice's speaks to the proxy."""
        port = self.edge.tls_port if transport == "tls" else self.edge.port
        who = f"alice@{HOST}:{port};transport={transport}"
        return replace(line, registers_at=who, account=f";auth_user=alice;auth_pass={SECRET}")


@asynccontextmanager
async def desk(folder: Path, *, tls: TlsSettings | None = None) -> AsyncIterator[Desk]:
    shared, nonces = MemoryBindings(), MemoryNonces()
    near, far = (PhoneHouse(_settings(), shared, owner, nonces) for owner in ("near", "far"))
    await near.gateway.start()
    await far.gateway.start()
    try:
        async with edge(folder / "k", (near.port, far.port), tcp=True, tls=tls) as proxy:
            yield Desk(near, far, proxy, nonces)
    finally:
        await near.close()
        await far.close()


def _rtp_port(invite: str) -> int:
    audio = re.search(r"(?m)^m=audio (\d+) ", invite)
    assert audio is not None
    return int(audio[1])


async def _ring(caller: PhoneHouse, ringing: asyncio.Event) -> None:
    await caller.gateway.call_out("phone:alice", "callback", watch=CallWatch(on_ringing=ringing.set))


async def _is_called(caller: PhoneHouse, raw: RawLine) -> None:
    """Call alice, who must be at this line and says that she is busy."""
    call = asyncio.create_task(caller.gateway.call_phone("alice"))
    await raw.answer(await raw.next_request("INVITE"), 486, "Busy Here")
    with pytest.raises(CallCentreError, match="486"):
        await call


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
async def test_when_a_phone_registers_through_the_proxy_then_the_other_gateway_calls_it_with_sound(
    tmp_path: Path, transport: str
) -> None:
    authority = Authority(tmp_path)
    line = tls_phone(authority) if transport == "tls" else PhoneLine()
    async with (
        desk(tmp_path, tls=authority.issue("localhost", HOST)) as made,
        phone(tmp_path, answers=True, line=made.line(transport, line)) as alice,
    ):
        binding = await made.binding()
        assert (binding.transport, binding.host, binding.connection) == (transport, "127.0.0.1", 0)
        (path,) = binding.path
        assert path.startswith(f"<sip:{made.edge.address};lr")
        assert ("received=" in path) == (transport != "udp"), "at its Contact, else on its connection"
        caller = await made.other()
        leg = await caller.gateway.call_phone("alice", caller="+34600123456", caller_name="Ana")
        caller.follow(leg)
        await eventually(lambda: len(caller.heard) > 60)
        assert caller.gateway.open_connections == 0, "the proxy has the phone's connection"
        for held, command in ((True, "hold"), (False, "resume")):
            await alice.command(command)
            await eventually(lambda held=held: PeerHeld(held=held) in caller.events)  # type: ignore[misc]
        await leg.hang_up()
        await eventually(lambda: caller.gateway.open_calls == 0)
    assert tone_share(alice.decoded()) > 0.8, alice.log
    assert "+34600123456" in alice.log


async def test_when_pjsip_registers_over_tcp_where_nobody_can_connect_to_it_then_it_is_called_with_sound_and_hung_up(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as made:
        registrar: dict[str, Any] = {"registrar": made.edge.address, "user": "alice", "password": SECRET}
        async with pjsua2(tmp_path / "pj", transport="tcp", answers=True, **registrar) as peer:
            await peer.until("registered", status=200)
            binding = await made.binding()
            assert f"127.0.0.1:{binding.port}" in binding.contact, "it names its connection, at which nobody listens"
            caller = await made.other()
            leg = await caller.gateway.call_phone("alice", caller="bot")
            caller.follow(leg)
            await peer.until("state", state="CONFIRMED")
            await eventually(lambda: len(caller.heard) > 60)
            await leg.hang_up()
            await peer.until("state", state="DISCONNECTED")
            await eventually(lambda: caller.gateway.open_calls == 0)


async def test_when_the_gateway_that_a_phone_registered_at_dies_then_the_other_calls_it(tmp_path: Path) -> None:
    async with desk(tmp_path) as made, phone(tmp_path, answers=True, line=made.line("tcp")):
        caller = await made.other()
        gone = made.near if caller is made.far else made.far
        await gone.gateway._bound.close()  # as if it were killed: nobody hears of it
        leg = await caller.gateway.call_phone("alice")
        await leg.hang_up()
        await eventually(lambda: caller.gateway.open_calls == 0)


async def test_when_such_a_phone_calls_then_it_proves_itself_and_is_known_by_name_and_hears_the_bot(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as made, phone(tmp_path, line=made.line("tcp")) as alice:
        await made.binding()
        for call in (1, 2):
            await alice.command("dial", f"sip:bot@{made.edge.address};transport=tcp")
            await eventually(lambda call=call: len(made.near.legs) + len(made.far.legs) == call)  # type: ignore[misc]
            owner = next(house for house in (made.near, made.far) if house.gateway.open_calls)
            await eventually(lambda owner=owner: len(owner.heard) > 60)  # type: ignore[misc]
            await owner.legs[-1].hang_up()
            await eventually(lambda owner=owner: owner.gateway.open_calls == 0)  # type: ignore[misc]
        offers = [*made.near.offers, *made.far.offers]
        assert [(offer.phone, offer.asserted, offer.proxy) for offer in offers] == [("alice", True, "edge")] * 2
    assert tone_share(alice.decoded()) > 0.8, alice.log


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_when_a_phone_is_behind_a_translator_then_its_calls_come_back_the_way_it_spoke_to_the_proxy(
    tmp_path: Path, transport: str
) -> None:
    hidden = HIDDEN.replace(">", f";transport={transport}>")
    async with desk(tmp_path) as made, RawLine.open(made.edge.port, transport, HOST) as raw:
        with RtpEnd() as sound:
            assert await raw.register("alice", SECRET, REALM, hidden) == 200
            binding = await made.binding()
            assert (binding.behind_nat, binding.port, binding.transport) == (True, raw.local_port, transport)
            caller = await made.other()
            call = asyncio.create_task(caller.gateway.call_phone("alice", caller_name="Ana " * 300))
            invite = await raw.next_request("INVITE")
            assert len(invite) > MAX_DATAGRAM_BYTES, "even so from the port by which the proxy knows the gateway"
            assert invite.startswith(f"INVITE {hidden.strip('<>')} SIP/2.0"), "its Contact as it registered it"
            assert f"Route: <sip:{made.edge.address}" not in invite.replace("Record-Route", "")
            await raw.answer(invite, 200, "OK", contact=hidden, body=description(sound.port))
            leg = await call
            ack = await raw.next_request("ACK")
            assert ack.startswith(f"ACK {hidden.strip('<>')} SIP/2.0"), "and nothing of ours in it"
            caller.follow(leg)
            assert heard_s(sound.says, await sound.talk(_rtp_port(invite), 2.0)) >= 0.4
            await leg.hang_up()
            bye = await raw.next_request("BYE")
            await raw.answer(bye, 200, "OK")
            await eventually(lambda: caller.gateway.open_calls == 0)


async def test_when_a_phone_behind_a_translator_calls_then_the_gateway_reaches_it_in_the_call(tmp_path: Path) -> None:
    async with desk(tmp_path) as made, RawLine.open(made.edge.port, "udp", HOST) as raw:
        with RtpEnd() as sound:
            body = description(sound.port)
            raw.send(
                f"INVITE sip:bot@{HOST} SIP/2.0\r\nVia: SIP/2.0/UDP 10.9.9.9:5999;branch=z9hG4bKin\r\n"
                f"Max-Forwards: 70\r\nFrom: <sip:home@10.9.9.9>;tag=raw\r\nTo: <sip:bot@{HOST}>\r\nCall-ID: in-1\r\n"
                f"CSeq: 1 INVITE\r\nContact: <sip:home@10.9.9.9:5999>\r\nContent-Type: application/sdp\r\n"
                f"Content-Length: {len(body)}\r\n\r\n{body}"
            )
            answer = await raw.next_response("200")
            owner = next(house for house in (made.near, made.far) if house.offers)
            tag = re.search(r"(?m)^(To: .*)$", answer)
            routes = "".join(f"Route: {value}\r\n" for value in re.findall(r"(?m)^Record-Route: (.*?)\r?$", answer))
            target = re.search(r"(?m)^Contact: <(.*?)>", answer)
            assert tag is not None
            assert target is not None
            raw.send(
                f"ACK {target[1]} SIP/2.0\r\nVia: SIP/2.0/UDP 10.9.9.9:5999;branch=z9hG4bKack\r\nMax-Forwards: 70\r\n"
                f"{routes}From: <sip:home@10.9.9.9>;tag=raw\r\n{tag[1].strip()}\r\nCall-ID: in-1\r\nCSeq: 1 ACK\r\n"
                "Content-Length: 0\r\n\r\n"
            )
            await eventually(lambda: bool(owner.legs))
            await owner.legs[0].hang_up()
            bye = await raw.next_request("BYE")
            assert bye.startswith("BYE sip:home@10.9.9.9:5999 SIP/2.0")
            await raw.answer(bye, 200, "OK")
            await eventually(lambda: owner.gateway.open_calls == 0)


async def test_when_a_call_to_such_a_phone_is_given_up_or_refused_then_each_side_hears_it_once(tmp_path: Path) -> None:
    async with desk(tmp_path) as made, RawLine.open(made.edge.port, "tcp", HOST) as raw:
        assert await raw.register("alice", SECRET, REALM, HIDDEN) == 200
        caller = await made.other()
        call = asyncio.create_task(caller.gateway.call_phone("alice"))
        invite = await raw.next_request("INVITE")
        await raw.answer(invite, 486, "Busy Here")
        with pytest.raises(CallCentreError, match="486"):
            await call
        await raw.next_request("ACK")
        ringing = asyncio.Event()
        given_up = asyncio.create_task(_ring(caller, ringing))
        invite = await raw.next_request("INVITE")
        await raw.answer(invite, 180, "Ringing")
        await ringing.wait()
        given_up.cancel()
        await asyncio.gather(given_up, return_exceptions=True)
        await raw.answer(await raw.next_request("CANCEL"), 200, "OK")
        await raw.answer(invite, 487, "Request Terminated")
        await raw.next_request("ACK")
        await eventually(lambda: caller.gateway.open_calls == 0)
        assert [raw.waiting_requests(method) for method in ("INVITE", "ACK", "CANCEL")] == [0, 0, 0]


async def test_when_the_phones_connection_to_the_proxy_is_gone_then_the_call_fails_at_once(tmp_path: Path) -> None:
    async with desk(tmp_path) as made:
        async with RawLine.open(made.edge.port, "tcp", HOST) as raw:
            assert await raw.register("alice", SECRET, REALM, HIDDEN) == 200
        caller = await made.other()
        async with asyncio.timeout(5):
            with pytest.raises(CallCentreError) as error:
                await caller.gateway.call_phone("alice")
        assert error.value.code == "phone.not_registered"
        await eventually(lambda: caller.gateway.open_calls == 0)


async def test_when_strangers_forge_a_path_then_it_is_not_believed_and_nothing_is_sent_there(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trap:
        trap.bind((STRANGER, 0))
        trap.setblocking(False)
        forged = f"Path: <sip:{STRANGER}:{trap.getsockname()[1]};lr>"
        async with desk(tmp_path) as made:
            async with RawLine.open(made.near.port, "udp") as past:  # past the proxy
                assert await past.register("alice", SECRET, REALM, HIDDEN, extra=(forged, "Supported: path")) == 200
                assert (await made.binding()).path == ()
                await _is_called(made.near, past)
                assert await past.register("alice", SECRET, REALM, HIDDEN, 0) == 200
                assert await past.register("alice", SECRET, REALM, HIDDEN, extra=(forged, "Require: path")) == 420
            async with RawLine.open(made.edge.port, "udp", HOST) as raw:  # through it
                assert await raw.register("alice", SECRET, REALM, HIDDEN, extra=(forged, "Supported: path")) == 200
                (path,) = (await made.binding()).path
                assert path.startswith(f"<sip:{made.edge.address};lr;received=sip:127.0.0.1:{raw.local_port}")
                await _is_called(await made.other(), raw)
                await _is_called(await made.other(), raw)
        with pytest.raises(BlockingIOError):
            trap.recv(65_535)


async def test_when_a_caller_loads_a_route_then_the_proxy_does_not_follow_it(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trap:
        trap.bind((STRANGER, 0))
        trap.setblocking(False)
        lead = f"{STRANGER}:{trap.getsockname()[1]}"
        async with desk(tmp_path) as made, RawLine.open(made.edge.port, "udp", HOST) as raw:
            raw.send(
                f"OPTIONS sip:alice@{lead} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{raw.local_port};branch=z9hG4bKr\r\n"
                f"Route: <sip:{made.edge.address};lr;received=sip:{lead}>\r\n"
                "Max-Forwards: 70\r\nFrom: <sip:eve@127.0.0.1>;tag=raw\r\nTo: <sip:alice@127.0.0.1>\r\n"
                "Call-ID: led\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
            )
            answer = await raw.next_response()
            assert "Server: Warmline" in answer, "a gateway answered"
        with pytest.raises(BlockingIOError):
            trap.recv(65_535)


@pytest.mark.parametrize(("transport", "placed"), [("udp", False), ("tls", True)])
async def test_when_a_phones_sound_must_be_encrypted_then_the_proxy_must_have_it_on_tls(
    transport: str, placed: bool
) -> None:
    """The phone is elsewhere; keys on loopback, between gateway and proxy, show to nobody."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as proxy:
        proxy.bind((HOST, 0))
        proxy.setblocking(False)
        house = PhoneHouse(_settings(srtp=True), MemoryBindings(), "near")
        await house.gateway.start()
        binding = phone_binding(
            contact=HIDDEN,
            expires_utc=datetime.now(UTC) + timedelta(hours=1),
            transport=transport,
            host="203.0.113.9",
            behind_nat=True,
            owner="far",
            path=(f"<sip:{HOST}:{proxy.getsockname()[1]};lr>",),
        )
        await house.bindings.change("alice", lambda current: (binding,))
        call = asyncio.create_task(house.gateway.call_phone("alice"))
        try:
            if placed:
                async with asyncio.timeout(5):
                    invite = (await asyncio.get_running_loop().sock_recv(proxy, 65_535)).decode()
                assert "RTP/SAVP" in invite
                assert f"Route: {binding.path[0]}" in invite
                return
            with pytest.raises(CallCentreError) as error:
                await call
            assert error.value.code == "call.not_trusted"
        finally:
            call.cancel()
            await asyncio.gather(call, return_exceptions=True)
            await house.close()
