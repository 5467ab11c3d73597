"""A SIP call that rings, as the service sees it (`calls.ports.IncomingCall`)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from calls.errors import CallCentreError
from calls.ports import CallOffer
from telephony.media_port import MediaLeg
from telephony.sdp.offer_answer import MediaAgreement
from telephony.sip.signals import (
    AnswerCall,
    BeginEarlyMedia,
    CallArrived,
    CallOver,
    EndCause,
    RejectCall,
    RingCall,
    SessionId,
)
from telephony.sip.signals import UserAgentOrder as Order
from telephony.sip_leg import SipLeg
from telephony.trunks import Trunk

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CallRefusal:
    """How a call is refused before anybody hears of it."""

    status: int
    """486 towards carriers, who would drop the whole gateway on 503; 503 towards a proxy of our own."""
    reason: str = ""
    retry_after_s: int | None = None

    def order(self, session_id: SessionId) -> RejectCall:
        """Return what the user agent is told."""
        return RejectCall(session_id, self.status, self.reason, self.retry_after_s)


class PendingLeg:
    """A leg whose signalling is not finished: what both kinds of calls wait for."""

    def __init__(self, session_id: SessionId, send: Callable[[Order], None]) -> None:
        """Begin; `send` gives an order to the user agent."""
        self.session_id = session_id
        self.leg: SipLeg | None = None
        self._send = send
        self._settled: asyncio.Future[CallOver | None] = asyncio.get_running_loop().create_future()
        self._over: CallOver | None = None
        self.on_early: Callable[[SipLeg], None] | None = None
        """Called once when the party that we call lets us hear something before it answers."""
        self.on_ringing: Callable[[], None] | None = None
        """Called when the party that we call rings."""

    def attach(self, media: MediaLeg) -> SipLeg:
        """Make the leg from its media."""
        self.leg = SipLeg(media, self.session_id, self._send)
        return self.leg

    def agree(self, agreement: MediaAgreement) -> None:
        """Follow what offer and answer settled, before the answer or after."""
        if self.leg is None:
            return
        self.leg.agree(agreement)
        listener, self.on_early = self.on_early, None
        if listener is not None and not self._settled.done():
            listener(self.leg)

    def confirm(self) -> None:
        """Both sides agree that the call stands."""
        if not self._settled.done():
            self._settled.set_result(None)

    def finish(self, over: CallOver) -> None:
        """The call is gone, in whatever state it was."""
        self._over = over
        if self.leg is not None:
            self.leg.end(over.cause)
        if not self._settled.done():
            self._settled.set_result(over)

    async def settled(self) -> CallOver | None:
        """Wait until the call stands (None) or is gone; cancelled waiting ends the call.

        A call that stood, be it for a moment, did come about: its leg tells the end.
        """
        try:
            return await asyncio.shield(self._settled)
        except asyncio.CancelledError:
            if self.leg is not None:
                self.leg.end("local")
            raise


def offer_of(arrived: CallArrived, trunk: Trunk | None, proxy: str = "") -> CallOffer:
    """Return who calls whom, with numbers as the trunk writes them that the call came over."""
    read = trunk.numbers.read if trunk is not None else str
    return CallOffer(
        transport="sip",
        caller=read(arrived.caller),
        caller_name=arrived.caller_name,
        called=read(arrived.called),
        trunk=trunk.name if trunk is not None else "",
        peer_call_id=arrived.call_id,
        remote=str(arrived.source),
        withheld=arrived.withheld,
        asserted=arrived.asserted,
        diverted_from=arrived.diverted_from,
        phone=arrived.phone,
        proxy=proxy,
    )


class SipIncomingCall(PendingLeg):
    """One INVITE that waits for a decision."""

    def __init__(
        self,
        session_id: SessionId,
        offer: CallOffer,
        send: Callable[[Order], None],
        open_media: Callable[[], Awaitable[MediaLeg]],
        no_room: CallRefusal,
    ) -> None:
        """Begin ringing, silently; `open_media` binds the ports of an answer, `no_room` is said when there are none."""
        super().__init__(session_id, send)
        self._offer = offer
        self._open_media = open_media
        self._no_room = no_room
        self._cancelled: Callable[[], None] | None = None
        self._decided = False

    @property
    def offer(self) -> CallOffer:
        """Who calls whom."""
        return self._offer

    def on_cancel(self, listener: Callable[[], None]) -> None:
        """Call `listener` if the caller gives up while it rings; at once when that happened already."""
        self._cancelled = listener
        if self._over is not None and not self._decided:
            self._tell_cancelled()

    def ring(self) -> None:
        """Send 180."""
        self._send(RingCall(self.session_id))

    async def begin_early_media(self) -> SipLeg:
        """Let the caller hear us before we answer (183), and return the leg; `answer` returns the same one.

        What the caller's line does with it is its own matter: many play ringing of their own all the same.

        Raises:
            CallCentreError: `call.gone` when the caller gave up, `call.decided` after a decision, or what opening the
                media raises.
        """
        if self._decided:
            raise CallCentreError("call.decided", "The call was answered or refused already.", fault="us")
        if self.leg is None and not self._is_gone():
            media = await self._open_media()
            if self._is_gone() or self._decided or self.leg is not None:
                media.close()
            else:
                leg = self.attach(media)
                self._send(BeginEarlyMedia(self.session_id, media.local_port))
                return leg
        if self.leg is None or self._is_gone():
            raise CallCentreError("call.gone", "The caller gave up before the call was answered.", fault="peer")
        return self.leg

    async def answer(self) -> SipLeg:
        """Accept, and return the leg once the caller confirmed.

        Raises:
            CallCentreError: `call.gone` when the caller gave up, `call.no_ack` when the answer was never confirmed,
                `call.decided` on a second decision, or what opening the media raises (the caller then hears busy).
        """
        self._decide()
        if not self._is_gone():
            leg = self.leg or await self._open_leg()
            if leg is not None:
                self._send(AnswerCall(self.session_id, leg.media.local_port))
                over = await self.settled()
                if over is None:
                    return leg
        cause: EndCause = self._over.cause if self._over is not None else "cancelled"
        if cause == "no_ack":
            raise CallCentreError(
                "call.no_ack", "The caller's phone never confirmed that the call was answered.", fault="peer"
            )
        raise CallCentreError("call.gone", "The caller gave up before the call was answered.", fault="peer")

    async def _open_leg(self) -> SipLeg | None:
        """Open the media; None when the caller gave up meanwhile."""
        try:
            media = await self._open_media()
        except BaseException:
            self._send(self._no_room.order(self.session_id))
            raise
        if self._is_gone():
            media.close()
            return None
        return self.attach(media)

    def reject(self, status: int, reason: str) -> None:
        """Refuse with a SIP status; nothing happens when the caller is gone or the call is decided already."""
        self._decided = True
        self._send(RejectCall(self.session_id, status, reason))

    def finish(self, over: CallOver) -> None:
        """The call is gone; while nobody decided that is the caller giving up."""
        super().finish(over)
        if not self._decided:
            self._tell_cancelled()

    def _is_gone(self) -> bool:
        return self._over is not None

    def _decide(self) -> None:
        if self._decided:
            raise CallCentreError("call.decided", "The call was answered or refused already.", fault="us")
        self._decided = True

    def _tell_cancelled(self) -> None:
        listener, self._cancelled = self._cancelled, None
        if listener is None:
            return
        try:
            listener()
        except Exception:
            logger.exception("a call's listener failed")
