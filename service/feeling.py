"""How the caller feels in one call: by the voice, which the prosody engine is asked about, and by the words."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from calls.audio import Samples
from calls.errors import CallCentreError
from calls.speech import EmotionEstimate, Turn, Utterance, WordsEstimate
from voice.feelings.call import Heard, read_feeling
from voice.feelings.model import FeelingModel
from voice.hearing_port import VoiceStates
from voice.workers.client import Worker

logger = logging.getLogger(__name__)

ENGINE = "prosody"


class Feeling:
    """One caller's estimates, in order."""

    def __init__(self, mind: Worker) -> None:
        """`mind` hosts the prosody engine."""
        self._mind = mind
        self._baseline: dict[str, Any] | None = None
        self.latest: EmotionEstimate | None = None

    async def estimate(
        self, utterance: Utterance, sound: Samples, states: VoiceStates | None = None
    ) -> EmotionEstimate:
        """Return the estimate of `utterance` from its sound at 16 kHz and, where there are any, the encoder's states.

        Raises:
            CallCentreError: the engine failed; the call goes on without an estimate.
        """
        words = [{"text": w.text, "start_ms": w.start_ms, "end_ms": w.end_ms, "prob": w.prob} for w in utterance.words]
        data: dict[str, Any] = {"baseline": self._baseline, "words": words}
        arrays: dict[str, npt.NDArray[Any]] = {"samples": sound}
        if states is not None:
            data["encoder"], arrays["states"] = states.encoder, states.vector
        reply = await self._mind.call(ENGINE, "estimate", data, arrays, priority=0)
        try:
            fields = reply.data["estimate"]
            estimate = EmotionEstimate(**{**fields, "reasons": tuple(fields["reasons"])})
        except (KeyError, TypeError) as error:
            sentence = "The prosody engine gave an unusable reply."
            raise CallCentreError("engine.bad_reply", sentence, fault="us") from error
        self._baseline = reply.data["baseline"]
        self.latest = estimate
        return estimate

    async def prepare(self, sound: Samples) -> None:
        """Have the engine look at what may be all of an utterance, before its words are there.

        Raises:
            CallCentreError: the engine failed.
        """
        await self._mind.call(ENGINE, "prepare", {}, {"samples": sound}, priority=-1)

    async def glance(self, sound: Samples) -> dict[str, Any] | None:
        """Return level and pitch of the last moments at 16 kHz, and how far they are from the caller's start.

        None where nothing sounds.

        Raises:
            CallCentreError: the engine failed.
        """
        data = {"baseline": self._baseline}
        reply = await self._mind.call(ENGINE, "glance", data, {"samples": sound}, priority=-1)
        return reply.data or None


def angriest(done: Sequence[asyncio.Task[EmotionEstimate | None]]) -> EmotionEstimate | None:
    """Return the angriest of a turn's finished estimates, those that abstained last; None without any."""
    found = [task.result() for task in done if not task.cancelled() and task.exception() is None]
    known = [estimate for estimate in found if estimate is not None]
    return max(known, key=lambda estimate: (not estimate.abstained, estimate.anger_prob), default=None)


class WordsFeeling:
    """One caller's estimates by the words of each turn, in order; a turn that is reopened is taken back."""

    def __init__(self, model: FeelingModel) -> None:
        """`model` is shared by all calls and never changes."""
        self._model = model
        self._heard = self._before = Heard()
        self._asked_again = False

    def bot_asked_again(self) -> None:
        """The bot asks to say it again: the next turn may repeat the last one without meaning anything by it."""
        self._asked_again = True

    def turn_ended(self) -> None:
        """A turn is over that may be taken back: what was known before it is kept."""
        self._before = self._heard

    def read(self, turn: Turn, vector: npt.NDArray[Any]) -> WordsEstimate:
        """Return the estimate of a turn from its words and the unit vector of their meaning, shape (width,)."""
        estimate, self._heard = read_feeling(
            self._model, self._heard, turn.text, turn.language, vector, asked_again=self._asked_again
        )
        self._asked_again = False
        return estimate

    def take_back(self) -> None:
        """The last turn was not over: forget it; its words come again."""
        self._heard = self._before
