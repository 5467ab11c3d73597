"""Callers that cost little: they send ready-made packets on a tick and note when each packet arrives."""

from __future__ import annotations

import asyncio
import itertools
import secrets
import socket
import struct
from collections.abc import Callable
from typing import Any

from calls.audio import AudioFrame, Samples
from calls.ids import LegId
from calls.ports import Clock, LegEvent
from telephony.codecs import AudioCodec, make_codec
from telephony.media_port import MediaDirection
from telephony.net.rtp_ports import PortPair, PortPool
from telephony.rtp.dtls_terms import Keying
from telephony.rtp.packet import RtpPacket, RtpParseError, is_rtcp, parse_rtp
from telephony.rtp.sender import RtpSender
from telephony.rtp.sequence import SourceTracker

_SO_TIMESTAMPNS = 35
"""Asks Linux when it received a datagram, so that our own lateness does not count. Source: socket(7)."""

_TIMESPEC = struct.Struct("qq")


class Arrivals:
    """When the packets of one stream came, and which never did."""

    def __init__(self) -> None:
        """Nothing came yet."""
        self.times_ms: list[float] = []
        self._tracker = SourceTracker(8000)

    def note(self, packet: RtpPacket, at_ms: float) -> None:
        """Take the arrival of one packet."""
        self._tracker.judge(packet)
        self.times_ms.append(at_ms)

    @property
    def lost(self) -> int:
        """Packets that never came."""
        return self._tracker.lost

    def spacings_ms(self, since_ms: float) -> list[float]:
        """Return the gaps between successive packets that came after `since_ms`."""
        times = [time_ms for time_ms in self.times_ms if time_ms >= since_ms]
        return [after - before for before, after in itertools.pairwise(times)]


class ProbeLeg:
    """A `telephony.media_port.MediaLeg` for the calling side: sends a loop of frames, decodes nothing."""

    def __init__(self, pair: PortPair, samples: Samples, release: Callable[[PortPair], None]) -> None:
        """Take over a bound pair."""
        self.arrivals = Arrivals()
        self._leg_id = LegId(f"probe-{pair.port}")
        self._pair = pair
        self._samples = samples
        self._at = 0
        self._release = release
        self._codec: AudioCodec = make_codec("PCMU")
        self._target: tuple[str, int] | None = None
        self._sender = RtpSender(ssrc=secrets.randbits(32), sequence=secrets.randbits(16), timestamp=0)
        self._open = True
        pair.rtp.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(pair.rtp.fileno(), self._arrived)

    @property
    def leg_id(self) -> LegId:
        """Unique name."""
        return self._leg_id

    @property
    def local_port(self) -> int:
        """Bound port."""
        return self._pair.port

    @property
    def codec(self) -> str:
        """Codec in use."""
        return self._codec.name

    @property
    def rate_hz(self) -> int:
        """Its rate."""
        return self._codec.rate_hz

    def read(self, t_ms: int) -> AudioFrame | None:  # noqa: ARG002 - the protocol's signature
        """Give nothing: arrivals are only noted."""
        return None

    def write(self, frame: AudioFrame) -> None:
        """Take nothing: `send` has its own sound."""

    def on_event(self, listener: Callable[[LegEvent], None]) -> None:
        """Tell nothing."""

    def connect(
        self,
        remote_host: str,
        remote_port: int,
        codec: str,
        payload_type: int,
        dtmf_payload_type: int | None,
        *,
        crypto: Keying | None = None,  # noqa: ARG002 - the bench offers plain RTP
        fmtp: str = "",
    ) -> None:
        """Begin to send."""
        self._codec = make_codec(codec, fmtp=fmtp)
        self._sender.use(self._codec, payload_type, dtmf_payload_type)
        self._target = (remote_host, remote_port)

    def set_direction(self, direction: MediaDirection) -> None:
        """Follow nothing: the bench never holds."""

    def send_digit(self, digit: str, duration_ms: int) -> bool:
        """Press no key."""
        del digit, duration_ms
        return False

    def deliver_digit(self, digit: str, duration_ms: int) -> None:
        """Take no keys."""

    def send(self) -> None:
        """Send one frame; called each tick."""
        if self._target is None or not self._open:
            return
        size = self._codec.rate_hz // 50
        frame = self._samples[self._at : self._at + size]
        self._at = (self._at + size) % len(self._samples)
        for datagram in self._sender.frame(frame):
            self._pair.rtp.sendto(datagram, self._target)

    def close(self) -> None:
        """Release the ports."""
        if self._open:
            self._open = False
            self._loop.remove_reader(self._pair.rtp.fileno())
            self._release(self._pair)

    def _arrived(self) -> None:
        while self._open:
            try:
                data, ancillary, _, _ = self._pair.rtp.recvmsg(2048, 64)
            except BlockingIOError:
                return
            for level, kind, value in ancillary:
                if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS:
                    seconds, nanoseconds = _TIMESPEC.unpack(value[: _TIMESPEC.size])
                    self.arrivals.note(parse_rtp(data), seconds * 1000 + nanoseconds / 1e6)


class ProbeFactory:
    """Makes probe legs."""

    def __init__(self, port_min: int, port_max: int, samples: Samples, clock: Clock) -> None:
        """Use ports of this range on loopback."""
        self.legs: list[ProbeLeg] = []
        self._pool = PortPool("127.0.0.1", port_min, port_max, 0, clock)
        self._samples = samples

    async def open(self) -> ProbeLeg:
        """Bind a pair."""
        leg = ProbeLeg(self._pool.take(), self._samples, self._pool.give_back)
        self.legs.append(leg)
        return leg


def use_loopback(connection: Any) -> None:
    """Make a peer connection of aiortc gather on loopback, which aioice skips."""
    for transceiver in connection.getTransceivers():
        ice = transceiver.sender.transport.transport.iceGatherer._connection  # noqa: SLF001 - no public way
        gather = ice.get_component_candidates

        async def on_loopback(
            component: int,
            addresses: list[str],  # noqa: ARG001 - replaced
            timeout: int = 5,  # noqa: ASYNC109 - aioice's signature
            gather: Any = gather,
        ) -> Any:
            return await gather(component=component, addresses=["127.0.0.1"], timeout=timeout)

        ice.get_component_candidates = on_loopback


class BrowserProbe:
    """A browser without codecs: aiortc connects, ready-made packets go out, arrivals are noted."""

    def __init__(self, payloads: list[bytes], codec: AudioCodec) -> None:
        """Send `payloads` of `codec` in a loop."""
        from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender

        self.arrivals = Arrivals()
        self.connected = asyncio.Event()
        self._payloads = payloads
        self._sent = 0
        self._loop = asyncio.get_running_loop()
        self._connection: Any = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._transceiver: Any = self._connection.addTransceiver("audio", "sendrecv")
        known = RTCRtpSender.getCapabilities("audio").codecs
        self._transceiver.setCodecPreferences([each for each in known if each.name.upper() == codec.name])
        self._units = codec.clock_rate_hz // 50
        self._sender: RtpSender | None = None
        self._send_rtp: Any = None
        self._payload_type = 0
        self._ssrc = 0
        self._sequence = secrets.randbits(16)

    async def offer(self) -> str:
        """Return an offer with candidates."""

        async def nothing(_parameters: Any) -> None:
            return

        async def ready(parameters: Any) -> None:
            self._payload_type, self._ssrc = parameters.codecs[0].payloadType, parameters.rtcp.ssrc
            self._send_rtp = self._transceiver.sender.transport._send_rtp  # noqa: SLF001 - as telephony.webrtc.peer
            self.connected.set()

        async def take(data: bytes, arrival_time_ms: int) -> None:  # noqa: ARG001 - aiortc's signature
            self._take(data)

        self._transceiver.receiver.receive = nothing
        self._transceiver.sender.send = ready
        self._transceiver.sender.transport._handle_rtp_data = take  # noqa: SLF001 - as telephony.webrtc.peer
        use_loopback(self._connection)
        await self._connection.setLocalDescription(await self._connection.createOffer())
        sdp: str = self._connection.localDescription.sdp
        return sdp

    async def accept(self, answer: str) -> None:
        """Take the answer; `connected` is set when media can flow."""
        from aiortc import RTCSessionDescription

        await self._connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def send(self) -> None:
        """Send one packet; called each tick."""
        from telephony.rtp.packet import build_rtp

        if self._send_rtp is None:
            return
        payload = self._payloads[self._sent % len(self._payloads)]
        packet = RtpPacket(
            self._payload_type, self._sequence + self._sent, self._sent * self._units, self._ssrc, payload
        )
        self._sent += 1
        await self._send_rtp(build_rtp(packet))

    def vanish(self) -> None:
        """Fall silent, sockets and all, and tell nobody; `close` follows."""
        self._send_rtp = None
        ice = self._transceiver.sender.transport.transport._connection  # noqa: SLF001 - no public way
        for protocol in ice._protocols:  # noqa: SLF001 - the same
            protocol.transport.close()

    async def close(self) -> None:
        """Close the connection."""
        from telephony.webrtc.peer import forget_consent

        self._send_rtp = None
        await self._connection.close()
        forget_consent(self._transceiver.sender.transport.transport._connection)  # noqa: SLF001 - no public way

    def _take(self, data: bytes) -> None:
        if is_rtcp(data):
            return
        try:
            self.arrivals.note(parse_rtp(data), self._loop.time() * 1000)
        except RtpParseError:
            return
