"""The rules of keeping, carried out by the running service at its start and daily: what is too old goes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from calls.errors import CallCentreError
from records.retention import apply_retention
from service.speech_cache import EPOCH, forget_spoken, speech_folder

if TYPE_CHECKING:
    from service.house import House

logger = logging.getLogger(__name__)

EVERY_S, AGAIN_S = 24 * 3600.0, 3600.0
"""How often, and how soon again when something could not be removed. Source: our choice; the rules are in days."""


class Retention:
    """Each rule by itself: what cannot be done is told, counted and tried again, and holds up no other."""

    def __init__(self, house: House) -> None:
        """Nothing is looked at before `run`."""
        self._house = house

    async def run(self) -> None:
        """Carry the rules out for as long as the service runs."""
        while True:
            all_done = await self.look()
            await asyncio.sleep(EVERY_S if all_done else AGAIN_S)

    async def look(self) -> bool:
        """Carry each rule out once; return whether all could be."""
        rules = {"contacts": self._contacts, "customers": self._customers, "speech": self._speech}
        return all([await self._carry_out(name, rule) for name, rule in rules.items()])

    async def _carry_out(self, name: str, rule: Callable[[], None]) -> bool:
        try:
            await asyncio.to_thread(rule)
        except (CallCentreError, OSError) as error:
            why = error.message if isinstance(error, CallCentreError) else error.strerror
            logger.error("what is too old could not be removed (%s): %s", name, why)
            self._house.metrics.trouble.labels("retention").inc()
            return False
        return True

    def _contacts(self) -> None:
        house = self._house
        days = house.config.privacy.retention_days
        apply_retention(house.store, house.recordings, days=days, now_utc=house.clock.now_utc())

    def _customers(self) -> None:
        self._house.customers.retain()

    def _speech(self) -> None:
        house = self._house
        too_old = house.clock.now_utc() - timedelta(days=house.config.privacy.retention_days)
        forget_spoken(speech_folder(house.config), [(EPOCH, too_old)])
