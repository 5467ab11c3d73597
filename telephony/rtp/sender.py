"""One outgoing stream: a frame or a key in, datagrams out; timestamps run on through pauses."""

from __future__ import annotations

from calls.audio import FRAME_MS, Samples
from telephony.codecs import AudioCodec
from telephony.rtp.dtmf import DtmfSender
from telephony.rtp.packet import RtpPacket, build_rtp


class RtpSender:
    """Numbers and stamps the packets of one stream. Call `frame` or `skip` exactly once a tick."""

    def __init__(self, *, ssrc: int, sequence: int, timestamp: int) -> None:
        """Start from random numbers, given by the caller. Source: RFC 3550 section 5.1."""
        self.ssrc = ssrc
        self.packets_sent = 0
        self.bytes_sent = 0
        """Payload bytes, as RTCP counts them."""
        self.timestamp = timestamp
        """Timestamp of the next tick."""
        self._sequence = sequence
        self._talking = False
        self._codec: AudioCodec | None = None
        self._payload_type = 0
        self._dtmf_payload_type: int | None = None
        self._dtmf = DtmfSender(8000)
        self._units_per_frame = 0

    def use(self, codec: AudioCodec, payload_type: int, dtmf_payload_type: int | None) -> None:
        """Encode by `codec` from the next frame on; numbering and timestamps go on."""
        if self._codec is None or self._codec.clock_rate_hz != codec.clock_rate_hz:
            self._dtmf = DtmfSender(codec.clock_rate_hz)
        self._codec = codec
        self._payload_type = payload_type
        self._dtmf_payload_type = dtmf_payload_type
        self._units_per_frame = codec.clock_rate_hz * FRAME_MS // 1000

    def press(self, digit: str, duration_ms: int = 100) -> bool:
        """Queue a key; False when the peer cannot take keys in RTP.

        Raises:
            ValueError: not a key of a phone.
        """
        if self._dtmf_payload_type is None:
            return False
        self._dtmf.press(digit, duration_ms)
        return True

    def frame(self, samples: Samples) -> list[bytes]:
        """Return the datagrams of one tick: the encoded frame, the key that is sent in its place, none in a pause."""
        assert self._codec is not None
        timestamp = self.timestamp
        events = self._dtmf.next_packets(timestamp) if self._dtmf_payload_type is not None else []
        if events:
            self.skip()
            assert self._dtmf_payload_type is not None
            return [
                self._datagram(self._dtmf_payload_type, event.timestamp, event.payload, event.marker)
                for event in events
            ]
        payload = self._codec.encode(samples)
        if not payload:
            self.skip()
            return []
        marker = not self._talking
        self._talking = True
        self.timestamp = (timestamp + self._units_per_frame) & 0xFFFFFFFF
        return [self._datagram(self._payload_type, timestamp, payload, marker)]

    def skip(self) -> None:
        """Let one tick pass without audio."""
        self.timestamp = (self.timestamp + self._units_per_frame) & 0xFFFFFFFF
        self._talking = False

    def _datagram(self, payload_type: int, timestamp: int, payload: bytes, marker: bool) -> bytes:
        packet = RtpPacket(payload_type, self._sequence, timestamp, self.ssrc, payload, marker)
        self._sequence = (self._sequence + 1) & 0xFFFF
        self.packets_sent += 1
        self.bytes_sent += len(payload)
        return build_rtp(packet)
