"""A leg over plain RTP: datagrams in, frames on the tick; frames in, datagrams at once."""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
from collections.abc import Callable

from calls.audio import SPEECH_RATE_HZ, AudioFrame
from calls.ids import LegId
from calls.ports import Clock, LegEnded, LegEvent
from telephony.codecs import prepare_codecs
from telephony.media_port import MediaDirection
from telephony.media_settings import MediaSettings
from telephony.net.media_keys import MediaKeys
from telephony.net.media_stream import EventKeeper, MediaStream
from telephony.net.outbox import Outbox
from telephony.net.rtp_ports import PortPair, PortPool, plain_address, socket_address
from telephony.quality import MediaQuality, QualityReport
from telephony.rtp.dtls_identity import DtlsIdentity
from telephony.rtp.dtls_terms import Fingerprint, Keying
from telephony.rtp.latch import Address, Latch
from telephony.rtp.packet import RtpParseError, is_rtcp

logger = logging.getLogger(__name__)

_MAX_DATAGRAM_BYTES = 2048
_LAST_PORT = 65_535
"""Who takes RTP there has no port above it for RTCP."""

Sender = tuple[Address, int]
"""Where a stream came from, and its SSRC."""


class RtpLeg:
    """One member's line over RTP or SRTP, with any built-in codec, on a port pair of its own.

    Silent until `connect`. From then on a packet leaves at each `write`, so that the peer never hears dead air, unless
    the direction forbids to send, or the keys of DTLS-SRTP are not there yet. A peer that should send and does not for
    `media_timeout_ms` ends the leg with `media_lost`, one whose handshake fails ends it with `not_secure`.
    """

    def __init__(
        self,
        leg_id: LegId,
        pair: PortPair,
        settings: MediaSettings,
        clock: Clock,
        release: Callable[[PortPair, Sender | None], None],
        outbox: Outbox,
        identity: Callable[[], DtlsIdentity],
        former: Sender | None = None,
    ) -> None:
        """Take over a bound pair. Needs a running event loop.

        Args:
            leg_id: Unique name.
            pair: Bound sockets.
            settings: Section `[telephony.media]`.
            clock: Where the time comes from.
            release: Gets the pair back on `close`, and who was heard on it last.
            outbox: Where datagrams wait for the end of the tick.
            identity: Gives our certificate for DTLS.
            former: Who was heard on these ports in the call before: it may not know yet that that call is over.
        """
        self._leg_id = leg_id
        self._pair = pair
        self._clock = clock
        self._release = release
        self._outbox = outbox
        self._loop = asyncio.get_running_loop()
        self._stream = MediaStream(
            EventKeeper(leg_id), settings, clock, self._send_rtp, self._send_rtcp, guard_echo=settings.echo_guard
        )
        self._latch = Latch(settings.relatch_silent_ms)
        self._keys = MediaKeys(leg_id, clock, identity, self._send_handshake, self._keys_changed, self._not_secure)
        self._former = former
        self._announced: Address | None = None
        self._heard: Sender | None = None
        self._rtcp_target: Address | None = None
        self._send_failures = 0
        self._loop.add_reader(pair.rtp.fileno(), self._read_one, pair.rtp, False)
        self._loop.add_reader(pair.rtcp.fileno(), self._read_one, pair.rtcp, True)

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
        return self._stream.codec.name

    @property
    def rate_hz(self) -> int:
        """Rate of `read` and of what `write` takes; from the first `connect` on it stays."""
        return self._stream.rate_hz

    @property
    def encrypted(self) -> bool:
        """True while the stream is SRTP, also before there are keys."""
        return self._keys.encrypted

    @property
    def keys_ready(self) -> bool:
        """True when sound may flow: in the clear, or there are keys."""
        return self._keys.ready

    def on_event(self, listener: Callable[[LegEvent], None]) -> None:
        """Call `listener` for each event; events before this call are kept for it."""
        self._stream.events.listen(listener)

    def connect(
        self,
        remote_host: str,
        remote_port: int,
        codec: str,
        payload_type: int,
        dtmf_payload_type: int | None,
        *,
        crypto: Keying | None = None,
        fmtp: str = "",
    ) -> None:
        """Send to this address with this codec from now on; called again when the peer moves.

        Raises:
            CallCentreError: `media.unknown_codec`.
        """
        if self._stream.closed:
            return
        self._stream.use(codec, payload_type, dtmf_payload_type, fmtp=fmtp, opus_rate_hz=SPEECH_RATE_HZ)
        self._announced = (remote_host, remote_port)
        self._latch.announce(self._announced)
        self._rtcp_target = (remote_host, remote_port + 1) if remote_port < _LAST_PORT else None
        self._keys.use(crypto, self._announced)

    def set_direction(self, direction: MediaDirection) -> None:
        """Start or stop sending and listening, as on hold and resume."""
        self._stream.set_direction(direction)

    def deliver_digit(self, digit: str, duration_ms: int) -> None:
        """Report a digit that came by signalling (SIP INFO)."""
        self._stream.deliver_digit(digit, duration_ms)

    def send_digit(self, digit: str, duration_ms: int = 100) -> bool:
        """Press a key towards the peer; False when the peer takes none in RTP.

        Raises:
            ValueError: not a key of a phone.
        """
        return self._stream.send_digit(digit, duration_ms)

    def read(self, t_ms: int) -> AudioFrame | None:
        """Return what the peer said in the tick at `t_ms`; None before `connect` and while not listening."""
        return self._stream.read(t_ms)

    def write(self, frame: AudioFrame) -> None:
        """Send one tick of sound to the peer; a frame of another rate or length is sent as silence."""
        self._stream.write(frame)

    def quality(self) -> MediaQuality:
        """Return how good the media was until now."""
        return self._stream.quality(self._latch.refused + self._keys.refused)

    def on_quality(self, listener: Callable[[QualityReport], None]) -> None:
        """Call `listener` with the quality of each `quality_every_ms`."""
        self._stream.on_quality(listener)

    async def hang_up(self) -> None:
        """End the leg from our side: close, and report `LegEnded("local")`; idempotent."""
        if not self._stream.closed:
            self.close()
            self._stream.events.tell(LegEnded(reason="local"))

    def close(self) -> None:
        """Say goodbye by RTCP and release the ports; idempotent, sends no event."""
        if self._stream.closed:
            return
        self._stream.close()
        self._outbox.flush()
        self._keys.close()
        self._loop.remove_reader(self._pair.rtp.fileno())
        self._loop.remove_reader(self._pair.rtcp.fileno())
        self._release(self._pair, self._heard)

    def _read_one(self, ready: socket.socket, control: bool) -> None:
        """Read one datagram; the loop comes back if there are more, after the other sockets had their turn."""
        self._outbox.look()
        try:
            data, address = ready.recvfrom(_MAX_DATAGRAM_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            logger.debug("an RTP socket reported an error", extra={"leg_id": self._leg_id, "errno": error.errno})
            return
        source = plain_address(address)
        if self._keys.take(data, source, control=control):
            return
        if control or is_rtcp(data):
            self._take_rtcp(data, source, by_control=control)
        else:
            self._take_rtp(data, source)

    def _take_rtp(self, data: bytes, source: Address) -> None:
        try:
            data = self._keys.open(data, control=False, by_control=False)
        except RtpParseError:
            return
        packet = self._stream.parse(data)
        if packet is None:
            return
        sender = (source, packet.ssrc)
        if sender == self._former and source != self._announced:
            return
        now_ms = self._clock.now_ms()
        if self._latch.accept(source, now_ms):
            self._heard = sender
            self._stream.take_rtp(packet, now_ms)

    def _take_rtcp(self, data: bytes, source: Address, *, by_control: bool) -> None:
        expected = self._latch.target
        if expected is None or source[0] != expected[0]:
            return
        try:
            data = self._keys.open(data, control=True, by_control=by_control)
        except RtpParseError:
            return
        if self._stream.take_rtcp(data, self._clock.now_ms()):
            self._rtcp_target = source

    def _send_rtp(self, data: bytes) -> None:
        target = self._latch.target
        sealed = self._keys.protect(data, control=False)
        if target is not None and sealed is not None:
            self._outbox.put(self._send_by_rtp, sealed, socket_address(target, self._pair.rtp.family))

    def _send_rtcp(self, data: bytes) -> None:
        muxed = self._keys.muxed
        target = self._latch.target if muxed else self._rtcp_target
        sealed = self._keys.protect(data, control=True)
        if target is not None and sealed is not None:
            send = self._send_by_rtp if muxed else self._send_by_rtcp
            self._outbox.put(send, sealed, socket_address(target, self._pair.rtcp.family))

    def _send_handshake(self, control: bool, data: bytes, address: Address) -> None:
        through = self._pair.rtcp if control else self._pair.rtp
        self._send(through, data, socket_address(address, through.family))

    def _keys_changed(self) -> None:
        self._stream.may_send = self._keys.ready

    def _not_secure(self) -> None:
        if not self._stream.closed:
            self._stream.events.tell(LegEnded(reason="not_secure"))

    def _send_by_rtp(self, data: bytes, address: Address) -> None:
        self._send(self._pair.rtp, data, address)

    def _send_by_rtcp(self, data: bytes, address: Address) -> None:
        self._send(self._pair.rtcp, data, address)

    def _send(self, through: socket.socket, data: bytes, address: Address) -> None:
        try:
            through.sendto(data, address)
        except OSError as error:
            self._send_failures += 1
            if self._send_failures == 1:
                logger.warning("RTP cannot be sent", extra={"leg_id": self._leg_id, "errno": error.errno})


class RtpMediaFactory:
    """Makes RTP legs on ports of one range; implements `telephony.media_port.MediaFactory`."""

    def __init__(self, settings: MediaSettings, clock: Clock, outbox: Outbox | None = None) -> None:
        """Prepare the range; nothing is bound yet.

        Args:
            settings: The range and how legs behave.
            clock: Where the time comes from.
            outbox: What packets leave by, shared with others; None: one that sends at once.

        Raises:
            CallCentreError: `media.bad_range`.
        """
        self._settings = settings
        self._clock = clock
        self._pool = PortPool(settings.bind_host, settings.port_min, settings.port_max, settings.drain_ms, clock)
        self._outbox = outbox or Outbox()
        self._open: set[int] = set()
        self._heard: dict[int, Sender] = {}
        self._identity: DtlsIdentity | None = None
        prepare_codecs()

    @property
    def open_legs(self) -> int:
        """How many legs hold ports now."""
        return len(self._open)

    @property
    def fingerprint(self) -> Fingerprint:
        """Of the certificate that every leg shows for DTLS-SRTP; it is made when somebody asks first."""
        return self._own_identity().fingerprint

    async def open(self) -> RtpLeg:
        """Bind a port pair and return its leg.

        Raises:
            CallCentreError: `media.no_port`, `media.bad_host`.
        """
        pair = self._pool.take()
        self._open.add(pair.port)
        former = self._heard.pop(pair.port, None)
        leg_id = LegId(f"leg-{secrets.token_hex(8)}")
        return RtpLeg(
            leg_id, pair, self._settings, self._clock, self._give_back, self._outbox, self._own_identity, former
        )

    def _own_identity(self) -> DtlsIdentity:
        if self._identity is None:
            self._identity = DtlsIdentity(self._clock.now_utc())
        return self._identity

    def _give_back(self, pair: PortPair, heard: Sender | None) -> None:
        self._open.discard(pair.port)
        if heard is not None:
            self._heard[pair.port] = heard
        self._pool.give_back(pair)
