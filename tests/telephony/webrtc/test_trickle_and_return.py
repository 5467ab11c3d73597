"""Candidates that come one by one, and browsers that lose their network and come back."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import aioice.ice
import pytest
from aiortc import RTCRtpSender, RTCSessionDescription

from calls.errors import CallCentreError
from calls.ports import LegBroken, LegEnded, LegEvent
from telephony.media_settings import MediaSettings
from telephony.quality import QualityReport
from telephony.webrtc.gateway import WebRtcGateway, WebRtcIncomingCall
from telephony.webrtc.settings import IceServer, WebRtcSettings
from telephony.webrtc.turn import turn_server
from tests.telephony.media_fakes import LoopClock, usual_level_of
from tests.telephony.webrtc.test_gateway import Client, Talk, client, gateway
from tests.waiting import eventually

__all__ = ["client", "gateway"]

CANDIDATE = re.compile(r"a=(candidate:.*)\r\n")


async def offer_of(client: Client) -> str:
    await client.connection.setLocalDescription(await client.connection.createOffer())
    sdp: str = client.connection.localDescription.sdp
    return sdp


def without_candidates(sdp: str) -> str:
    return CANDIDATE.sub("", sdp).replace("a=end-of-candidates\r\n", "")


async def accept(client: Client, answer: str) -> None:
    await client.connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))


async def lose_network(client: Client, call: WebRtcIncomingCall) -> None:
    """Cut the client off without a farewell, and do what ICE does at our end once its questions stay unanswered."""
    theirs = client.connection.getTransceivers()[0].sender.transport.transport._connection
    for protocol in theirs._protocols:
        protocol.transport.close()
    await call.leg._way.peer._transport.transport._connection.close()


async def heard_level(call: WebRtcIncomingCall, frequency_hz: float, seconds: float = 1.5) -> float:
    talk = Talk(call.leg)
    await asyncio.sleep(seconds)
    talk.ticker.stop()
    return usual_level_of(frequency_hz, [frame.samples for frame in talk.heard[-40:]])


async def test_when_candidates_follow_the_offer_then_the_call_connects(gateway: WebRtcGateway, client: Client) -> None:
    sdp = await offer_of(client)
    lines = CANDIDATE.findall(sdp)
    answer, call = await gateway.offer(without_candidates(sdp), "offer", "support", "")
    # The client is not told of ours either: all it learns of us is who asks it.
    await accept(client, without_candidates(answer))
    await call.leg.add_candidate("candidate:9 1 tcp 1 127.0.0.1 9 typ host tcptype active")
    for line in lines:
        await call.leg.add_candidate(line)
    await call.leg.add_candidate(None)
    await asyncio.wait_for(call.answer(), 5)
    assert await heard_level(call, 700) == pytest.approx(8000, rel=0.15)


@pytest.mark.parametrize("line", ["", "candidate:", "candidate:1 x udp 1 127.0.0.1 9 typ host", "what"])
async def test_when_a_candidate_is_garbage_then_it_is_refused_and_the_call_goes_on(
    gateway: WebRtcGateway, client: Client, line: str
) -> None:
    call = await client.call(gateway)
    with pytest.raises(CallCentreError) as bad:
        await call.leg.add_candidate(line)
    assert (bad.value.code, bad.value.fault) == ("webrtc.bad_candidate", "peer")
    assert await call.answer()


async def test_when_a_browser_names_candidates_without_end_then_they_are_refused(
    gateway: WebRtcGateway, client: Client
) -> None:
    call = await client.call(gateway)
    await call.answer()
    for port in range(1000, 1064):
        await call.leg.add_candidate(f"candidate:1 1 udp 1 127.0.0.1 {port} typ host")
    with pytest.raises(CallCentreError):
        await call.leg.add_candidate("candidate:1 1 udp 1 127.0.0.1 1064 typ host")


class _StunServer(asyncio.DatagramProtocol):
    """Answers binding requests late, as from far away."""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        asked = aioice.stun.parse_message(data)
        answer = aioice.stun.Message(
            message_method=aioice.stun.Method.BINDING,
            message_class=aioice.stun.Class.RESPONSE,
            transaction_id=asked.transaction_id,
        )
        answer.attributes["XOR-MAPPED-ADDRESS"] = ("192.0.2.7", addr[1])
        asyncio.get_running_loop().call_later(0.4, self.transport.sendto, bytes(answer), addr)


async def test_when_our_stun_server_is_slow_then_the_answer_does_not_wait_and_its_candidate_follows(
    client: Client,
) -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(_StunServer, local_addr=("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]
    servers = (IceServer(urls=(f"stun:127.0.0.1:{port}",)),)
    gateway = WebRtcGateway(
        WebRtcSettings(ice_addresses=("127.0.0.1",), ice_servers=servers), MediaSettings(), LoopClock()
    )
    began_s = loop.time()
    answer, call = await gateway.offer(await offer_of(client), "offer", "support", "")
    assert loop.time() - began_s < 0.3
    await accept(client, answer)
    assert "a=end-of-candidates" not in answer
    assert call.leg.candidates() == ([], False)
    await eventually(lambda: call.leg.candidates()[1])
    found, complete = call.leg.candidates()
    assert complete
    assert ["192.0.2.7" in line and " typ srflx " in line for line in found] == [True]
    await asyncio.wait_for(call.answer(), 5)
    transport.close()
    await gateway.stop()


async def test_when_our_stun_server_is_dead_then_the_call_goes_on_without_it(client: Client) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as dead:
        dead.bind(("127.0.0.1", 0))
        servers = (IceServer(urls=(f"stun:127.0.0.1:{dead.getsockname()[1]}",)),)
        settings = WebRtcSettings(ice_addresses=("127.0.0.1",), ice_servers=servers, gather_ms=300)
        gateway = WebRtcGateway(settings, MediaSettings(), LoopClock())
        call = await client.call(gateway)
        await asyncio.wait_for(call.answer(), 5)
        await eventually(lambda: call.leg.candidates() == ([], True))
        await gateway.stop()


async def call_that_may_return(client: Client, reconnect_ms: int) -> tuple[WebRtcGateway, WebRtcIncomingCall, Any]:
    settings = WebRtcSettings(ice_addresses=("127.0.0.1",), reconnect_ms=reconnect_ms)
    gateway = WebRtcGateway(settings, MediaSettings(), LoopClock())
    call = await client.call(gateway)
    await call.answer()
    events: list[LegEvent] = []
    call.leg.on_event(events.append)
    return gateway, call, events


def broken(call: WebRtcIncomingCall) -> Callable[[], bool]:
    return lambda: call.leg._patience is not None


async def test_when_the_network_breaks_and_the_browser_comes_back_then_the_call_goes_on(client: Client) -> None:
    gateway, call, events = await call_that_may_return(client, reconnect_ms=10_000)
    assert await heard_level(call, 700) == pytest.approx(8000, rel=0.15)
    await lose_network(client, call)
    await eventually(broken(call))
    await asyncio.sleep(1.0)
    back = Client(1000.0)
    await accept(back, await call.leg.answer_again(await offer_of(back), "offer"))
    await eventually(lambda: back.connection.connectionState == "connected")
    assert await heard_level(call, 1000, 2.5) == pytest.approx(8000, rel=0.15)
    assert usual_level_of(440, back.heard[-40:]) == pytest.approx(8000, rel=0.15)
    assert events == [LegBroken(broken=True), LegBroken(broken=False)]
    assert gateway.sessions == 1
    await gateway.stop()
    assert events[2:] == [LegEnded(reason="local")]
    await back.close()


async def test_when_the_browser_does_not_come_back_in_time_then_the_leg_ends(client: Client) -> None:
    gateway, call, events = await call_that_may_return(client, reconnect_ms=500)
    await lose_network(client, call)
    await eventually(broken(call))
    assert events == [LegBroken(broken=True)]
    await eventually(lambda: len(events) > 1)
    assert events[1:] == [LegEnded(reason="media_lost")]
    with pytest.raises(CallCentreError) as gone:
        await call.leg.answer_again("v=0", "offer")
    assert gone.value.code == "call.gone"
    await gateway.stop()


async def test_when_the_browser_moves_before_the_old_way_is_lost_then_its_farewell_there_ends_nothing(
    client: Client,
) -> None:
    gateway, call, events = await call_that_may_return(client, reconnect_ms=10_000)
    moved = Client(1000.0)
    answer = await call.leg.answer_again(await offer_of(moved), "offer")
    await client.connection.close()
    await asyncio.sleep(0.3)
    await accept(moved, answer)
    assert await heard_level(call, 1000, 2.5) == pytest.approx(8000, rel=0.15)
    assert events == [LegBroken(broken=True), LegBroken(broken=False)]
    await moved.connection.close()
    await eventually(lambda: len(events) > 2)
    assert events[2:] == [LegEnded(reason="hung_up")]
    await gateway.stop()


async def test_when_the_browser_comes_back_with_another_codec_then_the_rate_of_the_leg_stays(client: Client) -> None:
    gateway, call, events = await call_that_may_return(client, reconnect_ms=10_000)
    assert (call.leg.codec, call.leg.rate_hz) == ("OPUS", 48_000)
    moved = Client(1000.0)
    known = RTCRtpSender.getCapabilities("audio").codecs
    moved.connection.getTransceivers()[0].setCodecPreferences([each for each in known if each.mimeType == "audio/PCMU"])
    await accept(moved, await call.leg.answer_again(await offer_of(moved), "offer"))
    await eventually(lambda: call.leg.codec == "PCMU")
    assert call.leg.rate_hz == 48_000
    assert await heard_level(call, 1000, 2.5) == pytest.approx(8000, rel=0.15)
    assert events == []
    await gateway.stop()
    await moved.close()


async def test_when_an_offer_to_move_is_garbage_then_the_call_goes_on_where_it_is(client: Client) -> None:
    gateway, call, events = await call_that_may_return(client, reconnect_ms=10_000)
    with pytest.raises(CallCentreError):
        await call.leg.answer_again("hello", "offer")
    assert await heard_level(call, 700) == pytest.approx(8000, rel=0.15)
    assert events == []
    await gateway.stop()


async def test_when_quality_is_wanted_then_a_browsers_leg_reports_it(client: Client) -> None:
    media = MediaSettings(quality_every_ms=500)
    gateway = WebRtcGateway(WebRtcSettings(ice_addresses=("127.0.0.1",)), media, LoopClock())
    call = await client.call(gateway)
    reports: list[QualityReport] = []
    call.leg.on_quality(reports.append)
    await call.answer()
    await heard_level(call, 700, 2.0)
    assert len(reports) >= 2
    assert all(report.network_loss_share == 0 for report in reports)
    await eventually(lambda: reports[-1].loss_share == 0 and reports[-1].jitter_ms < 20, "a stretch with nothing late")
    assert reports[-1].mos > 4.0
    await gateway.stop()


def test_when_credentials_are_made_then_they_are_those_that_the_relay_computes() -> None:
    server = turn_server(("turn:x",), "north", datetime(2026, 1, 1, tzinfo=UTC), 600, "ana")
    assert server.username == "1767226200:ana"
    # openssl: printf 1767226200:ana | openssl dgst -sha1 -hmac north -binary | base64
    assert server.credential == "pNzptXfe92ruoJTvNlP6mYaX2MU="
