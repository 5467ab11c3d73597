"""Letters as people name them: "erre", "be de burro", "B as in Bob", "double l", and as recognisers write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from calls.ids import Language
from voice.dialog.text import strip_accents, word_list

ES_NAMES = {
    "a": "a",
    "ha": "a",
    "ah": "a",
    "be": "b",
    "ve": "v",
    "b": "b",
    "ce": "c",
    "de": "d",
    "e": "e",
    "he": "e",
    "eh": "e",
    "efe": "f",
    "ge": "g",
    "je": "g",
    "hache": "h",
    "ache": "h",
    "i": "i",
    "y": "y",
    "jota": "j",
    "ka": "k",
    "ca": "k",
    "ele": "l",
    "eme": "m",
    "ene": "n",
    "enne": "n",
    "o": "o",
    "oh": "o",
    "pe": "p",
    "cu": "q",
    "ku": "q",
    "erre": "r",
    "ere": "r",
    "ese": "s",
    "se": "s",
    "te": "t",
    "u": "u",
    "uve": "v",
    "ube": "v",
    "equis": "x",
    "ye": "y",
    "zeta": "z",
    "seta": "z",
    "ceta": "z",
    "elle": "ll",
}
_ES_PHRASES = (
    (r"\b(?:uve|ve|u|doble|ube) (?:doble|u|ve|uve)\b(?<!u u)(?<!ve ve)", "w"),
    (r"\b(?:be|b) (?:grande|larga|alta|de burro)\b", "b"),
    (r"\b(?:ve|v|be|b) (?:chica|corta|baja|pequena|chiquita|de vaca|de vaquita)\b", "v"),
    (r"\b(?:i|y) griega\b", "y"),
    (r"\bi latina\b", "i"),
    (r"\bc con cedilla\b", "c"),
    (r"\b(?:erre) (?:erre)\b", "rr"),
)
EN_NAMES = {
    "a": "a",
    "ay": "a",
    "eh": "a",
    "hey": "a",
    "b": "b",
    "be": "b",
    "bee": "b",
    "bea": "b",
    "c": "c",
    "see": "c",
    "sea": "c",
    "cee": "c",
    "d": "d",
    "dee": "d",
    "e": "e",
    "ee": "e",
    "he": "e",
    "f": "f",
    "ef": "f",
    "eff": "f",
    "g": "g",
    "gee": "g",
    "jee": "g",
    "h": "h",
    "aitch": "h",
    "haitch": "h",
    "age": "h",
    "i": "i",
    "eye": "i",
    "aye": "i",
    "j": "j",
    "jay": "j",
    "k": "k",
    "kay": "k",
    "okay": "k",
    "cay": "k",
    "l": "l",
    "el": "l",
    "ell": "l",
    "elle": "l",
    "m": "m",
    "em": "m",
    "n": "n",
    "en": "n",
    "and": "n",
    "an": "n",
    "o": "o",
    "oh": "o",
    "owe": "o",
    "p": "p",
    "pea": "p",
    "pee": "p",
    "q": "q",
    "queue": "q",
    "cue": "q",
    "kew": "q",
    "r": "r",
    "are": "r",
    "ar": "r",
    "our": "r",
    "s": "s",
    "es": "s",
    "ess": "s",
    "as": "s",
    "t": "t",
    "tea": "t",
    "tee": "t",
    "ti": "t",
    "u": "u",
    "you": "u",
    "yu": "u",
    "ewe": "u",
    "v": "v",
    "vee": "v",
    "ve": "v",
    "we": "v",
    "x": "x",
    "ex": "x",
    "axe": "x",
    "y": "y",
    "why": "y",
    "wye": "y",
    "z": "z",
    "zed": "z",
    "zee": "z",
    "zet": "z",
}
_EN_PHRASES = ((r"\bdouble (?:you|u|yew)\b", "w"), (r"\bdubya\b", "w"))

_SURE: dict[Language, frozenset[str]] = {
    "en": frozenset(
        word_list(
            "b c d f g h j k l m n p q r s t u v w x y z e o ee aitch haitch jay kay zed zee eff ess ell vee dee "
            "tee cee bee gee em"
        )
    ),
    "es": frozenset(
        word_list(
            "b c d f g h j k l m n p q r s t v w x z efe hache jota ka ele eme ene erre ere ese uve equis zeta "
            "cu enne ce ge te pe be i u"
        )
    ),
}
"""Words that are hardly anything but a letter's name; the others count only beside these."""

_COMPARE: dict[Language, re.Pattern[str]] = {
    "en": re.compile(r"\b(?:as in|as an|like in|like|for|is for|from|is in)(?: (?:the|a))? (?=[a-z]{2,})"),
    "es": re.compile(r"\b(?:de|como en|como de|como|por)(?: (?:la|el))? (?=[a-z]{3,})"),
}

Kind = Literal["letter", "digit", "word", "comma", "double", "capital", "small", "accent", "mark"]


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of spelling."""

    kind: Kind
    text: str
    sure: bool = False


_WORD = re.compile(r"\u00a7|\u0301|[^\W_]+(?:['\u2019][^\W_]+)*|[,.:;!?\u2026]+")
_ACCENT_ES = re.compile(r"\b(?:con (?:tilde|acento)|acentuad[oa]|tildad[oa])\b")
_COMPARED_WORD = re.compile(r"^[^\W\d_]{2,}$")


def pieces(text: str, language: Language, *, marked: str = "") -> list[Piece]:
    """Cut spelled text into letters, words and signs. `marked` may hold the text with corrections as §."""
    low = (marked or text).replace("\u00f1", "\u0001").replace("\u00d1", "\u0001")
    low = strip_accents(low).replace("\u0001", "\u00f1")
    shown = low
    low = low.lower().replace("-", " ")
    names = ES_NAMES if language == "es" else EN_NAMES
    for pattern, letter in _ES_PHRASES if language == "es" else _EN_PHRASES:
        low = re.sub(pattern, f" {letter}__ ", low)
    low = re.sub(
        "\\bene con (?:tilde|virgulilla|sombrero)\\b|\\be\u00f1e\\b|\\benie\\b|\\b\u00f1e\\b", " \u00f1__ ", low
    )
    low = _ACCENT_ES.sub(" __accent ", low)
    del shown
    found: list[Piece] = []
    words = re.findall(r"\u00a7|__accent|[a-z\u00f1]{1,2}__|[a-z\u00f1]+(?:['\u2019][a-z]+)*|\d|[,.:;!?\u2026]+", low)
    skip = -1
    for i, word in enumerate(words):
        if i <= skip:
            continue
        if word == "\u00a7":
            found.append(Piece("mark", word))
        elif word == "__accent":
            found.append(Piece("accent", word))
        elif word.endswith("__"):
            found.append(Piece("letter", word[:-2], sure=True))
        elif word.isdigit():
            found.append(Piece("digit", word))
        elif not word[0].isalpha():
            found.append(Piece("comma", word))
        elif word in ("double", "doble", "dobles", "triple"):
            found.append(Piece("double", word))
        elif word in ("capital", "uppercase", "mayuscula"):
            found.append(Piece("capital", word))
        elif word in ("small", "lowercase", "minuscula"):
            found.append(Piece("small", word))
        elif (end := _comparison(words, i, language)) and found and found[-1].kind == "letter":
            skip = end
        elif word in names or word == "\u00f1" or (len(word) == 1 and word.isalpha()):
            found.append(Piece("letter", names.get(word, word), sure=word in _SURE[language] or word == "\u00f1"))
        else:
            found.append(Piece("word", word))
    return found


def _comparison(words: list[str], i: int, language: Language) -> int:
    """Return the index of the last word of "as in tango" or "de burro" that starts at `i`, 0 for none."""
    if language == "en":
        if words[i] == "as" and i + 2 < len(words) and words[i + 1] in ("in", "an"):
            return i + 2
        if (
            words[i] in ("for", "like")
            and i + 1 < len(words)
            and len(words[i + 1]) > 2
            and words[i + 1] not in ("the", "you", "are", "see", "why")
        ):
            return i + 1
        return 0
    if words[i] in ("de", "como") and i + 1 < len(words) and words[i + 1].isalpha():
        j = i + 2 if words[i + 1] in ("la", "el", "en") else i + 1
        if j < len(words) and len(words[j]) > 3 and words[j] not in ES_NAMES:
            return j
    return 0
