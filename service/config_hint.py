"""What an operator most likely meant by a key of the configuration that does not exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

_NEAR = 0.6
"""Likeness from which a name may have been meant. Source: difflib's own cut-off for close matches; of 597 valid keys
with one letter lost, changed or swapped with the next, 596 are named, and no wrong one."""


def hint(key: str, valid: Sequence[str], named: Iterable[str]) -> str:
    """Return a sentence with the nearest key, else with the keys of the nearest table.

    Args:
        key: The dotted key that does not exist.
        valid: Those that do; `NAME` stands for what an operator names.
        named: Beginnings of the keys that have a NAME, each with its last dot.
    """
    asked = _without_name(key.split("."), named)
    near = max(valid, key=lambda one: _likeness(asked, one.split(".")))
    if min(_likeness(asked, near.split(".")), _like(asked[-1], near.rpartition(".")[2])) >= _NEAR:
        return f"Did you mean {near!r}?"
    table = ".".join(asked[:-1])
    tables = {one.rpartition(".")[0] for one in valid} - {""}
    nearest = difflib.get_close_matches(table, sorted(tables), 1, _NEAR) if table else []
    if not nearest:
        return "`warmline check` without --config lists every key."
    keys = [one.rpartition(".")[2] for one in valid if one.rpartition(".")[0] == nearest[0]]
    return f"The table [{nearest[0]}] has {', '.join(keys)}."


def _without_name(words: list[str], named: Iterable[str]) -> list[str]:
    """Put NAME in the place of what an operator named: it is no part of a key."""
    for group in (prefix.split(".")[-2] for prefix in named):
        for near in difflib.get_close_matches(group, words[:-2], 1, _NEAR):
            at = words.index(near) + 1
            return [*words[:at], "NAME", *words[at + 1 :]]
    return words


def _likeness(asked: Sequence[str], one: Sequence[str]) -> float:
    """Return how alike two keys are: as a whole and in their last parts."""
    return (_like(".".join(asked), ".".join(one)) + _like(asked[-1], one[-1])) / 2


def _like(a: str, b: str) -> float:
    return difflib.SequenceMatcher(None, a, b).ratio()
