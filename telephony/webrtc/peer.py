"""With `gathering` the only place that reaches into aiortc: one peer connection whose packets are ours.

aiortc negotiates (SDP, ICE, DTLS) and keeps the SRTP keys. Its receiver (a thread a track, a jitter buffer that
releases only on arrival) and its sender (a task that pulls a track) are never started: their `receive` and `send` are
replaced on the instances, and decrypted RTP and RTCP are taken where the DTLS transport would hand them to its router.
Checked against aiortc 1.16; `tests/telephony/webrtc` fails when a release moves these doors.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Any, Protocol

from aiortc import RTCConfiguration, RTCIceServer, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.exceptions import InternalError, InvalidAccessError, InvalidStateError, OperationError
from aiortc.rtcconfiguration import RTCBundlePolicy

from calls.errors import CallCentreError
from telephony.webrtc.gathering import Gathering
from telephony.webrtc.settings import WebRtcSettings

logger = logging.getLogger(__name__)

_CODECS = ("audio/opus", "audio/PCMU", "audio/PCMA")
"""Most wanted first."""

_QUEUE = 50
"""Packets that may wait for a carrier that blocks (TURN): one second. The oldest are dropped."""

_FAREWELL_S = 0.5
"""How long the last packets may take on `close`."""

_BAD_OFFER = (
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    AssertionError,
    InternalError,
    InvalidAccessError,
    InvalidStateError,
    OperationError,
)
"""What aiortc raises on descriptions that it cannot use."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the negotiation settled for our sender."""

    codec: str
    payload_type: int
    ssrc: int


class PeerListener(Protocol):
    """Told on the event loop; must return at once."""

    def connected(self, agreed: Agreed) -> None:
        """ICE and DTLS are up: media may flow."""
        ...

    def rtp_arrived(self, data: bytes) -> None:
        """A decrypted RTP packet."""
        ...

    def rtcp_arrived(self, data: bytes) -> None:
        """A decrypted RTCP packet."""
        ...

    def disconnected(self, reason: str) -> None:
        """The connection is gone for good: `hung_up`, `media_lost` or `transport_error`. Told once."""
        ...


class Peer:
    """One browser's connection."""

    def __init__(self, settings: WebRtcSettings, listener: PeerListener, name: str, ssrc: int | None = None) -> None:
        """Prepare a connection. Needs a running event loop.

        Args:
            settings: Section `[telephony.webrtc]`.
            listener: Told what happens.
            name: For logs.
            ssrc: Of our stream, when it goes on from an earlier connection.
        """
        servers = [
            RTCIceServer(urls=list(server.urls), username=server.username, credential=server.credential)
            for server in settings.ice_servers
        ]
        self._connection = RTCPeerConnection(
            RTCConfiguration(iceServers=servers, bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        )
        self._settings = settings
        self._listener = listener
        self._name = name
        self._ssrc = ssrc
        self._gathering: Gathering | None = None
        self._transport: Any = None
        self._ended = False
        self._outgoing: asyncio.Queue[bytes | None] = asyncio.Queue(_QUEUE)
        self._dropped = 0
        self._sending: asyncio.Task[None] | None = None
        self._connection.on("connectionstatechange", self._state_changed)

    async def answer(self, sdp: str, kind: str) -> str:
        """Take an offer and return the answer's SDP, with the candidates that are there at once.

        Raises:
            CallCentreError: `webrtc.bad_offer`, `webrtc.no_audio`.
        """
        try:
            transceiver = self._connection.addTransceiver("audio", "sendrecv")
            transceiver.setCodecPreferences(_preferences())
            await self._connection.setRemoteDescription(RTCSessionDescription(sdp, kind))
            if transceiver.mid is None or transceiver._offerDirection != "sendrecv":  # noqa: SLF001 - no public twin
                raise CallCentreError(
                    "webrtc.no_audio", "The offer has no sound both ways; the page must add a microphone.", fault="peer"
                )
            for each in self._connection.getTransceivers():
                self._take_over(each, main=each is transceiver)
            await self._connection.setLocalDescription()
        except _BAD_OFFER as error:
            logger.info("an offer could not be used", extra={"leg_id": self._name, "error": type(error).__name__})
            raise CallCentreError(
                "webrtc.bad_offer", "The session description could not be used as an offer.", fault="peer"
            ) from error
        answer: str = self._connection.localDescription.sdp
        if self._gathering is not None:
            self._gathering.follow_up()
        if not self.candidates()[1]:
            answer = answer.replace("a=end-of-candidates\r\n", "")
        return answer

    async def add_candidate(self, line: str | None) -> None:
        """Take a candidate of the browser, None for their end.

        Raises:
            CallCentreError: `webrtc.bad_candidate`.
        """
        if self._gathering is not None and not self._ended:
            await self._gathering.add_remote(line)

    def candidates(self) -> tuple[list[str], bool]:
        """Return our candidates that the answer did not have, and whether these are all."""
        return (list(self._gathering.ours), self._gathering.complete) if self._gathering is not None else ([], True)

    def send(self, data: bytes) -> None:
        """Encrypt and send RTP or RTCP; the oldest waiting packet gives way when the carrier is stuck."""
        self._enqueue(data)

    async def close(self) -> None:
        """Close the connection; the browser is told by DTLS. Idempotent, nothing is told to the listener."""
        self._ended = True
        if self._gathering is not None:
            self._gathering.stop()
        sending, self._sending = self._sending, None
        if sending is not None:
            self._enqueue(None)
            await asyncio.wait({sending}, timeout=_FAREWELL_S)
            sending.cancel()
        await self._connection.close()

    def _enqueue(self, data: bytes | None) -> None:
        if self._outgoing.full():
            self._outgoing.get_nowait()
            self._dropped += 1
        self._outgoing.put_nowait(data)

    def _take_over(self, transceiver: Any, *, main: bool) -> None:
        """Keep aiortc's own sender and receiver from ever starting."""

        async def receive(_parameters: Any) -> None:
            return

        async def send(parameters: Any) -> None:
            if main:
                codec = parameters.codecs[0]
                self._connected(Agreed(codec.name.upper(), codec.payloadType, parameters.rtcp.ssrc))

        transceiver.receiver.receive = receive
        transceiver.sender.send = send
        if not main:
            return
        transport = self._transport = transceiver.receiver.transport
        if self._ssrc is not None:
            transceiver.sender._ssrc = self._ssrc  # noqa: SLF001 - what the answer announces
        self._gathering = Gathering(transport, self._settings.ice_addresses, self._settings.gather_ms, self._name)

        async def take_rtp(data: bytes, arrival_time_ms: int) -> None:  # noqa: ARG001 - aiortc's signature
            if not self._ended:
                self._listener.rtp_arrived(data)

        async def take_rtcp(data: bytes) -> None:
            if not self._ended:
                self._listener.rtcp_arrived(data)

        transport._handle_rtp_data = take_rtp  # noqa: SLF001 - the door between decryption and aiortc's router
        transport._handle_rtcp_data = take_rtcp  # noqa: SLF001 - the same for RTCP

    def _connected(self, agreed: Agreed) -> None:
        if self._ended or self._sending is not None:
            return
        self._sending = asyncio.get_running_loop().create_task(self._send_all(), name=f"webrtc-send-{self._name}")
        self._listener.connected(agreed)

    async def _send_all(self) -> None:
        send = self._transport._send_rtp  # noqa: SLF001 - encrypts and sends; there is no public twin
        while True:
            data = await self._outgoing.get()
            if data is None:
                return
            try:
                await send(data)
            except ConnectionError:
                return

    def _state_changed(self) -> None:
        state = self._connection.connectionState
        if self._ended or state not in ("failed", "closed"):
            return
        self._ended = True
        ice_failed = self._connection.iceConnectionState == "failed" or (
            # DTLS tells of its end before ICE does, also when ICE was the reason.
            self._transport is not None and self._transport.transport._connection._closed  # noqa: SLF001 - aiortc's state comes too late
        )
        dtls_failed = self._transport is not None and self._transport.state == "failed"
        reason = "media_lost" if ice_failed else "transport_error" if dtls_failed else "hung_up"
        logger.info("a browser's connection ended", extra={"leg_id": self._name, "reason": reason})
        self._listener.disconnected(reason)


def _preferences() -> list[Any]:
    known = {codec.mimeType: codec for codec in RTCRtpSender.getCapabilities("audio").codecs}
    return [known[name] for name in _CODECS if name in known]
