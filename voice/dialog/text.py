"""Plain forms of what was heard: lower case, no accents, no stammering, for matching intentions (never for quoting)."""

from __future__ import annotations

import re
import unicodedata


def word_list(text: str) -> list[str]:
    """Return the words of `text`; keeps long lists readable in the source."""
    return text.split()


def any_of(*patterns: str) -> re.Pattern[str]:
    """Return a pattern that matches where one of `patterns` does."""
    return re.compile("|".join(patterns))


_APOSTROPHES = re.compile("['\u2019\u2018\u00b4`]")
_CUT_OFF_WORD = re.compile(r"\b(\w{1,4})[-\u2010\u2011\u2013\u2026](?:\s*)(?=\1)")
_REPEATED_WORDS = re.compile(r"\b(\w+(?: \w+){0,2})(?: \1\b)+")
_NOT_WORD = re.compile(r"[^\w\s]+", re.UNICODE)
_BLANKS = re.compile(r"\s+")
_HESITATION = re.compile(
    r"\b(?:u+h+|u+m+|e+r+m*|h+m+|m+h+m+|mm+|a+h+|e+h+|e+m+|este+e+|pues|bueno|"
    r"well|like|you know|o sea|oiga|oye|mire|mira)\b"
)

_WORDS_OF_LANGUAGE: dict[str, frozenset[str]] = {
    "es": frozenset(
        word_list(
            "el la los las un una unos unas de del al que y o en con por para mi me se lo le es son esta estoy "
            "tengo quiero "
            "no si pero como cuando donde cual cuanto puedo puede necesito hola gracias favor muy mas ya su sus "
            "soy eso este "
            "hay hace desde hasta porque luz factura hablar buenos buenas dias tardes noches"
        )
    ),
    "en": frozenset(
        word_list(
            "the a an of to in on and or for with my is are was i im you your it its this that have has do does "
            "dont can "
            "could would want need hello hi thanks please not but how when where what which much there because bill "
            "be will at from me we they he she speak power good morning afternoon"
        )
    ),
}


def strip_accents(text: str) -> str:
    """Return `text` without combining marks: `ñ` becomes `n`, `é` becomes `e`."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def plain(text: str) -> str:
    """Return `text` in lower case without accents, punctuation and apostrophes (`don't` becomes `dont`)."""
    text = _APOSTROPHES.sub("", strip_accents(text).lower())
    return _BLANKS.sub(" ", _NOT_WORD.sub(" ", text)).strip()


def plain_speech(text: str) -> str:
    """Return `plain` without stammering: `I, I, I w-want` becomes `i want`. Not for numbers."""
    text = _APOSTROPHES.sub("", strip_accents(text).lower())
    for _ in range(3):
        text = _CUT_OFF_WORD.sub("", text)
    text = _BLANKS.sub(" ", _NOT_WORD.sub(" ", text)).strip()
    return _REPEATED_WORDS.sub(r"\1", text)


def without_hesitation(speech: str) -> str:
    """Return a plain text without "um", "pues", "you know" and their like."""
    return _BLANKS.sub(" ", _HESITATION.sub(" ", speech)).strip()


def clauses(text: str) -> tuple[str, ...]:
    """Split at punctuation that ends a thought and return the plain clauses, empty ones left out."""
    return tuple(part for part in (plain_speech(piece) for piece in re.split(r"[.,;:?!¿¡\u2026]+", text)) if part)


def guess_language(text: str) -> str | None:
    """Return `es` or `en` when the small words of `text` clearly say so, else None."""
    words = plain(text).split()
    spanish = sum(word in _WORDS_OF_LANGUAGE["es"] for word in words)
    english = sum(word in _WORDS_OF_LANGUAGE["en"] for word in words)
    if any(c in text for c in "¿¡ñáéíóú"):
        spanish += 1
    if spanish == english or max(spanish, english) < 2:
        return None
    return "es" if spanish > english else "en"
