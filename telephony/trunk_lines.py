"""Keeps us registered at every trunk that wants it: looks servers up and tells the user agent."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from calls.errors import CallCentreError
from calls.ports import CallOffer
from telephony.sip.message import Flow
from telephony.sip.registration_signals import (
    LocateRegistrar,
    RegistrarLocated,
    RegistrationChanged,
    RegistrationOrder,
    StopRegistrations,
)
from telephony.sip.uri import SipUri
from telephony.trunks import Trunk

logger = logging.getLogger(__name__)

NO_ROOM_HERE, BUSY = 503, 486

Locate = Callable[[SipUri], Awaitable[tuple[tuple[Flow, ...], str]]]
"""Gives the servers of a URI, best first, and the address of ours that they are told."""


class TrunkLines:
    """The trunks of one gateway."""

    def __init__(self, trunks: tuple[Trunk, ...], feed: Callable[[RegistrationOrder], None], locate: Locate) -> None:
        """Prepare; nothing is sent before `start`."""
        self.by_name = {trunk.name: trunk for trunk in trunks}
        self._feed = feed
        self._locate = locate
        self._looking_up: set[asyncio.Task[None]] = set()
        self._left = asyncio.Event()
        self._up: dict[str, RegistrationChanged] = {}

    def registered(self, name: str) -> bool:
        """True while the trunk's registrar holds a binding of ours."""
        return name in self._up and self._up[name].registered

    def last_status(self, name: str) -> int:
        """Return the status of the last refusal, 0 when there was none or nobody answered."""
        return self._up[name].status if name in self._up else 0

    def of(self, source: Flow) -> Trunk | None:
        """Return the trunk that a call from there comes over, None for none."""
        return next((trunk for trunk in self.by_name.values() if trunk.knows(source.host)), None)

    def proxy_at(self, hop: Flow) -> str:
        """Return the name of the proxy of ours that sends from there, empty for none."""
        proxies = (trunk for trunk in self.by_name.values() if trunk.kind == "proxy")
        return next((trunk.name for trunk in proxies if trunk.knows(hop.host)), "")

    def is_proxy(self, hop: Flow) -> bool:
        """True when a proxy of ours sends from there."""
        return bool(self.proxy_at(hop))

    def busy_status(self, offer: CallOffer) -> int:
        """Return how the sender of a call is told that there is no room here.

        A proxy of ours hears 503 and asks the next gateway. A carrier would leave us out for all calls then, so it
        hears that this one number is busy.
        """
        if offer.proxy:
            return NO_ROOM_HERE
        trunk = self.by_name.get(offer.trunk)
        return trunk.busy_status if trunk is not None else BUSY

    def vouches(self, source: Flow) -> bool:
        """True when what comes from there about who calls is believed."""
        trunk = self.of(source)
        return trunk is not None and trunk.trust_identity

    def may_carry_keys(self, flow: Flow) -> bool:
        """True when the operator lets keys for SRTP, and fingerprints, travel there in the clear."""
        trunk = self.of(flow)
        return trunk is not None and trunk.keys_in_clear

    def start(self) -> None:
        """Register where it is wanted."""
        for trunk in self.by_name.values():
            if trunk.register:
                self._feed(trunk.registration())

    async def stop(self, are_over: Callable[[], bool], patience_s: float) -> None:
        """Remove the bindings; wait at most `patience_s` for the registrars to say so."""
        for task in self._looking_up:
            task.cancel()
        self._feed(StopRegistrations())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                while not are_over():
                    self._left.clear()
                    await self._left.wait()

    def on_news(self, news: LocateRegistrar | RegistrationChanged) -> None:
        """Do what the user agent asks for, or note how it went."""
        if isinstance(news, RegistrationChanged):
            self._up[news.name] = news
            if news.is_over:
                self._left.set()
                return
            log = logger.info if news.registered else logger.warning
            said = "registered" if news.registered else "not registered"
            log("trunk %s: %s (status %d)", news.name, said, news.status)
            return
        task = asyncio.get_running_loop().create_task(self._look_up(news))
        self._looking_up.add(task)
        task.add_done_callback(self._looking_up.discard)

    async def _look_up(self, wanted: LocateRegistrar) -> None:
        try:
            servers, local_host = await self._locate(wanted.registrar)
        except CallCentreError as error:
            logger.warning("trunk %s: %s", wanted.name, error.code)
            servers, local_host = (), ""
        self._feed(RegistrarLocated(wanted.name, servers, local_host))
