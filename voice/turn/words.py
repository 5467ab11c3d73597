"""What words say about turn-taking: a backchannel, an unfinished sentence, a number that may go on."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Sequence
from typing import Literal

Completeness = Literal["finished", "plain", "weak_hanging", "hanging"]
"""A question mark or an answer; nothing special; a word that seldom ends a sentence; one that never does."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_BACKCHANNELS = _set(
    # both languages
    "mm mmm mhm mhmm mmhm mmhmm hm hmm aha ah oh ok okay okey uh um eh "
    # English
    "uhhuh uhuh huh yeah yes yep yup right sure alright cool fine good great i see thanks thank you "
    # Spanish
    "si vale ya aja claro bueno bien de acuerdo muy perfecto gracias entiendo"
)
_LONGEST_BACKCHANNEL = 4
"""Words. "Okay, yes, I see" is one; anything longer wants the floor."""

_YES_NO = {
    "en": _set("yes yeah yep yup no nope correct right sure exactly okay ok please"),
    "es": _set("si no claro correcto exacto vale ok eso es por supuesto de acuerdo"),
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
_HUNDREDS = {
    "en": _set("hundred"),
    "es": _set(
        "cien ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos"
    ),
}
_DIGITS_OF: dict[str, dict[str, int]] = {
    language: {
        **dict.fromkeys(_UNITS[language], 1),
        **dict.fromkeys(_TENS[language], 2),
        **dict.fromkeys(_HUNDREDS[language], 3),
    }
    for language in ("en", "es")
}
_INSIDE_NUMBERS = {"en": frozenset({"and"}), "es": frozenset({"y"})}
_MAIL_END = re.compile(r"(?:\.|\bdot |\bpunto )\s*(?:com|es|org|net|eu|info|cat|gal|eus|io|co\.? ?uk|uk|edu)\.?$")
_MAIL_SIGN = re.compile(r"@|\barroba\b|\bat\b")


def plain(word: str) -> str:
    """Return `word` in lower case without accents and punctuation (an inner apostrophe stays)."""
    letters = unicodedata.normalize("NFD", word.lower())
    return "".join(c for c in letters if c.isalnum() or c == "'").strip("'")


def is_backchannel(words: Sequence[str], *, answers_count: bool) -> bool:
    """Tell whether `words` only say "I am listening".

    Args:
        words: As recognised; no words are no backchannel.
        answers_count: True when a yes or no was asked for: then "yes" wants the floor.
    """
    said = [word for word in map(plain, words) if word]
    if not said or len(said) > _LONGEST_BACKCHANNEL:
        return False
    if answers_count and any(word in _YES_NO["en"] or word in _YES_NO["es"] for word in said):
        return False
    return all(word in _BACKCHANNELS for word in said)


def is_short_answer(words: Sequence[str], language: str) -> bool:
    """Tell whether `words` are a yes or a no and hardly anything else."""
    said = [word for word in map(plain, words) if word]
    answers = _YES_NO.get(language, _YES_NO["en"])
    return bool(said) and len(said) <= _LONGEST_BACKCHANNEL and said[0] in answers


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
    """Return how many digits `words` hold, spoken or written; tens count two, hundreds three."""
    return sum(_digits_of(plain(word), language) for word in words)


def trailing_digits(words: Sequence[str], language: str) -> int:
    """Return how many digits the number at the end of `words` has; 0 when it does not end with one."""
    count = 0
    inside = _INSIDE_NUMBERS.get(language, frozenset())
    for word in reversed([plain(word) for word in words]):
        digits = _digits_of(word, language)
        if digits == 0 and not (count and word in inside):
            break
        count += digits
    return count


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
        if (word.startswith(before) or before.startswith(word)) and not word.isdigit() and word not in _DIGITS_OF["en"]
    )


def _digits_of(word: str, language: str) -> int:
    if written := sum(character.isdigit() for character in word):
        return written
    return _DIGITS_OF.get(language, _DIGITS_OF["en"]).get(word, 0)
