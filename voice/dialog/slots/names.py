"""Names, spelled or only said."""

from __future__ import annotations

import re

from calls.ids import Language
from voice.dialog.slots.letters import Piece, pieces
from voice.dialog.slots.marks import mark_corrections
from voice.dialog.slots.types import Parsed
from voice.dialog.text import word_list

_MIN_SPELLED = 2
_ACCENTS = {"a": "\u00e1", "e": "\u00e9", "i": "\u00ed", "o": "\u00f3", "u": "\u00fa"}
_PREAMBLE: dict[Language, re.Pattern[str]] = {
    "en": re.compile(
        r"^(?:\W*(?:yes|yeah|uh|um|er|well|ok|okay|so|sure|hi|hello|oh|and|please|"
        r"of course)\b\W*)*(?:(?:my|the|his|her) (?:full |first |last |sur|sir |family )?(?:name|"
        r"surname)(?:'?s| is)?|(?:last|first) name(?: is)?|surname(?: is)?|"
        r"it'?s|it is|its|this is|i'?m|i am|im|that'?s|call me|it'?s under|under|name'?s|put down|"
        r"(?:you can )?put it (?:down )?(?:under|as)|in the name of|make it|the account is under)?\W*(?=\w)",
        re.IGNORECASE,
    ),
    "es": re.compile(
        r"^(?:\W*(?:s[i\u00ed]|eh|este|pues|bueno|claro|hola|a ver|y|mire|mira|vale|"
        r"ok)\b\W*)*(?:(?:mi |el |su )?(?:nombre|apellido|nombre completo)(?: completo)?(?: es)?|"
        r"me llamo|soy|es|a nombre de|est[a\u00e1] a nombre de|se llama|le habla|habla)?\W*(?=\w)",
        re.IGNORECASE,
    ),
}
_NOT_NAME = re.compile(
    r"\b(?:i|you|we|don'?t|want|what|how|why|when|where|can|could|is|are|the|bill|help|know|sorry|"
    r"hi|hola|sure|okay|ok|vale|claro|bueno|my|name|wife|husband|mi|nombre|mujer|marido|esposa|esposo|hello|please|later|que|como|cuando|donde|quiero|puede|puedo|tengo|factura|ayuda|no|si|"
    r"s\u00ed|por favor|gracias|thanks|yes|agent|person|an?|un|una|el|los|las|lo)\b",
    re.IGNORECASE,
)
_SMALL_WORDS = {"de", "del", "la", "las", "los", "y", "van", "von", "da", "dos", "di"}


def parse_name(text: str, language: Language) -> Parsed | None:
    """Return the name: the letters spelled where there are some, else the words said (to be read back)."""
    marked = mark_corrections(text, language)
    spelled = _spelled(pieces(text, language, marked=marked))
    if spelled is not None:
        return Parsed(spelled, 0.9, needs_confirmation=False)
    return _said(text, language)


def _spelled(found: list[Piece]) -> str | None:
    """Return the longest run of letters, corrections applied, written as a name."""
    best: list[str] = []
    best_sure = 0
    for start in range(len(found)):
        if _inside_a_run(found, start):
            continue
        letters, sure = _run(found, start)
        if len(letters) >= _MIN_SPELLED and (len(letters), sure) > (len(best), best_sure):
            best, best_sure = letters, sure
    only_letters = all(piece.kind in ("letter", "comma", "double", "mark", "accent") for piece in found)
    if only_letters and len(best) > _MIN_SPELLED:
        best_sure = len(best)
    if len(best) < _MIN_SPELLED or best_sure < max(1, len(best) // 3):
        return None
    if len(best) == _MIN_SPELLED and best_sure < _MIN_SPELLED:
        return None
    name = "".join(best)
    return name[0].upper() + name[1:]


def _inside_a_run(found: list[Piece], start: int) -> bool:
    """Return whether letters stand before `start`, so that a run from there would only be a part of another."""
    for piece in reversed(found[:start]):
        if piece.kind in ("letter", "double", "mark", "accent", "capital", "small"):
            return True
        if piece.kind != "comma" or ":" in piece.text:
            return False
    return False


_SKIPPED = frozenset(word_list("then and luego y despues con otra otro another sorry space espacio"))
_SIGNS = {"apostrophe": "'", "apostrofe": "'", "apostrofo": "'", "hyphen": "-", "dash": "-", "guion": "-"}
_MAX_SKIPPED = 2


def _run(found: list[Piece], start: int) -> tuple[list[str], int]:
    """Collect the letters spelled from `start` and how many of them are surely letters."""
    letters: list[str] = []
    before_mark: list[str] = []
    sure, times, skipped = 0, 1, 0
    capital = False
    for piece in found[start:]:
        if piece.kind == "letter":
            skipped = 0
            letter = piece.text.upper() if capital else piece.text
            letters.extend([letter] * times if len(letter) == 1 else list(letter))
            sure += piece.sure
            times, capital = 1, False
        elif piece.kind == "double":
            times = 3 if piece.text == "triple" else 2
        elif piece.kind in ("capital", "small"):
            capital = piece.kind == "capital"
        elif piece.kind == "accent":
            if letters:
                letters[-1] = _ACCENTS.get(letters[-1], letters[-1])
        elif piece.kind == "mark":
            letters = _with_correction(before_mark, letters)
            before_mark, letters = letters, []
        elif piece.kind == "comma":
            if ":" in piece.text:
                break
        elif piece.text in _SIGNS and letters:
            letters.append(_SIGNS[piece.text])
            capital = True
        elif piece.text in _SKIPPED and letters and skipped < _MAX_SKIPPED:
            skipped += 1
        else:
            break
    return _with_correction(before_mark, letters), sure


def _with_correction(before: list[str], after: list[str]) -> list[str]:
    """Put what follows a correction in the place of the last letter, or of all when the name is spelled anew."""
    if not before or not after:
        return before or after
    if after[0].lower() == before[0].lower() and len(after) >= len(before) and len(after) > 1:
        return after
    return before[:-1] + after


def _said(text: str, language: Language) -> Parsed | None:
    """Return the first stretch between commas that can be a name."""
    whole = _PREAMBLE[language].sub("", text.strip(), count=1)
    stretches = (_name_in(stretch, language) for stretch in re.split(r"[,.;:!?]", whole))
    return next((name for name in stretches if name is not None), None)


_AFTER_NAME = re.compile(r"\s+(?:speaking|here|calling|on the line|al habla|al aparato)$", re.IGNORECASE)


def _name_in(stretch: str, language: Language) -> Parsed | None:
    words = _AFTER_NAME.sub("", _PREAMBLE[language].sub("", stretch.strip(), count=1).strip())
    parts = words.split()
    if (
        not 1 <= len(parts) <= 5
        or _NOT_NAME.search(words)
        or not all(re.fullmatch(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*", p) for p in parts)
    ):
        return None
    name = " ".join(
        p.lower() if p.lower() in _SMALL_WORDS and i else p if any(c.isupper() for c in p[1:]) else p.capitalize()
        for i, p in enumerate(parts)
    )
    return Parsed(name, 0.4, needs_confirmation=True)
