"""How the caller's voice moves while they speak: level and pitch every quarter of a second, a signal, never logged."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from calls.errors import CallCentreError

if TYPE_CHECKING:
    from service.call_runner import CallRunner

logger = logging.getLogger(__name__)

EVERY_MS = 250
LOOKED_AT_MS = 400
"""Sound that a look takes in. Source: YIN needs 64 ms a frame, and a pitch of single frames jumps."""


class VoiceSignals:
    """The looks at one caller's voice; one at a time, and none is made up for."""

    def __init__(self, call: CallRunner) -> None:
        """Nothing is looked at before `started`."""
        self._call = call
        self._looking: asyncio.Task[None] | None = None

    def started(self) -> None:
        """The caller speaks."""
        if self._looking is None and self._call.consent.emotion:
            self._looking = self._call.tasks.start("voice-signals", self._look())

    def stopped(self) -> None:
        """The caller paused."""
        looking, self._looking = self._looking, None
        if looking is not None:
            looking.cancel()

    async def _look(self) -> None:
        call = self._call
        while call.consent.emotion and call.hearing is not None:
            await asyncio.sleep(EVERY_MS / 1000)
            t_ms = call.conference_ms()
            try:
                seen = await call.feeling.glance(call.hearing.audio(t_ms - LOOKED_AT_MS, t_ms))
            except CallCentreError as error:
                logger.info("call %s: no look at the voice: %s", call.call_id, error.code)
                return
            if seen is not None:
                call.house.live.signal(call.call_id, "voice", {"t_ms": t_ms, **seen})
