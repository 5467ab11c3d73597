"""The process that takes the bench's calls: only its CPU is counted.

Each call has what a call in service has: jitter buffer, concealment, RTCP, a conference with a 16 kHz bot that speaks
all the time, and a recorder. The twin `serve_aiortc` answers browsers with aiortc's own sender and receiver.
"""

from __future__ import annotations

import asyncio
import contextlib
import fractions
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from bench.call_wire import Wire
from calls.audio import SPEECH_RATE_HZ, AudioFrame, Samples
from calls.ports import IncomingCall, Leg
from records.recording import Recorder, RecordingThread
from service.clock import SystemClock
from telephony.conference import Conference
from telephony.gateway import SipGateway
from telephony.media_settings import MediaSettings
from telephony.net.outbox import Beat, Outbox
from telephony.net.punctual import make_punctual
from telephony.net.rtp_leg import RtpLeg, RtpMediaFactory
from telephony.net.ticker import Ticker
from telephony.quality import MediaQuality
from telephony.sip_leg import SipLeg
from telephony.sip_settings import SipSettings
from telephony.webrtc.gateway import WebRtcGateway
from telephony.webrtc.leg import WebRtcLeg
from telephony.webrtc.settings import WebRtcSettings

SERVER_PORTS = (46_000, 48_999)
"""RTP ports of the server."""

_LOOPBACK = "127.0.0.1"


def speechlike(seconds: int, rate_hz: int, speaker: int = 0) -> Samples:
    """Return harmonics of 120 Hz in syllables and pauses: as hard on codecs and mixers as speech.

    Each speaker has syllables of its own, or the echo guard would rightly take one for the echo of the other.
    """
    generator = np.random.default_rng(speaker)
    at = np.arange(seconds * rate_hz) / rate_hz
    sound = sum(np.sin(2 * np.pi * 120 * n * at + n) / n for n in range(1, 13))
    ends = np.cumsum(generator.uniform(0.08, 0.3, seconds * 20))
    loudness = generator.uniform(0.2, 1.0, len(ends)) * (generator.random(len(ends)) < 0.8)
    envelope = loudness[np.searchsorted(ends, at, side="right").clip(max=len(ends) - 1)]
    return np.asarray(4000 * sound * envelope).astype(np.int16)


class Talker:
    """A bot that never stops."""

    def __init__(self, samples: Samples) -> None:
        """Say `samples` (16 kHz) in a loop."""
        self._samples = samples
        self._at = 0

    def read(self, t_ms: int) -> AudioFrame:
        """Return the next frame."""
        size = SPEECH_RATE_HZ // 50
        frame = self._samples[self._at : self._at + size]
        self._at = (self._at + size) % len(self._samples)
        return AudioFrame(frame, SPEECH_RATE_HZ, t_ms)


class _House:
    """The calls of one run."""

    def __init__(self, folder: Path) -> None:
        self.clock = SystemClock()
        self.ticker = Ticker()
        self.legs: list[Leg] = []
        self.recorders: list[Recorder] = []
        self.tasks: set[asyncio.Task[None]] = set()
        self._speech = speechlike(37, SPEECH_RATE_HZ)
        self._recordings = RecordingThread(folder)
        self._recordings.start()
        make_punctual()
        self.ticker.start()

    def take(self, call: IncomingCall) -> None:
        """Answer in the background."""
        task = asyncio.get_running_loop().create_task(self._answer(call))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _answer(self, call: IncomingCall) -> None:
        leg = await call.answer()
        conference = Conference(self.ticker, str(leg.leg_id))
        recorder = self._recordings.open(f"{leg.leg_id}.wav", 8000, caller_id="caller", on_trouble=lambda _: None)
        conference.tap(recorder)
        conference.add("caller", "caller", leg, leg, leg.rate_hz)
        conference.add("bot", "bot", Talker(self._speech), None, SPEECH_RATE_HZ)
        leg.on_event(lambda _: conference.close())
        self.legs.append(leg)
        self.recorders.append(recorder)

    def qualities(self) -> list[MediaQuality]:
        """Return the quality of every leg."""
        found = []
        for leg in self.legs:
            quality = None
            if isinstance(leg, SipLeg) and isinstance(leg.media, RtpLeg):
                quality = leg.media.quality()
            elif isinstance(leg, WebRtcLeg):
                quality = leg.quality()
            if quality is not None:
                found.append(quality)
        return found

    async def close(self) -> None:
        """Hang up and finish the recordings."""
        for leg in self.legs:
            await leg.hang_up()
        self.ticker.stop()
        await asyncio.get_running_loop().run_in_executor(None, self._recordings.stop)


async def _measure(wire: Wire, seconds: int) -> None:
    """Answer `measure`: CPU seconds of this process in each of `seconds` seconds."""
    spent = []
    for _ in range(seconds):
        cpu, wall = time.process_time(), time.monotonic()
        await asyncio.sleep(1.0)
        spent.append((time.process_time() - cpu, time.monotonic() - wall))
    wire.send("measured", spent)


def serve_sip(connection: Connection) -> None:
    """Take SIP calls on a free port; the first message names it."""
    asyncio.run(_serve_sip(connection))


async def _serve_sip(connection: Connection) -> None:
    wire = Wire(connection)
    with tempfile.TemporaryDirectory() as folder:
        house = _House(Path(folder))
        media = MediaSettings(bind_host=_LOOPBACK, port_min=SERVER_PORTS[0], port_max=SERVER_PORTS[1])
        factory = RtpMediaFactory(media, house.clock, Outbox(Beat()))
        gateway = SipGateway(SipSettings(listen=f"{_LOOPBACK}:0"), house.clock, factory, house.take)
        await gateway.start()
        wire.send("ready")
        wire.send("port", gateway.listen_address[1])
        with contextlib.suppress(EOFError):
            await _serve(wire, house)
        await house.close()
        await gateway.stop()


def serve_webrtc(connection: Connection) -> None:
    """Take offers by message and answer them by our gateway."""
    asyncio.run(_serve_webrtc(connection))


async def _serve_webrtc(connection: Connection) -> None:
    wire = Wire(connection)
    with tempfile.TemporaryDirectory() as folder:
        house = _House(Path(folder))
        settings = WebRtcSettings(ice_addresses=(_LOOPBACK,), max_sessions=1000, opus_rate_hz=16_000)
        gateway = WebRtcGateway(settings, MediaSettings(), house.clock, Outbox(Beat()))
        wire.send("ready")

        async def answer(sdp: str) -> str:
            answered, call = await gateway.offer(sdp, "offer", "bench", _LOOPBACK)
            house.take(call)
            return answered

        with contextlib.suppress(EOFError):
            await _serve(wire, house, answer)
        await house.close()
        await gateway.stop()


async def _serve(wire: Wire, house: _House, answer: Any = None) -> None:
    while True:
        kind, *rest = await wire.receive()
        if kind == "measure":
            await _measure(wire, rest[0])
        elif kind == "look":
            wire.send("seen", sum(quality.lost for quality in house.qualities()))
        elif kind == "offer":
            wire.send("answer", await answer(rest[0]))
        elif kind == "finish":
            wire.send("finished", house.qualities(), house.ticker.stats())
            return


def serve_aiortc(connection: Connection) -> None:
    """Answer offers with aiortc alone: its sender with a track of speech, its receiver drained."""
    asyncio.run(_serve_aiortc(connection))


async def _serve_aiortc(connection: Connection) -> None:
    from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
    from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

    from bench.call_probes import use_loopback

    speech = np.repeat(speechlike(5, 48_000), 2)

    class Track(MediaStreamTrack):
        kind = "audio"

        def __init__(self) -> None:
            super().__init__()
            self._frames = 0
            self._began_s: float | None = None

        async def recv(self) -> Any:
            import av

            loop = asyncio.get_running_loop()
            self._began_s = self._began_s or loop.time()
            await asyncio.sleep(max(0.0, self._began_s + self._frames * 0.020 - loop.time()))
            at = self._frames * 1920 % len(speech)
            frame = av.AudioFrame.from_ndarray(speech[None, at : at + 1920], format="s16", layout="stereo")
            frame.sample_rate, frame.pts = 48_000, self._frames * 960
            frame.time_base = fractions.Fraction(1, 48_000)
            self._frames += 1
            return frame

    wire = Wire(connection)
    connections: list[Any] = []
    tasks: set[asyncio.Task[None]] = set()

    async def drain(track: Any) -> None:
        with contextlib.suppress(MediaStreamError):
            while True:
                await track.recv()

    def listen(track: Any) -> None:
        task = asyncio.get_running_loop().create_task(drain(track))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    wire.send("ready")
    with contextlib.suppress(EOFError):
        while True:
            kind, *rest = await wire.receive()
            if kind == "measure":
                await _measure(wire, rest[0])
            elif kind == "offer":
                peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
                peer.on("track", listen)
                peer.addTrack(Track())
                use_loopback(peer)
                await peer.setRemoteDescription(RTCSessionDescription(rest[0], "offer"))
                await peer.setLocalDescription(await peer.createAnswer())
                connections.append(peer)
                wire.send("answer", peer.localDescription.sdp)
            elif kind == "look":
                wire.send("seen", 0)
            elif kind == "finish":
                wire.send("finished", [], None)
                break
    for peer in connections:
        await peer.close()
