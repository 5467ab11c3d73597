"""Writes down what agents say to a caller: their words are recognised, their feelings never estimated.

The bot goes on as a silent scribe after the join. What an agent says in private, to a second person while the caller
waits, is not heard.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from calls.audio import AudioFrame
from calls.errors import CallCentreError
from calls.events import TurnEnded, TurnReopened
from calls.ids import TurnId
from calls.speech import Hypothesis, Turn, Utterance
from service.secrets_kept import SecretsKept
from voice.hearing import Hearing
from voice.hearing_port import HearingSettings
from voice.turn.settings import BargeInAction

if TYPE_CHECKING:
    from service.call_runner import CallRunner

logger = logging.getLogger(__name__)

BUSY_SHARE = 0.5
"""From this share of the ticks' time on no agent's words are recognised any more: the callers' come first. Source: as
`telephony.net.ticker.TickerStats.busy_share`."""


class AgentScribe:
    """The hearing of all agents of one call; implements `calls.ports.AudioTap`."""

    def __init__(self, call: CallRunner, is_private: Callable[[], bool]) -> None:
        """Nobody is followed yet."""
        self._call, self._is_private = call, is_private
        self._members: dict[str, tuple[Hearing, asyncio.Task[None]]] = {}
        self._untap: Callable[[], None] | None = None

    def follow(self, member_id: str) -> None:
        """Write down what this member says from now on; without effect when it is done already, or load forbids it."""
        call, conference = self._call, self._call.conference
        if conference is None or member_id in self._members:
            return
        if call.house.ticker.stats().busy_share > BUSY_SHARE:
            logger.warning("call %s: an agent's words are not recognised, the machine is too busy", call.call_id)
            return
        if self._untap is None:
            self._untap = conference.tap(self)
        hearing = Hearing(
            call.house.ears,
            call.house.asr,
            _AgentHeard(call, member_id),
            clock=call.house.clock,
            settings=HearingSettings(expected=call.policy.language, partials=False),
            language=call.policy.language,
            member="agent",
            name=member_id,
        )
        self._members[member_id] = (hearing, call.tasks.start(f"hearing-{member_id}", hearing.run()))

    def leave(self, member_id: str) -> None:
        """The member is gone; idempotent."""
        hearing, _ = self._members.pop(member_id, (None, None))
        if hearing is not None:
            self._call.house.tasks.start(f"hearing-{member_id}-stop", hearing.stop())

    def stop(self) -> None:
        """The call is over."""
        for member_id in list(self._members):
            self.leave(member_id)
        if self._untap is not None:
            self._untap()
            self._untap = None

    def hear(self, member_id: str, frame: AudioFrame) -> None:
        """Take one frame of a member; silence while they talk in private, so that the clock goes on."""
        hearing, _ = self._members.get(member_id, (None, None))
        if hearing is None:
            return
        if self._is_private():
            frame = AudioFrame(np.zeros_like(frame.samples), frame.rate_hz, frame.t_ms)
        hearing.feed(frame)


class _AgentHeard:
    """Writes the words of one agent; implements `voice.hearing_port.HearingListener`."""

    def __init__(self, call: CallRunner, member_id: str) -> None:
        self._call, self._member_id = call, member_id
        redactor = call.secrets.redactor
        self._secrets = SecretsKept(call.log, call.recording, call.house.asr_name, redactor)

    def speech_started(self, t_ms: int) -> None:
        """The agent speaks."""
        self._speaking(t_ms, speaking=True)

    def speech_stopped(self, t_ms: int) -> None:
        """The agent paused."""
        self._speaking(t_ms, speaking=False)

    def hypothesis(self, hypothesis: Hypothesis) -> None:
        """Agents' words are shown when they are final."""

    def utterance(self, utterance: Utterance) -> None:
        """Write the final words, secrets masked."""
        self._secrets.utterance(utterance, self._call.conference_ms())

    def late_words(self, utterance: Utterance) -> None:
        """Write what came too late for its turn."""
        self._secrets.late(utterance, self._call.conference_ms())

    def turn_ended(self, turn: Turn, spoken_until_ms: int) -> None:
        """Write the turn."""
        del spoken_until_ms
        self._secrets.turn_over(self._call.conference_ms())
        body = TurnEnded(
            turn_id=turn.turn_id,
            speaker="agent",
            text=self._secrets.text(turn),
            language=turn.language,
            start_ms=turn.start_ms,
            end_ms=turn.end_ms,
            utterance_ids=turn.utterance_ids,
            interrupted=turn.interrupted,
        )
        self._call.log.note(body, "call", t_ms=turn.end_ms)

    def turn_reopened(self, turn_id: TurnId) -> None:
        """It was not over."""
        self._call.log.note(TurnReopened(turn_id=turn_id), "call")

    def barge_in(self, action: BargeInAction) -> None:
        """Agents interrupt no bot."""

    def heard_nothing(self, t_ms: int) -> None:
        """There was voice without words."""

    def trouble(self, engine: str, error: Exception) -> None:
        """An engine of hearing failed; the talk goes on without these words."""
        code = error.code if isinstance(error, CallCentreError) else type(error).__name__
        logger.warning("call %s: trouble with %s for an agent: %s", self._call.call_id, engine, code)
        self._call.house.metrics.trouble.labels(engine).inc()

    def _speaking(self, t_ms: int, *, speaking: bool) -> None:
        told = {"member": "agent", "speaking": speaking, "t_ms": t_ms}
        self._call.house.live.signal(self._call.call_id, "speaking", told)
