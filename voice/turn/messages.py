"""What goes into the turn machine and what comes out. Times named `t_ms` are on the call's media clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from calls.speech import Word
from voice.turn.settings import BargeInAction, Expectation


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceWindow:
    """The voice activity of one window."""

    t_ms: int
    """End of the window."""
    prob: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WordsHeard:
    """The answer to a `Decode`: the words of the utterance as far as it was decoded; none when there was no speech."""

    request_id: int
    words: tuple[Word, ...]
    language: str
    took_ms: int
    """Wall-clock time from request to answer; the partial interval follows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeFailed:
    """A `Decode` will not be answered."""

    request_id: int
    replaced: bool
    """True when it gave way to a newer or more urgent request, which is no fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndJudged:
    """The answer to a `JudgeEnd`."""

    request_id: int
    prob: float | None
    """Probability that the turn is over; None when the engine failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BotSpeaking:
    """The bot's speech began to play, or is over. Holding its breath on our own request is not an end."""

    speaking: bool
    interruptible: bool = True
    """False for what must be heard to its end: nothing pauses it, but the caller is heard all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expecting:
    """What the bot's question asks for."""

    kind: Expectation
    length: int | None = None
    """Digits, or signs of a code, that the answer has, when that is known: one of this length is complete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPressed:
    """A key of the phone was pressed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnStands:
    """Something was done about the last turn that can't be undone, or nothing will be said: it is not taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimePassed:
    """Nothing happened but time: a deadline is due."""


TurnInput = (
    VoiceWindow | WordsHeard | DecodeFailed | EndJudged | BotSpeaking | Expecting | KeyPressed | TurnStands | TimePassed
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechStarted:
    """The caller began to speak, or went on after a pause."""

    t_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechStopped:
    """The caller paused or ended, or it turned out to be noise."""

    t_ms: int
    """End of the last voice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decode:
    """Decode the running utterance from `start_ms` to `end_ms`."""

    request_id: int
    utterance: int
    """Number of the utterance in the call, from 1."""
    start_ms: int
    end_ms: int
    voice_ms: int
    """How much of it is voice."""
    final: bool
    """True when the answer may be the last word on the utterance: goes before all others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeEnd:
    """Ask Smart Turn about the sound from `start_ms` to `end_ms` (at most 8 s)."""

    request_id: int
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UtteranceEnded:
    """An utterance is over and these are its words."""

    utterance: int
    start_ms: int
    end_ms: int
    words: tuple[Word, ...]
    in_turn: bool
    """False for a backchannel, which is nobody's turn, and for a rest."""
    is_rest: bool = False
    """True for words that the recogniser found after they were waited for: the utterance was told without them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnOver:
    """The caller's turn is over; its utterances were told before."""

    start_ms: int
    end_ms: int
    """End of the last voice."""
    utterances: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnReopened:
    """The last turn was not over: the caller went on before the answer was heard. It ends again, with more in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BargeIn:
    """Pause, resume or end the bot's speech."""

    action: BargeInAction


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingHeard:
    """Voice without words ended while the bot was not speaking."""

    t_ms: int
    """End of the last voice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineLate:
    """An engine did not answer in time; the machine goes on without it."""

    engine: Literal["vad", "asr", "smart_turn"]


TurnOutput = (
    SpeechStarted
    | SpeechStopped
    | Decode
    | JudgeEnd
    | UtteranceEnded
    | TurnOver
    | TurnReopened
    | BargeIn
    | NothingHeard
    | EngineLate
)
