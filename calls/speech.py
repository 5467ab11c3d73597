"""What was said, by whom and how it sounded. All times are milliseconds on the call's media clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from calls.ids import Language, MemberRole, TurnId, UtteranceId


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One recognised word at its exact time."""

    text: str
    start_ms: int
    end_ms: int
    prob: float
    """The recogniser's probability of the word, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """What the recogniser thinks of an utterance that is still going on: a signal, never logged.

    The `Utterance` takes its place: its final words are decoded with more care and may differ, from committed ones too.
    """

    utterance_id: UtteranceId
    revision: int
    """Grows by one with every hypothesis of the utterance; a late lower revision is ignored."""
    committed: tuple[Word, ...]
    """Words that no later hypothesis of the utterance changes."""
    tentative: tuple[Word, ...]
    """Words that may still change; shown, but not acted on."""
    language: Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """A finished stretch of speech of one member, with its final words."""

    utterance_id: UtteranceId
    member: MemberRole
    language: Language
    language_prob: float
    start_ms: int
    end_ms: int
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """The words joined by blanks."""
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmotionEstimate:
    """How a caller sounds in one utterance: an estimate from the voice, never of an employee."""

    anger_prob: float
    """Calibrated probability that the speaker is angry, 0 to 1."""
    arousal_score: float
    """Activation, 0 (calm) to 1 (agitated); not calibrated."""
    uncertainty: float
    """0 (sure) to 1 (no idea). Above the model's threshold the estimate abstains."""
    abstained: bool
    """True when there is too little speech or too much doubt; the numbers are then not to be acted on."""
    reasons: tuple[str, ...]
    """Reason codes for people, e.g. `louder_than_start`; the pages translate them."""
    model: str
    """Name of the model that made the estimate."""


Feeling = Literal["angry", "frustrated", "distressed", "urgent", "confused", "satisfied", "neutral"]
"""What words can say of how a caller feels. `frustrated` is weary of what does not work, `angry` is against somebody;
`distressed` is fear, grief or despair; `urgent` wants haste, whatever else they feel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeelingScores:
    """How much words speak for each feeling, 0 to 1, not calibrated; what is left to 1 is neutral."""

    anger_score: float
    frustration_score: float
    distress_score: float
    urgency_score: float
    confusion_score: float
    satisfaction_score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WordsEstimate:
    """What the words of a caller's turn say of how they feel: an estimate beside the voice's, never of an employee."""

    feeling: Feeling
    """The likeliest."""
    scores: FeelingScores
    """Of this turn alone."""
    call_scores: FeelingScores
    """Smoothed over the call so far."""
    uncertainty: float
    """0 (sure) to 1 (no idea). Above the model's threshold the estimate abstains."""
    abstained: bool
    """True when no feeling stands out; the numbers are then not to be acted on."""
    reasons: tuple[str, ...]
    """Codes of the evidence in the words, e.g. `asks_meaning`; the pages translate them."""
    model: str
    """Name of the model that made the estimate."""


SafetyKind = Literal["danger_to_life", "gas", "self_harm", "fraud"]

CallWish = Literal["privacy", "recording_off", "emotion_off", "human", "repeat", "slower", "wait"]
"""`privacy`: to know what is kept of this call; the two switches; `human`: to talk to a person; `repeat`: to hear it
once more; `slower`: to be spoken to more slowly; `wait`: to have time to answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeaningEstimate:
    """What a turn seems to mean beside its matter, whatever its words: the likeliest danger and wish about the call.

    A score is 0 to 1 and not calibrated: how much nearer the turn is to what is named than to all else, 0.5 for level.
    """

    danger: SafetyKind
    danger_score: float
    wish: CallWish
    wish_score: float
    matter_score: float = 0.0
    """Relevance of the article that answers the turn best; near 1, the turn is an ordinary question. 0 when both other
    scores are so low that it does not matter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A speaking turn: everything one member said until another took over."""

    turn_id: TurnId
    speaker: MemberRole
    text: str
    """What was heard. For a bot that was interrupted: only the words that were played."""
    language: Language
    start_ms: int
    end_ms: int
    utterance_ids: tuple[UtteranceId, ...] = field(default=())
    interrupted: bool = False
