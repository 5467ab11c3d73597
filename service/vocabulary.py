"""Words that recognition should expect in a call: the company, what its articles name, who is calling. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

MOST_CHARACTERS = 160
"""Longest prompt, about 50 tokens. Source: our choice; the decoder reads them in one pass, and Whisper keeps 223."""
LEAST_ARTICLES = 2
"""A name must stand in so many articles: one that stands in a single one is an example more often than a name."""
_NAME = re.compile(r"(?<=[a-záéíóúñü,;] )(?:[A-ZÁÉÍÓÚÑ][\w-]*|[a-z]+[A-Z]\w*)")
"""A word with a capital letter that does not begin its sentence."""


def names_in(articles: Iterable[str]) -> list[str]:
    """Return the names and abbreviations that stand in several of the texts, the most frequent first."""
    counts: Counter[str] = Counter()
    for text in articles:
        counts.update(sorted(set(_NAME.findall(text))))
    return [name for name, count in counts.most_common() if count >= LEAST_ARTICLES]


def prompt_of(*groups: Iterable[str]) -> str | None:
    """Return the words of all groups as one prompt, each once, the first groups first; None without any."""
    words = dict.fromkeys(word for group in groups for raw in group if (word := " ".join(raw.split())))
    prompt = ""
    for word in words:
        longer = f"{prompt}, {word}" if prompt else word
        if len(longer) > MOST_CHARACTERS:
            break
        prompt = longer
    return prompt or None
