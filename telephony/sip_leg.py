"""One call leg of SIP: its media, its keys, its end, and the power to end it."""

from __future__ import annotations

import logging
from collections.abc import Callable

from calls.audio import AudioFrame
from calls.ids import LegId
from calls.ports import DigitHeard, LegEnded, LegEvent, PeerHeld
from telephony.media_port import MediaLeg
from telephony.sdp.offer_answer import Direction, MediaAgreement
from telephony.sip.signals import EndCause

logger = logging.getLogger(__name__)

_REASONS: dict[EndCause, str] = {
    "hung_up": "hung_up",
    "cancelled": "cancelled",
    "no_ack": "transport_error",
    "refused": "hung_up",
    "no_response": "transport_error",
    "timeout": "transport_error",
    "transport_error": "transport_error",
    "bad_answer": "transport_error",
    "session_expired": "transport_error",
    "local": "local",
}
"""The words of `calls.ports.LegEnded`."""


class SipLeg:
    """Implements `calls.ports.Leg`: media from the media leg, the end from signalling, whichever comes first."""

    def __init__(
        self, media: MediaLeg, hang_up: Callable[[], None], direct: Callable[[Direction], None] | None = None
    ) -> None:
        """Take over an open media leg.

        Args:
            media: The media half.
            hang_up: Makes signalling send BYE or CANCEL.
            direct: Makes signalling ask the peer for another direction of sound.
        """
        self._media = media
        self._send_hang_up = hang_up
        self._send_direct = direct
        self._held_by_peer = False
        self._listener: Callable[[LegEvent], None] | None = None
        self._kept: list[LegEvent] = []
        self._ended = False
        media.on_event(self._on_media_event)

    @property
    def leg_id(self) -> LegId:
        """Unique name."""
        return self._media.leg_id

    @property
    def codec(self) -> str:
        """Name of the codec in use."""
        return self._media.codec

    @property
    def rate_hz(self) -> int:
        """Native rate of `read` and of what `write` takes."""
        return self._media.rate_hz

    @property
    def media(self) -> MediaLeg:
        """The media half, for its statistics."""
        return self._media

    def read(self, t_ms: int) -> AudioFrame | None:
        """Return what the peer said in the tick that starts at `t_ms`, or None for silence."""
        return None if self._ended else self._media.read(t_ms)

    def write(self, frame: AudioFrame) -> None:
        """Send one tick of sound; nothing happens after the end."""
        if not self._ended:
            self._media.write(frame)

    def on_event(self, listener: Callable[[LegEvent], None]) -> None:
        """Call `listener` for each event; events before this call are kept for it."""
        self._listener = listener
        kept, self._kept = self._kept, []
        for event in kept:
            self._tell(event)

    async def hang_up(self) -> None:
        """End the leg from our side; idempotent. The peer's confirmation is not waited for."""
        self.end("local")

    def hold(self, *, with_music: bool = True) -> None:
        """Hold the peer: we do not listen any more; what is written (music) is still sent unless `with_music` is False.

        The peer is asked by re-INVITE (RFC 3264 section 8.4); it takes effect when it agrees.
        """
        if self._send_direct is not None and not self._ended:
            self._send_direct("sendonly" if with_music else "inactive")

    def resume(self) -> None:
        """Take a peer that we hold back; nothing else changes when it holds us too."""
        if self._send_direct is not None and not self._ended:
            self._send_direct("sendrecv")

    def end(self, cause: EndCause) -> None:
        """Close the media and tell the end, once; when signalling does not know it yet, make it say so."""
        if cause == "local" and not self._ended:
            self._send_hang_up()
        self._finish(_REASONS[cause])

    def agree(self, agreement: MediaAgreement) -> None:
        """Follow what offer and answer settled."""
        if self._ended:
            return
        if agreement.remote_host is not None:
            self._media.connect(
                agreement.remote_host,
                agreement.remote_port,
                agreement.codec,
                agreement.payload_type,
                agreement.dtmf_payload_type,
                crypto=agreement.crypto,
                fmtp=agreement.fmtp,
            )
        self._media.set_direction(agreement.direction)
        held = agreement.held_by_peer
        if held != self._held_by_peer:
            self._held_by_peer = held
            self._tell(PeerHeld(held=held))

    def deliver_digit(self, digit: str, duration_ms: int) -> None:
        """Take a digit that came by INFO."""
        if not self._ended:
            self._media.deliver_digit(digit, duration_ms)

    def _on_media_event(self, event: LegEvent) -> None:
        if isinstance(event, DigitHeard):
            self._tell(event)
        elif isinstance(event, LegEnded) and not self._ended:
            self._send_hang_up()
            self._finish(event.reason)

    def _finish(self, reason: str) -> None:
        if self._ended:
            return
        self._ended = True
        self._media.close()
        self._tell(LegEnded(reason=reason))

    def _tell(self, event: LegEvent) -> None:
        if self._listener is None:
            self._kept.append(event)
            return
        try:
            self._listener(event)
        except Exception:
            logger.exception("a leg's listener failed", extra={"leg_id": self.leg_id})
