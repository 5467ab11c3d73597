"""The WebRTC door against aiortc's own client on loopback: media, ends, refusals."""

from __future__ import annotations

import asyncio
import fractions
import threading
from collections.abc import AsyncIterator
from typing import Any

import av
import numpy as np
import pytest
from aioice.ice import StunProtocol
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from calls.audio import AudioFrame, Samples
from calls.errors import CallCentreError
from calls.ports import DigitHeard, IncomingCall, Leg, LegEnded, LegEvent
from telephony.media_settings import MediaSettings
from telephony.net.ticker import Ticker
from telephony.webrtc.gateway import WebRtcGateway, WebRtcIncomingCall
from telephony.webrtc.gathering import Gathering
from telephony.webrtc.settings import WebRtcSettings
from tests.telephony.media_fakes import LoopClock, tone, usual_level_of
from tests.waiting import eventually


class ToneTrack(MediaStreamTrack):
    kind = "audio"

    def __init__(self, frequency_hz: float) -> None:
        super().__init__()
        self.samples = tone(frequency_hz, 50, 48_000)
        self.at = 0
        self.began_s: float | None = None

    async def recv(self) -> Any:
        loop = asyncio.get_running_loop()
        self.began_s = self.began_s or loop.time()
        await asyncio.sleep(max(0.0, self.began_s + self.at * 0.020 - loop.time()))
        part = self.samples[(self.at % 50) * 960 : (self.at % 50 + 1) * 960]
        frame = av.AudioFrame.from_ndarray(np.repeat(part, 2)[None, :], format="s16", layout="stereo")
        frame.sample_rate = 48_000
        frame.pts = self.at * 960
        frame.time_base = fractions.Fraction(1, 48_000)
        self.at += 1
        return frame


class Client:
    """A browser played by aiortc."""

    def __init__(self, frequency_hz: float = 700.0) -> None:
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.connection.addTrack(ToneTrack(frequency_hz))
        self.connection.on("track", self.listen)
        self.heard: list[Samples] = []
        self.listening: asyncio.Task[None] | None = None
        self.use_loopback()

    def use_loopback(self) -> None:
        for transceiver in self.connection.getTransceivers():
            Gathering(transceiver.sender.transport, ["127.0.0.1"], 1000, "client")

    def listen(self, track: Any) -> None:
        async def collect() -> None:
            try:
                while True:
                    frame = await track.recv()
                    self.heard.append(frame.to_ndarray().reshape(-1, 2)[:, 0])
            except MediaStreamError:
                return

        self.listening = asyncio.get_running_loop().create_task(collect())

    async def call(self, gateway: WebRtcGateway) -> WebRtcIncomingCall:
        await self.connection.setLocalDescription(await self.connection.createOffer())
        local = self.connection.localDescription
        answer, call = await gateway.offer(local.sdp, local.type, "support", "127.0.0.1:5")
        await self.connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        return call

    async def close(self) -> None:
        await self.connection.close()
        if self.listening is not None:
            await self.listening


@pytest.fixture
async def gateway() -> AsyncIterator[WebRtcGateway]:
    made = WebRtcGateway(WebRtcSettings(ice_addresses=("127.0.0.1",)), MediaSettings(), LoopClock())
    yield made
    await made.stop()


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    made = Client()
    yield made
    await made.close()


class Talk:
    """Drives a leg by a ticker: says a tone, keeps what it hears."""

    def __init__(self, leg: Leg, frequency_hz: float = 440.0) -> None:
        self.leg = leg
        self.said = tone(frequency_hz, 50, leg.rate_hz)
        self.heard: list[AudioFrame] = []
        self.ticks = 0
        self.ticker = Ticker()
        self.ticker.add(self.tick)
        self.ticker.start()

    def tick(self) -> None:
        size = self.leg.rate_hz // 50
        frame = self.leg.read(20 * self.ticks)
        if frame is not None:
            self.heard.append(frame)
        at = (self.ticks % 50) * size
        self.leg.write(AudioFrame(self.said[at : at + size], self.leg.rate_hz, 20 * self.ticks))
        self.ticks += 1


def as_port(call: WebRtcIncomingCall) -> IncomingCall:
    """The type checker proves that the protocol is met."""
    return call


async def test_when_a_browser_calls_then_both_hear_each_other_and_no_thread_is_started(
    gateway: WebRtcGateway, client: Client
) -> None:
    threads = {thread.name for thread in threading.enumerate()}
    call = await client.call(gateway)
    assert (call.offer.transport, call.offer.called, call.offer.remote) == ("webrtc", "support", "127.0.0.1:5")
    leg = await as_port(call).answer()
    assert (leg.codec, leg.rate_hz) == ("OPUS", 48_000)
    ours = [t.name for t in threading.enumerate() if t.name not in threads and t.name == "audio-decoder"]
    talk = Talk(leg)
    await asyncio.sleep(2.0)
    talk.ticker.stop()
    assert usual_level_of(700, [frame.samples for frame in talk.heard[40:]]) == pytest.approx(8000, rel=0.15)
    assert sum(frame.concealed for frame in talk.heard[40:]) <= 10
    assert usual_level_of(440, client.heard[40:]) == pytest.approx(8000, rel=0.15)
    # The client's own aiortc decodes in a thread; ours does not.
    assert len(ours) <= 1
    quality = call.leg.quality()
    assert quality is not None
    assert quality.lost == 0
    assert quality.received > 80


async def test_when_media_flows_then_aioice_is_not_asked_whether_it_is_stun(
    gateway: WebRtcGateway, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[object, int]] = []
    receive = StunProtocol.datagram_received

    def datagram_received(protocol: StunProtocol, data: bytes, address: tuple[Any, ...]) -> None:
        asked.append((protocol.receiver, data[0]))
        receive(protocol, data, address)

    monkeypatch.setattr(StunProtocol, "datagram_received", datagram_received)
    call = await client.call(gateway)
    leg = await as_port(call).answer()
    before = len(asked)
    talk = Talk(leg)
    await eventually(lambda: len(client.heard) > 40 and sum(not frame.concealed for frame in talk.heard) > 40)
    media = [who for who, first in asked[before:] if first in range(128, 192)]
    assert media, "the client, which is aiortc alone, asks"
    assert len({id(who) for who in media}) == 1
    talk.ticker.stop()
    await leg.hang_up()


async def test_when_pages_are_wideband_then_both_hear_each_other_and_the_answer_asks_for_no_more(
    client: Client,
) -> None:
    settings = WebRtcSettings(ice_addresses=("127.0.0.1",), opus_rate_hz=16_000)
    gateway = WebRtcGateway(settings, MediaSettings(), LoopClock())
    leg = await (await client.call(gateway)).answer()
    assert (leg.codec, leg.rate_hz) == ("OPUS", 16_000)
    assert client.connection.remoteDescription.sdp.count("maxplaybackrate=16000;useinbandfec=1") == 1
    talk = Talk(leg)
    await asyncio.sleep(2.0)
    talk.ticker.stop()
    assert usual_level_of(700, [frame.samples for frame in talk.heard[40:]]) == pytest.approx(8000, rel=0.15)
    assert usual_level_of(440, client.heard[40:]) == pytest.approx(8000, rel=0.15)
    await gateway.stop()


async def test_when_the_browser_leaves_then_the_leg_ends_with_hung_up(gateway: WebRtcGateway, client: Client) -> None:
    leg = await (await client.call(gateway)).answer()
    events: list[LegEvent] = []
    leg.on_event(events.append)
    await client.close()
    await eventually(lambda: not gateway.sessions)
    assert events == [LegEnded(reason="hung_up")]


async def test_when_we_hang_up_then_the_browser_hears_of_it(gateway: WebRtcGateway, client: Client) -> None:
    leg = await (await client.call(gateway)).answer()
    events: list[LegEvent] = []
    leg.on_event(events.append)
    await leg.hang_up()
    await leg.hang_up()
    await eventually(lambda: client.connection.connectionState == "closed")
    assert events == [LegEnded(reason="local")]
    leg.write(AudioFrame(tone(440, 1, 48_000), 48_000, 0))
    assert leg.read(0) is None


async def test_when_a_page_leaves_just_as_it_connects_then_nobody_asks_for_its_consent_for_ever(
    gateway: WebRtcGateway, client: Client
) -> None:
    call = await client.call(gateway)
    await call.answer()
    ice = call.leg._way.peer._ice
    close = ice.close

    async def connect_after_all() -> None:
        """Do as aioice 0.13 in that moment."""
        await close()
        ice._query_consent_task = asyncio.get_running_loop().create_task(ice.query_consent())

    ice.close = connect_after_all
    await call.leg.hang_up()
    await asyncio.sleep(0)
    assert ice._query_consent_task.done()


async def test_when_the_call_is_rejected_then_the_browser_is_disconnected(
    gateway: WebRtcGateway, client: Client
) -> None:
    call = await client.call(gateway)
    await call.leg.wait_connected()
    call.reject(486, "Busy Here")
    await eventually(lambda: not gateway.sessions and client.connection.connectionState == "closed")
    with pytest.raises(CallCentreError) as gone:
        await call.answer()
    assert gone.value.code == "call.gone"


async def test_when_the_browser_leaves_while_it_rings_then_the_call_is_cancelled(
    gateway: WebRtcGateway, client: Client
) -> None:
    call = await client.call(gateway)
    cancelled: list[bool] = []
    call.on_cancel(lambda: cancelled.append(True))
    call.ring()
    await call.leg.wait_connected()
    await client.close()
    await eventually(lambda: bool(cancelled))
    assert cancelled == [True]


async def test_when_the_browser_never_connects_then_the_call_is_cancelled_in_time(client: Client) -> None:
    gateway = WebRtcGateway(WebRtcSettings(ice_addresses=("127.0.0.1",), connect_ms=300), MediaSettings(), LoopClock())
    await client.connection.setLocalDescription(await client.connection.createOffer())
    local = client.connection.localDescription
    _, call = await gateway.offer(local.sdp, local.type, "support", "")
    with pytest.raises(CallCentreError) as gone:
        await call.answer()
    assert gone.value.code == "call.gone"
    await gateway.stop()
    assert gateway.sessions == 0


async def test_when_a_key_is_pressed_on_the_page_then_it_is_heard(gateway: WebRtcGateway, client: Client) -> None:
    call = await client.call(gateway)
    leg = await call.answer()
    call.leg.deliver_digit("5", 100)
    events: list[LegEvent] = []
    leg.on_event(events.append)
    assert events == [DigitHeard(digit="5", duration_ms=100)]


@pytest.mark.parametrize("sdp", ["", "hello", "v=0\r\n", "v=0\r\no=- 1 1 IN IP4 0\r\ns=-\r\nm=audio x y z\r\n"])
async def test_when_the_offer_is_garbage_then_the_sentence_says_so_and_nothing_is_left(
    gateway: WebRtcGateway, sdp: str
) -> None:
    with pytest.raises(CallCentreError) as bad:
        await gateway.offer(sdp, "offer", "support", "")
    assert bad.value.code in ("webrtc.bad_offer", "webrtc.no_audio")
    assert bad.value.fault == "peer"
    assert gateway.sessions == 0


async def test_when_there_is_no_microphone_then_the_sentence_says_what_is_missing(gateway: WebRtcGateway) -> None:
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    connection.addTransceiver("audio", "recvonly")
    await connection.setLocalDescription(await connection.createOffer())
    with pytest.raises(CallCentreError, match="microphone"):
        await gateway.offer(connection.localDescription.sdp, "offer", "support", "")
    await connection.close()


async def test_when_all_sessions_are_taken_then_another_is_refused_for_now(client: Client) -> None:
    gateway = WebRtcGateway(WebRtcSettings(max_sessions=0), MediaSettings(), LoopClock())
    with pytest.raises(CallCentreError) as full:
        await client.call(gateway)
    assert (full.value.code, full.value.retryable) == ("webrtc.full", True)
