"""A browser's leg: Opus over DTLS-SRTP, the same jitter buffer and ticker as on the telephone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from calls.audio import AudioFrame
from calls.ids import LegId
from calls.ports import Clock, DigitHeard, LegEnded, LegEvent
from telephony.media_settings import MediaSettings
from telephony.net.media_stream import EventKeeper, MediaStream
from telephony.quality import MediaQuality
from telephony.webrtc.peer import Agreed, Peer
from telephony.webrtc.settings import WebRtcSettings


class WebRtcLeg:
    """Implements `calls.ports.Leg`; exists from the offer on, silent until the browser is connected."""

    def __init__(self, leg_id: LegId, settings: WebRtcSettings, media: MediaSettings, clock: Clock) -> None:
        """Prepare the connection; `answer_offer` opens it. Needs a running event loop."""
        self._leg_id = leg_id
        self._clock = clock
        self._media = media
        self._events = EventKeeper(leg_id)
        self._stream: MediaStream | None = None
        self._connected = asyncio.Event()
        self._ended = asyncio.Event()
        self._peer = Peer(settings, self, leg_id)

    @property
    def leg_id(self) -> LegId:
        """Unique name."""
        return self._leg_id

    @property
    def codec(self) -> str:
        """Name of the codec in use; before the browser is connected the one most wanted."""
        return self._stream.codec.name if self._stream is not None else "OPUS"

    @property
    def rate_hz(self) -> int:
        """Native rate of `read` and of what `write` takes: 48000 with Opus."""
        return self._stream.codec.rate_hz if self._stream is not None else 48_000

    @property
    def ended(self) -> bool:
        """True when nothing will come any more."""
        return self._ended.is_set()

    async def wait_connected(self) -> bool:
        """Wait until media can flow; False when the leg ended before."""
        await self._connected.wait()
        return not self._ended.is_set()

    async def wait_ended(self) -> None:
        """Wait until the leg has ended, whoever ended it."""
        await self._ended.wait()

    def on_event(self, listener: Callable[[LegEvent], None]) -> None:
        """Call `listener` for each event; events before this call are kept for it."""
        self._events.listen(listener)

    def read(self, t_ms: int) -> AudioFrame | None:
        """Return what the browser said in the tick at `t_ms`; None while not connected."""
        return self._stream.read(t_ms) if self._stream is not None else None

    def write(self, frame: AudioFrame) -> None:
        """Send one tick of sound to the browser."""
        if self._stream is not None:
            self._stream.write(frame)

    def deliver_digit(self, digit: str, duration_ms: int) -> None:
        """Report a key that the visitor pressed on the page."""
        if not self.ended:
            self._events.tell(DigitHeard(digit=digit, duration_ms=duration_ms))

    def quality(self) -> MediaQuality | None:
        """Return how good the media was until now; None when the browser never connected."""
        return self._stream.quality() if self._stream is not None else None

    async def answer_offer(self, sdp: str, kind: str) -> str:
        """Return the answer to the browser's offer.

        Raises:
            CallCentreError: what `Peer.answer` raises.
        """
        return await self._peer.answer(sdp, kind)

    async def hang_up(self) -> None:
        """End the leg from our side; idempotent."""
        await self.end("local")

    async def end(self, reason: str) -> None:
        """Close the connection and report the reason, if the leg has not ended yet."""
        self._finish(reason)
        await self._peer.close()

    def connected(self, agreed: Agreed) -> None:
        """Called by the peer: media may flow."""
        stream = MediaStream(self._events, self._media, self._clock, self._peer.send, self._peer.send, ssrc=agreed.ssrc)
        stream.use(agreed.codec, agreed.payload_type, None)
        self._stream = stream
        self._connected.set()

    def rtp_arrived(self, data: bytes) -> None:
        """Called by the peer: one decrypted RTP packet."""
        packet = self._stream.parse(data) if self._stream is not None else None
        if self._stream is not None and packet is not None:
            self._stream.take_rtp(packet, self._clock.now_ms())

    def rtcp_arrived(self, data: bytes) -> None:
        """Called by the peer: one decrypted RTCP packet."""
        if self._stream is not None:
            self._stream.take_rtcp(data, self._clock.now_ms())

    def disconnected(self, reason: str) -> None:
        """Called by the peer: the connection is gone."""
        self._finish(reason)

    def _finish(self, reason: str) -> None:
        if self.ended:
            return
        self._ended.set()
        self._connected.set()
        if self._stream is not None:
            self._stream.close()
        self._events.tell(LegEnded(reason=reason))
