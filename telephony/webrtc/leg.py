"""A browser's leg: Opus over DTLS-SRTP, the same jitter buffer and ticker as on the telephone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from calls.audio import AudioFrame
from calls.errors import CallCentreError
from calls.ids import LegId
from calls.ports import Clock, DigitHeard, LegBroken, LegEnded, LegEvent
from telephony.media_settings import MediaSettings
from telephony.net.media_stream import EventKeeper, MediaStream
from telephony.net.outbox import Outbox
from telephony.quality import MediaQuality, QualityReport
from telephony.webrtc.peer import Agreed, Peer
from telephony.webrtc.settings import WebRtcSettings

logger = logging.getLogger(__name__)


class _Way:
    """One connection of a leg. It listens to its peer and says who it is."""

    def __init__(self, leg: WebRtcLeg, settings: WebRtcSettings, outbox: Outbox, name: str, ssrc: int | None) -> None:
        self._leg = leg
        self.peer = Peer(settings, self, outbox, name, ssrc)

    def connected(self, agreed: Agreed) -> None:
        self._leg.way_connected(self, agreed)

    def rtp_arrived(self, data: bytes) -> None:
        self._leg.rtp_arrived(data)

    def rtcp_arrived(self, data: bytes) -> None:
        self._leg.rtcp_arrived(data)

    def disconnected(self, reason: str) -> None:
        self._leg.way_lost(self, reason)


class WebRtcLeg:
    """Implements `calls.ports.Leg`; exists from the offer on, silent until the browser is connected.

    A browser that changes its network opens a new connection by `answer_again`, and the leg goes on over it: same
    stream, same clock. While a connection that was up is broken, the leg waits `reconnect_ms` for the next one; what it
    writes then is lost, what it reads is concealed and then silent.

        ringing --connected--> up --lost--> broken --connected--> up
        ringing --lost--> ended             broken --reconnect_ms--> ended
        up --hung up, no next connection on its way--> ended
    """

    def __init__(
        self, leg_id: LegId, settings: WebRtcSettings, media: MediaSettings, clock: Clock, outbox: Outbox
    ) -> None:
        """Prepare the connection; `answer_offer` opens it. Needs a running event loop."""
        self._leg_id = leg_id
        self._clock = clock
        self._settings = settings
        self._outbox = outbox
        patience_ms = max(media.media_timeout_ms, settings.reconnect_ms) if media.media_timeout_ms else 0
        self._media = replace(media, media_timeout_ms=patience_ms)
        self._events = EventKeeper(leg_id)
        self._stream: MediaStream | None = None
        self._ssrc: int | None = None
        self._on_quality: Callable[[QualityReport], None] | None = None
        self._connected = asyncio.Event()
        self._ended = asyncio.Event()
        self._way = _Way(self, settings, outbox, leg_id, None)
        self._next: _Way | None = None
        self._ways_left: set[asyncio.Task[None]] = set()
        self._patience: asyncio.TimerHandle | None = None

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
        """Rate of `read` and of what `write` takes. Once connected it stays, over every connection."""
        return self._stream.rate_hz if self._stream is not None else self._settings.opus_rate_hz

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
        return self._stream.quality(self._way.peer.refused) if self._stream is not None else None

    def on_quality(self, listener: Callable[[QualityReport], None]) -> None:
        """Call `listener` with the quality of each `quality_every_ms`."""
        self._on_quality = listener
        if self._stream is not None:
            self._stream.on_quality(listener)

    async def answer_offer(self, sdp: str, kind: str) -> str:
        """Return the answer to the browser's offer.

        Raises:
            CallCentreError: what `Peer.answer` raises.
        """
        return await self._way.peer.answer(sdp, kind)

    async def answer_again(self, sdp: str, kind: str) -> str:
        """Return the answer to an offer from the browser's new network; the old connection serves until it is up.

        Raises:
            CallCentreError: `call.gone`, or what `Peer.answer` raises.
        """
        if self.ended or self._stream is None:
            raise CallCentreError("call.gone", "The call is over or never began.", fault="peer")
        way = _Way(self, self._settings, self._outbox, self._leg_id, self._ssrc)
        former, self._next = self._next, way
        if former is not None:
            self._leave(former)
        try:
            return await way.peer.answer(sdp, kind)
        except BaseException:
            if self._next is way:
                self._next = None
            self._leave(way)
            raise

    async def add_candidate(self, line: str | None) -> None:
        """Take a candidate for the newest connection, None for their end.

        Raises:
            CallCentreError: `webrtc.bad_candidate`.
        """
        await (self._next or self._way).peer.add_candidate(line)

    def candidates(self) -> tuple[list[str], bool]:
        """Return our candidates for the newest connection that its answer did not have, and whether these are all."""
        return (self._next or self._way).peer.candidates()

    async def hang_up(self) -> None:
        """End the leg from our side; idempotent."""
        await self.end("local")

    async def end(self, reason: str) -> None:
        """Close the connection and report the reason, if the leg has not ended yet."""
        self._finish(reason)
        ways = [self._way.peer.close(), *([self._next.peer.close()] if self._next is not None else ())]
        await asyncio.gather(*ways, *self._ways_left)

    def way_connected(self, way: _Way, agreed: Agreed) -> None:
        """Called by a connection: media may flow over it."""
        if self.ended:
            return
        if self._stop_waiting():
            self._events.tell(LegBroken(broken=False))
        if way is self._next:
            logger.info("a browser came back on another connection", extra={"leg_id": self._leg_id})
            former, self._way, self._next = self._way, way, None
            self._leave(former)
        if self._stream is None:
            self._ssrc = agreed.ssrc
            self._stream = MediaStream(self._events, self._media, self._clock, self._send, self._send, ssrc=agreed.ssrc)
            if self._on_quality is not None:
                self._stream.on_quality(self._on_quality)
        opus_rate_hz = self._settings.opus_rate_hz
        self._stream.use(agreed.codec, agreed.payload_type, None, fmtp=agreed.fmtp, opus_rate_hz=opus_rate_hz)
        self._connected.set()

    def way_lost(self, way: _Way, reason: str) -> None:
        """Called by a connection: it is gone for good."""
        if way is self._next:
            self._next = None
            self._leave(way)
        elif way is self._way and not self.ended:
            if self._stream is None or (reason == "hung_up" and self._next is None):
                self._finish(reason)
            elif self._patience is None:
                logger.info("a browser may come back", extra={"leg_id": self._leg_id, "reason": reason})
                wait_s = self._settings.reconnect_ms / 1000
                self._patience = asyncio.get_running_loop().call_later(wait_s, self._finish, reason)
                self._events.tell(LegBroken(broken=True))

    def _send(self, data: bytes) -> None:
        self._way.peer.send(data)

    def _leave(self, way: _Way) -> None:
        task = asyncio.get_running_loop().create_task(way.peer.close(), name=f"webrtc-leave-{self._leg_id}")
        self._ways_left.add(task)
        task.add_done_callback(self._ways_left.discard)

    def rtp_arrived(self, data: bytes) -> None:
        """Called by the peer: one decrypted RTP packet."""
        self._outbox.look()
        packet = self._stream.parse(data) if self._stream is not None else None
        if self._stream is not None and packet is not None:
            self._stream.take_rtp(packet, self._clock.now_ms())

    def rtcp_arrived(self, data: bytes) -> None:
        """Called by the peer: one decrypted RTCP packet."""
        if self._stream is not None:
            self._stream.take_rtcp(data, self._clock.now_ms())

    def _stop_waiting(self) -> bool:
        """Wait no longer for the browser; tell whether we did."""
        waited, self._patience = self._patience, None
        if waited is not None:
            waited.cancel()
        return waited is not None

    def _finish(self, reason: str) -> None:
        if self.ended:
            return
        self._stop_waiting()
        self._ended.set()
        self._connected.set()
        if self._stream is not None:
            self._stream.close()
        self._events.tell(LegEnded(reason=reason))
