"""What hearing tells, and to whom: the listener's protocol and the settings of one caller's hearing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from calls.ids import LANGUAGES, Language, TurnId
from calls.speech import Hypothesis, Turn, Utterance
from voice.turn.settings import BargeInAction, TurnSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class HearingSettings:
    """Per-call settings of hearing."""

    turn: TurnSettings = field(default_factory=TurnSettings)
    languages: tuple[Language, ...] = LANGUAGES
    """Languages that may be spoken; the first utterance decides unless one was given."""
    expected: Language | None = None
    """Language of the line: the first utterance is in it unless it sounds clearly like another."""
    first_switch_prob: float = 0.7
    """Probability at which the first utterance is in another language than the line's. Source: our
    choice, between a coin's 0.5 and `switch_prob`."""
    vocabulary: str | None = None
    """Words that recognition should expect, as a prompt; None leaves it unbiased."""
    partials: bool = True
    """False saves nearly all decodes of running utterances (overload); finals are not affected."""
    vad_engine: str = "vad"
    """Name of the Silero engine inside the `ears` worker."""
    end_engine: str = "smart_turn"
    """Name of the Smart Turn engine inside the `ears` worker."""
    asr_engine: str = "asr"
    """Name of the recogniser inside the `asr` worker."""
    ring_ms: int = 90_000
    """Sound that is kept for decoding and prosody; 90 s are 2.9 MB."""
    switch_prob: float = 0.85
    """Probability at which an utterance in another language changes the language of the call."""


@dataclass(frozen=True, slots=True, eq=False)
class VoiceStates:
    """What the recogniser's encoder made of an utterance; no words can be read from it."""

    encoder: str
    """What made it: it means something only to who was trained on the same."""
    vector: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class RunningTurn:
    """A turn that is not over, as far as it is known."""

    text: str
    """All its words so far; the last ones may still change."""
    start_ms: int
    end_ms: int
    """Voice of its last utterance, on the media clock: as it will be told, if the caller does not go on."""


class HearingListener(Protocol):
    """Is told what was heard. Everything is called on the event loop and must return at once."""

    def speech_started(self, t_ms: int) -> None:
        """The caller began to speak at `t_ms`."""
        ...

    def speech_stopped(self, t_ms: int) -> None:
        """The caller paused or ended; `t_ms` is the end of the last voice."""
        ...

    def hypothesis(self, hypothesis: Hypothesis) -> None:
        """What the running utterance is thought to be: a signal with a revision, never logged."""
        ...

    def utterance(self, utterance: Utterance) -> None:
        """An utterance ended with its final words. A backchannel during the bot's speech is one too, without a turn."""
        ...

    def late_words(self, utterance: Utterance) -> None:
        """Words of an utterance, told before, that came when they were not waited for any more.

        They have an id of their own; nobody answers them, but whoever spoke need not repeat them.
        """
        ...

    def turn_ended(self, turn: Turn, spoken_until_ms: int) -> None:
        """The caller's turn is over: all its utterances were told before; the last voice ended at `spoken_until_ms`."""
        ...

    def turn_reopened(self, turn_id: TurnId) -> None:
        """The turn told last was not over: drop its answer, of which next to nothing was heard.

        It ends again, as a new turn that holds all of it.
        """
        ...

    def barge_in(self, action: BargeInAction) -> None:
        """Pause, resume or end the bot's speech. Each `pause` is followed by one `resume` or `yield` within seconds."""
        ...

    def heard_nothing(self, t_ms: int) -> None:
        """There was voice, or what seemed to be, but no words; the bot was not speaking. Ends like a turn does."""
        ...

    def trouble(self, engine: str, error: Exception) -> None:
        """An engine failed or was late; hearing goes on without it as well as it can."""
        ...
