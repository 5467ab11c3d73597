"""Two gateways behind the kamailio that is delivered: spreading, failover, refusals, trust, and calls that stand."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from calls.ports import CallOffer, LegEnded, LegEvent, PeerHeld
from telephony.net.tls_contexts import TlsSettings
from telephony.sip.message import SipRequest
from telephony.sip.parse_message import parse_message
from telephony.sip.source_guard import BURST, SourceGuard
from telephony.sip_call import CallRefusal
from telephony.sip_settings import SipSettings
from telephony.trunks import Trunk, parse_server
from tests.telephony.baresip import EchoHouse, phone
from tests.telephony.certificates import Authority
from tests.telephony.kamailio_edge import HOST, Edge, edge
from tests.telephony.sip_caller import calling_from
from tests.telephony.sipp_peer import run_sipp
from tests.waiting import eventually

pytestmark = pytest.mark.peer

CARRIER, PLAIN, STRANGER = "127.0.0.3", "127.0.0.4", "127.0.0.5"
ASSERTED = "P-Asserted-Identity: <sip:+34911222333@carrier.example>"
DIVERTED = "Diversion: <sip:+34900100200@carrier.example>;reason=unconditional"


def _settings() -> SipSettings:
    proxy = Trunk(name="edge", server=parse_server(HOST), kind="proxy")
    carrier = Trunk(
        name="carrier",
        server=parse_server("carrier.example"),
        networks=(ipaddress.ip_network(CARRIER),),
        trust_identity=True,
        busy_status=480,
    )
    plain = Trunk(name="plain", server=parse_server(PLAIN))
    return SipSettings(listen="127.0.0.1:0", drain_ms=300, trunks=(proxy, carrier, plain))


class House(EchoHouse):
    """An echo that notes who calls, and refuses while it is full."""

    def __init__(self) -> None:
        super().__init__(_settings())
        self.offers: list[CallOffer] = []
        self.full = False
        self.refused = 0
        self.gateway.admit = self._admit

    @property
    def port(self) -> int:
        return self.gateway.listen_address[1]

    def _admit(self, offer: CallOffer) -> CallRefusal | None:
        if self.full:
            self.refused += 1
            return self.gateway.no_room(offer)
        self.offers.append(offer)
        return None


@dataclass
class Line:
    """What a test plays with."""

    near: House
    far: House
    edge: Edge
    folder: Path

    def taken(self) -> list[int]:
        return [len(house.offers) for house in (self.near, self.far)]

    async def call(self, calls: int) -> None:
        """Let sipp place calls of a moment, each of which must be answered and ended as it should."""
        code, said = await run_sipp("through_proxy", "bot", self.edge.address, self.folder, "-d", "100", calls=calls)
        assert code == 0, said


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[Line]:
    async with _line(tmp_path) as made:
        yield made


@asynccontextmanager
async def _line(folder: Path, sources: str = "127.0.0.0 8", tls: TlsSettings | None = None) -> AsyncIterator[Line]:
    near, far = House(), House()
    await near.gateway.start()
    await far.gateway.start()
    try:
        async with edge(folder / "k", (near.port, far.port), sources=sources, tls=tls) as proxy:
            yield Line(near, far, proxy, folder)
    finally:
        await near.close()
        await far.close()


async def _until_it_talks(house: House) -> None:
    await eventually(lambda: bool(house.legs))


async def _until_it_hears(event: LegEvent, house: House) -> None:
    await eventually(lambda: event in house.events)


async def test_when_calls_come_then_each_gateway_takes_its_turn(line: Line) -> None:
    await line.call(6)
    assert line.taken() == [3, 3]
    assert {offer.proxy for offer in line.near.offers} == {"edge"}
    assert all(offer.remote.startswith("127.0.0.1:") for offer in line.near.offers), "where sipp really is"


async def test_when_a_gateway_is_full_then_the_next_one_takes_its_calls_and_it_stays_in_the_list(line: Line) -> None:
    line.near.full = True
    await line.call(4)
    assert line.taken() == [0, 4]
    assert line.near.refused == 2
    assert await line.edge.states() == {line.near.port: "A", line.far.port: "A"}


async def test_when_all_gateways_are_full_then_the_caller_hears_480_and_each_was_asked_once(line: Line) -> None:
    line.near.full = line.far.full = True
    async with calling_from(CARRIER) as caller:
        reply = await caller.ask(line.edge.address, call_id="full")
    assert reply.startswith("SIP/2.0 480 ")
    assert (line.near.refused, line.far.refused) == (1, 1)


async def test_when_a_gateway_dies_then_new_calls_go_to_the_other_within_two_seconds_and_it_is_left_out(
    line: Line,
) -> None:
    await line.edge.until(line.near.port, "A")
    near = line.near.port
    await line.near.gateway._bound.close()  # as if it were killed: nobody hears of it
    began_s = asyncio.get_running_loop().time()
    async with calling_from(PLAIN) as one, calling_from(PLAIN) as other:
        replies = await asyncio.gather(
            one.ask(line.edge.address, call_id="one"), other.ask(line.edge.address, call_id="other")
        )
    assert [reply[:11] for reply in replies] == ["SIP/2.0 200"] * 2
    assert asyncio.get_running_loop().time() - began_s < 2.5, "1.5 s of silence, then the next one"
    await line.edge.until(near, "I")
    before = line.taken()[1]
    await line.call(3)
    assert line.taken() == [0, before + 3]


class SlowGateway(asyncio.DatagramProtocol):
    """Answers OPTIONS at once and calls after some time, with 486 and not even 100 before."""

    def __init__(self, waits_s: float) -> None:
        self.waits_s = waits_s
        self.asked = 0
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, source: tuple[str, int]) -> None:
        message = parse_message(data)
        assert isinstance(message, SipRequest)
        if message.method not in ("OPTIONS", "INVITE") or self._transport is None:
            return
        is_call = message.method == "INVITE"
        self.asked += is_call
        status = "486 Busy Here" if is_call else "200 OK"
        kept = [f"{name}: {message.headers.get(name)}" for name in ("From", "Call-ID", "CSeq")]
        vias = [f"Via: {value}" for value in message.headers.split("Via")]
        to = f"To: {message.headers.get('To')};tag=slow"
        reply = "\r\n".join((f"SIP/2.0 {status}", *vias, *kept, to, "Content-Length: 0", "", "")).encode()
        asyncio.get_running_loop().call_later(self.waits_s if is_call else 0.0, self._transport.sendto, reply, source)


async def test_when_the_only_gateway_is_slow_then_it_is_waited_for_and_stays_in_the_list(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    transport, slow = await loop.create_datagram_endpoint(lambda: SlowGateway(3.5), ("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]
    try:
        async with edge(tmp_path / "k", (port,)) as proxy, calling_from(CARRIER) as caller:
            await proxy.until(port, "A")
            reply = await caller.ask(proxy.address, call_id="slow", wait_s=8.0)
            assert reply.startswith("SIP/2.0 486 ")
            assert slow.asked >= 3, "again and again, since nothing was heard"
            assert await proxy.states() == {port: "A"}
    finally:
        transport.close()


async def test_when_a_gateway_drains_then_it_is_left_out_and_its_call_goes_on_and_ends(line: Line) -> None:
    (line.folder / "p").mkdir()
    async with phone(line.folder / "p", dial=f"sip:bot@{line.edge.address}") as alice:
        await eventually(lambda: bool(line.near.legs or line.far.legs))
        draining, other = (line.near, line.far) if line.near.legs else (line.far, line.near)
        drained = asyncio.create_task(draining.gateway.drain(10.0))
        await line.edge.until(draining.port, "I")
        await line.call(3)
        assert len(other.offers) == 3
        assert not drained.done()
        await alice.command("hangup")
        assert await drained
    assert LegEnded(reason="hung_up") in draining.events


async def test_when_one_holds_and_the_other_hangs_up_then_both_pass_the_proxy_to_the_owner(line: Line) -> None:
    owners = []
    for name in ("first", "second"):
        (line.folder / name).mkdir()
        async with phone(line.folder / name, dial=f"sip:bot@{line.edge.address}") as alice:
            await eventually(lambda: bool(line.near.gateway.open_calls or line.far.gateway.open_calls))
            owner = line.near if line.near.gateway.open_calls else line.far
            owners.append(owner)
            await _until_it_talks(owner)
            await alice.command("hold")
            await _until_it_hears(PeerHeld(held=True), owner)
            await alice.command("resume")
            await _until_it_hears(PeerHeld(held=False), owner)
            await owner.legs[0].hang_up()
            await eventually(lambda: line.near.gateway.open_calls + line.far.gateway.open_calls == 0)
        assert "terminated" in alice.log, alice.log
    assert set(map(id, owners)) == {id(line.near), id(line.far)}, "one call each"


async def test_when_carriers_call_through_the_proxy_then_only_the_trusted_one_is_believed(line: Line) -> None:
    forged = f"X-Warmline-Source: sip:{CARRIER}:5060;transport=udp"
    for host in (CARRIER, PLAIN):
        async with calling_from(host) as caller:
            for number in range(2):  # one for each gateway
                call = f"c{number}{host[-1]}"
                assert await caller.ask(line.edge.address, ASSERTED, DIVERTED, forged, call_id=call)
    for house in (line.near, line.far):
        told = [(offer.trunk, offer.caller, offer.asserted, offer.diverted_from) for offer in house.offers]
        assert told == [("carrier", "+34911222333", True, "+34900100200"), ("plain", "alice", False, "")]
        assert [offer.remote.partition(":")[0] for offer in house.offers] == [CARRIER, PLAIN]


async def test_when_a_call_comes_past_the_proxy_then_what_it_says_about_its_source_is_not_read(line: Line) -> None:
    forged = f"X-Warmline-Source: sip:{CARRIER}:5060;transport=udp"
    async with calling_from(PLAIN) as caller:
        reply = await caller.ask(f"127.0.0.1:{line.near.port}", ASSERTED, forged, call_id="past")
    assert reply.startswith("SIP/2.0 200")
    (offer,) = line.near.offers
    assert (offer.trunk, offer.caller, offer.proxy) == ("plain", "alice", "")


async def test_when_there_is_no_room_then_each_peer_is_told_in_its_own_way(line: Line) -> None:
    line.near.full = True
    replies = {}
    for host in (HOST, CARRIER, PLAIN):
        async with calling_from(host) as caller:
            reply = await caller.ask(f"127.0.0.1:{line.near.port}", call_id=f"full{host[-1]}")
            replies[host] = (reply[8:11], "Retry-After: 5" in reply)
    assert replies == {HOST: ("503", True), CARRIER: ("480", False), PLAIN: ("486", False)}


async def test_when_a_stranger_comes_through_the_proxy_then_the_guard_counts_him_and_not_the_proxy(line: Line) -> None:
    for house in (line.near, line.far):
        house.gateway._user_agent._guard = SourceGuard(  # type: ignore[union-attr]
            (ipaddress.ip_network(HOST), ipaddress.ip_network(CARRIER)),
            accept_unknown=True,
            is_near=lambda address: False,
        )
    asked = 2 * BURST + 10
    async with calling_from(STRANGER) as stranger, calling_from(CARRIER) as carrier:
        served = 0
        for number in range(asked):
            reply = await stranger.ask(line.edge.address, method="MESSAGE", call_id=f"s{number}x", wait_s=0.05)
            served += reply.startswith("SIP/2.0 405")
        assert 2 * BURST - 4 <= served <= 2 * BURST + 4, "twenty at each gateway, and one more each half second"
        assert await line.edge.states() == {line.near.port: "A", line.far.port: "A"}
        reply = await carrier.ask(line.edge.address, method="MESSAGE", call_id="known")
        assert reply.startswith("SIP/2.0 405"), "nobody else pays for him"


async def test_when_a_source_is_not_listed_then_the_proxy_says_nothing_at_all(tmp_path: Path) -> None:
    async with _line(tmp_path, sources=CARRIER) as line:
        for host, served in ((STRANGER, False), (CARRIER, True)):
            async with calling_from(host) as caller:
                reply = await caller.ask(line.edge.address, method="OPTIONS", call_id=f"o{host[-1]}", wait_s=1.0)
                assert bool(reply) == served
        assert line.taken() == [0, 0]


async def test_when_a_carrier_calls_over_tls_then_the_proxy_passes_it_on_and_its_source_with_it(tmp_path: Path) -> None:
    tls = Authority(tmp_path).issue("proxy.test", HOST)
    caller = EchoHouse(SipSettings(listen="127.0.0.1:0", tls=TlsSettings(ca=tls.ca)))
    async with _line(tmp_path, tls=tls) as line:
        await caller.gateway.start()
        try:
            leg = await caller.gateway.place_call(f"sip:bot@{HOST}:{line.edge.tls_port};transport=tls")
            (owner,) = (house for house in (line.near, line.far) if house.offers)
            assert owner.offers[0].remote.startswith("127.0.0.1:")
            assert owner.offers[0].proxy == "edge"
            await leg.hang_up()
            await eventually(lambda: owner.gateway.open_calls == 0)
        finally:
            await caller.close()
