"""Proofs of phones that are counted together with the other processes of a database, before they are believed.

The user agent is told the shared clock as long as it can be asked; while it cannot, challenges are of this process
alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

from calls.errors import CallCentreError
from calls.nonces import NonceUse, SharedNonces
from telephony.net.background import Background
from telephony.sip.signals import SharedClock

logger = logging.getLogger(__name__)

ASK_EVERY_S = 20.0
"""How often the shared clock is asked. Source: two clocks drift apart by under 2 ms in it (100 ppm), and a database
that is back is used again within it."""
ANSWER_S = 2.0
"""How long the database may take. Source: our choice; a caller waits meanwhile, and is asked once more then."""
SPEND_AFTER_S = 5.0
"""When the proof of a call that was refused is counted. Source: our choice; a proxy has tried the next process by then,
which needs it, and who overheard it finds it used up."""


class SharedProofs:
    """Counts for one gateway."""

    def __init__(self, nonces: SharedNonces | None, feed: Callable[[SharedClock], None]) -> None:
        """Prepare; nothing is asked before `start`.

        Args:
            nonces: Where processes count together; None: nothing is shared, and nothing comes to be counted.
            feed: Tells the user agent the shared clock.
        """
        self._nonces = nonces
        self._feed = feed
        self._background = Background("a proof could not be counted")

    @property
    def seal_key(self) -> Callable[[int], bytes] | None:
        """Give the keys that challenges are sealed with in every process; None: nothing is shared."""
        return self._nonces.seal_key if self._nonces is not None else None

    async def start(self) -> None:
        """Ask for the clock, at once and again and again."""
        if self._nonces is not None:
            await self._ask(self._nonces)
            self._background.start(self._keep_asking(self._nonces))

    async def stop(self) -> None:
        """Count nothing any more."""
        await self._background.cancel()

    async def take(self, use: NonceUse) -> bool:
        """Count one use; False when it was counted before, by any process, or its nonce is too old.

        Raises:
            CallCentreError: `database.*`; the user agent asks with challenges of its own from now on.
        """
        if self._nonces is None:
            return False
        try:
            async with asyncio.timeout(ANSWER_S):
                return await self._nonces.take(use)
        except CallCentreError:
            self._feed(SharedClock(None))
            raise
        except TimeoutError:
            self._feed(SharedClock(None))
            sentence = f"The database took longer than {ANSWER_S:g} s."
            raise CallCentreError("database.slow", sentence, fault="operator", retryable=True) from None

    def judge(self, use: NonceUse, then: Callable[[bool], None]) -> None:
        """Count one use, and say whether it is good; it is not while the database cannot say so."""
        self._background.start(self._judge(use, then))

    def spend_later(self, use: NonceUse | None) -> None:
        """Count the use of a call that was refused, once a proxy has had time to take it to another process."""
        if use is not None:
            self._background.start(self._spend(use))

    async def _judge(self, use: NonceUse, then: Callable[[bool], None]) -> None:
        is_good = False
        try:
            is_good = await self.take(use)
        except CallCentreError as error:
            logger.warning("a phone is asked for its password once more: %s", error.message)
        then(is_good)

    async def _spend(self, use: NonceUse) -> None:
        await asyncio.sleep(SPEND_AFTER_S)
        with contextlib.suppress(CallCentreError):  # asked again, or told by whoever writes the log
            await self.take(use)

    async def _keep_asking(self, nonces: SharedNonces) -> None:
        while True:
            await asyncio.sleep(ASK_EVERY_S)
            await self._ask(nonces)

    async def _ask(self, nonces: SharedNonces) -> None:
        shared_ms: int | None = None
        with contextlib.suppress(CallCentreError, TimeoutError):  # told by whoever writes the log
            async with asyncio.timeout(ANSWER_S):
                shared_ms = await nonces.now_ms()
        self._feed(SharedClock(shared_ms))
