"""What every leg over RTP shares, whatever carries its packets: keys, jitter buffer, sender, RTCP, watchdog."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable

from calls.audio import FRAME_MS, SPEECH_RATE_HZ, AudioFrame, silence
from calls.ids import LegId
from calls.ports import Clock, DigitHeard, LegEnded, LegEvent
from calls.resample import Resampler
from telephony.codecs import AudioCodec, LossRepairer, make_codec
from telephony.echo_guard import EchoGuard
from telephony.media_port import MediaDirection
from telephony.media_settings import MediaSettings
from telephony.quality import MediaQuality, QualityReport, report_between
from telephony.rtp.packet import COMFORT_NOISE, RtpPacket, RtpParseError, parse_rtp
from telephony.rtp.receiver import RtpReceiver
from telephony.rtp.rtcp import RtcpSession, parse_rtcp
from telephony.rtp.sender import RtpSender

logger = logging.getLogger(__name__)

_DEFAULT_CODEC = "PCMU"


class EventKeeper:
    """Passes a leg's events to its listener and keeps those that come before there is one."""

    def __init__(self, leg_id: LegId) -> None:
        """Log failures of the listener under `leg_id`."""
        self.leg_id = leg_id
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
            logger.exception("a leg's listener failed", extra={"leg_id": self.leg_id})


class MediaStream:
    """Both directions of one leg's sound, between the ticker and a carrier of datagrams.

    The carrier hands in what arrived (`parse` then `take_rtp`, `take_rtcp`) and gets what is to be sent through the
    two functions it gave.
    """

    def __init__(
        self,
        events: EventKeeper,
        settings: MediaSettings,
        clock: Clock,
        send_rtp: Callable[[bytes], None],
        send_rtcp: Callable[[bytes], None],
        *,
        ssrc: int | None = None,
        guard_echo: bool = False,
    ) -> None:
        """Be silent until `use`.

        Args:
            events: Where keys and the end are told.
            settings: Section `[telephony.media]`.
            clock: Where the time comes from.
            send_rtp: Takes RTP datagrams.
            send_rtcp: Takes RTCP datagrams.
            ssrc: Given when signalling has announced one.
            guard_echo: Keep the peer from returning what it is sent; for rates up to 16000 Hz.
        """
        self.events = events
        self.garbage = 0
        """Datagrams that were neither RTP nor RTCP."""
        self.may_send = True
        """False while both sides still agree on keys: sound that is written meanwhile is left out."""
        self._settings = settings
        self._clock = clock
        self._send_rtp = send_rtp
        self._send_rtcp = send_rtcp
        self._codec: AudioCodec = make_codec(_DEFAULT_CODEC)
        self._agreed: tuple[str, int, int | None, str] | None = None
        self._expected: frozenset[int | None] = frozenset()
        """Payload types that the peer may send."""
        self._rate_hz: int | None = None
        self._resamplers: tuple[Resampler, Resampler] | None = None
        self._receiver: RtpReceiver | None = None
        self._sender = RtpSender(
            ssrc=secrets.randbits(32) if ssrc is None else ssrc,
            sequence=secrets.randbits(16),
            timestamp=secrets.randbits(32),
        )
        now_ms = clock.now_ms()
        self._rtcp = RtcpSession(
            cname=secrets.token_urlsafe(12),
            utc_ms_at_zero=round(clock.now_utc().timestamp() * 1000) - now_ms,
            start_ms=now_ms,
            phase=secrets.randbelow(1000) / 1000,
        )
        self._guard_echo = guard_echo
        self._guard: EchoGuard | None = None
        self._direction: MediaDirection = "sendrecv"
        self._heard_ms = now_ms
        self._ticks_before = self._concealed_before = 0
        self._quality_listener: Callable[[QualityReport], None] | None = None
        self._reported: tuple[int, MediaQuality] | None = None
        self._lost = False
        self._closed = False

    @property
    def codec(self) -> AudioCodec:
        """The codec in use; before `use` the default."""
        return self._codec

    @property
    def rate_hz(self) -> int:
        """Rate of `read` and `write`: that of the first codec, also when a later agreement brings another one."""
        return self._rate_hz or self._codec.rate_hz

    @property
    def ready(self) -> bool:
        """True from `use` to `close`."""
        return self._receiver is not None and not self._closed

    @property
    def closed(self) -> bool:
        """True after `close`."""
        return self._closed

    def use(
        self,
        codec: str,
        payload_type: int,
        dtmf_payload_type: int | None,
        *,
        fmtp: str = "",
        opus_rate_hz: int | None = None,
    ) -> None:
        """Send and expect this codec from now on; a repeated agreement changes nothing.

        Args:
            codec: Name as in SDP.
            payload_type: Of the codec, 0 to 127.
            dtmf_payload_type: Of telephone-event, None when the peer cannot.
            fmtp: What the peer says about the codec in SDP.
            opus_rate_hz: Rate of the samples when the codec is Opus; None for its full band.

        Raises:
            CallCentreError: `media.unknown_codec`.
        """
        agreed = (codec.upper(), payload_type, dtmf_payload_type, fmtp)
        if agreed != self._agreed:
            self._codec = make_codec(codec, rate_hz=opus_rate_hz, fmtp=fmtp)
            self._agreed = agreed
            self._expected = frozenset({payload_type, dtmf_payload_type, COMFORT_NOISE})
            if self._rate_hz is None:
                self._rate_hz = self._codec.rate_hz
                self._guard = EchoGuard(self._rate_hz) if self._guard_echo and self._rate_hz <= SPEECH_RATE_HZ else None
            theirs, ours = self._codec.rate_hz, self._rate_hz
            self._resamplers = (Resampler(theirs, ours), Resampler(ours, theirs)) if theirs != ours else None
            tracker = None
            if self._receiver is not None:
                tracker = self._receiver.tracker
                self._ticks_before += self._receiver.stats.pulled
                self._concealed_before += self._receiver.stats.concealed
            self._receiver = RtpReceiver(self._codec, payload_type, dtmf_payload_type, self._settings.jitter, tracker)
            self._sender.use(self._codec, payload_type, dtmf_payload_type)
        self._heard_ms = self._clock.now_ms()

    def set_direction(self, direction: MediaDirection) -> None:
        """Start or stop sending and listening, as on hold and resume."""
        listened = self._listens
        self._direction = direction
        self._heard_ms = self._clock.now_ms()
        if self._receiver is not None and self._listens and not listened:
            self._receiver.resync()

    def deliver_digit(self, digit: str, duration_ms: int) -> None:
        """Report a digit that came by signalling."""
        if not self._closed:
            self.events.tell(DigitHeard(digit=digit, duration_ms=duration_ms))

    def send_digit(self, digit: str, duration_ms: int) -> bool:
        """Press a key towards the peer; False when the peer takes none in RTP.

        Raises:
            ValueError: not a key of a phone.
        """
        return self._sender.press(digit, duration_ms)

    def read(self, t_ms: int) -> AudioFrame | None:
        """Return what the peer said in the tick at `t_ms`; None before `use` and while not listening."""
        if self._receiver is None or self._closed:
            return None
        now_ms = self._clock.now_ms()
        for digit in self._receiver.digits_due(now_ms):
            self.deliver_digit(digit.digit, digit.duration_ms)
        if self.may_send and self._rtcp.due(now_ms):
            self._send_rtcp(self._rtcp.build(self._sender, self._receiver.tracker, now_ms))
        if not self._listens:
            return None
        if self._direction == "sendrecv":
            self._watch(now_ms)
        self._report(now_ms)
        pulled = self._receiver.pull(now_ms)
        samples = pulled.samples if self._resamplers is None else self._resamplers[0].process(pulled.samples)
        if self._guard is not None:
            samples = self._guard.received(samples, pulled.level_dbfs)
        return AudioFrame(samples=samples, rate_hz=self.rate_hz, t_ms=t_ms, concealed=pulled.concealed)

    def write(self, frame: AudioFrame) -> None:
        """Send one tick of sound to the peer; a frame of another rate or length is sent as silence."""
        if self._receiver is None or self._closed:
            return
        if not self.may_send or self._direction in ("recvonly", "inactive"):
            self._sender.skip()
            return
        size = self.rate_hz * FRAME_MS // 1000
        fits = frame.rate_hz == self.rate_hz and len(frame.samples) == size
        samples = frame.samples if fits else silence(self.rate_hz)
        if self._guard is not None:
            self._guard.sent(samples)
        if self._resamplers is not None:
            samples = self._resamplers[1].process(samples)
        for datagram in self._sender.frame(samples):
            self._send_rtp(datagram)

    def parse(self, data: bytes) -> RtpPacket | None:
        """Return the packet when a datagram is one of the agreed kinds; others are counted and None is returned."""
        if self._receiver is None:
            return None
        try:
            packet = parse_rtp(data)
        except RtpParseError:
            self.garbage += 1
            return None
        if packet.payload_type not in self._expected:
            self._receiver.stats.unknown_payload_types += 1
            return None
        return packet

    def take_rtp(self, packet: RtpPacket, now_ms: int) -> None:
        """Take a packet of the peer that arrived at `now_ms`."""
        self._heard_ms = now_ms
        if self._receiver is None or not self._listens:
            return
        for digit in self._receiver.push(packet, now_ms):
            self.deliver_digit(digit.digit, digit.duration_ms)

    def take_rtcp(self, data: bytes, now_ms: int) -> bool:
        """Take an RTCP datagram of the peer; False when it is garbage."""
        try:
            report = parse_rtcp(data)
        except RtpParseError:
            self.garbage += 1
            return False
        self._heard_ms = now_ms
        self._rtcp.take(report, self._sender.ssrc, now_ms)
        lost = self._rtcp.remote_fraction_lost
        if lost is not None and isinstance(self._codec, LossRepairer):
            self._codec.expect_loss(lost)
        return True

    def quality(self, refused: int = 0) -> MediaQuality:
        """Return how good the media was until now; `refused` packets were turned away by the carrier."""
        receiver = self._receiver
        tracker = receiver.tracker if receiver is not None else None
        units_per_ms = self._codec.clock_rate_hz / 1000
        return MediaQuality(
            received=tracker.stats.received if tracker is not None else 0,
            sent=self._sender.packets_sent,
            lost=tracker.lost if tracker is not None else 0,
            late=receiver.jitter.stats.late if receiver is not None else 0,
            ticks=self._ticks_before + (receiver.stats.pulled if receiver is not None else 0),
            concealed=self._concealed_before + (receiver.stats.concealed if receiver is not None else 0),
            jitter_ms=tracker.jitter_units / units_per_ms if tracker is not None else 0.0,
            delay_ms=receiver.jitter.delay_ms if receiver is not None else 0.0,
            round_trip_ms=self._rtcp.round_trip_ms,
            remote_fraction_lost=self._rtcp.remote_fraction_lost,
            refused=refused,
            garbage=self.garbage,
        )

    def on_quality(self, listener: Callable[[QualityReport], None]) -> None:
        """Call `listener` with the quality of each `quality_every_ms` in which we listened."""
        self._quality_listener = listener

    def _report(self, now_ms: int) -> None:
        if self._quality_listener is None:
            return
        if self._reported is None:
            self._reported = (now_ms, self.quality())
            return
        began_ms, before = self._reported
        if now_ms - began_ms < self._settings.quality_every_ms:
            return
        after = self.quality()
        self._reported = (now_ms, after)
        try:
            self._quality_listener(report_between(before, after, now_ms - began_ms))
        except Exception:
            self._quality_listener = None
            logger.exception("a listener of quality failed and was dropped", extra={"leg_id": self.events.leg_id})

    def close(self) -> None:
        """Say goodbye by RTCP and fall silent; idempotent, sends no event."""
        if self._closed:
            return
        if self._receiver is not None:
            self._send_rtcp(self._rtcp.farewell(self._sender, self._receiver.tracker, self._clock.now_ms()))
        self._closed = True

    @property
    def _listens(self) -> bool:
        return self._direction in ("sendrecv", "recvonly")

    def _watch(self, now_ms: int) -> None:
        """End the leg when nothing comes. Not asked on hold: many phones send nothing then, whatever they announced."""
        limit_ms = self._settings.media_timeout_ms
        if self._lost or not limit_ms or now_ms - self._heard_ms < limit_ms:
            return
        self._lost = True
        silent_ms = now_ms - self._heard_ms
        logger.info("no media from the peer", extra={"leg_id": self.events.leg_id, "silent_ms": silent_ms})
        self.events.tell(LegEnded(reason="media_lost"))
