"""The phones that register at one gateway: their bindings are kept, looked after and found again.

What a REGISTER changes is decided by `sip.registrar_rules` within one change of the store. A binding whose only way is
a connection goes when that breaks; one whose Contact leads to the phone is connected to anew. After a restart the
bindings of the process before are taken over in the same way.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

from calls.errors import CallCentreError
from calls.nonces import NonceUse
from calls.phones import Bindings, PhoneBinding, PhoneBindings
from calls.ports import Clock
from telephony.net.background import Background
from telephony.net.sip_transports import SipTransports
from telephony.sip.accounts import Account
from telephony.sip.grammar import SipSyntaxError, format_host
from telephony.sip.message import RELIABLE_TRANSPORTS, Flow
from telephony.sip.name_addr import parse_sip_name_addr
from telephony.sip.phone_ways import PhoneWay, direct_flow, way_to
from telephony.sip.register_wish import RegisterLimits
from telephony.sip.registrar_rules import (
    Host,
    RegisterOutcome,
    by_preference,
    moved,
    register,
    without_expired,
    without_flow,
    without_place,
)
from telephony.sip.registrar_signals import BindingsChanged, ChangeBindings

logger = logging.getLogger(__name__)

KEEP_OPEN_S = 25.0
"""How often something is sent to a phone behind a translator over UDP. Source: translators forget after 30 s and more
(RFC 5626 section 4.4.2 asks phones for 24 to 29 s)."""
LOOK_EVERY = 2
"""Every so many rounds what ran out is deleted and what dead processes left is taken over."""
_KEEP_ALIVE = b"\r\n\r\n"
"""Source: RFC 5626 section 3.5.1."""


class PhoneLines:
    """The phones of one gateway."""

    def __init__(
        self,
        phones: tuple[Account, ...],
        bindings: PhoneBindings,
        owner: str,
        limits: RegisterLimits,
        clock: Clock,
        feed: Callable[[BindingsChanged], None],
        count: Callable[[NonceUse], Awaitable[bool]],
    ) -> None:
        """Prepare; nothing is asked before `start`.

        Args:
            phones: Who may register.
            bindings: Where it is kept.
            owner: Name of this process among those that share the bindings.
            limits: How many places a phone may have.
            clock: Where the time comes from.
            feed: Tells the user agent what stands.
            count: Counts the use of a proof that other processes believe too; False: it was used before.
        """
        self._phones = {phone.name: phone for phone in phones}
        self._bindings = bindings
        self._owner = owner
        self._limits = limits
        self._clock = clock
        self._feed = feed
        self._count = count
        self._transports: SipTransports | None = None
        self._mine: dict[str, Bindings] = {}
        """What phones registered here, as far as this process knows: which connections to keep and whom to ping."""
        self._background = Background("a phone could not be looked after")
        self._stopping = asyncio.Event()

    @property
    def connections_in_use(self) -> set[int]:
        """Numbers of the connections that phones are reached through."""
        return {item.connection for items in self._mine.values() for item in items} - {0}

    def start(self, transports: SipTransports) -> None:
        """Look after the bindings from now on."""
        self._transports = transports
        self._stopping.clear()
        if self._phones:
            self._background.start(self._look_after(), name="phones")

    async def stop(self) -> None:
        """Let the database finish; what is stored stays, so that the next start finds it."""
        self._transports = None
        self._stopping.set()  # a thread that asks the database cannot be cancelled, so that its end is waited for
        await self._background.finish()

    def on_wish(self, wanted: ChangeBindings) -> None:
        """Do what a phone asks for; the user agent hears of it exactly once."""
        self._background.start(self._change(wanted))

    def flow_lost(self, flow: Flow) -> None:
        """Hear that a connection broke; while we stop they all do, and the phones stay registered."""
        if self._transports is None:
            return
        for items in list(self._mine.values()):
            for item in items:
                if item.connection and item.connection == flow.connection:
                    self._background.start(self._find_again(item))

    def way_failed(self, way: PhoneWay) -> None:
        """Hear that a proxy has no connection to a phone any more: it is not there until it registers again."""
        if way.binding is not None and self._transports is not None:
            self._background.start(self._forget(way.binding))

    async def ways(self, name: str) -> list[PhoneWay]:
        """Return how a phone is called now, the most wanted place first.

        Raises:
            CallCentreError: `phone.unknown`, `phone.not_registered`, `phone.elsewhere`, `database.*`.
        """
        phone = self._phones.get(name)
        if phone is None:
            raise CallCentreError("phone.unknown", f"There is no phone {name!r} in [telephony.sip.phones].", fault="us")
        found = by_preference(without_expired(await self._bindings.of(name), self._clock.now_utc()))
        ways = [way for item in found if (way := self._way(item)) is not None]
        if ways:
            return [replace(way, srtp=phone.srtp) for way in ways]
        if not found:
            raise CallCentreError("phone.not_registered", f"The phone {name} is not registered.", fault="peer")
        raise CallCentreError(
            "phone.elsewhere",
            f"The phone {name} hangs on a connection to the process at {found[0].route}, which alone can call it.",
            fault="operator",
            retryable=True,
        )

    async def _change(self, wanted: ChangeBindings) -> None:
        wish = wanted.wish
        outcomes: list[RegisterOutcome] = []

        def decide(current: Bindings) -> Bindings:
            outcomes.append(register(current, wish, self._host_for(wish.source.host), self._limits, now))
            return outcomes[-1].bindings

        now = self._clock.now_utc()
        try:
            if wanted.use is not None and not await self._count(wanted.use):
                self._feed(BindingsChanged(wanted.ticket, None, is_spent=True))
                return
            standing = await self._bindings.change(wish.phone, decide)
        except Exception as error:
            known = isinstance(error, CallCentreError)
            logger.error("phone %s: not registered: %s", wish.phone, error if known else type(error).__name__)
            self._feed(BindingsChanged(wanted.ticket, None))
            if not known:
                raise
            return
        self._note(wish.phone, standing)
        left = tuple(round((item.expires_utc - now).total_seconds()) for item in standing)
        self._feed(BindingsChanged(wanted.ticket, standing, outcomes[-1].is_late, left))
        if wish.source.connection and not self._is_open(wish.source):
            self.flow_lost(wish.source)

    def _note(self, name: str, standing: Bindings) -> None:
        mine = tuple(item for item in standing if item.owner == self._owner)
        if len(mine) != len(self._mine.get(name, ())):
            logger.info("phone %s: registered here, places: %d", name, len(mine))
        self._mine[name] = mine

    async def _forget(self, lost: PhoneBinding) -> None:
        """Forget a place that only a proxy's connection led to; a phone that renewed it meanwhile stays."""
        standing = await self._bindings.change(lost.phone, lambda current: without_flow(current, lost))
        if all(item.place != lost.place for item in standing):
            logger.info("phone %s: its connection to the proxy broke, places left: %d", lost.phone, len(standing))
        self._note(lost.phone, standing)

    async def _find_again(self, lost: PhoneBinding) -> None:
        """Connect anew to a phone whose Contact leads to it, else forget this place of it."""
        connection = await self._connect(lost)
        if self._transports is None:
            return  # we stop: whoever starts next looks after it
        host = self._host_for(lost.host)

        def decide(current: Bindings) -> Bindings:
            return without_place(current, lost) if connection is None else moved(current, lost, host, connection)

        self._note(lost.phone, await self._bindings.change(lost.phone, decide))

    async def _connect(self, lost: PhoneBinding) -> int | None:
        """Open a connection to where a Contact leads.

        Returns:
            Its number, 0 for datagrams and for phones that a proxy is connected to, None when nobody is there.
        """
        transports = self._transports
        if lost.path or lost.transport not in RELIABLE_TRANSPORTS:
            return 0
        if lost.behind_nat or transports is None:
            return None
        try:
            _, uri = parse_sip_name_addr(lost.contact)
            flow = await transports.open(direct_flow(uri, "tls" if lost.transport == "tls" else "tcp"))
        except (CallCentreError, SipSyntaxError):
            return None
        transports.send(_KEEP_ALIVE, flow)  # from now on we hear when it breaks
        return flow.connection

    async def _look_after(self) -> None:
        rounds = 0
        while not self._stopping.is_set():
            if rounds % LOOK_EVERY == 0:
                with contextlib.suppress(CallCentreError):  # told by whoever writes the log
                    await self._take_over()
            rounds += 1
            self._keep_open()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(KEEP_OPEN_S):
                    await self._stopping.wait()

    async def _take_over(self) -> None:
        """Take over what processes left that live no more, as far as this one can reach it."""
        now = self._clock.now_utc()
        for item in await self._bindings.orphans(now):
            if self._stopping.is_set():
                return
            is_datagram = item.transport not in RELIABLE_TRANSPORTS and not item.path
            if is_datagram and item.behind_nat and item.route != self._host_for(item.host).route:
                continue  # only a process that listens there is let through
            await self._find_again(item)
        for name in list(self._mine):
            self._mine[name] = without_expired(self._mine[name], now)

    def _keep_open(self) -> None:
        for items in self._mine.values():
            for item in items:
                hidden = item.behind_nat and not item.path
                if item.transport == "udp" and hidden and self._transports is not None:
                    self._transports.send(_KEEP_ALIVE, Flow(item.host, item.port))

    def _way(self, item: PhoneBinding) -> PhoneWay | None:
        here = self._is_open(Flow(item.host, item.port, "tcp", item.connection)) if item.connection else False
        try:
            return way_to(item, self._host_for(item.host), is_open=here)
        except SipSyntaxError:
            return None

    def _is_open(self, flow: Flow) -> bool:
        return self._transports is not None and self._transports.is_open(flow)

    def _host_for(self, peer_host: str) -> Host:
        if self._transports is None:
            return Host(self._owner, "")
        port = self._transports.addresses[0][1]
        return Host(self._owner, f"{format_host(self._transports.local_host(peer_host))}:{port}")
