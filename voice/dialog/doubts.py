"""Second thoughts on a turn that no pattern caught: act when its meaning is sure, ask one question when it is not.

    turn --sure--> danger, or the wish
         --likely--> "Is anybody in danger right now?" --yes, or unsure, or more of it--> danger, or the wish
                                                       --no--> the matter goes on as if nothing had been asked
                                                       --silence, twice--> danger; a wish is let go
         --unlikely--> nothing

A question that was answered with no is not asked again in the call; what is sure still counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from calls.speech import CallWish, MeaningEstimate, SafetyKind
from voice.dialog import opening
from voice.dialog.callback_words import asks_to_be_called
from voice.dialog.flow_spec import flow_asked_for
from voice.dialog.handing_over import escalate
from voice.dialog.moves import Moves, put_doubt
from voice.dialog.requests import Meta, find_meta
from voice.dialog.slots.numbers import loose_digits
from voice.dialog.slots.yes_no import parse_yes_no
from voice.dialog.talk import Doubt, Talk
from voice.dialog.text import plain_speech

DANGERS: tuple[SafetyKind, ...] = get_args(SafetyKind)


@dataclass(frozen=True, slots=True)
class Limits:
    """From which score on a kind is acted on, and from which on it is asked about."""

    sure: float
    ask: float


DANGER_LIMITS = Limits(0.83, 0.36)
WISH_LIMITS: Mapping[CallWish, Limits] = {
    "privacy": Limits(0.7, 0.23),
    "recording_off": Limits(0.5, 0.2),
    "emotion_off": Limits(0.5, 0.2),
    "human": Limits(0.83, 0.23),
    "repeat": Limits(0.4, 0.4),
    "slower": Limits(0.4, 0.4),
    "wait": Limits(0.4, 0.4),
}
"""Source: own wordings in `knowledge/wordings`, each way of speaking left out in turn: 50 % of the dangers that were
written to slip through are sure and 27 % asked about; of harmless look-alikes 1.6 and 6 %. See docs/figures.md.
Wishes about the pace, in the same way: 31 to 42 % are seen that no pattern may foresee, and 0.3 % of all else."""

PACE: Mapping[CallWish, Meta] = {"repeat": "repeat", "slower": "slower", "wait": "wait"}
"""Wishes about how the bot talks: never asked back, for doing them costs less than a question."""

_MATTER_OVER_PACE = 0.5
"""A turn that an article answers so well is a question, however it is put ("can I have more time to pay?")."""

CLEAR_MATTER_SCORE = 0.9
"""What an article answers so well is not asked back on. Source: of the dangers in the same wordings that get asked
about, 5 % are lost by it; of the needless questions in `bench dialog`, where it was seen to help, half."""

_FEWEST_WORDS = 3
"""Shorter turns are left to the patterns: they hold too little meaning. Source: own dialogues in the tests."""

_WORDS_OVER_A_VALUE = 6
"""While a value is asked for, names and streets ("Blaze Street twenty one") are no dangers. Source: the same."""

_DIGITS_OF_A_VALUE = 4

_SURE_OVER_AN_ANSWER = 0.95
"""A turn that gives the value or the yes or no that was asked for speaks of danger only from here on, and is not asked
back on. Source: 180 spoken values of the shared data, of which "I am only free on Christmas Eve" has 0.90."""

_SHORT_ANSWER = 4
"""A no of more words tells something of its own, and is treated for itself. Source: own dialogues in the tests."""

_UNSURE = re.compile(
    r"\b(?:(?:i )?(?:dont|do not) know|not sure|no idea|maybe|perhaps|possibly|might be|could be|i think so|i guess|"
    r"i fear so|im afraid so|kind of|sort of|a bit|a little|no (?:lo )?se|no estoy segur[oa]|ni idea|quizas?|tal vez|"
    r"a lo mejor|igual si|puede (?:ser|que si)|creo que si|me temo que si|mas o menos|un poco|algo asi)\b"
)
_HELP = re.compile(r"\b(?:help|hurry|quick(?:ly)?|ayuda|auxilio|socorro|rapido|deprisa)\b")


@dataclass(slots=True)
class Doubts:
    """Weighs what turns mean, and keeps the one question that is open."""

    talk: Talk
    moves: Moves

    def danger(self, text: str, meaning: MeaningEstimate | None) -> SafetyKind | None:
        """Return the danger that is sure, or that the answer to the open question leaves possible; else None."""
        doubt = self._open()
        if doubt is not None and doubt.kind in DANGERS and self._confirms(text, meaning):
            return meaning.danger if _likely(meaning) and meaning is not None else doubt.kind
        sure = _SURE_OVER_AN_ANSWER if self._answers(text) else DANGER_LIMITS.sure
        if meaning is None or not self._can_tell(text) or meaning.danger_score < sure:
            return None
        return meaning.danger

    def ask_danger(self, text: str, meaning: MeaningEstimate | None, *, treated: bool = False) -> bool:
        """Ask back when the turn may speak of danger; False when it does not, or when that was denied before.

        With `treated` the turn was answered already, so that a no only leads back to where the talk stands.
        """
        if meaning is None or not _likely(meaning) or not self._can_tell(text) or self._answers(text):
            return False
        if meaning.wish == "human" and meaning.wish_score > meaning.danger_score:
            return False  # a person is what the turn asks for first, and who helps in danger too
        return self._ask(meaning.danger, "" if treated else text, meaning.matter_score)

    def answer(self, text: str) -> str:
        """Take the answer to the open question; return the words that are to be treated now, empty for none."""
        talk, doubt = self.talk, self._open()
        assert doubt is not None
        if find_meta(text) in ("repeat", "slower", "wait"):
            put_doubt(talk)
            return ""
        self._close()
        answer = parse_yes_no(text, talk.language)
        if answer is None:
            return text
        if answer.value == "true":
            self._grant(doubt.kind)
            return ""
        talk.denied = (*talk.denied, doubt.kind)
        if len(plain_speech(text).split()) > _SHORT_ANSWER:
            return text
        if not doubt.text:
            self.moves.ask_again(careful=False)
        return doubt.text

    def wish(self, text: str, meaning: MeaningEstimate | None) -> bool:
        """Grant a wish about the call that is sure, ask about a likely one; False when there is none."""
        talk = self.talk
        if meaning is None or meaning.wish in PACE or not self._can_tell(text) or self._answers(text):
            return False
        limits = WISH_LIMITS[meaning.wish]
        dictating = talk.pending == "flow" and talk.flow is not None and talk.flow.wants_value
        if meaning.wish_score < (limits.sure if dictating else limits.ask) or not self._has_sense(meaning.wish):
            return False
        meta = find_meta(text)
        for_person = meaning.wish == "human" and meaning.wish_score >= limits.sure and meta in PACE.values()
        if (
            (meta is not None and not for_person)
            or flow_asked_for(text, talk.settings.flows)
            or asks_to_be_called(text)
        ):
            return False
        if meaning.wish_score < limits.sure:
            return self._ask(meaning.wish, text, meaning.matter_score)
        talk.matter = talk.matter or (text if meaning.wish == "human" else "")
        self._grant(meaning.wish)
        return True

    def pace(self, text: str, meaning: MeaningEstimate | None) -> Meta | None:
        """Return the wish about how the bot talks that the turn surely means, None for none and where it is read."""
        if self.talk.settings.medium == "text":
            return None
        if meaning is None or meaning.wish not in PACE or not self._can_tell(text) or self._answers(text):
            return None
        sure = meaning.wish_score >= WISH_LIMITS[meaning.wish].sure and meaning.matter_score < _MATTER_OVER_PACE
        return PACE[meaning.wish] if sure and not flow_asked_for(text, self.talk.settings.flows) else None

    def unanswered(self) -> SafetyKind | None:
        """Close the question after silence: return the danger that is to be feared then, None when it was a wish."""
        doubt = self._open()
        self._close()
        return doubt.kind if doubt is not None and doubt.kind in DANGERS else None

    def press(self, *, agreed: bool) -> tuple[SafetyKind | None, str]:
        """Take the answer by key: the danger that it confirms, and the words that are to be treated after a no."""
        doubt = self._open()
        assert doubt is not None
        if agreed and doubt.kind in DANGERS:
            return doubt.kind, ""
        return None, self.answer("yes" if agreed else "no")

    def _open(self) -> Doubt | None:
        return self.talk.doubt if self.talk.pending == "doubt" else None

    def _close(self) -> None:
        if self.talk.doubt is not None and self.talk.pending == "doubt":
            self.talk.pending = self.talk.doubt.pending
        self.talk.doubt = None

    def _ask(self, kind: SafetyKind | CallWish, text: str, matter_score: float) -> bool:
        talk = self.talk
        if kind in talk.denied or matter_score >= CLEAR_MATTER_SCORE:
            return False
        self.moves.consent_unanswered()
        self.moves.questions.drop()
        talk.doubt = Doubt(kind, text, talk.pending)
        talk.pending = "doubt"
        put_doubt(talk)
        return True

    def _grant(self, wish: SafetyKind | CallWish) -> None:
        talk = self.talk
        if wish == "human":
            self.moves.questions.drop()
            escalate(talk, "caller_asked", "meaning")
            return
        if wish == "privacy":
            opening.tell_what_is_kept(talk)
        else:
            opening.switch(talk, "recording_off" if wish == "recording_off" else "emotion_off", "words")
        self.moves.ask_again(careful=False)

    def _has_sense(self, wish: CallWish) -> bool:
        """Return whether the wish can change anything now."""
        talk = self.talk
        if wish == "human":
            return talk.phase == "talking"
        if wish == "privacy":
            return True
        return talk.consent.get("recording" if wish == "recording_off" else "emotion") != "never"

    def _can_tell(self, text: str) -> bool:
        """Return whether the turn says enough to have a meaning of its own, and is no value that was asked for."""
        talk = self.talk
        pending = talk.doubt.pending if talk.pending == "doubt" and talk.doubt is not None else talk.pending
        words = len(plain_speech(text).split())
        if pending == "flow" and talk.flow is not None and talk.flow.wants_value:
            return words >= _WORDS_OVER_A_VALUE and len(loose_digits(text, talk.language)) < _DIGITS_OF_A_VALUE
        return words >= _FEWEST_WORDS

    def _answers(self, text: str) -> bool:
        """Return whether the turn gives what was asked for: the value, or a yes or no."""
        talk = self.talk
        if talk.pending == "flow" and talk.flow is not None and talk.flow.wants_value:
            return talk.flow.gives_value(text, talk.language)
        return talk.pending != "doubt" and talk.expects == "yes_no" and parse_yes_no(text, talk.language) is not None

    def _confirms(self, text: str, meaning: MeaningEstimate | None) -> bool:
        """Return whether the answer to a question about danger is anything that a caller in danger may say."""
        speech = plain_speech(text)
        if _UNSURE.search(speech) or _HELP.search(speech):
            return True
        answer = parse_yes_no(text, self.talk.language)
        if answer is not None:
            return answer.value == "true"
        return _likely(meaning) and len(speech.split()) >= _FEWEST_WORDS


def _likely(meaning: MeaningEstimate | None) -> bool:
    return meaning is not None and meaning.danger_score >= DANGER_LIMITS.ask
