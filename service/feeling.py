"""How the caller sounds in one call: asks the prosody engine about each utterance, keeps the caller's own baseline."""

from __future__ import annotations

import logging
from typing import Any

import numpy.typing as npt

from calls.audio import Samples
from calls.errors import CallCentreError
from calls.speech import EmotionEstimate, Utterance
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
