"""Corrections in spelled values: where "no, sorry" takes something back."""

from __future__ import annotations

import re

from calls.ids import Language

_MARKS: dict[Language, re.Pattern[str]] = {
    "en": re.compile(
        r"[,.\u2026 ]*\b(?:no|sorry|wait|actually|i mean|scratch that|correction)\b(?:[,. ]+(?:no|"
        r"wait|sorry|hang on|hold on|actually|i mean|its|it's|that's|scratch that|"
        r"make that))*(?=[,.\u2026 ])",
        re.IGNORECASE,
    ),
    "es": re.compile(
        r"[,.\u2026 ]*\b(?:no|perd[o\u00f3]n|perdone|perdona|digo|miento|mejor dicho|"
        r"me equivoqu[e\u00e9]|disculpe|espera|espere)\b(?:[,. ]+(?:no|perd[o\u00f3]n|digo|espera|"
        r"espere|miento|es|disculpe|mejor dicho))*(?=[,.\u2026 ])",
        re.IGNORECASE,
    ),
}


def mark_corrections(text: str, language: Language) -> str:
    """Return `text` with each correction replaced by the one sign §."""
    return _MARKS[language].sub(" \u00a7 ", text)
