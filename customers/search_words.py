"""Words of a text as the search knows them: without case, accents, endings and little words, in both languages. Pure.

Nobody knows the language of a name or a query, so that each word has a Spanish and an English stem; two words are the
same for the search when they have a stem in common.
"""

from __future__ import annotations

import re
from functools import lru_cache

import snowballstemmer

from customers.names import plain

MAX_WORDS = 400
"""Most different words of one text; a longer one is an attachment rather than a message."""
MAX_SIGNS = 40
"""Longest word."""

_WORD = re.compile(r"[^\W_]+")
_LITTLE = frozenset(
    [
        "a",
        "al",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "but",
        "by",
        "can",
        "con",
        "da",
        "de",
        "del",
        "do",
        "el",
        "ella",
        "en",
        "es",
        "esta",
        "este",
        "for",
        "from",
        "ha",
        "he",
        "her",
        "his",
        "hola",
        "i",
        "if",
        "in",
        "is",
        "it",
        "la",
        "las",
        "le",
        "les",
        "lo",
        "los",
        "me",
        "mi",
        "mis",
        "my",
        "no",
        "o",
        "of",
        "on",
        "or",
        "os",
        "para",
        "pero",
        "por",
        "que",
        "se",
        "she",
        "si",
        "sin",
        "so",
        "su",
        "sus",
        "te",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "they",
        "this",
        "to",
        "tu",
        "un",
        "una",
        "uno",
        "us",
        "was",
        "we",
        "were",
        "will",
        "with",
        "y",
        "ya",
        "yes",
        "yo",
        "you",
        "your",
    ]
)
"""Words that are in every text. Source: the commonest of both languages; a search for them alone finds nothing."""


def query_words(text: str) -> tuple[frozenset[str], ...]:
    """Return the stems of each different word of a text, at most `MAX_WORDS` of them, those that come first."""
    found: dict[frozenset[str], None] = {}
    for word in _WORD.findall(plain(text)):
        if word not in _LITTLE and len(word) <= MAX_SIGNS and (len(word) > 1 or word.isdigit()):
            found[_stems(word)] = None
            if len(found) >= MAX_WORDS:
                break
    return tuple(found)


def search_words(text: str) -> frozenset[str]:
    """Return every stem of the words of a text."""
    return frozenset().union(*query_words(text))


@lru_cache(maxsize=65_536)
def _stems(word: str) -> frozenset[str]:
    if not word.isalpha():
        return frozenset((word,))
    # A stemmer has a state; one of its own each time is safe in threads, and the cache makes it rare.
    return frozenset(str(snowballstemmer.stemmer(language).stemWord(word)) for language in ("spanish", "english"))
