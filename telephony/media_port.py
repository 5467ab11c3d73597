"""What signalling asks of media: a factory that binds ports and a leg that is told where to send.

Signalling (`telephony.gateway`) and media (`telephony.net.rtp_leg`) meet here and nowhere else, so that tests can put a
tone or an echo in the place of RTP. The order is always: `open` (a port is bound and can be named in SDP),
`connect` when offer and answer are agreed (again after a re-INVITE that moves the peer), `set_direction` on hold and
resume, `close` exactly once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol, runtime_checkable

from calls.audio import AudioFrame
from calls.ids import LegId
from calls.ports import LegEvent
from telephony.rtp.dtls_terms import Fingerprint, Keying

MediaDirection = Literal["sendrecv", "sendonly", "recvonly", "inactive"]
"""Which way sound flows, seen from us: `recvonly` listens and sends nothing. Source: RFC 3264 section 5.1."""


class MediaLeg(Protocol):
    """The media half of a leg: everything of `calls.ports.Leg` but the power to end the call."""

    @property
    def leg_id(self) -> LegId:
        """Unique name."""
        ...

    @property
    def local_port(self) -> int:
        """The UDP port bound for RTP (even; RTCP is on the next one), known from `open` on."""
        ...

    @property
    def codec(self) -> str:
        """Name of the codec in use, e.g. `PCMU`; before `connect` the factory's first choice."""
        ...

    @property
    def rate_hz(self) -> int:
        """Rate of `read` and of what `write` takes; from the first `connect` on it stays."""
        ...

    def read(self, t_ms: int) -> AudioFrame | None:
        """Return what the peer said in the tick that starts at `t_ms`, or None for silence."""
        ...

    def write(self, frame: AudioFrame) -> None:
        """Send one tick of sound to the peer."""
        ...

    def on_event(self, listener: Callable[[LegEvent], None]) -> None:
        """Call `listener` for each digit (RFC 4733 or `deliver_digit`) and for `LegEnded` when media is lost."""
        ...

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

        Args:
            remote_host: IP address literal of the peer.
            remote_port: UDP port of the peer's RTP.
            codec: Name as in SDP, upper case, e.g. `PCMA`.
            payload_type: RTP payload type of the codec, 0 to 127.
            dtmf_payload_type: Payload type of telephone-event, None when the peer cannot.
            crypto: Keys of both sides when the stream is SRTP, or the terms of the handshake that gives them; the same
                again goes on where it was. Nothing is sent or heard before there are keys; when a handshake fails the
                leg ends with `LegEnded("not_secure")`.
            fmtp: What the peer says about the codec in SDP.
        """
        ...

    def set_direction(self, direction: MediaDirection) -> None:
        """Start or stop sending and listening; the leg starts as `sendrecv`."""
        ...

    def deliver_digit(self, digit: str, duration_ms: int) -> None:
        """Take a digit that came by signalling (SIP INFO) and report it as `DigitHeard`."""
        ...

    def send_digit(self, digit: str, duration_ms: int) -> bool:
        """Press a key towards the peer in the media (RFC 4733); False when the peer takes none there."""
        ...

    def close(self) -> None:
        """Release the ports; idempotent, sends no event."""
        ...


class MediaFactory(Protocol):
    """Makes media legs."""

    async def open(self) -> MediaLeg:
        """Bind a port pair and return its leg.

        Raises:
            CallCentreError: `media.no_port` when every port of the range is in use.
        """
        ...


@runtime_checkable
class DoesDtls(Protocol):
    """A factory whose legs can do DTLS-SRTP."""

    @property
    def fingerprint(self) -> Fingerprint:
        """Of the certificate that its legs show."""
        ...
