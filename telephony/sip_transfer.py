"""Transfers as the service sees them: who may be called, and which leg takes whose place.

Safe by default: while nobody gave `may_call` and `on_replaced`, every transfer that a peer asks for is declined (603),
and so is every call that wants to take over another one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from calls.errors import CallCentreError
from calls.ids import LegId
from calls.ports import CallOffer
from telephony.dialling import CallWatch, parse_target
from telephony.outbound import CallKind
from telephony.sip.signals import DecideTransfer, ReportTransfer, SessionId, TransferAsked
from telephony.sip.signals import UserAgentOrder as Order
from telephony.sip.uri import SipUri
from telephony.sip_leg import SipLeg

logger = logging.getLogger(__name__)

_LEAVE_S = 2.0
"""How long a peer that transferred us may take to hang up before we do. Source: it learns of the success by NOTIFY,
which is sent again after 0.5 and 1.5 s when it was lost (RFC 3261 section 17.1.2.2)."""
_DECLINED = 603
_CHECK_FAILED = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTarget:
    """Somebody who shall be called because of a transfer."""

    uri: str
    why: Literal["asked_by_peer", "asked_of_peer"]
    """`asked_by_peer`: the peer's REFER makes us call; `asked_of_peer`: our REFER makes the peer call."""
    leg_id: LegId
    """The leg whose peer asks or is asked."""
    referred_by: str = ""
    """Who says that it asks, unproven."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """A leg that takes the place of another."""

    old: SipLeg
    new: SipLeg
    how: Literal["taken_over", "referred"]
    """Its peer called us (Replaces), or we called because the old peer asked (REFER)."""
    caller: str
    """User part of who is there now, as far as it is said."""
    caller_name: str = ""


class Transfers:
    """The transfers of one gateway."""

    def __init__(
        self,
        send: Callable[[Order], None],
        call: Callable[[str, CallKind, CallWatch], Awaitable[SipLeg]],
        leg_of: Callable[[SessionId], SipLeg | None],
    ) -> None:
        """Begin without policy: nothing is allowed.

        Args:
            send: Gives an order to the user agent.
            call: Calls somebody.
            leg_of: Finds a leg that talks.
        """
        self.may_call: Callable[[CallTarget], int | Awaitable[int | None] | None] | None = None
        """The one check of every target, at once or awaited: None lets it through, a status refuses it (403, 603)."""
        self.may_take_over: Callable[[SipLeg, CallOffer], int | None] | None = None
        """Asked before an incoming call with Replaces takes over a leg; None lets it through, a status refuses it."""
        self.on_replaced: Callable[[Replacement], None] | None = None
        """Told of each leg that took another's place; the old one is hung up afterwards."""
        self._send = send
        self._call = call
        self._leg_of = leg_of
        self._tasks: set[asyncio.Task[None]] = set()

    async def blind(self, leg: SipLeg, target_uri: str) -> None:
        """Ask the peer of a leg to call somebody else instead of us, and hang up once it has.

        Raises:
            CallCentreError: `call.bad_target`, `transfer.refused` when `may_call` does not allow it, `transfer.failed`
                with the call as it was.
        """
        target = parse_target(target_uri)
        if await self._refusal(CallTarget(uri=target_uri, why="asked_of_peer", leg_id=leg.leg_id)) is not None:
            raise CallCentreError("transfer.refused", "This number may not be called.", fault="operator")
        await leg.refer(target)
        await leg.hang_up()

    async def attended(self, leg: SipLeg, other: SipLeg) -> None:
        """Connect the peers of two legs of ours with each other, and leave both.

        The target is checked already: we called it.

        Raises:
            CallCentreError: `transfer.failed` with both calls as they were.
        """
        await leg.refer(SipUri("sip", "", "invalid"), replacing=other)
        await leg.hang_up()
        await other.hang_up()

    async def _refusal(self, target: CallTarget) -> int | None:
        """Return the status with which a target is refused, None when it may be called."""
        if self.may_call is None:
            return _DECLINED
        try:
            checked = self.may_call(target)
            return await checked if isinstance(checked, Awaitable) else checked
        except Exception:
            logger.exception("the check of a target failed, so that it is refused", extra={"leg_id": target.leg_id})
            return _CHECK_FAILED

    def take_over_refusal(self, leg: SipLeg, offer: CallOffer) -> int | None:
        """Return the status with which a call that wants to replace a leg is refused, None when it may."""
        if self.may_take_over is None or self.on_replaced is None:
            return _DECLINED
        return self.may_take_over(leg, offer)

    def on_asked(self, asked: TransferAsked) -> None:
        """Decide on a REFER of a peer and, if it may, call the target."""
        self._start(self._decide(asked))

    async def _decide(self, asked: TransferAsked) -> None:
        old = self._leg_of(asked.session_id)
        refused = _DECLINED
        if old is not None and self.on_replaced is not None:
            target = CallTarget(uri=asked.target, why="asked_by_peer", leg_id=old.leg_id, referred_by=asked.referred_by)
            refused = await self._refusal(target) or 0
        if old is None or refused:
            logger.info("a transfer was refused", extra={"session_id": asked.session_id, "status": refused})
            self._send(DecideTransfer(asked.session_id, asked.transfer_id, refused))
            return
        self._send(DecideTransfer(asked.session_id, asked.transfer_id, 202))
        await self._call_target(asked, old)

    def take_over(self, old: SipLeg, offer: CallOffer, answer: Callable[[], Awaitable[SipLeg]]) -> None:
        """Answer a call that replaces a leg, and end that leg."""
        self._start(self._answer_and_replace(old, offer, answer))

    async def close(self) -> None:
        """Stop calling targets."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _call_target(self, asked: TransferAsked, old: SipLeg) -> None:
        def report(status: int) -> None:
            self._send(ReportTransfer(asked.session_id, asked.transfer_id, status))

        fields = tuple(
            (name, value) for name, value in (("Replaces", asked.replaces), ("Referred-By", asked.referred_by)) if value
        )
        watch = CallWatch(on_ringing=lambda: report(180), fields=fields)
        try:
            new = await self._call(asked.target, "refer", watch)
        except CallCentreError as error:
            logger.info("a transfer failed", extra={"session_id": asked.session_id, "code": error.code})
            report(watch.status or _STATUS_OF.get(error.code, 503))
            return
        who = _user_of(asked.target)
        self._replace(Replacement(old=old, new=new, how="referred", caller=who))
        report(200)
        await asyncio.sleep(_LEAVE_S)
        await old.hang_up()

    async def _answer_and_replace(self, old: SipLeg, offer: CallOffer, answer: Callable[[], Awaitable[SipLeg]]) -> None:
        try:
            new = await answer()
        except CallCentreError as error:
            logger.info("a call that should take over another was lost", extra={"code": error.code})
            return
        change = Replacement(old=old, new=new, how="taken_over", caller=offer.caller, caller_name=offer.caller_name)
        self._replace(change)
        await old.hang_up()

    def _replace(self, change: Replacement) -> None:
        assert self.on_replaced is not None, "checked before anything was accepted"
        try:
            self.on_replaced(change)
        except Exception:
            logger.exception("a replaced leg could not be followed", extra={"leg_id": change.new.leg_id})


def _user_of(target: str) -> str:
    try:
        return parse_target(target).user_text
    except CallCentreError:
        return ""


_STATUS_OF = {"call.bad_target": 404, "call.no_answer": 408, "call.no_common_codec": 488}
"""What a peer is told of a call that failed without a status of its own; else 503."""
