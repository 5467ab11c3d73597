"""Looks whether the telephones of agents are registered: who has none is offered no call, and the pages say so."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from calls.errors import CallCentreError

if TYPE_CHECKING:
    from service.house import House

logger = logging.getLogger(__name__)

PREFIX = "phone:"
"""Begins the target of a telephone that registers here; of others nobody knows whether they are there."""
LOOK_EVERY_S = 5.0
"""Between two looks. Source: our choice; a telephone that is switched on is offered calls soon after."""
_GONE = ("phone.unknown", "phone.not_registered", "phone.elsewhere")


class PhoneWatch:
    """Tells the desk whose telephone can be reached."""

    def __init__(self, house: House) -> None:
        """Nothing was looked at before `run`."""
        self._house = house

    async def run(self) -> None:
        """Look again and again, for as long as the service runs."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Look once at the telephones of all who work with one."""
        desk = self._house.desk
        for agent, phone in desk.phone_workers().items():
            up = await self._is_there(phone)
            if desk.phone_of(agent) == phone:
                desk.phone_is(agent, up=up)

    async def _is_there(self, phone: str) -> bool:
        sip = self._house.sip
        if sip is None:
            return False
        if not phone.startswith(PREFIX):
            return True
        try:
            return bool(await sip.phones.ways(phone.removeprefix(PREFIX)))
        except CallCentreError as error:
            if error.code not in _GONE:
                logger.warning("a telephone could not be looked for (%s)", error.code)
            return error.code not in _GONE
