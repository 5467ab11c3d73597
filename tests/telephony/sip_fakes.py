"""A media leg that echoes RTP, a clock, a wire of scripted SIP messages: what the signalling tests talk to."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import cast

from calls.audio import AudioFrame
from calls.ids import LegId
from calls.ports import DigitHeard, LegEvent
from telephony.media_port import MediaDirection
from telephony.rtp.dtls_terms import Keying


class TestClock:
    """The machine's clocks."""

    __test__ = False

    def now_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000

    def now_utc(self) -> datetime:
        return datetime.now(UTC)


class EchoLeg(asyncio.DatagramProtocol):
    """Sends every RTP packet back to where `connect` said, and remembers what it was told."""

    def __init__(self, leg_id: LegId) -> None:
        self._leg_id = leg_id
        self.transport: asyncio.DatagramTransport | None = None
        self.connections: list[tuple[str, int, str, int, int | None]] = []
        self.directions: list[MediaDirection] = []
        self.packets: list[bytes] = []
        self.closed = False
        self._listener: Callable[[LegEvent], None] | None = None

    @property
    def leg_id(self) -> LegId:
        return self._leg_id

    @property
    def local_port(self) -> int:
        assert self.transport is not None
        return int(self.transport.get_extra_info("sockname")[1])

    @property
    def codec(self) -> str:
        return self.connections[-1][2] if self.connections else "PCMU"

    @property
    def rate_hz(self) -> int:
        return 8000

    def read(self, t_ms: int) -> AudioFrame | None:
        return None

    def write(self, frame: AudioFrame) -> None:
        return None

    def on_event(self, listener: Callable[[LegEvent], None]) -> None:
        self._listener = listener

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
        self.connections.append((remote_host, remote_port, codec, payload_type, dtmf_payload_type))

    def set_direction(self, direction: MediaDirection) -> None:
        self.directions.append(direction)

    def send_digit(self, digit: str, duration_ms: int) -> bool:
        return False

    def deliver_digit(self, digit: str, duration_ms: int) -> None:
        self.tell(DigitHeard(digit=digit, duration_ms=duration_ms))

    def tell(self, event: LegEvent) -> None:
        assert self._listener is not None
        self._listener(event)

    def close(self) -> None:
        self.closed = True
        if self.transport is not None:
            self.transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.packets.append(data)
        if self.connections and self.directions[-1] in ("sendrecv", "sendonly") and self.transport is not None:
            self.transport.sendto(data, self.connections[-1][:2])


class EchoFactory:
    """Opens echo legs on loopback."""

    def __init__(self) -> None:
        self.legs: list[EchoLeg] = []
        self._serial = itertools.count(1)

    async def open(self) -> EchoLeg:
        loop = asyncio.get_running_loop()
        leg = EchoLeg(LegId(f"leg-{next(self._serial)}"))
        await loop.create_datagram_endpoint(lambda: leg, local_addr=("127.0.0.1", 0))
        self.legs.append(leg)
        return leg
