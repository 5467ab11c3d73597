"""Whether two names may be one person's: accents, order, initials and second surnames do not matter. Pure."""

from __future__ import annotations

import unicodedata
from typing import Literal

from rapidfuzz.distance import JaroWinkler

ALIKE_SCORE = 0.9
"""From this similarity on two words of a name are the same, misheard or mistyped. Source: Winkler 1990 uses 0.88 to
0.92 for names in census records; our choice lies between."""

Likeness = Literal["same", "similar", "different", "unknown"]
_NO_NAMES = frozenset(("de", "del", "la", "las", "los", "y", "da", "do", "van", "von", "mr", "mrs", "ms", "dr", "don"))
UNREADABLE = "[erased]"
"""What a text reads as after its key was destroyed; see ADR 2."""


def plain(text: str) -> str:
    """Return a text in lower case without accents: what people compare by."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in parts if not unicodedata.combining(sign))


def name_words(name: str) -> tuple[str, ...]:
    """Return the words of a name that count, in order."""
    if name == UNREADABLE:
        return ()
    letters = "".join(sign if sign.isalpha() else " " for sign in plain(name))
    return tuple(word for word in letters.split() if word not in _NO_NAMES)


def likeness(one: str, other: str) -> Likeness:
    """Compare two names: `same`, word for word in any order; `similar`, when the shorter is contained in the other.

    A single word is too little: it tells nothing against another name, and at most `similar` for one.
    """
    a, b = sorted((name_words(one), name_words(other)), key=len)
    if not a or not b:
        return "unknown"
    if sorted(a) == sorted(b) and len(a) > 1:
        return "same"
    left = list(b)
    for word in a:
        match = next((at for at, candidate in enumerate(left) if _alike(word, candidate)), None)
        if match is None:
            return "different"
        del left[match]
    return "similar"


def _alike(one: str, other: str) -> bool:
    if len(one) == 1 or len(other) == 1:
        return one[0] == other[0]
    return float(JaroWinkler.similarity(one, other)) >= ALIKE_SCORE
