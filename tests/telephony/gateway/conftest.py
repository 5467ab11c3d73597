"""Gateways of ours that run while a test does."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.telephony.baresip import EchoHouse
from tests.telephony.sipp_peer import Desk


@pytest_asyncio.fixture
async def house() -> AsyncIterator[EchoHouse]:
    """Answers every call and says back what it hears, over real RTP."""
    made = EchoHouse()
    await made.gateway.start()
    yield made
    await made.close()


@pytest_asyncio.fixture
async def desk() -> AsyncIterator[Desk]:
    """Answers every call; its media are counted, not heard."""
    made = Desk()
    await made.gateway.start()
    yield made
    await made.gateway.stop()
    assert all(leg.closed for leg in made.media.legs)
