"""Words as the index sees them: folded text for the embedding, stems for the keywords, clauses of a long question."""

from __future__ import annotations

import itertools
import re
import unicodedata
from functools import lru_cache
from typing import Protocol

import snowballstemmer

from calls.ids import Language

_WORD = re.compile(r"\w+")
_APART = re.compile(r"[^\w\s']|_")

_BREAK: dict[Language, re.Pattern[str]] = {
    "en": re.compile(r"[.?!;,]+\s+|\s+(?:and|but|plus|also|as well as)\s+", re.IGNORECASE),
    "es": re.compile(r"[.?!;,]+\s+|\s+(?:y|e|pero|además|ademas|también|tambien|aparte)\s+", re.IGNORECASE),
}
"""Where one question may end and another begin. Commas too: recognised speech has few full stops."""

MIN_PART_WORDS = 3
"""A shorter clause ("good morning", "por favor") is no question of its own."""

MAX_BREAKS = 3
"""Breaks that are tried in one question, the middle ones first, so that the cost of a search stays bounded."""

_ASKS: dict[Language, re.Pattern[str]] = {
    "en": re.compile(
        r"\?|\b(?:how|what|whats|what's|when|where|why|which|who|can|could|want|wanna|need|i'd like|please|wondering"
        r"|to know|tell me|help|should|do (?:i|you|we|they)|does|will|would|is (?:it|there|this|that|my)"
        r"|are (?:you|there))\b",
        re.IGNORECASE,
    ),
    "es": re.compile(
        r"[?¿]|\b(?:cómo|qué|cuándo|cuánt[oa]s?|dónde|adónde|cuál(?:es)?|quién|puedo|pueden|puede|podrían?|podemos"
        r"|quiero|queremos|quisiera|necesito|gustaría|saber|dígame|díganme|ayud\w+|hay|tengo que|por favor)\b"
        r"|^\W*que (?:(?:me|nos|le|lo|la|se) )?\w+[ea]n?\b",
        re.IGNORECASE,
    ),
}
"""Signs that a clause asks for something and does not only tell; "que vengan …" at its head is a wish."""

_ADDS: dict[Language, re.Pattern[str]] = {
    "en": re.compile(
        r"\b(?:also|another (?:thing|question)|one more (?:thing|question)|while i'?m (?:here|at it|on)|by the way"
        r"|as well|on top of that|besides|separately|two things)\b",
        re.IGNORECASE,
    ),
    "es": re.compile(
        r"\b(?:aparte|además|ademas|también|tambien|otra (?:cosa|pregunta|duda)|de paso|aprovech\w+|por cierto"
        r"|por otro lado|ya que (?:estoy|llamo|estamos)|dos cosas)\b",
        re.IGNORECASE,
    ),
}
"""Words with which callers themselves say that a second matter follows."""


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...  # noqa: N802 - the library's name


@lru_cache(maxsize=2)
def _stemmer(language: Language) -> _Stemmer:
    stemmer: _Stemmer = snowballstemmer.stemmer("spanish" if language == "es" else "english")
    return stemmer


@lru_cache(maxsize=20_000)
def _stem(word: str, language: Language) -> str:
    stem = _stemmer(language).stemWord(word)
    return "".join(c for c in unicodedata.normalize("NFD", stem) if not unicodedata.combining(c))


def fold(text: str) -> str:
    """Return `text` in small letters without punctuation, as a recogniser that writes neither would give it."""
    return " ".join(_APART.sub(" ", text.lower()).split())


def terms(text: str, language: Language) -> list[str]:
    """Return the stems of the words, accents removed, and the pairs of neighbours; marked with the language."""
    stems = [_stem(word, language) for word in _WORD.findall(text.lower())]
    pairs = [f"{first} {second}" for first, second in itertools.pairwise(stems)]
    return [f"{language}:{term}" for term in stems + pairs]


def asks(text: str, language: Language) -> bool:
    """Return whether a clause asks for something, by its words; one that only tells may still need an answer."""
    return _ASKS[language].search(text) is not None


def adds(text: str, language: Language) -> bool:
    """Return whether the caller says that there is a second matter: "and another thing", "y aparte"."""
    return _ADDS[language].search(text) is not None


def splits(text: str, language: Language) -> list[tuple[str, str]]:
    """Return the ways to cut a question in two at a pause or a conjunction, in order; none when it is short."""
    cuts = [(text[: found.start()].strip(), text[found.end() :].strip()) for found in _BREAK[language].finditer(text)]
    long_enough = [cut for cut in cuts if all(len(_WORD.findall(part)) >= MIN_PART_WORDS for part in cut)]
    if len(long_enough) <= MAX_BREAKS:
        return long_enough
    middle = len(text) / 2
    nearest = sorted(long_enough, key=lambda cut: abs(len(cut[0]) - middle))[:MAX_BREAKS]
    return [cut for cut in long_enough if cut in nearest]
