"""What is done while the recogniser still works on a caller's last words, so that the answer need not wait for it.

A pause may be the end of a turn. The voice of the last utterance is known by then, and its words are nearly: what they
mean is asked for on the chance that the last partial stands, and what the voice is like needs no words. Both are kept
by those who are asked again a moment later; a wrong guess costs some work on a core that has nothing else to do.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from calls.audio import Samples
from calls.errors import CallCentreError

if TYPE_CHECKING:
    from service.call_runner import CallRunner

logger = logging.getLogger(__name__)

CALLS_MOST = 2
"""With more calls at once, no core has nothing else to do."""


class ThinkingAhead:
    """Guesses for one caller."""

    def __init__(self, call: CallRunner) -> None:
        """Nothing is guessed before `paused`."""
        self._call = call

    def paused(self) -> None:
        """The caller paused, perhaps for good."""
        call = self._call
        hearing = call.hearing
        if hearing is None or (running := hearing.running()) is None or len(call.house.calls) > CALLS_MOST:
            return
        if call.consent.emotion:
            call.tasks.start("feel-ahead", self._feel(hearing.audio(running.start_ms, running.end_ms)))
        if running.text:
            call.tasks.start("mean-ahead", self._mean(running.text))

    async def _feel(self, sound: Samples) -> None:
        try:
            await self._call.feeling.prepare(sound)
        except CallCentreError as error:
            logger.info("call %s: the voice was not looked at ahead: %s", self._call.call_id, error.code)

    async def _mean(self, text: str) -> None:
        try:
            await self._call.house.knowledge.prepare(text)
        except CallCentreError as error:
            logger.info("call %s: the meaning was not looked for ahead: %s", self._call.call_id, error.code)
