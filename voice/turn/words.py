"""What words say about turn-taking: a backchannel, an unfinished sentence, a number that may go on."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Sequence
from typing import Literal

Completeness = Literal["finished", "plain", "weak_hanging", "hanging"]
"""A question mark or an answer; nothing special; a word that seldom ends a sentence; one that never does."""


Phrase = tuple[str, ...]


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _phrases(entries: str) -> frozenset[Phrase]:
    """Read entries apart by blanks; the words of one phrase are joined by `_`."""
    return frozenset(tuple(entry.split("_")) for entry in entries.split())


_BACKCHANNELS = _phrases(
    # both languages
    "mm mmm mhm mhmm mmhm mmhmm hm hmm aha ah oh ok okay okey uh um eh "
    # English
    "uhhuh uhuh huh yeah yes yep yup right sure alright all_right cool fine good great i_see thanks thank_you got_it "
    "of_course "
    # Spanish
    "si vale ya aja claro bueno bien muy_bien de_acuerdo perfecto gracias muchas_gracias entiendo lo_entiendo "
    "ya_veo eso_es por_supuesto"
)
_LONGEST_BACKCHANNEL = 4
"""Words. "Okay, yes, I see" is one; anything longer wants the floor."""

_YES_NO = {
    "en": _phrases("yes yeah yep yup no nope correct right sure exactly okay ok please of_course"),
    "es": _phrases("si no claro correcto exacto vale ok eso_es por_supuesto de_acuerdo"),
}
_HANGING = {
    "en": _set(
        "a an the and or but because my your his her our their i'm its um uh er erm hmm if whether although unless "
        "i every very into i've we've"
    ),
    "es": _set(
        "el la los las un una unos unas y o u e pero porque pues de del al con por para en mi tu su mis tus sus "
        "nuestro nuestra eh em mmm este que ni muy sin cada se hacia entonces"
    ),
}
_WEAK = {
    "en": _set(
        "to of for with from at is are was were am that which when so like about than as can could would will not "
        "i'd i'll it's that's and/or by we you they he she have has had do does did just really"
    ),
    "es": _set(
        "a lo le les me te nos es son era fue hay como cuando donde si no mas he ha han tengo quiero puede puedo "
        "esta estoy sobre desde hasta entre solo"
    ),
}
_QUESTION_ENDS = frozenset({"que"})
"""Words that no statement ends with, but a question does."""
_UNITS = {
    "en": _set("zero oh o one two three four five six seven eight nine double triple"),
    "es": _set("cero uno una un dos tres cuatro cinco seis siete ocho nueve doble triple"),
}
_TENS = {
    "en": _set(
        "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty "
        "sixty seventy eighty ninety"
    ),
    "es": _set(
        "diez once doce trece catorce quince dieciseis diecisiete dieciocho diecinueve veinte veintiuno veintidos "
        "veintitres veinticuatro veinticinco veintiseis veintisiete veintiocho veintinueve treinta cuarenta cincuenta "
        "sesenta setenta ochenta noventa"
    ),
}
_WHOLE_TENS = _set(
    "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen diez once doce trece catorce "
    "quince dieciseis diecisiete dieciocho diecinueve veintiuno veintidos veintitres veinticuatro veinticinco "
    "veintiseis veintisiete veintiocho veintinueve"
)
"""Those that no unit follows within one number."""
_ZEROS = _set("zero oh o cero double triple doble")
_HUNDREDS = {
    "en": _set("hundred"),
    "es": _set(
        "cien ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos"
    ),
}
_INSIDE_NUMBERS = {"en": frozenset({"and"}), "es": frozenset({"y"})}
_MAIL_END = re.compile(r"(?:\.|\bdot |\bpunto )\s*(?:com|es|org|net|eu|info|cat|gal|eus|io|co\.? ?uk|uk|edu)\.?$")
_MAIL_SIGN = re.compile(r"@|\barroba\b|\bat\b")


def plain(word: str) -> str:
    """Return `word` in lower case without accents and punctuation (an inner apostrophe stays)."""
    letters = unicodedata.normalize("NFD", word.lower())
    return "".join(c for c in letters if c.isalnum() or c == "'").strip("'")


def is_backchannel(words: Sequence[str], *, answers_count: bool, more_may_come: bool = False) -> bool:
    """Tell whether `words` only say "I am listening".

    Args:
        words: As recognised; no words are no backchannel.
        answers_count: True when a yes or no was asked for: then "yes" wants the floor.
        more_may_come: True while the speaker goes on: "thank" may become "thank you".
    """
    said = _said(words)
    if not said or len(said) > _LONGEST_BACKCHANNEL:
        return False
    if answers_count and any(
        _first_phrase(said[at:], _YES_NO[language]) for at in range(len(said)) for language in _YES_NO
    ):
        return False
    while said:
        count = _first_phrase(said, _BACKCHANNELS)
        if not count:
            return more_may_come and any(said == phrase[: len(said)] for phrase in _BACKCHANNELS)
        said = said[count:]
    return True


def is_short_answer(words: Sequence[str], language: str) -> bool:
    """Tell whether `words` are a yes or a no and hardly anything else."""
    said = _said(words)
    return len(said) <= _LONGEST_BACKCHANNEL and _first_phrase(said, _YES_NO.get(language, _YES_NO["en"])) > 0


def _said(words: Sequence[str]) -> Phrase:
    return tuple(word for word in map(plain, words) if word)


def _first_phrase(said: Phrase, phrases: frozenset[Phrase]) -> int:
    """Return how many words of `said` its longest first phrase takes; 0 when it begins with none."""
    return max((len(phrase) for phrase in phrases if said[: len(phrase)] == phrase), default=0)


def completeness(words: Sequence[str], language: str) -> Completeness:
    """Judge by the last word whether a sentence is over."""
    if not words:
        return "plain"
    last, word = words[-1].strip(), plain(words[-1])
    if last.endswith(("...", "…", "-")):
        return "hanging"
    asked = last.endswith("?")
    if word in _HANGING.get(language, ()) and not (asked and word in _QUESTION_ENDS):
        return "hanging"  # Whisper writes question marks behind unfinished sentences
    if asked:
        return "finished"
    return "weak_hanging" if word in _WEAK.get(language, ()) or last.endswith(",") else "plain"


def digits_in(words: Sequence[str], language: str) -> int:
    """Return how many digits the numbers in `words` have, spoken or written; "forty two" has two."""
    return sum(digits or 0 for digits in _digits_of(words, language))


def trailing_digits(words: Sequence[str], language: str) -> int:
    """Return how many digits the number at the end of `words` has; 0 when it does not end with one."""
    return sum(itertools.takewhile(lambda digits: digits is not None, reversed(_digits_of(words, language))))  # type: ignore[arg-type]


def code_signs_in(words: Sequence[str], language: str) -> int:
    """Return how many signs of a code `words` hold: digits, and letters that are spelled or stand beside digits."""
    letters = 0
    for word in (word.strip(" .,!?") for word in words):
        spelled = len(word) == 1 and word not in ("a", "e", "o", "u", "y", "I")
        if spelled or re.fullmatch(r"(?:\w-)+\w", word) or any(sign.isdigit() for sign in word):
            letters += sum(sign.isalpha() for sign in word)
    return digits_in(words, language) + letters


def is_spelling(words: Sequence[str], language: str) -> bool:
    """Tell whether the last words are single letters, as when a name is spelled."""
    if not words:
        return False
    last = words[-1].strip(" .,!?")
    if re.fullmatch(r"(?:\w-)+\w", last):
        return True
    joining = {"a", "i"} if language == "en" else {"a", "e", "o", "u", "y"}
    tail = [plain(word) for word in words[-2:]]
    return len(tail) == 2 and all(len(word) == 1 and word.isalpha() for word in tail) and not set(tail) <= joining


def mail_state(words: Sequence[str]) -> Literal["none", "begun", "complete"]:
    """Tell whether `words` hold an e-mail address, and whether it has an end such as "dot com"."""
    text = " ".join(words).lower().strip().rstrip(".!?,")
    if not _MAIL_SIGN.search(text):
        return "none"
    return "complete" if _MAIL_END.search(text) else "begun"


def repeats(words: Sequence[str]) -> int:
    """Return how many words say the word before again, whole or begun ("I I want", "ac- account")."""
    said = [word for word in map(plain, words) if word]
    return sum(
        1
        for before, word in itertools.pairwise(said)
        if (word.startswith(before) or before.startswith(word))
        and not word.isdigit()
        and word not in _UNITS["en"] | _TENS["en"]
    )


def _digits_of(words: Sequence[str], language: str) -> list[int | None]:
    """Return what each word adds to the number it belongs to; None where it belongs to none.

    A unit behind its ten adds nothing, as tens and units behind a hundred do ("four hundred forty two" has three).
    """
    units, tens, hundreds, inside = (
        each.get(language, each["en"]) for each in (_UNITS, _TENS, _HUNDREDS, _INSIDE_NUMBERS)
    )
    adds: list[int | None] = []
    room = 0  # digits of the number so far that are zeros until more is said
    joined = False
    for word in [plain(part) for each in words for part in each.split("-")]:
        written = sum(character.isdigit() for character in word)
        size = written or (3 if word in hundreds else 2 if word in tens else 1 if word in units else 0)
        if word in inside and adds and adds[-1] is not None:
            adds.append(0)
            joined = True
            continue
        if not size:
            adds.append(None)
            room = 0
        elif written or word in _ZEROS:
            adds.append(size)
            room = 0
        elif word == "hundred" and adds and adds[-1] == 1:
            adds.append(2)
            room = 2
        elif size <= room and (size == 2 or room == 2 or joined or language != "es"):
            adds.append(0)
            room = 1 if size == 2 and word not in _WHOLE_TENS else 0
        else:
            adds.append(size)
            room = 2 if size == 3 else 1 if size == 2 and word not in _WHOLE_TENS else 0
        joined = False
    if joined:
        adds[-1] = None
    return adds
