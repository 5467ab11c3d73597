"""Anger, frustration and distress that last: from the voice's estimate, from the words' and from plain word lists."""

from __future__ import annotations

import re
from dataclasses import dataclass

from calls.speech import EmotionEstimate, WordsEstimate
from voice.dialog.text import plain_speech

HEATED_TURNS = 2
"""Turns in a row after which feeling has lasted. Source: our choice; one outburst is not lasting."""

MAX_OFFERS = 2
"""How often one call offers a human because of feeling; more would be pestering. Source: our choice."""

_CALM_PROB = 0.35
"""Below this a confident estimate says that the heat is over. Source: about half of the default alarm level."""

WORDS_SCORE = 0.7
"""Score of a feeling from which a turn's words count as heated. Source: our choice, one turn in itself does nothing;
false alarms on ordinary turns: `models/cards/feelings.md`."""

_HEATED_WORDS = re.compile(
    r"\b(?:furious|livid|fuming|outrageous|outraged|disgusting|disgraceful|disgrace|unacceptable|"
    r"ridiculous|pathetic|incompetent|useless|idiots?|morons?|liars?|thieves|crooks|"
    r"scammers|rip ?off|bullshit|fuck\w*|shit|damn|bastards?|hell is|screw you|shut up|"
    r"sick of (?:you|this|it)|fed up|had enough|had it with|worst (?:company|service)|sue you|"
    r"my lawyer|lawyers|"
    r"indignante|indignad[oa]|furios[oa]|inaceptable|vergonzoso|verguenza de|sinverguenzas?|"
    r"ladrones|estafadores|inutiles|inutil|incompetentes?|mierda|joder|cono|carajo|chingad\w+|"
    r"pinches?|cabron\w*|"
    r"put[oa]s?|punet\w+|imbecil\w*|idiotas?|mentiros[oa]s|hart[oa] de|harta|harto|"
    r"hasta (?:las narices|el gorro|la coronilla|los huevos)|no hay derecho|una burla|"
    r"se (?:estan )?burla\w*|me tienen hart[oa]|abogado|denunciar(?:les|los|os)|asco)\b"
)
_DISTRESS_WORDS = re.compile(
    r"\b(?:im (?:so )?(?:scared|afraid|desperate|terrified|lost|crying|overwhelmed|ashamed|"
    r"frightened|shaking)|i (?:cant|cannot) (?:cope|take (?:it|this|any more)|stop (?:crying|"
    r"shaking)|do this (?:any ?more|alone))|i dont know what to do|"
    r"crying|in tears|desperate|heartbroken|passed away|funeral|widow(?:er)?|grieving|panic\w*|"
    r"so worried|im begging|please help me|all alone|"
    r"tengo (?:mucho )?miedo|estoy (?:muy |tan )?(?:desesperad[oa]|asustad[oa]|angustiad[oa]|"
    r"agobiad[oa]|perdid[oa]|sol[oa]|llorando|aterrad[oa]|superad[oa]|destrozad[oa])|"
    r"no se que hacer|no puedo mas|ya no puedo|no doy mas|"
    r"llorando|desesperad[oa]|angustia|fallecio|ha fallecido|murio mi|se murio mi|viud[oa]|luto|"
    r"entierro|me tiemblan|se lo suplico|por favor ayudeme|tengo panico|"
    r"me da (?:mucha )?verguenza)\b"
)


def heated_words(text: str) -> bool:
    """Return whether the words alone speak of anger or distress; trouble alone does not count."""
    speech = plain_speech(text)
    return bool(_HEATED_WORDS.search(speech) or _DISTRESS_WORDS.search(speech))


def heated_estimate(words: WordsEstimate | None) -> bool:
    """Return whether the words are estimated to speak of anger, frustration or distress, and clearly so."""
    if words is None or words.abstained:
        return False
    scores = words.scores
    return max(scores.anger_score, scores.frustration_score, scores.distress_score) >= WORDS_SCORE


@dataclass(slots=True)
class MoodWatch:
    """Counts heated turns of one call."""

    anger_prob: float
    heated: int = 0
    offers: int = 0
    _last: tuple[int, str, WordsEstimate | None] | None = None
    """The last turn, and how many were heated before it; None once it led to an offer."""

    def hear(self, text: str, emotion: EmotionEstimate | None, words: WordsEstimate | None = None) -> bool:
        """Take one turn; True when the feeling has lasted and a human should be offered now.

        An estimate that abstained says nothing: it neither counts nor calms. The word lists count where the words are
        not estimated too: in text channels, and where the caller or the operator switched estimates off.
        """
        self._last = (self.heated, text, words)
        sure = emotion is not None and not emotion.abstained
        angry = emotion is not None and sure and emotion.anger_prob >= self.anger_prob
        if angry or heated_words(text) or heated_estimate(words):
            self.heated += 1
        elif emotion is not None and sure and emotion.anger_prob < _CALM_PROB:
            self.heated = 0
        elif emotion is None:
            self.heated = max(0, self.heated - 1)
        if self.heated >= HEATED_TURNS and self.offers < MAX_OFFERS:
            self.heated = 0
            self.offers += 1
            self._last = None
            return True
        return False

    def hear_late(self, emotion: EmotionEstimate) -> bool:
        """Take the last turn again, now that its voice is known too; True as for `hear`."""
        if self._last is None:
            return False
        self.heated, text, words = self._last
        return self.hear(text, emotion, words)
