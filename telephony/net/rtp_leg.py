"""A leg over plain RTP: datagrams in, frames on the tick; frames in, datagrams at once."""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
from collections.abc import Callable

import numpy as np

from calls.audio import FRAME_MS, AudioFrame
from calls.ids import LegId
from calls.ports import Clock, DigitHeard, LegEnded, LegEvent
from telephony.codecs import AudioCodec, make_codec
from telephony.media_port import MediaDirection
from telephony.media_settings import MediaSettings
from telephony.net.rtp_ports import PortPair, PortPool, plain_address, socket_address
from telephony.quality import MediaQuality
from telephony.rtp.latch import Address, Latch
from telephony.rtp.packet import COMFORT_NOISE, RtpParseError, is_rtcp, parse_rtp
from telephony.rtp.receiver import RtpReceiver
from telephony.rtp.rtcp import RtcpSession, parse_rtcp
from telephony.rtp.sender import RtpSender

logger = logging.getLogger(__name__)

_READS_AT_ONCE = 32
"""Datagrams read from one socket before others get their turn."""

_MAX_DATAGRAM_BYTES = 2048

_DEFAULT_CODEC = "PCMU"


class EventKeeper:
    """Passes a leg's events to its listener and keeps those that come before there is one."""

    def __init__(self, leg_id: LegId) -> None:
        """Log failures of the listener under `leg_id`."""
        self._leg_id = leg_id
        self._listener: Callable[[LegEvent], None] | None = None
        self._kept: list[LegEvent] = []

    def listen(self, listener: Callable[[LegEvent], None]) -> None:
        """Call `listener` for each event, those that were kept first."""
        self._listener = listener
        kept, self._kept = self._kept, []
        for event in kept:
            self.tell(event)

    def tell(self, event: LegEvent) -> None:
        """Pass an event on; a listener that fails is logged and does not stop the media."""
        if self._listener is None:
            self._kept.append(event)
            return
        try:
            self._listener(event)
        except Exception:
            logger.exception("a leg's listener failed", extra={"leg_id": self._leg_id})


class RtpLeg:
    """One member's line over RTP, G.711 or another built-in codec, on a port pair of its own.

    Silent until `connect`. From then on a packet leaves at each `write`, so that the peer never hears dead air, unless
    the direction forbids to send. A peer that should send and does not for `media_timeout_ms` ends the leg with
    `media_lost`.
    """

    def __init__(
        self,
        leg_id: LegId,
        pair: PortPair,
        settings: MediaSettings,
        clock: Clock,
        release: Callable[[PortPair], None],
    ) -> None:
        """Take over a bound pair; `release` gets it back on `close`. Needs a running event loop."""
        self._leg_id = leg_id
        self._pair = pair
        self._settings = settings
        self._clock = clock
        self._release = release
        self._loop = asyncio.get_running_loop()
        self._events = EventKeeper(leg_id)
        self._codec: AudioCodec = make_codec(_DEFAULT_CODEC)
        self._payload_types: tuple[int, int | None] | None = None
        self._receiver: RtpReceiver | None = None
        self._sender = RtpSender(
            ssrc=secrets.randbits(32), sequence=secrets.randbits(16), timestamp=secrets.randbits(32)
        )
        now_ms = clock.now_ms()
        self._rtcp = RtcpSession(
            cname=secrets.token_urlsafe(12),
            utc_ms_at_zero=round(clock.now_utc().timestamp() * 1000) - now_ms,
            start_ms=now_ms,
            phase=secrets.randbelow(1000) / 1000,
        )
        self._latch = Latch(settings.relatch_silent_ms)
        self._rtcp_target: Address | None = None
        self._direction: MediaDirection = "sendrecv"
        self._heard_ms = now_ms
        self._garbage = 0
        self._send_failures = 0
        self._closed = False
        self._lost = False
        self._loop.add_reader(pair.rtp.fileno(), self._drain, pair.rtp, False)
        self._loop.add_reader(pair.rtcp.fileno(), self._drain, pair.rtcp, True)

    @property
    def leg_id(self) -> LegId:
        """Unique name."""
        return self._leg_id

    @property
    def local_port(self) -> int:
        """The UDP port bound for RTP."""
        return self._pair.port

    @property
    def codec(self) -> str:
        """Name of the codec in use; before `connect` the default."""
        return self._codec.name

    @property
    def rate_hz(self) -> int:
        """Native rate of `read` and of what `write` takes."""
        return self._codec.rate_hz

    def on_event(self, listener: Callable[[LegEvent], None]) -> None:
        """Call `listener` for each event; events before this call are kept for it."""
        self._events.listen(listener)

    def connect(
        self, remote_host: str, remote_port: int, codec: str, payload_type: int, dtmf_payload_type: int | None
    ) -> None:
        """Send to this address with this codec from now on; called again when the peer moves.

        Raises:
            CallCentreError: `media.unknown_codec`.
        """
        if self._closed:
            return
        types = (payload_type, dtmf_payload_type)
        if self._receiver is None or codec.upper() != self._codec.name or types != self._payload_types:
            self._codec = make_codec(codec)
            self._payload_types = types
            tracker = self._receiver.tracker if self._receiver is not None else None
            self._receiver = RtpReceiver(self._codec, payload_type, dtmf_payload_type, self._settings.jitter, tracker)
            self._sender.use(self._codec, payload_type, dtmf_payload_type)
        self._latch.announce((remote_host, remote_port))
        self._rtcp_target = (remote_host, remote_port + 1)
        self._heard_ms = self._clock.now_ms()

    def set_direction(self, direction: MediaDirection) -> None:
        """Start or stop sending and listening, as on hold and resume."""
        self._direction = direction
        self._heard_ms = self._clock.now_ms()

    def deliver_digit(self, digit: str, duration_ms: int) -> None:
        """Report a digit that came by signalling (SIP INFO)."""
        if not self._closed:
            self._events.tell(DigitHeard(digit=digit, duration_ms=duration_ms))

    def send_digit(self, digit: str, duration_ms: int = 100) -> bool:
        """Press a key towards the peer; False when the peer takes none in RTP.

        Raises:
            ValueError: not a key of a phone.
        """
        return self._sender.press(digit, duration_ms)

    def read(self, t_ms: int) -> AudioFrame | None:
        """Return what the peer said in the tick at `t_ms`; None before `connect` and while not listening."""
        if self._receiver is None or self._closed:
            return None
        now_ms = self._clock.now_ms()
        for digit in self._receiver.digits_due(now_ms):
            self._events.tell(DigitHeard(digit=digit.digit, duration_ms=digit.duration_ms))
        if self._rtcp.due(now_ms):
            self._send_rtcp(self._rtcp.build(self._sender, self._receiver.tracker, now_ms))
        if not self._listens:
            return None
        self._watch(now_ms)
        pulled = self._receiver.pull(now_ms)
        return AudioFrame(samples=pulled.samples, rate_hz=self._codec.rate_hz, t_ms=t_ms, concealed=pulled.concealed)

    def write(self, frame: AudioFrame) -> None:
        """Send one tick of sound to the peer; a frame of another rate or length is sent as silence."""
        if self._receiver is None or self._closed:
            return
        if self._direction in ("recvonly", "inactive"):
            self._sender.skip()
            return
        size = self._codec.rate_hz * FRAME_MS // 1000
        fits = frame.rate_hz == self._codec.rate_hz and len(frame.samples) == size
        samples = frame.samples if fits else np.zeros(size, dtype=np.int16)
        target = self._latch.target
        assert target is not None
        for datagram in self._sender.frame(samples):
            self._send(self._pair.rtp, datagram, target)

    def quality(self) -> MediaQuality:
        """Return how good the media was until now."""
        receiver = self._receiver
        tracker = receiver.tracker if receiver is not None else None
        units_per_ms = self._codec.clock_rate_hz / 1000
        return MediaQuality(
            received=tracker.stats.received if tracker is not None else 0,
            sent=self._sender.packets_sent,
            lost=tracker.lost if tracker is not None else 0,
            late=receiver.jitter.stats.late if receiver is not None else 0,
            concealed_share=receiver.stats.concealed / max(1, receiver.stats.pulled) if receiver is not None else 0.0,
            jitter_ms=tracker.jitter_units / units_per_ms if tracker is not None else 0.0,
            delay_ms=receiver.jitter.delay_ms if receiver is not None else 0.0,
            round_trip_ms=self._rtcp.round_trip_ms,
            remote_fraction_lost=self._rtcp.remote_fraction_lost,
            refused=self._latch.refused,
            garbage=self._garbage,
        )

    async def hang_up(self) -> None:
        """End the leg from our side: close, and report `LegEnded("local")`; idempotent."""
        if not self._closed:
            self.close()
            self._events.tell(LegEnded(reason="local"))

    def close(self) -> None:
        """Say goodbye by RTCP and release the ports; idempotent, sends no event."""
        if self._closed:
            return
        if self._receiver is not None:
            self._send_rtcp(self._rtcp.farewell(self._sender, self._receiver.tracker, self._clock.now_ms()))
        self._closed = True
        self._loop.remove_reader(self._pair.rtp.fileno())
        self._loop.remove_reader(self._pair.rtcp.fileno())
        self._release(self._pair)

    @property
    def _listens(self) -> bool:
        return self._direction in ("sendrecv", "recvonly")

    def _watch(self, now_ms: int) -> None:
        limit_ms = self._settings.media_timeout_ms
        if self._lost or not limit_ms or now_ms - self._heard_ms < limit_ms:
            return
        self._lost = True
        logger.info("no media from the peer", extra={"leg_id": self._leg_id, "silent_ms": now_ms - self._heard_ms})
        self._events.tell(LegEnded(reason="media_lost"))

    def _drain(self, ready: socket.socket, control: bool) -> None:
        for _ in range(_READS_AT_ONCE):
            if self._closed:
                return
            try:
                data, address = ready.recvfrom(_MAX_DATAGRAM_BYTES)
            except BlockingIOError:
                return
            except OSError as error:
                logger.debug("an RTP socket reported an error", extra={"leg_id": self._leg_id, "errno": error.errno})
                return
            source = plain_address(address)
            if control or is_rtcp(data):
                self._take_rtcp(data, source)
            else:
                self._take_rtp(data, source)

    def _take_rtp(self, data: bytes, source: Address) -> None:
        if self._receiver is None or self._payload_types is None:
            return
        try:
            packet = parse_rtp(data)
        except RtpParseError:
            self._garbage += 1
            return
        if packet.payload_type not in (*self._payload_types, COMFORT_NOISE):
            self._receiver.stats.unknown_payload_types += 1
            return
        now_ms = self._clock.now_ms()
        if not self._latch.accept(source, now_ms):
            return
        self._heard_ms = now_ms
        if not self._listens:
            return
        for digit in self._receiver.push(packet, now_ms):
            self._events.tell(DigitHeard(digit=digit.digit, duration_ms=digit.duration_ms))

    def _take_rtcp(self, data: bytes, source: Address) -> None:
        expected = self._latch.target
        if self._receiver is None or expected is None or source[0] != expected[0]:
            return
        try:
            report = parse_rtcp(data)
        except RtpParseError:
            self._garbage += 1
            return
        self._rtcp_target = source
        now_ms = self._clock.now_ms()
        self._heard_ms = now_ms
        self._rtcp.take(report, self._sender.ssrc, now_ms)

    def _send_rtcp(self, data: bytes) -> None:
        if self._rtcp_target is not None:
            self._send(self._pair.rtcp, data, self._rtcp_target)

    def _send(self, through: socket.socket, data: bytes, target: Address) -> None:
        try:
            through.sendto(data, socket_address(target, through.family))
        except OSError as error:
            self._send_failures += 1
            if self._send_failures == 1:
                logger.warning("RTP cannot be sent", extra={"leg_id": self._leg_id, "errno": error.errno})


class RtpMediaFactory:
    """Makes RTP legs on ports of one range; implements `telephony.media_port.MediaFactory`."""

    def __init__(self, settings: MediaSettings, clock: Clock) -> None:
        """Prepare the range; nothing is bound yet.

        Raises:
            CallCentreError: `media.bad_range`.
        """
        self._settings = settings
        self._clock = clock
        self._pool = PortPool(settings.bind_host, settings.port_min, settings.port_max, settings.drain_ms, clock)
        self._open: set[RtpLeg] = set()

    @property
    def open_legs(self) -> int:
        """How many legs hold ports now."""
        return len(self._open)

    async def open(self) -> RtpLeg:
        """Bind a port pair and return its leg.

        Raises:
            CallCentreError: `media.no_port`, `media.bad_host`.
        """
        pair = self._pool.take()
        leg = RtpLeg(LegId(f"leg-{secrets.token_hex(8)}"), pair, self._settings, self._clock, self._give_back)
        self._open.add(leg)
        return leg

    def _give_back(self, pair: PortPair) -> None:
        self._open = {leg for leg in self._open if leg.local_port != pair.port}
        self._pool.give_back(pair)
