"""The last words of calls that the service ends: made before they are needed, so that they fit into the drain time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable, Collection
from typing import Protocol

from calls.errors import CallCentreError
from calls.ids import LANGUAGES, Language
from calls.ports import SpeechChunk

logger = logging.getLogger(__name__)

MAKE_S = 8.0
"""How long making the last words may take while the calls go on. Source: 4.7 s (es) and 0.6 s (en) of one core
with the default voices; at nearly every stop they lie on disk already."""

WRITE_S = 0.1
"""How long the cache may take to write what was made. Source: 250 kB, a few ms in a thread."""

DRAIN_S = 12.0
"""How long running calls may say goodbye. Source: the longer sentence takes 7.2 s to say (es, default voice); the
rest is for a processor that forty calls share."""


class EndingCall(Protocol):
    """What is needed of a running call."""

    ended: asyncio.Event

    def shut_down(self) -> None:
        """Say goodbye and end."""
        ...


Speak = Callable[[str, Language], AsyncGenerator[SpeechChunk, None]]


async def say_goodbye(calls: Collection[EndingCall], speak: Speak, text: Callable[[Language], str]) -> None:
    """End every call with a goodbye, and return when all have ended or `DRAIN_S` is over.

    The sentence is made first, so that the drain time is for saying it alone, whatever the voice and its cache.
    """
    if not calls:
        return
    making = [asyncio.create_task(_make(speak, text(language), language)) for language in LANGUAGES]
    _, slow = await asyncio.wait(making, timeout=MAKE_S)
    for task in slow:
        task.cancel()
    for call in calls:
        call.shut_down()
    endings = [asyncio.create_task(call.ended.wait()) for call in calls]
    _, late = await asyncio.wait(endings, timeout=DRAIN_S)
    for ending in late:
        ending.cancel()
    if late:
        logger.warning("%d calls were cut off in their goodbye", len(late))


async def _make(speak: Speak, text: str, language: Language) -> None:
    """Let the voice speak to nobody: its cache keeps what it said."""
    with contextlib.suppress(CallCentreError):  # the call will hear the voice of last resort
        async with contextlib.aclosing(speak(text, language)) as chunks:
            cached = [chunk.cached async for chunk in chunks]
        if not all(cached):
            await asyncio.sleep(WRITE_S)
