"""The door for browsers: an offer by HTTP comes in, an answer and a ringing call come out."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable

from calls.errors import CallCentreError
from calls.ids import LegId
from calls.ports import CallOffer, Clock, Leg
from telephony.codecs import prepare_codecs
from telephony.media_settings import MediaSettings
from telephony.net.background import Background
from telephony.net.outbox import Outbox
from telephony.webrtc.leg import WebRtcLeg
from telephony.webrtc.settings import WebRtcSettings

logger = logging.getLogger(__name__)

_MAX_SDP_CHARS = 64_000
"""Far above any browser's offer of one audio line; less than what would hurt to parse."""


class WebRtcIncomingCall:
    """Implements `calls.ports.IncomingCall`: a page that waits to be answered."""

    def __init__(self, offer: CallOffer, leg: WebRtcLeg, close: Callable[[WebRtcLeg, str], None]) -> None:
        """Ring until answered, rejected or given up; `close` ends the leg in the background."""
        self._offer = offer
        self._leg = leg
        self._close = close
        self._settled = False
        self._cancel_listener: Callable[[], None] | None = None

    @property
    def offer(self) -> CallOffer:
        """Who calls whom."""
        return self._offer

    @property
    def leg(self) -> WebRtcLeg:
        """The leg behind the call, for keys that the page sends."""
        return self._leg

    def on_cancel(self, listener: Callable[[], None]) -> None:
        """Call `listener` if the visitor leaves or cannot connect while it rings."""
        self._cancel_listener = listener
        if self._leg.ended and not self._settled:
            self.cancelled()

    def ring(self) -> None:
        """Nothing to tell: the page shows that it rings from its offer on."""

    async def answer(self) -> Leg:
        """Wait until the browser is connected, and return the leg with media running.

        Raises:
            CallCentreError: `call.gone` when the visitor left or could not connect, or the call is settled already.
        """
        if self._settled:
            raise _gone()
        self._settled = True
        try:
            connected = await self._leg.wait_connected()
        except asyncio.CancelledError:
            self._close(self._leg, "local")
            raise
        if not connected:
            raise _gone()
        return self._leg

    def reject(self, status: int, reason: str) -> None:
        """Close the connection; the page hears of it by DTLS."""
        if self._settled:
            return
        self._settled = True
        refusal = {"leg_id": self._leg.leg_id, "status": status, "reason": reason}
        logger.info("a browser's call was refused", extra=refusal)
        self._close(self._leg, "local")

    def cancelled(self) -> None:
        """Called by the gateway: the visitor is gone."""
        if self._settled or self._cancel_listener is None:
            return
        self._settled = True
        self._cancel_listener()


class WebRtcGateway:
    """Keeps the sessions of all browsers."""

    def __init__(
        self, settings: WebRtcSettings, media: MediaSettings, clock: Clock, outbox: Outbox | None = None
    ) -> None:
        """Make a gateway without sessions.

        Args:
            settings: How browsers are met.
            media: How legs behave.
            clock: Where the time comes from.
            outbox: What packets leave by, shared with others; None: one that sends at once.
        """
        self._settings = settings
        self._media = media
        self._clock = clock
        self._outbox = outbox or Outbox()
        self._legs: dict[LegId, WebRtcLeg] = {}
        self._background = Background("a call of a browser could not be ended")
        self._stopping = False
        prepare_codecs()

    @property
    def sessions(self) -> int:
        """How many browsers are connected or ring."""
        return len(self._legs)

    async def offer(
        self,
        sdp: str,
        kind: str,
        called: str,
        remote: str,
        *,
        caller: str = "",
        caller_name: str = "",
        visitor: str = "",
    ) -> tuple[str, WebRtcIncomingCall]:
        """Take a browser's offer and return the answer's SDP and the call, which rings.

        Args:
            sdp: The offer; candidates that it lacks follow by `WebRtcLeg.add_candidate`.
            kind: `offer`, the type of the description.
            called: Whom the page calls, as in the dial plan.
            remote: Address of the browser, `host:port`, for the log.
            caller: Who the visitor says to be, empty when unknown.
            caller_name: Name to show, empty when unknown.
            visitor: Visitor of the web chat who calls, empty when unknown.

        Raises:
            CallCentreError: `webrtc.bad_offer`, `webrtc.no_audio`, `webrtc.full`.
        """
        if self._stopping or len(self._legs) >= self._settings.max_sessions:
            raise CallCentreError(
                "webrtc.full",
                "No more calls from the page can be taken now; try again soon.",
                fault="us",
                retryable=True,
            )
        if kind != "offer" or len(sdp) > _MAX_SDP_CHARS:
            raise CallCentreError("webrtc.bad_offer", "The session description is not an offer.", fault="peer")
        leg_id = LegId(f"leg-{secrets.token_hex(8)}")
        leg = self._legs[leg_id] = WebRtcLeg(leg_id, self._settings, self._media, self._clock, self._outbox)
        try:
            answer = await leg.answer_offer(sdp, kind)
        except BaseException:
            self._legs.pop(leg_id, None)
            self._end_later(leg, "transport_error")
            raise
        description = CallOffer(
            transport="webrtc",
            caller=caller,
            caller_name=caller_name,
            called=called,
            peer_call_id=leg_id.removeprefix("leg-"),
            remote=remote,
            visitor=visitor,
        )
        call = WebRtcIncomingCall(description, leg, self._end_later)
        self._background.start(self._watch(leg, call), f"webrtc-watch-{leg_id}")
        return answer, call

    async def stop(self) -> None:
        """Close every session and wait until the browsers were told; idempotent."""
        self._stopping = True
        await asyncio.gather(*(leg.hang_up() for leg in list(self._legs.values())))
        await self._background.finish()

    async def _watch(self, leg: WebRtcLeg, call: WebRtcIncomingCall) -> None:
        """Give up on a browser that does not connect in time, and forget the leg at its end."""
        try:
            await asyncio.wait_for(leg.wait_connected(), self._settings.connect_ms / 1000)
        except TimeoutError:
            logger.info("a browser did not connect in time", extra={"leg_id": leg.leg_id})
            await leg.end("transport_error")
        await leg.wait_ended()
        self._legs.pop(leg.leg_id, None)
        call.cancelled()
        await leg.end("local")

    def _end_later(self, leg: WebRtcLeg, reason: str) -> None:
        self._background.start(leg.end(reason), f"webrtc-end-{leg.leg_id}")


def _gone() -> CallCentreError:
    return CallCentreError("call.gone", "The visitor left before the call was answered.", fault="peer")
