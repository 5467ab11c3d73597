"""One call leg of SIP: its media, its keys, its end, and the power to end it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from calls.audio import AudioFrame
from calls.errors import CallCentreError
from calls.ids import LegId
from calls.ports import DigitHeard, LegEnded, LegEvent, PeerHeld
from telephony.media_port import MediaLeg
from telephony.quality import MediaQuality, QualityReport, ReportsQuality
from telephony.sdp.offer_answer import MediaAgreement
from telephony.sip.signals import (
    AskTransfer,
    DirectMedia,
    EndCause,
    HangUpCall,
    SendDigit,
    SessionId,
    UserAgentOrder,
)
from telephony.sip.uri import SipUri

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

    def __init__(self, media: MediaLeg, session_id: SessionId, send: Callable[[UserAgentOrder], None]) -> None:
        """Take over an open media leg.

        Args:
            media: The media half.
            session_id: The signalling half.
            send: Gives an order to the user agent.
        """
        self._media = media
        self._session_id = session_id
        self._send = send
        self._transfer: asyncio.Future[int] | None = None
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
    def session_id(self) -> SessionId:
        """Name of the signalling half."""
        return self._session_id

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

    def on_quality(self, listener: Callable[[QualityReport], None]) -> None:
        """Call `listener` with the quality of each period, as far as the media half measures it."""
        if isinstance(self._media, ReportsQuality):
            self._media.on_quality(listener)

    def quality(self) -> MediaQuality | None:
        """Return how good the media was until now, as far as the media half measures it."""
        return self._media.quality() if isinstance(self._media, ReportsQuality) else None

    async def hang_up(self) -> None:
        """End the leg from our side; idempotent. The peer's confirmation is not waited for."""
        self.end("local")

    def hold(self, *, with_music: bool = True) -> None:
        """Hold the peer: we do not listen any more; what is written (music) is still sent unless `with_music` is False.

        The peer is asked by re-INVITE (RFC 3264 section 8.4); it takes effect when it agrees.
        """
        if not self._ended:
            self._send(DirectMedia(self._session_id, "sendonly" if with_music else "inactive"))

    def resume(self) -> None:
        """Take a peer that we hold back; nothing else changes when it holds us too."""
        if not self._ended:
            self._send(DirectMedia(self._session_id, "sendrecv"))

    def send_digits(self, digits: str, duration_ms: int = 100) -> None:
        """Press keys towards the peer: in its media (RFC 4733), else by INFO.

        Raises:
            ValueError: When one is none of `0123456789*#ABCD`.
        """
        if not digits or set(digits.upper()) - set("0123456789*#ABCD"):
            raise ValueError("a key is none of 0123456789*#ABCD")
        for digit in digits.upper() if not self._ended else "":
            if not self._media.send_digit(digit, duration_ms):
                self._send(SendDigit(self._session_id, digit, duration_ms))

    async def refer(self, target: SipUri, *, replacing: SipLeg | None = None) -> None:
        """Ask the peer to call somebody; the leg stays until somebody hangs up. Checks nothing: the gateway does.

        Args:
            target: Whom.
            replacing: A leg of ours with the target, which the new call takes over (attended transfer).

        Raises:
            CallCentreError: `transfer.failed`, `transfer.busy`.
        """
        if self._transfer is not None:
            raise CallCentreError("transfer.busy", "This call is being transferred already.", fault="us")
        waiting = self._transfer = asyncio.get_running_loop().create_future()
        try:
            self._send(AskTransfer(self._session_id, target, replacing.session_id if replacing is not None else ""))
            status = await waiting
        finally:
            self._transfer = None
        if not 200 <= status < 300:
            what = f"status {status}" if status else "no status"
            raise CallCentreError(
                "transfer.failed", f"The transfer came to nothing, with {what}.", fault="peer", retryable=True
            )

    def transfer_told(self, status: int, *, is_last: bool) -> None:
        """Hear how far a transfer is that we asked for."""
        if is_last and self._transfer is not None and not self._transfer.done():
            self._transfer.set_result(status)

    def end(self, cause: EndCause) -> None:
        """Close the media and tell the end, once; when signalling does not know it yet, make it say so."""
        if cause == "local" and not self._ended:
            self._send(HangUpCall(self._session_id))
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
            self._send(HangUpCall(self._session_id))
            self._finish(event.reason)

    def _finish(self, reason: str) -> None:
        if self._ended:
            return
        self._ended = True
        if self._transfer is not None and not self._transfer.done():
            self._transfer.set_result(0)  # the peer left without saying how it went
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
