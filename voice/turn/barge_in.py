"""The bot holds its breath as soon as the caller speaks, and finds out within two seconds whether to go on.

::

            bot speaks, 160 ms of voice: PAUSE
            (bot about to speak: any voice)
      free ------------------------------------> held
       ^ ^                                        | | |
       | +-- real words: YIELD -------------------+ | |
       | +-- only a backchannel or no words,        | |
       |     and silence: RESUME -------------------+ |
       |                                              | two decodes without words, or the deadline: RESUME
       |   silence                                    v (at the deadline, long voice that nobody could decode: YIELD)
       +------------------------------------------ ignoring
       +-- real words while the bot speaks: YIELD ----+

A pause is always followed by one resume or yield, whatever the engines do: `deadline_ms` sees to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from calls.speech import Word
from voice.turn.settings import BargeInAction, TurnSettings
from voice.turn.words import is_backchannel, is_short_answer, plain

WordsKind = Literal["unknown", "none", "backchannel", "real"]
"""What the words over the bot are, as far as they were decoded."""

_LONE_WORD_PROB = 0.5
"""A single word over the bot must be at least this probable to be taken for speech: echo and noise give such words.
Source: our choice; `python -m bench turns --simulated` shows what it costs and saves."""


def kind_of(words: Sequence[Word], *, answers_count: bool, more_may_come: bool) -> WordsKind:
    """Tell what words over the bot are.

    Args:
        words: At least one.
        answers_count: True when a yes or no was asked for: then "yes" wants the floor, however doubtful.
        more_may_come: True while the words do not cover all of the voice.
    """
    texts = [word.text for word in words if plain(word.text)]
    if not texts:
        return "none"
    if is_backchannel(texts, answers_count=answers_count, more_may_come=more_may_come):
        return "backchannel"
    answers = answers_count and any(is_short_answer(texts, language) for language in ("en", "es"))
    doubtful = len(texts) == 1 and all(word.prob < _LONE_WORD_PROB for word in words if plain(word.text))
    return "backchannel" if doubtful and not answers else "real"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerView:
    """What the caller is doing, as far as it is known."""

    voicing: bool
    """True while an utterance is running and not in a pause."""
    voice_ms: int
    """Voice since the last pause."""
    silence_ms: int
    """Since the last voice."""
    words: WordsKind
    wordless: int
    """Decodes of this utterance that gave no words."""
    settled: bool
    """True when the words cover all the voice, or will never come."""


class BargeInGuard:
    """Decides about the bot's speech; pure."""

    def __init__(self, settings: TurnSettings) -> None:
        """Begin with a silent bot."""
        self._settings = settings
        self.state: Literal["free", "held", "ignoring"] = "free"
        self.bot_speaking = False
        self.bot_due = False
        """The caller's turn is over and the bot's answer is being prepared; it must not begin over the caller."""
        self._interruptible = True
        self._deadline_ms: int | None = None

    def bot(self, speaking: bool, interruptible: bool) -> None:
        """Take note that the bot's speech began or is over. A held breath is let go of all the same."""
        self.bot_speaking = speaking
        self.bot_due = False
        self._interruptible = interruptible
        if not speaking and self.state == "ignoring":
            self.state = "free"

    @property
    def bot_present(self) -> bool:
        """True when the bot speaks or is about to: a backchannel is no turn then, and noise needs no answer."""
        return self.bot_speaking or self.bot_due

    @property
    def may_interrupt(self) -> bool:
        """True when the bot speaks, or is about to, and may be interrupted."""
        return self.bot_due or (self.bot_speaking and self._interruptible)

    @property
    def deadline_ms(self) -> int | None:
        """Wall-clock time at which a held breath ends at the latest."""
        return self._deadline_ms

    def force_yield(self) -> tuple[BargeInAction, ...]:
        """End the bot's speech if it may be interrupted: a key was pressed, or a turn is over."""
        if self.state == "held" or self.may_interrupt:
            return self._let_go("yield", "free")
        return ()

    def release(self) -> tuple[BargeInAction, ...]:
        """Let go of an answer that was held before it began: it is to be heard now."""
        self.bot_due = False
        return self._let_go("resume", "free") if self.state == "held" and not self.bot_speaking else ()

    def step(self, caller: CallerView, now_ms: int) -> tuple[BargeInAction, ...]:
        """Return what the playout is to do now, in order."""
        if self.state == "free":
            needed_ms = 0 if self.bot_due else self._settings.barge_in_voice_ms
            if not (self.may_interrupt and caller.voicing and caller.voice_ms >= needed_ms):
                return ()
            self.state = "held"
            self._deadline_ms = now_ms + self._settings.barge_in_deadline_ms
            return ("pause", *self._held(caller, now_ms))
        if self.state == "held":
            return self._held(caller, now_ms)
        if caller.words == "real" and self.may_interrupt:
            return self._let_go("yield", "free")
        if caller.silence_ms >= self._settings.backchannel_pause_ms and caller.settled:
            self.state = "free"
        return ()

    def _held(self, caller: CallerView, now_ms: int) -> tuple[BargeInAction, ...]:
        settings = self._settings
        if caller.words == "real":
            return self._let_go("yield", "free")
        if caller.settled and caller.silence_ms >= settings.backchannel_pause_ms:
            return self._let_go("resume", "free")
        if caller.words == "none" and caller.wordless >= settings.probes:
            return self._let_go("resume", "ignoring")
        if self._deadline_ms is not None and now_ms >= self._deadline_ms:
            if caller.words == "unknown" and caller.voice_ms >= settings.barge_in_voice_yield_ms:
                return self._let_go("yield", "free")
            return self._let_go("resume", "ignoring")
        return ()

    def _let_go(self, action: BargeInAction, state: Literal["free", "ignoring"]) -> tuple[BargeInAction, ...]:
        self.state = state
        self._deadline_ms = None
        if action == "yield":
            self.bot_speaking = self.bot_due = False
        return (action,)
