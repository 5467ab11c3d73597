"""How long a caller's silence is waited for: the words, Smart Turn, the question asked and this caller's own rhythm."""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Sequence

from voice.turn.settings import Expectation, TurnSettings
from voice.turn.words import (
    code_signs_in,
    completeness,
    digits_in,
    is_backchannel,
    is_short_answer,
    is_spelling,
    mail_state,
    repeats,
    trailing_digits,
)

_HOLD_MS = 200
"""A shorter silence is a closure inside a word. Source: Heldner and Edlund (2010), gaps below 180 to 200 ms."""
_HOLDS_KEPT = 8
_HOLD_MARGIN = 1.3
"""An unfinished turn is waited for this much longer than most of the caller's recent pauses."""
_MOST_HOLDS = 0.75
_HOLDS_NEEDED = 2
"""One long pause, to look something up, is no habit."""
_CAUTION_STEP_MS = 200
_CAUTION_MAX_MS = 600
_CAUTION_FADE = 0.7
_SHORT_BURST_MS = 700
_STAMMER_HOLDS = 3
_STAMMER_REPEATS = 2
_SURE_PROB = 0.9
_MIDDLE_MS = 1_000
"""For a turn that sounds neither finished nor unfinished."""
_QUESTION_MS = 600
"""The same for what reads as a question."""
_PHONE_DIGITS = 6
"""Numbers with fewer digits are rarely what one dictates; Spanish and British phone numbers have nine and more."""


class Rhythm:
    """What this caller's pauses were like so far in the call."""

    def __init__(self) -> None:
        """Begin without an opinion."""
        self._holds_ms: deque[int] = deque(maxlen=_HOLDS_KEPT)
        self._bursts_ms: list[int] = []
        self._holds_in_turn = 0
        self.longest_in_turn_ms = 0
        """The longest pause of the turn so far."""
        self.caution_ms = 0.0
        """Added to every wait; grows when the caller was cut off, fades with every turn that was not."""

    def held(self, pause_ms: int, burst_ms: int) -> None:
        """Take note of a pause of `pause_ms` inside a turn, after `burst_ms` of voice."""
        if pause_ms >= _HOLD_MS:
            self._holds_ms.append(pause_ms)
            self._bursts_ms.append(burst_ms)
            self._holds_in_turn += 1
            self.longest_in_turn_ms = max(self.longest_in_turn_ms, pause_ms)

    def turn_over(self) -> None:
        """Take note of the end of a turn."""
        self._holds_in_turn = self.longest_in_turn_ms = 0
        self._bursts_ms.clear()
        self.caution_ms *= _CAUTION_FADE

    def cut_off(self) -> None:
        """Take note that the caller went on right after we took the turn for over."""
        self.caution_ms = min(self.caution_ms + _CAUTION_STEP_MS, _CAUTION_MAX_MS)

    @property
    def usual_hold_ms(self) -> int:
        """What most of the recent pauses inside turns stayed below; 0 before there were some."""
        if len(self._holds_ms) < _HOLDS_NEEDED:
            return 0
        return sorted(self._holds_ms)[int(_MOST_HOLDS * (len(self._holds_ms) - 1))]

    def is_halting(self) -> bool:
        """Tell whether this turn comes in short bursts, as when somebody stammers."""
        return self._holds_in_turn >= _STAMMER_HOLDS and statistics.median(self._bursts_ms) < _SHORT_BURST_MS


def patience_ms(
    settings: TurnSettings,
    rhythm: Rhythm,
    *,
    words: Sequence[str],
    language: str,
    end_prob: float | None,
    expectation: Expectation,
    length: int | None,
) -> int:
    """Return the silence after which the turn is over.

    Args:
        settings: The bounds.
        rhythm: This caller's pauses.
        words: Of the whole turn so far, at least one.
        language: Of the words.
        end_prob: Smart Turn's opinion; None when there is none.
        expectation: What was asked for.
        length: Digits, or signs of a code, of the answer, when known: when all are there it is over, however it sounds.
    """
    if _is_whole(words, language, expectation, length):
        return min(int(settings.quick_ms + rhythm.caution_ms), settings.longest_patience_ms)
    wait = _by_sound_and_words(settings, words, language, end_prob)
    if expectation == "yes_no" and is_short_answer(words, language):
        wait = settings.quick_ms
    elif is_backchannel(words, answers_count=False):
        wait = max(wait, settings.doubtful_ms)  # "Yes" and "okay" mostly begin what somebody has to say
    dictation_ms = _dictation_ms(settings, words, language, end_prob, expectation, known=length is not None)
    if dictation_ms > settings.doubtful_ms:
        dictation_ms = max(dictation_ms, int(rhythm.longest_in_turn_ms * _HOLD_MARGIN))  # its groups keep a beat
    wait = max(wait, dictation_ms)
    if wait > settings.doubtful_ms:
        wait = max(wait, min(int(rhythm.usual_hold_ms * _HOLD_MARGIN), settings.dictation_ms))
    if rhythm.is_halting() or repeats(words) >= _STAMMER_REPEATS:
        wait = max(wait, settings.patient_ms)
    return min(int(wait + rhythm.caution_ms), settings.longest_patience_ms)


def _by_sound_and_words(settings: TurnSettings, words: Sequence[str], language: str, end_prob: float | None) -> int:
    state = completeness(words, language)
    if state == "hanging":
        return settings.patient_ms
    if end_prob is None:
        return settings.patient_ms if state == "weak_hanging" else settings.doubtful_ms
    if state == "weak_hanging" and end_prob < _SURE_PROB:
        return settings.patient_ms
    if end_prob >= settings.complete_prob:
        doubt = (1.0 - end_prob) / (1.0 - settings.complete_prob)
        return int(settings.quick_ms + doubt * (settings.doubtful_ms - settings.quick_ms) / 2)
    doubt = 1.0 - end_prob / settings.complete_prob
    middle_ms = _QUESTION_MS if state == "finished" else _MIDDLE_MS
    return int(middle_ms + doubt * (settings.patient_ms - _MIDDLE_MS))


def _is_whole(words: Sequence[str], language: str, expectation: Expectation, length: int | None) -> bool:
    """Tell whether a number or code of known length is all there, and nothing was said behind it."""
    if length is None or expectation not in ("digits", "code"):
        return False
    if expectation == "code":
        return code_signs_in(words[-1:], language) > 0 and code_signs_in(words, language) >= length
    return trailing_digits(words, language) > 0 and digits_in(words, language) >= length


def _dictation_ms(
    settings: TurnSettings,
    words: Sequence[str],
    language: str,
    end_prob: float | None,
    expectation: Expectation,
    *,
    known: bool,
) -> int:
    """Return how long something dictated may be waited for; 0 when nothing is dictated. `known`: so is its length."""
    sure = end_prob is not None and end_prob >= _SURE_PROB
    digits = digits_in(words, language)
    if expectation == "code" and code_signs_in(words, language):
        return settings.dictation_ms
    if expectation == "digits" and digits:
        if known:
            return settings.dictation_ms
        return _MIDDLE_MS if sure and digits >= _PHONE_DIGITS else settings.dictation_ms
    mail = mail_state(words)
    if expectation == "email" or (mail != "none" and ("@" in " ".join(words) or "arroba" in " ".join(words).lower())):
        if mail == "complete":
            return settings.doubtful_ms
        return 0 if mail == "none" and sure else settings.dictation_ms
    if is_spelling(words, language):
        return settings.dictation_ms
    if expectation == "address":
        return settings.doubtful_ms if sure and digits else settings.patient_ms
    if expectation == "name":
        return settings.doubtful_ms if len(words) > 1 or sure else _MIDDLE_MS
    if expectation == "date":
        return 0 if sure else _MIDDLE_MS
    if trailing_digits(words, language):
        return 0 if sure and digits < _PHONE_DIGITS else settings.patient_ms
    return 0
